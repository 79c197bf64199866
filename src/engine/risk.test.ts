import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASSES, GROUPS } from './detector.ts';
import {
  addEvidence,
  decay,
  HALF_LIFE_SEC,
  logOdds,
  PRIOR_MILLINATS,
  passOn,
  probabilityMillionths,
  RISK,
} from './risk.ts';

fc.configureGlobal({ seed: 20240304 });

const T = 1_709_510_400;
const record = (sec = T): Int32Array => {
  const risk = new Int32Array(RISK.size);
  risk[RISK.sec] = sec;
  return risk;
};
const group = (name: (typeof GROUPS)[number]): number => GROUPS.indexOf(name);
const klass = (name: (typeof CLASSES)[number]): number => CLASSES.indexOf(name);
const PROBING = klass('probing');

describe('fusion', () => {
  /** Evidence by group for one class, the log-odds worked out by hand. */
  const cases: [string, Partial<Record<(typeof GROUPS)[number], number>>, number][] = [
    ['nothing', {}, -6907],
    ['one group in full', { failure: 5000 }, -6907 + 5000],
    ['the second at 70 %', { failure: 5000, rate: 3000 }, -6907 + 5000 + 2100],
    [
      'the stronger first, whichever group it is in',
      { rate: 5000, decoy: 9000, content: 7000 },
      -6907 + 9000 + 4900 + 2450,
    ],
    [
      'seven groups',
      { rate: 7000, identity: 6000, failure: 5000, content: 4000, sequence: 3000, population: 2000, decoy: 1000 },
      -6907 + 7000 + 4200 + 2450 + 1372 + 720 + 336 + 118,
    ],
    [
      'evidence against in full, and no rank for it',
      { failure: 5000, rate: -2000, content: 4000 },
      -6907 - 2000 + 5000 + 2800,
    ],
    ['only evidence against', { identity: -1500 }, -8407],
    ['fractions cut off', { failure: 1001, rate: 999 }, -6907 + 1001 + 699],
  ];
  it.each(cases)('counts %s', (_, evidence, expected) => {
    const risk = record();
    for (const [name, millinats] of Object.entries(evidence))
      addEvidence(risk, 0, PROBING, GROUPS.indexOf(name as 'rate'), millinats);
    expect(logOdds(risk, 0, PROBING)).toBe(expected);
    expect(logOdds(risk, 0, klass('scraping'))).toBe(PRIOR_MILLINATS);
  });

  it('takes the maximum within a group, and keeps what stands against weaker or milder news', () => {
    const risk = record();
    const g = group('failure');
    const says = (millinats: number): number => {
      addEvidence(risk, 0, PROBING, g, millinats);
      return logOdds(risk, 0, PROBING) - PRIOR_MILLINATS;
    };
    expect([3000, 2000, 4000, -1000, 100].map(says)).toEqual([3000, 3000, 4000, 4000, 4000]);
    const fresh = record();
    addEvidence(fresh, 0, PROBING, g, -500);
    addEvidence(fresh, 0, PROBING, g, 700);
    expect(logOdds(fresh, 0, PROBING)).toBe(PRIOR_MILLINATS + 700);
  });

  it('never falls when evidence for abuse is added', () => {
    const some = fc.tuple(fc.nat(GROUPS.length - 1), fc.integer({ min: -2000, max: 12_000 }));
    fc.assert(
      fc.property(
        fc.array(some, { maxLength: 12 }),
        fc.nat(GROUPS.length - 1),
        fc.integer({ min: 1, max: 12_000 }),
        (list, g, more) => {
          const risk = record();
          for (const [where, millinats] of list) addEvidence(risk, 0, PROBING, where, millinats);
          const before = logOdds(risk, 0, PROBING);
          addEvidence(risk, 0, PROBING, g, more);
          expect(logOdds(risk, 0, PROBING)).toBeGreaterThanOrEqual(before);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads the record at its place', () => {
    const both = new Int32Array(2 * RISK.size);
    addEvidence(both, RISK.size, PROBING, 0, 5000);
    expect(logOdds(both, 0, PROBING)).toBe(PRIOR_MILLINATS);
    expect(logOdds(both, RISK.size, PROBING)).toBe(PRIOR_MILLINATS + 5000);
  });
});

describe('half-life', () => {
  const aged = (seconds: number, start = T): number => {
    const risk = record(start);
    addEvidence(risk, 0, PROBING, 0, 8000);
    decay(risk, 0, start + seconds);
    return risk[0];
  };

  it('halves evidence every 30 minutes, down to nothing', () => {
    expect(aged(59)).toBe(8000);
    for (const half of [1, 2, 3, 6])
      expect(Math.abs(aged(half * HALF_LIFE_SEC) - 8000 / 2 ** half)).toBeLessThanOrEqual(1);
    expect(Math.abs(aged(900) - 8000 * Math.SQRT1_2)).toBeLessThanOrEqual(1);
    expect(aged(25 * HALF_LIFE_SEC)).toBe(0);
    expect(aged(1e9)).toBe(0);
  });

  it('is the same after 2038', () => {
    for (const start of [2 ** 31 - 100, 2 ** 31 + 100]) expect(aged(HALF_LIFE_SEC, start)).toBe(aged(HALF_LIFE_SEC));
    expect(aged(10, 2 ** 31 + 100)).toBe(8000);
  });

  it('depends little on how often it was looked at', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 }), (gaps) => {
        const often = record();
        addEvidence(often, 0, PROBING, 0, 9000);
        let now = T;
        for (const gap of gaps) {
          now += gap;
          decay(often, 0, now);
        }
        // Whole steps are kept, so no time is lost; each look cuts off less than a millinat and the table's last bit.
        expect(Math.abs(often[0] - aged(now - T) * (9 / 8))).toBeLessThanOrEqual(gaps.length * 1.2 + 2);
        expect(often[RISK.sec]).toBe(T + Math.floor((now - T) / 60) * 60);
      }),
    );
  });

  it('lets evidence against abuse fade as well, and touches nothing else', () => {
    const risk = record();
    risk[0] = -2000;
    risk.fill(77, RISK.action);
    decay(risk, 0, T + HALF_LIFE_SEC);
    expect(risk[0]).toBe(-1000);
    expect([...risk.subarray(RISK.action)]).toEqual(Array(RISK.size - RISK.action).fill(77));
    decay(risk, 0, T);
    expect(risk[0]).toBe(-1000);
  });
});

