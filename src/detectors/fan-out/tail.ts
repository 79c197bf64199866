/**
 * Thresholds from the tail of a negative binomial distribution: the usual model for counts that vary more between actors
 * than chance alone would (Greenwood & Yule 1920). Computed once, when a detector is built.
 */
import { expNeg, ln } from '../../lib/fixed.ts';

/** No count is looked for beyond this. */
const LIMIT = 100_000;

/**
 * Smallest n with P(X ≥ n) < `tail` for a negative binomial X of this mean and size (variance mean + mean²/size). Both
 * must be > 0. The recurrence of its probabilities uses additions, multiplications and divisions only.
 */
export function tailThreshold(mean: number, size: number, tail: number): number {
  const ratio = mean / (mean + size);
  let probability = expNeg(size * ln(1 + mean / size));
  let above = 1;
  for (let n = 0; n < LIMIT; n++) {
    if (above < tail) return n;
    above -= probability;
    probability *= ((n + size) / (n + 1)) * ratio;
  }
  return LIMIT;
}
