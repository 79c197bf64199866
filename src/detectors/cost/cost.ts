/** Catalogue 25: requests that cost much more than they look like, one by one or in sum. */

import { condition, count, rate, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, NETWORK_CLASS } from '../../enrich/facts.ts';
import { minutes } from '../../lib/units.ts';
import { ramp } from '../evidence.ts';

/** Cost units that a request costs at p99, and an actor takes in a busy minute, where nothing was learned. */
const P99_PRIOR = 1000;
const PER_MINUTE_PRIOR = 20_000;

/** Times the p99 from which one request tells, and at which it says all it can. */
const DEAR = 10;
const DEAREST = 100;
/** Room above the busiest honest minutes. */
const HEADROOM = 1.5;
/** A key stands for a service, a partner for several of them. */
const CREDENTIAL_FACTOR = 5;

const FIRST = 2300;
const CAP_ONE = 6900;
const OVER = 4600;
const CAP_COST = 7000;

const costly = condition('request of known cost', (f) => f.cost > 0);

function needsOf({ actor, baselines, tune }: BuildContext) {
  const service = actor === 'credential' ? CREDENTIAL_FACTOR : 1;
  const usual = baselines.cost?.perMinuteP999 ?? PER_MINUTE_PRIOR;
  const limit = Math.max(1, Math.round(tune('per_minute', usual * HEADROOM) * service));
  return {
    units: rate({ key: actor, when: costly, weigh: 'cost', limit, periodMs: minutes(1), burst: limit }),
    minute: count({ key: actor, when: costly, weigh: 'cost', windowMs: minutes(1) }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

const isFrontDoor = (f: Facts): boolean => f.networkClass === NETWORK_CLASS.internal || f.has(FLAG.AUTHENTICATED);

/** "48,000": figures of cost grow long. */
const grouped = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

export const cost = defineDetector({
  id: 'cost',
  number: 25,
  title: 'Costly requests',
  class: 'cost',
  group: 'rate',
  owasp: ['API4'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'request',
  when: costly,
  cap: CAP_COST,
  findingAt: FIRST,
  build: (context) => {
    const { actor, baselines, tune } = context;
    const p99 = Math.max(1, Math.round(tune('request_p99', baselines.cost?.p99 ?? P99_PRIOR)));
    const needs = needsOf(context);
    const { limit } = needs.units;
    const word = baselines.cost === undefined ? 'assumed' : 'learned';
    return {
      needs,
      judge(v: Values, f: Facts) {
        if (f.cost < p99 * DEAR && v.units.aheadMs <= 0) return 0;
        if (actor === 'ip' && isFrontDoor(f)) return 0;
        const one = ramp(f.cost, p99 * DEAR, p99 * DEAREST, FIRST, CAP_ONE);
        const sum = v.units.aheadMs > 0 ? ramp(v.units.aheadMs, 1, minutes(2), OVER, CAP_COST) : 0;
        return Math.min(CAP.sequential, Math.max(one, sum));
      },
      say(v: Values, f: Facts) {
        const parts: string[] = [];
        if (f.cost >= p99 * DEAR)
          parts.push(`a request bound to cost ${grouped(f.cost)} units, ${word} p99 is ${grouped(p99)}`);
        if (v.units.aheadMs > 0)
          parts.push(`${grouped(v.minute.n)} cost units within a minute, ${word} limit ${grouped(limit)} a minute`);
        return parts.join('; ');
      },
    };
  },
});
