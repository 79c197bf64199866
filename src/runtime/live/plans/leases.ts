/**
 * Requests under way, and what each has taken. Every request is followed by its answer, or by its end, but a worker may die
 * in between: a lease that is not given back ends by itself, so that nothing counts as under way for ever.
 */
import type { Charge } from './rules.ts';

/** Requests under way at once that are kept apart; beyond it the oldest counts as over. */
const MAX_LEASES = 200_000;

export interface Lease {
  /** Index in TIERS. */
  readonly tier: number;
  readonly charges: readonly Charge[];
  readonly units: number;
  readonly untilMs: number;
  /** Another one of the same number. */
  next: Lease | null;
}

export class Leases {
  private readonly open = new Map<number, Lease>();
  private readonly ended: (lease: Lease) => void;
  size = 0;
  /** Leases that nobody gave back. */
  expired = 0;

  /** `ended` is told of leases that end by themselves. */
  constructor(ended: (lease: Lease) => void) {
    this.ended = ended;
  }

  add(number: number, lease: Lease): void {
    lease.next = this.open.get(number) ?? null;
    this.open.set(number, lease);
    this.size++;
    if (this.size > MAX_LEASES) this.endFirst();
  }

  /** Takes the lease of an exchange; null where there is none. */
  take(number: number): Lease | null {
    const lease = this.open.get(number) ?? null;
    if (lease === null) return null;
    if (lease.next === null) this.open.delete(number);
    else this.open.set(number, lease.next);
    this.size--;
    return lease;
  }

  /** Ends those whose time is over. They stand in the order in which they came. */
  sweep(nowMs: number): void {
    for (const [, lease] of this.open) {
      if (lease.untilMs > nowMs) return;
      this.endFirst();
    }
  }

  private endFirst(): void {
    const first = this.open.entries().next().value;
    if (first === undefined) return;
    const [number] = first;
    const lease = this.take(number) as Lease;
    this.expired++;
    this.ended(lease);
  }
}
