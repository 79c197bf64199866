import { describe, expect, it } from 'vitest';
import { FLAG, NETWORK_CLASS } from '../enrich/facts.ts';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { MemoryState } from '../state/memory.ts';
import { condition, count, distinct } from './aggregates.ts';
import { compile } from './compile.ts';
import { compilePolicy, LIMIT } from './decide.ts';
import { CAP, CLASSES, type Detector } from './detector.ts';
import { type Decision, Engine, type EngineListener } from './engine.ts';
import { ACTIONS } from './policy.ts';
import { PRIOR_MILLINATS } from './risk.ts';
import type { StatePort } from './state.ts';
import { detectorOf, type RowInit, rowsOf } from './testing.ts';

const T = 1_709_510_400_000;

interface Heard {
  readonly evidence: [string, number, boolean][];
  readonly risks: [string, string, number][];
}

/** An engine that is told what to hear by the `bytes` of each row, in millinats. */
function engineOf(detectors: readonly Detector[], state?: (s: MemoryState) => StatePort) {
  const principals = distinct({
    key: 'ip',
    of: 'principal',
    windowMs: 86_400_000,
    when: condition('signed in', (f) => f.authenticated),
  });
  const program = compile(detectors, { baselines: PRIOR_BASELINES, seed: 0, builtin: { principals } });
  const heard: Heard = { evidence: [], risks: [] };
  const listener: EngineListener = {
    evidence: (_, instance, millinats, finding) => heard.evidence.push([instance.detector.id, millinats, finding]),
    risk: (engine, key, action, _class, logOdds) =>
      heard.risks.push([engine.program.keys[key].name, ACTIONS[action], logOdds]),
  };
  const memory = new MemoryState(program, 0.001);
  const engine = new Engine({
    program,
    state: state === undefined ? memory : state(memory),
    policy: compilePolicy(DEFAULT_POLICY),
    listener,
    principalsValue: program.builtin.principals,
  });
  const step = (ms: number, init: RowInit, response = false): Decision => {
    const decided = engine.step(rowsOf(init), 0, response, T + ms);
    if (decided instanceof Promise) throw new Error('waited');
    return { ...decided };
  };
  return { engine, heard, step };
}

/** Says what the row's `bytes` say. */
const says = (spec: Partial<Omit<Detector, 'build'>> = {}) =>
  detectorOf({ id: 'says', cap: CAP.sequential, ...spec }, () => ({
    needs: {},
    judge: (_: unknown, facts) => facts.bytes,
  }));

describe('judging', () => {
  it('asks a detector in its phase, under its condition, for actors that are there', () => {
    const { heard, step } = engineOf([
      says({ id: 'early' }),
      says({ id: 'late', on: 'response' }),
      says({ id: 'posts', when: condition('method 3', (f) => f.method === 3) }),
      says({ id: 'sessions', actors: ['session'] }),
    ]);
    step(0, { ipLo: 1, bytes: 100 });
    step(1, { ipLo: 1, bytes: 200 }, true);
    step(2, { ipLo: 1, bytes: 300, method: 3, sessionLo: 5 });
    step(3, { bytes: 400 });
    expect(heard.evidence.map(([id, m]) => [id, m])).toEqual([
      ['early', 100],
      ['late', 200],
      ['early', 300],
      ['posts', 300],
      ['sessions', 300],
    ]);
  });

  it('caps what is said, and tells findings by their threshold', () => {
    const { heard, step } = engineOf([says({ findingAt: 5000, cap: 6000 })]);
    for (const bytes of [4999, 5000, 6000, 99_999]) step(0, { ipLo: 1, bytes });
    expect(heard.evidence).toEqual([
      ['says', 4999, false],
      ['says', 5000, true],
      ['says', 6000, true],
      ['says', 6000, true],
    ]);
  });

  it('starts no record on evidence against abuse, but counts it where one stands', () => {
    const { heard, step } = engineOf([
      says(),
      says({ id: 'other', group: 'identity', when: condition('method 1', (f) => f.method === 1) }),
    ]);
    expect(step(0, { ipLo: 1, bytes: -500 }).key).toBe(-1);
    expect(heard.evidence).toEqual([]);
    step(1, { ipLo: 1, bytes: 3000 });
    expect(step(2, { ipLo: 1, bytes: -500, method: 1 }).logOdds).toBe(PRIOR_MILLINATS + 3000 - 500);
  });

  it('gives a detector the values of its own needs, this event counted', () => {
    const seen: number[] = [];
    const counting = detectorOf({}, () => ({
      needs: { n: count({ key: 'ip', windowMs: 60_000 }) },
      judge: (values: { n: { n: number } }) => {
        seen.push(values.n.n);
        return 0;
      },
    }));
    const { step } = engineOf([counting]);
    for (const ipLo of [1, 2, 1, 1]) step(0, { ipLo });
    expect(seen).toEqual([1, 1, 2, 3]);
  });
});

