/**
 * What requests cost, from those of known cost. Both figures are taken over actors, so that no single one sets them: of each
 * actor its own dearest requests and its busiest minute.
 */
import type { CostBaseline } from '../enrich/model.ts';
import { robustTail } from './baselines.ts';
import type { Actor } from './tally.ts';

/** Requests of known cost, and actors who made some, below which nothing is learned. */
const MIN_COSTED = 200;
const MIN_ACTORS = 10;
/** Actors whose dearest requests lie below what is called the p99 of requests: nine in ten. */
const OF_ACTORS = 0.9;
/** The loudest actors are left out of the tail of minutes: one in so many, and one at least. */
const LOUDEST = 100;
/** What learned figures are kept within. */
const P99_RANGE = [10, 1_000_000] as const;
const MINUTE_RANGE = [1000, 100_000_000] as const;

/** Null where too little is known. */
export function learnCosts(actors: readonly Actor[]): CostBaseline | null {
  const dearest: number[] = [];
  const peaks: number[] = [];
  let requests = 0;
  for (const actor of actors) {
    const own = actor.cells.flatMap((cell) => cell.requests.filter((r) => r.cost > 0).map((r) => r.cost));
    if (own.length === 0) continue;
    requests += own.length;
    dearest.push(quantile(own, 0.99));
    peaks.push(busiestMinute(actor));
  }
  if (requests < MIN_COSTED || peaks.length < MIN_ACTORS) return null;
  const quiet = peaks.sort((a, b) => a - b).slice(0, -Math.max(1, Math.ceil(peaks.length / LOUDEST)));
  return {
    p99: within(P99_RANGE, quantile(dearest, OF_ACTORS)),
    perMinuteP999: within(MINUTE_RANGE, robustTail(quiet)),
  };
}

function busiestMinute({ cells }: Actor): number {
  let peak = 0;
  for (const cell of cells) {
    const minutes = new Map<number, number>();
    for (const { cost, minute } of cell.requests) minutes.set(minute, (minutes.get(minute) ?? 0) + Math.max(0, cost));
    for (const sum of minutes.values()) peak = Math.max(peak, sum);
  }
  return peak;
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * q) - 1))];
}

const within = ([low, high]: readonly [number, number], value: number): number =>
  Math.round(Math.min(high, Math.max(low, value)));
