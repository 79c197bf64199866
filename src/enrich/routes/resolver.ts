/**
 * From path to route: what the matcher, the names and the configured globs say of a path, remembered per path and method
 * in a bounded cache. The cache holds nothing that is not a function of its key, so what it forgets changes nothing.
 */
import { combine, hashBytes, hashString, lanes } from '../../lib/hash.ts';
import { ROUTE_CLASS } from '../facts.ts';
import type { RouteTemplate } from '../model.ts';
import { type ClassOverride, classByName, isClassName, overriddenClass } from './classes.ts';
import { MAX_SEGMENTS, numberAt, RouteMatcher } from './matcher.ts';
import { extensionDot, isValue, shapeOf } from './shape.ts';

/** Distinct (path, method) pairs remembered. A power of two; about 60 bytes each. */
export const REMEMBERED_PATHS = 16_384;

/**
 * Paths that no template matches but that carry a generated identifier get a route id of their own from here on, by a
 * hash of the path with its identifiers left out, so that walking through ids is seen before anything was learned.
 */
export const UNLEARNED_ROUTE_BASE = 1 << 16;
/** Ids from {@link UNLEARNED_ROUTE_BASE} on: a scanner's invented paths share these many records at most. */
export const UNLEARNED_ROUTES = 4096;

/** Pages in a path ("/page/12") deeper than this are not believed to be pages. */
export const MAX_PAGE = 10_000_000;

const SLASH = 0x2f;

export interface ResolverOptions {
  readonly routes: readonly RouteTemplate[];
  readonly overrides: readonly ClassOverride[];
  readonly seed: number;
  /** Rule and decoy of a path, where the caller wants them remembered with it. */
  readonly probe?: (buf: Uint8Array, start: number, end: number) => number;
  readonly decoy?: (buf: Uint8Array, start: number, end: number) => number;
}

export class RouteResolver {
  /** What is known of a path, by the slot that {@link resolve} returns; valid until the next call. */
  readonly route = new Int32Array(REMEMBERED_PATHS);
  readonly routeClass = new Uint8Array(REMEMBERED_PATHS);
  readonly objectHi = new Int32Array(REMEMBERED_PATHS);
  readonly objectLo = new Int32Array(REMEMBERED_PATHS);
  readonly objectNumber = new Float64Array(REMEMBERED_PATHS);
  readonly page = new Int32Array(REMEMBERED_PATHS);
  readonly probe = new Uint16Array(REMEMBERED_PATHS);
  readonly decoy = new Uint16Array(REMEMBERED_PATHS);
  readonly matcher: RouteMatcher;

  private readonly keyHi = new Int32Array(REMEMBERED_PATHS);
  private readonly keyLo = new Int32Array(REMEMBERED_PATHS);
  /** Method + 1, 0 for a slot never filled. */
  private readonly method = new Uint8Array(REMEMBERED_PATHS);
  private readonly options: ResolverOptions;
  private readonly placeholder: { hi: number; lo: number };
  private turn = 0;

  constructor(options: ResolverOptions) {
    this.options = options;
    this.matcher = new RouteMatcher(options.routes, options.seed);
    this.placeholder = hashString('{id}', options.seed);
  }

  /** The slot of the decoded path `buf[start, end)`, whose hash is (hi, lo), asked for with `method` (METHODS). */
  resolve(buf: Uint8Array, start: number, end: number, hi: number, lo: number, method: number): number {
    const first = (lo ^ Math.imul(method, 0x9e3779b1)) & (REMEMBERED_PATHS - 1);
    if (this.keyLo[first] === lo && this.keyHi[first] === hi && this.method[first] === method + 1) return first;
    const second = first ^ 1;
    if (this.keyLo[second] === lo && this.keyHi[second] === hi && this.method[second] === method + 1) return second;
    this.turn ^= 1;
    const slot = this.method[first] === 0 || this.turn === 0 ? first : second;
    this.keyHi[slot] = hi;
    this.keyLo[slot] = lo;
    this.method[slot] = method + 1;
    this.fill(slot, buf, start, end, method);
    return slot;
  }

  /** True for the id of a template in the model. */
  isKnown(route: number): boolean {
    return route > 0 && route < UNLEARNED_ROUTE_BASE;
  }

