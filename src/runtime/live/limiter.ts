/**
 * Rate limits that an operator has set: GCRA by address, session, credential, user, route or a combination. They consume on
 * admission, so a client that was refused is not held longer for having asked (design, invariant 9).
 */
import type { Config } from '../../config/schema.ts';
import { type FactBatch, METHODS } from '../../enrich/facts.ts';
import { compileGlob, type Glob, matchGlob } from '../../enrich/routes/glob.ts';
import { readTarget, Target } from '../../enrich/target.ts';
import type { LimitState } from './verdict.ts';

/** Buckets of all limits together; the longest unused goes. */
export const MAX_LIMIT_BUCKETS = 200_000;

type Limit = Config['limits'][number];
type KeyColumns = readonly [keyof FactBatch, keyof FactBatch] | readonly [keyof FactBatch];

const COLUMNS: Readonly<Record<Limit['by'][number], KeyColumns>> = {
  address: ['ipHi', 'ipLo'],
  network: ['networkHi', 'networkLo'],
  session: ['sessionHi', 'sessionLo'],
  credential: ['credentialHi', 'credentialLo'],
  principal: ['principalHi', 'principalLo'],
  fingerprint: ['fingerprintHi', 'fingerprintLo'],
  tenant: ['tenantHi', 'tenantLo'],
  route: ['route'],
};

interface Compiled {
  readonly limit: Limit;
  readonly glob: Glob;
  readonly everyPath: boolean;
  readonly methods: readonly number[];
  readonly gapMs: number;
  readonly burst: number;
}

export class Limiter {
  private limits: readonly Compiled[] = [];
  private readonly arrivals = new Map<string, number>();
  private readonly target = new Target();

  constructor(limits: readonly Limit[]) {
    this.update(limits);
  }

  update(limits: readonly Limit[]): void {
    this.limits = limits.map((limit) => ({
      limit,
      glob: compileGlob(limit.match.path),
      everyPath: limit.match.path === '/**',
      methods: limit.match.methods.map((m) => METHODS.indexOf(m as (typeof METHODS)[number])),
      gapMs: (limit.window_s * 1000) / limit.limit,
      burst: limit.burst ?? limit.limit,
    }));
  }

  /** How a request stands against the tightest limit that applies to it; null where none does. Takes from every one. */
  check(rows: FactBatch, row: number, nowMs: number): LimitState | null {
    if (this.limits.length === 0) return null;
    let tightest: LimitState | null = null;
    const keys: [Compiled, string][] = [];
    for (const compiled of this.limits) {
      const key = this.keyOf(compiled, rows, row);
      if (key === null) continue;
      keys.push([compiled, key]);
      const state = this.stateOf(compiled, key, nowMs);
      if (tightest === null || (state.exceeded && !tightest.exceeded) || state.remaining < tightest.remaining)
        if (!tightest?.exceeded || state.exceeded) tightest = state;
    }
    if (tightest !== null && !tightest.exceeded) for (const [compiled, key] of keys) this.take(compiled, key, nowMs);
    return tightest;
  }

  private stateOf(compiled: Compiled, key: string, nowMs: number): LimitState {
    const { limit, gapMs, burst } = compiled;
    const ahead = Math.max(0, (this.arrivals.get(key) ?? 0) - nowMs);
    const left = Math.floor((gapMs * burst - ahead) / gapMs + 1e-9);
    const over = left < 1;
    return {
      name: limit.name,
      limit: limit.limit,
      windowSec: limit.window_s,
      remaining: Math.max(0, left - 1),
      resetSec: Math.max(1, Math.ceil((over ? ahead - gapMs * (burst - 1) : gapMs) / 1000)),
      exceeded: over && limit.mode === 'enforce',
    };
  }

  private take(compiled: Compiled, key: string, nowMs: number): void {
    const arrival = Math.max(this.arrivals.get(key) ?? 0, nowMs) + compiled.gapMs;
    this.arrivals.delete(key);
    this.arrivals.set(key, arrival);
    if (this.arrivals.size > MAX_LIMIT_BUCKETS) this.arrivals.delete(this.arrivals.keys().next().value as string);
  }

  /** The bucket of a request under a limit; null where the limit is not about it, or it lacks one of the keys. */
  private keyOf(compiled: Compiled, rows: FactBatch, row: number): string | null {
    const { limit, methods } = compiled;
    if (methods.length > 0 && !methods.includes(rows.method[row])) return null;
    if (!compiled.everyPath && !this.isOnPath(compiled.glob, rows, row)) return null;
    let key = limit.name;
    for (const by of limit.by) {
      let any = 0;
      for (const column of COLUMNS[by]) {
        const value = (rows[column] as Int32Array)[row];
        any |= value;
        key += `:${value}`;
      }
      if (any === 0 && by !== 'route') return null;
    }
    return key;
  }

  private isOnPath(glob: Glob, rows: FactBatch, row: number): boolean {
    const { target } = this;
    const at = rows.targetAt[row];
    readTarget(rows.text, at, at + rows.targetLength[row], 0, target);
    return matchGlob(glob, target.path, target.pathStart, target.pathEnd);
  }
}
