/**
 * Ways of honest actors through the API → transitions of second order with back-off, and the mean surprise that one way in
 * ten thousand goes beyond. Every actor is one voice for each transition, so that no single one teaches what is usual.
 *
 * Probabilities are smoothed towards those of the shorter context (a Dirichlet prior worth κ = 50 observations; MacKay and
 * Peto 1995). The threshold is learned on ways that the model did not see: the actors are dealt into two halves, and each is
 * measured against a model of the other. Its tail is one of exceedances over a high quantile (Pickands 1975; Siffer et al.,
 * KDD 2017), taken as exponential.
 */
import { METHODS, ROUTE_CLASS } from '../enrich/facts.ts';
import type { Journeys, RouteTemplate } from '../enrich/model.ts';
import { RouteMatcher } from '../enrich/routes/matcher.ts';
import { ln, millinats } from '../lib/fixed.ts';
import { isMiss } from './baselines.ts';
import type { Cell } from './sample.ts';
import { type Actor, bytesOf, type Tallies } from './tally.ts';

/** Observations that the shorter context counts as. */
const KAPPA = 50;
/** Most that a step may say, in millinats (engine/features/path.ts has the same). */
const MOST = 12_000;
/** Bounds of the table. */
const MAX_STEPS = 512;
const MAX_PAIRS = 2048;
const MAX_CONTEXTS = 1024;
const MAX_TRIPLES = 2048;
/** A pause that begins a new way, in ms. */
const BREAK_MS = 1_800_000;
/** Steps of a way before its mean says something, and steps that a mean remembers. */
const LEAST_STEPS = 8;
const MEMORY = 16;
/** Ways and actors below which nothing is learned. */
const MIN_WAYS = 40;
const MIN_ACTORS = 20;
/** Quantile above which the tail is fitted, probability it is extended to, and least exceedances. */
const HIGH = 0.95;
const TAIL = 1e-4;
const MIN_EXCEEDANCES = 5;
/** Threshold before anything was seen, ways it counts as, and what learned ones are kept within, in millinats. */
const PRIOR_THRESHOLD = 5000;
const PRIOR_WAYS = 50;
const RANGE = [2500, 9000] as const;

const START = 0;
const ELSEWHERE = 1;
const WRITING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const WRITES = METHODS.map((method) => WRITING.has(method));

/** A way: its steps. */
type Way = readonly number[];

interface Travels {
  readonly names: readonly string[];
  /** Ways of each actor. */
  readonly ways: readonly (readonly Way[])[];
}

/** Journeys of a sample, null where there are too few. */
export function learnJourneys(tallies: Tallies, routes: readonly RouteTemplate[], seed: number): Journeys | null {
  const { names, ways } = travelsOf(tallies, routes, seed);
  const all = ways.flat();
  if (ways.length < MIN_ACTORS || all.length < MIN_WAYS) return null;
  const halves = [0, 1].map((half) => ways.filter((_, i) => i % 2 === half));
  const means = halves.flatMap((half, i) => {
    const model = new Counts(halves[1 - i]);
    return half.flatMap((own) => own.map((way) => highestMean(way, model)));
  });
  const model = new Counts(ways);
  const size = names.length + 2;
  return {
    steps: names,
    unseen: model.unseen,
    single: Array.from({ length: size }, (_, step) => model.single(step)),
    backOff: Array.from({ length: size }, (_, step) => model.backOff(step)),
    ...model.tables(),
    threshold: thresholdOf(means.filter((mean) => mean >= 0)),
    ways: all.length,
  };
}

/** Steps of the actors that may teach, in the order of time, without what pages load and what is not there. */
function travelsOf(tallies: Tallies, routes: readonly RouteTemplate[], seed: number): Travels {
  const matcher = new RouteMatcher(routes, seed);
  const ofPath = new Map<string, number>();
  const routeOf = (path: string): number => {
    let route = ofPath.get(path);
    if (route === undefined) {
      const bytes = bytesOf(path);
      route = matcher.match(bytes, 0, bytes.length);
      ofPath.set(path, route);
    }
    return route;
  };
  const counted = new Map<string, number>();
  const raw = tallies
    .honestActors()
    .filter((actor) => tallies.teaches(actor))
    .map((actor) => waysOf(actor, (path, method) => nameOf(routes, routeOf(path), method), tallies, counted))
    .filter((ways) => ways.length > 0);
  const names = [...counted]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, MAX_STEPS)
    .map(([name]) => name)
    .sort();
  const numbers = new Map(names.map((name, i) => [name, i + 2]));
  const ways = raw.map((own) => own.map((way) => way.map((name) => numbers.get(name) ?? ELSEWHERE)));
  return { names, ways };
}

const nameOf = (routes: readonly RouteTemplate[], route: number, method: number): string =>
  route === 0 ? '' : `${WRITES[method] ? 'write' : 'read'} ${routes[route - 1].template}`;

function waysOf(
  actor: Actor,
  name: (path: string, method: number) => string,
  tallies: Tallies,
  counted: Map<string, number>,
): string[][] {
  const ways: string[][] = [];
  for (const cell of [...actor.cells].sort((a, b) => a.hour - b.hour)) {
    // A cell that was cut has gaps: what follows what cannot be told.
    if (cell.seen > cell.requests.length) continue;
    ways.push(...waysOfHour(cell, name, tallies));
  }
  const long = ways.filter((way) => way.length > LEAST_STEPS);
  for (const step of new Set(long.flat())) if (step !== '') counted.set(step, (counted.get(step) ?? 0) + 1);
  return long;
}