  private fill(slot: number, buf: Uint8Array, start: number, end: number, method: number): void {
    const { matcher } = this;
    const { overrides, routes, probe, decoy } = this.options;
    const route = matcher.match(buf, start, end);
    this.route[slot] = route;
    this.objectHi[slot] = matcher.objectHi;
    this.objectLo[slot] = matcher.objectLo;
    this.objectNumber[slot] = matcher.objectNumber;
    let routeClass = overriddenClass(overrides, buf, start, end, method);
    if (routeClass < 0) {
      const given =
        route > 0 && routes[route - 1].origin === 'configured' ? routes[route - 1].routeClass : ROUTE_CLASS.page;
      const plain = given === ROUTE_CLASS.page || given === ROUTE_CLASS.api;
      // A route's class by name depends on the method, which a template does not know of.
      routeClass = plain ? classByName(buf, start, end, method) : given;
    }
    this.routeClass[slot] = routeClass;
    this.page[slot] = pageOf(buf, start, end);
    if (routeClass === ROUTE_CLASS.asset) this.noObject(slot);
    else if (route === 0) this.generalise(slot, buf, start, end, takesValue(routeClass, buf, start, end));
    this.probe[slot] = probe === undefined ? 0 : probe(buf, start, end);
    this.decoy[slot] = decoy === undefined ? 0 : decoy(buf, start, end);
  }

  private noObject(slot: number): void {
    this.objectHi[slot] = 0;
    this.objectLo[slot] = 0;
    this.objectNumber[slot] = -1;
  }

  /** Route and object of a path that no template matches: identifiers are told by their looks. */
  private generalise(slot: number, buf: Uint8Array, start: number, end: number, lastIsValue: boolean): void {
    const { seed } = this.options;
    let hi = 0;
    let lo = 0;
    let objectHi = 0;
    let objectLo = 0;
    let number = -1;
    let at = start + 1;
    for (let n = 0; at <= end && n < MAX_SEGMENTS; n++) {
      let stop = at;
      while (stop < end && buf[stop] !== SLASH) stop++;
      // "7.json" is a value with an extension, "me@example.com" a value that ends like one.
      const dot = isValue(shapeOf(buf, at, stop)) ? -1 : extensionDot(buf, at, stop);
      const valueEnd = dot < 0 ? stop : dot;
      hashBytes(buf, at, valueEnd, seed);
      if (isValue(shapeOf(buf, at, valueEnd)) || (lastIsValue && stop >= end)) {
        number = numberAt(buf, at, valueEnd);
        if (objectLo !== 0) combine(objectHi, objectLo, lanes.hi, lanes.lo);
        objectHi = lanes.hi;
        objectLo = lanes.lo;
        combine(hi, lo, this.placeholder.hi, this.placeholder.lo);
      } else {
        combine(hi, lo, lanes.hi, lanes.lo);
      }
      hi = lanes.hi;
      lo = lanes.lo;
      at = stop + 1;
    }
    if (objectLo === 0) return;
    this.route[slot] = UNLEARNED_ROUTE_BASE + (lo & (UNLEARNED_ROUTES - 1));
    this.objectHi[slot] = objectHi;
    this.objectLo[slot] = objectLo;
    this.objectNumber[slot] = number;
  }
}

/**
 * "/promo/SPRING" asks about a value, whatever it looks like: what stands behind the name of a code, lookup or reset
 * route is one, unless it is such a name itself ("/promo/validate").
 */
function takesValue(routeClass: number, buf: Uint8Array, start: number, end: number): boolean {
  if (routeClass !== ROUTE_CLASS.code && routeClass !== ROUTE_CLASS.lookup && routeClass !== ROUTE_CLASS.reset)
    return false;
  let at = end;
  while (at > start && buf[at - 1] !== SLASH) at--;
  return (
    at < end && at > start + 1 && !isClassName(ascii(buf, at, end)) && !VERBS.has(ascii(buf, at, end).toLowerCase())
  );
}

/** What is done with a code stands in the same place as the code. */
const VERBS: ReadonlySet<string> = new Set(
  'apply check validate verify redeem use add remove list new confirm send resend status balance'
    .concat(' reset edit forgotten lost card cards')
    .split(' '),
);

const ascii = (buf: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...buf.subarray(start, Math.min(end, start + 64)));

/** The page of "/…/page/12" and "/…/page-12", −1 without one. */
function pageOf(buf: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && buf[at - 1] >= 0x30 && buf[at - 1] <= 0x39) at--;
  const before = at - 1;
  if (at === end || before < start + 5) return -1;
  if (buf[before] !== SLASH && buf[before] !== 0x2d && buf[before] !== 0x5f) return -1;
  const named =
    (buf[before - 4] | 32) === 0x70 &&
    (buf[before - 3] | 32) === 0x61 &&
    (buf[before - 2] | 32) === 0x67 &&
    (buf[before - 1] | 32) === 0x65;
  if (!named || buf[before - 5] !== SLASH) return -1;
  const page = numberAt(buf, at, end);
  return page <= MAX_PAGE ? page : -1;
}
