/** Catalogue 19: an actor that keeps changing what it looks like or where it comes from. */

import { condition, count, distinct, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { NETWORK_CLASS } from '../../enrich/facts.ts';
import { hours, minutes } from '../../lib/units.ts';
import { anonymous } from '../conditions.ts';
import { about, ramp } from '../evidence.ts';

/** Different agents of one address within ten minutes. */
const AGENTS = 8;
/** Behind carriers' gateways there are many phones: twice as many are needed there. */
const CARRIER_TIMES = 2;
/** Further requests under an agent already seen, per agent, at most: whoever uses a page comes with many. */
const REPEATS_PER_AGENT = 1;

/** Different networks of one session within an hour: somebody who travels changes twice. */
const NETWORKS = 8;

/** Different sessions of one client software within an hour, and requests per session at most, in tenths. */
const SESSIONS = 200;
const REQUESTS_PER_TEN_SESSIONS = 13;

const FINDING = 2300;
/** What changing alone can say, in millinats: worth a challenge at most. */
const CAP_ROTATION = 6000;

const inSession = condition('has a session', (f) => f.batch.sessionLo[f.row] !== 0);

export const rotation = defineDetector({
  id: 'rotation',
  number: 19,
  title: 'Rotation and churn',
  class: 'rotation',
  group: 'identity',
  owasp: ['OAT-008', 'OAT-011'],
  actors: ['ip', 'session', 'fingerprint'],
  on: 'response',
  when: anonymous,
  cap: CAP_ROTATION,
  findingAt: FINDING,
  build: (context) =>
    (context.actor === 'ip'
      ? ofAddress(context)
      : context.actor === 'session'
        ? ofSession(context)
        : ofSoftware(context)) as never,
});

function agentNeeds() {
  const agents = distinct({ key: 'ip', of: 'agent', windowMs: minutes(10), when: anonymous });
  return {
    agents,
    repeats: count({ key: 'ip', windowMs: minutes(10), when: anonymous, guard: { of: agents, is: 'seen' } }),
  } as const;
}

function ofAddress({ tune }: BuildContext) {
  const least = Math.round(tune('agents', AGENTS));
  const from = (facts: Facts): number => (facts.networkClass === NETWORK_CLASS.mobile ? least * CARRIER_TIMES : least);
  type Values = ValuesOf<ReturnType<typeof agentNeeds>>;
  return {
    needs: agentNeeds(),
    judge(v: Values, facts: Facts) {
      const { n } = v.agents;
      if (n < least || v.repeats.n > n * REPEATS_PER_AGENT) return 0;
      return ramp(n, from(facts), from(facts) * 4, FINDING, CAP_ROTATION);
    },
    say(v: Values) {
      const requests = v.agents.n + v.repeats.n;
      return `${about(v.agents.n)} different agents in ${requests} requests within 10 min, none of which loads pages as browsers do`;
    },
  };
}

function ofSession({ tune }: BuildContext) {
  const least = Math.round(tune('networks', NETWORKS));
  const needs = { networks: distinct({ key: 'session', of: 'network', windowMs: hours(1), when: anonymous }) } as const;
  return {
    needs,
    judge: (v: ValuesOf<typeof needs>) => ramp(v.networks.n, least, least * 4, FINDING, CAP_ROTATION),
    say: (v: ValuesOf<typeof needs>) => `one session from ${about(v.networks.n)} networks within an hour`,
  };
}

function ofSoftware({ tune }: BuildContext) {
  const least = Math.round(tune('sessions', SESSIONS));
  // Apart from the software's own record: logs without sessions never need it.
  const key = ['all', 'fingerprint'] as const;
  const needs = {
    sessions: distinct({ key, of: 'session', windowMs: hours(1), when: inSession }),
    requests: count({ key, windowMs: hours(1), when: inSession }),
  } as const;
  return {
    needs,
    judge(v: ValuesOf<typeof needs>) {
      const { n } = v.sessions;
      if (n < least || v.requests.n * 10 > n * REQUESTS_PER_TEN_SESSIONS) return 0;
      return ramp(n, least, least * 16, FINDING, CAP_ROTATION);
    },
    say: (v: ValuesOf<typeof needs>) =>
      `about ${v.sessions.n} sessions for ${v.requests.n} requests within an hour: nearly every request brings a new one`,
  };
}
