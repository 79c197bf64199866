/**
 * Requests under way, and what each has taken. Every request is followed by its answer, or by its end; what goes on for long is
 * heard of again and again. A message may be lost and a process may die in between: a lease that nobody hears of ends by
 * itself, so that nothing counts as under way for ever.
 */
import type { Charge } from './rules.ts';

/** Requests under way at once that are kept apart; beyond it the one not heard of for longest counts as over. */
const MAX_LEASES = 200_000;

export interface Lease {
  /** Index in TIERS. */
  readonly tier: number;
  readonly charges: readonly Charge[];
  readonly units: number;
  /** Unix ms. */
  untilMs: number;
  /** Process that has it under way: see `OwnerGate`. */
  from: number;
  /** It takes room of its tier, and places of those that are under way. */
  holdsRoom: boolean;
  holdsPlaces: boolean;
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

  /** An exchange was heard of: its lease, which now lasts longer; null where there is none. */
  renew(number: number, untilMs: number): Lease | null {
    const first = this.open.get(number) ?? null;
    if (first === null) return null;
    // Of several of one number nobody knows which it was: they last as long as any of them.
    for (let lease: Lease | null = first; lease !== null; lease = lease.next) lease.untilMs = untilMs;
    this.open.delete(number);
    this.open.set(number, first);
    return first;
  }

  /** Ends those whose time is over. They stand in the order in which they were heard of. */
  sweep(nowMs: number): void {
    for (const [, lease] of this.open) {
      if (lease.untilMs > nowMs) return;
      this.endFirst();
    }
  }

  *all(): Generator<Lease> {
    for (const first of this.open.values())
      for (let lease: Lease | null = first; lease !== null; lease = lease.next) yield lease;
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
