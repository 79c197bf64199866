/** Tells operators that a quota is nearly used up: once for each key, quota, threshold and period. */
import type { Account } from './account.ts';
import type { Per } from './calendar.ts';

/** A share of a quota that a key has used up. */
export interface PlanAlert {
  readonly plan: string;
  /** Pseudonym of the key, and what it is. */
  readonly key: string;
  readonly quota: string;
  readonly percent: number;
  /** Of money, in its smallest unit. */
  readonly used: number;
  readonly limit: number;
  readonly per: Per;
  /** Unix ms at which the quota begins anew. */
  readonly untilMs: number;
  readonly timeMs: number;
}

interface Checked {
  readonly account: Account;
  readonly per: Per;
  readonly name: string;
  readonly used: number;
  readonly limit: number;
  /** What both are to be divided by to be shown. */
  readonly scale: number;
  /** Ascending. */
  readonly percents: readonly number[];
  readonly nowMs: number;
}

/** Alerts in a minute at most: more tell nobody more. They stand in the report of the plans all the same. */
export const MAX_ALERTS_A_MINUTE = 60;
const MINUTE_MS = 60_000;
/** Alerts of one key and period that are remembered: more than any plan has, also after it was changed. */
const MAX_REMEMBERED = 100;

export class Alerts {
  onAlert: (alert: PlanAlert) => void = () => {};
  /** Given, and left out because there were too many. */
  given = 0;
  leftOut = 0;
  private minute = -1;
  private inMinute = 0;

  check({ account, per, name, used, limit, scale, percents, nowMs }: Checked): void {
    if (percents.length === 0 || used * 100 < percents[0] * limit) return;
    const usage = account.usage[per];
    let passed = 0;
    for (const percent of percents) {
      const id = `${name}:${percent}`;
      if (used * 100 < percent * limit || usage.alerted.includes(id)) continue;
      usage.alerted.push(id);
      if (usage.alerted.length > MAX_REMEMBERED) usage.alerted.shift();
      account.changed = true;
      passed = percent;
    }
    if (passed === 0 || !this.mayTell(nowMs)) return;
    const { plan, label: key } = account;
    this.onAlert({
      plan,
      key,
      quota: name,
      percent: passed,
      used: used / scale,
      limit: limit / scale,
      per,
      untilMs: usage.untilMs,
      timeMs: nowMs,
    });
  }

  private mayTell(nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.minute) this.inMinute = 0;
    this.minute = minute;
    if (this.inMinute >= MAX_ALERTS_A_MINUTE) {
      this.leftOut++;
      return false;
    }
    this.inMinute++;
    this.given++;
    return true;
  }
}
