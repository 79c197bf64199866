import { describe, expect, it } from 'vitest';
import { configSchema } from '../../config/schema.ts';
import { createBatch } from '../../enrich/facts.ts';
import { type RawInit, rawFrom, testEnricher } from '../../enrich/testing.ts';
import { Limiter } from './limiter.ts';
import { MAX_NONCES, Nonces } from './nonces.ts';
import { Throttle } from './throttle.ts';
import { TICKS, Ticks } from './ticks.ts';

describe('a throttle', () => {
  const throttle = () => new Throttle({ ratePerSec: 1, burst: 2, maxDelayMs: 2000 });

  it('lets a burst through, delays what is a little ahead, refuses the rest', () => {
    const t = throttle();
    expect([0, 0, 0, 0, 0].map(() => t.delay('a', '', 1000))).toEqual([0, 0, 1000, 2000, -1]);
    expect(t.retryAfterSec('a', '', 1000)).toBe(3);
    expect(t.delay('a', '', 10_000)).toBe(0);
  });

  it('takes nothing for what it refuses', () => {
    const t = throttle();
    for (let i = 0; i < 100; i++) t.delay('a', '', 0);
    expect(t.delay('a', '', 4000)).toBe(0);
  });

  it('lets nobody wait for ever: who always waits is refused, who waits now and then is served', () => {
    const t = throttle();
    let served = 0;
    let asked = 0;
    for (let now = 0; now < 60_000; asked++) {
      const delay = t.delay('a', '', now);
      if (delay >= 0) served++;
      now += Math.max(20, delay);
    }
    expect(served).toBeGreaterThan(40);
    expect(served).toBeLessThanOrEqual(62);
    expect(served).toBeLessThan(asked / 10);
    const person = throttle();
    for (let now = 0; now < 60_000; now += 5000)
      expect([0, 0, 0].map(() => person.delay('b', '', now))).toEqual([0, 0, 1000]);
  });

  it('keeps clients of a crowd apart, and all of them within a larger bucket', () => {
    const t = throttle();
    for (let i = 0; i < 50; i++) t.delay('nat', 'loud', 0);
    expect(t.delay('nat', 'loud', 0)).toBe(-1);
    expect(t.delay('nat', 'quiet', 0)).toBe(0);
    const served = Array.from({ length: 200 }, (_, i) => t.delay('nat', `new-${i}`, 0)).filter((d) => d >= 0);
    expect(served.length).toBeGreaterThan(30);
    expect(served.length).toBeLessThan(100);
  });

  it('forgets an actor with all its clients', () => {
    const t = throttle();
    for (let i = 0; i < 9; i++) t.delay('nat', 'x', 0);
    t.forget('nat');
    expect(t.delay('nat', 'x', 0)).toBe(0);
  });
});

describe('one-time values', () => {
  it('count once, until they expire', () => {
    const nonces = new Nonces();
    expect([nonces.spend('a', 100, 0), nonces.spend('a', 100, 1), nonces.spend('b', 100, 1)]).toEqual([
      'first',
      'seen',
      'first',
    ]);
    expect(nonces.spend('c', 100, 100)).toBe('seen');
  });

  it('are refused where no more can be remembered', () => {
    const nonces = new Nonces();
    for (let i = 0; i < MAX_NONCES; i++) nonces.spend(`n${i}`, 1000, 0);
    expect(nonces.spend('one more', 1000, 1)).toBe('full');
    expect(nonces.spend('n7', 1000, 1)).toBe('seen');
    expect(nonces.spend('later', 3000, 2000)).toBe('first');
  });
});

describe('ticks', () => {
  it('have every second, and no more than they keep', () => {
    const ticks = new Ticks();
    ticks.at(100).requests++;
    ticks.at(103).requests += 2;
    expect(ticks.all().map((t) => [t.sec, t.requests])).toEqual([
      [100, 1],
      [101, 0],
      [102, 0],
      [103, 2],
    ]);
    ticks.at(103 + TICKS - 1);
    expect(ticks.all()).toHaveLength(TICKS);
    expect(ticks.has(102)).toBe(false);
    ticks.at(1_000_000);
    expect(ticks.all()).toHaveLength(1);
  });
});

describe('rate limits', () => {
  function limiterOf(...limits: object[]) {
    return new Limiter(configSchema.parse({ limits }).limits);
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
