/**
 * Who sent what, and what became of it: seen at the client and at the shop, never through the eyes of what stands between.
 * Each request carries a random tag; the gateway passes it on like any header, and it tells nothing about its sender.
 */
import { randomBytes } from 'node:crypto';

/** Header with the tag of a request. Taken off again before the shop. */
export const TAG = 'x-request-tag';

/**
 * `tool`: the attack. `beside`: people behind the tool's address. `elsewhere`: people with addresses of their own. `owner`: whoever
 * owns the key that the tool uses.
 */
export type Cohort = 'tool' | 'beside' | 'elsewhere' | 'owner';

export interface Attempt {
  readonly cohort: Cohort;
  /** Method and target, for people who look for the reason. */
  readonly what: string;
  /** Unix ms. */
  readonly sentMs: number;
  /** When the shop got it; null where it never did. */
  reachedMs: number | null;
  /** When the client had its answer, or its connection ended; null while it waits. */
  endedMs: number | null;
  /** What the client was answered, 0 where it got no answer. */
  status: number;
}

/** Requests of one run that are remembered: the tools are held to 200 a second, so nothing comes near it. */
const MAX_ATTEMPTS = 200_000;

export class Book {
  private readonly byTag = new Map<string, Attempt>();

  /** A request is on its way; returns its tag. */
  sent(cohort: Cohort, what: string, nowMs: number): string {
    if (this.byTag.size >= MAX_ATTEMPTS) throw new Error(`more than ${MAX_ATTEMPTS} requests in one run`);
    const tag = randomBytes(8).toString('hex');
    this.byTag.set(tag, { cohort, what, sentMs: nowMs, reachedMs: null, endedMs: null, status: 0 });
    return tag;
  }

  /** The shop got it. A request that was tried again counts from its first arrival. */
  reached(tag: string, nowMs: number): void {
    const attempt = this.byTag.get(tag);
    if (attempt !== undefined) attempt.reachedMs ??= nowMs;
  }

  /** The client has its answer (`status`), or no answer will come (0). */
  ended(tag: string, status: number, nowMs: number): void {
    const attempt = this.byTag.get(tag);
    if (attempt === undefined || attempt.endedMs !== null) return;
    attempt.endedMs = nowMs;
    attempt.status = status;
  }

  /** In the order in which they were sent. */
  of(cohort: Cohort): Attempt[] {
    return [...this.byTag.values()].filter((a) => a.cohort === cohort);
  }

  all(): Attempt[] {
    return [...this.byTag.values()];
  }
}
