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

/** Distinct (path, method) pairs remembered. A power of two; 64 bytes each. */
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

/** Cells of a remembered path. `method` is the method + 1, 0 where nothing is remembered; `number` counts in doubles. */
export const PATH = {
  keyHi: 0,
  keyLo: 1,
  method: 2,
  route: 3,
  routeClass: 4,
  objectHi: 5,
  objectLo: 6,
  page: 7,
  number: 4,
  probe: 10,
  decoy: 11,
  size: 16,
} as const;

export interface ResolverOptions {
  readonly routes: readonly RouteTemplate[];
  readonly overrides: readonly ClassOverride[];
  readonly seed: number;
  /** Rule and decoy of a path, where the caller wants them remembered with it. */
  readonly probe?: (buf: Uint8Array, start: number, end: number) => number;
  readonly decoy?: (buf: Uint8Array, start: number, end: number) => number;
}

export class RouteResolver {
  /**
   * What is known of paths: {@link PATH} names the cells from where {@link resolve} says, valid until the next call. A
   * path's cells lie side by side, in one line of the cache.
   */
  readonly cells = new Int32Array(REMEMBERED_PATHS * PATH.size);
  /** The same memory as doubles, for {@link PATH.number}. */
  readonly doubles = new Float64Array(this.cells.buffer);
  readonly matcher: RouteMatcher;

  private readonly options: ResolverOptions;
  private readonly placeholder: { hi: number; lo: number };
  private turn = 0;

  constructor(options: ResolverOptions) {
    this.options = options;
    this.matcher = new RouteMatcher(options.routes, options.seed);
    this.placeholder = hashString('{id}', options.seed);
  }

  /** Where in {@link cells} the decoded path `buf[start, end)` stands, whose hash is (hi, lo), asked for with `method`. */
  resolve(buf: Uint8Array, start: number, end: number, hi: number, lo: number, method: number): number {
    const slot = (lo ^ Math.imul(method, 0x9e3779b1)) & (REMEMBERED_PATHS - 1);
    const first = slot * PATH.size;
    if (this.is(first, hi, lo, method)) return first;
    const second = (slot ^ 1) * PATH.size;
    if (this.is(second, hi, lo, method)) return second;
    this.turn ^= 1;
    const at = this.cells[first + PATH.method] === 0 || this.turn === 0 ? first : second;
    this.cells[at + PATH.keyHi] = hi;
    this.cells[at + PATH.keyLo] = lo;
    this.cells[at + PATH.method] = method + 1;
    this.fill(at, buf, start, end, method);
    return at;
  }

  private is(at: number, hi: number, lo: number, method: number): boolean {
    const { cells } = this;
    return cells[at + PATH.keyLo] === lo && cells[at + PATH.keyHi] === hi && cells[at + PATH.method] === method + 1;
  }

  /** True for the id of a template in the model. */
  isKnown(route: number): boolean {
    return route > 0 && route < UNLEARNED_ROUTE_BASE;
  }

  private fill(at: number, buf: Uint8Array, start: number, end: number, method: number): void {
    const { matcher, cells } = this;
    const { overrides, routes, probe, decoy } = this.options;
    const route = matcher.match(buf, start, end);
    cells[at + PATH.route] = route;
    cells[at + PATH.objectHi] = matcher.objectHi;
    cells[at + PATH.objectLo] = matcher.objectLo;
    this.doubles[at / 2 + PATH.number] = matcher.objectNumber;
    let routeClass = overriddenClass(overrides, buf, start, end, method);
    if (routeClass < 0) {
      const given =
        route > 0 && routes[route - 1].origin === 'configured' ? routes[route - 1].routeClass : ROUTE_CLASS.page;
      const plain = given === ROUTE_CLASS.page || given === ROUTE_CLASS.api;
      // A route's class by name depends on the method, which a template does not know of.
      routeClass = plain ? classByName(buf, start, end, method) : given;
    }
    cells[at + PATH.routeClass] = routeClass;
    cells[at + PATH.page] = pageOf(buf, start, end);
    if (routeClass === ROUTE_CLASS.asset) this.noObject(at);
    else if (route === 0) this.generalise(at, buf, start, end, takesValue(routeClass, buf, start, end));
    cells[at + PATH.probe] = probe === undefined ? 0 : probe(buf, start, end);
    cells[at + PATH.decoy] = decoy === undefined ? 0 : decoy(buf, start, end);
  }

  private noObject(at: number): void {
    const { cells } = this;
    cells[at + PATH.objectHi] = 0;
    cells[at + PATH.objectLo] = 0;
    this.doubles[at / 2 + PATH.number] = -1;
  }

  /** Route and object of a path that no template matches: identifiers are told by their looks. */
  private generalise(path: number, buf: Uint8Array, start: number, end: number, lastIsValue: boolean): void {
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
    this.cells[path + PATH.route] = UNLEARNED_ROUTE_BASE + (lo & (UNLEARNED_ROUTES - 1));
    this.cells[path + PATH.objectHi] = objectHi;
    this.cells[path + PATH.objectLo] = objectLo;
    this.doubles[path / 2 + PATH.number] = number;
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
