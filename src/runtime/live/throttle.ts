/**
 * The pace that a throttled actor still gets: a GCRA bucket an actor, and a bigger one for all who share the actor. Clients
 * of a crowd are told apart by their software, so that who is loud does not take the room of who is not.
 */

/** Actors with a bucket; the longest unused goes. */
const MAX_BUCKETS = 20_000;
/** What all clients behind a shared actor get together, as a multiple of what one gets. */
const CROWD_FACTOR = 20;
/**
 * One client is kept waiting for at most so many times the longest wait in all, given back four times as slowly. People
 * wait now and then; a program that sends whatever it is let would be served for ever, only slower.
 */
const PATIENCE_FACTOR = 2;
const PATIENCE_BACK = 4;

export interface ThrottleSettings {
  readonly ratePerSec: number;
  readonly burst: number;
  readonly maxDelayMs: number;
}

export class Throttle {
  /** Theoretical arrival time by bucket, Unix ms (GCRA, ITU-T I.371). */
  private readonly arrivals = new Map<string, number>();
  /** When a client will have been given back all its waiting, Unix ms. */
  private readonly waited = new Map<string, number>();
  private settings: ThrottleSettings;

  constructor(settings: ThrottleSettings) {
    this.settings = settings;
  }

  update(settings: ThrottleSettings): void {
    this.settings = settings;
  }

  /**
   * How long a request is to wait, in ms; −1 where it would be longer than is waited. `client` tells apart who shares
   * the actor; '' where nobody does.
   */
  delay(actor: string, client: string, nowMs: number): number {
    const { ratePerSec, burst, maxDelayMs } = this.settings;
    const gap = 1000 / ratePerSec;
    const own = client === '' ? actor : `${actor}/${client}`;
    const wait = this.wait(own, gap, burst, nowMs);
    const together = client === '' ? 0 : this.wait(actor, gap / CROWD_FACTOR, burst * CROWD_FACTOR, nowMs);
    const longest = Math.max(wait, together);
    if (longest > maxDelayMs || !this.mayWait(own, longest, nowMs)) return -1;
    take(this.arrivals, own, gap, nowMs);
    if (client !== '') take(this.arrivals, actor, gap / CROWD_FACTOR, nowMs);
    if (longest > 0) take(this.waited, own, longest * PATIENCE_BACK, nowMs);
    return Math.ceil(longest);
  }

  /** Seconds until a request would be let through at once again. */
  retryAfterSec(actor: string, client: string, nowMs: number): number {
    const { ratePerSec, burst } = this.settings;
    const own = client === '' ? actor : `${actor}/${client}`;
    return Math.max(1, Math.ceil(this.wait(own, 1000 / ratePerSec, burst, nowMs) / 1000));
  }

  forget(actor: string): void {
    for (const buckets of [this.arrivals, this.waited])
      for (const key of buckets.keys()) if (key === actor || key.startsWith(`${actor}/`)) buckets.delete(key);
  }

  private mayWait(key: string, delayMs: number, nowMs: number): boolean {
    if (delayMs === 0) return true;
    const owed = Math.max(0, (this.waited.get(key) ?? 0) - nowMs) / PATIENCE_BACK;
    return owed + delayMs <= this.settings.maxDelayMs * PATIENCE_FACTOR;
  }

  private wait(key: string, gap: number, burst: number, nowMs: number): number {
    const arrival = this.arrivals.get(key) ?? 0;
    return Math.max(0, arrival - nowMs - gap * (burst - 1));
  }
}

/** Moves a bucket's time on; the newest stand at the end of the map. */
function take(buckets: Map<string, number>, key: string, ms: number, nowMs: number): void {
  const until = Math.max(buckets.get(key) ?? 0, nowMs) + ms;
  buckets.delete(key);
  buckets.set(key, until);
  if (buckets.size > MAX_BUCKETS) buckets.delete(buckets.keys().next().value as string);
}
