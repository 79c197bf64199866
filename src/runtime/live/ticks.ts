/** What the last quarter of an hour looked like, second by second. */
import type { Tick } from './operator.ts';

/** Seconds kept. */
export const TICKS = 900;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const empty = (sec: number): Mutable<Tick> => ({
  sec,
  requests: 0,
  abusive_served: 0,
  abusive_held: 0,
  established_held: 0,
  status_4xx: 0,
  status_5xx: 0,
});

export class Ticks {
  private readonly ring: Mutable<Tick>[] = [];
  private firstSec = 0;

  /** The tick of a second; seconds in which nothing happened are there, too. */
  at(sec: number): Mutable<Tick> {
    const { ring } = this;
    if (ring.length === 0) this.firstSec = sec;
    const last = this.firstSec + ring.length - 1;
    // A clock that jumped far ahead starts the picture anew.
    if (sec > last + TICKS) {
      ring.length = 0;
      this.firstSec = sec;
    }
    while (this.firstSec + ring.length <= sec) ring.push(empty(this.firstSec + ring.length));
    while (ring.length > TICKS) {
      ring.shift();
      this.firstSec++;
    }
    return ring[Math.max(0, sec - this.firstSec)];
  }

  has(sec: number): boolean {
    return sec >= this.firstSec && sec < this.firstSec + this.ring.length;
  }

  /** Oldest first. */
  all(): readonly Tick[] {
    return this.ring;
  }
}
