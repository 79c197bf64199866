/**
 * What an action against a crowd falls on. An address that people share, a client software, a network: holding all that
 * comes from there would hurt many for what one does. So only requests of the kind that the evidence is about are held, and
 * of those none that carries an identity which was known before (known.ts).
 */
import { FLAG, METHODS, ROUTE_CLASS, SOFTWARE_CLASS } from '../enrich/facts.ts';
import { SENSITIVITY } from '../enrich/kinds.ts';
import { type CompiledPolicy, cheapest, isEnforced, LIMIT } from './decide.ts';
import { CLASSES, type FindingClass } from './detector.ts';
import type { Facts } from './facts.ts';
import { ACTION } from './policy.ts';
import { logOdds } from './risk.ts';

const GET = METHODS.indexOf('GET');
const HEAD = METHODS.indexOf('HEAD');

const isRead = (f: Facts): boolean => f.method === GET || f.method === HEAD;
const isSupply = (f: Facts): boolean => f.routeClass === ROUTE_CLASS.asset || f.routeClass === ROUTE_CLASS.feed;
const isAccount = (f: Facts): boolean =>
  f.routeClass === ROUTE_CLASS.login ||
  f.routeClass === ROUTE_CLASS.reset ||
  f.routeClass === ROUTE_CLASS.signup ||
  f.routeClass === ROUTE_CLASS.lookup;

const KINDS: Readonly<Record<FindingClass, (f: Facts) => boolean>> = {
  probing: (f) => f.probeRule !== 0 || !f.has(FLAG.KNOWN_ROUTE),
  injection: (f) => f.contentRule !== 0 || f.has(FLAG.QUERY),
  'credential-attack': (f) => isAccount(f) && !isRead(f),
  enumeration: (f) => f.hasObject || isAccount(f),
  scraping: (f) => isRead(f) && !isSupply(f),
  'code-guessing': (f) => f.routeClass === ROUTE_CLASS.code,
  'resource-exhaustion': (f) => !isSupply(f),
  'declared-tool': (f) => f.softwareClass === SOFTWARE_CLASS.tool,
  rotation: (f) => !isSupply(f),
  automation: (f) => !isSupply(f),
  decoy: (f) => f.decoy !== 0 || !f.has(FLAG.KNOWN_ROUTE),
  'take-over': (f) => f.sensitivity !== SENSITIVITY.normal || (isAccount(f) && !isRead(f)),
  'object-access': (f) => f.hasObject,
  'sign-up': (f) => f.routeClass === ROUTE_CLASS.signup && !isRead(f),
  workflow: (f) => !isRead(f),
  'leaked-key': (f) => !isSupply(f),
  misuse: (f) => !isSupply(f),
  'device-storm': (f) => !isSupply(f),
  cost: (f) => f.cost > 0,
};
const BY_INDEX = CLASSES.map((name) => KINDS[name]);

/** Is this a request of the kind that evidence of a class is about? */
export function isOfKind(classIndex: number, facts: Facts): boolean {
  return BY_INDEX[classIndex](facts);
}

/** Evidence of content rules from which a request counts as carrying code, in millinats: what broken front ends send is below. */
const CARRIED_FROM = 2500;

/** Classes whose evidence can stand in a single request, and whether it does. */
const CARRIED: readonly (readonly [classIndex: number, carries: (f: Facts) => boolean])[] = [
  [CLASSES.indexOf('injection'), (f) => f.contentMillinats >= CARRIED_FROM],
  [CLASSES.indexOf('declared-tool'), (f) => f.softwareClass === SOFTWARE_CLASS.tool],
  [CLASSES.indexOf('probing'), (f) => f.probeRule !== 0],
  [CLASSES.indexOf('decoy'), (f) => f.decoy !== 0],
];

/**
 * Class for which an actor that many share deserves a block that may not fall on it, where this request carries the
 * evidence itself: it can be refused, for it is the abuser's and nobody else's. −1 for none. `whatIf`: whether or not a policy of
 * that class is in force.
 */
export function carriedClass(
  p: CompiledPolicy,
  risk: Int32Array,
  at: number,
  facts: Facts,
  hi: number,
  lo: number,
  whatIf: boolean,
): number {
  for (const [c, carries] of CARRIED)
    if (
      carries(facts) &&
      (whatIf || isEnforced(p, c, hi, lo)) &&
      cheapest(p, c, logOdds(risk, at, c), ACTION.block) === ACTION.block
    )
      return c;
  return -1;
}

/** Do several people stand behind an actor with this limit? */
export function isCrowd(limit: number): boolean {
  return limit === LIMIT.shared || limit === LIMIT.population || limit === LIMIT.internal || limit === LIMIT.collapsed;
}
