/**
 * From one model in force to the next. Route ids are places in the list of routes and key records of running state: what
 * is known keeps its place, what is new comes after it, and a template whose requests a more general one takes over is
 * retired, so that the general one starts fresh records (design, invariant 3). Baselines move a bounded way a day, so that
 * no flood, however patient, becomes the norm before somebody can see it come.
 */
import { ROUTE_CLASS } from '../enrich/facts.ts';
import { type Baselines, type LearnedModel, PRIOR_BASELINES, type RouteTemplate } from '../enrich/model.ts';
import { RouteMatcher } from '../enrich/routes/matcher.ts';
import { versionOf } from './learner.ts';

/** Most that a baseline may move in a day, as a factor; standing still longer earns no more. */
export const DRIFT_A_DAY = 1.1;
/** Places that the routes of a running process take at most, retired ones included. */
export const MAX_ROUTES = 4096;

const DAY_MS = 86_400_000;
/** Baselines are kept to six places: what a share may move in a minute is still seen. */
const PLACES = 1_000_000;

export interface Evolution {
  readonly learnedMs: number;
  /** Exchanges that were observed for it. */
  readonly exchanges: number;
  /** The sample covers long enough to tell what is usual. */
  readonly settled: boolean;
}

/** The model that follows `previous` after `learned` was learned afresh from a newer sample. */
export function evolve(previous: LearnedModel, learned: LearnedModel, evolution: Evolution): LearnedModel {
  const { learnedMs, exchanges } = evolution;
  const model = {
    routes: evolveRoutes(previous.routes, learned.routes),
    baselines: evolveBaselines(previous, learned.baselines, evolution),
    hosts: (learned.hosts ?? []).length > 0 ? learned.hosts : (previous.hosts ?? []),
    tells: learned.tells ?? [],
  };
  return { version: versionOf(model), ...model, learnedMs, exchanges };
}

/** Does anything differ that steers a decision? Counts of requests do not. */
export function steersAlike(a: LearnedModel, b: LearnedModel): boolean {
  const steering = ({ routes, baselines, hosts, tells }: LearnedModel): string =>
    JSON.stringify([
      routes.map((r) => [r.template, r.routeClass, r.origin, r.retired]),
      baselines,
      hosts ?? [],
      tells ?? [],
    ]);
  return steering(a) === steering(b);
}

/** A model for a process that starts: retired places are given up, because nothing refers to them yet. */
export function withoutRetired(model: LearnedModel): LearnedModel {
  const routes = model.routes.filter((route) => route.retired !== true);
  if (routes.length === model.routes.length) return model;
  return { ...model, routes, version: versionOf({ ...model, routes }) };
}

/** Learned templates whose requests none of the configured ones takes: the configuration counts before what was learned. */
export function uncovered(learned: readonly RouteTemplate[], configured: readonly RouteTemplate[]): RouteTemplate[] {
  const matcher = new RouteMatcher(configured, 0);
  return learned.filter(({ template }) => {
    const bytes = new TextEncoder().encode(exampleOf(template));
    return matcher.match(bytes, 0, bytes.length) === 0;
  });
}

function evolveRoutes(previous: readonly RouteTemplate[], learned: readonly RouteTemplate[]): RouteTemplate[] {
  const fresh = new Map(learned.filter((r) => r.origin === 'learned').map((r) => [r.template, r]));
  const general = new Coverage([...fresh.values()]);
  const kept = previous.map((route): RouteTemplate => {
    if (route.origin !== 'learned' || route.retired === true) return route;
    const again = fresh.get(route.template);
    if (again !== undefined) return again;
    return general.covers(route) ? { ...route, retired: true } : route;
  });
  const known = new Set(kept.map((r) => r.template));
  const standing = new Coverage(kept.filter((r) => r.origin === 'learned' && r.retired !== true));
  const added = [...fresh.values()]
    .filter((route) => !known.has(route.template) && !standing.covers(route))
    .sort((a, b) => b.requests - a.requests || (a.template < b.template ? -1 : 1))
    .slice(0, Math.max(0, MAX_ROUTES - kept.length));
  return [...kept, ...added];
}

/** Which templates would take over the requests of another one, if it were not there. */
class Coverage {
  private readonly templates: readonly string[];
  private readonly matcher: RouteMatcher;

