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
