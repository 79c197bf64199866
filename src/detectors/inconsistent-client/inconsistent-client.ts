/** Catalogue 18, as far as a log shows: a client that is not what it calls itself. */

import { condition, count, distinct, type ValuesOf } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { BOT_STATUS, FLAG, NETWORK_CLASS, SOFTWARE_CLASS } from '../../enrich/facts.ts';
import { HANDSHAKE_CLASS } from '../../enrich/kinds.ts';
import { softwareName } from '../../enrich/software.ts';
import { days, hours } from '../../lib/units.ts';
import { about, counted, ramp } from '../evidence.ts';
import {
  browserPage,
  browserPageReferred,
  contentAsked,
  contentServed,
  followed,
  isUsual,
  siteNeeds,
  visitKey,
  visitNeeds,
} from '../visits.ts';

/** A crawler's name from a network that its operator says is not its own: a lie that only serves to be let in. */
const IMPOSTOR = 6500;
const IMPOSTOR_MOST = 8000;
const IMPOSTOR_REQUESTS = 20;

/** Weak signs in millinats: one alone says little, because people change agents, block referrers, keep caches. */
const ODD = 1800;
const STALE = 400;
const OLD_PROTOCOL = 500;
/** A browser's name over a library's handshake, and headers that no browser sends. A company's proxy opens TLS, too. */
const HANDSHAKE = 1500;
const HEADERS = 1200;
const MISSING = 1000;
const MISSING_MOST = 1900;
/** Pages after which something that browsers do should have happened. */
const PAGES = 12;
const PAGES_MOST = 100;
/** One in so many is still none: an icon, a link from outside. */
const ONE_IN = 20;

/** Different agents in one session within an hour. People with several devices have one session on each. */
const AGENTS = 3;
const AGENTS_MOST = 8;

const FINDING = 2300;

/** An agent that cannot be true. What calls itself a tool may write what it likes. */
const isDoubtful = (f: Facts): boolean =>
  f.botStatus === BOT_STATUS.impostor ||
  (f.has(FLAG.ODD_AGENT) && f.softwareClass !== SOFTWARE_CLASS.tool) ||
  (f.softwareClass === SOFTWARE_CLASS.browser && (f.has(FLAG.UNLIKE_AGENT) || hasOtherHandshake(f)));

const hasOtherHandshake = (f: Facts): boolean =>
  f.handshakeClass === HANDSHAKE_CLASS.library && f.softwareClass === SOFTWARE_CLASS.browser;
const doubtful = condition('doubtful agent', isDoubtful);
const judged = condition('client judged', (f) => isDoubtful(f) || (contentAsked.test(f) && contentServed.test(f)));

function needsOf({ actor }: BuildContext) {
  const key = visitKey(actor);
  const { assets } = visitNeeds(actor);
  return {
    ...siteNeeds(),
    assets,
    pages: count({ key, windowMs: days(1), when: browserPage, guard: followed(actor) }),
    referredPages: count({ key, windowMs: days(1), when: browserPageReferred, guard: followed(actor) }),
    doubtful: count({ key: ['all', actor], windowMs: hours(1), when: doubtful }),
  } as const;
}
type Values = ValuesOf<ReturnType<typeof needsOf>>;

const without = (v: Values, n: number): number =>
  v.pages.n < PAGES || n * ONE_IN > v.pages.n ? 0 : ramp(v.pages.n, PAGES, PAGES_MOST, MISSING, MISSING_MOST);
const withoutAssets = (v: Values): number => (isUsual(v.loaders.n, v.readers.n) ? without(v, v.assets.n) : 0);
const withoutReferrer = (v: Values): number => (isUsual(v.referred.n, v.readers.n) ? without(v, v.referredPages.n) : 0);

