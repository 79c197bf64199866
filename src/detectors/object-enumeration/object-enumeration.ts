/** Catalogue 11: one actor asks for more of one route's objects than anybody needs, walks their ids, or is refused them. */

import { condition, count, distinct, sprt, steps, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { FLAG, NETWORK_CLASS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { millinats } from '../../lib/fixed.ts';
import { hours } from '../../lib/units.ts';
import { about, percent, ramp } from '../evidence.ts';
import { contentAsked, followed, visitNeeds } from '../visits.ts';

/** Room above the 99.9 % quantile of distinct objects an hour, for the 13 % error of the count and for busy days. */
const HEADROOM = 1.5;
/** However quiet the history was: a person may open so many objects of a kind in an hour. */
const FLOOR = 45;
/** An API key stands for a service. What is learned is how many objects an address asks for: people. */
const CREDENTIAL_FACTOR = 5;

/** Evidence in millinats at the limit and at ten times it: so many objects alone are an outlier, at last a finding. */
const VOLUME = 2300;
const VOLUME_MOST = 4600;
/** What walking adds, and what denials add on top of a volume. Services fetch much one after the other, and many do no harm. */
const WALKED = 2500;
/**
 * People open things as they come. Where one walks, it is as likely abuse as not at the limit, and hardly anything else at twice
 * the limit.
 */
const WALKED_BY_PERSON = 6900;
const WALKED_BY_PERSON_MOST = 9200;
const PARTLY_WALKED = 1200;
const REFUSED = 2000;

/** Objects of one answer that count as one that was asked for by its id: a list shows a page of them. */
const LISTED = 25;

/** Steps before their shares mean something. */
const STEPS = 20;
/** Share in permille of short steps, or of the same step as before, from which ids are walked, or partly so. */
const WALK = 700;
const PARTLY = 400;

/** Different objects before refusals count: two or three deleted ones happen to everybody. */
const TRIED = 6;
/** Share of refusals that a guesser of ids is taken to meet. */
const GUESSER = 0.7;
/** Millinats at which the test has decided. */
const DECIDED = 6900;

/** A token that ran out refuses everything, and redirects and faults tell nothing of the object. */
const tells = (status: number): boolean =>
  status !== 401 && (status < 300 || status === 304 || (status >= 400 && status < 500));

/** What is searched for, and codes that are tried, are no objects that somebody owns: code guessing has an eye on those. */
const isOwnable = (routeClass: number): boolean => routeClass !== ROUTE_CLASS.search && routeClass !== ROUTE_CLASS.code;
const asked = condition(
  'object asked for',
  (f) => f.hasObject && isOwnable(f.routeClass) && f.probeRule === 0 && tells(f.status),
  contentAsked,
);
/** Behind an address there may be many people with an identity of their own: each answers for itself. */
const askedAnonymously = condition('object asked for anonymously', (f) => !f.has(FLAG.AUTHENTICATED), asked);
/** Not there, or not for you. A dead link on one of our own pages is nobody's guess. */
const refused = condition(
  'object refused',
  (f) => f.status === 403 || ((f.status === 404 || f.status === 410) && !f.has(FLAG.SAME_SITE_REFERRER)),
  asked,
);

/** The answer holds more objects than the one that was asked for: a list below it. */
const listed = condition('list of an object', (f) => f.objects > 1 && f.status < 400, asked);

function needsOf({ actor, baselines }: BuildContext) {
  const key = ['route', actor] as const;
  const when = actor === 'ip' ? askedAnonymously : asked;
  const guard = followed(actor);
  const objects = distinct({ key, of: 'object', windowMs: hours(1), when, guard });
  const { content, assets } = visitNeeds(actor);
  return {
    objects,
    steps: steps({ key, when, guard }),
    listed: count({ key: ['all', actor], windowMs: hours(1), when: listed, weigh: 'objects', guard }),
    refusals: sprt({
      key,
      when,
      hit: refused,
      guard: { of: objects, is: 'new' },
      p0: Math.min(0.3, Math.max(0.05, baselines.denied, baselines.miss)),
      p1: GUESSER,
      floor: millinats(2.3),
      ceiling: CAP.sequential + 3000,
    }),
    content,
    assets,
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

/** Share in permille of the steps that a walk takes. */
function walked(v: Values): number {
  const { n, same, short } = v.steps;
  return n < STEPS ? 0 : Math.floor((Math.max(same, short) * 1000) / n);
}

/** Names in place of numbers on a page, and routes that never answered: whether there is such a thing, probing asks. */
const isProbed = (f: Facts): boolean =>
  (f.routeClass === ROUTE_CLASS.page && f.objectNumber < 0) || !f.has(FLAG.KNOWN_ROUTE);

/** Somebody with a browser who looks at the next picture, and the next: pages come with what is on them. */
const isLookedAt = (v: Values, f: Facts): boolean => f.routeClass === ROUTE_CLASS.page && v.assets.n * 2 >= v.content.n;

function refusalEvidence(v: Values, f: Facts, share: number): number {
  if (v.objects.n < TRIED || v.refusals.llr < DECIDED || isProbed(f)) return 0;
  if (share >= PARTLY) return v.refusals.llr;
  // Without a walk it may be an application that did not learn yet that its objects are gone.
  return Math.min(v.refusals.llr, 4600 + ramp(v.objects.n, 20, 100, 0, 2000));
}

/** Objects taken: those asked for, or pages of those that came with them. */
const taken = (v: Values): number => Math.max(v.objects.n, Math.floor(v.listed.n / LISTED));

function volumeEvidence(v: Values, f: Facts, share: number, limit: number, isService: boolean): number {
  const n = taken(v);
  if (n <= limit) return 0;
  const volume = ramp(n, limit, limit * 10, VOLUME, VOLUME_MOST);
  if (isLookedAt(v, f)) return Math.min(volume, CAP.outlier);
  if (share >= WALK && !isService) return ramp(n, limit, limit * 2, WALKED_BY_PERSON, WALKED_BY_PERSON_MOST);
  const steadily = share >= WALK ? WALKED : share >= PARTLY ? PARTLY_WALKED : 0;
  return volume + steadily + (v.refusals.llr >= DECIDED && !isProbed(f) ? REFUSED : 0);
}

export const objectEnumeration = defineDetector({
  id: 'object-enumeration',
  number: 11,
  title: 'Object enumeration',
  class: 'enumeration',
  group: 'sequence',
  owasp: ['API1', 'OAT-011'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'response',
  when: asked,
  cap: CAP.sequential,
  build: (context) => {
    const { actor, baselines, tune } = context;
    const isService = actor === 'credential';
    const usual = Math.max(FLOOR / HEADROOM, baselines.objectsPerHourP999);
    const limit = Math.round(tune('objectsPerHour', usual * HEADROOM) * (isService ? CREDENTIAL_FACTOR : 1));
    return {
      needs: needsOf(context),
      judge(v: Values, f: Facts) {
        if (taken(v) <= limit && (v.objects.n < TRIED || v.refusals.llr < DECIDED)) return 0;
        if (actor === 'ip' && (f.networkClass === NETWORK_CLASS.internal || f.has(FLAG.AUTHENTICATED))) return 0;
        const share = walked(v);
        return Math.max(volumeEvidence(v, f, share, limit, isService), refusalEvidence(v, f, share));
      },
      say(v: Values, f: Facts) {
        const parts = [`${about(v.objects.n)} different objects such as ${example(f)} within an hour`];
        if (v.listed.n > v.objects.n * LISTED) parts.push(`${v.listed.n} more in their answers`);
        const share = walked(v);
        if (share >= PARTLY)
          parts.push(`${percent(share, 1000)} in ${v.steps.short >= v.steps.same ? 'short steps' : 'equal steps'}`);
        if (v.refusals.llr >= DECIDED) parts.push(`${v.refusals.hits} of ${v.refusals.n} refused or missing`);
        const basis = baselines.origin === 'learned' ? '99.9 % of actors stay below' : 'assumed usual: at most';
        return taken(v) > limit ? `${parts.join(', ')}; ${basis} ${Math.round(limit / HEADROOM)}` : parts.join(', ');
      },
    };
  },
});

/** The path, and the query where the object may stand there: at most 60 characters. */
function example(f: Facts): string {
  const target = f.text('target').replace(/[\p{Cc}\p{Cf}]/gu, '·');
  return target.length > 60 ? `${target.slice(0, 60)}…` : target;
}
