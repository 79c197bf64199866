import { describe, expect, it } from 'vitest';
import { overall, worst } from './cohorts.ts';
import { scoreNull } from './null.ts';
import { type CampaignFacts, scoreRun } from './run.ts';
import { parseDecisions, parseReport } from './said.ts';
import { attack, benign, decision, truthOf } from './testing.ts';
import type { TruthRow } from './truth.ts';

const PEOPLE = benign('people');
const MONITORS = benign('monitors');
const STUFF = attack('c1', 'stuffing', 'E0');
const SCRAPE = attack('c2', 'scraping', 'E2');

/** One request every `stepS` seconds from `fromS`. */
function series(n: number, fromS: number, stepS: number, row: Omit<TruthRow, 'timeMs'>): TruthRow[] {
  return Array.from({ length: n }, (_, i) => ({ ...row, timeMs: (fromS + i * stepS) * 1000 }));
}

describe('a run', () => {
  const iso = (s: number) => new Date(s * 1000).toISOString();
  const finding = (className: string, dimension: string, key: string, firstS: number, atS: number) => ({
    id: 'F-1',
    class: className,
    detector: 'd',
    actor: { dimension, key },
    first_seen: iso(firstS),
    detected_at: iso(atS),
  });
  const suspect = (dimension: string, key: string, className: string, risk: number, firstS: number, atS: number) => ({
    actor: { dimension, key },
    classes: [className],
    risk,
    risk_class: className,
    recommended: 'block',
    recommended_at: iso(atS),
    first_seen: iso(firstS),
  });
  // 20,000 benign requests of 200 people, one every 0.5 s; stuffing from 1,000 s; scraping from 2,000 s, behind a shared address.
  const truth = truthOf([
    ...Array.from({ length: 20_000 }, (_, i) => ({
      timeMs: i * 500,
      label: i % 10 === 0 ? MONITORS : PEOPLE,
      address: `198.51.100.${i % 200}`,
      agent: 'A',
    })),
    ...series(100, 1000, 1, { label: STUFF, address: '192.0.2.1', agent: 'P', gain: 1, status: 401 }),
    ...series(50, 2000, 10, { label: SCRAPE, address: '198.51.100.7', agent: 'Q', gain: 4 }),
  ]);
  const said = parseReport({
    exchanges: truth.rows,
    findings: [
      finding('credential-attack', 'ip', '192.0.2.1', 1000, 1010.5),
      finding('rotation', 'ip', '192.0.2.1', 1000, 1005.5),
      // Mixed: in the hour to 2,205 s this address had 21 requests of the scraper and 23 of people.
      finding('rotation', 'ip', '198.51.100.7', 3.5, 2205),
      finding('probing', 'ip', '198.51.100.50', 25, 3000),
      finding('probing', 'tenant', 'all', 25, 3000),
    ],
    actors: [
      suspect('ip', '192.0.2.1', 'credential-attack', 0.99, 1000, 1010.5),
      suspect('ip', '198.51.100.50', 'probing', 0.7, 25, 3000),
    ],
    incidents: [{ id: 'I-1', class: 'probing', started_at: iso(3000) }],
  });
  const decisions = parseDecisions([
    '{"type":"decision","time_ms":1010500,"actor":{"dimension":"ip","key":"192.0.2.1"},"action":"block","ttl_s":7200,"class":"credential-attack","risk":0.99}',
    '{"type":"decision","time_ms":3000000,"actor":{"dimension":"ip","key":"198.51.100.50"},"action":"throttle","ttl_s":60,"class":"probing","risk":0.7}',
    '{"type":"decision","time_ms":3000000,"actor":{"dimension":"ip","key":"198.51.100.51"},"action":"delay","ttl_s":60,"class":"probing","risk":0.7}',
    '',
    '{"type":"summary","events":1,"decisions":3}',
  ]);
  it('is told of single requests, or was not asked to tell', () => {
    expect(decisions.held).toBeNull();
    const lines = [
      '{"type":"request","time_ms":5.5,"address":"192.0.2.1","actor":{"dimension":"asn"},"action":"block"}',
    ];
    const none = '{"type":"summary","held":0}';
    expect(parseDecisions([none]).held).toEqual([]);
    expect(parseDecisions([...lines, none])).toMatchObject({
      list: [],
      held: [{ timeMs: 5.5, address: '192.0.2.1', rank: 5 }],
    });
  });
  const facts: CampaignFacts[] = [
    { name: 'c1', family: 'stuffing', level: 'E0', unit: 'accounts', costCents: 500 },
    { name: 'c2', family: 'scraping', level: 'E2', unit: 'records', costCents: 10 },
    { name: 'c3', family: 'injection', level: 'E3', unit: 'records', costCents: 0 },
  ];
  const score = scoreRun({ seed: '1', truth, said, decisions, facts });
  const named = (name: string) => score.campaigns.find((c) => c.name === name);

  it('finds a campaign by a fitting finding about its actor', () => {
    expect(named('c1')).toMatchObject({
      found: true,
      foundOwn: true,
      class: 'credential-attack',
      dimension: 'ip',
      seconds: 10.5,
      requestsToDetection: 11,
      otherClasses: ['rotation'],
      requests: 100,
      gain: 100,
      secondsToAction: 11,
    });
    expect(named('c1')?.systems.sallyport).toMatchObject({
      held: 0.89,
      leakRequests: 11,
      leakGain: 11,
      centsPerGain: 500 / 11,
    });
    // 100 requests in 100 s: the limit of 120 a minute never sees them; the rules ban after the tenth 401.
    expect(named('c1')?.systems['address-limit']).toMatchObject({ held: 0, leakShare: 1, centsPerGain: 5 });
    expect(named('c1')?.systems['log-rules']).toMatchObject({ held: 0.9, leakRequests: 10 });
  });

  it('shows misses, and campaigns that never sent anything, as misses', () => {
    expect(named('c2')).toMatchObject({ found: false, seconds: null, requestsToDetection: null, requests: 50 });
    expect(named('c2')?.systems.sallyport).toMatchObject({
      held: 0,
      heldFromMs: null,
      leakShare: 1,
      centsPerGain: 0.05,
    });
    expect(named('c3')).toMatchObject({ found: false, requests: 0, systems: {} });
  });

  it('counts what is right and wrong among findings and actors', () => {
    // Two on the stuffer; the rotation on the shared address fits nothing; probing by nobody; the tenant is unknown.
    expect(score.findings).toEqual({ own: 2, mixed: 0, wrong: 2, permitted: 0, unresolved: 1, precision: 0.5 });
    expect(score.acted).toEqual({ own: 1, mixed: 0, wrong: 1, permitted: 0, unresolved: 0, precision: 0.5 });
    expect(score.wrongFindings).toEqual([
      // Most of what that address sent in the hour and two minutes was the scraper's: wrong by its class alone.
      { class: 'rotation', dimension: 'ip', cohort: 'attack', count: 1 },
      { class: 'probing', dimension: 'ip', cohort: 'monitors', count: 1 },
    ]);
    expect(score.wrongActions).toEqual([{ class: 'probing', dimension: 'ip', cohort: 'monitors', count: 1 }]);
    expect(score.notes).toEqual([
      expect.stringContaining(
        '1 findings and 0 decisions (0 of them a throttle or harder) about actors of the dimension "tenant"',
      ),
      'actions this scoreboard does not know count as a tag: delay',
    ]);
  });

  it('finds the lowest risk at which one benign request in ten thousand is flagged', () => {
    // 0.7 would flag 70 of 20,000 benign requests (198.51.100.50 every 100 s from 3,000 s on): too many.
    expect(score.threshold.risk).toBeCloseTo(0.99, 6);
    expect(score.threshold.falsePositiveRate).toBe(0);
    expect(score.threshold.requestRecall).toBeCloseTo(89 / 150, 12);
    expect(named('c1')?.foundAtThreshold).toBe(true);
    expect(named('c2')?.foundAtThreshold).toBe(false);
    expect(score.threshold.precisionAt.map((p) => p.precision)).toEqual([1, 1, 1]);
  });

  it('counts collateral by cohort', () => {
    // 198.51.100.50 is a monitor (i % 10 = 0), throttled for a minute from 3,000 s: its next request comes at 3,025 s.
    const monitors = score.cohorts.sallyport.find((c) => c.cohort === 'monitors');
    expect(monitors).toMatchObject({ identities: 20, identitiesThrottled: 1, requestsThrottled: 1, requests: 2000 });
    expect(score.cohorts.sallyport.find((c) => c.cohort === 'people')).toMatchObject({
      identities: 180,
      requestsThrottled: 0,
    });
  });
});

