/** Catalogue 14: one actor takes the content as a whole: much of it, each piece once, without what people load with it. */

import { condition, count, distinct, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import type { ActorDimension, Key } from '../../engine/keys.ts';
import { FLAG, NETWORK_CLASS, SOFTWARE_CLASS } from '../../enrich/facts.ts';
import { days } from '../../lib/units.ts';
import { about, percent, ramp } from '../evidence.ts';
import { contentServed, followed, isUsual, siteNeeds, visitNeeds } from '../visits.ts';

/** Different pages a day that a person may read, and busy hours (of the learned 99.9 % quantile) that a day has. */
const PAGES_A_DAY = 240;
const BUSY_HOURS = 4;
/** Whoever loads what is on the pages looks like somebody who looks at them: this much more. */
const WITH_ASSETS = 4;
/** Services and applications fetch in the name of people; shared addresses are several of them. */
const SERVICE = 5;
const SHARED = 2;

/** Share of visits to something new, in permille, from which nothing is read twice. The count errs by 13 %. */
const ONCE = 700;
/** One asset for so many pages at most is none: an icon, a style sheet that was fetched once. */
const PAGES_PER_ASSET = 10;

/** Coverage: share of all the site's paths of the day in permille, from so many paths and kinds of readers on. */
const COVERAGE = 300;
const COVERAGE_PATHS = 60;
const COVERAGE_READERS = 10;

/** Objects that a page of a list has: as many pages of them as a person reads are nothing. */
const OBJECTS_A_PAGE = 50;

/** A page number that people do not leaf to, and how many such requests begin to tell. */
const DEEP = 20;
const DEEP_REQUESTS = 30;

/** A population of one software: addresses it comes from, requests an address at most in tenths. */
const ADDRESSES = 30;
const REQUESTS_PER_TEN_ADDRESSES = 20;

const FINDING = 2300;
/** Where no person comes near, in limits: more than an outlier. */
const EXTREME = 10;
const CAP_EXTREME = 6000;

const deepPage = condition('deep page', (f) => f.page >= DEEP, contentServed);
/** A list, of which the answer tells how long it is. */
const list = condition('list served', (f) => f.objects > 1, contentServed);
/** Beyond its first page: what polls a list asks for the first again and again. */
const furtherPage = condition('further page of a list', (f) => f.page > 1, list);

function needsOf({ actor }: BuildContext) {
  const { readers } = siteNeeds();
  const visits = visitNeeds(actor);
  const lists: Key = ['all', actor];
  return {
    ...visits,
    // On keys of their own, which take part only where there is a list: most logs do not tell how long answers are.
    leafed: count({ key: lists, windowMs: days(1), when: furtherPage, weigh: 'objects', guard: followed(actor) }),
    opened: count({
      key: lists,
      windowMs: days(1),
      when: list,
      weigh: 'objects',
      guard: { of: visits.paths, is: 'new' },
    }),
    deep: count({ key: ['all', actor], windowMs: days(1), when: deepPage }),
    site: distinct({ key: ['all', 'all'], of: 'path', windowMs: days(1), when: contentServed }),
    readers,
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

/** Objects of lists that were leafed through, or opened for the first time. */
const objectsOf = (v: Pick<Values, 'leafed' | 'opened'>): number => v.leafed.n + v.opened.n;

const isOnce = (v: Pick<Values, 'paths' | 'content'>): boolean => v.paths.n * 1000 >= v.content.n * ONCE;
const isBare = (v: Pick<Values, 'assets' | 'content'>): boolean => v.assets.n * PAGES_PER_ASSET <= v.content.n;

/** What this actor may open a day before it tells. */
function allowance(actor: ActorDimension, f: Facts, v: Values, base: number): number {
  let limit = base;
  if (!isBare(v)) limit *= WITH_ASSETS;
  if (actor === 'credential' || f.softwareClass === SOFTWARE_CLASS.app) limit *= SERVICE;
  if (f.networkClass === NETWORK_CLASS.mobile || f.networkClass === NETWORK_CLASS.education) limit *= SHARED;
  return limit;
}

function judgeVisits(actor: ActorDimension, v: Values, f: Facts, base: number): number {
  if (actor === 'ip' && (f.networkClass === NETWORK_CLASS.internal || f.has(FLAG.AUTHENTICATED))) return 0;
  const deep = ramp(v.deep.n, DEEP_REQUESTS, DEEP_REQUESTS * 10, FINDING, CAP.outlier);
  const { n } = v.paths;
  const limit = allowance(actor, f, v, base);
  const objects = ramp(objectsOf(v), limit * OBJECTS_A_PAGE, limit * OBJECTS_A_PAGE * EXTREME, FINDING, CAP.outlier);
  if (n < COVERAGE_PATHS || !isOnce(v)) return Math.max(deep, objects);
  const much =
    n < limit * EXTREME
      ? ramp(n, limit, limit * EXTREME, FINDING, CAP.outlier)
      : ramp(n, limit * EXTREME, limit * EXTREME * 4, CAP.outlier, CAP_EXTREME);
  const covers = v.readers.n >= COVERAGE_READERS && isBare(v) && actor !== 'credential';
  const share = covers ? ramp(n * 1000, v.site.n * COVERAGE, v.site.n * 1000, FINDING, CAP.outlier - 500) : 0;
  return Math.max(deep, objects, much, share);
}

function sayVisits(v: Values): string {
  const parts: string[] = [];
  if (v.paths.n >= COVERAGE_PATHS) {
    const once = Math.min(v.content.n, v.paths.n);
    parts.push(
      `${about(v.paths.n)} different pages in ${v.content.n} visits within a day (${percent(once, v.content.n)} new)`,
    );
    if (v.readers.n >= COVERAGE_READERS)
      parts.push(`${percent(Math.min(v.paths.n, v.site.n), v.site.n)} of all that anybody opened`);
    parts.push(v.assets.n === 0 ? 'nothing loaded with them' : `${v.assets.n} assets loaded with them`);
  }
  if (objectsOf(v) >= PAGES_A_DAY * OBJECTS_A_PAGE) parts.push(`${objectsOf(v)} objects in lists within a day`);
  if (v.deep.n >= DEEP_REQUESTS) parts.push(`${v.deep.n} pages of lists beyond number ${DEEP}`);
  return parts.join(', ');
}

function softwareNeeds() {
  return {
    ...visitNeeds('fingerprint'),
    ...siteNeeds(),
    addresses: distinct({ key: 'fingerprint', of: 'ip', windowMs: days(1), on: 'request' }),
  } as const;
}

/** One software, each address with a page or two, no page twice, nothing loaded: one hand behind many addresses. */
function ofSoftware(base: number) {
  type SoftwareValues = ValuesOf<ReturnType<typeof softwareNeeds>>;
  return {
    needs: softwareNeeds(),
    judge(v: SoftwareValues, f: Facts) {
      const { paths, content, addresses } = v;
      if (paths.n < base || addresses.n < ADDRESSES || !isOnce(v) || !isBare(v)) return 0;
      if (f.softwareClass !== SOFTWARE_CLASS.browser || !isUsual(v.loaders.n, v.readers.n)) return 0;
      if (content.n * 10 > addresses.n * REQUESTS_PER_TEN_ADDRESSES) return 0;
      return ramp(paths.n, base, base * EXTREME, FINDING, CAP.outlier);
    },
    say: (v: SoftwareValues) =>
      `${about(v.paths.n)} different pages in ${v.content.n} visits from about ${v.addresses.n} addresses within a day, ` +
      `all under one agent, ${v.assets.n} assets loaded with them`,
  };
}

export const scrapeCoverage = defineDetector({
  id: 'scrape-coverage',
  number: 14,
  title: 'Scraping by coverage',
  class: 'scraping',
  group: 'sequence',
  owasp: ['API6', 'OAT-011'],
  actors: ['ip', 'session', 'credential', 'principal', 'fingerprint'],
  on: 'response',
  when: contentServed,
  cap: CAP_EXTREME,
  findingAt: FINDING,
  build: (context) => {
    const { actor, baselines, tune } = context;
    const base = Math.round(tune('pagesPerDay', Math.max(PAGES_A_DAY, baselines.objectsPerHourP999 * BUSY_HOURS)));
    if (actor === 'fingerprint') return ofSoftware(base) as never;
    return {
      needs: needsOf(context),
      judge: (v: Values, f: Facts) => judgeVisits(actor, v, f, base),
      say: sayVisits,
    };
  },
});
