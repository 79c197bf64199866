import { describe, expect, it } from 'vitest';
import { CHALLENGE, THROTTLE } from './actions.ts';
import { ActorIndex } from './actors.ts';
import { addressLimit } from './baselines/limit.ts';
import { logRules } from './baselines/log-rules.ts';
import { campaignsOf, leakCurve, leakOf } from './campaigns.ts';
import { collateralOf, identitiesOf, overall, worst } from './cohorts.ts';
import { holdLevels, levelsOf } from './holds.ts';
import { attack, benign, decision, truthOf } from './testing.ts';
import type { TruthColumns, TruthRow } from './truth.ts';

const PEOPLE = benign('people');
const MONITORS = benign('monitors');
const STUFF = attack('c1', 'stuffing', 'E0');

/** One request every `stepS` seconds from `fromS`. */
function series(n: number, fromS: number, stepS: number, row: Omit<TruthRow, 'timeMs'>): TruthRow[] {
  return Array.from({ length: n }, (_, i) => ({ ...row, timeMs: (fromS + i * stepS) * 1000 }));
}

function levels(truth: TruthColumns, decisions: Parameters<typeof holdLevels>[2]): number[] {
  return [...holdLevels(truth, new ActorIndex(truth), decisions)];
}

describe('holds', () => {
  const truth = truthOf(series(10, 0, 10, { label: STUFF, address: '192.0.2.1' })); // 0, 10 … 90 s

  it('hold after their moment until their time to live is over', () => {
    // From 20 s (exclusive) to 55 s (exclusive): 30, 40, 50.
    expect(levels(truth, [decision(20, 'ip', '192.0.2.1', 'throttle', 35)])).toEqual([0, 0, 0, 2, 2, 2, 0, 0, 0, 0]);
    // Ending at 50 s sharp, the request at 50 s is served.
    expect(levels(truth, [decision(20, 'ip', '192.0.2.1', 'throttle', 30)])).toEqual([0, 0, 0, 2, 2, 0, 0, 0, 0, 0]);
  });

  it('are replaced by later decisions about the same actor, harder or softer', () => {
    const list = [
      decision(5, 'ip', '192.0.2.1', 'block', 1000),
      decision(25, 'ip', '192.0.2.1', 'allow', 1000),
      decision(65, 'ip', '192.0.2.1', 'challenge', 10),
    ];
    expect(levels(truth, list)).toEqual([0, 5, 5, 0, 0, 0, 0, 3, 0, 0]);
  });

  it('meet a request through any of its actors, the strongest counts', () => {
    const rows: TruthRow[] = [
      { timeMs: 1000, label: PEOPLE, address: '192.0.2.7', session: 's1', principal: 'anna', agent: 'A' },
      { timeMs: 2000, label: PEOPLE, address: '192.0.2.8', session: 's2', agent: 'B' },
      { timeMs: 3000, label: PEOPLE, address: '198.51.100.1', credential: 'key-0001', agent: 'A' },
      { timeMs: 4000, label: PEOPLE, address: '2001:db8:0:1:aa::1', agent: 'C' },
      { timeMs: 5000, label: PEOPLE, address: '2001:db8:0:2::1', agent: 'C' },
    ];
    const list = [
      decision(0, 'network', '192.0.2.0/24', 'throttle', 100),
      decision(0, 'session', 's1', 'step-up', 100),
      decision(0, 'principal', 'anna', 'challenge', 100),
      decision(0, 'credential', 'key-…', 'block', 100),
      decision(0, 'fingerprint', 'A', 'tag', 100),
      decision(0, 'ip', '2001:DB8:0:1::/64', 'block', 100),
    ];
    expect(levels(truthOf(rows), list)).toEqual([4, 2, 5, 5, 0]);
  });

  it('are those that the system tells, where it tells of each request', () => {
    const rows = truthOf([
      { timeMs: 1000, loggedMs: 1040, label: STUFF, address: '192.0.2.7' },
      { timeMs: 1000, loggedMs: 1040, label: PEOPLE, address: '192.0.2.8' },
      { timeMs: 1040, loggedMs: 1080, label: PEOPLE, address: '192.0.2.7' },
      { timeMs: 2000.5, loggedMs: 2040.5, label: PEOPLE, address: '2001:db8:0:1:aa::1' },
      { timeMs: 3000, loggedMs: Number.NaN, label: STUFF, address: '192.0.2.7' },
    ]);
    const list = [decision(0, 'network', '192.0.2.0/24', 'block', 100)];
    const held = [
      { timeMs: 1040, address: '192.0.2.7', rank: 2 },
      { timeMs: 1040, address: '192.0.2.7', rank: 5 },
      { timeMs: 2040.5, address: '2001:db8:0:1::/64', rank: 3 },
      { timeMs: 2040.5, address: '203.0.113.1', rank: 5 },
    ];
    const told = { list, unknownActions: [] };
    expect([...levelsOf(rows, new ActorIndex(rows), { ...told, held })]).toEqual([5, 0, 0, 3, 0]);
    expect([...levelsOf(rows, new ActorIndex(rows), { ...told, held: [] })]).toEqual([0, 0, 0, 0, 0]);
    expect([...levelsOf(rows, new ActorIndex(rows), { ...told, held: null })]).toEqual([5, 5, 5, 0, 5]);
  });

  it('know an autonomous system only where they are told how', () => {
    const rows = truthOf([
      { timeMs: 1000, label: PEOPLE, address: '192.0.2.7' },
      { timeMs: 2000, label: PEOPLE, address: '198.51.100.1' },
    ]);
    const list = [decision(0, 'asn', 'AS64500 EXAMPLE', 'block', 100)];
    const told = new ActorIndex(rows, (address) => (address.startsWith('192.') ? 64500 : 0));
    expect([...holdLevels(rows, told, list)]).toEqual([5, 0]);
    const untold = new ActorIndex(rows);
    expect([...holdLevels(rows, untold, list)]).toEqual([0, 0]);
    expect(untold.resolve({ dimension: 'asn', key: 'AS64500 EXAMPLE' })).toBe(-1);
  });

  it('tell keys of which most is hidden apart by who had just acted', () => {
    const rows = truthOf([
      { timeMs: 1000, label: PEOPLE, address: '192.0.2.1', credential: 'key-long-a' },
      { timeMs: 5000, label: STUFF, address: '192.0.2.2', credential: 'key-long-b' },
      { timeMs: 9000, label: PEOPLE, address: '192.0.2.1', credential: 'key-long-a' },
      { timeMs: 9500, label: STUFF, address: '192.0.2.2', credential: 'key-long-b' },
      { timeMs: 9600, label: STUFF, address: '192.0.2.2', credential: 'key-long-other' },
    ]);
    const list = [decision(5.2, 'credential', 'key-lo… (10 characters)', 'block', 100)];
    expect([...holdLevels(rows, new ActorIndex(rows), list)]).toEqual([0, 0, 0, 5, 0]);
    const index = new ActorIndex(rows);
    const a = index.resolve({ dimension: 'credential', key: 'key-lo… (10 characters)' }, { firstSeenMs: 1000 });
    const b = index.resolve({ dimension: 'credential', key: 'key-lo… (10 characters)' }, { firstSeenMs: 5000 });
    expect([[...index.rows().of(a)], [...index.rows().of(b)]]).toEqual([
      [0, 2],
      [1, 3],
    ]);
  });
});