it('takes those who attack with permission out of the judgement', () => {
  const testers = benign('pentesters');
  const truth = truthOf([
    ...series(100, 0, 1, { label: testers, address: '192.0.2.1' }),
    ...series(100, 0, 1, { label: PEOPLE, address: '192.0.2.2' }),
  ]);
  const iso = (s: number) => new Date(s * 1000).toISOString();
  const of = (id: string, address: string) => ({
    id,
    class: 'probing',
    detector: 'd',
    actor: { dimension: 'ip', key: address },
    first_seen: iso(0),
    detected_at: iso(50),
  });
  const said = parseReport({
    exchanges: 200,
    findings: [of('F-1', '192.0.2.1'), of('F-2', '192.0.2.2')],
    actors: [],
    incidents: [
      { id: 'I-1', class: 'probing', started_at: iso(50), findings: ['F-1'] },
      { id: 'I-2', class: 'probing', started_at: iso(50), findings: ['F-1', 'F-2'] },
    ],
  });
  const list = ['192.0.2.1', '192.0.2.2'].map((key) => decision(50, 'ip', key, 'block', 100));
  const decisions = { list, held: null, unknownActions: [] };
  const score = scoreRun({ seed: '1', truth, said, decisions, facts: [] });
  expect(score.findings).toEqual({ own: 0, mixed: 0, wrong: 1, permitted: 1, unresolved: 0, precision: 0 });
  // Two identities were hurt; one of them had permission.
  expect(overall(score.cohorts.sallyport)).toMatchObject({ identities: 1, identitiesThrottled: 1, requests: 100 });
  expect(worst(score.cohorts.sallyport)?.cohort).toBe('people');
  expect(scoreNull('1', truth, said, decisions)).toMatchObject({
    incidents: 1,
    findings: 1,
    acted: 1,
    permitted: { incidents: 1, findings: 1, acted: 1 },
    classes: [['probing', 1]],
  });
});

it('forgives a log whose clock is behind', () => {
  const truth = truthOf(series(20, 100, 10, { label: STUFF, address: '192.0.2.1' }));
  const said = (detectedS: number) =>
    parseReport({
      exchanges: 20,
      findings: [
        {
          id: 'F-1',
          class: 'credential-attack',
          detector: 'd',
          actor: { dimension: 'ip', key: '192.0.2.1' },
          first_seen: new Date(0).toISOString(),
          detected_at: new Date(detectedS * 1000).toISOString(),
        },
      ],
      actors: [],
      incidents: [],
    });
  const decisions = { list: [], held: null, unknownActions: [] };
  const [behind] = scoreRun({ seed: '1', truth, said: said(60), decisions, facts: [] }).campaigns;
  expect(behind).toMatchObject({ found: true, seconds: 0, requestsToDetection: 1 });
  // More than two minutes before its first request is no detection of it.
  const [never] = scoreRun({ seed: '1', truth, said: said(-30), decisions, facts: [] }).campaigns;
  expect(never.found).toBe(false);
});
