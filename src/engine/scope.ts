/**
 * What an action against a crowd falls on. An address that people share, a client software, a network: holding all that
 * comes from there would hurt many for what one does. So only requests of the kind that the evidence is about are held, and
 * of those none that carries an established identity.
 */
import { FLAG, METHODS, ROUTE_CLASS, SOFTWARE_CLASS } from '../enrich/facts.ts';
import { LIMIT } from './decide.ts';
import { CLASSES, type FindingClass } from './detector.ts';
import type { Facts } from './facts.ts';

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
};
const BY_INDEX = CLASSES.map((name) => KINDS[name]);

/** Is this a request of the kind that evidence of a class is about? */
export function isOfKind(classIndex: number, facts: Facts): boolean {
  return BY_INDEX[classIndex](facts);
}

/** Do several people stand behind an actor with this limit? */
export function isCrowd(limit: number): boolean {
  return limit === LIMIT.shared || limit === LIMIT.population || limit === LIMIT.internal || limit === LIMIT.collapsed;
}
