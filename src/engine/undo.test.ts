import { describe, expect, it } from 'vitest';
import { FLAG, NETWORK_CLASS, ROUTE_CLASS } from '../enrich/facts.ts';
import { PRIOR_BASELINES } from '../enrich/model.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { MemoryState } from '../state/memory.ts';
import { condition, count, sprt } from './aggregates.ts';
import { compile } from './compile.ts';
import { compilePolicy } from './decide.ts';
import { CAP, CLASSES } from './detector.ts';
import { Engine } from './engine.ts';
import type { Facts } from './facts.ts';
import type { ActorDimension } from './keys.ts';
import { ACTION, ACTIONS, type Policy } from './policy.ts';
import { detectorOf, type RowInit, rowsOf } from './testing.ts';
import { concernedBy, MAX_GRACES } from './undo.ts';

const T = 1_709_510_400_000;
const ENFORCED: Policy = { ...DEFAULT_POLICY, mode: 'enforce' };

const bad = condition('bad', (f) => f.bytes > 0);

/** Says five nats from the third bad request of an actor on. */
const counting = (id: string, actors: readonly ActorDimension[] = ['ip']) =>
  detectorOf({ id, actors, cap: CAP.sequential, class: 'probing' }, ({ actor }) => ({
    needs: {
      bad: count({ key: actor, windowMs: 3_600_000, when: bad }),
      sum: sprt({ key: actor, hit: bad, p0: 0.1, p1: 0.9, floor: 0, ceiling: 20_000 }),
    },
    judge: (v: { bad: { n: number } }, f: Facts) => (f.bytes > 0 && v.bad.n >= 3 ? 9200 : 0),
  }));
/** Says it at once, for rows of a kind. */
const other = detectorOf({ id: 'other', cap: CAP.certain, class: 'decoy', deterministic: true }, () => ({
  needs: {},
  judge: (_, f) => (f.decoy > 0 ? 12_000 : 0),
}));

function engineOf(policy: Policy = ENFORCED, detectors = [counting('a', ['ip', 'fingerprint']), other]) {
  const program = compile(detectors, { baselines: PRIOR_BASELINES, seed: 0 });
  const engine = new Engine({ program, state: new MemoryState(program, 0.001), policy: compilePolicy(policy) });
  const step = (sec: number, init: RowInit, response = false) => {
    const d = engine.step(rowsOf(init), 0, response, T + sec * 1000);
    if (d instanceof Promise) throw new Error('waited');
    return { ...d };
  };
  return { engine, step };
}

const ORDER = {
  actors: [{ dimension: 'ip', hi: 0, lo: 7 }],
  populations: [{ dimension: 'fingerprint', hi: 0, lo: 3 }],
  detectors: ['a'],
  untilSec: T / 1000 + 3600,
  events: 5,
} as const;
const BAD: RowInit = { ipLo: 7, fingerprintLo: 3, bytes: 1 };

