import { describe, expect, it } from 'vitest';
import { MAX_WINDOWS } from '../../config/cost.ts';
import { configSchema } from '../../config/schema.ts';
import { createBatch } from '../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { type RawInit, rawFrom, testEnricher } from '../../enrich/testing.ts';
import { Limiter } from './limiter.ts';
import { bookOf, type Caller, NOON, rowOf } from './plans/testing.ts';

describe('rate limits', () => {
  function limiterOf(...limits: object[]) {
    return new Limiter(configSchema.parse({ limits }));
  }
  function check(limiter: Limiter, nowMs: number, init: RawInit = {}) {
    const raw = rawFrom(init);
    const batch = createBatch(1, raw.buf);
    testEnricher().row(raw, batch, 0, 0, 1);
    return limiter.check(batch, 0, nowMs);
  }
  const PER_ADDRESS = { name: 'per-address', by: ['address'], limit: 3, window_s: 3 };

  it('count by their key, refill steadily, and say how they stand', () => {
    const limiter = limiterOf(PER_ADDRESS);
    const states = [0, 0, 0, 0].map(() => check(limiter, 1000));
    expect(states.map((s) => [s?.remaining, s?.exceeded])).toEqual([
      [2, false],
      [1, false],
      [0, false],
      [0, true],
    ]);
    expect(states[3]?.resetSec).toBe(1);
    expect(check(limiter, 1000, { address: '198.51.100.1' })?.exceeded).toBe(false);
    expect(check(limiter, 2001)?.exceeded).toBe(false);
    expect(check(limiter, 2001)?.exceeded).toBe(true);
  });

  it('consume on admission only', () => {
    const limiter = limiterOf(PER_ADDRESS);
    for (let i = 0; i < 50; i++) check(limiter, 0);
    expect(check(limiter, 1001)?.exceeded).toBe(false);
  });

  it('are about some requests only, and not about who lacks the key', () => {
    const limiter = limiterOf({
      ...PER_ADDRESS,
      by: ['credential', 'route'],
      match: { path: '/api/**', methods: ['POST'] },
    });
    expect(check(limiter, 0, { target: '/api/x', method: 'POST' })).toBeNull();
    expect(check(limiter, 0, { target: '/api/x', method: 'GET', credential: 'k' })).toBeNull();
    expect(check(limiter, 0, { target: '/other', method: 'POST', credential: 'k' })).toBeNull();
    expect(check(limiter, 0, { target: '/api/x', method: 'POST', credential: 'k' })?.remaining).toBe(2);
  });

  it('show the tightest of several, and are shown but not enforced in shadow', () => {
    const limiter = limiterOf(PER_ADDRESS, { ...PER_ADDRESS, name: 'tight', limit: 1, window_s: 60, mode: 'shadow' });
    expect(check(limiter, 0)?.name).toBe('tight');
    const second = check(limiter, 0);
    expect([second?.name, second?.exceeded]).toEqual(['tight', false]);
  });
});

