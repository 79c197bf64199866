/** The statistics of the scoreboard. */

/** Two-sided 95 % quantiles of Student's t for 1, 2, 3 … degrees of freedom; the normal's beyond. */
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const NORMAL95 = 1.96;

/** A mean over seeds and where it would lie for 95 of 100 such sets of seeds. */
export interface Estimate {
  /** null where no seed has a value. */
  readonly mean: number | null;
  /** null with fewer than two values. */
  readonly low: number | null;
  readonly high: number | null;
  readonly values: readonly number[];
}

/**
 * Mean and 95 % interval by Student's t over the seeds' values; nulls are left out. With three seeds the interval is 2.48 standard
 * deviations to either side (4.30 / √3). `within` cuts it to what is possible, such as [0, 1] for shares.
 */
export function estimate(
  all: readonly (number | null)[],
  within: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): Estimate {
  const values = all.filter((v) => v !== null && Number.isFinite(v)) as number[];
  const n = values.length;
  if (n === 0) return { mean: null, low: null, high: null, values };
  const mean = values.reduce((a, b) => a + b, 0) / n;
  if (n === 1) return { mean, low: null, high: null, values };
  const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (n - 1);
  const half = (T95[n - 2] ?? NORMAL95) * Math.sqrt(variance / n);
  return { mean, low: Math.max(within[0], mean - half), high: Math.min(within[1], mean + half), values };
}

/** Middle value, or the mean of the two middle ones; null of nothing. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Value below which a share `q` of the sorted values lies (nearest rank). */
export function quantile(sorted: readonly number[] | Float64Array, q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

/** Largest distance of two samples' distribution functions (Kolmogorov–Smirnov): 0 for equal, 1 for disjoint. */
export function ksDistance(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return Number.NaN;
  const x = Float64Array.from(a).sort();
  const y = Float64Array.from(b).sort();
  let i = 0;
  let j = 0;
  let most = 0;
  while (i < x.length && j < y.length) {
    const at = Math.min(x[i], y[j]);
    while (i < x.length && x[i] === at) i++;
    while (j < y.length && y[j] === at) j++;
    most = Math.max(most, Math.abs(i / x.length - j / y.length));
  }
  return most;
}

/** Half the sum of the differences of two distributions over categories (total variation): 0 for equal, 1 for disjoint. */
export function categoryDistance(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const total = (m: ReadonlyMap<string, number>): number => [...m.values()].reduce((s, n) => s + n, 0);
  const [na, nb] = [total(a), total(b)];
  if (na === 0 || nb === 0) return Number.NaN;
  let sum = 0;
  for (const key of new Set([...a.keys(), ...b.keys()])) {
    sum += Math.abs((a.get(key) ?? 0) / na - (b.get(key) ?? 0) / nb);
  }
  return sum / 2;
}