describe('taking a decision back', () => {
  const wronged = (events = 5) => {
    const made = engineOf();
    for (let i = 0; i < 5; i++) made.step(i * 40, BAD);
    expect(ACTIONS[made.step(200, BAD).act]).not.toBe('allow');
    const effect = made.engine.undo({ ...ORDER, events });
    return { ...made, effect };
  };

  it('clears the actor, restarts sums of its populations, and names what stays', () => {
    const { effect } = wronged();
    expect(effect.cleared).toEqual(['ip']);
    expect(effect.restarted).toEqual(['fingerprint']);
    expect(effect.remaining).toEqual([{ what: 'fingerprint count', permille: 1000 }]);
  });

  it('lets the same traffic go on, and holds it again when the grace is used up', () => {
    const { step } = wronged(4);
    // The first two are below the threshold again and use no grace.
    for (let i = 0; i < 6; i++) expect(step(201 + i * 40, { ...BAD, fingerprintLo: 0 }).act).toBe(0);
    const later = Array.from({ length: 4 }, (_, i) => step(460 + i * 40, { ...BAD, fingerprintLo: 0 }).act);
    expect(later.some((act) => act > ACTION.tag)).toBe(true);
  });

  it('does not cover another kind of evidence by the same actor', () => {
    const { step } = wronged();
    expect(ACTIONS[step(210, { ...BAD, bytes: 0, decoy: 1 }).act]).toBe('block');
  });

  it('ends with its time', () => {
    const { step } = wronged(1000);
    expect(step(300, { ...BAD, fingerprintLo: 0 }).act).toBe(0);
    const late = Array.from({ length: 4 }, (_, i) => step(3700 + i * 40, { ...BAD, fingerprintLo: 0 }).act);
    expect(late.at(-1)).toBeGreaterThan(ACTION.tag);
  });

  it('of a population is about the population: its members are judged as always', () => {
    const { engine, step } = engineOf(ENFORCED, [counting('a', ['ip', 'fingerprint'])]);
    const actors = [{ dimension: 'fingerprint', hi: 0, lo: 3 }] as const;
    engine.undo({ ...ORDER, actors, populations: [], events: 1000 });
    const acts = Array.from({ length: 6 }, (_, i) => step(i * 40, { ...BAD, ipLo: 8 }));
    expect(acts.at(-1)?.act).toBeGreaterThan(ACTION.tag);
    expect(engine.program.keys[acts.at(-1)?.actKey as number].name).toBe('ip');
  });

  it('that a population only came along with gives it no grace', () => {
    const { engine, step } = engineOf(ENFORCED, [counting('a', ['fingerprint'])]);
    const actors = [ORDER.actors[0], { dimension: 'fingerprint', hi: 0, lo: 3 }] as const;
    engine.undo({ ...ORDER, actors, populations: [], events: 1000 });
    const acts = Array.from({ length: 6 }, (_, i) => step(i * 40, { ...BAD, ipLo: 8 }).act);
    expect(acts.at(-1)).toBeGreaterThan(ACTION.tag);
    // The wronged actor itself is left alone, whomever its requests are held against.
    expect(step(300, { ...BAD, fingerprintLo: 4 }).act).toBe(0);
  });

  it('is added to what was granted before', () => {
    const { engine, step } = wronged(1000);
    engine.undo({ ...ORDER, detectors: ['b'], populations: [], events: 1000 });
    for (let i = 0; i < 6; i++) expect(step(201 + i * 40, { ...BAD, fingerprintLo: 0 }).act).toBe(0);
  });

  it('keeps a bounded number of graces', () => {
    const { engine, step } = wronged();
    for (let i = 0; i < MAX_GRACES; i++)
      engine.undo({ ...ORDER, actors: [{ dimension: 'ip', hi: 1, lo: i + 1 }], populations: [] });
    const acts = Array.from({ length: 5 }, (_, i) => step(220 + i * 40, BAD).act);
    expect(acts.at(-1)).toBeGreaterThan(0);
  });
});

describe('who is concerned', () => {
  const worse = condition('worse', (f) => f.bytes > 1);
  const reading = (id: string, when: typeof bad, classOf: 'probing' | 'scraping' = 'probing') =>
    detectorOf({ id, class: classOf }, ({ actor }) => ({
      needs: { n: count({ key: actor, windowMs: 1000, when }) },
      judge: () => 0,
    }));

  it('is who counts the same requests for the same class', () => {
    const detectors = [reading('a', bad), reading('b', bad), reading('c', worse), reading('d', bad, 'scraping')];
    const program = compile(detectors, { baselines: PRIOR_BASELINES, seed: 0 });
    expect(concernedBy(program, ['a'])).toEqual(['a', 'b']);
    expect(concernedBy(program, ['c', 'gone'])).toEqual(['c', 'gone']);
    expect(concernedBy(program, ['d', 'c'])).toEqual(['c', 'd']);
  });
});

describe('imposing', () => {
  it('puts an action on somebody who was never seen, until its time', () => {
    const { engine, step } = engineOf();
    const classIndex = CLASSES.indexOf('probing');
    const sinceSec = T / 1000;
    const actor = { dimension: 'ip', hi: 0, lo: 9 } as const;
    expect(engine.impose({ actor, action: ACTION.block, classIndex, sinceSec, untilSec: sinceSec + 60 })).toBe(true);
    expect(ACTIONS[step(1, { ipLo: 9 }).act]).toBe('block');
    expect(ACTIONS[step(2, { ipLo: 10 }).act]).toBe('allow');
    expect(ACTIONS[step(61, { ipLo: 9 }).act]).toBe('allow');
  });
});

