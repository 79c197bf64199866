/** What is held against a key that leaked, and on whom it falls. */
import { describe, expect, it } from 'vitest';
import { FLAG } from '../enrich/facts.ts';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { MemoryState } from '../state/memory.ts';
import { condition, habit } from './aggregates.ts';
import { compile } from './compile.ts';
import { compilePolicy } from './decide.ts';
import { CAP, CLASSES } from './detector.ts';
import { Engine } from './engine.ts';
import { HOME_SEC, HOME_VISITS } from './known.ts';
import { ACTION } from './policy.ts';
import { detectorOf, type RowInit, rowsOf } from './testing.ts';

const T = 1_709_510_400_000;
const accepted = condition('accepted', (f) => f.authenticated && f.status < 400);
const place = (of: 'asn' | 'network') =>
  habit({ key: 'credential', of, when: accepted, from: 3, most: 8, on: 'response' });
const homes = { system: place('asn'), network: place('network') };

/** Says what `bytes` of an answer say against its key. */
const says = detectorOf(
  { actors: ['credential'], class: 'leaked-key', on: 'response', group: 'identity', cap: CAP.sequential },
  () => ({ needs: {}, judge: (_: unknown, f) => f.bytes }),
);
const quiet = detectorOf({ id: 'quiet', actors: ['principal', 'session'] }, () => ({ needs: {} }));

function engineOf(known = true) {
  const options = { baselines: PRIOR_BASELINES, seed: 0 };
  const program = compile([says, quiet], known ? { ...options, risky: homes } : options);
  const { system, network } = program.builtin;
  const engine = new Engine({
    ...{ program, state: new MemoryState(program, 0.001), homes: known ? { system, network } : undefined },
    policy: compilePolicy({ ...DEFAULT_POLICY, mode: 'enforce' }),
  });
  const step = (sec: number, init: RowInit, response = false): number => {
    const decided = engine.step(rowsOf(init), 0, response, T + sec * 1000);
    if (decided instanceof Promise) throw new Error('waited');
    return decided.act;
  };
  return { engine, step };
}
type Rig = ReturnType<typeof engineOf>;

const signed = { flags: FLAG.AUTHENTICATED, status: 200 };
const HOME: RowInit = { ...signed, credentialLo: 5, principalLo: 7, networkLo: 1, asn: 64500 };
const AWAY: RowInit = { ...HOME, networkLo: 2, asn: 64510 };
/** What says something against the key; it is no visit, because it was not accepted. */
const TRIED: RowInit = { ...AWAY, flags: 0, status: 403, bytes: 9200 };
const LATER = 10 * 3600;

/** Ten visits at home, and then so much evidence from elsewhere that the key is held. */
function leak({ step }: Rig): void {
  for (let i = 0; i < 10; i++) step(i * 3600, HOME, true);
  for (let i = 0; i < 12; i++) step(LATER + i, TRIED, true);
}

describe('a key that leaked', () => {
  it('is held away from home only', () => {
    const rig = engineOf();
    leak(rig);
    expect(rig.step(LATER + 20, AWAY)).toBeGreaterThanOrEqual(ACTION.throttle);
    expect(rig.step(LATER + 21, HOME)).toBe(0);
    // Another network of the same system is home, too; without a system it is a network nobody knows.
    expect(rig.step(LATER + 22, { ...HOME, networkLo: 9 })).toBe(0);
    expect(rig.step(LATER + 23, { ...HOME, networkLo: 9, asn: 0 })).toBeGreaterThanOrEqual(ACTION.throttle);
  });

  it('is its owner’s at home for as long as something stands, though the evidence is long forgotten', () => {
    const rig = engineOf();
    leak(rig);
    // Who goes on is held for longer each time.
    for (let i = 1; i <= 200; i++) rig.step(LATER + i * 600, TRIED, true);
    const quiet = LATER + 200 * 600 + 7 * 3600;
    expect(rig.step(quiet, AWAY)).toBeGreaterThanOrEqual(ACTION.throttle);
    expect(rig.step(quiet + 1, HOME)).toBe(0);
  });

  it('is held everywhere where nothing is known of places, or an operator wants it', () => {
    const rig = engineOf(false);
    leak(rig);
    expect(rig.step(LATER + 20, HOME)).toBeGreaterThanOrEqual(ACTION.throttle);
    const other = engineOf();
    leak(other);
    const sinceSec = T / 1000 + LATER;
    const actor = { dimension: 'credential', hi: 0, lo: 5 } as const;
    const classIndex = CLASSES.indexOf('leaked-key');
    other.engine.impose({ actor, action: ACTION.block, classIndex, sinceSec, untilSec: sinceSec + 600 });
    expect(other.step(LATER + 30, HOME)).toBe(ACTION.block);
  });

  it('takes along neither its user nor the key that comes in its place', () => {
    const rig = engineOf();
    leak(rig);
    for (const credentialLo of [5, 0, 6]) rig.step(LATER + 20, { ...AWAY, credentialLo }, true);
    expect(rig.step(LATER + 21, { ...AWAY, credentialLo: 0 })).toBe(0);
    expect(rig.engine.decision.key).toBe(-1);
    expect(rig.step(LATER + 22, { ...AWAY, credentialLo: 6 })).toBe(0);
    expect(rig.engine.decision.key).toBe(-1);
    expect(rig.step(LATER + 23, AWAY)).toBeGreaterThanOrEqual(ACTION.throttle);
  });

  it('is at home after some visits, and not where it only came lately', () => {
    const visits = (n: number, ageSec: number): number => {
      const rig = engineOf();
      for (let i = 0; i < n; i++) rig.step(i, HOME, true);
      for (let i = 0; i < 12; i++) rig.step(n + i, { ...AWAY, networkLo: 0, asn: 0, bytes: 9200 }, true);
      return rig.step(ageSec, HOME);
    };
    expect(visits(HOME_VISITS, HOME_SEC)).toBe(0);
    expect(visits(HOME_VISITS - 1, HOME_SEC)).toBeGreaterThanOrEqual(ACTION.throttle);
    expect(visits(HOME_VISITS, HOME_SEC - 1)).toBeGreaterThanOrEqual(ACTION.throttle);
  });
});

describe('what is read of suspects only', () => {
  const operations = (risky: boolean) => {
    const needs = risky ? { risky: homes } : { builtin: homes };
    const { keys } = compile([says], { baselines: PRIOR_BASELINES, seed: 0, ...needs });
    const key = keys.find((k) => k.name === 'credential');
    return [...(key?.request ?? []), ...(key?.response ?? [])].map((o) => [o.phase, o.readOnly, o.risky]);
  };

  it('is marked so, in both phases', () => {
    const both = (risky: boolean) =>
      ['request', 'response'].flatMap((p) => [0, 1].map(() => [p, p === 'request', risky]));
    expect(operations(true)).toEqual(both(true));
    expect(operations(false)).toEqual(both(false));
  });

  it('is read of everybody where a detector asks, too', () => {
    const asks = detectorOf({ actors: ['credential'], on: 'response' }, () => ({ needs: { asn: homes.system } }));
    const { keys } = compile([asks], { baselines: PRIOR_BASELINES, seed: 0, risky: homes });
    const { response } = keys.find((k) => k.name === 'credential') ?? { response: [] };
    expect(response.map((o) => [o.risky, o.readers])).toEqual([
      [true, null],
      [true, []],
    ]);
  });
});