describe('probability', () => {
  it('is that of the log-odds to a fortieth of a nat, rising, and bounded', () => {
    let previous = 0;
    for (let m = -13_000; m <= 13_000; m += 10) {
      const p = probabilityMillionths(m);
      expect(p).toBeGreaterThanOrEqual(previous);
      const low = 1e6 / (1 + Math.exp(-(Math.max(-12_000, Math.min(12_000, m)) - 50) / 1000));
      const high = 1e6 / (1 + Math.exp(-Math.max(-12_000, Math.min(12_000, m)) / 1000));
      expect(p).toBeGreaterThanOrEqual(low - 1);
      expect(p).toBeLessThanOrEqual(high + 1);
      previous = p;
    }
    expect(probabilityMillionths(0)).toBe(500_000);
    expect(probabilityMillionths(1e9)).toBe(probabilityMillionths(12_000));
  });
});

describe('what is passed on', () => {
  const pair = (...evidence: readonly [Parameters<typeof klass>[0], number][]): [boolean, Int32Array] => {
    const risk = new Int32Array(2 * RISK.size).fill(77, RISK.size);
    risk[RISK.sec] = T;
    risk[RISK.action] = 2;
    for (const [name, millinats] of evidence) addEvidence(risk, 0, klass(name), group('identity'), millinats);
    return [passOn(risk, 0, RISK.size), risk.slice(RISK.size)];
  };

  it('is half of the evidence, as old as it is, and nothing of what stands', () => {
    const [passed, risk] = pair(['probing', 5001], ['take-over', -301]);
    expect(passed).toBe(true);
    expect([logOdds(risk, 0, PROBING), logOdds(risk, 0, klass('take-over'))]).toEqual([-6907 + 2500, -6907 - 150]);
    expect([risk[RISK.sec], risk[RISK.action], risk[RISK.untilSec]]).toEqual([T, 0, 0]);
  });

  it('leaves out that a key leaked: somebody else has it', () => {
    expect(pair(['leaked-key', 9000])[0]).toBe(false);
    const [passed, risk] = pair(['leaked-key', 9000], ['probing', 4000]);
    expect([passed, logOdds(risk, 0, klass('leaked-key')), logOdds(risk, 0, PROBING)]).toEqual([true, -6907, -4907]);
    expect(pair()[0]).toBe(false);
  });
});
