import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { describe as describeWorld, disturbances, drawWorldParameters, populations } from './index.ts';
import { PilotSite } from './pilot.ts';
import { DAY_MS, HOUR_MS } from './rhythm.ts';
import { plan, run, type Seen, worldOf } from './testing.ts';

/** Those made of people are tried out in crowds.test.ts: they take longer. */
const CROWDS = new Set([
  'people',
  'people-nat',
  'people-vpn',
  'people-accessibility',
  'people-forgetful',
  'mobile-app',
  'flash-sale',
  'marketing-spike',
  'reset-wave',
  'app-release',
]);

const everything = { ...populations, ...disturbances };

function record(name: string, perDay: number, options = {}, seed = 1, days = 7): Seen[] {
  const world = worldOf(seed, days);
  return [...run(everything[name](plan(name, perDay, options), world), world)];
}

describe('every population and disturbance', () => {
  it.each(
    Object.keys(everything).filter((name) => !CROWDS.has(name)),
  )('%s: keeps to its plan, asks for what there is, comes in order', (name) => {
    const world = worldOf(2);
    const site = new PilotSite(world.site);
    const perDay = name === 'sdk-retry' ? 4000 : 1000;
    let [n, illegal, disorder] = [0, 0, 0];
    let last = 0;
    for (const { timeMs, request, visitor } of run(everything[name](plan(name, perDay), world), world)) {
      n++;
      if (site.operationOf(request) === undefined) illegal++;
      if (timeMs < last) disorder++;
      last = timeMs;
      if (visitor.label.campaign !== '' || visitor.label.family !== '') throw new Error('not benign');
    }
    expect(n / (7 * perDay)).toBeGreaterThan(0.9);
    expect(n / (7 * perDay)).toBeLessThan(1.1);
    expect(disorder).toBe(0);
    // Testers look for what is not there, too.
    if (name !== 'pentesters') expect(illegal).toBe(0);
  });

  it('does the same again with the same seed, and something else with another', () => {
    const line = ({ timeMs, request }: Seen) =>
      `${timeMs} ${request.client.address} ${request.target} ${request.client.agent}`;
    for (const name of ['people', 'partner', 'search-bots', 'sdk-retry', 'device-reboot']) {
      const [one, two, other] = [3, 3, 4].map((seed) => record(name, 400, {}, seed, 1).map(line));
      expect(one).toEqual(two);
      expect(one).not.toEqual(other);
    }
  });

  it('is described, and refuses options that it does not know', () => {
    const rows = describeWorld();
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(everything).sort());
    for (const { cohort, summary } of rows) expect(cohort.length * summary.length).toBeGreaterThan(0);
    const world = worldOf();
    for (const name of Object.keys(everything)) {
      expect(() => everything[name](plan(name, 10, { nonsense: 1 }), world)).toThrow(/nonsense/);
    }
    expect(() => populations.people(plan('people', 10, { nat: 2 }), world)).toThrow(RangeError);
  });

  it('takes the cohort that the plan names', () => {
    const world = worldOf(5, 1);
    const source = populations.devices(plan('devices', 500, {}, 'meters'), world);
    for (const { visitor } of run(source, world)) expect(visitor.label.cohort).toBe('meters');
  });
});

describe('programs', () => {
  it('fetch everything again at two in the morning', () => {
    const hours = record('partner-backfill', 2000).map(({ timeMs }) => ((timeMs % DAY_MS) / HOUR_MS) % 24);
    expect(hours.filter((hour) => hour >= 2 && hour < 3).length / hours.length).toBeGreaterThan(0.95);
  });

  it('crawl from verified addresses, read robots.txt daily, and ask for nothing behind a login', () => {
    const rows = record('search-bots', 3000);
    const google = rows.filter(({ request }) => request.client.agent.includes('Googlebot'));
    expect(google.every(({ request }) => /^(66\.249|192\.178|2001:4860)/.test(request.client.address))).toBe(true);
    const robots = google.filter(({ request }) => request.target === '/robots.txt');
    expect(robots.length).toBeGreaterThanOrEqual(7);
    expect(rows.some(({ request }) => /orders|users|login|search/.test(request.target))).toBe(false);
  });

  it('check at even intervals', () => {
    const byAgent = new Map<object, number[]>();
    for (const { timeMs, visitor } of record('monitors', 3000, { monitors: 4 }, 1, 1)) {
      byAgent.set(visitor, [...(byAgent.get(visitor) ?? []), timeMs]);
    }
    expect(byAgent.size).toBe(4);
    for (const times of byAgent.values()) {
      const gaps = times.slice(1).map((at, i) => at - times[i]);
      const mean = gaps.reduce((a, b) => a + b, 0) / gaps.length;
      expect(Math.max(...gaps) / mean).toBeLessThan(1.2);
    }
  });

  it('repeat failing calls without waiting, if they are broken', () => {
    const rows = record('sdk-retry', 2000);
    expect(rows.filter(({ answer }) => answer.status >= 400).length / rows.length).toBeGreaterThan(0.2);
    const times = new Map<object, number[]>();
    for (const { timeMs, visitor } of rows) times.set(visitor, [...(times.get(visitor) ?? []), timeMs]);
    const gaps = [...times.values()].flatMap((each) => each.slice(1).map((at, i) => at - each[i]));
    expect(gaps.sort((a, b) => a - b)[gaps.length >> 1]).toBeLessThan(1500);
  });

  it('fall silent in an outage, and come back at once', () => {
    const world = worldOf(1, 1);
    const rows = record('devices', 8000, { outageHour: 10, outageMinutes: 60 }, 1, 1);
    const at = (from: number, to: number) =>
      rows.filter(({ timeMs }) => timeMs >= world.startMs + from * HOUR_MS && timeMs < world.startMs + to * HOUR_MS)
        .length;
    expect(at(10.1, 11)).toBe(0);
    expect(at(11, 11.02)).toBeGreaterThanOrEqual(35);
    expect(at(9, 10)).toBeGreaterThan(250);
    const kept = rows.map(({ request }) => (request.body?.readings as unknown[]).length);
    expect(Math.max(...kept)).toBeGreaterThan(6);
  });

  it('send incomplete reports, if their firmware has a bug', () => {
    const rows = record('firmware-bug', 1000);
    expect(
      rows.every(({ request }) => request.body?.device === undefined && request.body?.readings !== undefined),
    ).toBe(true);
  });

  it('test with permission on working days only', () => {
    for (const { timeMs } of record('pentesters', 500)) expect(new Date(timeMs).getUTCDay() % 7).not.toBe(0);
  });

  it('release new versions of the app', () => {
    const versions = new Set(
      record('mobile-app', 1500).map(({ request }) => /\/(\d+\.\d+\.\d+)/.exec(request.client.agent)?.[1]),
    );
    expect(versions.size).toBeGreaterThan(2);
  });
});

describe('world parameters', () => {
  it('are drawn anew for every seed, and the same for the same', () => {
    const drawn = Array.from({ length: 30 }, (_, seed) => drawWorldParameters(new Random(seed)));
    expect(new Set(drawn.map(({ typos }) => typos)).size).toBe(30);
    expect(new Set(drawn.map(({ market }) => market[0][0])).size).toBeGreaterThan(6);
    expect(drawWorldParameters(new Random(7))).toEqual(drawn[7]);
    for (const { market, forgetful } of drawn) {
      expect(market.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 6);
      expect(forgetful).toBe(0.05);
    }
  });
});
