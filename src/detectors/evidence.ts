/** Arithmetic that detectors share: from a measured figure to millinats, in integers. */
import { ln, millinats } from '../lib/fixed.ts';

/** Wald's upper bound ln((1 − β)/α) of a sequential test, for α = 1e-4 and β = 0.01, in millinats. */
export const WALD_BOUND = millinats(ln(0.99 / 1e-4));

/**
 * A straight line from `low` millinats at `from` to `high` at `to`, level beyond, 0 below `from`. `value`, `from` and `to`
 * are in one unit, whatever it is.
 */
export function ramp(value: number, from: number, to: number, low: number, high: number): number {
  if (value < from) return 0;
  if (value >= to) return high;
  return low + Math.floor(((high - low) * (value - from)) / (to - from));
}

/** "one address", "7 addresses": a count with its noun. */
export function counted(n: number, singular: string, plural: string): string {
  return n === 1 ? `one ${singular}` : `${n} ${plural}`;
}

/** A share in percent for people: "94 %", "0.4 %". `whole` must not be 0. */
export function percent(part: number, whole: number): string {
  const permille = Math.round((part * 1000) / whole);
  return permille >= 100 || permille % 10 === 0 ? `${Math.round(permille / 10)} %` : `${permille / 10} %`;
}

/** A number of distinct values: exact up to 8, "about" beyond, where it is an estimate (aggregates: `distinct`). */
export function about(n: number): string {
  return n > 8 ? `about ${n}` : `${n}`;
}
