/** The hand on the clock of a gateway that lives in the past (`eval/past-child.ts`). */
import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { hours } from '../../src/lib/units.ts';

/** How often the gateway looks at its clock, in ms. */
export const CLOCK_MS = 20;

export class Clock {
  readonly file: string;

  /** A clock that goes `behindMs` behind. */
  constructor(file: string, behindMs: number) {
    this.file = file;
    this.set(behindMs);
  }

  /** Behind by so many ms from now on; resolves when the gateway must have seen it. */
  async turn(behindMs: number): Promise<void> {
    this.set(behindMs);
    await sleep(3 * CLOCK_MS);
  }

  private set(behindMs: number): void {
    writeFileSync(this.file, `${behindMs}`);
  }
}

/** Lets `past` hours go by up to now, and does something in each. */
export async function through(clock: Clock, past: number, what: () => Promise<unknown>): Promise<void> {
  for (let left = past; left >= 0; left--) {
    await clock.turn(hours(left));
    if (left > 0) await what();
  }
}
