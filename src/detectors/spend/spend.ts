/** Catalogue 25: one actor takes up most of the time that the service has, or a tenant's or partner's bill runs away. */

import { condition, count, pace, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import type { Key } from '../../engine/keys.ts';
import { FLAG, NETWORK_CLASS } from '../../enrich/facts.ts';
import { minutes } from '../../lib/units.ts';
import { percent, ramp } from '../evidence.ts';

/** Answers that take less are nobody's burden. */
const SLOW_MS = 250;
const WINDOW_MS = minutes(2);
/** Answers of one actor under way at once, on average, and their share of all in permille, from which it tells. */
const AT_ONCE = 4;
const SHARE = 500;
const SHARE_FULL = 950;
/** An actor alone has all of the time there is: others must be there, too. */
const OTHERS_AT_ONCE_MS = WINDOW_MS / 4;

/** Cumulative sum beyond what is usual, in thousandths of the usual deviation. */
const ALARM = 8000;
const FULL = 40_000;

const FINDING = 2300;

/** What took measurable time, or cost money or units: the rest is passed over. */
const heavy = condition('exchange of weight', (f) => f.durationMs >= SLOW_MS || f.amountMinor > 0 || f.cost > 0);
const slow = condition(
  'slow exchange',
  (f) => f.durationMs >= SLOW_MS && !f.has(FLAG.ASSUMED_DURATION | FLAG.NOT_ADMITTED),
  heavy,
);
const paid = condition('money spent', (f) => f.amountMinor > 0 && f.status < 400, heavy);
const charged = condition('units spent', (f) => f.cost > 0 && !f.has(FLAG.NOT_ADMITTED), heavy);

function shareNeeds({ actor }: BuildContext) {
  const common = { windowMs: WINDOW_MS, weigh: 'durationMs', when: slow } as const;
  return {
    own: count({ key: ['all', actor], ...common }),
    all: count({ key: ['all', 'all'], ...common }),
  } as const;
}
type Shares = ValuesOf<ReturnType<typeof shareNeeds>>;

function ofTime(context: BuildContext) {
  const { actor, tune } = context;
  const atOnce = Math.round(tune('at_once', AT_ONCE) * WINDOW_MS);
  const least = Math.round(tune('share_permille', SHARE));
  const isDoor = (f: Facts): boolean => f.networkClass === NETWORK_CLASS.internal || f.has(FLAG.AUTHENTICATED);
  return {
    needs: shareNeeds(context),
    judge({ own, all }: Shares, f: Facts) {
      if (own.n < atOnce || all.n - own.n < OTHERS_AT_ONCE_MS) return 0;
      if (actor === 'ip' && isDoor(f)) return 0;
      return ramp(Math.floor((own.n * 1000) / Math.max(1, all.n)), least, SHARE_FULL, FINDING, CAP.outlier);
    },
    say: ({ own, all }: Shares) =>
      `${percent(Math.min(own.n, all.n), all.n)} of the time of all slow answers, ` +
      `${Math.floor(own.n / WINDOW_MS)} under way at once on average over 2 min`,
  };
}

function moneyNeeds({ actor }: BuildContext) {
  const key: Key = ['all', actor];
  return {
    money: pace({ key, weigh: 'amount', when: paid }),
    units: pace({ key, weigh: 'cost', when: charged }),
  } as const;
}
type Money = ValuesOf<ReturnType<typeof moneyNeeds>>;

function ofMoney(context: BuildContext) {
  const alarm = Math.round(context.tune('alarm', ALARM));
  const of = (s: number, spends: boolean): number =>
    spends && s >= alarm ? ramp(s, alarm, FULL, FINDING, CAP.outlier) : 0;
  const sayOne = (p: Money['money'], what: (n: number) => string): string =>
    `${what(p.n)} this hour, usually ${what(p.usual)}${p.ofWeek === 1 ? ' at this hour of the week' : ''}`;
  return {
    needs: moneyNeeds(context),
    judge: (v: Money, f: Facts) => Math.max(of(v.money.s, f.amountMinor > 0), of(v.units.s, f.cost > 0)),
    say(v: Money) {
      const parts: string[] = [];
      if (v.money.s >= alarm) parts.push(sayOne(v.money, (n) => `${(n / 100).toFixed(2)} in money`));
      if (v.units.s >= alarm) parts.push(sayOne(v.units, (n) => `${n} cost units`));
      return parts.join('; ');
    },
  };
}

export const spend = defineDetector({
  id: 'spend',
  number: 25,
  title: 'Time and money spent',
  class: 'cost',
  group: 'rate',
  owasp: ['API4', 'OAT-015'],
  actors: ['ip', 'session', 'credential', 'principal', 'tenant', 'partner'],
  on: 'response',
  when: heavy,
  cap: CAP.outlier,
  findingAt: FINDING,
  build: (context) =>
    context.actor === 'tenant' || context.actor === 'partner' ? (ofMoney(context) as never) : ofTime(context),
});
