/** Catalogue 26: a visit to a place that nobody has a reason to visit. */

import { condition, count, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { DECOY_VALUES } from '../../enrich/content/decoys.ts';
import { BOT_STATUS } from '../../enrich/facts.ts';
import { BODY_KIND } from '../../enrich/kinds.ts';
import { days } from '../../lib/units.ts';
import { counted } from '../evidence.ts';

/** Characters of the path that a sentence shows. */
const SHOWN = 80;

/** A verified crawler follows links that others plant; it is told off by robots.txt, not by a block. */
const touchesDecoy = condition('decoy touched', (f) => f.decoy !== 0 && f.botStatus !== BOT_STATUS.verified);

function needsOf({ actor }: BuildContext) {
  return { touches: count({ key: actor, when: touchesDecoy, windowMs: days(1) }) } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

/** Bodies are looked at where there is one; a value of the path or the query stands in a request without. */
const inBody = (facts: Facts): boolean => facts.bodyKind !== BODY_KIND.none;

export const decoy = defineDetector({
  id: 'decoy',
  number: 26,
  title: 'Decoy touched',
  class: 'decoy',
  group: 'decoy',
  owasp: ['API9', 'OAT-014', 'OAT-018'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'request',
  when: touchesDecoy,
  cap: CAP.certain,
  deterministic: true,
  build: (context) => ({
    needs: needsOf(context),
    judge: () => CAP.certain,
    say(v: Values, facts) {
      const times = v.touches.n > 1 ? `, ${counted(v.touches.n, 'touch', 'touches')} within a day` : '';
      if (facts.decoy >= DECOY_VALUES)
        return `sent a value that only decoys have given out${inBody(facts) ? ', in the body of a request' : ''}: it was read where nobody reads${times}`;
      const path = facts
        .text('target')
        .split('?', 1)[0]
        .replace(/[\p{Cc}\p{Cf}]/gu, '·');
      const cut = path.length > SHOWN ? `${path.slice(0, SHOWN)}…` : path;
      return `asked for decoy ${facts.decoy} (${cut}), which nothing that people use leads to${times}`;
    },
  }),
});
