/**
 * What an event can count as besides one: its cost, its objects, its bytes, its time, its money. Aggregates name one of
 * these in `weigh`; the plan fills in the figures, so that a store needs no facts.
 */
import type { Facts } from './facts.ts';

/** Places in {@link Batch.weights}. 0 is "counts as one". */
export const WEIGH = { one: 0, cost: 1, objects: 2, kilobytes: 3, durationMs: 4, amount: 5 } as const;
/** A figure that events may be weighed by. */
export type Weigh = Exclude<keyof typeof WEIGH, 'one'>;

export const WEIGHTS = Object.keys(WEIGH).length;

/** Largest weight of one event: a sum of many still fits into a cell. */
export const WEIGHT_MAX = 1_000_000_000;

/** Kilobytes that were begun are whole ones: 1,024 bytes. */
const KILOBYTE = 1024;

const within = (n: number): number => (n < 0 ? 0 : n > WEIGHT_MAX ? WEIGHT_MAX : Math.floor(n));

/**
 * Fills the weights of an event. Cost, objects and size count as one where nobody knows them, because the event happened;
 * time and money as nothing.
 */
export function weighEvent(out: Int32Array, facts: Facts): void {
  const { cost, objects, bytes } = facts;
  out[WEIGH.cost] = cost > 0 ? within(cost) : 1;
  out[WEIGH.objects] = objects < 0 ? 1 : within(objects);
  out[WEIGH.kilobytes] = bytes < 0 ? 1 : within((bytes + KILOBYTE - 1) / KILOBYTE);
  out[WEIGH.durationMs] = within(facts.durationMs);
  out[WEIGH.amount] = within(facts.amountMinor);
}
