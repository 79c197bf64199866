/**
 * What visitors open and load: conditions and counts that the detectors of readers share (coverage, timing, clients that
 * are not what they say). Equal declarations share cells, so each costs once however many detectors read it.
 *
 * An address is looked at per client software: behind one address of an office there are many people, and a script among
 * them must neither hide behind them nor be laid to their charge.
 */

import { type Condition, condition, count, distinct, type Guard } from '../engine/aggregates.ts';
import type { Facts } from '../engine/facts.ts';
import type { ActorDimension, Key } from '../engine/keys.ts';
import { BOT_STATUS, FLAG, METHODS, ROUTE_CLASS, SOFTWARE_CLASS } from '../enrich/facts.ts';
import { BUSINESS } from '../event/exchange.ts';
import { days } from '../lib/units.ts';

const GET = METHODS.indexOf('GET');

/** Neither a crawler or monitor that says so, nor something that is no request. */
const isVisitor = (f: Facts): boolean =>
  (f.botStatus === BOT_STATUS.none || f.botStatus === BOT_STATUS.impostor) &&
  f.kind !== BUSINESS &&
  !f.has(FLAG.MALFORMED);

const isContent = (routeClass: number): boolean =>
  routeClass === ROUTE_CLASS.page ||
  routeClass === ROUTE_CLASS.api ||
  routeClass === ROUTE_CLASS.search ||
  routeClass === ROUTE_CLASS.lookup ||
  routeClass === ROUTE_CLASS.code;

/** Answered with content, or with "you have it already". A redirect is the way to a page, not a page. */
const isServed = (status: number): boolean => (status >= 200 && status < 300) || status === 304;

/** A visitor wants content, whether there is any or not. */
export const contentAsked = condition('content asked for', (f) => isContent(f.routeClass) && isVisitor(f));

/** A visitor got content. */
export const contentServed = condition('content served', (f) => f.method === GET && isServed(f.status), contentAsked);

/** The same without an accepted identity: behind an address, who has one answers for itself. */
const contentServedAnonymously = condition(
  'content served anonymously',
  (f) => !f.has(FLAG.AUTHENTICATED),
  contentServed,
);

/** The content that an actor answers for. */
export const ownContent = (actor: ActorDimension): Condition =>
  actor === 'ip' ? contentServedAnonymously : contentServed;

/** What a page pulls in by itself. */
export const assetLoaded = condition('asset loaded', (f) => f.routeClass === ROUTE_CLASS.asset && isVisitor(f));

/** A page for a client that calls itself a browser. */
export const browserPage = condition(
  'browser page',
  (f) => f.softwareClass === SOFTWARE_CLASS.browser && f.routeClass === ROUTE_CLASS.page,
  contentServed,
);

/** The same, with word of where it came from. */
export const browserPageReferred = condition('browser page referred', (f) => !f.has(FLAG.NO_REFERRER), browserPage);

const WINDOW_MS = days(1);
/** Requests for content in a day from which somebody is followed: most addresses of a log never come so far. */
const FOLLOWED = 5;

/** Where an actor's visits are kept. */
export const visitKey = (actor: ActorDimension): Key => (actor === 'ip' ? ['fingerprint', 'ip'] : actor);

/** An actor who asked for content often enough to be followed: what costs a record of its own waits for this. */
export function followed(actor: ActorDimension): Guard {
  return {
    of: count({ key: actor, windowMs: WINDOW_MS, when: contentAsked, on: 'response' }),
    is: 'over',
    than: FOLLOWED,
  };
}

/** What an actor who is followed opened within a day: different paths, all of it, and the assets that came with it. */
export function visitNeeds(actor: ActorDimension) {
  const common = { key: visitKey(actor), windowMs: WINDOW_MS, on: 'response', guard: followed(actor) } as const;
  const when = ownContent(actor);
  return {
    paths: distinct({ ...common, of: 'path', when }),
    content: count({ ...common, when }),
    // From the first page on, and for the address as a whole: what is loaded once is loaded with the first page.
    assets: count({ key: actor, windowMs: WINDOW_MS, when: assetLoaded, on: 'response' }),
  } as const;
}

/**
 * What this site's visitors do: kinds of client software that read pages, load assets, send referrers. A site may keep
 * its assets elsewhere, and a log may have no referrers: where few do a thing, leaving it says nothing.
 */
export function siteNeeds() {
  const site = { key: ['all', 'all'], of: 'fingerprint', windowMs: WINDOW_MS, on: 'response' } as const;
  return {
    readers: distinct({ ...site, when: browserPage }),
    loaders: distinct({ ...site, when: assetLoaded }),
    referred: distinct({ ...site, when: browserPageReferred }),
  } as const;
}

/** Kinds of software that must do a thing before leaving it says something, and their share of the readers in percent. */
const USUAL_KINDS = 3;
const USUAL_PERCENT = 40;

/** Do so many of the site's readers do it that not doing it is telling? */
export const isUsual = (doing: number, readers: number): boolean =>
  doing >= USUAL_KINDS && doing * 100 >= readers * USUAL_PERCENT;
