/** The little arithmetic that benchmarks need. Pure. */

/** Median of the values; NaN for none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The `q`-quantile (0 to 1) with linear interpolation; NaN for no values. */
export function quantile(values: readonly number[], q: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = Math.floor(at);
  const high = Math.ceil(at);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low);
}

/**
 * An interval that holds the median with at least 95 %, whatever the distribution: from one order statistic to another,
 * by the binomial distribution with p = ½ (with ten values the second and the ninth). The whole range for fewer than six.
 */
export function medianInterval(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  if (n === 0) return [Number.NaN, Number.NaN];
  let cut = 0;
  let chance = 2 ** -n;
  for (let tail = chance; tail <= 0.025 && cut < n / 2; tail += chance) {
    chance = (chance * (n - cut)) / (cut + 1);
    cut++;
  }
  const low = Math.max(0, cut - 1);
  return [sorted[low], sorted[n - 1 - low]];
}

/**
 * The most that `cores` can speed up a run of which `parallelShare` (0 to 1) can be spread over them (Amdahl, AFIPS
 * 1967).
 */
export function amdahlBound(parallelShare: number, cores: number): number {
  const p = Math.min(1, Math.max(0, parallelShare));
  return 1 / (1 - p + p / cores);
}

/** Measured speed-up as a share of {@link amdahlBound}. Times in any one unit. */
export function amdahlShare(oneCore: number, manyCores: number, parallelShare: number, cores: number): number {
  return oneCore / manyCores / amdahlBound(parallelShare, cores);
}
