/**
 * How people go through a site: a semi-Markov chain over roles of operations. Its roads are the usual ones of shops and
 * portals, bent anew in every world; roles that a site lacks drop out.
 */
import type { Role } from '../contract.ts';
import type { Random } from '../core/random.ts';
import type { WorldParameters } from './parameters.ts';
import type { Route, Surface } from './surface.ts';

/** Where somebody is: at a role, turning to the next page of a list, going back, or leaving. */
export type Place = Role | 'next-page' | 'back' | 'leave';

type Roads = Readonly<Partial<Record<Place, number>>>;

/** Which roads are taken from where, in weights; 'start' is where visits begin. */
export type Roadmap = Readonly<Partial<Record<Place | 'start', Roads>>>;

const WEB: Roadmap = {
  start: { page: 42, list: 12, detail: 26, search: 7, login: 9, 'order-list': 2, signup: 1.5, reset: 0.5 },
  page: { list: 30, search: 25, detail: 15, login: 8, page: 7, graphql: 4, other: 2, signup: 1.5, back: 3, leave: 12 },
  list: { detail: 46, 'next-page': 19, search: 9, page: 3, list: 6, quote: 2, back: 3, leave: 13 },
  'next-page': { detail: 38, 'next-page': 26, search: 8, back: 6, leave: 22 },
  search: { detail: 48, search: 18, 'next-page': 8, list: 6, back: 4, leave: 16 },
  detail: { back: 26, detail: 17, quote: 9, search: 9, list: 8, graphql: 3, login: 3, leave: 24 },
  login: { profile: 22, 'order-list': 32, list: 18, search: 8, detail: 12, redeem: 3, leave: 5 },
  signup: { profile: 25, list: 30, quote: 15, redeem: 10, page: 10, leave: 10 },
  reset: { login: 90, leave: 10 },
  profile: { 'order-list': 30, list: 18, page: 10, profile: 9, redeem: 4, other: 4, leave: 24 },
  'order-list': { order: 58, list: 10, page: 6, leave: 22 },
  order: { back: 28, order: 12, detail: 10, page: 8, other: 2, leave: 38 },
  quote: { checkout: 34, detail: 16, list: 10, search: 6, redeem: 5, leave: 29 },
  checkout: { order: 35, 'order-list': 14, page: 10, leave: 41 },
  redeem: { quote: 20, page: 12, profile: 18, redeem: 8, list: 12, leave: 28 },
  graphql: { detail: 26, list: 14, graphql: 22, search: 12, leave: 22 },
  other: { page: 20, list: 15, profile: 10, leave: 40 },
};

/** Apps open with what they show at home, hold their login, and have no pages. */
const APP: Roadmap = {
  ...WEB,
  start: { list: 34, graphql: 22, detail: 16, profile: 12, 'order-list': 9, search: 9 },
  list: { detail: 42, 'next-page': 28, search: 9, graphql: 4, quote: 2, leave: 13 },
  login: { ...WEB.login, graphql: 10 },
};

/** Median seconds that people stay before they go on. */
const DWELL: Readonly<Partial<Record<Place, number>>> = {
  page: 8,
  list: 13,
  'next-page': 10,
  search: 10,
  detail: 21,
  login: 7,
  signup: 12,
  reset: 10,
  profile: 14,
  'order-list': 8,
  order: 15,
  quote: 14,
  checkout: 25,
  redeem: 12,
  graphql: 12,
  other: 12,
};

const ABANDONING = new Set<Place>(['leave', 'detail', 'list', 'search']);

interface Node {
  readonly targets: readonly Place[];
  readonly cumulative: Float64Array;
}

export class Journey {
  private readonly nodes = new Map<Place | 'start', Node>();
  private readonly routes = new Map<Role, { readonly routes: readonly Route[]; readonly cumulative: Float64Array }>();
  private readonly dwellMs: ReadonlyMap<Place, number>;
  private readonly spread: number;

