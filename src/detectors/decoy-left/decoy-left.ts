/** Catalogue 26: an answer carried a value that only decoys have: somebody is reading what nobody reads. */

import { condition, count, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, METHODS } from '../../enrich/facts.ts';
import { days } from '../../lib/units.ts';
import { counted, ramp } from '../evidence.ts';

/** What one answer says about who got it, in millinats, and what ten different ones do. */
const FIRST = 2300;
const SEVERAL = 10;

/** An answer that we made up ourselves is meant to hold decoys. */
const left = condition('decoy left', (f) => f.has(FLAG.DECOY_LEFT) && !f.has(FLAG.NOT_ADMITTED));

function needsOf({ actor }: BuildContext) {
  return { answers: count({ key: ['all', actor], when: left, windowMs: days(1) }) } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

/** Who has an identity of its own answers for itself. */
const isNamed = ({ batch, row }: Facts): boolean =>
  batch.sessionLo[row] !== 0 || batch.credentialLo[row] !== 0 || batch.principalLo[row] !== 0;

export const decoyLeft = defineDetector({
  id: 'decoy-left',
  number: 26,
  title: 'Decoy value in an answer',
  class: 'decoy',
  group: 'decoy',
  owasp: ['API1', 'API3'],
  actors: ['route', 'ip', 'session', 'credential', 'principal'],
  on: 'response',
  when: left,
  cap: CAP.outlier,
  findingAt: FIRST,
  build: (context) => ({
    needs: needsOf(context),
    judge(v: Values, f: Facts) {
      if (context.actor === 'ip' && isNamed(f)) return 0;
      return ramp(v.answers.n, 1, SEVERAL, FIRST, CAP.outlier);
    },
    say(v: Values, f: Facts) {
      const path = f
        .text('target')
        .split('?', 1)[0]
        .replace(/[\p{Cc}\p{Cf}]/gu, '·')
        .slice(0, 60);
      const answers = counted(v.answers.n, 'answer', 'answers');
      return `${answers} within a day carried a value that only decoys have, the last to ${METHODS[f.method]} ${path}: records that nobody uses are being read`;
    },
  }),
});
