/** Cost units that requests take from limits and plans. */
import type { Config } from '../../config/schema.ts';

/** The most that a request may cost and still be let through. */
export function dearestOf({ inspection }: Pick<Config, 'inspection'>): number {
  const { mode, max_cost } = inspection.graphql;
  return mode === 'enforce' ? max_cost : Number.POSITIVE_INFINITY;
}

/** What a request of that cost takes: one where nobody knows, or where it will be refused and so costs nobody anything. */
export const unitsOf = (cost: number, dearest: number): number => (cost > dearest ? 1 : Math.max(1, cost));
