/**
 * Rate limits that an operator has set: GCRA by address, session, credential, user, route or a combination, of requests or of what
 * they cost. They consume on admission, so a client that was refused is not held longer for having asked (design, invariant 9).
 */
import type { Config } from '../../config/schema.ts';
import { type FactBatch, METHODS } from '../../enrich/facts.ts';
import { compileGlob, type Glob, matchGlob } from '../../enrich/routes/glob.ts';
import { readTarget, Target } from '../../enrich/target.ts';
import { unitsLeft, unitsTaken, waitMs } from './gcra.ts';
import { keyOf } from './plans/keys.ts';
import { tighter } from './plans/tightest.ts';
import { dearestOf, unitsOf } from './units.ts';
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
  readonly name: string;
  readonly limit: Limit;
  readonly glob: Glob;
  readonly everyPath: boolean;
  readonly methods: readonly number[];
  readonly gapMs: number;
  readonly burst: number;
  readonly weighs: boolean;
}

/** Limit of `inspection.graphql.units_per_minute`, as clients are told of it. */
const PER_MINUTE = 'graphql-units';

export type LimiterConfig = Pick<Config, 'limits' | 'inspection'>;
type OfRow<T> = (rows: FactBatch, row: number) => T;

export class Limiter {
  private limits: readonly Compiled[] = [];
  /** Of what GraphQL requests cost; null where there is none. */
  private perMinute: Compiled | null = null;
  private readonly arrivals = new Map<string, number>();
  private readonly target = new Target();
  private dearest = 0;
  /** Whose cost units something else limits. */
  private readonly isExcused: OfRow<boolean>;

  constructor(config: LimiterConfig, isExcused: OfRow<boolean> = () => false) {
    this.isExcused = isExcused;
    this.update(config);
  }

  update({ limits, inspection }: LimiterConfig): void {
    this.limits = limits.map(compile);
    this.dearest = dearestOf({ inspection });
    const { units_per_minute: limit } = inspection.graphql;
    this.perMinute =
      limit === undefined
        ? null
        : compile({
            name: PER_MINUTE,
            by: ['credential'],
            match: { path: '/**', methods: [] },
            unit: 'cost',
            limit,
            window_s: 60,
            mode: 'enforce',
          });
  }

  /** How a request stands against the tightest limit that applies to it; null where none does. Takes from every one. */
  check(rows: FactBatch, row: number, nowMs: number): LimitState | null {
    const { limits } = this;
    // Nobody but GraphQL requests has a cost.
    const perMinute = this.perMinute !== null && rows.cost[row] > 0 ? this.perMinute : null;
    if (limits.length === 0 && perMinute === null) return null;
    const units = unitsOf(rows.cost[row], this.dearest);
    let tightest: LimitState | null = null;
    const keys: [Compiled, string][] = [];
    for (const compiled of limits) {
      const key = this.keyOf(compiled, rows, row);
      if (key !== null) keys.push([compiled, key]);
    }
    if (perMinute !== null && !this.isExcused(rows, row)) keys.push([perMinute, provenKey(rows, row)]);
    for (const [compiled, key] of keys) tightest = tighter(tightest, this.stateOf(compiled, key, units, nowMs));
    if (tightest !== null && !tightest.exceeded)
      for (const [compiled, key] of keys) this.take(compiled, key, units, nowMs);
    return tightest;
  }

  private stateOf(compiled: Compiled, key: string, units: number, nowMs: number): LimitState {
    const { limit, gapMs, burst, weighs } = compiled;
    const takes = weighs ? units : 1;
    const ahead = Math.max(0, (this.arrivals.get(key) ?? 0) - nowMs);
    const wait = waitMs(ahead, gapMs, burst, takes);
    return {
      ...(weighs && { kind: 'cost' as const }),
      name: compiled.name,
      limit: limit.limit,
      windowSec: limit.window_s,
      remaining: Math.max(0, unitsLeft(ahead, gapMs, burst) - takes),
      resetSec: Math.max(1, Math.ceil((wait > 0 ? wait : gapMs) / 1000)),
      exceeded: wait > 0 && limit.mode === 'enforce',
    };
  }

  private take(compiled: Compiled, key: string, units: number, nowMs: number): void {
    const { limit, gapMs, burst, weighs } = compiled;
    const takes = weighs ? unitsTaken(units, limit.limit, burst) : 1;
    const arrival = Math.max(this.arrivals.get(key) ?? 0, nowMs) + gapMs * takes;
    this.arrivals.delete(key);
    this.arrivals.set(key, arrival);
    if (this.arrivals.size > MAX_LIMIT_BUCKETS) this.arrivals.delete(this.arrivals.keys().next().value as string);
  }

  /** The bucket of a request under a limit; null where the limit is not about it, or it lacks one of the keys. */
  private keyOf(compiled: Compiled, rows: FactBatch, row: number): string | null {
    const { limit, methods } = compiled;
    if (methods.length > 0 && !methods.includes(rows.method[row])) return null;
    if (!compiled.everyPath && !this.isOnPath(compiled.glob, rows, row)) return null;
    let key = compiled.name;
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

function compile(limit: Limit): Compiled {
  return {
    name: limit.name,
    limit,
    glob: compileGlob(limit.match.path),
    everyPath: limit.match.path === '/**',
    methods: limit.match.methods.map((m) => METHODS.indexOf(m as (typeof METHODS)[number])),
    gapMs: (limit.window_s * 1000) / limit.limit,
    burst: limit.burst ?? limit.limit,
    weighs: limit.unit === 'cost',
  };
}

/** Of the credential that was accepted, or of what else is known for sure: a key that is made up brings no fresh units. */
function provenKey(rows: FactBatch, row: number): string {
  const { dimension, hi, lo } = keyOf('credential', rows, row);
  return `${PER_MINUTE}/${dimension}:${hi}:${lo}`;
}
