/** Catalogue 18, its plainest part: the client says by its own name that it is a scanner or an attack tool. */

import { condition, count, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import { SOFTWARE_CLASS } from '../../enrich/facts.ts';
import { softwareName } from '../../enrich/software.ts';
import { hours } from '../../lib/units.ts';
import { counted } from '../evidence.ts';

/**
 * A tool names itself for honest use, so the name is believed; that its use was agreed with the owner is a matter of
 * the allowlist. Seven nats: enough to stop it at the usual prior of one in a thousand only with something besides.
 */
const DECLARED = 7000;
/** One request may be somebody's joke about an agent string; from here on it is a run. */
const RUN = 5;
const RUN_EVIDENCE = 8500;
/** Characters of the agent that a sentence shows. */
const SHOWN = 80;

const isTool = condition('declared tool', (f) => f.softwareClass === SOFTWARE_CLASS.tool);

function needsOf({ actor }: BuildContext) {
  return { requests: count({ key: actor, when: isTool, windowMs: hours(1) }) } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const declaredTool = defineDetector({
  id: 'declared-tool',
  number: 18,
  title: 'Declared tool',
  class: 'declared-tool',
  group: 'identity',
  owasp: ['OAT-014', 'OAT-018'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'request',
  when: isTool,
  cap: CAP.sequential,
  build: (context) => ({
    needs: needsOf(context),
    judge: (v: Values) => (v.requests.n >= RUN ? RUN_EVIDENCE : DECLARED),
    say(v: Values, facts) {
      const agent = facts.text('agent').replace(/[\p{Cc}\p{Cf}]/gu, '·');
      const cut = agent.length > SHOWN ? `${agent.slice(0, SHOWN)}…` : agent;
      const name = softwareName(facts.software);
      const called = name === '' ? 'a scanner' : name;
      return `calls itself ${called} (“${cut}”); ${counted(v.requests.n, 'request', 'requests')} within an hour`;
    },
  }),
});