describe('leak', () => {
  const rows = series(20, 0, 60, { label: STUFF, address: '192.0.2.1', gain: 2 });
  const truth = truthOf(rows);
  const [campaign] = campaignsOf(truth);
  const system = (level: number[]) => ({ name: 'x', level: Uint8Array.from(level) });

  it('is everything before nine in ten of the rest are held', () => {
    // 6 served, then 14 of which one (the 10th) slips through: 13/14 = 93 %.
    const level = Array.from({ length: 20 }, (_, i) => (i < 6 || i === 10 ? 0 : THROTTLE));
    expect(leakOf(truth, campaign, system(level))).toEqual({
      held: 13 / 20,
      heldFromMs: 360_000,
      leakRequests: 6,
      leakShare: 0.3,
      leakGain: 12,
      servedGain: 14,
    });
  });

  it('does not begin to be held with a request that is served', () => {
    // From request 1 on 18 of 19 are held, 95 %; but 0 and 1 were served, so it is held from 2.
    const level = Array.from({ length: 20 }, (_, i) => (i < 2 ? 0 : THROTTLE));
    expect(leakOf(truth, campaign, system(level)).leakRequests).toBe(2);
  });

  it('is all of it where nothing holds, or where the hold expires', () => {
    const never = leakOf(truth, campaign, system(new Array(20).fill(1)));
    expect(never).toMatchObject({ held: 0, heldFromMs: null, leakRequests: 20, leakShare: 1, leakGain: 40 });
    // Held from request 2 to 9 only: no suffix has nine in ten.
    const expired = Array.from({ length: 20 }, (_, i) => (i >= 2 && i < 10 ? CHALLENGE : 0));
    expect(leakOf(truth, campaign, system(expired))).toMatchObject({ held: 0.4, heldFromMs: null, leakRequests: 20 });
  });

  it('is drawn as the share served by then', () => {
    const level = Array.from({ length: 20 }, (_, i) => (i < 5 ? 0 : THROTTLE));
    const curve = leakCurve(campaign, system(level));
    expect(curve).toHaveLength(41);
    expect([curve[0], curve[10], curve[40]]).toEqual([0, 0.25, 0.25]);
  });
});