describe('limits of cost units', () => {
  const WEIGHED = { name: 'weight', by: ['credential'], unit: 'cost', limit: 1000, window_s: 60 };
  const limiterOf = (...limits: object[]) => new Limiter(configSchema.parse({ limits }));
  const ask = (limiter: Limiter, cost: number, nowMs: number, more: Caller = { credential: 'ann' }) =>
    limiter.check(rowOf({ cost, ...more }, nowMs), 0, nowMs);

  it('take what each request costs, one unit where nobody knows', () => {
    const limiter = limiterOf(WEIGHED);
    const states = [400, 0, 599].map((cost) => ask(limiter, cost, NOON));
    expect(states.map((s) => s?.remaining)).toEqual([600, 599, 0]);
    expect(states[0]).toMatchObject({ kind: 'cost', name: 'weight', limit: 1000, windowSec: 60, exceeded: false });
    expect(ask(limiter, 400, NOON)).toMatchObject({ exceeded: true, remaining: 0, resetSec: 24 });
    expect(ask(limiter, 0, NOON)).toMatchObject({ exceeded: true, resetSec: 1 });
    expect(ask(limiter, 0, NOON, { credential: 'bob' })?.remaining).toBe(999);
    expect(ask(limiter, 400, NOON + 23_900)?.exceeded).toBe(true);
    expect(ask(limiter, 400, NOON + 24_000)?.exceeded).toBe(false);
  });

  it('let through what weighs more than the limit when nothing is used, and keep the debt', () => {
    const limiter = limiterOf(WEIGHED);
    expect(ask(limiter, 3000, NOON)).toMatchObject({ exceeded: false, remaining: 0 });
    expect(ask(limiter, 3000, NOON)).toMatchObject({ exceeded: true, resetSec: 180 });
    expect(ask(limiter, 3000, NOON + 180_000)?.exceeded).toBe(false);
    const used = limiterOf(WEIGHED);
    ask(used, 1, NOON);
    expect(ask(used, 3000, NOON)).toMatchObject({ exceeded: true, resetSec: 1 });
  });

  it('let one request take ten windows at most', () => {
    const limiter = limiterOf(WEIGHED);
    ask(limiter, 2 ** 31 - 1, NOON);
    expect(ask(limiter, 1000, NOON)?.resetSec).toBe(MAX_WINDOWS * 60);
  });

  it('take one unit for what is dearer than it may be: it is refused, and costs nobody anything', () => {
    const inspection = { graphql: { mode: 'enforce', max_cost: 500 } };
    const limiter = new Limiter(configSchema.parse({ limits: [WEIGHED], inspection }));
    expect([500, 501, 100_000].map((cost) => ask(limiter, cost, NOON)?.remaining)).toEqual([500, 499, 498]);
  });

  it('have a burst of their own', () => {
    const limiter = limiterOf({ ...WEIGHED, burst: 100 });
    expect(ask(limiter, 80, NOON)?.remaining).toBe(20);
    expect(ask(limiter, 80, NOON)).toMatchObject({ exceeded: true, resetSec: 4 });
  });

  it('are compared with limits of requests by the share that is left', () => {
    const limiter = limiterOf(WEIGHED, { name: 'count', by: ['credential'], limit: 100, window_s: 60 });
    expect(ask(limiter, 1, NOON)?.name).toBe('count');
    expect(ask(limiter, 500, NOON)?.name).toBe('weight');
    // Of two that refuse, the one that lasts longer.
    const both = limiterOf(WEIGHED, { name: 'slow', by: ['credential'], limit: 1, window_s: 600 });
    ask(both, 1000, NOON);
    expect(ask(both, 1000, NOON)).toMatchObject({ name: 'slow', resetSec: 600 });
  });

  it('let pass in an hour what they say, whatever it is made of', () => {
    const limiter = limiterOf({ ...WEIGHED, limit: 1_000_000 });
    let units = 0;
    for (let ms = 0; ms < 3_600_000; ms += 777) {
      const cost = 1 + (ms % 50_021);
      if (!ask(limiter, cost, NOON + ms)?.exceeded) units += cost;
    }
    expect(units).toBeLessThanOrEqual(61_000_000);
    expect(units).toBeGreaterThan(59_000_000);
  });
});

describe('units a minute of GraphQL', () => {
  const config = configSchema.parse({ inspection: { graphql: { units_per_minute: 100 } } });
  const ask = (limiter: Limiter, caller: Caller, nowMs = NOON) => limiter.check(rowOf(caller, nowMs), 0, nowMs);

  it('are of each credential, and of requests that cost something only', () => {
    const limiter = new Limiter(config);
    expect(ask(limiter, { credential: 'ann' })).toBeNull();
    expect(ask(limiter, { credential: 'ann', cost: 60 })).toMatchObject({
      kind: 'cost',
      name: 'graphql-units',
      limit: 100,
      windowSec: 60,
      remaining: 40,
    });
    expect(ask(limiter, { credential: 'ann', cost: 60 })).toMatchObject({ exceeded: true, resetSec: 12 });
    expect(ask(limiter, { credential: 'ann' })).toBeNull();
    expect(ask(limiter, { credential: 'bob', cost: 60 })?.exceeded).toBe(false);
    expect(ask(limiter, { credential: 'ann', cost: 60 }, NOON + 12_000)?.exceeded).toBe(false);
  });

  it('come fresh with no key that is made up', () => {
    const limiter = new Limiter(config);
    const states = ['a', 'b', 'c'].map((credential) => ask(limiter, { credential, cost: 60, stranger: true }));
    expect(states.map((s) => s?.exceeded)).toEqual([false, true, true]);
    expect(rowOf({ stranger: true }, NOON).authOutcome[0]).toBe(AUTH_OUTCOME.unknown);
  });

  it('do not count for whom a plan rates cost units, where the plan counts', () => {
    const rates = [{ unit: 'cost', limit: 1000, window_s: 60 }];
    const routes = [{ path: '/graphql' }];
    const book = bookOf(
      { name: 'gold', rates, routes },
      { name: 'free' },
      { name: 'watched', rates: [{ ...rates[0], mode: 'shadow' }] },
    );
    const limiter = new Limiter(config, (rows, row) => book.ratesCost(rows, row));
    const target = '/graphql';
    const names = [1, 2, 3, 0].map((plan) => ask(limiter, { credential: 'ann', plan, target, cost: 1 })?.name);
    expect(names).toEqual([undefined, 'graphql-units', 'graphql-units', 'graphql-units']);
    expect(ask(limiter, { credential: 'ann', plan: 1, target: '/other', cost: 1 })?.name).toBe('graphql-units');
  });

  it('follow the configuration', () => {
    const limiter = new Limiter(configSchema.parse({}));
    expect(ask(limiter, { credential: 'ann', cost: 60 })).toBeNull();
    limiter.update(config);
    expect(ask(limiter, { credential: 'ann', cost: 60 })?.remaining).toBe(40);
  });
});
