/** Catalogue 13: somebody who asks, name by name, which accounts exist. */
import { count, distinct, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { hours } from '../../lib/units.ts';
import { about, ramp, WALD_BOUND } from '../evidence.ts';
import { accountMissing, accountQuestion, attemptKey } from '../outcomes.ts';

/** Shares of questions that miss: people mistype, and look for names that are free; lists are mostly wrong. */
const P0 = 0.4;
const P1 = 0.95;
const FLOOR = 2300;
const CEILING = 14_000;

/**
 * Accounts asked about within an hour. A form that asks at every key stroke makes some twenty or thirty questions for one
 * person; behind an address there may be several.
 */
const BY_ONE = 40;
const BY_ADDRESS = 60;
/** With next to no hit, half as many say as much. */
const MISSING_PART = 2;

const FINDING = 4600;

function needsOf({ actor }: BuildContext) {
  const key = attemptKey(actor);
  return {
    questions: count({ key, when: accountQuestion, windowMs: hours(1) }),
    accounts: distinct({ key, of: 'object', windowMs: hours(1), when: accountQuestion }),
    misses: sprt({ key, when: accountQuestion, hit: accountMissing, p0: P0, p1: P1, floor: FLOOR, ceiling: CEILING }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const accountEnumeration = defineDetector({
  id: 'account-enumeration',
  number: 13,
  title: 'Account enumeration',
  class: 'enumeration',
  group: 'identity',
  owasp: ['API2'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'response',
  when: accountQuestion,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: (context) => {
    const limit =
      context.actor === 'ip'
        ? Math.round(context.tune('accounts_by_address', BY_ADDRESS))
        : Math.round(context.tune('accounts', BY_ONE));
    return {
      needs: needsOf(context),
      judge(v: Values, facts: Facts) {
        const asked = askedFor(v, facts);
        const from = v.misses.llr >= WALD_BOUND ? Math.ceil(limit / MISSING_PART) : limit;
        return asked < from ? 0 : ramp(asked, from, from * 4, FINDING, CAP.sequential);
      },
      say(v: Values, facts: Facts) {
        const asked = askedFor(v, facts);
        const missing = v.misses.llr >= WALD_BOUND ? `, ${v.misses.hits} of the last ${v.misses.n} do not exist` : '';
        const what = facts.hasObject ? 'different accounts asked about' : 'questions about accounts';
        return `${about(asked)} ${what} within an hour${missing}; the limit is ${limit}`;
      },
    };
  },
});

/** Different accounts where the log shows them; else every question counts, because forms hide theirs in the body. */
function askedFor(v: Values, facts: Facts): number {
  return facts.hasObject ? v.accounts.n : v.questions.n;
}
