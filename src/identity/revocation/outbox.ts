/** What waits to be told to somebody else: bounded, in order, tried again with growing pauses, and never on a request's way. */

/** `again`: not now (it is down, or asks to wait). `refused`: it will not take it, whatever we do. */
export type Sent = 'done' | 'again' | 'refused';
/** `dropped`: nobody wants it any more. */
export type Settled = 'done' | 'refused' | 'gave-up' | 'no-room' | 'closed' | 'dropped';

/** Runs `act` after `ms`; the result calls it off. */
export type Schedule = (act: () => void, ms: number) => () => void;

export interface OutboxOptions<T> {
  /** Items that wait at once; what comes beyond is not taken. */
  readonly capacity: number;
  readonly attempts: number;
  /** Sends one item. What it throws counts as `again`. */
  readonly send: (item: T) => Promise<Sent>;
  /** Told once for every item that was offered, at the end of its way. */
  readonly settled?: (item: T, outcome: Settled, attempts: number) => void;
  readonly schedule?: Schedule;
  /** From 0 to 1: spreads attempts, so that many of us do not come back at once. */
  readonly random?: () => number;
}

/** First pause after a failure in ms; it doubles up to the longest one. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 60_000;

interface Waiting<T> {
  readonly item: T;
  attempts: number;
}

/** A timer that does not keep the process alive. */
export const timer: Schedule = (act, ms) => {
  const handle = setTimeout(act, ms);
  handle.unref();
  return () => clearTimeout(handle);
};

/** Pause before the next attempt, in ms: doubling, and by up to half shorter. */
export function pauseMs(failures: number, random: () => number): number {
  const whole = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20));
  return Math.round(whole * (1 - random() / 2));
}

export class Outbox<T> {
  private readonly options: OutboxOptions<T>;
  private readonly waiting: Waiting<T>[] = [];
  private busy = false;
  private held = false;
  private closed = false;
  private callOff: (() => void) | null = null;

  constructor(options: OutboxOptions<T>) {
    this.options = options;
  }

  get size(): number {
    return this.waiting.length;
  }

  /** False where there is no room. */
  offer(item: T): boolean {
    if (this.closed || this.waiting.length >= this.options.capacity) {
      this.tell(item, this.closed ? 'closed' : 'no-room', 0);
      return false;
    }
    this.waiting.push({ item, attempts: 0 });
    if (!this.busy && this.callOff === null && !this.held) void this.pump();
    return true;
  }

  /** Takes items and sends none. What is under way just now still goes out. */
  pause(): void {
    this.held = true;
    this.callOff?.();
    this.callOff = null;
  }

  /** Goes on sending, in order. */
  resume(): void {
    this.held = false;
    if (!this.busy && this.callOff === null) void this.pump();
  }

  /** Drops what waits, but for what is under way. Gives how many. */
  clear(): number {
    const dropped = this.waiting.splice(this.busy ? 1 : 0);
    for (const { item, attempts } of dropped) this.tell(item, 'dropped', attempts);
    return dropped.length;
  }

  /** One after the other: whoever fails gets no second request while the first one waits. */
  private async pump(): Promise<void> {
    this.callOff = null;
    this.busy = true;
    while (this.waiting.length > 0 && !this.closed && !this.held) {
      const first = this.waiting[0];
      first.attempts++;
      const sent = await this.attempt(first.item);
      if (this.closed) break;
      if (sent === 'again' && first.attempts < this.options.attempts) {
        if (this.held) break;
        const pause = pauseMs(first.attempts, this.options.random ?? Math.random);
        this.callOff = (this.options.schedule ?? timer)(() => void this.pump(), pause);
        break;
      }
      this.waiting.shift();
      this.tell(first.item, sent === 'again' ? 'gave-up' : sent, first.attempts);
    }
    this.busy = false;
  }

  private async attempt(item: T): Promise<Sent> {
    try {
      return await this.options.send(item);
    } catch {
      return 'again';
    }
  }

  private tell(item: T, outcome: Settled, attempts: number): void {
    try {
      this.options.settled?.(item, outcome, attempts);
    } catch {
      // Whoever listens has a defect; what waits must go out all the same.
    }
  }

  /** Sends nothing more; what waits is told to be closed. */
  close(): void {
    this.closed = true;
    this.callOff?.();
    for (const { item, attempts } of this.waiting.splice(0)) this.tell(item, 'closed', attempts);
  }
}
