import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BOT_STATUS, FLAG, NETWORK_CLASS } from '../enrich/facts.ts';
import {
  type CompiledPolicy,
  ceiling,
  ceilingOf,
  cheapest,
  climb,
  compilePolicy,
  entryOf,
  LIMIT,
  proposal,
  propose,
  SHARED_PRINCIPALS,
} from './decide.ts';
import { CLASSES, GROUPS } from './detector.ts';
import { Facts } from './facts.ts';
import type { ActorDimension } from './keys.ts';
import { ACTION, ACTIONS, type ActionName, type Policy } from './policy.ts';
import { addEvidence, PRIOR_MILLINATS, RISK } from './risk.ts';
import { type RowInit, rowsOf } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

const T = 1_709_510_400;
const every = (actions: readonly ActionName[], missCents: number) =>
  Object.fromEntries(CLASSES.map((name) => [name, { missCents, actions }])) as unknown as Policy['classes'];

/** A policy of round figures. */
const POLICY: Policy = {
  version: 'test',
  classes: { ...every(['tag', 'throttle', 'block'], 200), scraping: { missCents: 200, actions: ['tag', 'challenge'] } },
  falseCents: {
    allow: 0,
    tag: 1,
    throttle: 40,
    challenge: 30,
    'step-up': 15,
    tarpit: 650,
    decoy: 900,
    block: 600,
    revoke: 2000,
  },
  stopsPermille: {
    allow: 0,
    tag: 100,
    throttle: 600,
    challenge: 700,
    'step-up': 800,
    tarpit: 985,
    decoy: 988,
    block: 1000,
    revoke: 1000,
  },
  ttlSec: [60, 300, 1800],
  stepSec: 30,
  hysteresisMillinats: 1000,
  mode: 'shadow',
};
const policy = compilePolicy(POLICY);
const PROBING = CLASSES.indexOf('probing');
const SCRAPING = CLASSES.indexOf('scraping');

