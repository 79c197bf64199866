import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../core/random.ts';
import { compose } from './compose.ts';
import { drawSetting } from './draws.ts';
import { planOf } from './plan.ts';
import { parseScenario, readScenario, ScenarioError } from './scenario.ts';
import { SMALL_SCENARIO, smallScenario, testRegistry } from './testing.ts';
import { duration, instant, moment, span } from './times.ts';

fc.configureGlobal({ seed: 20240304 });

function problem(change: (text: string) => string): string {
  try {
    const scenario = parseScenario(change(SMALL_SCENARIO), 'x.yaml');
    compose(scenario, 1, testRegistry);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(ScenarioError);
    return (error as Error).message;
  }
}

describe('a wrong scenario', () => {
  const cases: [string, string, string | RegExp][] = [
    ['share: 0.05', 'share: 2', /^x\.yaml:9:8: share too big/],
    ['share: 0.05', 'shares: 2', 'x.yaml:9:9: a scenario has no shares'],
    ['levels: [E1]', 'levels: [E1, E7]', 'x.yaml:20:38: campaigns[1].levels[1] must be one of E0, E1, E2, E3, E4'],
    [
      'family: scraping',
      'family: scrapping',
      /^x\.yaml:20:15: campaigns\[1\]\.family must be one of stuffing, spraying,/,
    ],
    ['duration: 6h', 'duration: six hours', /^x\.yaml:5:13: world\.duration must be a duration such as '20m', '7d'/],
    ['  start: 2025-03-03\n', '', 'x.yaml:4:3: world.start is missing'],
    ['name: walkers, part: 3', 'name: walkers', /^x\.yaml:11:5: populations\[0\] needs one of perDay, total and part/],
    [
      'part: { between: [1, 2] }',
      'part: { between: [1] }',
      /^x\.yaml:12:\d+: populations\[1\]\.part must be a number of 0 or more, or/,
    ],
    ['start: 1h 30m', 'start: noonish', /^x\.yaml:14:\d+: disturbances\[0\]\.start must be a duration such as/],
    ['name: more,', 'name: walkers,', 'x.yaml: the name "walkers" is given twice'],
    ['exchanges: 4000', '', /^x\.yaml: a population has a part, but/],
    ['kind: walkers', 'kind: wakers', 'there is no population "wakers"; there are walkers'],
    [
      'kind: crowd',
      'kind: crowds',
      /^there is no disturbance "crowds"; there are clock-skew, crowd, late-events, lost-events, outage/,
    ],
    ['start: 4h, duration: 1h', 'start: 4h', ''],
    [
      'total: 300',
      'total: 300, duration: 5m',
      /^disturbance crowd: how long it takes is one of its options; only outage,/,
    ],
    ['small.yaml', 'gone.yaml', /^the site: .*gone\.yaml: cannot be read/],
    ['codes: 20', 'codes: -1', /^x\.yaml:7:\d+: site\.codes too small/],
    ['name: small', 'name: [small', /^x\.yaml:\d+:\d+: /],
    ['name: small', 'name: 5', 'x.yaml:2:7: name must be of type string'],
  ];
  it.each(cases)('%s → %s', (from, to, message) => {
    const found = problem((text) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    });
    if (typeof message === 'string') expect(found).toBe(message);
    else expect(found).toMatch(message);
  });

  it('is named when it cannot be read', () => {
    expect(() => readScenario('/nowhere/at/all.yaml')).toThrow(/^\/nowhere\/at\/all\.yaml: cannot be read/);
    expect(() => parseScenario('', 'x.yaml')).toThrow(/^x\.yaml:1:1: the scenario must be of type object/);
  });
});

