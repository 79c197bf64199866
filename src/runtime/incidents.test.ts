import { describe, expect, it } from 'vitest';
import { incidentsOf } from './incidents.ts';
import type { ActorProfile, FindingRecord } from './recorder.ts';

const T = 1_709_510_400_000;
const HOUR = 3_600_000;

interface Spec {
  readonly at?: number;
  readonly to?: number;
  readonly kind?: string;
  readonly route?: string;
  readonly millinats?: number;
}

/** An actor with its findings, as far as incidents look at it. */
function actor(key: string, of: Partial<ActorProfile> & { dimension?: string }, ...specs: Spec[]): FindingRecord[] {
  const { dimension = 'ip', ...rest } = of;
  const findings: FindingRecord[] = [];
  const profile = {
    actor: { dimension, key },
    network: null,
    agent: '',
    requestsBefore: 2,
    requests: 8,
    findings,
    ...rest,
  } as unknown as ActorProfile;
  const records = specs.map(
    ({ at = 0, to = at, kind = 'probing', route = '', millinats = 5000 }, i) =>
      ({
        instance: { detector: { id: `d${i}`, class: kind } },
        profile,
        detectedMs: T + at,
        lastMs: T + to,
        millinats,
        route,
      }) as unknown as FindingRecord,
  );
  findings.push(...records);
  return records;
}
const idOf = (f: FindingRecord): string => `${f.profile.actor.key}/${f.instance.detector.id}`;
const groups = (...findings: FindingRecord[][]): string[][] =>
  incidentsOf(findings.flat(), idOf)
    .map((i) => i.actors.map((a) => a.key).sort())
    .sort((a, b) => (a[0] < b[0] ? -1 : 1));

describe('incidents', () => {
  it('hold all findings of one actor, whatever their class and time', () => {
    const [incident, ...more] = incidentsOf(
      actor('192.0.2.1', {}, { at: 5 }, { at: 99 * HOUR, kind: 'scraping', millinats: 9000 }),
      idOf,
    );
    expect(more).toEqual([]);
    expect(incident).toMatchObject({
      class: 'scraping',
      title: 'scraping by 192.0.2.1',
      started_at: '2024-03-04T00:00:00.005Z',
      ended_at: '2024-03-08T03:00:00.000Z',
      findings: ['192.0.2.1/d0', '192.0.2.1/d1'],
      requests: 10,
      campaign: false,
    });
    expect(incident.id).toMatch(/^I-[0-9a-f]{10}$/);
  });

  it('join actors of one network in one class, and others only by two traits', () => {
    expect(groups(actor('192.0.2.1', {}, {}), actor('192.0.2.9', {}, {}))).toEqual([['192.0.2.1', '192.0.2.9']]);
    expect(groups(actor('192.0.2.1', {}, {}), actor('192.0.3.1', {}, {}))).toHaveLength(2);
    expect(groups(actor('192.0.2.1', { agent: 'x' }, {}), actor('192.0.3.1', { agent: 'x' }, {}))).toHaveLength(2);
    expect(
      groups(
        actor('192.0.2.1', { agent: 'x' }, { route: '/login' }),
        actor('192.0.3.1', { agent: 'x' }, { route: '/login' }),
      ),
    ).toHaveLength(1);
    expect(
      groups(actor('192.0.2.1', { agent: 'x' }, { route: '/' }), actor('192.0.3.1', { agent: 'x' }, { route: '/' })),
    ).toHaveLength(2);
    expect(
      groups(actor('2001:db8:1::', {}, {}), actor('2001:db8:1:5::', {}, {}), actor('2001:db8:2::', {}, {})),
    ).toHaveLength(2);
  });

  it('keep classes apart', () => {
    expect(groups(actor('192.0.2.1', {}, {}), actor('192.0.2.9', {}, { kind: 'scraping' }))).toHaveLength(2);
  });

  it('take a system as a trait only where it hosts', () => {
    const hosted = (key: string, kind: string) =>
      actor(key, { agent: 'x', network: { asn: 7, name: 'n', country: '', class: kind } }, {});
    expect(groups(hosted('192.0.2.1', 'hosting'), hosted('192.0.3.1', 'hosting'))).toHaveLength(1);
    expect(groups(hosted('192.0.2.1', 'access'), hosted('192.0.3.1', 'access'))).toHaveLength(2);
  });

  it('need the same time, but a third actor can bridge a gap', () => {
    const a = actor('192.0.2.1', {}, { at: 0 });
    const b = actor('192.0.2.2', {}, { at: 2 * HOUR });
    const bridge = actor('192.0.2.3', {}, { at: HOUR / 2, to: 1.5 * HOUR });
    expect(groups(a, b)).toHaveLength(2);
    expect(groups(a, b, bridge)).toHaveLength(1);
    expect(groups(b, bridge, a)).toHaveLength(1);
  });

  it('are campaigns from three actors on, and say what all of them share', () => {
    const many = [1, 2, 3].flatMap((i) =>
      actor(`192.0.2.${i}`, { agent: i === 3 ? 'other' : 'x' }, { route: '/login', kind: 'credential-attack' }),
    );
    const [incident] = incidentsOf(many, idOf);
    expect(incident.campaign).toBe(true);
    expect(incident.shared).toEqual(['network 192.0.2.0/24', 'target /login']);
    expect(incident.title).toBe('campaign: credential attack by 3 actors (network 192.0.2.0/24)');
    expect(incident.requests).toBe(30);
  });

  it('come with the largest first, and keep their id whatever the order of findings', () => {
    const all = [
      actor('192.0.2.1', {}, {}),
      actor('192.0.2.2', {}, {}),
      actor('198.51.100.1', {}, {}),
      actor('203.0.113.1', { requests: 90 }, {}),
    ];
    const usual = incidentsOf(all.flat(), idOf);
    expect(usual.map((i) => i.actors.length)).toEqual([2, 1, 1]);
    expect(usual[1].actors[0].key).toBe('203.0.113.1');
    expect(new Set(incidentsOf([...all].reverse().flat(), idOf).map((i) => i.id))).toEqual(
      new Set(usual.map((i) => i.id)),
    );
  });

  it('of no findings are none', () => {
    expect(incidentsOf([], idOf)).toEqual([]);
  });
});