describe('deciding', () => {
  it('adds up groups, decays with time, and forgets after a day', () => {
    const { step } = engineOf([
      says({ when: condition('method 0', (f) => f.method === 0) }),
      says({ id: 'b', group: 'failure' }),
    ]);
    expect(step(0, { ipLo: 1, bytes: 6000 }).logOdds).toBe(PRIOR_MILLINATS + 6000 + 4200);
    const quiet = (ms: number) => step(ms, { ipLo: 1, bytes: 0, method: 1 }).logOdds;
    expect(quiet(30 * 60_000)).toBe(PRIOR_MILLINATS + 3000 + 2100);
    expect(quiet(24 * 3_600_000)).toBe(PRIOR_MILLINATS);
  });

  it('names the harshest of the actors involved', () => {
    const { step, engine } = engineOf([
      says({ actors: ['ip'] }),
      says({ id: 's', actors: ['session'], deterministic: true, when: condition('method 3', (f) => f.method === 3) }),
    ]);
    const decision = step(0, { ipLo: 1, sessionLo: 9, bytes: 9000, method: 3 });
    expect(engine.program.keys[decision.key].name).toBe('ip');
    expect(ACTIONS[decision.action]).toBe('block');
    expect(CLASSES[decision.classIndex]).toBe('probing');
  });

  it('lets nothing of one event show in the next', () => {
    const { step } = engineOf([says({ deterministic: true })]);
    expect(ACTIONS[step(0, { ipLo: 1, bytes: 9000 }).action]).toBe('block');
    expect(step(1, { ipLo: 2, bytes: 0 })).toMatchObject({
      act: 0,
      action: 0,
      key: -1,
      classIndex: 0,
      logOdds: 0,
      limit: 0,
    });
    expect(ACTIONS[step(2, { ipLo: 1, bytes: 0 }).action]).toBe('block');
  });

  it('never acts harder on a shared address, a verified crawler or the allowlist', () => {
    const decided = (init: RowInit): [string, number] => {
      const { step } = engineOf([says({ deterministic: true })]);
      const { action, limit } = step(0, { ipLo: 1, bytes: 9200, ...init });
      return [ACTIONS[action], limit];
    };
    expect(decided({})).toEqual(['block', LIMIT.none]);
    expect(decided({ networkClass: NETWORK_CLASS.mobile })).toEqual(['throttle', LIMIT.shared]);
    expect(decided({ botStatus: 2 })).toEqual(['tag', LIMIT.verified]);
    expect(decided({ flags: FLAG.ALLOWLISTED })).toEqual(['allow', LIMIT.allowlisted]);
  });

  it('an address gets no more than a throttle from the second established user on', () => {
    const { step } = engineOf([says({ deterministic: true })]);
    const user = (principalLo: number) => step(0, { ipLo: 1, principalLo, flags: FLAG.AUTHENTICATED, bytes: 0 });
    user(1);
    expect(ACTIONS[step(1, { ipLo: 1, bytes: 9200 }).action]).toBe('block');
    user(2);
    expect(step(2, { ipLo: 1, bytes: 9200 })).toMatchObject({
      action: ACTIONS.indexOf('throttle'),
      limit: LIMIT.shared,
    });
    // A variety of names that were only tried proves nothing.
    const other = engineOf([says({ deterministic: true })]);
    for (let i = 1; i < 9; i++) other.step(i, { ipLo: 1, principalLo: i, bytes: 0 });
    expect(ACTIONS[other.step(9, { ipLo: 1, bytes: 9200 }).action]).toBe('block');
  });
});

