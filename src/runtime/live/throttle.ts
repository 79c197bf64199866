/**
 * The pace that a throttled actor still gets: a GCRA bucket an actor, and a bigger one for all who share the actor. Clients
 * of a crowd are told apart by their software, so that who is loud does not take the room of who is not. What is dear to answer
 * takes as much as several requests: else a held caller would ask for all at once what it may not ask for one by one.
 */
import type { Config } from '../../config/schema.ts';
import { waitMs } from './gcra.ts';
import { dearestOf, unitsOf } from './units.ts';

/** Actors with a bucket; the longest unused goes. */
const MAX_BUCKETS = 20_000;
/** What all clients behind a shared actor get together, as a multiple of what one gets. */
const CROWD_FACTOR = 20;
/**
 * One client is kept waiting for at most so many times the longest wait in all, given back four times as slowly. People
 * wait now and then; a program that sends whatever it is let would be served for ever, only slower.
 */
const PATIENCE_FACTOR = 2;
const PATIENCE_BACK = 4;
/** A request takes at most as much as so many of usual cost, so that one of absurd cost shuts nobody out for good. */
const MAX_WEIGHT = 100;
/** Where the configuration does not say how many units are one request: the dearest that is allowed takes as much as so many. */
const WEIGHT_OF_DEAREST = 20;

export interface ThrottleSettings {
  readonly ratePerSec: number;
  readonly burst: number;
  readonly maxDelayMs: number;
  /** Cost units that count as one request; what costs less counts as one, too. */
  readonly unitsPerRequest: number;
  /** What costs more units is refused in the end, and counts as one request. */
  readonly dearest: number;
}

/** As the configuration says. */
export function throttleSettings(config: Pick<Config, 'gateway' | 'inspection'>): ThrottleSettings {
  const { rate_per_s, burst, max_delay_ms, units_per_request } = config.gateway.throttle;
  return {
    ratePerSec: rate_per_s,
    burst,
    maxDelayMs: max_delay_ms,
    unitsPerRequest: units_per_request ?? config.inspection.graphql.max_cost / WEIGHT_OF_DEAREST,
    dearest: dearestOf(config),
  };
}

export class Throttle {
  /** Theoretical arrival time by bucket, Unix ms (GCRA, ITU-T I.371). */
  private readonly arrivals = new Map<string, number>();
  /** When a client will have been given back all its waiting, Unix ms. */
  private readonly waited = new Map<string, number>();
  private settings: ThrottleSettings;

  constructor(settings: ThrottleSettings) {
    this.settings = settings;
  }

  update(settings: ThrottleSettings): void {
    this.settings = settings;
  }

  /**
   * How long a request is to wait, in ms; −1 where it would be longer than is waited, and it takes nothing. `client` tells
   * apart who shares the actor; '' where nobody does. `cost` in units, 0 where it is unknown.
   */
  delay(actor: string, client: string, cost: number, nowMs: number): number {
    const { ratePerSec, maxDelayMs } = this.settings;
    const weight = this.weightOf(cost);
    const longest = this.waitOf(actor, client, weight, nowMs);
    const own = bucketOf(actor, client);
    if (longest > maxDelayMs || !this.mayWait(own, longest, nowMs)) return -1;
    const ms = (1000 / ratePerSec) * weight;
    take(this.arrivals, own, ms, nowMs);
    if (client !== '') take(this.arrivals, actor, ms / CROWD_FACTOR, nowMs);
    if (longest > 0) take(this.waited, own, longest * PATIENCE_BACK, nowMs);
    return Math.ceil(longest);
  }

  /** Seconds until a request of that cost would be let through at once again. */
  retryAfterSec(actor: string, client: string, cost: number, nowMs: number): number {
    return Math.max(1, Math.ceil(this.waitOf(actor, client, this.weightOf(cost), nowMs) / 1000));
  }

  forget(actor: string): void {
    for (const buckets of [this.arrivals, this.waited])
      for (const key of buckets.keys()) if (key === actor || key.startsWith(`${actor}/`)) buckets.delete(key);
  }

  /** As how many requests one of that cost counts. */
  private weightOf(cost: number): number {
    const { unitsPerRequest, dearest } = this.settings;
    return Math.min(MAX_WEIGHT, Math.max(1, unitsOf(cost, dearest) / unitsPerRequest));
  }

  /** Until both buckets have what the request takes, in ms. */
  private waitOf(actor: string, client: string, weight: number, nowMs: number): number {
    const { ratePerSec, burst } = this.settings;
    const gap = 1000 / ratePerSec;
    const own = waitMs(this.ahead(bucketOf(actor, client), nowMs), gap, burst, weight);
    if (client === '') return own;
    return Math.max(own, waitMs(this.ahead(actor, nowMs), gap / CROWD_FACTOR, burst * CROWD_FACTOR, weight));
  }

  private mayWait(key: string, delayMs: number, nowMs: number): boolean {
    if (delayMs === 0) return true;
    const owed = Math.max(0, (this.waited.get(key) ?? 0) - nowMs) / PATIENCE_BACK;
    return owed + delayMs <= this.settings.maxDelayMs * PATIENCE_FACTOR;
  }

  private ahead(bucket: string, nowMs: number): number {
    return Math.max(0, (this.arrivals.get(bucket) ?? 0) - nowMs);
  }
}

const bucketOf = (actor: string, client: string): string => (client === '' ? actor : `${actor}/${client}`);

/** Moves a bucket's time on; the newest stand at the end of the map. */
function take(buckets: Map<string, number>, key: string, ms: number, nowMs: number): void {
  const until = Math.max(buckets.get(key) ?? 0, nowMs) + ms;
  buckets.delete(key);
  buckets.set(key, until);
  if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value as string);
}
