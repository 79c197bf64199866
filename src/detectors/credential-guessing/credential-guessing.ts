/** Catalogue 3, for keys and tokens: somebody who presents one credential after the other until one is good. */
import { condition, distinct, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { hours } from '../../lib/units.ts';
import { about, WALD_BOUND } from '../evidence.ts';

/** Shares of bad credentials: clients have a good one, guessers hardly ever. */
const P0 = 0.1;
const P1 = 0.95;
const FLOOR = 2300;
const CEILING = 14_000;
/** A client with one wrong key tries it for days: it has to be several that are wrong. */
const DIFFERENT = 5;

/** What only who guesses or forges presents. What has expired or was revoked was good once. */
const FORGED: readonly number[] = [
  AUTH_OUTCOME.malformed,
  AUTH_OUTCOME.unknown,
  AUTH_OUTCOME.algorithm,
  AUTH_OUTCOME.issuer,
  AUTH_OUTCOME.signature,
];

/** Somebody presented a credential that could be checked here. */
const presented = condition(
  'credential checked',
  (f) => f.authOutcome === AUTH_OUTCOME.accepted || f.authOutcome > AUTH_OUTCOME.missing,
);
const isForged = (f: Facts): boolean => FORGED.includes(f.authOutcome);
const forged = condition('credential forged', isForged, presented);

function needsOf({ actor }: BuildContext) {
  const key = ['all', actor] as const;
  return {
    tries: sprt({ key, when: presented, hit: forged, p0: P0, p1: P1, floor: FLOOR, ceiling: CEILING }),
    different: distinct({ key, of: 'credential', windowMs: hours(1), when: forged }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const credentialGuessing = defineDetector({
  id: 'credential-guessing',
  number: 3,
  title: 'Guessed keys and forged tokens',
  class: 'credential-attack',
  group: 'failure',
  owasp: ['API2', 'OAT-007'],
  actors: ['ip', 'network', 'session'],
  on: 'request',
  when: forged,
  cap: CAP.sequential,
  findingAt: WALD_BOUND,
  build: (context) => {
    const least = Math.round(context.tune('different', DIFFERENT));
    return {
      needs: needsOf(context),
      judge: (v: Values) => (v.tries.llr < WALD_BOUND || v.different.n < least ? 0 : v.tries.llr),
      say: (v: Values) =>
        `${v.tries.hits} of ${v.tries.n} credentials were neither ours nor once good, ${about(v.different.n)} different ones`,
    };
  },
});
