/** Catalogue 9, as far as a log shows it: somebody who tries promotion, gift or one-time codes until one works. */
import { distinct, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { ln, logRatio, millinats } from '../../lib/fixed.ts';
import { hours } from '../../lib/units.ts';
import { about } from '../evidence.ts';
import { attemptKey, codeAttempt, codeRejected, codeRejectedNamed } from '../outcomes.ts';

/** Wald's upper bound for α = 1e-4 and β = 0.01, in millinats. */
const BOUND = millinats(ln(0.99 / 1e-4));
/** Shares of rejected codes: people mistype and come late, guessers are nearly always wrong. */
const P0 = 0.3;
const P1 = 0.95;
const FLOOR = 2300;
const CEILING = 14_000;
/** One expired code tried again and again is one code. */
const PER_CODE = logRatio(P1, P0);

function needsOf({ actor }: BuildContext) {
  const key = attemptKey(actor);
  return {
    codes: sprt({ key, when: codeAttempt, hit: codeRejected, p0: P0, p1: P1, floor: FLOOR, ceiling: CEILING }),
    different: distinct({ key, of: 'object', windowMs: hours(1), when: codeRejectedNamed }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const codeGuessing = defineDetector({
  id: 'code-guessing',
  number: 9,
  title: 'Code guessing',
  class: 'code-guessing',
  group: 'failure',
  owasp: ['API6', 'OAT-002'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'response',
  when: codeRejected,
  cap: CAP.sequential,
  findingAt: BOUND,
  build: (context) => ({
    needs: needsOf(context),
    judge(v: Values, facts: Facts) {
      if (v.codes.llr < BOUND) return 0;
      // An exchange that does not tell its code may have brought one more than those that are known.
      const known = v.different.n + (facts.hasObject ? 0 : 1);
      return (facts.hasObject || v.different.n > 0) && known * PER_CODE < BOUND ? 0 : v.codes.llr;
    },
    say(v: Values) {
      const { hits, n } = v.codes;
      const codes = v.different.n > 1 ? `, ${about(v.different.n)} different ones` : '';
      return `${hits} of ${n} codes were rejected${codes} (usual, as assumed: 30 %)`;
    },
  }),
});
