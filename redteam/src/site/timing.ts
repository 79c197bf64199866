/** How long a site takes, when it is slow and when it breaks. */
import type { Role } from '../contract.ts';
import type { Random } from '../core/random.ts';

/**
 * Median milliseconds and spread (standard deviation of the logarithm) of an answer by role: small services on ordinary
 * machines, login and sign-up slow because passwords are hashed, checkout because a payment provider is asked.
 */
const DURATION: Readonly<Record<Role, readonly [medianMs: number, sigma: number]>> = {
  page: [28, 0.5],
  asset: [2, 0.7],
  search: [65, 0.6],
  list: [36, 0.5],
  detail: [21, 0.5],
  login: [140, 0.3],
  signup: [170, 0.35],
  reset: [55, 0.5],
  profile: [18, 0.45],
  'order-list': [34, 0.5],
  order: [22, 0.45],
  quote: [40, 0.5],
  checkout: [420, 0.55],
  redeem: [35, 0.45],
  graphql: [30, 0.6],
  webhook: [15, 0.4],
  export: [180, 0.5],
  telemetry: [7, 0.5],
  health: [1.2, 0.4],
  other: [26, 0.6],
};

export function durationOf(role: Role): readonly [medianMs: number, sigma: number] {
  return DURATION[role];
}

/** Work under way, as a moving mean over ten seconds: what a load average is for a machine. */
export class Load {
  private readonly workers: number;
  private busyMs = 0;
  private lastMs = 0;

  /** `workers` answers can be worked on at once; Infinity for a site that never gets slow. */
  constructor(workers: number) {
    this.workers = workers;
  }

  /** Adds the work of an answer and returns how much of the site is busy: 1 is all of it, more is a queue. */
  add(workMs: number, nowMs: number): number {
    const passed = nowMs - this.lastMs;
    if (passed > 0) {
      this.busyMs *= Math.exp(-passed / 10_000);
      this.lastMs = nowMs;
    }
    this.busyMs += workMs;
    return this.busyMs / (10_000 * this.workers);
  }
}

/** How much longer everything takes at that load: a queue with one waiting line, cut off where people would give up. */
export function slowness(load: number): number {
  return load < 0.3 ? 1 : 1 + Math.min(9, (load - 0.3) / Math.max(0.1, 1 - load));
}

/** A time in which the site is down altogether; times in Unix ms. */
export interface Outage {
  readonly startMs: number;
  readonly endMs: number;
}

interface Trouble extends Outage {
  /** Part of the answers that fail. */
  readonly share: number;
  /** The operation that fails, by its place in the document; −1 for all. */
  readonly operation: number;
  readonly status: number;
}

const DAY_MS = 86_400_000;

/** Errors of the server: now and then one, now and then a few bad minutes, and outages that the scenario asks for. */
export class Faults {
  private readonly random: Random;
  private readonly days: Random;
  private readonly operations: number;
  private readonly outages: readonly Outage[];
  private readonly rate: number;
  private day = -1;
  private troubles: readonly Trouble[] = [];

  /** `rate` is the part of answers that fail without any cause that could be seen. */
  constructor(random: Random, operations: number, rate: number, outages: readonly Outage[]) {
    this.random = random.fork('answers');
    this.days = random.fork('days');
    this.operations = operations;
    this.outages = outages;
    this.rate = rate;
  }

  down(nowMs: number): boolean {
    for (const { startMs, endMs } of this.outages) if (nowMs >= startMs && nowMs < endMs) return true;
    return false;
  }

  /** The status of an error at that moment; 0 for none. */
  strike(operation: number, nowMs: number): number {
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.day) this.turn(day);
    for (const trouble of this.troubles) {
      if (nowMs < trouble.startMs || nowMs >= trouble.endMs) continue;
      if (trouble.operation >= 0 && trouble.operation !== operation) continue;
      if (this.random.chance(trouble.share)) return trouble.status;
    }
    const draw = this.random.uniform();
    if (draw >= this.rate) return 0;
    return draw < 0.7 * this.rate ? 500 : draw < 0.9 * this.rate ? 502 : 504;
  }

  /** The troubles of a day: one every second day, mostly of one operation after a release, for some minutes. */
  private turn(day: number): void {
    const random = this.days.fork(String(day));
    this.day = day;
    this.troubles = Array.from({ length: this.rate > 0 ? random.poisson(0.5) : 0 }, () => {
      const startMs = (day + random.uniform()) * DAY_MS;
      return {
        startMs,
        endMs: startMs + random.logNormal(5 * 60_000, 0.7),
        share: random.between(0.02, 0.4),
        operation: random.chance(0.75) ? random.below(this.operations) : -1,
        status: random.pick([500, 502, 503, 504]),
      };
    });
  }
}
