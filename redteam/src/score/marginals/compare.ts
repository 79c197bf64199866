/** How far a world's distributions are from those of real logs, and what that says. */
import { categoryDistance, ksDistance, quantile } from '../stats.ts';
import type { Sample } from './sample.ts';

/** Up to here a distribution counts as like the real one, and from here on as unreal. */
export const LIKE = 0.1;
export const UNREAL = 0.3;

type Numbers = 'bytes' | 'requestsPerAddress' | 'agentsPerAddress' | 'pathsPerClient' | 'failuresPerClient';
type SessionNumbers = 'requestsPerSession' | 'pathsPerSession' | 'gaps';
export type Marginal = 'status' | 'methods' | Numbers | SessionNumbers;

const TITLES: Readonly<Record<Marginal, string>> = {
  status: 'status',
  methods: 'methods',
  bytes: 'bytes of an answer',
  requestsPerAddress: 'requests per address',
  agentsPerAddress: 'agents per address',
  pathsPerClient: 'paths per client',
  failuresPerClient: 'failures of a client',
  requestsPerSession: 'requests per session',
  pathsPerSession: 'paths per session',
  gaps: 'seconds between requests',
};

export interface MarginalRow {
  readonly marginal: Marginal;
  readonly title: string;
  /** Name of the real log. */
  readonly against: string;
  /** Kolmogorov–Smirnov for numbers, total variation for categories. */
  readonly distance: number;
  readonly kind: 'KS' | 'TV';
  readonly world: string;
  readonly real: string;
  readonly verdict: 'like' | 'similar' | 'unreal';
  /** What is unreal, in a sentence; '' where nothing is. */
  readonly sentence: string;
}

export interface MarginalTable {
  readonly rows: readonly MarginalRow[];
  /** Real logs that were not there. */
  readonly skipped: readonly string[];
}

/** Compares those marginals of a world that a real log can tell something about. */
export function compare(world: Sample, real: Sample, against: string, marginals: readonly Marginal[]): MarginalRow[] {
  return marginals.map((marginal) => {
    const categories = marginal === 'status' || marginal === 'methods';
    const distance = categories
      ? categoryDistance(world[marginal], real[marginal])
      : ksDistance(world[marginal], real[marginal]);
    const [ours, theirs] = categories
      ? [topOf(world[marginal]), topOf(real[marginal])]
      : [spread(world[marginal]), spread(real[marginal])];
    const verdict = distance <= LIKE ? 'like' : distance < UNREAL ? 'similar' : 'unreal';
    const title = TITLES[marginal];
    return {
      marginal,
      title,
      against,
      distance,
      kind: categories ? 'TV' : 'KS',
      world: ours,
      real: theirs,
      verdict,
      sentence: verdict === 'unreal' ? `${title} unlike ${against}: ${differ(world, real, marginal)}` : '',
    };
  });
}

/** Where most of the difference lies. */
function differ(world: Sample, real: Sample, marginal: Marginal): string {
  if (marginal === 'status' || marginal === 'methods') {
    const [a, b] = [shares(world[marginal]), shares(real[marginal])];
    const keys = [...new Set([...a.keys(), ...b.keys()])];
    keys.sort((x, y) => Math.abs((b.get(y) ?? 0) - (a.get(y) ?? 0)) - Math.abs((b.get(x) ?? 0) - (a.get(x) ?? 0)));
    const most = keys
      .slice(0, 2)
      .map((k) => `${k || 'none'} ${percent(a.get(k) ?? 0)} in the world, ${percent(b.get(k) ?? 0)} there`);
    return `${most.join('; ')}.`;
  }
  const [a, b] = [sorted(world[marginal]), sorted(real[marginal])];
  if (a.length === 0 || b.length === 0) return 'there is nothing to compare.';
  const [x, y] = [quantile(a, 0.5), quantile(b, 0.5)];
  if (x !== y) return `half are below ${figure(x)} in the world, below ${figure(y)} there.`;
  const [low, high] = [a, b].map((s) => quantile(s, 0.9));
  return `the middle is the same (${figure(x)}), a tenth are above ${figure(low)} in the world, above ${figure(high)} there.`;
}

const sorted = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** Median and 90th percentile. */
function spread(values: readonly number[]): string {
  if (values.length === 0) return 'none';
  const s = sorted(values);
  return `${figure(quantile(s, 0.5))} … ${figure(quantile(s, 0.9))}`;
}

function shares(counts: ReadonlyMap<string, number>): Map<string, number> {
  const total = [...counts.values()].reduce((a, b) => a + b, 0);
  return new Map([...counts].map(([key, n]) => [key, n / total]));
}

/** The two most frequent values. */
function topOf(counts: ReadonlyMap<string, number>): string {
  const top = [...shares(counts)].sort((a, b) => b[1] - a[1]).slice(0, 2);
  return top.length === 0 ? 'none' : top.map(([key, s]) => `${key || 'none'} ${percent(s)}`).join(', ');
}

const percent = (s: number): string => `${s > 0 && s < 0.01 ? (s * 100).toFixed(1) : Math.round(s * 100)} %`;

function figure(n: number): string {
  if (n >= 10_000) return `${Math.round(n / 1000)}k`;
  return Number.isInteger(n) ? String(n) : n.toPrecision(2);
}
