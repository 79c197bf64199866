/** Catalogue 6: logins of a whole population fail more than they used to, though no single actor stands out. */
import { count, cusum, distinct, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { hours, minutes } from '../../lib/units.ts';
import { about, percent, ramp } from '../evidence.ts';
import { attemptKey, loginAttempt, loginFailed } from '../outcomes.ts';

/** Where the sum raises the alarm, and where it says all it can say, in millinats. */
const ALARM = 16_000;
const FULL = 32_000;
const CEILING = 40_000;

/** Smallest change to be noticed, as odds ratio: 20 → 29 % of logins failing. */
const ODDS_LEARNED = 1.6;
/** Without history the usual share is a guess: only a change that would be one for most sites counts. */
const ODDS_PRIOR = 3;
const P0_PRIOR = 0.3;

/**
 * One address counts so often in ten minutes, whether it fails or not: a client that repeats an old password, or an office
 * that arrives at work, is no change of a population.
 */
const PER_ADDRESS = 2;
const PER_ADDRESS_MS = minutes(10);
/** However sure the sum is, fewer addresses than this are no population. */
const MIN_ADDRESSES = 10;
const ADDRESS_WINDOW_MS = hours(6);

const FINDING = 4600;

function needsOf({ actor, baselines }: BuildContext) {
  const key = attemptKey(actor);
  const learned = baselines.origin === 'learned';
  const byHour = baselines.loginFailureByHourOfWeek;
  const overall = learned ? baselines.loginFailure : Math.max(P0_PRIOR, baselines.loginFailure);
  const turns = count({ key: ['path', 'ip'], when: loginAttempt, windowMs: PER_ADDRESS_MS });
  return {
    failures: cusum({
      key,
      when: loginAttempt,
      guard: { of: turns, is: 'under', than: PER_ADDRESS + 1 },
      hit: loginFailed,
      p0: learned && byHour.length > 0 ? byHour : [overall],
      oddsRatio: learned ? ODDS_LEARNED : ODDS_PRIOR,
      ceiling: CEILING,
    }),
    addresses: distinct({ key, of: 'ip', windowMs: ADDRESS_WINDOW_MS, when: loginFailed }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const populationChange = defineDetector({
  id: 'population-change',
  number: 6,
  title: 'Change in login failures of a population',
  class: 'credential-attack',
  group: 'population',
  owasp: ['API2', 'OAT-008'],
  actors: ['tenant', 'route', 'fingerprint', 'asn'],
  on: 'response',
  when: loginFailed,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: (context) => {
    const alarm = Math.round(context.tune('alarm', ALARM));
    const least = Math.round(context.tune('addresses', MIN_ADDRESSES));
    const usual = context.baselines.origin === 'learned' ? 'usually' : 'usually, as assumed,';
    return {
      needs: needsOf(context),
      judge(v: Values, facts: Facts) {
        if (v.failures.s < alarm || (hasAddress(facts) && v.addresses.n < least)) return 0;
        return ramp(v.failures.s, alarm, FULL, FINDING, CAP.sequential);
      },
      say(v: Values, facts: Facts) {
        const { hits, n, p0 } = v.failures;
        const from = hasAddress(facts) ? `; failures came from ${about(v.addresses.n)} addresses` : '';
        return `login failures at ${percent(hits, n)} (${hits} of ${n}), ${usual} ${percent(p0, 1000)}${from}`;
      },
    };
  },
});

function hasAddress({ batch, row }: Facts): boolean {
  return batch.ipLo[row] !== 0 || batch.ipHi[row] !== 0;
}
