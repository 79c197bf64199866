import { deserialize, serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { ACTION } from '../engine/policy.ts';
import { PRIOR_MILLINATS } from '../engine/risk.ts';
import { FLAG } from '../enrich/facts.ts';
import { EMPTY_MODEL } from '../enrich/model.ts';
import { buildReport, type RunFacts } from './build-report.ts';
import { SLIDER } from './recorder.ts';
import { findingOf, type Stage, sayer, stage, T } from './testing.ts';

const A = 0xc6336401 | 0; // 198.51.100.1
const B = 0xc6336402 | 0;

describe('findings', () => {
  it('are one per detector and actor, from the event that reached the threshold', () => {
    const s = stage([sayer('one', 1), sayer('two', 2)]);
    for (let i = 0; i < 5; i++) s.exchange(i * 1000, { ipLo: A, method: 3 });
    s.exchange(5000, { ipLo: A, method: 1, bytes: 4000 });
    s.exchange(6000, { ipLo: A, method: 1, bytes: 5000 });
    s.exchange(7000, { ipLo: A, method: 2, bytes: 5000 });
    s.exchange(8000, { ipLo: B, method: 1, bytes: 6000 });
    s.exchange(9000, { ipLo: A, method: 1, bytes: 5000 });
    const found = s.recorder.findings.map((f) => [
      f.instance.detector.id,
      f.profile.actor.key,
      f.detectedMs - T,
      f.lastMs - T,
      f.requestsBefore,
      f.events,
    ]);
    expect(found).toEqual([
      ['one', '198.51.100.1', 6000, 9000, 7, 2],
      ['two', '198.51.100.1', 7000, 7000, 8, 1],
      ['one', '198.51.100.2', 8000, 8000, 1, 1],
    ]);
    expect(s.recorder.profiles).toHaveLength(2);
    expect(s.recorder.profiles[0]).toMatchObject({ firstMs: T, requestsBefore: 5, requests: 4 });
  });

  it('keep their strongest evidence, and say it anew when it has grown', () => {
    const s = stage([sayer('one', 1)]);
    const say = (bytes: number): [string, number] => {
      s.exchange(0, { ipLo: A, method: 1, bytes });
      const { why, millinats } = findingOf(s, 'one', '198.51.100.1');
      return [why, millinats];
    };
    expect(say(5000)).toEqual(['5000 millinats were heard', 5000]);
    expect(say(4700)).toEqual(['5000 millinats were heard', 5000]);
    expect(say(5299)).toEqual(['5299 millinats were heard', 5299]);
    expect(say(5598)).toEqual(['5299 millinats were heard', 5598]);
    expect(say(5900)).toEqual(['5900 millinats were heard', 5900]);
  });

  it('show a request line without its secrets', () => {
    const redact = (text: string): string => text.replace(/\d{16}/g, '***');
    const s = stage([sayer('one', 1)], EMPTY_MODEL, redact);
    const target = '/pay?card=4111111111111111&token=abc&x=1';
    s.exchange(0, { ipLo: A, method: 1, bytes: 5000, texts: { target, agent: 'agent 4111111111111111' } });
    expect(findingOf(s, 'one', '198.51.100.1').sample).toBe('/pay?card=***&token=***&x=1');
    expect(s.recorder.profiles[0].agent).toBe('agent ***');
  });

  it('name a credential by its beginning only', () => {
    const s = stage([sayer('one', 1, { actors: ['credential'] })]);
    s.exchange(0, { credentialLo: 1, method: 1, bytes: 5000, texts: { credential: 'sk_live_abcdefghijkl' } });
    s.exchange(0, { credentialLo: 2, method: 1, bytes: 5000, texts: { credential: 'short' } });
    expect(s.recorder.profiles.map((p) => p.actor.key)).toEqual(['sk_liv… (20 characters)', 'sh…']);
  });
});

describe('profiles', () => {
  it('remember the peak of risk and action, and when they were reached', () => {
    const s = stage([sayer('one', 1)]);
    s.exchange(0, { ipLo: A, method: 3 });
    s.exchange(1000, { ipLo: A, method: 1, bytes: 5000 });
    s.exchange(2000, { ipLo: A, method: 1, bytes: 9000 });
    for (let i = 0; i < 10; i++) s.exchange(3 * 3_600_000 + i, { ipLo: A, method: 3 });
    const [p] = s.recorder.profiles;
    expect(p).toMatchObject({
      peakLogOdds: PRIOR_MILLINATS + 9000,
      peakAction: ACTION.block,
      requestsAtAction: 3,
      actionMs: T + 2000,
    });
    expect(p.requestsBefore + p.requests).toBe(13);
    // Crossed with the first finding up to 13 %, with the second up to 89 %, 95 % never.
    expect([...p.crossings]).toEqual(SLIDER.map((risk) => (risk <= 0.1 ? 2 : risk <= 0.8 ? 3 : -1)));
  });

  it('count established users behind an address', () => {
    const s = stage([sayer('one', 1)]);
    for (let i = 1; i <= 3; i++)
      s.exchange(i, { ipLo: A, method: 3, principalLo: i, flags: FLAG.AUTHENTICATED, status: 200 });
    s.exchange(5, { ipLo: A, method: 1, bytes: 9000 });
    expect(s.recorder.profiles[0]).toMatchObject({ principals: 3, peakAction: ACTION.throttle });
  });

  it('of collapsed addresses are those of what they were counted in', () => {
    const s = stage([sayer('one', 1)]);
    for (let i = 1; i <= 1049; i++) s.step(0, { ipLo: i, networkLo: i, asn: 1 });
    s.exchange(10, { ipLo: A, networkLo: 77, asn: 64_500, method: 1, bytes: 9000 });
    s.exchange(10, { ipLo: A + 7, networkLo: 78, asn: 64_500, method: 3 });
    s.exchange(20, { ipLo: B, networkLo: 79, asn: 64_500, method: 1, bytes: 9000 });
    expect(s.recorder.profiles.map((p) => p.actor)).toEqual([{ dimension: 'asn', key: 'AS64500' }]);
    expect(s.recorder.findings).toHaveLength(1);
  });
});

const RUN: RunFacts = {
  sallyport: '0',
  generated_input: false,
  inputs: [],
  events: 0,
  exchanges: 0,
  lines: 0,
  bad_lines: {},
  bad_line_samples: [],
  late_events: 0,
  notes: [],
  elapsed_s: 0,
  actors_seen: {},
  decision_hash: '',
  manifest: {},
};
const report = (s: Stage) => buildReport(s.recorder, s.policies.base, RUN);

function busy(s: Stage, from: number, to: number): void {
  for (let i = from; i < to; i++)
    s.exchange(i * 700, {
      ipLo: A + (i % 9),
      method: i % 4,
      bytes: (i * 631) % 11_000,
      status: i % 5 === 0 ? 404 : 200,
      texts: { target: `/${i}`, agent: `agent ${i % 3}` },
    });
}

describe('a snapshot of a recorder', () => {
  it('goes on as if it had never stopped', () => {
    const detectors = [sayer('one', 1), sayer('two', 2, { class: 'scraping', group: 'sequence' })];
    const a = stage(detectors);
    busy(a, 0, 150);
    const b = stage(detectors);
    b.recorder.restore(deserialize(serialize(a.recorder.snapshot())) as Record<string, unknown>, b.program.instances);
    b.state.restore(deserialize(serialize(a.state.snapshot())) as Record<string, unknown>);
    b.engine.sequence = a.engine.sequence;
    expect(report(b)).toEqual(report(a));
    for (const s of [a, b]) busy(s, 150, 300);
    expect(report(b)).toEqual(report(a));
    expect(b.recorder.findings[0].profile).toBe(
      b.recorder.profiles[b.recorder.profiles.indexOf(b.recorder.findings[0].profile)],
    );
    expect(report(b).findings.length).toBeGreaterThan(5);
  });
});

describe('a report', () => {
  it('adds up', () => {
    const s = stage([sayer('one', 1), sayer('two', 2, { class: 'scraping' })]);
    busy(s, 0, 300);
    const r = report(s);
    expect(r.totals.requests).toBe(300);
    expect(r.timeline.reduce((sum, b) => sum + b.requests, 0)).toBe(300);
    expect(r.timeline.reduce((sum, b) => sum + b.errors, 0)).toBe(60);
    expect(r.timeline.flatMap((b) => Object.values(b.abusive)).reduce((a, b) => a + b, 0)).toBe(
      r.totals.requests_abusive,
    );
    expect(r.totals.requests_abusive).toBeLessThanOrEqual(300);
    expect(r.totals.requests_stoppable).toBeLessThanOrEqual(r.totals.requests_abusive);
    expect(r.actors.reduce((sum, a) => sum + a.requests, 0)).toBe(300);
    const ids = r.findings.map((f) => f.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(r.actors.flatMap((a) => a.findings).sort()).toEqual([...ids].sort());
    expect(r.incidents.flatMap((i) => i.findings).sort()).toEqual([...ids].sort());
    for (const f of r.findings) {
      expect(f.id).toMatch(/^F-[0-9a-f]{10}$/);
      const actor = r.actors.find((a) => a.actor.key === f.actor.key);
      expect(f.requests_before_detection + f.requests_after_detection).toBe(actor?.requests);
      expect(f.recommended).toBe(actor?.recommended);
    }
    for (const a of r.actors) expect(a.requests_before_action + a.requests_stopped).toBeLessThanOrEqual(a.requests);
    expect(r.started_at).toBe('2024-03-04T00:00:00.000Z');
  });

  it('is sorted by what is to be done, and the slider falls', () => {
    const s = stage([sayer('one', 1)]);
    for (const [i, bytes] of [4600, 9000, 7000, 12_000, 5000].entries())
      s.exchange(i, { ipLo: A + i, method: 1, bytes });
    const r = report(s);
    const rank = r.actors.map((a) => ACTION[a.recommended]);
    expect(rank).toEqual([...rank].sort((x, y) => y - x));
    expect(r.findings.map((f) => f.nats)).toEqual([12, 9, 7, 5, 4.6]);
    const met = r.thresholds.map((t) => t.actors);
    expect(met).toEqual([...met].sort((x, y) => y - x));
    expect(r.thresholds[0]).toMatchObject({ risk: 0.02, actors: 5 });
    expect(r.thresholds.at(-1)).toMatchObject({ risk: 0.99, actors: 1 });
  });

  it('of nothing is empty, not broken', () => {
    const r = report(stage([sayer('one', 1)]));
    expect(r).toMatchObject({ findings: [], actors: [], incidents: [], timeline: [], started_at: '', ended_at: '' });
    expect(r.thresholds).toHaveLength(SLIDER.length);
  });
});
