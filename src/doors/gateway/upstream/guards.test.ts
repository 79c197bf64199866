/** Window, breaker, budget, ejection, health and choice, each with a clock that the test plays. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Breaker } from './breaker.ts';
import { RetryBudget } from './budget.ts';
import { Group } from './group.ts';
import { HealthCheck, HealthState } from './health.ts';
import { MAX_MULTIPLE, mayEject, Outlier } from './outlier.ts';
import { readGroups } from './settings.ts';
import { configOf, later } from './testing.ts';
import { SlidingWindow } from './window.ts';

fc.configureGlobal({ seed: 20240304 });

const SETTINGS = readGroups(configOf('upstream: http://127.0.0.1:1'), '/').get('default')!;

describe('the window', () => {
  test('counts what a list of all events counts, but for the slot at its edge', () => {
    const steps = fc.array(fc.record({ wait: fc.nat({ max: 1_500 }), marked: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (events) => {
        const window = new SlidingWindow(1_000);
        const all: { at: number; marked: boolean }[] = [];
        let now = 5_000;
        for (const { wait, marked } of events) {
          now += wait;
          window.add(now, marked);
          all.push({ at: now, marked });
          // Slots are 100 ms: what counts began at most nine slots before the present one.
          const from = (Math.floor(now / 100) - 9) * 100;
          const counted = all.filter((event) => event.at >= from);
          expect(window.total).toBe(counted.length);
          expect(window.markedTotal).toBe(counted.filter((event) => event.marked).length);
        }
      }),
    );
  });

  test('is not put back by a clock that goes back', () => {
    const window = new SlidingWindow(1_000);
    window.add(9_000, true);
    window.add(8_000, false);
    expect([window.total, window.markedTotal]).toEqual([2, 1]);
  });
});

describe('the breaker', () => {
  const settings = { ...SETTINGS.breaker, minRequests: 10, openMs: 5_000, probePercent: 2 };

  function opened(): Breaker {
    const breaker = new Breaker(settings);
    for (let i = 0; i < 10; i++) breaker.record(1_000, true);
    return breaker;
  }

  test('opens at the share of failures, not before there are enough requests', () => {
    const breaker = new Breaker(settings);
    for (let i = 0; i < 9; i++) breaker.record(1_000, true);
    expect(breaker.admit(1_000)).toBe(0);
    breaker.record(1_000, true);
    expect(breaker.stateAt(1_000)).toBe('open');
    expect(breaker.admit(2_000)).toBe(4_000);
  });

  test('stays closed below the share', () => {
    const breaker = new Breaker(settings);
    for (let i = 0; i < 100; i++) breaker.record(1_000, i % 5 === 4);
    expect(breaker.stateAt(1_000)).toBe('closed');
  });

  test('half open lets the share through, counted: one of fifty at two per cent', () => {
    const breaker = opened();
    const now = 6_000;
    const through: number[] = [];
    for (let i = 0; i < 151; i++) if (breaker.admit(now) === 0) through.push(i);
    expect(through).toEqual([0, 50, 100, 150]);
  });

  test('half open lets one a second through where the share would be less', () => {
    const breaker = opened();
    expect(breaker.admit(6_000)).toBe(0);
    expect(breaker.admit(6_500)).toBeGreaterThan(0);
    expect(breaker.admit(7_000)).toBe(0);
  });

  test('closes after three probes that went well, and opens again after one that did not', () => {
    const breaker = opened();
    breaker.admit(6_000);
    breaker.record(6_000, false);
    breaker.record(6_001, true);
    expect(breaker.stateAt(6_001)).toBe('open');
    expect(breaker.admit(11_001)).toBe(0);
    for (let i = 0; i < 3; i++) breaker.record(11_002, false);
    expect(breaker.stateAt(11_002)).toBe('closed');
    expect(breaker.admit(11_002)).toBe(0);
  });

  test('that is turned off never opens', () => {
    const breaker = new Breaker({ ...settings, enabled: false });
    for (let i = 0; i < 100; i++) breaker.record(1_000, true);
    expect(breaker.admit(1_000)).toBe(0);
  });
});

describe('the retry budget', () => {
  test('is a share of the requests, and a few besides', () => {
    const budget = new RetryBudget({ max: 1, percent: 20, minPerSecond: 0.5 });
    for (let i = 0; i < 100; i++) budget.request(1_000);
    let taken = 0;
    while (budget.take(1_000)) taken++;
    expect(taken).toBe(25);
  });

  test('comes back as time goes by', () => {
    const budget = new RetryBudget({ max: 1, percent: 0, minPerSecond: 0.1 });
    expect(budget.take(1_000)).toBe(true);
    expect(budget.take(9_000)).toBe(false);
    expect(budget.take(12_000)).toBe(true);
  });
});

describe('ejection', () => {
  const settings = { enabled: true, failures: 3, ejectionMs: 1_000, maxEjectedPercent: 50 };

  test('comes after failures in a row', () => {
    const outlier = new Outlier(settings);
    expect([outlier.bad(0), outlier.bad(0)]).toEqual([false, false]);
    outlier.good();
    expect([outlier.bad(0), outlier.bad(0), outlier.bad(0)]).toEqual([false, false, true]);
  });

  test('takes longer each time, up to a bound, and is forgotten in good times', () => {
    const outlier = new Outlier(settings);
    const lengths: number[] = [];
    let now = 0;
    for (let i = 0; i < MAX_MULTIPLE + 2; i++) {
      outlier.eject(now);
      let length = 0;
      while (outlier.ejected(now + length)) length += 500;
      lengths.push(length);
      now += length;
    }
    expect(lengths.slice(0, 3)).toEqual([1_000, 2_000, 3_000]);
    expect(lengths.at(-1)).toBe(10_000);
    now += 100_000;
    outlier.eject(now);
    expect([outlier.ejected(now + 999), outlier.ejected(now + 1_000)]).toEqual([true, false]);
  });

  test('never takes out more than the share allows', () => {
    expect([mayEject(0, 1, 50), mayEject(0, 2, 50), mayEject(1, 2, 50), mayEject(1, 4, 50)]).toEqual([
      ...[false, true, false, true],
    ]);
  });
});

describe('health', () => {
  const settings = { path: '/', intervalMs: 1, timeoutMs: 1, unhealthyAfter: 3, healthyAfter: 2 };

  test('changes after so many checks in a row', () => {
    const state = new HealthState(settings);
    const seen = [false, false, true, false, false, false, true, false, true, true].map((well) => {
      state.record(well);
      return state.up;
    });
    expect(seen).toEqual([true, true, true, true, true, false, false, false, false, true]);
  });

  test('is checked at once and then again and again, until it is stopped', async () => {
    let checks = 0;
    const third = later<void>();
    const check = new HealthCheck(settings, async () => {
      if (++checks === 3) {
        check.stop();
        third.resolve();
      }
      return true;
    });
    check.start();
    await third.promise;
    await new Promise((resolve) => setImmediate(resolve));
    expect(checks).toBe(3);
  });
});

describe('the choice of a server', () => {
  const config = configOf(`upstreams: [{ name: g, servers: [
    { url: 'http://127.0.0.1:1', weight: 3 }, { url: 'http://127.0.0.1:2' }, 'http://127.0.0.1:3' ]}]`);
  const settings = readGroups(config, '/').get('g')!;

  test('with nothing to do is round robin by weight', () => {
    const group = new Group(settings, () => 0.5);
    const ports = Array.from({ length: 10 }, () => group.pick(0, null)!.url.slice(-1)).join('');
    expect(ports.slice(0, 5)).toBe(ports.slice(5));
    expect([...ports.slice(0, 5)].sort().join('')).toBe('11123');
  });

  test('leaves a slow server alone', () => {
    let state = 0;
    const group = new Group({ ...settings, servers: settings.servers.map(({ url }) => ({ url, weight: 1 })) }, () => {
      state = (state + 0.381_966) % 1;
      return state;
    });
    group.servers[0].outstanding = 1_000;
    const counts = new Map<string, number>();
    for (let i = 0; i < 300; i++) {
      const { url } = group.pick(0, null)!;
      counts.set(url, (counts.get(url) ?? 0) + 1);
    }
    // It is taken only where round robin names it and the draw falls on it again: one time in nine.
    expect(counts.get('http://127.0.0.1:1') ?? 0).toBeLessThan(60);
  });

  test('does not fall on the one that has just failed, nor on ejected ones, while there are others', () => {
    const group = new Group(settings, () => 0);
    const [first, second, third] = group.servers;
    second.outlier.eject(0);
    for (let i = 0; i < 20; i++) expect(group.pick(500, first)).toBe(third);
    third.outlier.eject(0);
    expect(group.pick(500, null)).toBe(first);
  });

  test('falls on ejected ones where there is no other', () => {
    const group = new Group(settings, () => 0);
    for (const server of group.servers) server.outlier.eject(0);
    expect(group.pick(500, null)).not.toBeNull();
    expect(group.stateOf(group.servers[0], 500)).toBe('ejected');
  });
});

test('every kind of group reads with its defaults', () => {
  expect(SETTINGS).toMatchObject({ connections: 128, keepAliveMs: 30_000, retries: { max: 1, percent: 20 } });
  const named = readGroups(configOf("upstreams: [{ name: default, servers: ['http://127.0.0.1:1/'] }]"), '/');
  expect(named.get('default')).toEqual(SETTINGS);
});

test('what cannot be used is refused with a code', () => {
  const read = (group: string) => () =>
    readGroups(configOf(`upstreams: [{ name: g, servers: ['https://a'], ${group} }]`), '/');
  expect(read('tls: { ca: nowhere/ca.pem }')).toThrow(expect.objectContaining({ code: 'SP1008' }));
});