describe('propagation', () => {
  const linked = [
    says({ actors: ['session'], when: condition('method 3', (f) => f.method === 3) }),
    says({ id: 'p', actors: ['principal'], when: condition('method 4', (f) => f.method === 4) }),
  ];
  const signedIn = { sessionLo: 5, principalLo: 7, flags: FLAG.AUTHENTICATED } as const;

  it('goes at half strength from a session to the user who proved to be in it', () => {
    const { heard, step } = engineOf(linked);
    step(0, { sessionLo: 5, bytes: 8000, method: 3 });
    step(1, signedIn);
    const last = new Map(heard.risks.map(([key, , odds]) => [key, odds]));
    expect(last.get('session')).toBe(PRIOR_MILLINATS + 8000);
    expect(last.get('principal')).toBe(PRIOR_MILLINATS + 4000);
  });

  it('and the other way, one hop an event', () => {
    const { heard, step } = engineOf(linked);
    step(0, { principalLo: 7, bytes: 8000, method: 4 });
    step(1, signedIn);
    step(2, { sessionLo: 5 });
    expect(heard.risks.at(-1)).toEqual(['session', expect.any(String), PRIOR_MILLINATS + 4000]);
    step(3, { ...signedIn, principalLo: 8 });
    expect(heard.risks.filter(([key]) => key === 'principal').at(-1)?.[2]).toBe(PRIOR_MILLINATS + 2000);
  });

  it('never to a name that was only tried, and never to or from an address', () => {
    const { heard, step } = engineOf([
      ...linked,
      says({ id: 'ip', actors: ['ip'], when: condition('method 5', (f) => f.method === 5) }),
    ]);
    step(0, { sessionLo: 5, bytes: 8000, method: 3 });
    step(1, { ...signedIn, flags: 0 });
    step(2, { ...signedIn, ipLo: 1, sessionLo: 6 });
    step(3, { ipLo: 2, bytes: 9000, method: 5 });
    step(4, { ...signedIn, ipLo: 2, sessionLo: 6, principalLo: 9 });
    const touched = new Set(heard.risks.map(([key]) => key));
    expect(touched.has('principal')).toBe(false);
    expect(heard.risks.filter(([key]) => key === 'ip').every(([, , odds]) => odds === PRIOR_MILLINATS + 9000)).toBe(
      true,
    );
  });
});

describe('the sequence', () => {
  const play = (rows: readonly RowInit[], detectors = [says()]): [number, number, number] => {
    const { engine, step } = engineOf(detectors);
    rows.forEach((row, i) => {
      step(i * 1000, row, i % 2 === 1);
    });
    return [engine.sequence, engine.hashHi, engine.hashLo];
  };
  const rows: RowInit[] = Array.from({ length: 60 }, (_, i) => ({
    ipLo: 1 + (i % 5),
    bytes: (i * 37) % 4000,
    order: i * 999,
  }));

  it('has one hash, which changes with any event, decision or evidence', () => {
    const usual = play(rows);
    expect(play(rows)).toEqual(usual);
    expect(usual[0]).toBe(60);
    expect(play(rows.slice(0, 59))).not.toEqual(usual);
    for (const at of [0, 30, 59]) {
      const with_ = (change: RowInit) => play(rows.map((r, i) => (i === at ? { ...r, ...change } : r)));
      expect(with_({ order: 1 }).slice(1)).not.toEqual(usual.slice(1));
      if (at % 2 === 0) expect(with_({ bytes: 4001 }).slice(1)).not.toEqual(usual.slice(1));
    }
    const swapped = [...rows];
    [swapped[10], swapped[11]] = [swapped[11], swapped[10]];
    expect(play(swapped).slice(1)).not.toEqual(usual.slice(1));
  });

  it('is the same over a state that answers later', async () => {
    const { engine } = engineOf([says()], (memory) => ({
      apply: async (batch) => {
        await Promise.resolve();
        memory.apply(batch);
      },
      settle: (batch) => memory.settle(batch),
      adopt: (program) => memory.adopt(program),
      clear: (key, hi, lo) => memory.clear(key, hi, lo),
      restart: (key, hi, lo) => memory.restart(key, hi, lo),
      impose: (key, hi, lo, standing) => memory.impose(key, hi, lo, standing),
      requests: (key, hi, lo) => memory.requests(key, hi, lo),
    }));
    for (const [i, row] of rows.entries()) await engine.step(rowsOf(row), 0, i % 2 === 1, T + i * 1000);
    expect([engine.sequence, engine.hashHi, engine.hashLo]).toEqual(play(rows));
  });
});
