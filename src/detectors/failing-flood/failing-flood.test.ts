import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { failingFlood } from './failing-flood.ts';

const detectors = [failingFlood];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors, coarse: true }).findings;
const request: Exchange = { t: 0, ip: '127.0.0.1', target: '/{i}', status: 404, agent: 'curl/8.4.0' };

describe('flood of refused requests', () => {
  it('finds random paths, changing agents and time-outs', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    expect(findings.map((f) => f.actor.key)).toEqual(['198.51.100.30', '198.51.100.31', '198.51.100.32']);
    expect(findings[1].why).toMatch(/were refused and next to none was answered, under about \d+ different agents$/);
    expect(findings[2].why).toMatch(/^\d+ requests within a minute were refused and next to none was answered$/);
    for (const f of findings) expect(f.requests).toBeLessThanOrEqual(61);
  });

  it('finds no missing images, outages, dead API calls, offices or reverse proxies', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('begins at sixty within a minute, also for addresses inside', () => {
    expect(run({ ...request, repeat: { n: 59, every_s: 0.01 } })).toEqual([]);
    expect(run({ ...request, repeat: { n: 60, every_s: 0.01 } })).toHaveLength(1);
  });

  it('says nothing as long as others get answers under the same address', () => {
    const answered = { ...request, status: 200, repeat: { n: 60, every_s: 0.02 } };
    expect(run(answered, { ...request, repeat: { n: 60, every_s: 0.02 } })).toEqual([]);
  });
});