function weigh(v: Values, f: Facts): number {
  if (f.botStatus === BOT_STATUS.impostor) return ramp(v.doubtful.n, 1, IMPOSTOR_REQUESTS, IMPOSTOR, IMPOSTOR_MOST);
  let sum = withoutAssets(v) + withoutReferrer(v);
  if (f.has(FLAG.ODD_AGENT)) sum += ODD;
  if (hasOtherHandshake(f)) sum += HANDSHAKE;
  if (f.has(FLAG.UNLIKE_AGENT)) sum += HEADERS;
  // Old software and proxies are common: only together with something else.
  if (sum === 0) return 0;
  if (f.has(FLAG.STALE_AGENT)) sum += STALE;
  if (f.has(FLAG.OLD_PROTOCOL)) sum += OLD_PROTOCOL;
  return Math.min(sum, CAP.outlier);
}

function sayClient(v: Values, f: Facts): string {
  if (f.botStatus === BOT_STATUS.impostor) {
    const name = softwareName(f.software) || 'a known crawler';
    return `calls itself ${name}, but comes from a network that is not its operator’s; ${counted(v.doubtful.n, 'request', 'requests')} within an hour`;
  }
  const parts: string[] = [];
  if (f.has(FLAG.ODD_AGENT)) parts.push(`an agent that no program has (“${cut(f.text('agent'))}”)`);
  const missing: string[] = [];
  if (withoutAssets(v) > 0) missing.push(v.assets.n === 0 ? 'no asset' : counted(v.assets.n, 'asset', 'assets'));
  if (withoutReferrer(v) > 0)
    missing.push(v.referredPages.n === 0 ? 'no referrer' : counted(v.referredPages.n, 'referrer', 'referrers'));
  if (missing.length > 0) parts.push(`${v.pages.n} pages for a browser with ${missing.join(' and ')}`);
  if (hasOtherHandshake(f)) parts.push('calls itself a browser, and begins connections as libraries do');
  if (f.has(FLAG.UNLIKE_AGENT)) parts.push('headers that its browser does not send');
  if (f.has(FLAG.STALE_AGENT)) parts.push('a version years old');
  if (f.has(FLAG.OLD_PROTOCOL)) parts.push('HTTP/1.0');
  return parts.join(', ');
}

function cut(agent: string): string {
  const clean = agent.replace(/[\p{Cc}\p{Cf}]/gu, '·');
  return clean.length > 80 ? `${clean.slice(0, 80)}…` : clean;
}

function sessionNeeds(context: BuildContext) {
  return {
    ...needsOf(context),
    agents: distinct({ key: 'session', of: 'agent', windowMs: hours(1), when: contentServed }),
  } as const;
}

/** A session is one browser's: its cookie does not change its agent, but for an update or a "desktop page" once. */
function ofSession(context: BuildContext) {
  type SessionValues = ValuesOf<ReturnType<typeof sessionNeeds>>;
  const changed = (v: SessionValues): number => ramp(v.agents.n, AGENTS, AGENTS_MOST, FINDING, CAP.outlier);
  return {
    needs: sessionNeeds(context),
    judge: (v: SessionValues, f: Facts) => Math.max(changed(v), weigh(v, f)),
    say: (v: SessionValues, f: Facts) =>
      changed(v) > weigh(v, f)
        ? `one session under ${about(v.agents.n)} different agents within an hour`
        : sayClient(v, f),
  };
}

export const inconsistentClient = defineDetector({
  id: 'inconsistent-client',
  number: 18,
  title: 'Inconsistent client',
  class: 'automation',
  group: 'identity',
  owasp: ['OAT-004', 'OAT-011'],
  actors: ['ip', 'session', 'principal'],
  on: 'response',
  when: judged,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: (context) => {
    if (context.actor === 'session') return ofSession(context) as never;
    const behindProxy = (f: Facts): boolean => context.actor === 'ip' && f.networkClass === NETWORK_CLASS.internal;
    return {
      needs: needsOf(context),
      judge: (v: Values, f: Facts) => (behindProxy(f) ? 0 : weigh(v, f)),
      say: sayClient,
    };
  },
});
