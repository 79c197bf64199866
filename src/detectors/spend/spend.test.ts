import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { spend } from './spend.ts';

const detectors = [spend];
const run = (exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const slow = (n: number, every_s: number, more: Partial<Exchange>): Exchange => ({
  t: 0,
  ip: '192.0.2.90',
  target: '/report',
  duration_ms: 10_000,
  ...more,
  repeat: { n, every_s, ...more.repeat },
});
const others = slow(120, 1, { session: 'o-{i}', ip: '192.0.2.{i}', duration_ms: 1000 });

describe('spend', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
  const of = (dimension: string) => findings.find((f) => f.actor.dimension === dimension);

  it('finds who takes up most of the time, in figures', () => {
    expect(of('session')?.why).toMatch(
      /^\d\d % of the time of all slow answers, \d+ under way at once on average over 2 min$/,
    );
    expect(of('ip')?.actor.key).toBe('198.51.100.80');
  });

  it('finds a partner whose spending runs away from its own past', () => {
    expect(of('partner')?.why).toMatch(/^\d+\.00 in money this hour, usually 60\.00 in money$/);
  });

  it('blocks nobody for it', () => {
    expect(Object.values(actions)).not.toContain('block');
  });

  it('finds nobody who is alone, no crowd, no front door, no steady spending and no newcomer', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs four answers under way at once', () => {
    expect(run([others, slow(40, 3, { session: 's' })])).toEqual([]);
    expect(run([others, slow(100, 1.2, { session: 's' })])).not.toEqual([]);
  });
});
