import { beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../config/schema.ts';
import { CLASSES } from '../../engine/detector.ts';
import type { Engine } from '../../engine/engine.ts';
import { DIMENSIONS } from '../../engine/keys.ts';
import { ACTION } from '../../engine/policy.ts';
import { addEvidence, RISK } from '../../engine/risk.ts';
import { type RowInit, rowsOf } from '../../engine/testing.ts';
import { FLAG, METHODS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { EMPTY_MODEL, type LearnedModel } from '../../enrich/model.ts';
import { composeEngine } from '../compose.ts';
import { LiveLearning, mayTeach } from './learning.ts';
import type { LearningOrder, LearningPiece } from './learning-thread.ts';

const T = Date.UTC(2025, 2, 3, 9);
const EXCHANGE: RowInit = { ipHi: 1, ipLo: 7, timeMs: T, status: 200, method: METHODS.indexOf('GET') };

let engine: Engine;
beforeEach(() => {
  const listener = { evidence: () => undefined, risk: () => undefined };
  engine = composeEngine({ model: EMPTY_MODEL, seed: 1, scale: 0.001 }, () => listener).engine;
});

/** Applies an exchange and then holds something against one of its actors. */
function held(init: RowInit, key: string, hold: (risk: Int32Array, at: number) => void): boolean {
  const rows = rowsOf({ ...EXCHANGE, ...init });
  engine.step(rows, 0, true, T);
  const k = engine.program.keys.findIndex((one) => one.name === key);
  engine.batch.hasRisk[k] = 1;
  engine.batch.risky++;
  hold(engine.batch.risk, k * RISK.size);
  return mayTeach(engine, rows, 0);
}
const evidence = (millinats: number) => (risk: Int32Array, at: number) => {
  risk.fill(0, at, at + RISK.size);
  addEvidence(risk, at, 0, 0, millinats);
};
const standing = (name: (typeof CLASSES)[number], action: number, untilSec: number) => (r: Int32Array, at: number) => {
  r.fill(0, at, at + RISK.size);
  r[at + RISK.action] = action;
  r[at + RISK.class] = CLASSES.indexOf(name);
  r[at + RISK.untilSec] = untilSec;
};

describe('an exchange', () => {
  it('teaches unless it is exempt or touches a decoy', () => {
    const teaches = (init: RowInit): boolean => {
      const rows = rowsOf({ ...EXCHANGE, ...init });
      engine.step(rows, 0, true, T);
      return mayTeach(engine, rows, 0);
    };
    expect([teaches({}), teaches({ flags: FLAG.ALLOWLISTED }), teaches({ decoy: 1 })]).toEqual([true, false, false]);
  });

  it('does not teach where something is held against who made it, or stands', () => {
    const until = T / 1000 + 60;
    expect(held({}, 'ip', evidence(1800))).toBe(true);
    expect(held({}, 'ip', evidence(4600))).toBe(false);
    expect(held({ sessionLo: 5 }, 'session', evidence(4600))).toBe(false);
    expect(held({}, 'ip', standing('scraping', ACTION.throttle, until))).toBe(false);
    expect(held({}, 'ip', standing('scraping', ACTION.tag, until))).toBe(true);
    expect(held({}, 'ip', standing('scraping', ACTION.throttle, until - 120))).toBe(true);
  });

  it('of an accused population does not teach where it is of the kind', () => {
    const throttled = standing('credential-attack', ACTION.throttle, T / 1000 + 60);
    const login = { routeClass: ROUTE_CLASS.login, method: METHODS.indexOf('POST') };
    expect(held({ fingerprintLo: 9 }, 'fingerprint', throttled)).toBe(true);
    expect(held({ fingerprintLo: 9, ...login }, 'fingerprint', throttled)).toBe(false);
    expect(held({ fingerprintLo: 9, ...login }, 'fingerprint', evidence(9000))).toBe(true);
  });
});

describe('a model', () => {
  const orders: LearningOrder[] = [];
  const actors = new Set<number>();
  const taken: string[] = [];
  let current: LearnedModel = EMPTY_MODEL;
  let failing = false;

  async function make(order: LearningOrder, pieces: Iterable<LearningPiece>): Promise<LearnedModel> {
    orders.push(order);
    actors.clear();
    for (const piece of pieces) for (const cell of piece ?? []) actors.add(cell.actor);
    if (failing) throw new Error('no thread');
    return { ...EMPTY_MODEL, version: `m-${orders.length}`, hosts: [`h${orders.length}`] };
  }

  function learning(settings: object = {}): LiveLearning {
    return new LiveLearning({
      settings: configSchema.parse({ learning: { first_after_requests: 50, ...settings } }).learning,
      seed: 1,
      routes: [],
      routeClasses: [],
      current: () => current,
      takeOver: (model) => {
        taken.push(model.version);
        current = model;
      },
      onFailure: (error) => taken.push(error.message),
      make,
    });
  }
  /** Exchanges of as many addresses. */
  function see(learner: LiveLearning, n: number, nowMs: number, init: RowInit = {}): void {
    const target = new TextEncoder().encode('/items');
    for (let i = 0; i < n; i++) {
      const rows = rowsOf({ ...EXCHANGE, ipLo: 100 + i, timeMs: nowMs, targetLength: target.length, ...init });
      rows.text = target;
      engine.step(rows, 0, true, nowMs);
      learner.observe(engine, rows, 0);
    }
  }

  beforeEach(() => {
    orders.length = 0;
    taken.length = 0;
    current = EMPTY_MODEL;
    failing = false;
  });

  it('is due after a minute and enough exchanges, then after ten, then every hour', async () => {
    const learner = learning();
    let now = T;
    const waited = async (sec: number, n: number): Promise<number> => {
      see(learner, n, now);
      now += sec * 1000;
      await learner.tick(now);
      return orders.length;
    };
    expect(await waited(3600, 49)).toBe(0);
    expect(learner.status()).toEqual({ enabled: true, seen: 49, wanted: 50 });
    expect(await waited(0, 1)).toBe(1);
    expect([await waited(599, 50), await waited(1, 0), await waited(3599, 60), await waited(1, 0)]).toEqual([
      1, 2, 2, 3,
    ]);
    expect(await waited(3600, 49)).toBe(3);
    expect(taken).toEqual(['m-1', 'm-2', 'm-3']);
    expect(orders.map((order) => order.previous.version)).toEqual(['prior', 'm-1', 'm-2']);
    expect(orders[2]).toMatchObject({ exchanges: 160, learnedMs: now - 3600_000 });
  });

  it('is not told to be settled before the sample covers long enough', async () => {
    const learner = learning({ baselines_after_s: 4000 });
    for (const sec of [0, 60, 700, 4500]) {
      see(learner, 50, T + sec * 1000);
      await learner.tick(T + sec * 1000);
    }
    expect(orders.map((order) => order.settled)).toEqual([false, false, true]);
  });

  it('knows nothing of who was found out, but of others of the same population', async () => {
    const learner = learning();
    see(learner, 60, T);
    const lanes = new Int32Array(DIMENSIONS.length * 2);
    lanes[DIMENSIONS.indexOf('ip') * 2] = EXCHANGE.ipHi ?? 0;
    lanes[DIMENSIONS.indexOf('ip') * 2 + 1] = 107;
    learner.foundOut('session', lanes);
    lanes[DIMENSIONS.indexOf('ip') * 2 + 1] = 108;
    learner.foundOut('network', lanes);
    await learner.tick(T + 60_000);
    expect(actors.size).toBe(59);
  });

  it('is made of what was answered, and of nothing where that is switched off', () => {
    const learner = learning();
    see(learner, 3, T, { status: 0 });
    expect(learner.status().seen).toBe(0);
    const off = learning({ enabled: false });
    see(off, 3, T);
    expect(off.status()).toEqual({ enabled: false, seen: 0, wanted: 50 });
  });

  it('is made of what the run before has seen, too, when it would have been due', async () => {
    const before = learning({ baselines_after_s: 4000 });
    see(before, 60, T);
    await before.tick(T + 60_000);
    see(before, 30, T + 120_000);
    const kept = structuredClone(before.snapshot((path) => path.replace('items', '***')));
    expect(JSON.stringify(kept)).toContain('/***');
    expect(JSON.stringify(kept)).not.toContain('/items');
    const learner = learning({ baselines_after_s: 4000 });
    learner.restore(kept);
    expect([learner.status().seen, learner.observed]).toEqual([30, 90]);
    see(learner, 30, T + 4_100_000);
    await learner.tick(T + 4_100_000);
    // Addresses of 30 in the hour of both runs, and those of the first alone.
    expect([orders.length, actors.size]).toEqual([2, 60]);
    expect(orders[1]).toMatchObject({ exchanges: 120, settled: true });
  });

  it('keeps the successor of a sample that has served half its time', async () => {
    const before = learning();
    const half = 21 * 86_400_000;
    see(before, 60, T);
    await before.tick(T + half);
    see(before, 50, T + half);
    const learner = learning();
    learner.restore(structuredClone(before.snapshot((path) => path)));
    see(learner, 50, T + 2 * half);
    await learner.tick(T + 2 * half);
    see(learner, 50, T + 2 * half);
    await learner.tick(T + 2 * half + 7_200_000);
    // The first sample is gone with its sixty addresses: what came since halfway is what the model is made of.
    expect([orders.length, actors.size]).toEqual([3, 50]);
  });

  it('is not taken over where it steers nothing, or where it could not be made, and is tried again', async () => {
    failing = true;
    const learner = learning();
    see(learner, 60, T);
    await learner.tick(T + 60_000);
    expect([taken, learner.status().seen]).toEqual([['no thread'], 0]);
    failing = false;
    see(learner, 60, T + 60_000);
    current = { ...EMPTY_MODEL, hosts: ['h2'] };
    await learner.tick(T + 120_000);
    expect([taken, orders.length]).toEqual([['no thread'], 2]);
    await learner.close();
    see(learner, 60, T + 120_000);
    await learner.tick(T + 9_000_000);
    expect(orders.length).toBe(2);
  });
});
