/**
 * Learns shapes from exchanges that went well. Memory is bounded by routes × fields; where there are more routes, those with
 * the most requests stay, so that nobody can push out what is in use by inventing names.
 */
import type { FactBatch } from '../../enrich/facts.ts';
import { FLAG, SOFTWARE_CLASS } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { hashString } from '../../lib/hash.ts';
import { Sizes } from './buckets.ts';
import { evolveRoute } from './evolve.ts';
import { ENOUGH, type Enough, type RouteModel, type ShapeModel } from './model.ts';
import type { ValueShape } from './shape.ts';
import { FieldTally, Seen } from './tally.ts';

export interface ShapeBounds {
  /** Routes that are learned at once. */
  readonly routes: number;
  /** Fields of one route. */
  readonly fields: number;
}

export const SHAPE_BOUNDS: ShapeBounds = { routes: 256, fields: 48 };

/** Number of fields that nearly all requests of a route stay below. */
const COUNT_PER_MILLE = 995;

const DAY_MS = 86_400_000;

/** A value with its place. */
export interface ShapedField {
  readonly where: string;
  readonly value: ValueShape;
}

/** Does an exchange teach what is usual? It was answered with success, by the application, to somebody nothing speaks against. */
export function mayTeach(batch: FactBatch, row: number): boolean {
  const status = batch.status[row];
  return (
    status >= 200 &&
    status < 300 &&
    (batch.flags[row] & (FLAG.NOT_ADMITTED | FLAG.MALFORMED | FLAG.PROXY_ATTEMPT | FLAG.BODY_CUT)) === 0 &&
    batch.contentMillinats[row] === 0 &&
    batch.probeRule[row] === 0 &&
    batch.decoy[row] === 0 &&
    // What is only unusual may become usual, as slowly as models do: else nothing new ever could.
    (batch.schema[row] & ~SCHEMA.shape) === 0 &&
    batch.softwareClass[row] !== SOFTWARE_CLASS.tool
  );
}

class RouteTally {
  readonly method: string;
  readonly template: string;
  readonly seen = new Seen();
  readonly fields = new Map<string, FieldTally>();
  readonly counts = new Sizes();
  requests = 0;

  constructor(method: string, template: string) {
    this.method = method;
    this.template = template;
  }

  model(): RouteModel {
    const { method, template, requests, seen } = this;
    return {
      method,
      template,
      requests,
      identities: seen.identities.length,
      firstMs: seen.firstMs,
      lastMs: seen.lastMs,
      count: Math.max(0, this.counts.quantile(COUNT_PER_MILLE)),
      fields: [...this.fields.values()].map((field) => field.model(requests)).sort(byPlace),
    };
  }
}

const byPlace = (a: { where: string }, b: { where: string }): number => (a.where < b.where ? -1 : 1);

export class ShapeLearner {
  private readonly seed: number;
  private readonly bounds: ShapeBounds;
  private readonly enough: Enough;
  private readonly routes = new Map<string, RouteTally>();
  /** Requests of routes that there was no room for, since the last one that got room. */
  private missed = 0;
  /** Requests of the least used route when that was last looked for. */
  private fewest = 1;

  constructor(seed: number, bounds: ShapeBounds = SHAPE_BOUNDS, enough: Enough = ENOUGH) {
    this.seed = seed;
    this.bounds = bounds;
    this.enough = enough;
  }

  /** Takes one exchange in. `identity` is a number that stands for the sender. {@link mayTeach} must have agreed. */
  observe(method: string, template: string, fields: readonly ShapedField[], identity: number, timeMs: number): void {
    const route = this.route(method, template);
    if (route === null) return;
    route.requests++;
    route.seen.add(identity, timeMs);
    route.counts.add(fields.length);
    for (const { where, value } of fields) {
      let tally = route.fields.get(where);
      if (tally === undefined) {
        if (route.fields.size >= this.bounds.fields && !makeRoom(route)) continue;
        tally = new FieldTally(where);
        route.fields.set(where, tally);
      }
      tally.add(value, identity, timeMs);
    }
  }

  private route(method: string, template: string): RouteTally | null {
    const key = `${method} ${template}`;
    const known = this.routes.get(key);
    if (known !== undefined) return known;
    if (this.routes.size >= this.bounds.routes && !this.displace()) return null;
    const route = new RouteTally(method, template);
    this.routes.set(key, route);
    return route;
  }

  /** Gives the place of the least used route away, once more requests went without one than it has had. */
  private displace(): boolean {
    let least = '';
    let fewest = Number.POSITIVE_INFINITY;
    // Looking through all of them is not for every request.
    if (++this.missed <= this.fewest) return false;
    for (const [key, { requests }] of this.routes) {
      if (requests >= fewest) continue;
      fewest = requests;
      least = key;
    }
    this.fewest = fewest;
    if (this.missed <= fewest) return false;
    this.routes.delete(least);
    this.missed = 0;
    this.fewest = 1;
    return true;
  }

  /**
   * The model that follows `previous`. Routes of which enough was seen, or that were watched for a day, go into it and begin
   * anew, so that each part of time stands for itself; of the others more is waited for.
   */
  learn(previous: ShapeModel | null, nowMs: number): ShapeModel {
    const steps = this.learning(previous, nowMs);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  }

  /** {@link learn} in steps of a route each, for who must not be kept from other things for long. */
  *learning(previous: ShapeModel | null, nowMs: number): Generator<undefined, ShapeModel> {
    const known = new Map((previous?.routes ?? []).map((route) => [keyOf(route), route]));
    for (const [key, tally] of [...this.routes]) {
      if (!this.isRipe(tally, nowMs) || this.routes.get(key) !== tally) continue;
      // What comes between this step and the last one teaches the model after this.
      this.routes.delete(key);
      this.fewest = 1;
      known.set(key, evolveRoute(known.get(key) ?? null, tally.model(), nowMs));
      yield;
    }
    const routes = [...known.values()]
      .sort((a, b) => b.lastMs - a.lastMs || b.requests - a.requests)
      .slice(0, this.bounds.routes)
      .sort((a, b) => (`${a.template} ${a.method}` < `${b.template} ${b.method}` ? -1 : 1));
    let version = '';
    for (const route of routes) {
      version = this.versionOf(version, route);
      yield;
    }
    return { version, learnedMs: nowMs, seed: this.seed, routes };
  }

  private isRipe({ requests, seen }: RouteTally, nowMs: number): boolean {
    const isLong = seen.lastMs - seen.firstMs >= this.enough.minutes * 60_000;
    return (isLong && requests >= this.enough.observations) || nowMs - seen.firstMs >= DAY_MS;
  }

  /** The version of a model with one more route. */
  private versionOf(before: string, route: RouteModel): string {
    const { hi, lo } = hashString(before + JSON.stringify(route), this.seed);
    return [hi, lo].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

const keyOf = ({ method, template }: RouteModel): string => `${method} ${template}`;

/** The place of a field that came but once; false where all came more often. */
function makeRoom(route: RouteTally): boolean {
  for (const [where, field] of route.fields) {
    if (field.count > 1) continue;
    route.fields.delete(where);
    return true;
  }
  return false;
}