function waysOfHour(cell: Cell, name: (path: string, method: number) => string, tallies: Tallies): string[][] {
  const ways: string[][] = [];
  let way: string[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const { path, method, status, at } of [...cell.requests].sort((a, b) => a.at - b.at || a.key - b.key)) {
    const routeClass = tallies.classes.of(path, method);
    if (routeClass === ROUTE_CLASS.asset || routeClass === ROUTE_CLASS.feed || isMiss(status, routeClass)) continue;
    if (at - last > BREAK_MS) {
      way = [];
      ways.push(way);
    }
    last = at;
    way.push(name(path, method));
  }
  return ways;
}

/** How many actors made a transition, and what follows from it. */
class Counts {
  private readonly singles = new Map<number, number>();
  private readonly froms = new Map<number, number>();
  private readonly pairs = new Map<string, number>();
  private readonly contexts = new Map<string, number>();
  private readonly triples = new Map<string, number>();
  private total = 0;

  constructor(actors: readonly (readonly Way[])[]) {
    for (const ways of actors) this.count(ways);
  }

  private count(ways: readonly Way[]): void {
    const seen = new Set<string>();
    for (const way of ways)
      for (let i = 1; i < way.length; i++) {
        const before = i < 2 ? START : way[i - 2];
        const key = `${before} ${way[i - 1]} ${way[i]}`;
        if (seen.has(key)) continue;
        seen.add(key);
        add(this.triples, key);
        add(this.contexts, `${before} ${way[i - 1]}`);
        add(this.pairs, `${way[i - 1]} ${way[i]}`);
        add(this.froms, way[i - 1]);
        add(this.singles, way[i]);
        this.total++;
      }
  }

  private p0(to: number): number {
    return ((this.singles.get(to) ?? 0) + KAPPA / MAX_STEPS) / (this.total + KAPPA);
  }

  private p1(from: number, to: number): number {
    const n = this.pairs.get(`${from} ${to}`) ?? 0;
    return (n + KAPPA * this.p0(to)) / ((this.froms.get(from) ?? 0) + KAPPA);
  }

  private p2(before: number, from: number, to: number): number {
    const n = this.triples.get(`${before} ${from} ${to}`) ?? 0;
    return (n + KAPPA * this.p1(from, to)) / ((this.contexts.get(`${before} ${from}`) ?? 0) + KAPPA);
  }

  get unseen(): number {
    return surpriseOf(KAPPA / MAX_STEPS / (this.total + KAPPA));
  }

  single(step: number): number {
    return surpriseOf(this.p0(step));
  }

  backOff(from: number): number {
    return surpriseOf(KAPPA / ((this.froms.get(from) ?? 0) + KAPPA));
  }

  surprise(before: number, from: number, to: number): number {
    return surpriseOf(this.p2(before, from, to));
  }

  /** The transitions that most actors made, within the bounds of the table. */
  tables(): Pick<Journeys, 'pairs' | 'contexts' | 'triples'> {
    const pairs = most(this.pairs, MAX_PAIRS).flatMap(([from, to]) => [from, to, surpriseOf(this.p1(from, to))]);
    const contexts = most(this.contexts, MAX_CONTEXTS).flatMap(([before, from]) => [
      before,
      from,
      surpriseOf(KAPPA / ((this.contexts.get(`${before} ${from}`) ?? 0) + KAPPA)),
    ]);
    const triples = most(this.triples, MAX_TRIPLES).flatMap(([before, from, to]) => [
      before,
      from,
      to,
      this.surprise(before, from, to),
    ]);
    return { pairs, contexts, triples };
  }
}

function add<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** The keys of the highest counts, as numbers, in an order of their own. */
function most(counts: Map<string, number>, limit: number): number[][] {
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .slice(0, limit)
    .map(([key]) => key.split(' ').map(Number))
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || (a[2] ?? 0) - (b[2] ?? 0));
}

const surpriseOf = (p: number): number => Math.max(0, Math.min(MOST, millinats(-ln(p))));

/** The highest mean surprise on a way, as the engine would have seen it; −1 where it is too short. */
function highestMean(way: Way, model: Counts): number {
  let sum = 0;
  let highest = -1;
  for (let i = 1; i < way.length; i++) {
    const faded = i > MEMORY ? Math.floor(sum / MEMORY) : 0;
    sum += model.surprise(i < 2 ? START : way[i - 2], way[i - 1], way[i]) - faded;
    if (i >= LEAST_STEPS) highest = Math.max(highest, Math.floor(sum / Math.min(i, MEMORY)));
  }
  return highest;
}

/** The mean that one way in {@link TAIL} goes beyond, pulled towards what is assumed as far as there are few ways. */
function thresholdOf(means: readonly number[]): number {
  const sorted = [...means].sort((a, b) => a - b);
  const n = sorted.length;
  const from = Math.min(n - 1, Math.max(0, n - MIN_EXCEEDANCES), Math.floor(n * HIGH));
  const high = sorted[from] ?? PRIOR_THRESHOLD;
  const beyond = sorted.slice(from);
  const excess = beyond.reduce((sum, mean) => sum + (mean - high), 0) / Math.max(1, beyond.length);
  const learned = n === 0 ? PRIOR_THRESHOLD : high + excess * ln(Math.max(1, beyond.length / (TAIL * n)));
  const pulled = (learned * n + PRIOR_THRESHOLD * PRIOR_WAYS) / (n + PRIOR_WAYS);
  return Math.round(Math.min(RANGE[1], Math.max(RANGE[0], pulled)));
}
