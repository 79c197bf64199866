/**
 * Ejection of a server that fails request after request, for a while that grows with each time: the passive half of
 * health checking, which sees what real requests see.
 */
import type { GroupSettings } from './settings.ts';

/** The longest ejection is this many times the first one. */
export const MAX_MULTIPLE = 10;

export class Outlier {
  private readonly settings: GroupSettings['outlier'];
  private failures = 0;
  private ejectedUntil = 0;
  /** How often in a row it was ejected; falls again by one for each ejection time spent well. */
  private times = 0;

  constructor(settings: GroupSettings['outlier']) {
    this.settings = settings;
  }

  ejected(now: number): boolean {
    return now < this.ejectedUntil;
  }

  /** A request went well. */
  good(): void {
    this.failures = 0;
  }

  /** A request failed by the server's fault. True where the server should be ejected for that; {@link eject} does it. */
  bad(now: number): boolean {
    if (!this.settings.enabled || this.ejected(now)) return false;
    return ++this.failures >= this.settings.failures;
  }

  /** Keeps the server out from `now` on. */
  eject(now: number): void {
    const wellSpent = this.times === 0 ? 0 : Math.floor((now - this.ejectedUntil) / this.settings.ejectionMs);
    this.times = Math.min(MAX_MULTIPLE, Math.max(0, this.times - wellSpent) + 1);
    this.ejectedUntil = now + this.settings.ejectionMs * this.times;
    this.failures = 0;
  }
}

/** May one more be ejected, where `ejected` of `servers` already are? */
export function mayEject(ejected: number, servers: number, maxPercent: number): boolean {
  return (ejected + 1) * 100 <= servers * maxPercent;
}
