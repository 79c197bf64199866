/** Catalogue 24: a request that carries code for somebody else's interpreter. */

import { condition, count, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { contentRule } from '../../enrich/content/rules.ts';
import { BOT_STATUS, CONTENT_FIELD } from '../../enrich/facts.ts';
import { hours } from '../../lib/units.ts';
import { counted } from '../evidence.ts';
import { FIELD_WEIGHT } from './weights.ts';

const PERMILLE = 1000;

/** Below this a hit is what broken front ends produce: it neither counts nor grows. */
const COUNTED_FROM = 2500;
/** At or above this a single hit is a finding. */
const STRONG_FROM = 4600;
/** What each further hit within the window adds, and where adding ends. */
const STEP = 600;
const WEAK_CEILING = 6500;
const WINDOW_MS = hours(1);

/** Bytes of the span that a sentence shows. */
const SHOWN = 80;

/** How a sentence calls each CONTENT_FIELD. */
const FIELD_NAME = new Map<number, string>(Object.entries(CONTENT_FIELD).map(([name, id]) => [id, `the ${name}`]));
FIELD_NAME.set(CONTENT_FIELD.header, 'a header');

/** What the crawler of a search engine carries, it found in somebody's link: its network proves who it is. */
const carriesCode = condition(
  'content hit',
  (f) => f.contentMillinats >= COUNTED_FROM && f.botStatus !== BOT_STATUS.verified,
);
const carriesStrongCode = condition('strong content hit', (f) => carriesCode.test(f) && weighed(f) >= STRONG_FROM);

function weighed(facts: Facts): number {
  return Math.trunc((facts.contentMillinats * (FIELD_WEIGHT[facts.contentField] ?? 0)) / PERMILLE);
}

function needsOf({ actor }: BuildContext) {
  // Few addresses ever send such a thing: the counts have records of their own.
  const key = ['all', actor] as const;
  return {
    hits: count({ key, when: carriesCode, windowMs: WINDOW_MS }),
    strong: count({ key, when: carriesStrongCode, windowMs: WINDOW_MS }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const injection = defineDetector({
  id: 'injection',
  number: 24,
  title: 'Injected code',
  class: 'injection',
  group: 'content',
  owasp: ['API8', 'OAT-014'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'request',
  when: carriesCode,
  cap: CAP.sequential,
  findingAt: STRONG_FROM,
  build: (context) => ({
    needs: needsOf(context),
    judge(v: Values, facts) {
      const base = weighed(facts);
      const more = base >= STRONG_FROM ? v.strong.n - 1 : v.hits.n - 1;
      if (more <= 0) return base;
      const ceiling = base >= STRONG_FROM ? CAP.sequential : WEAK_CEILING;
      return Math.max(base, Math.min(ceiling, base + more * STEP));
    },
    say(v: Values, facts) {
      const rule = contentRule(facts.contentRule);
      const field = FIELD_NAME.get(facts.contentField) ?? 'the request';
      const what = rule === undefined ? 'carries code' : `${rule.says} (${rule.name})`;
      const times = v.hits.n > 1 ? `; ${counted(v.hits.n, 'such request', 'such requests')} within an hour` : '';
      return `${field} ${what}: ${shown(facts.text('content'))}${times}`;
    },
  }),
});

/** The span between quotation marks, without control characters, cut to a line's length. */
function shown(text: string): string {
  const printable = text.replace(/[\p{Cc}\p{Cf}\ufffd]/gu, '·');
  return `“${printable.length > SHOWN ? `${printable.slice(0, SHOWN)}…` : printable}”`;
}
