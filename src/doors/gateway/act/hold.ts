/** Holding requests back: a bounded number of places, each given back when its time has come or its client has gone. */
import type { Res } from '../contract.ts';
import { isGone, onClose } from './answer.ts';
import type { Timers } from './settings.ts';

export class WaitingRoom {
  private readonly timers: Timers;
  private readonly leaving = new Set<() => void>();
  private closed = false;

  constructor(timers: Timers) {
    this.timers = timers;
  }

  /** Requests that are being held. */
  get size(): number {
    return this.leaving.size;
  }

  /**
   * Holds a request for `ms`, then calls `then`. Where its client goes away before, the place is free at once and `gone` is
   * called instead. False, and nothing happens, where `places` are taken or nobody is taken any more.
   */
  hold(res: Res, ms: number, places: number, then: () => void, gone: () => void = () => {}): boolean {
    if (this.leaving.size >= places || this.closed) return false;
    const leave = (next: () => void): void => {
      this.timers.clear(timer);
      off();
      this.leaving.delete(release);
      next();
    };
    const release = (): void => leave(isGone(res) ? gone : then);
    const lost = (): void => leave(gone);
    const timer = this.timers.set(release, ms);
    const off = onClose(res, lost);
    this.leaving.add(release);
    return true;
  }

  /** Lets everybody go on at once and takes nobody any more: a drain does not wait for those who were slowed down. */
  close(): void {
    this.closed = true;
    for (const release of [...this.leaving]) release();
  }
}