  constructor(routes: readonly RouteTemplate[]) {
    const open = routes.filter((r) => r.template.includes('{'));
    this.templates = open.map((r) => r.template);
    this.matcher = new RouteMatcher(open, 0);
  }

  covers({ template, routeClass }: RouteTemplate): boolean {
    // What says by its name what it is for is no value of something else.
    if (routeClass !== ROUTE_CLASS.page && routeClass !== ROUTE_CLASS.api) return false;
    const bytes = new TextEncoder().encode(exampleOf(template));
    const route = this.matcher.match(bytes, 0, bytes.length);
    return route > 0 && this.templates[route - 1] !== template;
  }
}

const EXAMPLES: Readonly<Record<string, string>> = {
  id: '12345',
  uuid: '123e4567-e89b-42d3-a456-426614174000',
  hash: 'd41d8cd98f00b204e9800998ecf8427e',
  date: '2024-05-17',
  email: 'kim@shop.example',
};

/** A path that a learned template matches; for one that takes any word, a word. */
const exampleOf = (template: string): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => EXAMPLES[name] ?? 'word');

const SHARES_AND_TAILS = ['loginFailure', 'miss', 'denied', 'requestsPerMinuteP999', 'objectsPerHourP999'] as const;

/** The milder of what is assumed and what was seen: higher values are milder for all of them. */
function loosened(learned: Baselines): Baselines {
  const loose = { ...PRIOR_BASELINES };
  for (const name of SHARES_AND_TAILS) loose[name] = Math.max(PRIOR_BASELINES[name], learned[name]);
  return loose;
}

function evolveBaselines(previous: LearnedModel, learned: Baselines, { learnedMs, settled }: Evolution): Baselines {
  const before = previous.baselines;
  // Too few actors to learn from are no reason to forget.
  if (learned.origin === 'prior') return before;
  // A short sample has not seen who is rare and busy: it may show that what is assumed is too strict, never that it is too mild.
  if (!settled) return before.origin === 'prior' ? loosened(learned) : before;
  // The first that is learned has nothing to hold on to.
  if (before.origin === 'prior') return { ...learned, ...evolveWays(before, learned, learnedMs) };
  const days = Math.min(1, Math.max(0, learnedMs - (previous.learnedMs ?? learnedMs)) / DAY_MS);
  const most = DRIFT_A_DAY ** days;
  const step = (from: number, to: number): number =>
    Math.round(Math.min(from * most, Math.max(from / most, to)) * PLACES) / PLACES;
  return {
    origin: 'learned',
    loginFailure: step(before.loginFailure, learned.loginFailure),
    miss: step(before.miss, learned.miss),
    denied: step(before.denied, learned.denied),
    requestsPerMinuteP999: step(before.requestsPerMinuteP999, learned.requestsPerMinuteP999),
    objectsPerHourP999: step(before.objectsPerHourP999, learned.objectsPerHourP999),
    loginFailureByHourOfWeek:
      learned.loginFailureByHourOfWeek.length === 0
        ? before.loginFailureByHourOfWeek
        : learned.loginFailureByHourOfWeek.map((to, i) =>
            step(before.loginFailureByHourOfWeek[i] ?? before.loginFailure, to),
          ),
    ...evolveWays(before, learned, learnedMs),
    ...evolveCost(before, learned, step),
  };
}

/** Ways are learned as a whole, and anew once a day at most: a table that changes every minute would be hard to explain. */
function evolveWays(before: Baselines, learned: Baselines, learnedMs: number): Pick<Baselines, 'journeys'> {
  const { journeys } = before;
  const isDue = journeys === undefined || learnedMs - (journeys.learnedMs ?? 0) >= DAY_MS;
  if (isDue && learned.journeys !== undefined) return { journeys: { ...learned.journeys, learnedMs } };
  return journeys === undefined ? {} : { journeys };
}

function evolveCost(
  { cost }: Baselines,
  learned: Baselines,
  step: (from: number, to: number) => number,
): Pick<Baselines, 'cost'> {
  const known = learned.cost ?? cost;
  if (cost === undefined || learned.cost === undefined) return known === undefined ? {} : { cost: known };
  const { p99, perMinuteP999 } = learned.cost;
  return { cost: { p99: step(cost.p99, p99), perMinuteP999: step(cost.perMinuteP999, perMinuteP999) } };
}
