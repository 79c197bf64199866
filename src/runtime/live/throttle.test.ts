import { describe, expect, it } from 'vitest';
import { configSchema } from '../../config/schema.ts';
import { Throttle, throttleSettings } from './throttle.ts';

describe('a throttle', () => {
  const throttle = () =>
    new Throttle({ ratePerSec: 1, burst: 2, maxDelayMs: 2000, unitsPerRequest: 100, dearest: 2 ** 31 });

  it('lets a burst through, delays what is a little ahead, refuses the rest', () => {
    const t = throttle();
    expect([0, 0, 0, 0, 0].map(() => t.delay('a', '', 0, 1000))).toEqual([0, 0, 1000, 2000, -1]);
    expect(t.retryAfterSec('a', '', 0, 1000)).toBe(3);
    expect(t.delay('a', '', 0, 10_000)).toBe(0);
  });

  it('takes nothing for what it refuses', () => {
    const t = throttle();
    for (let i = 0; i < 100; i++) t.delay('a', '', 0, 0);
    expect(t.delay('a', '', 0, 4000)).toBe(0);
  });

  it('lets nobody wait for ever: who always waits is refused, who waits now and then is served', () => {
    const t = throttle();
    let served = 0;
    let asked = 0;
    for (let now = 0; now < 60_000; asked++) {
      const delay = t.delay('a', '', 0, now);
      if (delay >= 0) served++;
      now += Math.max(20, delay);
    }
    expect(served).toBeGreaterThan(40);
    expect(served).toBeLessThanOrEqual(62);
    expect(served).toBeLessThan(asked / 10);
    const person = throttle();
    for (let now = 0; now < 60_000; now += 5000)
      expect([0, 0, 0].map(() => person.delay('b', '', 0, now))).toEqual([0, 0, 1000]);
  });

  it('keeps clients of a crowd apart, and all of them within a larger bucket', () => {
    const t = throttle();
    for (let i = 0; i < 50; i++) t.delay('nat', 'loud', 0, 0);
    expect(t.delay('nat', 'loud', 0, 0)).toBe(-1);
    expect(t.delay('nat', 'quiet', 0, 0)).toBe(0);
    const served = Array.from({ length: 200 }, (_, i) => t.delay('nat', `new-${i}`, 0, 0)).filter((d) => d >= 0);
    expect(served.length).toBeGreaterThan(30);
    expect(served.length).toBeLessThan(100);
  });

  it('forgets an actor with all its clients', () => {
    const t = throttle();
    for (let i = 0; i < 9; i++) t.delay('nat', 'x', 0, 0);
    t.forget('nat');
    expect(t.delay('nat', 'x', 0, 0)).toBe(0);
  });
});

describe('a throttle, of requests that cost more than others', () => {
  const throttle = (more: object = {}) =>
    new Throttle({ ratePerSec: 1, burst: 5, maxDelayMs: 2000, unitsPerRequest: 100, dearest: 2 ** 31, ...more });

  it('takes as much as they cost, and for a usual one no more than for a request of unknown cost', () => {
    const usual = throttle();
    expect([0, 30, 100, 7, 0].map((cost) => usual.delay('a', '', cost, 1000))).toEqual([0, 0, 0, 0, 0]);
    const dear = throttle();
    expect([300, 200, 100].map((cost) => dear.delay('a', '', cost, 1000))).toEqual([0, 0, 1000]);
    expect(throttle().delay('a', '', 450, 1000)).toBe(0);
  });

  it('serves one that weighs more than the bucket when it is full, and keeps the debt', () => {
    const t = throttle();
    expect(t.delay('a', '', 2000, 0)).toBe(0);
    expect(t.delay('a', '', 2000, 0)).toBe(-1);
    expect([t.retryAfterSec('a', '', 2000, 0), t.retryAfterSec('a', '', 0, 0)]).toEqual([20, 16]);
    expect(t.delay('a', '', 2000, 17_999)).toBe(-1);
    expect(t.delay('a', '', 2000, 18_000)).toBe(2000);
    const other = throttle();
    other.delay('a', '', 2000, 0);
    expect(other.delay('a', '', 0, 15_999)).toBe(1);
  });

  it('gives a pace in units that no mix of requests can pass', () => {
    const costs = [100, 900, 4000, 50_000, 250];
    const t = throttle();
    let units = 0;
    for (let now = 0, i = 0; now < 600_000; now += 100, i++) {
      const cost = costs[i % costs.length];
      if (t.delay('a', '', cost, now) >= 0) units += Math.min(cost, 10_000);
    }
    // Bucket, ten minutes, and the debt of the last.
    expect(units).toBeLessThanOrEqual(500 + 60_000 + 10_000);
    expect(units).toBeGreaterThan(50_000);
  });

  it('shuts nobody out for good, whatever was asked for', () => {
    const t = throttle();
    expect(t.delay('a', '', 2 ** 31 - 1, 0)).toBe(0);
    expect(t.retryAfterSec('a', '', 2 ** 31 - 1, 0)).toBe(100);
    expect(t.delay('a', '', 2 ** 31 - 1, 100_000)).toBe(0);
  });

  it('takes no more than for one where the request will be refused for its cost', () => {
    const t = throttle({ dearest: 1000 });
    expect([1001, 50_000, 300].map((cost) => t.delay('a', '', cost, 0))).toEqual([0, 0, 0]);
    expect(t.delay('a', '', 1000, 0)).toBe(-1);
  });

  it('takes from the bucket of a crowd, too, and says when that has room', () => {
    const t = throttle();
    for (let i = 0; i < 5; i++) expect(t.delay('nat', `c${i}`, 2000, 0)).toBe(0);
    expect(t.delay('nat', 'c5', 2000, 0)).toBe(1000);
    expect(t.delay('nat', 'c6', 2000, 0)).toBe(2000);
    expect(t.delay('nat', 'c7', 2000, 0)).toBe(-1);
    expect(t.retryAfterSec('nat', 'c7', 2000, 0)).toBe(3);
  });

  it('weighs by the dearest request that is allowed, where the configuration does not say otherwise', () => {
    const of = (more: object) => throttleSettings(configSchema.parse(more)).unitsPerRequest;
    expect(of({})).toBe(500);
    expect(of({ inspection: { graphql: { max_cost: 200 } } })).toBe(10);
    expect(of({ gateway: { throttle: { units_per_request: 42 } } })).toBe(42);
    const inspection = { graphql: { mode: 'enforce', max_cost: 200 } };
    expect(throttleSettings(configSchema.parse({ inspection })).dearest).toBe(200);
  });
});
