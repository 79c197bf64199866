/** Catalogue 9: somebody who tries promotion, gift or one-time codes until one works, alone or spread over many accounts. */
import { count, cusum, distinct, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, type Detector, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { logRatio } from '../../lib/fixed.ts';
import { hours, minutes } from '../../lib/units.ts';
import { about, percent, ramp, WALD_BOUND } from '../evidence.ts';
import { attemptKey, codeAttempt, codeRejected, codeRejectedNamed } from '../outcomes.ts';

/** Shares of rejected codes: people mistype and come late, guessers are nearly always wrong. */
const P0 = 0.3;
const P1 = 0.95;
const FLOOR = 2300;
/** For software that many people use: of so many runs of bad luck one reaches any bound, unless they start low. */
const FLOOR_CROWD = 12_000;
const CEILING = 14_000;
/** One expired code tried again and again is one code. */
const PER_CODE = logRatio(P1, P0);

/** Accounts behind one client software, and codes they tried, before the software as a whole says anything. */
const CROWD_LEAST = 8;

/** Where the sum over a route raises the alarm, and where it says all it can say, in millinats. */
const ALARM = 16_000;
const FULL = 32_000;
const ROUTE_CEILING = 40_000;
/** Smallest change of the share of rejected codes to be noticed, as odds ratio: 30 → 56 %. */
const ODDS = 3;
/** One address counts so often in ten minutes: what one does is for its own test. */
const PER_ADDRESS = 2;
const PER_ADDRESS_MS = minutes(10);
/**
 * Different rejected codes, and addresses, below which it may be one code that ran out and still stands in a newsletter. For
 * the same reason half of the rejected ones must differ.
 */
const ROUTE_CODES = 20;
const ROUTE_ADDRESSES = 10;
const ROUTE_FINDING = 4600;

export const codeGuessing: Detector = defineDetector({
  id: 'code-guessing',
  number: 9,
  title: 'Code guessing',
  class: 'code-guessing',
  group: 'failure',
  owasp: ['API6', 'OAT-002'],
  actors: ['ip', 'session', 'credential', 'principal', 'device', 'fingerprint', 'route'],
  on: 'response',
  when: codeRejected,
  cap: CAP.sequential,
  findingAt: ROUTE_FINDING,
  build: (context) =>
    (context.actor === 'route' ? ofRoute(context) : ofActor(context)) as unknown as ReturnType<Detector['build']>,
});

/** Whoever tries codes, whatever accounts they are tried for. */
function ofActor({ actor }: BuildContext) {
  const key = attemptKey(actor);
  const crowd = actor === 'fingerprint';
  const windowMs = hours(1);
  const floor = crowd ? FLOOR_CROWD : FLOOR;
  const needs = {
    codes: sprt({ key, when: codeAttempt, hit: codeRejected, p0: P0, p1: P1, floor, ceiling: CEILING }),
    different: distinct({ key, of: 'object', windowMs, when: codeRejectedNamed }),
    accounts: distinct({ key, of: 'principal', windowMs, when: codeRejected }),
  } as const;
  type V = ValuesOf<typeof needs>;
  return {
    needs,
    judge(v: V, facts: Facts) {
      if (v.codes.llr < WALD_BOUND) return 0;
      if (crowd && (v.accounts.n < CROWD_LEAST || v.different.n < CROWD_LEAST)) return 0;
      // An exchange that does not tell its code may have brought one more than those that are known.
      const known = v.different.n + (facts.hasObject ? 0 : 1);
      return (facts.hasObject || v.different.n > 0) && known * PER_CODE < WALD_BOUND ? 0 : v.codes.llr;
    },
    say(v: V) {
      const { hits, n } = v.codes;
      const codes = v.different.n > 1 ? `, ${about(v.different.n)} different ones` : '';
      const accounts = v.accounts.n > 1 ? `, from ${about(v.accounts.n)} accounts` : '';
      return `${hits} of ${n} codes were rejected${codes}${accounts} (usual, as assumed: 30 %)`;
    },
  };
}

/** A route on which far more codes are wrong than usual, though nobody stands out. */
function ofRoute({ tune }: BuildContext) {
  const key = attemptKey('route');
  const turns = count({ key: ['path', 'ip'], when: codeAttempt, windowMs: PER_ADDRESS_MS });
  const needs = {
    rejected: cusum({
      key,
      when: codeAttempt,
      guard: { of: turns, is: 'under', than: PER_ADDRESS + 1 },
      hit: codeRejected,
      p0: [P0],
      oddsRatio: ODDS,
      ceiling: ROUTE_CEILING,
    }),
    different: distinct({ key, of: 'object', windowMs: hours(6), when: codeRejectedNamed }),
    addresses: distinct({ key, of: 'ip', windowMs: hours(6), when: codeRejected }),
  } as const;
  type V = ValuesOf<typeof needs>;
  const alarm = Math.round(tune('route_alarm', ALARM));
  return {
    needs,
    judge(v: V) {
      if (v.rejected.s < alarm || v.addresses.n < ROUTE_ADDRESSES) return 0;
      // Where codes are not known, one that ran out looks like many: it takes more to be sure.
      const from = v.different.n > 0 ? alarm : FULL;
      if (v.rejected.s < from) return 0;
      if (v.different.n > 0 && (v.different.n < ROUTE_CODES || v.different.n * 2 < v.rejected.hits)) return 0;
      return ramp(v.rejected.s, from, ROUTE_CEILING, ROUTE_FINDING, CAP.sequential);
    },
    say(v: V) {
      const { hits, n } = v.rejected;
      const codes = v.different.n > 1 ? ` of ${about(v.different.n)} kinds` : '';
      return (
        `${percent(hits, n)} of the codes sent here were rejected (${hits} of ${n}${codes}), from ` +
        `${about(v.addresses.n)} addresses; usual, as assumed: 30 %`
      );
    },
  };
}
