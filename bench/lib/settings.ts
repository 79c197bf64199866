/** What the environment can change about a benchmark; see docs/benchmarks.md. */
import { DEFAULT_PLAN, type LogPlan } from './generate.ts';

function number(name: string, otherwise: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return otherwise;
  const n = Number(text);
  if (!Number.isFinite(n) || n < 0) throw new RangeError(`${name}=${text} is not a number`);
  return n;
}

/** The log that suites run on. */
export function planFromEnvironment(): LogPlan {
  const lines = number('BENCH_LINES', DEFAULT_PLAN.lines);
  const half = Math.round((lines * DEFAULT_PLAN.addresses) / DEFAULT_PLAN.lines);
  return {
    ...DEFAULT_PLAN,
    lines,
    addresses: number('BENCH_ADDRESSES', half),
    seed: number('BENCH_SEED', DEFAULT_PLAN.seed),
  };
}

export const rounds = (): number => Math.max(1, number('BENCH_ROUNDS', 3));
export const withPeers = (): boolean => number('BENCH_PEERS', 1) !== 0;

/** How much `bench gateway` does. */
export interface GatewayPlan {
  readonly rounds: number;
  readonly requests: number;
  /** Requests of each kind before the first round: compilers have done their work, tables are filled. */
  readonly warmUp: number;
  /** Whether throughput with one and two workers is measured, too. */
  readonly workers: boolean;
}

export function gatewayPlan(): GatewayPlan {
  return {
    rounds: Math.max(1, number('BENCH_ROUNDS', 10)),
    requests: Math.max(1, number('BENCH_REQUESTS', 8000)),
    warmUp: Math.max(1, number('BENCH_WARM_UP', 20_000)),
    workers: number('BENCH_WORKERS', 1) !== 0,
  };
}

/** Contenders chosen by `BENCH_ONLY`, or null for all. */
export function only(): ReadonlySet<string> | null {
  const names = (process.env.BENCH_ONLY ?? '').split(',').filter((n) => n !== '');
  return names.length > 0 ? new Set(names) : null;
}
