/** The key of the day, as the owner of state holds it for workers that begin later. */
import { advanceDaily } from '../../inspect/fields/index.ts';

/** How often the key of the day before is looked for, in ms. */
const FORGET_MS = 600_000;

export class DayKey {
  private readonly state: Buffer;
  private readonly timer: NodeJS.Timeout;

  /** `state` goes on in place, so that nobody finds an earlier one in it. */
  constructor(state: Buffer) {
    this.state = state;
    this.timer = setInterval(() => this.today(), FORGET_MS);
    this.timer.unref();
  }

  /** In hex. */
  today(): string {
    advanceDaily(this.state, Date.now());
    return this.state.toString('hex');
  }

  close(): void {
    clearInterval(this.timer);
  }
}
