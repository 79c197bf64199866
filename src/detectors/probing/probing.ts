/** Catalogue 23: somebody looks for what is not there, or not meant for them. */

import { condition, count, distinct, sprt, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { PROBE_MILLINATS, probeRuleOf } from '../../enrich/content/index.ts';
import { BOT_STATUS, FLAG, METHODS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { BUSINESS } from '../../event/exchange.ts';
import { millinats } from '../../lib/fixed.ts';
import { days, hours } from '../../lib/units.ts';
import { percent, ramp } from '../evidence.ts';

/** Statuses that say "there is nothing like that here, or not for you". 401 is a question for a password, not a miss. */
const isMiss = (status: number): boolean =>
  status === 404 ||
  status === 403 ||
  status === 400 ||
  status === 405 ||
  status === 410 ||
  status === 414 ||
  status === 501;

/**
 * Departures from what a document declares that whoever tries things out makes. A parameter that nothing declares, what is
 * going away, and what is only unusual are no such thing: ordinary clients have all three.
 */
const DEPARTURES = SCHEMA.missing | SCHEMA.type | SCHEMA.range | SCHEMA.format | SCHEMA.mediaType | SCHEMA.refusedRoute;

const departs = (f: Facts): boolean => (f.schema & DEPARTURES) !== 0;

/** It departs, and was turned away for it or for something else: by the application, or by us. */
const isTurnedAway = (f: Facts): boolean =>
  departs(f) && (f.has(FLAG.NOT_ADMITTED) || (f.status >= 400 && f.status < 500 && f.status !== 401));

const OPTIONS = METHODS.indexOf('OPTIONS');

/** What a page pulls in by itself, or a browser asks beforehand, may be missing without anybody having looked for it. */
const isSought = (f: Facts): boolean =>
  f.probeRule !== 0 ||
  (f.routeClass !== ROUTE_CLASS.asset && f.routeClass !== ROUTE_CLASS.feed && f.method !== OPTIONS);

/** One of our own pages asks, for somebody it knows, for what this person may not have: the page's mistake. */
const isOverreach = (f: Facts): boolean =>
  f.status === 403 &&
  f.probeRule === 0 &&
  f.has(FLAG.SAME_SITE_REFERRER) &&
  (f.hasPrincipal || f.batch.sessionLo[f.row] !== 0);

/**
 * Crawlers ask for pages that were once there. One whose network proves it is never judged; one that only says so is
 * judged by what no crawler has a reason to ask for.
 */
const isJudged = (f: Facts): boolean =>
  f.kind !== BUSINESS &&
  (f.status !== 0 || isTurnedAway(f)) &&
  !f.has(FLAG.MALFORMED) &&
  f.botStatus !== BOT_STATUS.verified &&
  (f.botStatus !== BOT_STATUS.declared || f.probeRule !== 0) &&
  isSought(f);

/** Logins, codes and lookups fail for reasons of their own, and have detectors of their own. */
const hasOwnDetector = (f: Facts): boolean =>
  f.routeClass === ROUTE_CLASS.code ||
  f.routeClass === ROUTE_CLASS.lookup ||
  f.routeClass === ROUTE_CLASS.reset ||
  ((f.routeClass === ROUTE_CLASS.login || f.routeClass === ROUTE_CLASS.signup) && f.status !== 404);

const looked = condition('looked for a path', (f) => isJudged(f) && !hasOwnDetector(f));
const missed = condition('path missed', (f) => (isMiss(f.status) || isTurnedAway(f)) && !isOverreach(f), looked);
/** Asked for in a way that its document rules out, whatever came of it. */
const strayed = condition('departs from its document', departs, looked);
/** A miss on the way from another page, ours or a search engine's: where several get it, the link is dead. */
const followedLink = condition('dead link followed', (f) => !f.has(FLAG.NO_REFERRER) && f.probeRule === 0, missed);
/** A path only probing asks for, and it was not served: a site's own administration is. */
const probed = condition(
  'probe path refused',
  (f) => f.probeRule !== 0 && (f.status >= 400 || f.status === 0) && f.botStatus !== BOT_STATUS.verified,
);
const proxied = condition('proxy attempt', (f) => f.has(FLAG.PROXY_ATTEMPT));
const malformed = condition('malformed request', (f) => f.has(FLAG.MALFORMED) && (f.status === 0 || f.status >= 400));
const concerns = condition(
  'probing concerns',
  (f) =>
    f.has(FLAG.MALFORMED | FLAG.PROXY_ATTEMPT) ||
    probed.test(f) ||
    (looked.test(f) && (missed.test(f) || strayed.test(f))),
);

/** Different paths below which a run of misses is no search. */
const FEWEST_PATHS = 3;
/**
 * Misses that a handful of old bookmarks does not make, where none of them is a path that only probing asks for; and how
 * many it takes to weigh as much as the test says.
 */
const ORDINARY_MISSES = 5;
const ORDINARY_MOST = 10;
const ORDINARY = 5500;

/**
 * Routes asked for in ways that their documents rule out. A client with a mistake makes it wherever it goes, and what was
 * served harmed nobody: this is never a finding by itself.
 */
const FEWEST_STRAYS = 4;
const MOST_STRAYS = 10;
const STRAYS = 1500;
const STRAYS_MOST = 4000;
/** Addresses from which on a departure on one route is the document's mistake. */
const MUDDLED_ADDRESSES = 3;

const missShare = (baselines: BuildContext['baselines']): number => Math.min(0.3, Math.max(0.05, baselines.miss));

function needsOf({ actor, baselines, tune }: BuildContext) {
  const p0 = missShare(baselines);
  const rare = ['all', actor] as const;
  const dead = distinct({ key: 'path', of: 'ip', windowMs: days(1), when: followedLink });
  const paths = distinct({
    key: actor,
    of: 'path',
    windowMs: days(7),
    when: looked,
    guard: { of: dead, is: 'under', than: Math.max(2, Math.round(tune('dead_link_actors', 3))) },
  });
  const misses = sprt({
    key: actor,
    hit: missed,
    when: looked,
    guard: { of: paths, is: 'new' },
    p0,
    p1: Math.max(0.6, p0 * 2),
    floor: millinats(2.3),
    ceiling: CAP.sequential + 3000,
  });
  const probes = distinct({ key: rare, of: 'path', windowMs: days(1), when: probed });
  const proxies = count({ key: rare, windowMs: hours(1), when: proxied });
  const garbage = count({ key: rare, windowMs: hours(1), when: malformed });
  const muddled = distinct({ key: 'route', of: 'ip', windowMs: days(1), when: strayed });
  const strays = distinct({
    key: rare,
    of: 'route',
    windowMs: days(1),
    when: strayed,
    guard: { of: muddled, is: 'under', than: MUDDLED_ADDRESSES },
  });
  return { dead, paths, misses, probes, proxies, garbage, muddled, strays };
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

export const probing = defineDetector({
  id: 'probing',
  number: 23,
  title: 'Probing',
  class: 'probing',
  group: 'failure',
  owasp: ['OAT-014', 'OAT-018', 'API9'],
  actors: ['ip', 'session', 'principal', 'credential'],
  on: 'response',
  when: concerns,
  cap: CAP.sequential,
  build: (context) => {
    const { baselines, tune } = context;
    const p0 = missShare(baselines);
    // Below this the test has not decided; Wald's bound for one false alarm in ten thousand is ln(10⁴) = 9.2 nats.
    const decided = Math.round(tune('decided_millinats', 6900));
    return {
      needs: needsOf(context),
      judge(v: Values, f) {
        const { probes, garbage, proxies, misses } = v;
        // One path that nobody else asks for is evidence already; each further one adds half as much.
        const known =
          f.probeRule === 0 || probes.n === 0 ? 0 : PROBE_MILLINATS[f.probeRule] + ramp(probes.n, 2, 6, 1500, 6000);
        const several = probes.n >= 3 ? ramp(probes.n, 3, 8, 4600, CAP.sequential) : 0;
        const wire = Math.max(
          ramp(garbage.n, 3, 10, 4600, CAP.sequential),
          proxies.n === 0 ? 0 : ramp(proxies.n, 1, 6, 5200, CAP.sequential),
        );
        const strays = ramp(v.strays.n, FEWEST_STRAYS, MOST_STRAYS, STRAYS, STRAYS_MOST);
        return Math.max(known, several, wire, strays, misses.llr >= decided ? tested(v) : 0);
      },
      say(v: Values, f) {
        const { probes, garbage, proxies, misses, paths } = v;
        const parts: string[] = [];
        if (misses.llr >= decided && tested(v) > 0)
          parts.push(
            `${misses.hits} of ${misses.n} different paths tried were ${departs(f) ? 'not there, or not asked for as declared' : 'not there'} (${baselines.origin === 'learned' ? 'usual' : 'assumed'}: ${percent(Math.round(p0 * 1000), 1000)})`,
          );
        if (probes.n > 0) {
          const rule = probeRuleOf(f.probeRule);
          parts.push(
            `${probes.n} ${probes.n === 1 ? 'path' : 'paths'} that only probing asks for${rule === undefined ? '' : `, such as ${rule.says}`}`,
          );
        }
        if (proxies.n > 0)
          parts.push(`${proxies.n} ${proxies.n === 1 ? 'attempt' : 'attempts'} to use the server as a proxy`);
        if (v.strays.n >= FEWEST_STRAYS)
          parts.push(`${v.strays.n} routes asked for in ways that their API document rules out`);
        if (garbage.n >= 3) parts.push(`${garbage.n} request lines that are no HTTP`);
        return parts.length > 0 ? parts.join('; ') : `${paths.n} paths tried`;
      },
    };
  },
});

/** What the test says, in millinats. A job that asks for one missing file again and again is broken: it looks for nothing. */
function tested(v: Values): number {
  if (v.paths.n < FEWEST_PATHS) return 0;
  if (v.probes.n > 0) return v.misses.llr;
  return Math.min(v.misses.llr, ramp(v.misses.hits, ORDINARY_MISSES, ORDINARY_MOST, ORDINARY, CAP.sequential));
}
