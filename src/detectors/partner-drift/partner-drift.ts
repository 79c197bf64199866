/** Catalogue 21: a partner uses its access in another way than it did: more, at other hours, or for other things. */

import { condition, count, mix, pace, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, ROUTE_CLASS } from '../../enrich/facts.ts';
import type { RouteTemplate } from '../../enrich/model.ts';
import { BUSINESS } from '../../event/exchange.ts';
import { days } from '../../lib/units.ts';
import { percent, ramp } from '../evidence.ts';

/** Requests an hour are taken to vary like a negative binomial of this size: variance μ + μ²/4, a fourfold hour is rare. */
const SIZE = 4;
/** Probability of an hour that tells. */
const TAIL = 1e-5;
/** However quiet an hour usually is, so many requests are nothing; and such a part of the busiest hour. */
const QUIET = 20;
const PART_OF_PEAK = 8;
/** Hours of past before a rate is usual. */
const SETTLED = 24;

/** Divergence of the mix of routes in thousandths of a bit: where it tells, and where it says all it can. */
const DIVERGENCE = 200;
const DIVERGENCE_FULL = 600;

/** Share of the daily quota in permille from which it is said, and what it adds to a drift. */
const NEAR_QUOTA = 800;
const QUOTA_ADDS = 500;

const FINDING = 2300;
const CAP_DRIFT = 5500;

/** Only a key that was accepted stands for a partner: anybody can send any. */
const called = condition(
  'call with an accepted key',
  (f) =>
    f.has(FLAG.AUTHENTICATED) &&
    f.batch.credentialLo[f.row] !== 0 &&
    f.kind !== BUSINESS &&
    f.routeClass !== ROUTE_CLASS.asset &&
    f.status < 500,
);

/** Smallest count whose upper tail under a negative binomial of mean `mean` is below {@link TAIL}. */
function rareFrom(mean: number): number {
  const step = mean / (SIZE + mean);
  let p = 1;
  for (let i = 0; i < SIZE; i++) p *= SIZE / (SIZE + mean);
  let below = 0;
  for (let n = 0; ; n++) {
    if (1 - below < TAIL) return n;
    below += p;
    p *= ((n + SIZE) / (n + 1)) * step;
  }
}

/** Means of the table: 1, 2, 4 … 1,024. Between them it is a straight line, beyond them the same factor. */
const LAST_MEAN = 10;
const RARE = Int32Array.from({ length: LAST_MEAN + 1 }, (_, i) => rareFrom(1 << i));

/** The count an hour that tells where `mean` is usual. */
function limitFor(mean: number): number {
  if (mean <= 1) return RARE[0];
  const place = 31 - Math.clz32(mean);
  if (place >= LAST_MEAN) return Math.floor((RARE[LAST_MEAN] * mean) / (1 << LAST_MEAN));
  const low = 1 << place;
  return RARE[place] + Math.floor(((RARE[place + 1] - RARE[place]) * (mean - low)) / low);
}

function needsOf({ actor }: BuildContext) {
  const common = { key: ['all', actor], when: called } as const;
  return {
    hour: pace(common),
    mix: mix({ ...common, of: 'route' }),
    day: count({ ...common, windowMs: days(1) }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

/** Requests an hour from which this one tells. */
function limitOf({ hour }: Values): number {
  return limitFor(Math.max(hour.usual, Math.floor(hour.peak / PART_OF_PEAK), QUIET));
}

function rateEvidence(v: Values): number {
  if (v.hour.hours < SETTLED) return 0;
  const limit = limitOf(v);
  return ramp(v.hour.n, limit, limit * 4, FINDING, CAP.outlier);
}

function nameOf(route: number, routes: readonly RouteTemplate[]): string {
  return routes[route - 1]?.template ?? 'paths of no known route';
}

export const partnerDrift = defineDetector({
  id: 'partner-drift',
  number: 21,
  title: 'Drift of a partner',
  class: 'misuse',
  group: 'population',
  owasp: ['API4', 'API6'],
  actors: ['credential', 'partner'],
  on: 'response',
  when: called,
  cap: CAP_DRIFT,
  findingAt: FINDING,
  build: (context) => {
    const { routes = [], plans = [], tune } = context;
    const least = Math.round(tune('divergence', DIVERGENCE));
    const quotaOf = (f: Facts): number => (f.plan === 0 ? 0 : (plans[f.plan - 1] ?? 0));
    const isNear = (v: Values, quota: number): boolean => quota > 0 && v.day.n * 1000 >= quota * NEAR_QUOTA;
    return {
      needs: needsOf(context),
      judge(v: Values, f: Facts) {
        const rate = rateEvidence(v);
        const other = ramp(v.mix.divergence, least, DIVERGENCE_FULL, FINDING, CAP.outlier);
        if (rate === 0 && other === 0) return 0;
        const both = Math.max(rate, other) + Math.floor(Math.min(rate, other) / 4);
        return both + (isNear(v, quotaOf(f)) ? QUOTA_ADDS : 0);
      },
      say(v: Values, f: Facts) {
        const parts: string[] = [];
        const { divergence, value, usual, now } = v.mix;
        if (divergence >= least)
          parts.push(
            `${nameOf(value, routes)} went from ${percent(usual, 1000)} to ${percent(now, 1000)} of its requests ` +
              `(divergence ${(divergence / 1000).toFixed(2)} bit)`,
          );
        if (rateEvidence(v) > 0) {
          const basis = v.hour.ofWeek === 1 ? 'at this hour of the week' : 'in an hour';
          parts.push(`${v.hour.n} requests this hour, usually ${v.hour.usual} ${basis}`);
        }
        const quota = quotaOf(f);
        if (isNear(v, quota)) parts.push(`${percent(v.day.n, quota)} of its daily quota within a day`);
        return parts.join('; ');
      },
    };
  },
});
