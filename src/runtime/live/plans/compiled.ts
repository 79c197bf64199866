/** Plans as the owner of state reads them: rules by what they count apart, prices in millionths, paths as globs. */
import { type Plan, TIERS } from '../../../config/plans.ts';
import { type FactBatch, METHODS } from '../../../enrich/facts.ts';
import { compileGlob, type Glob, matchGlob } from '../../../enrich/routes/glob.ts';
import { readTarget, Target } from '../../../enrich/target.ts';
import { MICRO } from './account.ts';
import { Calendar, type Per } from './calendar.ts';

export type By = Plan['by'];
export type Measure = 'requests' | 'units' | 'bytes';

/** A quota of one measure. */
export interface Quota {
  readonly name: string;
  readonly per: Per;
  readonly measure: Measure;
  readonly limit: number;
  readonly alerts: readonly number[];
  readonly enforced: boolean;
}

export interface Rate {
  readonly name: string;
  readonly limit: number;
  readonly windowSec: number;
  readonly gapMs: number;
  readonly burst: number;
  /** A request takes its cost units. */
  readonly weighs: boolean;
  readonly enforced: boolean;
}

/** Amounts in millionths of the smallest unit of money. */
export interface Budget {
  readonly name: string;
  readonly per: Per;
  readonly amount: number;
  readonly request: number;
  readonly unit: number;
  readonly kilobyte: number;
  readonly throttleAt: number;
  readonly hardAt: number;
  readonly alerts: readonly number[];
  readonly enforced: boolean;
}

/** All rules of a plan that count the same thing apart: they share an account. */
export interface Scope {
  readonly by: By;
  readonly quotas: readonly Quota[];
  readonly rates: readonly Rate[];
  readonly concurrency: { readonly name: string; readonly limit: number; readonly enforced: boolean } | null;
  readonly budget: Budget | null;
}

export interface CompiledPlan {
  readonly name: string;
  /** Index in TIERS. */
  readonly tier: number;
  readonly isDefault: boolean;
  readonly calendar: Calendar;
  readonly routes: readonly { readonly glob: Glob; readonly every: boolean; readonly methods: readonly number[] }[];
  readonly scopes: readonly Scope[];
  /** Has a rate in cost units. */
  readonly ratesCost: boolean;
}

const BYS: readonly By[] = ['credential', 'partner', 'principal', 'plan'];

export function compilePlan(plan: Plan): CompiledPlan {
  return {
    name: plan.name,
    tier: TIERS.indexOf(plan.tier),
    isDefault: plan.default,
    calendar: new Calendar(plan.time_zone),
    routes: plan.routes.map(({ path, methods }) => ({
      glob: compileGlob(path),
      every: path === '/**',
      methods: methods.map((m) => METHODS.indexOf(m as (typeof METHODS)[number])),
    })),
    scopes: BYS.map((by) => scopeOf(plan, by)).filter(
      ({ quotas, rates, concurrency, budget }) =>
        quotas.length + rates.length > 0 || concurrency !== null || budget !== null,
    ),
    ratesCost: plan.rates.some(({ unit, mode }) => unit === 'cost' && mode === 'enforce'),
  };
}

function scopeOf(plan: Plan, by: By): Scope {
  const own = (rule: { readonly by?: By }): boolean => (rule.by ?? plan.by) === by;
  const concurrency: { limit: number; by?: By } | undefined =
    typeof plan.concurrency === 'number' ? { limit: plan.concurrency } : plan.concurrency;
  const isEnforced = !(typeof plan.concurrency === 'object' && plan.concurrency.mode === 'shadow');
  return {
    by,
    quotas: plan.quotas.filter(own).flatMap((quota) => quotasOf(plan.name, quota)),
    rates: plan.rates.flatMap((rate, i) => (own(rate) ? [rateOf(plan.name, rate, i)] : [])),
    concurrency:
      concurrency !== undefined && own(concurrency)
        ? { name: `${plan.name}-concurrency`, limit: concurrency.limit, enforced: isEnforced }
        : null,
    budget: plan.budget !== undefined && own(plan.budget) ? budgetOf(plan.name, plan.budget) : null,
  };
}

function quotasOf(plan: string, quota: Plan['quotas'][number]): Quota[] {
  const base = quota.name ?? `${plan}-${quota.per}`;
  const measures = (['requests', 'units', 'bytes'] as const).filter((measure) => quota[measure] !== undefined);
  return measures.map((measure) => ({
    // A name is a promise: it must not change where another measure is added.
    name: measure === 'requests' || (quota.name !== undefined && measures.length === 1) ? base : `${base}-${measure}`,
    per: quota.per,
    measure,
    limit: quota[measure] as number,
    alerts: ascending(quota.alert_percent),
    enforced: quota.mode === 'enforce',
  }));
}

function rateOf(plan: string, rate: Plan['rates'][number], index: number): Rate {
  return {
    name: rate.name ?? (index === 0 ? `${plan}-rate` : `${plan}-rate-${index + 1}`),
    limit: rate.limit,
    windowSec: rate.window_s,
    gapMs: (rate.window_s * 1000) / rate.limit,
    burst: rate.burst ?? rate.limit,
    weighs: rate.unit === 'cost',
    enforced: rate.mode === 'enforce',
  };
}

function budgetOf(plan: string, budget: NonNullable<Plan['budget']>): Budget {
  const micro = (minor: number): number => Math.round(minor * MICRO);
  const amount = micro(budget.amount_minor);
  return {
    name: budget.name ?? `${plan}-budget`,
    per: budget.per,
    amount,
    request: micro(budget.request_minor),
    unit: micro(budget.unit_minor),
    kilobyte: micro(budget.kb_minor),
    throttleAt: (amount * budget.throttle_at_percent) / 100,
    hardAt: (amount * budget.hard_at_percent) / 100,
    alerts: ascending(budget.alert_percent),
    enforced: budget.mode === 'enforce',
  };
}

const ascending = (list: readonly number[]): readonly number[] => [...new Set(list)].sort((a, b) => a - b);

const target = new Target();

/** Does a request count under the plan? */
export function isCounted({ routes }: CompiledPlan, rows: FactBatch, row: number): boolean {
  if (routes.length === 0) return true;
  let isRead = false;
  for (const { glob, every, methods } of routes) {
    if (methods.length > 0 && !methods.includes(rows.method[row])) continue;
    if (every) return true;
    if (!isRead) readTarget(rows.text, rows.targetAt[row], rows.targetAt[row] + rows.targetLength[row], 0, target);
    isRead = true;
    if (matchGlob(glob, target.path, target.pathStart, target.pathEnd)) return true;
  }
  return false;
}
