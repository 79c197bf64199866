/** Counts a sample by actor and path, and tells apart who may teach: a deterministic function of the sorted sample. */
import { METHODS, ROUTE_CLASS, SOFTWARE_CLASS } from '../enrich/facts.ts';
import { type ClassOverride, classByName, overriddenClass } from '../enrich/routes/classes.ts';
import { type ActorTally, isMiss, type LoginHour, loginFailed, MIN_REQUESTS, newTally } from './baselines.ts';
import { type Cell, compareText, type Observation } from './sample.ts';

/** An actor with a larger share of misses does not teach what exists. */
const TEACHING_MISS_SHARE = 0.5;
const POST = METHODS.indexOf('POST');
const MINUTES = 60;

export interface PathCount {
  readonly path: string;
  /** Requests of actors that may teach, answered in a way that shows that the path exists. */
  requests: number;
  readonly actors: Set<number>;
  /** True where one of them got what it asked for. */
  solid: boolean;
  posts: number;
}

export interface Actor extends ActorTally {
  /** Declared itself a crawler or a tool: its pace and its misses are not a person's or an application's. */
  declared: boolean;
  tool: boolean;
  cells: Cell[];
}

/** Requests by minute of the cell that is being counted. */
const minutes = new Uint32Array(MINUTES);

/** What paths look like when a route's class is asked for, remembered. */
export class ClassCache {
  private readonly overrides: readonly ClassOverride[];
  private readonly known = METHODS.map(() => new Map<string, number>());

  constructor(overrides: readonly ClassOverride[]) {
    this.overrides = overrides;
  }

  of(path: string, method: number): number {
    const known = this.known[method];
    let routeClass = known.get(path);
    if (routeClass === undefined) {
      const bytes = bytesOf(path);
      routeClass = overriddenClass(this.overrides, bytes, 0, bytes.length, method);
      if (routeClass < 0) routeClass = classByName(bytes, 0, bytes.length, method);
      known.set(path, routeClass);
    }
    return routeClass;
  }
}

/** The bytes of a text of one char a byte. */
export function bytesOf(path: string): Uint8Array {
  const bytes = new Uint8Array(path.length);
  for (let i = 0; i < path.length; i++) bytes[i] = path.charCodeAt(i);
  return bytes;
}

export class Tallies {
  readonly actors: Actor[] = [];
  readonly classes: ClassCache;
  private readonly logins: { readonly actor: Actor; readonly login: LoginHour }[] = [];

  constructor(cells: readonly Cell[], overrides: readonly ClassOverride[]) {
    this.classes = new ClassCache(overrides);
    const byKey = new Map<number, Actor>();
    for (const cell of cells) {
      let actor = byKey.get(cell.actor);
      if (actor === undefined) {
        actor = { ...newTally(), declared: false, tool: false, cells: [] };
        byKey.set(cell.actor, actor);
        this.actors.push(actor);
      }
      this.count(actor, cell);
    }
  }

  /** May this actor teach what exists? */
  teaches(actor: Actor): boolean {
    if (actor.tool) return false;
    return actor.requests < MIN_REQUESTS || actor.misses <= actor.requests * TEACHING_MISS_SHARE;
  }

  honestActors(): Actor[] {
    return this.actors.filter((a) => !a.declared);
  }

  honestLogins(): LoginHour[] {
    return this.logins.filter(({ actor }) => !actor.declared).map(({ login }) => login);
  }

  /** Paths that exist, with who was answered for them, sorted. */
  paths(): PathCount[] {
    const counts = new Map<string, PathCount>();
    this.actors.forEach((actor, index) => {
      if (!this.teaches(actor)) return;
      for (const cell of actor.cells) for (const request of cell.requests) countPath(counts, request, index);
    });
    return [...counts.values()].sort((a, b) => compareText(a.path, b.path));
  }

  private count(actor: Actor, cell: Cell): void {
    actor.cells.push(cell);
    if (cell.software === SOFTWARE_CLASS.tool) actor.tool = true;
    if (cell.software !== 0) actor.declared = true;
    minutes.fill(0);
    let attempts = 0;
    let failed = 0;
    for (const { path, method, status, minute } of cell.requests) {
      const routeClass = this.classes.of(path, method);
      if (routeClass === ROUTE_CLASS.asset) continue;
      actor.requests++;
      minutes[minute]++;
      if (isMiss(status, routeClass)) actor.misses++;
      if (status === 401 || status === 403) actor.denied++;
      if (routeClass !== ROUTE_CLASS.login || method !== POST) continue;
      const failure = loginFailed(status);
      if (failure === null) continue;
      attempts++;
      if (failure) failed++;
    }
    actor.logins += attempts;
    actor.failedLogins += failed;
    if (attempts > 0) this.logins.push({ actor, login: { hour: cell.hour, attempts, failed } });
    // A cell that was cut is a sample of its hour.
    const scale = cell.seen / Math.max(1, cell.requests.length);
    for (const n of minutes) actor.peakMinute = Math.max(actor.peakMinute, Math.round(n * scale));
  }
}

export function tally(cells: readonly Cell[], overrides: readonly ClassOverride[]): Tallies {
  return new Tallies(cells, overrides);
}

function countPath(counts: Map<string, PathCount>, request: Observation, actor: number): void {
  if (!request.teaches) return;
  const { status, path } = request;
  const solid = (status >= 200 && status < 300) || status === 304;
  if (!solid && !showsExistence(status, request.method)) return;
  let count = counts.get(path);
  if (count === undefined) {
    count = { path, requests: 0, actors: new Set(), solid: false, posts: 0 };
    counts.set(path, count);
  }
  count.requests++;
  count.actors.add(actor);
  if (solid) count.solid = true;
  if (request.method === POST) count.posts++;
}

/**
 * Answers that show a route without giving what was asked for. Servers that redirect everything (to https, to a login)
 * or refuse everything with 403 do so for paths that do not exist, too: those say nothing.
 */
function showsExistence(status: number, method: number): boolean {
  if (status >= 300 && status < 400) return method === POST;
  return (
    status === 0 ||
    status === 401 ||
    status === 402 ||
    status === 409 ||
    status === 415 ||
    status === 422 ||
    status === 429
  );
}
