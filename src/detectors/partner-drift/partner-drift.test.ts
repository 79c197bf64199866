import { describe, expect, it } from 'vitest';
import { type Exchange, readFixture, runFixture } from '../testing.ts';
import { partnerDrift } from './partner-drift.ts';

const detectors = [partnerDrift];
const calm = readFixture(new URL('benign.jsonl', import.meta.url));
const run = (more: Exchange[]) =>
  runFixture([...calm.exchanges.filter((e) => e.key === 'key-b'), ...more], { ...calm.options, detectors }).findings;
const call = (t: number, target: string, n: number, every_s: number): Exchange => ({
  t,
  ip: '192.0.2.90',
  key: 'key-b',
  target,
  extras: { plan: 1 },
  repeat: { n, every_s },
});

describe('drift of a partner', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });

  it('finds a key and its partner that begin to export, in figures', () => {
    expect(findings.map((f) => f.actor.dimension).sort()).toEqual(['credential', 'partner']);
    expect(findings[0].class).toBe('misuse');
    expect(findings[0].why).toMatch(
      /^\/export went from \d(?:\.\d)? % to \d\d % of its requests \(divergence 0\.\d\d bit\)/,
    );
    expect(findings[0].why).toMatch(/\d+ requests this hour, usually \d+ in an hour/);
    expect(Object.values(actions)).not.toContain('block');
  });

  it('finds no steady partner, busy hour, new key or guessed keys', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('sees a rate alone, of the same mix', () => {
    const burst = [
      call(345_700, '/orders/5{i}', 400, 4),
      call(345_701, '/stock', 400, 4),
      call(345_702, '/prices/s{i}', 200, 8),
    ];
    const [found] = run(burst);
    expect(found.why).toMatch(/^\d+ requests this hour, usually \d+ in an hour/);
    expect(found.why).not.toContain('divergence');
    expect(run(burst.map((e) => ({ ...e, repeat: { n: 30, every_s: 60 } })))).toEqual([]);
  });

  it('says how near the quota is', () => {
    const burst = [call(345_700, '/orders/5{i}', 1800, 1.5)];
    expect(run(burst).find((f) => f.actor.dimension === 'credential')?.why).toMatch(
      /\d+ % of its daily quota within a day$/,
    );
  });
});
