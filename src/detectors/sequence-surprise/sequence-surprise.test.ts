import { describe, expect, it } from 'vitest';
import { type Exchange, readFixture, runFixture } from '../testing.ts';
import { sequenceSurprise } from './sequence-surprise.ts';

const detectors = [sequenceSurprise];
const { options, exchanges } = readFixture(new URL('positive.jsonl', import.meta.url));
const run = (list: readonly Exchange[], given = options) => runFixture(list, { ...given, detectors }).findings;

describe('sequence surprise', () => {
  const { findings, actions } = runFixture(new URL('positive.jsonl', import.meta.url), { detectors });

  it('finds who takes steps that nobody takes, and names the least likely', () => {
    expect(findings).toHaveLength(1);
    expect(findings[0]).toMatchObject({ class: 'workflow', actor: { dimension: 'session' } });
    expect(findings[0].why).toMatch(
      /^a mean surprise of \d\.\d nats over \d+ steps, learned limit 2\.5; least likely: (?:reading|writing) \S+ after (?:reading|writing) \S+, once in [\d,]+$/,
    );
    expect(findings[0].requests).toBeLessThan(12);
    expect(Object.values(actions)).not.toContain('block');
  });

  it('finds no shoppers, pollers, crawlers, dead links or short visits', () => {
    expect(runFixture(new URL('benign.jsonl', import.meta.url), { detectors }).findings).toEqual([]);
  });

  it('needs eight steps, and begins anew after a pause', () => {
    expect(run(exchanges.slice(0, 8))).toEqual([]);
    expect(run(exchanges.slice(0, 9))).toHaveLength(1);
    const pausing = exchanges.map((e, i) => ({ ...e, t: e.t + Math.floor(i / 8) * 2000 }));
    expect(run(pausing)).toEqual([]);
  });

  it('says nothing where nothing was learned', () => {
    expect(run(exchanges, { routes: options.routes })).toEqual([]);
  });

  it('keeps what it knows where a route went away', () => {
    const routes = (options.routes ?? []).filter((route) => route !== '/search');
    expect(run(exchanges, { ...options, routes })).toHaveLength(1);
  });

  it('cannot be threaded through paths of no route', () => {
    const strange = exchanges.map((e, i) => (i % 2 === 0 ? e : { ...e, target: `/nowhere-${i}` }));
    expect(run(strange)).toHaveLength(1);
  });
});