describe('planOf', () => {
  const plan = (seed: number, sizing = {}) => planOf(smallScenario(), new Random(seed), sizing);

  it('draws a world for every seed, of one size', () => {
    expect(plan(1)).toEqual(plan(1));
    const [one, two] = [plan(1), plan(2)];
    expect(one.populations[0].requestsPerDay).not.toBe(two.populations[0].requestsPerDay);
    expect(one.campaigns[0].startMs).not.toBe(two.campaigns[0].startMs);
    for (const { populations } of [one, two]) {
      // 4000 in six hours, 300 of them by the crowd.
      expect(populations.reduce((sum, { requestsPerDay }) => sum + requestsPerDay, 0)).toBeCloseTo(14_800);
    }
  });

  it('scales campaigns to the share', () => {
    const attack = (share: number) =>
      plan(1, { share }).campaigns.reduce((sum, { budget }) => sum + budget.requests, 0);
    for (const share of [0.01, 0.05, 0.2]) expect(attack(share) / (attack(share) + 4000)).toBeCloseTo(share, 2);
    expect(plan(1, { share: 0.05, scale: 0.5 }).campaigns[0].budget.requests).toBeCloseTo(
      plan(1, { share: 0.05 }).campaigns[0].budget.requests / 2,
      -1,
    );
    expect(
      plan(1, { share: 0.001 }).campaigns.every(({ budget }) => budget.requests >= 1 && budget.addresses >= 1),
    ).toBe(true);
  });

  it('names one campaign for each level, within the world', () => {
    const { campaigns, startMs, endMs } = plan(3);
    expect(campaigns.map(({ name, level }) => [name, level])).toEqual([
      ['stuffing-E0', 'E0'],
      ['stuffing-E2', 'E2'],
      ['scraper', 'E1'],
    ]);
    for (const one of campaigns) {
      expect(one.startMs).toBeGreaterThanOrEqual(startMs);
      expect(one.endMs).toBeGreaterThan(one.startMs);
      expect(one.endMs).toBeLessThanOrEqual(endMs);
    }
    expect(campaigns[2].startMs).toBe(startMs + 0.1 * (endMs - startMs));
  });
});

describe('times', () => {
  it('are read as people write them', () => {
    expect(duration('1h 30m')).toBe(5_400_000);
    expect(duration('1.5d')).toBe(129_600_000);
    expect(duration('250ms')).toBe(250);
    expect(duration('5 min')).toBe(300_000);
    for (const text of ['', '5', 'h', '5h x', '-5m', '5mm']) expect(duration(text)).toBeUndefined();
    expect(span('25%', 1000)).toBe(250);
    expect(instant('2025-03-03')).toBe(Date.UTC(2025, 2, 3));
    expect(instant('2025-03-03 14:30')).toBe(Date.UTC(2025, 2, 3, 14, 30));
    expect(instant('2025-03-03T14:30:00+02:00')).toBe(Date.UTC(2025, 2, 3, 12, 30));
    expect(instant('2025-13-03')).toBeUndefined();
    expect(moment('1h', 1000, 0)).toBe(3_601_000);
    expect(moment('2025-03-03', 1000, 0)).toBe(Date.UTC(2025, 2, 3));
  });

  it('are never NaN', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const ms of [duration(text), span(text, 5), instant(text)]) expect(ms).not.toBeNaN();
      }),
    );
  });
});

describe('drawSetting', () => {
  it('stays between, in whole numbers where the ends are', () => {
    fc.assert(
      fc.property(fc.integer({ min: -50, max: 50 }), fc.nat(50), fc.nat(), (low, width, seed) => {
        const value = drawSetting({ between: [low, low + width] }, new Random(seed)) as number;
        expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(low);
        expect(value).toBeLessThanOrEqual(low + width);
      }),
    );
    expect(['a', 'b']).toContain(drawSetting({ oneOf: ['a', 'b'] }, new Random(1)));
    const ms = drawSetting({ between: ['1m', '2m'] }, new Random(1));
    expect(ms).toBeGreaterThanOrEqual(60_000);
    expect(ms).toBeLessThanOrEqual(120_000);
  });
});
