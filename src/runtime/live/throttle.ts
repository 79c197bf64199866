/**
 * The pace that a throttled actor still gets: a GCRA bucket an actor, and a bigger one for all who share the actor. Clients
 * of a crowd are told apart by their software, so that who is loud does not take the room of who is not.
 */

/** Actors with a bucket; the longest unused goes. */
const MAX_BUCKETS = 20_000;
/** What all clients behind a shared actor get together, as a multiple of what one gets. */
const CROWD_FACTOR = 20;

export interface ThrottleSettings {
  readonly ratePerSec: number;
  readonly burst: number;
  readonly maxDelayMs: number;
}

export class Throttle {
  /** Theoretical arrival time by bucket, Unix ms (GCRA, ITU-T I.371). */
  private readonly arrivals = new Map<string, number>();
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
    if (longest > maxDelayMs) return -1;
    this.take(own, gap, nowMs);
    if (client !== '') this.take(actor, gap / CROWD_FACTOR, nowMs);
    return Math.ceil(longest);
  }

  /** Seconds until a request would be let through at once again. */
  retryAfterSec(actor: string, client: string, nowMs: number): number {
    const { ratePerSec, burst } = this.settings;
    const own = client === '' ? actor : `${actor}/${client}`;
    return Math.max(1, Math.ceil(this.wait(own, 1000 / ratePerSec, burst, nowMs) / 1000));
  }

  forget(actor: string): void {
    for (const key of this.arrivals.keys()) if (key === actor || key.startsWith(`${actor}/`)) this.arrivals.delete(key);
  }

  private wait(key: string, gap: number, burst: number, nowMs: number): number {
    const arrival = this.arrivals.get(key) ?? 0;
    return Math.max(0, arrival - nowMs - gap * (burst - 1));
  }

  private take(key: string, gap: number, nowMs: number): void {
    const arrival = Math.max(this.arrivals.get(key) ?? 0, nowMs) + gap;
    this.arrivals.delete(key);
    this.arrivals.set(key, arrival);
    if (this.arrivals.size > MAX_BUCKETS) this.arrivals.delete(this.arrivals.keys().next().value as string);
  }
}
