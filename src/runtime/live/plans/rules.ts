/**
 * What the rules of a scope say about one more request, and what that request takes from them. Judging changes nothing but
 * how much the budget has put off; taking is for requests that nothing refuses.
 */
import { unitsLeft, unitsTaken, waitMs } from '../gcra.ts';
import { type Account, MICRO, type Usage } from './account.ts';
import type { Alerts } from './alerts.ts';
import type { Calendar } from './calendar.ts';
import type { Budget, Quota, Rate, Scope } from './compiled.ts';
import type { Tightest } from './tightest.ts';

/** Longest time for which the budget puts a client off before it is spent, in seconds. */
const LONGEST_PUT_OFF_SEC = 60;
/** Whoever has too many requests under way may try again after so many seconds. */
const CONCURRENCY_RETRY_SEC = 1;
const KILOBYTE = 1024;

/** One request under one scope. */
export interface Asked {
  readonly scope: Scope;
  readonly account: Account;
  readonly calendar: Calendar;
  readonly nowMs: number;
  readonly units: number;
}

export function judge(asked: Asked, tightest: Tightest, alerts: Alerts): void {
  const { scope, account } = asked;
  for (const rate of scope.rates) judgeRate(rate, asked, tightest);
  for (const quota of scope.quotas) judgeQuota(quota, asked, tightest, alerts);
  const { concurrency } = scope;
  if (concurrency !== null && account.inFlight >= concurrency.limit) {
    const { name, limit, enforced } = concurrency;
    tightest.refuse('concurrency', name, limit, 1, CONCURRENCY_RETRY_SEC, enforced);
  }
  if (scope.budget !== null) judgeBudget(scope.budget, asked, tightest, alerts);
}

function judgeRate(rate: Rate, { account, nowMs, units }: Asked, tightest: Tightest): void {
  const { name, limit, windowSec, gapMs, burst, weighs, enforced } = rate;
  const kind = weighs ? 'cost' : 'rate';
  const takes = weighs ? units : 1;
  const ahead = Math.max(0, (account.arrivals.get(name) ?? 0) - nowMs);
  const wait = waitMs(ahead, gapMs, burst, takes);
  if (wait > 0) tightest.refuse(kind, name, limit, windowSec, seconds(wait), enforced);
  else if (enforced) {
    const left = Math.max(0, unitsLeft(ahead, gapMs, burst) - takes);
    tightest.leave(kind, name, limit, left, windowSec, seconds(gapMs));
  }
}

/** What a request takes from a rate, in ms. */
function msOf({ limit, gapMs, burst, weighs }: Rate, units: number): number {
  return weighs ? gapMs * unitsTaken(units, limit, burst) : gapMs;
}

function judgeQuota(quota: Quota, asked: Asked, tightest: Tightest, alerts: Alerts): void {
  const { name, per, measure, limit, enforced } = quota;
  const { account, calendar, nowMs, units } = asked;
  const used = account.at(per, calendar, nowMs)[measure];
  const period = calendar.period(per, nowMs);
  const windowSec = seconds(period.untilMs - period.fromMs);
  const resetSec = seconds(account.usage[per].untilMs - nowMs);
  // Nobody knows before how many bytes an answer has: the one that passes the limit is the last.
  const takes = measure === 'requests' ? 1 : measure === 'units' ? units : 0;
  if (measure === 'bytes' ? used < limit : used + takes <= limit) {
    if (enforced) tightest.leave(measure, name, limit, limit - used - takes, windowSec, resetSec);
    return;
  }
  tightest.refuse(measure, name, limit, windowSec, resetSec, enforced);
  const most = Math.max(used, limit);
  alerts.check({ account, per, name, used: most, limit, scale: 1, percents: quota.alerts, nowMs });
}

/**
 * Before the budget is spent a share of requests is put off that grows linearly, from nothing at `throttleAt` to all at
 * `hardAt`: money goes out ever more slowly, what is left shrinking as by compound interest. Which ones is no chance: the
 * shares add up, and whenever they make a whole request that one is put off.
 */
function judgeBudget(budget: Budget, asked: Asked, tightest: Tightest, alerts: Alerts): void {
  const { account, calendar, nowMs, units } = asked;
  const { name, per, amount, throttleAt, hardAt, enforced } = budget;
  const { spent, untilMs } = account.at(per, calendar, nowMs);
  const period = calendar.period(per, nowMs);
  const windowSec = seconds(period.untilMs - period.fromMs);
  const resetSec = seconds(untilMs - nowMs);
  if (spent + priceOf(budget, units) > hardAt || spent >= hardAt) {
    tightest.refuse('budget', name, amount, windowSec, resetSec, enforced);
    const { alerts: percents } = budget;
    const used = Math.max(spent, hardAt);
    alerts.check({ account, per, name, used, limit: amount, scale: MICRO, percents, nowMs });
    return;
  }
  if (spent <= throttleAt || tightest.exceeded) return;
  const share = (spent - throttleAt) / (hardAt - throttleAt);
  account.owed += share;
  if (account.owed < 1) return;
  account.owed -= 1;
  account.changed = true;
  tightest.refuse('budget', name, amount, windowSec, 1 + Math.floor(share * (LONGEST_PUT_OFF_SEC - 1)), enforced);
}

