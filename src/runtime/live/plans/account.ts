/** What one key has used under one plan: this day, this month, and right now. */
import type { Calendar, Per } from './calendar.ts';

/** Money is counted in millionths of the smallest unit: prices may have six decimals, and sums stay whole numbers. */
export const MICRO = 1_000_000;

/** What was used in one period. */
export interface Usage {
  /** Unix ms at which the period ends; 0 before the first use. */
  untilMs: number;
  requests: number;
  units: number;
  bytes: number;
  /** Millionths of the smallest unit of money. */
  spent: number;
  /** Alerts that were given in this period: name of the quota, measure and percent. */
  alerted: string[];
}

const noUsage = (untilMs: number): Usage => ({ untilMs, requests: 0, units: 0, bytes: 0, spent: 0, alerted: [] });

export class Account {
  /** Name of the plan, what is counted apart, and the key: `gold/partner/credential:1234:-5678`. */
  readonly id: string;
  readonly plan: string;
  /** What operators see: a pseudonym. */
  readonly label: string;
  readonly usage: Record<Per, Usage> = { day: noUsage(0), month: noUsage(0) };
  /** Theoretical arrival time by name of the rate, Unix ms (GCRA). */
  readonly arrivals = new Map<string, number>();
  /** Requests under way. Not kept over a restart. */
  inFlight = 0;
  /** Share of the next request that the budget puts off: whole ones are refused (see budget.ts). */
  owed = 0;
  /** Requests that this account refused since the start of the process, in all and by shadow rules. */
  refused = 0;
  wouldRefuse = 0;
  lastMs = 0;
  /** Has changed since it was last written. */
  changed = false;

  constructor(id: string, plan: string, label: string) {
    this.id = id;
    this.plan = plan;
    this.label = label;
  }

  /** Usage in the period that `nowMs` lies in: from nothing where it has just begun. */
  at(per: Per, calendar: Calendar, nowMs: number): Usage {
    const usage = this.usage[per];
    if (nowMs < usage.untilMs) return usage;
    const fresh = noUsage(calendar.period(per, nowMs).untilMs);
    this.usage[per] = fresh;
    return fresh;
  }

  /** Nothing in it matters any more. */
  isOver(nowMs: number): boolean {
    const { day, month } = this.usage;
    if (this.inFlight > 0 || day.untilMs > nowMs || month.untilMs > nowMs) return false;
    for (const arrival of this.arrivals.values()) if (arrival > nowMs) return false;
    return true;
  }
}

/** As it stands in a file: one line. */
export interface SavedAccount {
  readonly id: string;
  readonly plan: string;
  readonly label: string;
  readonly day: readonly (number | string)[];
  readonly month: readonly (number | string)[];
  readonly arrivals?: Readonly<Record<string, number>>;
  readonly owed?: number;
  readonly last: number;
}

const packed = (u: Usage): (number | string)[] => [u.untilMs, u.requests, u.units, u.bytes, u.spent, ...u.alerted];

export function savedAccount(account: Account): SavedAccount {
  const { id, plan, label, usage, arrivals, owed, lastMs } = account;
  return {
    id,
    plan,
    label,
    day: packed(usage.day),
    month: packed(usage.month),
    ...(arrivals.size > 0 && { arrivals: Object.fromEntries(arrivals) }),
    ...(owed > 0 && { owed }),
    last: lastMs,
  };
}

/** Texts and lists of a file that are longer are not ours. */
const MAX_TEXT = 200;
const MAX_LIST = 200;

/** An account of a file; null where the value is none. */
export function accountFrom(value: unknown): Account | null {
  const { id, plan, label, day, month, arrivals = {}, owed = 0, last } = (value ?? {}) as Partial<SavedAccount>;
  if (!isText(id) || !isText(plan) || !isText(label) || !isCount(last) || !isCount(owed)) return null;
  const account = new Account(id, plan, label);
  const ofDay = usageFrom(day);
  const ofMonth = usageFrom(month);
  if (ofDay === null || ofMonth === null || typeof arrivals !== 'object' || arrivals === null) return null;
  account.usage.day = ofDay;
  account.usage.month = ofMonth;
  account.lastMs = last;
  account.owed = Math.min(1, owed);
  for (const [name, arrival] of Object.entries(arrivals).slice(0, MAX_LIST)) {
    if (!isText(name) || !isCount(arrival)) return null;
    account.arrivals.set(name, arrival);
  }
  return account;
}

function usageFrom(value: unknown): Usage | null {
  if (!Array.isArray(value) || value.length > MAX_LIST) return null;
  const [untilMs, requests, units, bytes, spent, ...alerted] = value as unknown[];
  const sound = [untilMs, requests, units, bytes, spent].every(isCount) && alerted.every(isText);
  if (!sound) return null;
  return { untilMs, requests, units, bytes, spent, alerted } as Usage;
}

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_TEXT;
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