  /**
   * @param random for the bends of this world's roads
   * @param other roads that replace the usual ones, by where they begin
   */
  constructor(surface: Surface, parameters: WorldParameters, kind: 'web' | 'app', random: Random, other: Roadmap = {}) {
    const map = { ...(kind === 'web' ? WEB : APP), ...other };
    const there = (place: Place) => {
      if (place === 'back' || place === 'leave') return true;
      if (place === 'next-page') return hasPages(surface);
      return (kind === 'web' || place !== 'page') && usable(surface, place).length > 0;
    };
    for (const [from, roads] of Object.entries(map) as [Place | 'start', Roads][]) {
      const bent: [Place, number][] = [];
      for (const [to, weight] of Object.entries(roads) as [Place, number][]) {
        // Drawn for roads that are not there, too: what a site lacks does not change the others.
        const bend = random.logNormal(1, parameters.roads);
        if (there(to)) bent.push([to, weight * bend * bias(from, to, parameters)]);
      }
      this.nodes.set(from, node(bent));
    }
    if (this.nodes.get('start')?.targets.length === 0) this.nodes.set('start', node(anything(surface)));
    for (const role of new Set(surface.routes.map((route) => route.role))) {
      const routes = usable(surface, role);
      // The first operation of a role is mostly the main one.
      this.routes.set(role, {
        routes,
        cumulative: sums(routes.map((_, i) => random.logNormal(1 / (1 + i) ** 1.5, 0.4))),
      });
    }
    this.spread = parameters.dwellSpread;
    this.dwellMs = new Map(
      (Object.entries(DWELL) as [Place, number][]).map(([place, seconds]) => [
        place,
        1000 * seconds * parameters.dwell * random.logNormal(1, 0.2),
      ]),
    );
  }

  /** Where a visit begins; 'leave' on a site without anything for people. */
  start(random: Random): Place {
    return this.draw('start', random);
  }

  next(from: Place, random: Random): Place {
    return this.draw(from, random);
  }

  /** Ms that somebody stays, log-normal. */
  dwell(at: Place, random: Random): number {
    const median = this.dwellMs.get(at) ?? 10_000;
    return Math.min(1_500_000, random.logNormal(median, this.spread));
  }

  /** An operation of that role; undefined if there is none. */
  route(role: Role, random: Random): Route | undefined {
    const known = this.routes.get(role);
    if (known === undefined || known.routes.length === 0) return undefined;
    return known.routes[indexOf(known.cumulative, random)];
  }

  private draw(from: Place | 'start', random: Random): Place {
    const { targets, cumulative } = this.nodes.get(from) ?? (this.nodes.get('other') as Node);
    return targets.length === 0 ? 'leave' : targets[indexOf(cumulative, random)];
  }
}

/** What people use of a role: reading, except where the role is to send something. */
export function usable(surface: Surface, role: Role): readonly Route[] {
  const routes = surface.of(role);
  switch (role) {
    case 'login':
    case 'signup':
    case 'reset':
    case 'quote':
    case 'checkout':
    case 'graphql':
      return routes.filter(({ method }) => method === 'POST');
    case 'redeem':
    case 'profile':
      return routes;
    case 'other':
      return routes.filter(({ method, parametrised }) => method === 'GET' && !parametrised);
    default:
      return routes.filter(({ method }) => method === 'GET');
  }
}

function hasPages(surface: Surface): boolean {
  return [...surface.of('list'), ...surface.of('search')].some((route) => route.takes('page'));
}

/** On a site without any role that visits begin with: whatever can be read by anybody. */
function anything(surface: Surface): [Place, number][] {
  const open = surface.routes.filter(({ method, authenticated }) => method === 'GET' && !authenticated);
  return [...new Set(open.map(({ role }) => role))].filter((role) => role !== 'asset').map((role) => [role, 1]);
}

function bias(from: Place | 'start', to: Place, { leaving, abandoning }: WorldParameters): number {
  const away = to === 'leave' ? leaving : 1;
  return from === 'quote' && ABANDONING.has(to) ? away * abandoning : away;
}

function node(roads: readonly (readonly [Place, number])[]): Node {
  return { targets: roads.map(([to]) => to), cumulative: sums(roads.map(([, weight]) => weight)) };
}

function sums(weights: readonly number[]): Float64Array {
  let sum = 0;
  return Float64Array.from(weights, (weight) => {
    sum += weight;
    return sum;
  });
}

function indexOf(cumulative: Float64Array, random: Random): number {
  const at = random.uniform() * cumulative[cumulative.length - 1];
  let i = 0;
  while (i < cumulative.length - 1 && cumulative[i] <= at) i++;
  return i;
}
