/** A curve of memory over time: how it is shown, and whether it is flat. Pure functions, so that a test can check them. */
import { table } from '../../bench/lib/figures.ts';

export interface Sample {
  /** Since the beginning. */
  readonly sec: number;
  readonly bytes: number;
}

const TEN_MIN_SEC = 600;
const MIB = 2 ** 20;

export interface Trend {
  /** Of the line of least squares through the samples, over ten minutes, in percent of their mean. */
  readonly percentPer10Min: number;
  /** Half the width of its 95 % interval, from blocks of samples: neighbours are alike, so each counts for less than one. */
  readonly plusMinus: number;
}

/** Blocks whose means the interval is estimated from. */
const BLOCKS = 10;

/** The slope of the second half of a curve. NaN where it has too few samples. */
export function trendOf(samples: readonly Sample[]): Trend {
  const half = samples.filter((s) => s.sec >= (samples.at(-1)?.sec ?? 0) / 2);
  if (half.length < 2 * BLOCKS) return { percentPer10Min: Number.NaN, plusMinus: Number.NaN };
  const size = Math.floor(half.length / BLOCKS);
  const means = Array.from({ length: BLOCKS }, (_, b) => meanOf(half.slice(b * size, (b + 1) * size)));
  const fit = lineThrough(half);
  const blocks = lineThrough(means);
  // Student's t for eight degrees of freedom.
  const error = 2.306 * blocks.standardError;
  const scale = (TEN_MIN_SEC * 100) / fit.mean;
  return { percentPer10Min: fit.slope * scale, plusMinus: error * scale };
}

function meanOf(samples: readonly Sample[]): Sample {
  const sum = samples.reduce((total, s) => ({ sec: total.sec + s.sec, bytes: total.bytes + s.bytes }));
  return { sec: sum.sec / samples.length, bytes: sum.bytes / samples.length };
}

function lineThrough(samples: readonly Sample[]): { slope: number; mean: number; standardError: number } {
  const { sec, bytes: mean } = meanOf(samples);
  let xx = 0;
  let xy = 0;
  for (const s of samples) {
    xx += (s.sec - sec) ** 2;
    xy += (s.sec - sec) * (s.bytes - mean);
  }
  const slope = xy / xx;
  const rest = samples.reduce((sum, s) => sum + (s.bytes - mean - slope * (s.sec - sec)) ** 2, 0);
  return { slope, mean, standardError: Math.sqrt(rest / Math.max(1, samples.length - 2) / xx) };
}

/** The curve in so many rows: least, median and most of each part, in MiB. */
export function curveTable(samples: readonly Sample[], rows: number): string {
  const end = samples.at(-1)?.sec ?? 0;
  const parts = Array.from({ length: rows }, (_, i) =>
    samples.filter((s) => s.sec >= (end * i) / rows && (s.sec < (end * (i + 1)) / rows || i === rows - 1)),
  ).filter((part) => part.length > 0);
  const mib = (bytes: number): string => (bytes / MIB).toFixed(1);
  return table(
    ['until, s', 'least', 'median', 'most', ''],
    parts.map((part) => {
      const sorted = part.map((s) => s.bytes).sort((a, b) => a - b);
      const median = sorted[sorted.length >> 1];
      const peak = Math.max(...samples.map((s) => s.bytes));
      const bar = '#'.repeat(Math.round((median / peak) * 40)).padEnd(40);
      return [String(Math.round(part.at(-1)?.sec ?? 0)), mib(sorted[0]), mib(median), mib(sorted.at(-1) ?? 0), bar];
    }),
  );
}
