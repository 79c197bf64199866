/** Catalogue 1: requests beyond what the busiest honest actors need, over minutes and within a moment. */

import { count, rate, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, NETWORK_CLASS } from '../../enrich/facts.ts';
import { minutes, seconds } from '../../lib/units.ts';
import { paced, pacedAnonymous } from '../conditions.ts';
import { ramp } from '../evidence.ts';

/** The limit over the learned 99.9 % quantile of busy actor-minutes. */
const HEADROOM = 1.5;
/** An API key stands for a service, whose pace is a machine's. What is learned is the pace of addresses: of people. */
const CREDENTIAL_FACTOR = 5;
/** At once, on top of a steady pace: more than a page and what its scripts ask for. */
const BURST_MIN = 45;
/** Steady pace under a burst, a second. */
const BURST_PER_SECOND_MIN = 5;

/** Evidence in millinats: a limit passed by a little is shown, by minutes' worth throttled; alone it never blocks. */
const FIRST = 4600;
const CAP_RATE = 7000;

function needsOf({ actor, baselines, tune }: BuildContext) {
  const when = actor === 'ip' ? pacedAnonymous : paced;
  const service = actor === 'credential' ? CREDENTIAL_FACTOR : 1;
  const limit = Math.max(1, Math.round(tune('per_minute', baselines.requestsPerMinuteP999 * HEADROOM) * service));
  const perSecond = Math.max(BURST_PER_SECOND_MIN * service, Math.ceil(limit / 40));
  const burst = Math.max(Math.round(tune('burst', BURST_MIN)) * service, Math.ceil(limit / 4));
  return {
    sustained: rate({ key: actor, when, limit, periodMs: minutes(1), burst: limit }),
    burst: rate({ key: actor, when, limit: perSecond, periodMs: seconds(1), burst }),
    minute: count({ key: actor, when, windowMs: minutes(1) }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const rateLimit = defineDetector({
  id: 'rate-limit',
  number: 1,
  title: 'Multi-key rate',
  class: 'resource-exhaustion',
  group: 'rate',
  owasp: ['API4', 'OAT-015'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'request',
  when: paced,
  cap: CAP_RATE,
  findingAt: FIRST,
  build: (context) => {
    const { actor, baselines } = context;
    const needs = needsOf(context);
    const { limit } = needs.sustained;
    const { burst, limit: perSecond } = needs.burst;
    const basis = baselines.origin === 'learned' ? 'learned limit' : 'assumed limit';
    const evidence = (v: Values): number => {
      const sustained = v.sustained.aheadMs > 0 ? ramp(v.sustained.aheadMs, 1, minutes(2), FIRST, CAP_RATE) : 0;
      // A schedule runs at most four periods ahead (features/rate.ts), and a burst's period is a second.
      const atOnce = v.burst.aheadMs > 0 ? ramp(v.burst.aheadMs, 1, seconds(4), FIRST, CAP_RATE - 1000) : 0;
      return Math.max(sustained, atOnce);
    };
    return {
      needs,
      judge(v: Values, facts) {
        if (v.sustained.aheadMs <= 0 && v.burst.aheadMs <= 0) return 0;
        return actor === 'ip' && isFrontDoor(facts) ? 0 : evidence(v);
      },
      say(v: Values) {
        if (v.sustained.aheadMs > 0) return `${v.minute.n} requests within a minute, ${basis} ${limit} a minute`;
        return `${v.minute.n} requests in a burst, ${basis} ${burst} at once and ${perSecond} a second`;
      },
    };
  },
});

/**
 * An internal address is a proxy that everybody comes through, or a colleague: nobody can be named by it, and who has an
 * accepted identity is not limited by address.
 */
function isFrontDoor(facts: Facts): boolean {
  return facts.networkClass === NETWORK_CLASS.internal || facts.has(FLAG.AUTHENTICATED);
}
