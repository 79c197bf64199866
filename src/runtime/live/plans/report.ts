/** What operators are told about usage plans. Field names are those of the API; keys are pseudonyms. */
import { TIERS, type Tier } from '../../../config/plans.ts';
import { type Account, MICRO, type Usage } from './account.ts';
import type { Per } from './calendar.ts';
import type { CompiledPlan, Measure, Scope } from './compiled.ts';
import type { PlanBook } from './plan-book.ts';

/** One quota or budget of one key. */
export interface QuotaReport {
  readonly quota: string;
  readonly per: Per;
  /** `money`: in the smallest unit of the currency. */
  readonly measure: Measure | 'money';
  readonly used: number;
  readonly limit: number;
  readonly percent: number;
  /** RFC 3339: when it begins anew. */
  readonly renews_at: string;
}

export interface KeyReport {
  readonly key: string;
  /** What the plan counts apart here. */
  readonly by: string;
  readonly requests_day: number;
  readonly requests_month: number;
  readonly units_month: number;
  readonly bytes_month: number;
  readonly in_flight: number;
  readonly refused: number;
  readonly would_refuse: number;
  /** Of the quota that is used up most; 0 where there is none. */
  readonly percent: number;
  readonly quotas: readonly QuotaReport[];
}

export interface PlanReport {
  readonly name: string;
  readonly tier: Tier;
  readonly default: boolean;
  readonly time_zone: string;
  /** Keys that have used something this month. */
  readonly keys: number;
  readonly in_flight: number;
  /** Since the start of the process. */
  readonly admitted: number;
  readonly refused: number;
  readonly would_refuse: number;
  readonly most_used: readonly KeyReport[];
}

export interface PlansReport {
  /** False where no plan is configured. */
  readonly enabled: boolean;
  readonly now: string;
  readonly plans: readonly PlanReport[];
  readonly tiers: readonly {
    readonly tier: Tier;
    readonly in_flight: number;
    readonly kept: number;
    readonly refused: number;
  }[];
  readonly capacity: number;
  readonly alerts: number;
  readonly alerts_left_out: number;
}

/** What the admin listener asks. */
export interface PlansPort {
  /** `limit`: keys of each plan. */
  report(limit: number): PlansReport;
}

export const NO_PLANS: PlansReport = {
  enabled: false,
  now: '',
  plans: [],
  tiers: [],
  capacity: 0,
  alerts: 0,
  alerts_left_out: 0,
};

/** `limit`: keys of each plan, those that have used up most first. */
export function plansReport(book: PlanBook, nowMs: number, limit: number): PlansReport {
  const { tiers, alerts } = book;
  const byPlan = new Map<string, Account[]>(book.plans.map(({ name }) => [name, []]));
  for (const account of book.accounts.all()) byPlan.get(account.plan)?.push(account);
  return {
    enabled: book.plans.length > 0,
    now: rfc3339(nowMs),
    plans: book.plans.map((plan) => planReport(book, plan, byPlan.get(plan.name) as Account[], nowMs, limit)),
    tiers: TIERS.map((tier, i) => ({
      tier,
      in_flight: tiers.inFlight[i],
      kept: tiers.kept[i],
      refused: tiers.refused[i],
    })),
    capacity: tiers.capacity,
    alerts: alerts.given,
    alerts_left_out: alerts.leftOut,
  };
}

function planReport(
  book: PlanBook,
  plan: CompiledPlan,
  accounts: readonly Account[],
  nowMs: number,
  limit: number,
): PlanReport {
  const counts = book.countsOf(plan.name);
  const live = accounts.filter(({ usage, inFlight }) => usage.month.untilMs > nowMs || inFlight > 0);
  const keys = live.map((account) => keyReport(plan, account, nowMs));
  keys.sort((a, b) => b.percent - a.percent || b.requests_month - a.requests_month || (a.key < b.key ? -1 : 1));
  return {
    name: plan.name,
    tier: TIERS[plan.tier],
    default: plan.isDefault,
    time_zone: plan.calendar.timeZone,
    keys: live.length,
    // A request is under way in every account that it is counted in.
    in_flight: Math.max(0, ...plan.scopes.map(({ by }) => inFlightOf(accounts, by))),
    admitted: counts?.admitted ?? 0,
    refused: counts?.refused ?? 0,
    would_refuse: counts?.wouldRefuse ?? 0,
    most_used: keys.slice(0, limit),
  };
}

const inFlightOf = (accounts: readonly Account[], by: string): number =>
  accounts.reduce((sum, account) => sum + (byOf(account) === by ? account.inFlight : 0), 0);

const byOf = ({ id }: Account): string => id.split('/')[1];

function keyReport(plan: CompiledPlan, account: Account, nowMs: number): KeyReport {
  const by = byOf(account);
  const scope = plan.scopes.find((one) => one.by === by);
  const day = current(account.usage.day, nowMs);
  const month = current(account.usage.month, nowMs);
  const quotas = scope === undefined ? [] : quotasOf(scope, account, nowMs);
  return {
    key: account.label,
    by,
    requests_day: day?.requests ?? 0,
    requests_month: month?.requests ?? 0,
    units_month: month?.units ?? 0,
    bytes_month: month?.bytes ?? 0,
    in_flight: account.inFlight,
    refused: account.refused,
    would_refuse: account.wouldRefuse,
    percent: Math.max(0, ...quotas.map(({ percent }) => percent)),
    quotas,
  };
}

function quotasOf({ quotas, budget }: Scope, account: Account, nowMs: number): QuotaReport[] {
  const reports: QuotaReport[] = [];
  for (const { name, per, measure, limit } of quotas) {
    const usage = current(account.usage[per], nowMs);
    if (usage === null) continue;
    const used = usage[measure];
    reports.push({
      quota: name,
      per,
      measure,
      used,
      limit,
      percent: share(used, limit),
      renews_at: rfc3339(usage.untilMs),
    });
  }
  const usage = budget === null ? null : current(account.usage[budget.per], nowMs);
  if (budget === null || usage === null) return reports;
  reports.push({
    quota: budget.name,
    per: budget.per,
    measure: 'money',
    used: usage.spent / MICRO,
    limit: budget.amount / MICRO,
    percent: share(usage.spent, budget.amount),
    renews_at: rfc3339(usage.untilMs),
  });
  return reports;
}

const current = (usage: Usage, nowMs: number): Usage | null => (usage.untilMs > nowMs ? usage : null);
const share = (used: number, limit: number): number => Math.round((used / limit) * 1000) / 10;
const rfc3339 = (ms: number): string => new Date(ms).toISOString();
