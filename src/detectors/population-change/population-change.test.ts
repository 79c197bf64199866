import { describe, expect, it } from 'vitest';
import { type Exchange, runFixture } from '../testing.ts';
import { populationChange } from './population-change.ts';

const detectors = [populationChange];
const failing = (n: number): Exchange => ({
  t: 0,
  method: 'POST',
  target: '/login',
  status: 401,
  host: 'shop.example',
  repeat: { n, every_s: 10, ip: '198.51.{i}.9' },
});

describe('change of a population', () => {
  it('finds many addresses that fail once each, and names tenant, route and software', () => {
    const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });
    expect(findings.map((f) => `${f.actor.dimension}:${f.actor.key}`).slice(0, 2)).toEqual([
      'tenant:shop.example',
      'route:/login',
    ]);
    expect(findings.map((f) => f.actor.dimension)).toContain('fingerprint');
    expect(findings[0].why).toMatch(
      /^login failures at \d+ % \(\d+ of \d+\), usually 20 %; failures came from about \d+ addresses$/,
    );
    expect(findings[0].requests).toBeLessThan(300);
    expect(actions['tenant:shop.example']).toBe('tag');
  });

  it('finds neither usual failures nor one client with an old password', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs a larger change where nothing was learned, and says so', () => {
    const baselines = { origin: 'learned', loginFailure: 0.2 } as const;
    expect(runFixture([failing(24)], { detectors }).findings).toEqual([]);
    const [found] = runFixture([failing(60)], { detectors }).findings;
    expect(found.why).toContain('usually, as assumed, 30 %');
    const all = runFixture(
      [
        { ...failing(120), status: 302 },
        { ...failing(60), t: 5 },
      ],
      { detectors },
    ).findings;
    expect(all).toEqual([]);
    expect(runFixture([failing(60)], { detectors, baselines }).findings).not.toEqual([]);
  });

  it('works on sessions where the log has no addresses', () => {
    const { findings } = runFixture([{ ...failing(60), repeat: { n: 60, every_s: 10, ip: '', session: 's{i}' } }], {
      detectors,
    });
    expect(findings.map((f) => f.actor.dimension)).toContain('tenant');
  });
});