describe('collateral', () => {
  // Three people behind one address (two with the same agent but sessions), a monitor elsewhere, an attacker among them.
  const rows: TruthRow[] = [
    { timeMs: 1000, label: PEOPLE, address: '192.0.2.1', principal: 'anna', session: 'a1', agent: 'A' },
    { timeMs: 2000, label: PEOPLE, address: '192.0.2.1', principal: 'anna', session: 'a2', agent: 'A' },
    { timeMs: 3000, label: PEOPLE, address: '192.0.2.1', session: 'b1', agent: 'A' },
    { timeMs: 4000, label: PEOPLE, address: '192.0.2.1', agent: 'A' },
    { timeMs: 5000, label: PEOPLE, address: '192.0.2.1', agent: 'B' },
    { timeMs: 6000, label: PEOPLE, address: '198.51.100.1', agent: 'A' },
    { timeMs: 7000, label: MONITORS, address: '203.0.113.1', agent: 'M' },
    { timeMs: 8000, label: STUFF, address: '192.0.2.1', agent: 'A' },
    { timeMs: 9000, label: MONITORS, address: '203.0.113.1', agent: 'M' },
  ];
  const truth = truthOf(rows);
  const identities = identitiesOf(truth);

  it('counts everybody behind a shared address', () => {
    // anna, b1, .1 with A, .1 with B, 198.51.100.1 with A; the monitor. Not the attacker, who shares address and agent.
    expect(identities.cohort).toHaveLength(6);
    const index = new ActorIndex(truth);
    const list = [
      decision(2.5, 'ip', '192.0.2.1', 'throttle', 100),
      decision(8.5, 'fingerprint', 'M', 'challenge', 100),
    ];
    const level = holdLevels(truth, index, list);
    const cohorts = collateralOf(truth, identities, { name: 'x', level });
    expect(cohorts).toEqual([
      {
        cohort: 'monitors',
        identities: 1,
        requests: 2,
        identitiesThrottled: 1,
        identitiesChallenged: 1,
        requestsThrottled: 1,
        requestsChallenged: 1,
      },
      {
        cohort: 'people',
        identities: 5,
        requests: 6,
        // b1 at 3 s, .1/A at 4 s, .1/B at 5 s; anna was there before the decision.
        identitiesThrottled: 3,
        identitiesChallenged: 0,
        requestsThrottled: 3,
        requestsChallenged: 0,
      },
    ]);
    expect(overall(cohorts)).toMatchObject({ identities: 6, identitiesThrottled: 4, requestsThrottled: 4 });
    expect(worst(cohorts)?.cohort).toBe('monitors');
  });
});

it('counts somebody in each cohort that they are seen in', () => {
  const sale = benign('flash-sale');
  const truth = truthOf([
    { timeMs: 1000, label: PEOPLE, address: '192.0.2.1', principal: 'anna' },
    { timeMs: 2000, label: sale, address: '192.0.2.1', principal: 'anna' },
    { timeMs: 3000, label: sale, address: '192.0.2.1', principal: 'anna' },
  ]);
  const level = Uint8Array.of(0, 0, THROTTLE);
  expect(collateralOf(truth, identitiesOf(truth), { name: 'x', level })).toMatchObject([
    { cohort: 'flash-sale', identities: 1, requests: 2, identitiesThrottled: 1 },
    { cohort: 'people', identities: 1, requests: 1, identitiesThrottled: 0 },
  ]);
});

describe('baselines', () => {
  it('limit what an address sends within a minute', () => {
    const truth = truthOf([
      ...series(5, 0, 10, { label: STUFF, address: '192.0.2.1' }), // 0 … 40 s
      ...series(2, 65, 10, { label: STUFF, address: '192.0.2.1' }), // 65: 10 … 40 and itself are 5; 75: 20 … 40, 65 and itself
      ...series(3, 0.5, 10, { label: PEOPLE, address: '192.0.2.2' }),
    ]);
    const { level } = addressLimit(truth, 4);
    const of = (address: string) => [...level].filter((_, row) => truth.texts.address[truth.address[row]] === address);
    expect(of('192.0.2.1')).toEqual([0, 0, 0, 0, 2, 2, 2]);
    expect(of('192.0.2.2')).toEqual([0, 0, 0]);
  });

  it('ban addresses with ten refused answers in five minutes, for four hours', () => {
    const truth = truthOf([
      ...series(12, 0, 20, { label: STUFF, address: '192.0.2.1', status: 401 }),
      { timeMs: (180 + 4 * 3600) * 1000, label: STUFF, address: '192.0.2.1', status: 401 },
      ...series(12, 0, 40, { label: PEOPLE, address: '192.0.2.2', status: 401 }),
    ]);
    const { level } = logRules(truth);
    const of = (address: string) => [...level].filter((_, row) => truth.texts.address[truth.address[row]] === address);
    // The tenth comes at 180 s; the ban ends four hours later, to the second.
    expect(of('192.0.2.1')).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5, 0]);
    expect(of('192.0.2.2')).toEqual(new Array(12).fill(0));
  });
});
