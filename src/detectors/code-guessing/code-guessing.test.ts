import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { codeGuessing } from './code-guessing.ts';

const detectors = [codeGuessing];
const run = (...exchanges: Exchange[]) => runFixture(exchanges, { detectors }).findings;
const guess: Exchange = { t: 0, ip: '198.51.100.60', method: 'POST', target: '/api/promo', status: 422 };

describe('code guessing', () => {
  it('finds somebody who tries code after code', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    expect(actions['ip:198.51.100.60']).toBe('block');
    const alone = findings.filter((f) => !['device', 'fingerprint', 'route'].includes(f.actor.dimension));
    expect(alone.map((f) => `${f.class} ${f.actor.dimension}:${f.actor.key}`).sort()).toEqual([
      'code-guessing ip:198.51.100.60',
      'code-guessing ip:198.51.100.61',
      'code-guessing session:s',
    ]);
    expect(findings[0].requests).toBeLessThanOrEqual(10);
    const codes = findings.find((f) => f.actor.key === '198.51.100.60');
    expect(codes?.why).toMatch(
      /^\d+ of \d+ codes were rejected, (?:about )?\d+ different ones \(usual, as assumed: 30 %\)$/,
    );
  });

  it('finds one hand behind many accounts and addresses with one code each', () => {
    const { findings } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    const spread = ['device', 'fingerprint', 'route'].map((d) => findings.find((f) => f.actor.dimension === d));
    expect(spread[0]?.why).toMatch(
      /^\d+ of \d+ codes were rejected, (?:about )?\d+ different ones, from (?:about )?\d+ accounts/,
    );
    expect(spread[1]?.actor.key).toBe('Shop/7.1 (Android)');
    expect(spread[1]?.requests).toBeLessThanOrEqual(12);
    expect(spread[2]?.why).toMatch(/^\d+ % of the codes sent here were rejected .* from about \d+ addresses/);
  });

  it('finds no expired code, no mistyped one-time code, no busy shop', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs eight rejected codes in a row, ten after accepted ones', () => {
    expect(run({ ...guess, repeat: { n: 7, every_s: 5 } })).toEqual([]);
    expect(run({ ...guess, repeat: { n: 8, every_s: 5 } })).toHaveLength(1);
    const good: Exchange = { ...guess, status: 200, repeat: { n: 9, every_s: 1 } };
    expect(run(good, { ...guess, t: 20, repeat: { n: 9, every_s: 5 } })).toEqual([]);
    expect(run(good, { ...guess, t: 20, repeat: { n: 10, every_s: 5 } })).toHaveLength(1);
  });

  it('reads business events', () => {
    const event: Exchange = { t: 0, ip: '198.51.100.63', target: '', business: 'code.rejected', status: 0 };
    expect(run({ ...event, repeat: { n: 9, every_s: 2 } })).toHaveLength(1);
  });

  it('counts a rejection once that is told twice, and knows by the event which code it was', () => {
    const sent: Exchange = { t: 0, ip: '198.51.100.63', method: 'POST', target: '/api/promo/redeem', status: 404 };
    const told = (n: number) =>
      runFixture(
        Array.from({ length: n }, (_, i) => [
          { ...sent, t: i * 5 },
          { ...sent, t: i * 5 + 0.1, target: '', business: 'code.rejected', status: 0 },
        ]).flat(),
        { detectors, tells: ['code'] },
      ).findings;
    expect(told(7)).toEqual([]);
    expect(told(8)).toHaveLength(1);
  });
});
