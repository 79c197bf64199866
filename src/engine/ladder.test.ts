import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompiledPolicy, climb, compilePolicy, entryOf, propose } from './decide.ts';
import { CLASSES, GROUPS } from './detector.ts';
import { ACTION, ACTIONS } from './policy.ts';
import { PRIOR_MILLINATS, RISK } from './risk.ts';
import { everyClass, ROUND_POLICY } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const T = 1_709_510_400;
const policy = compilePolicy(ROUND_POLICY);
const PROBING = CLASSES.indexOf('probing');

describe('the ladder', () => {
  class Ladder {
    readonly risk = new Int32Array(RISK.size);
    private readonly p: CompiledPolicy;
    constructor(p = policy) {
      this.p = p;
    }
    /** One event `sec` after the start at these log-odds of probing. */
    at(sec: number, logOdds: number, deterministic = false, top: number = ACTION.block, fresh = false): string {
      this.risk.fill(0, 0, RISK.sec);
      this.risk[PROBING * GROUPS.length] = logOdds - PRIOR_MILLINATS;
      propose(this.p, this.risk, 0, top);
      return ACTIONS[climb(this.p, this.risk, 0, T + sec, top, deterministic, fresh)];
    }
    until(): number {
      return this.risk[RISK.untilSec] - T;
    }
  }
  const HIGH = 4000;

  it('begins with the mildest action that holds, and climbs one per 30 s', () => {
    const l = new Ladder();
    expect([0, 10, 29, 30, 31].map((s) => l.at(s, HIGH))).toEqual([
      'throttle',
      'throttle',
      'throttle',
      'block',
      'block',
    ]);
  });

  it('climbs sooner for who goes on against the milder action', () => {
    const l = new Ladder();
    const pressing = () => l.at(1, HIGH, false, ACTION.block, true);
    expect(Array.from({ length: 6 }, pressing)).toEqual([...Array(5).fill('throttle'), 'block']);
    const quiet = new Ladder();
    quiet.at(0, HIGH);
    expect(Array.from({ length: 50 }, () => quiet.at(1, HIGH))).toEqual(Array(50).fill('throttle'));
  });

  it('counts what presses from each rung anew', () => {
    const classes = everyClass(['tag', 'throttle', 'block'], 200);
    const l = new Ladder(compilePolicy({ ...ROUND_POLICY, classes, stepEvents: 2 }));
    const seen = [-2000, -2000, -2000, HIGH, HIGH, HIGH].map((odds) => l.at(1, odds, false, ACTION.block, true));
    expect(seen).toEqual(['tag', 'tag', 'tag', 'throttle', 'throttle', 'block']);
  });

  it('does not wait on a tag, which holds nobody', () => {
    const l = new Ladder();
    expect(l.at(0, -2000)).toBe('tag');
    expect(l.at(1, HIGH)).toBe('throttle');
    expect(l.until()).toBe(61);
    expect(l.at(30, HIGH)).toBe('throttle');
    expect(l.at(31, HIGH)).toBe('block');
  });

  it('is skipped for classes that are acted on at once', () => {
    const classes = { ...ROUND_POLICY.classes, probing: { ...ROUND_POLICY.classes.probing, atOnce: true } };
    expect(new Ladder(compilePolicy({ ...ROUND_POLICY, classes })).at(0, HIGH)).toBe('block');
  });

  it('goes to the top at once on deterministic evidence', () => {
    expect(new Ladder().at(0, HIGH, true)).toBe('block');
    const l = new Ladder();
    l.at(0, HIGH);
    expect(l.at(1, HIGH, true)).toBe('block');
  });

  it('stands until its time is over, however quiet the actor becomes', () => {
    const l = new Ladder();
    l.at(0, HIGH, true);
    expect(l.until()).toBe(60);
    expect([1, 59].map((s) => l.at(s, PRIOR_MILLINATS))).toEqual(['block', 'block']);
    expect(l.at(60, PRIOR_MILLINATS)).toBe('allow');
  });

  it('is left only a nat below where it was entered', () => {
    const entry = entryOf(policy, PROBING, ACTION.block, ACTION.block);
    const l = new Ladder();
    l.at(0, HIGH, true);
    expect(l.at(60, entry - 950)).toBe('block');
    expect(l.at(60 + 300, entry - 1050)).toBe('throttle');
  });

  it('stands longer with each repetition, up to the last rung', () => {
    const l = new Ladder();
    let now = 0;
    const stood: number[] = [];
    for (let i = 0; i < 5; i++) {
      l.at(now, HIGH, true);
      stood.push(l.until() - now);
      now = l.until();
      l.at(now, PRIOR_MILLINATS);
    }
    expect(stood).toEqual([60, 300, 1800, 1800, 1800]);
  });

  it('renews what is still deserved when its time is over', () => {
    const l = new Ladder();
    l.at(0, HIGH, true);
    expect(l.at(60, HIGH)).toBe('block');
    expect(l.until()).toBe(360);
  });

  it('never exceeds the ceiling of this event, though more stands', () => {
    const l = new Ladder();
    l.at(0, HIGH, true);
    expect(l.at(1, HIGH, false, ACTION.throttle)).toBe('throttle');
    expect(l.at(2, HIGH, false, ACTION.allow)).toBe('allow');
    expect(l.at(3, HIGH)).toBe('block');
  });

  it('makes a throttle of a block that may not fall, also for classes without one', () => {
    const p = compilePolicy({ ...ROUND_POLICY, classes: everyClass(['tag', 'block'], 5000) });
    const entry = entryOf(p, PROBING, ACTION.block, ACTION.block);
    expect(new Ladder(p).at(0, entry, false, ACTION.throttle)).toBe('throttle');
    expect(new Ladder(p).at(0, entry - 50, false, ACTION.throttle)).toBe('tag');
    expect(new Ladder(p).at(0, entry, false, ACTION.tag)).toBe('tag');
    const l = new Ladder(p);
    l.at(0, entry, false, ACTION.throttle);
    expect(l.at(60, entry - 950, false, ACTION.throttle)).toBe('throttle');
    expect(l.at(360, entry - 1050, false, ACTION.throttle)).toBe('tag');
  });

  it('skips actions that the class does not have', () => {
    const p = compilePolicy({ ...ROUND_POLICY, classes: everyClass(['tag', 'block'], 5000) });
    const l = new Ladder(p);
    // With nothing milder before it, a tag announces the block.
    expect([0, 29, 30].map((s) => l.at(s, HIGH))).toEqual(['tag', 'tag', 'block']);
  });

  it('keeps its times after 2038', () => {
    const l = new Ladder();
    const far = 2 ** 31 + 1000 - T;
    expect([0, 29, 30].map((s) => l.at(far + s, HIGH))).toEqual(['throttle', 'throttle', 'block']);
    // Second rung: five minutes.
    expect(l.at(far + 31, PRIOR_MILLINATS)).toBe('block');
    expect(l.at(far + 30 + 299, PRIOR_MILLINATS)).toBe('block');
    expect(l.at(far + 30 + 300, PRIOR_MILLINATS)).toBe('allow');
  });
});