describe('the cheapest action', () => {
  it('is that of least expected cost, worked out by hand', () => {
    // Per cent of p: allow 200p · tag 180p + (1−p) · throttle 80p + 40(1−p) · block 600(1−p).
    const at = (p: number): string =>
      ACTIONS[cheapest(policy, PROBING, Math.round(1000 * Math.log(p / (1 - p))), ACTION.block)];
    expect(at(0.01)).toBe('allow');
    // tag = allow at p = 1/21; throttle = tag at 39/139; block = throttle at 560/640.
    expect([at(0.044), at(0.052)]).toEqual(['allow', 'tag']);
    expect([at(0.26), at(0.3)]).toEqual(['tag', 'throttle']);
    expect([at(0.86), at(0.89)]).toEqual(['throttle', 'block']);
    expect(at(0.999)).toBe('block');
  });

  it('is never one that the class does not have, nor one above the ceiling', () => {
    for (let m = -8000; m <= 8000; m += 100)
      for (let top = 0; top < ACTIONS.length; top++) {
        const action = cheapest(policy, SCRAPING, m, top);
        expect(action).toBeLessThanOrEqual(top);
        expect([ACTION.allow, ACTION.tag, ACTION.challenge]).toContain(action);
      }
  });

  it('is entered where it says', () => {
    for (const action of [ACTION.tag, ACTION.throttle, ACTION.block]) {
      const entry = entryOf(policy, PROBING, action, ACTION.block);
      expect(cheapest(policy, PROBING, entry, ACTION.block)).toBeGreaterThanOrEqual(action);
      expect(cheapest(policy, PROBING, entry - 50, ACTION.block)).toBeLessThan(action);
    }
    expect(entryOf(policy, SCRAPING, ACTION.block, ACTION.block)).toBeNaN();
    expect(entryOf(policy, PROBING, ACTION.block, ACTION.throttle)).toBeNaN();
  });

  it('is never milder for more evidence, whatever the costs and the ceiling', () => {
    const cents = fc.nat(2000);
    fc.assert(
      fc.property(cents, fc.array(cents, { minLength: 9, maxLength: 9 }), fc.nat(8), (miss, costs, top) => {
        const falseCents = Object.fromEntries(
          ACTIONS.map((a, i) => [a, i === 0 ? 0 : costs[i]]),
        ) as Policy['falseCents'];
        const p = compilePolicy({ ...POLICY, classes: every([...ACTIONS], miss), falseCents });
        let harshest = 0;
        for (let m = -12_000; m <= 12_000; m += 50) {
          const action = cheapest(p, PROBING, m, top);
          expect(action).toBeGreaterThanOrEqual(harshest);
          harshest = action;
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a proposal', () => {
  const risk = (evidence: [number, number][]): Int32Array => {
    const r = new Int32Array(RISK.size);
    for (const [c, millinats] of evidence) addEvidence(r, 0, c, GROUPS.indexOf('failure'), millinats);
    return r;
  };

  it('is the harshest of the classes, and among equals the likeliest', () => {
    propose(
      policy,
      risk([
        [PROBING, 9500],
        [SCRAPING, 12_000],
      ]),
      0,
      ACTION.block,
    );
    expect(proposal).toEqual({ action: ACTION.block, classIndex: PROBING, logOdds: PRIOR_MILLINATS + 9500 });
    propose(
      policy,
      risk([
        [PROBING, 9500],
        [SCRAPING, 12_000],
      ]),
      0,
      ACTION.tag,
    );
    expect(proposal).toEqual({ action: ACTION.tag, classIndex: SCRAPING, logOdds: PRIOR_MILLINATS + 12_000 });
    propose(policy, risk([]), 0, ACTION.block);
    expect(proposal.action).toBe(ACTION.allow);
  });

  it('is never milder for more evidence of any class or group', () => {
    const piece = fc.tuple(
      fc.nat(CLASSES.length - 1),
      fc.nat(GROUPS.length - 1),
      fc.integer({ min: -2000, max: 12_000 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 15 }), piece, fc.nat(5), (list, [c, g, more], top) => {
        const r = new Int32Array(RISK.size);
        for (const [where, group, millinats] of list) addEvidence(r, 0, where, group, millinats);
        propose(policy, r, 0, top);
        const before = proposal.action;
        addEvidence(r, 0, c, g, Math.abs(more));
        propose(policy, r, 0, top);
        expect(proposal.action).toBeGreaterThanOrEqual(before);
        expect(proposal.action).toBeLessThanOrEqual(top);
      }),
      { numRuns: 300 },
    );
  });
});

describe('ceilings', () => {
  const of = (dimension: ActorDimension, init: RowInit = {}, principals = 0, level = 0): [string, number] => {
    ceilingOf(dimension, new Facts().at(rowsOf(init), 0, 0), principals, level);
    return [ACTIONS[ceiling.action], ceiling.limit];
  };

  it.each<[string, ActorDimension, RowInit, number, number, string, number]>([
    ['an address of its own', 'ip', { networkClass: NETWORK_CLASS.hosting }, 1, 0, 'block', LIMIT.none],
    ['an address that two established users share', 'ip', {}, SHARED_PRINCIPALS, 0, 'throttle', LIMIT.shared],
    ['a mobile address', 'ip', { networkClass: NETWORK_CLASS.mobile }, 0, 0, 'throttle', LIMIT.shared],
    ['a campus', 'ip', { networkClass: NETWORK_CLASS.education }, 0, 0, 'throttle', LIMIT.shared],
    ['an internal address', 'ip', { networkClass: NETWORK_CLASS.internal }, 0, 0, 'throttle', LIMIT.internal],
    ['a collapsed address', 'ip', {}, 0, 1, 'throttle', LIMIT.collapsed],
    ['a session behind a shared address', 'session', { networkClass: NETWORK_CLASS.mobile }, 9, 0, 'block', LIMIT.none],
    ['a credential', 'credential', {}, 0, 0, 'revoke', LIMIT.none],
    ['a principal', 'principal', {}, 0, 0, 'block', LIMIT.none],
    ['a client software', 'fingerprint', {}, 0, 0, 'throttle', LIMIT.population],
    ['a network', 'network', {}, 0, 0, 'throttle', LIMIT.population],
    ['a system', 'asn', {}, 0, 0, 'throttle', LIMIT.population],
    ['a route', 'route', {}, 0, 0, 'tag', LIMIT.population],
    ['a tenant', 'tenant', {}, 0, 0, 'tag', LIMIT.population],
    ['a declared bot', 'ip', { botStatus: BOT_STATUS.declared }, 0, 0, 'block', LIMIT.none],
    ['an impostor', 'ip', { botStatus: BOT_STATUS.impostor }, 0, 0, 'block', LIMIT.none],
  ])('%s', (_, dimension, init, principals, level, action, limit) => {
    expect(of(dimension, init, principals, level)).toEqual([action, limit]);
  });

  it('a verified crawler is tagged at most, and the allowlist is never acted on, in every dimension', () => {
    for (const dimension of [
      'ip',
      'network',
      'asn',
      'session',
      'credential',
      'principal',
      'fingerprint',
      'route',
      'tenant',
    ] as const) {
      expect(of(dimension, { botStatus: BOT_STATUS.verified })).toEqual(['tag', LIMIT.verified]);
      for (const botStatus of Object.values(BOT_STATUS))
        expect(of(dimension, { botStatus, flags: FLAG.ALLOWLISTED }, 9, 1)).toEqual(['allow', LIMIT.allowlisted]);
    }
  });
});

describe('the ladder', () => {
  class Ladder {
    readonly risk = new Int32Array(RISK.size);
    private readonly p: CompiledPolicy;
    constructor(p = policy) {
      this.p = p;
    }
    /** One event `sec` after the start at these log-odds of probing. */
    at(sec: number, logOdds: number, deterministic = false, top: number = ACTION.block): string {
      this.risk.fill(0, 0, RISK.sec);
      this.risk[PROBING * GROUPS.length] = logOdds - PRIOR_MILLINATS;
      propose(this.p, this.risk, 0, top);
      return ACTIONS[climb(this.p, this.risk, 0, T + sec, top, deterministic)];
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

  it('does not wait on a tag, which holds nobody', () => {
    const l = new Ladder();
    expect(l.at(0, -2000)).toBe('tag');
    expect(l.at(1, HIGH)).toBe('throttle');
    expect(l.until()).toBe(61);
    expect(l.at(30, HIGH)).toBe('throttle');
    expect(l.at(31, HIGH)).toBe('block');
  });

  it('is skipped for classes that are acted on at once', () => {
    const classes = { ...POLICY.classes, probing: { ...POLICY.classes.probing, atOnce: true } };
    expect(new Ladder(compilePolicy({ ...POLICY, classes })).at(0, HIGH)).toBe('block');
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

  it('skips actions that the class does not have', () => {
    const p = compilePolicy({ ...POLICY, classes: every(['tag', 'block'], 5000) });
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
