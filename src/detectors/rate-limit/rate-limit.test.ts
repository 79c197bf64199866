import { describe, expect, it } from 'vitest';
import { type Exchange, type FixtureOptions, runFixture } from '../testing.ts';
import { rateLimit } from './rate-limit.ts';

const detectors = [rateLimit];
const run = (exchange: Exchange, options: FixtureOptions = {}) =>
  runFixture([exchange], { detectors, ...options }).findings;
const request: Exchange = { t: 0, ip: '198.51.100.20', target: '/api/x' };

describe('rate limit', () => {
  it('finds a steady pace, a burst and a hasty API key, in figures', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    expect(findings.map((f) => `${f.class} ${f.actor.dimension}:${f.actor.key.slice(0, 13)}`)).toEqual([
      'resource-exhaustion ip:198.51.100.20',
      'resource-exhaustion ip:198.51.100.21',
      'resource-exhaustion credential:partne… (13 c',
    ]);
    expect(findings[0].why).toMatch(/^\d{3} requests within a minute, assumed limit 180 a minute$/);
    expect(findings[1].why).toMatch(/^5\d requests in a burst, assumed limit 45 at once and 5 a second$/);
    expect(findings[1].requests).toBeLessThan(60);
    expect(actions['ip:198.51.100.20']).toBe('throttle');
  });

  it('finds no people, monitors, feed readers, offices or partners', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('has sharp limits', () => {
    // 180 a minute and as many at once: at 240 a minute, the 181st second is over.
    expect(run({ ...request, repeat: { n: 800, every_s: 0.334 } })).toEqual([]);
    expect(run({ ...request, repeat: { n: 700, every_s: 0.25 } })).toEqual([]);
    expect(run({ ...request, repeat: { n: 730, every_s: 0.25 } })[0].why).toMatch(/assumed limit 180 a minute/);
    expect(run({ ...request, repeat: { n: 45, every_s: 0 } })).toEqual([]);
    expect(run({ ...request, repeat: { n: 46, every_s: 0 } })).toHaveLength(1);
  });

  it('sees a burst in a log that tells whole seconds only', () => {
    const found = runFixture([{ ...request, repeat: { n: 60, every_s: 0 } }], { detectors, coarse: true }).findings;
    expect(found).toHaveLength(1);
  });

  it('follows what was learned', () => {
    const baselines = { origin: 'learned', requestsPerMinuteP999: 600 } as const;
    expect(run({ ...request, repeat: { n: 400, every_s: 0.15 } }, { baselines })).toEqual([]);
    const found = run({ ...request, repeat: { n: 600, every_s: 0.01 } }, { baselines });
    expect(found[0].why).toMatch(/learned limit 225 at once and 23 a second/);
  });

  it('lets a key do what a service does, whatever people were learned to do', () => {
    const baselines = { origin: 'learned', requestsPerMinuteP999: 60 } as const;
    const backfill = { ...request, ip: '198.51.100.7', key: 'partner-1', user: '' };
    const credentials = (n: number) =>
      run({ ...backfill, repeat: { n, every_s: 60 / n } }, { baselines }).filter(
        (f) => f.actor.dimension === 'credential',
      );
    expect(credentials(400)).toEqual([]);
    expect(credentials(1200)).not.toEqual([]);
  });

  it('takes an internal address for the way everybody comes', () => {
    expect(run({ ...request, ip: '10.0.0.7', repeat: { n: 500, every_s: 0.05 } })).toEqual([]);
  });
});