describe('what is enforced', () => {
  const harsh = (policy: Policy, init: RowInit = {}) => {
    const { step } = engineOf(policy);
    let last = step(0, { ...BAD, ...init });
    for (let i = 1; i < 6; i++) last = step(i * 40, { ...BAD, ...init });
    return last;
  };

  it('is nothing in shadow, though it stands', () => {
    const d = harsh(DEFAULT_POLICY);
    expect(d.action).toBeGreaterThan(ACTION.tag);
    expect(d.act).toBe(0);
  });

  it('is the same actor every time in a canary, and about its share of actors', () => {
    const classes = {
      ...DEFAULT_POLICY.classes,
      probing: { ...DEFAULT_POLICY.classes.probing, mode: 'canary' as const, canaryPermille: 300 },
    };
    const policy = { ...DEFAULT_POLICY, classes };
    const acted = Array.from({ length: 200 }, (_, i) => harsh(policy, { ipLo: 1000 + i, fingerprintLo: 0 }).act > 0);
    const share = acted.filter(Boolean).length / acted.length;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
    expect(Array.from({ length: 200 }, (_, i) => harsh(policy, { ipLo: 1000 + i, fingerprintLo: 0 }).act > 0)).toEqual(
      acted,
    );
  });

  it('falls on a shared address only for requests of the kind, and never on an established identity', () => {
    const shared: RowInit = { networkClass: NETWORK_CLASS.mobile, fingerprintLo: 0 };
    const { step } = engineOf(ENFORCED, [counting('a'), counting('b', ['session'])]);
    const probe: RowInit = { ipLo: 7, ...shared, routeClass: ROUTE_CLASS.page };
    const session: RowInit = { ...probe, sessionLo: 4, principalLo: 5 };
    step(0, { ...session, flags: FLAG.AUTHENTICATED, status: 200 }, true);
    for (let i = 0; i < 6; i++) step(i * 40, { ...BAD, ...shared });
    expect(ACTIONS[step(241, probe).act]).toBe('throttle');
    expect(step(242, { ...probe, flags: FLAG.KNOWN_ROUTE }).act).toBe(0);
    expect(step(244, session).act).toBe(0);
    const fresh: RowInit = { ...probe, sessionLo: 6, principalLo: 7 };
    step(245, { ...fresh, flags: FLAG.AUTHENTICATED, status: 200 }, true);
    expect(ACTIONS[step(246, fresh).act]).toBe('throttle');
  });

  it('spares no name that is only written down, however long its owner has been known', () => {
    const shared: RowInit = { networkClass: NETWORK_CLASS.mobile, fingerprintLo: 0 };
    const { step } = engineOf(ENFORCED, [counting('a'), counting('b', ['principal'])]);
    const named: RowInit = { ipLo: 7, ...shared, routeClass: ROUTE_CLASS.page, principalLo: 5 };
    step(0, { ...named, flags: FLAG.AUTHENTICATED, status: 200 }, true);
    for (let i = 0; i < 6; i++) step(i * 40, { ...BAD, ...shared });
    expect(ACTIONS[step(244, named).act]).toBe('throttle');
    expect(step(245, { ...named, flags: FLAG.AUTHENTICATED }).act).toBe(0);
  });

  it('refuses of a shared address what carries the evidence itself, once a block would be due', () => {
    const shared: RowInit = { networkClass: NETWORK_CLASS.mobile, fingerprintLo: 0, ipLo: 7 };
    const code: RowInit = { ...shared, contentMillinats: 5000, contentRule: 1 };
    const { step } = engineOf(ENFORCED, [{ ...counting('a'), class: 'injection' }, counting('b', ['session'])]);
    const session: RowInit = { ...code, sessionLo: 4, principalLo: 5 };
    step(0, { ...session, flags: FLAG.AUTHENTICATED, status: 200 }, true);
    const first = Array.from({ length: 4 }, (_, i) => ACTIONS[step(i, { ...BAD, ...code }).act]);
    expect(first).toEqual(['allow', 'allow', 'block', 'block']);
    expect(ACTIONS[step(5, code).action]).toBe('throttle');
    expect(ACTIONS[step(6, { ...shared, flags: FLAG.QUERY }).act]).toBe('throttle');
    expect(step(7, { ...shared, contentMillinats: 1000, contentRule: 1, flags: 0 }).act).toBe(ACTION.throttle);
    expect(step(8, shared).act).toBe(0);
    expect(step(10, session).act).toBe(0);
    expect(ACTIONS[step(11, { ...session, sessionLo: 6 }).act]).toBe('block');
  });
});
