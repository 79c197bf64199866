/**
 * Days and months as people count them: by the calendar of a time zone, whose days have 23, 24 or 25 hours. Times are Unix
 * ms; there is no clock here.
 */

export type Per = 'day' | 'month';

/** `fromMs` belongs to it, `untilMs` to the next. */
export interface Period {
  readonly fromMs: number;
  readonly untilMs: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Borders of days and months in one time zone. What it found last is kept: most calls are about the same day. */
export class Calendar {
  readonly timeZone: string;
  private readonly format: Intl.DateTimeFormat;
  private readonly last: { day: Period; month: Period } = { day: NEVER, month: NEVER };

  /** RangeError where there is no such time zone. */
  constructor(timeZone: string) {
    this.timeZone = timeZone;
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  }

  /** The period that a time lies in. */
  period(per: Per, nowMs: number): Period {
    const last = this.last[per];
    if (nowMs >= last.fromMs && nowMs < last.untilMs) return last;
    const found = this.find(per, nowMs);
    this.last[per] = found;
    return found;
  }

  private find(per: Per, nowMs: number): Period {
    const local = new Date(nowMs + this.offset(nowMs));
    const year = local.getUTCFullYear();
    const month = local.getUTCMonth();
    const day = local.getUTCDate();
    const border = (step: number): number =>
      this.midnight(per === 'day' ? Date.UTC(year, month, day + step) : Date.UTC(year, month + step, 1));
    const fromMs = border(0);
    const untilMs = border(1);
    // Where clocks go back over midnight, the last hour of a day comes once more after the next has begun.
    if (untilMs <= nowMs) return { fromMs: untilMs, untilMs: border(2) };
    return { fromMs: Math.min(fromMs, nowMs), untilMs };
  }

  /**
   * When a local midnight is, given as if it were UTC. Where clocks go back over it, the first one; where they go forward
   * over it, the moment at which they do.
   */
  private midnight(localMs: number): number {
    const before = this.offset(localMs - DAY_MS);
    const after = this.offset(localMs + DAY_MS);
    for (const offset of [Math.max(before, after), Math.min(before, after)]) {
      if (this.offset(localMs - offset) === offset) return localMs - offset;
    }
    return localMs - before;
  }

  /** How far local time is ahead of UTC, in ms. */
  private offset(timeMs: number): number {
    const whole = Math.floor(timeMs / 1000) * 1000;
    const at: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(whole)) at[type] = Number(value);
    return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) - whole;
  }
}

const NEVER: Period = { fromMs: 0, untilMs: -HOUR_MS };