/** Millionths. Of bytes only those of the answer, when it has come. */
const priceOf = (budget: Budget, units: number): number => budget.request + units * budget.unit;

/** What one request has taken from one account: what it can give back. */
export interface Charge {
  readonly account: Account;
  readonly scope: Scope;
  /** Ends of the periods in which it was charged; what has ended since takes nothing back. */
  readonly dayUntilMs: number;
  readonly monthUntilMs: number;
}

export function take(asked: Asked, alerts: Alerts): Charge {
  const { scope, account, calendar, nowMs, units } = asked;
  for (const rate of scope.rates) {
    account.arrivals.set(rate.name, Math.max(account.arrivals.get(rate.name) ?? 0, nowMs) + msOf(rate, units));
  }
  account.inFlight++;
  const day = account.at('day', calendar, nowMs);
  const month = account.at('month', calendar, nowMs);
  const spent = scope.budget === null ? 0 : priceOf(scope.budget, units);
  add(day, 1, units, 0, spent);
  add(month, 1, units, 0, spent);
  account.changed = true;
  watch(scope, account, nowMs, alerts);
  return { account, scope, dayUntilMs: day.untilMs, monthUntilMs: month.untilMs };
}

/** The answer has come: its bytes count, and what it cost more or less than was thought. */
export function complete(charge: Charge, bytes: number, moreUnits: number, nowMs: number, alerts: Alerts): void {
  const { account, scope } = charge;
  const { budget } = scope;
  const spent = budget === null ? 0 : Math.round((bytes * budget.kilobyte) / KILOBYTE) + moreUnits * budget.unit;
  if (bytes === 0 && moreUnits === 0) return;
  // An answer that comes after its period counts in none.
  addWhereCharged(charge, 0, moreUnits, bytes, spent);
  account.changed = true;
  watch(scope, account, nowMs, alerts);
}

/** We kept the request from the upstream: it costs nothing. Its place in a rate is given back only where `rates` says so. */
export function giveBack(charge: Charge, units: number, rates: boolean): void {
  const { account, scope } = charge;
  const spent = scope.budget === null ? 0 : priceOf(scope.budget, units);
  addWhereCharged(charge, -1, -units, 0, -spent);
  account.changed = true;
  if (!rates) return;
  for (const rate of scope.rates) {
    const arrival = account.arrivals.get(rate.name);
    if (arrival !== undefined) account.arrivals.set(rate.name, arrival - msOf(rate, units));
  }
}

function addWhereCharged(charge: Charge, requests: number, units: number, bytes: number, spent: number): void {
  const { account, dayUntilMs, monthUntilMs } = charge;
  const { day, month } = account.usage;
  if (day.untilMs === dayUntilMs) add(day, requests, units, bytes, spent);
  if (month.untilMs === monthUntilMs) add(month, requests, units, bytes, spent);
}

function add(usage: Usage, requests: number, units: number, bytes: number, spent: number): void {
  usage.requests = Math.max(0, usage.requests + requests);
  usage.units = Math.max(0, usage.units + units);
  usage.bytes = Math.max(0, usage.bytes + bytes);
  usage.spent = Math.max(0, usage.spent + spent);
}

/** Has any quota of the scope passed a share that operators want to know of? */
function watch({ quotas, budget }: Scope, account: Account, nowMs: number, alerts: Alerts): void {
  for (const quota of quotas) {
    const { name, per, measure, limit, alerts: percents } = quota;
    const used = account.usage[per][measure];
    if (passes(used, limit, percents)) alerts.check({ account, per, name, used, limit, scale: 1, percents, nowMs });
  }
  if (budget === null) return;
  const { name, per, amount: limit, alerts: percents } = budget;
  const used = account.usage[per].spent;
  if (passes(used, limit, percents)) alerts.check({ account, per, name, used, limit, scale: MICRO, percents, nowMs });
}

/** Is any threshold passed? Nearly never: nothing else is made of it then. */
const passes = (used: number, limit: number, percents: readonly number[]): boolean =>
  percents.length > 0 && used * 100 >= percents[0] * limit;

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
