import { describe, expect, it } from 'vitest';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { cost } from './cost.ts';

const detectors = [cost];
const query: Exchange = { t: 0, ip: '192.0.2.3', session: 's', method: 'POST', target: '/graphql' };
const run = (exchange: Exchange, options: FixtureOptions = {}) =>
  runFixture([exchange], { detectors, ...options }).findings.filter((f) => f.actor.dimension === 'session');

describe('cost', () => {
  it('finds one query that could cost a fortune, and many that sum up, in figures', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const of = (dimension: string) => findings.filter((f) => f.actor.dimension === dimension);
    expect(of('session')[0].why).toMatch(
      /^a request bound to cost 48,000 units, assumed p99 is 1,000; 48,000 cost units within a minute/,
    );
    expect(of('principal')[0].why).toMatch(/^\d\d,\d{3} cost units within a minute, assumed limit 30,000 a minute$/);
    expect(of('principal')[0].requests).toBeLessThan(100);
    expect(of('credential')[0].why).toContain('limit 150,000 a minute');
    // Who proved an identity answers for it, and not the address.
    expect(of('ip').map((f) => f.actor.key)).toEqual(['198.51.100.25']);
  });

  it('finds no readers, no single larger report, no partner, no front door, and nothing where cost is unknown', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('begins at ten times what is usual', () => {
    expect(run({ ...query, extras: { cost: 9999 } })).toEqual([]);
    expect(run({ ...query, extras: { cost: 10_000 } })[0].millinats).toBe(2300);
    expect(
      run({ ...query, extras: { cost: 500_000 } }, { baselines: { cost: { p99: 1000, perMinuteP999: 9_000_000 } } })[0]
        .millinats,
    ).toBe(6900);
  });

  it('follows what was learned', () => {
    const baselines = { cost: { p99: 90, perMinuteP999: 2000 } };
    expect(run({ ...query, extras: { cost: 900 } }, { baselines })[0].why).toContain('learned p99 is 90');
    expect(run({ ...query, extras: { cost: 100 }, repeat: { n: 29, every_s: 0 } }, { baselines })).toEqual([]);
    const over = run({ ...query, extras: { cost: 100 }, repeat: { n: 31, every_s: 0 } }, { baselines });
    expect(over[0].why).toBe('3,100 cost units within a minute, learned limit 3,000 a minute');
  });
});
