/**
 * Arithmetic of buckets (GCRA, ITU-T I.371) from which requests take as much as they weigh. A bucket is one time, up to which
 * it is spoken for; `aheadMs` is how far that lies in the future, `gapMs` what one unit takes to come back.
 *
 * A request has to find what it takes. One that weighs more than the whole bucket has to find it full, takes all of its weight
 * and leaves a debt behind: refused for good it could never be served, and served for less it would be cheap.
 */
import { MAX_WINDOWS } from '../../config/cost.ts';

/** Times are Unix ms in doubles, which are exact to a quarter of a µs: less than this is no difference. */
const SLACK_MS = 1e-3;
/** Whole units left in a bucket; negative where it is in debt. */
export function unitsLeft(aheadMs: number, gapMs: number, burst: number): number {
  return Math.floor((gapMs * burst - aheadMs + SLACK_MS) / gapMs);
}

/** Until a request of that weight finds what it has to find, in ms; 0 where it does. */
export function waitMs(aheadMs: number, gapMs: number, burst: number, units: number): number {
  const wait = aheadMs - gapMs * (burst - Math.min(units, burst));
  return wait > SLACK_MS ? wait : 0;
}

/** What a request of that weight takes from a limit of so many units a window. */
export function unitsTaken(units: number, limit: number, burst: number): number {
  return Math.min(units, Math.max(burst, limit * MAX_WINDOWS));
}
