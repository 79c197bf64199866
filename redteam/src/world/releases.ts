/** Releases of the shop's app and of devices' firmware, and who runs which. */
import type { Random } from '../core/random.ts';
import { DAY_MS } from './rhythm.ts';

/** Releases by day, before and during the world, and one more that a scenario may ask for. */
export class AppReleases {
  private readonly moments: readonly number[];
  private readonly major: number;
  private readonly forcedMs: number;

  /**
   * @param forcedMs moment of a release that everybody gets within hours; NaN for none
   */
  constructor(random: Random, startMs: number, endMs: number, everyDays: number, forcedMs = Number.NaN) {
    this.major = 2 + random.below(6);
    const moments: number[] = [];
    for (let at = startMs - 8 * everyDays * DAY_MS + random.uniform() * everyDays * DAY_MS; at < endMs; ) {
      moments.push(at);
      at += everyDays * DAY_MS * random.between(0.7, 1.3);
    }
    this.forcedMs = forcedMs;
    this.moments = moments;
  }

  /**
   * What somebody runs.
   *
   * @param keenness in [0, 1): most have an update within days, a tenth stay behind for months
   */
  of(keenness: number, timeMs: number): string {
    if (timeMs >= this.forcedMs && timeMs - this.forcedMs > -Math.log(1 - keenness * 0.97) * 6 * 3_600_000) {
      return `${this.major}.${this.moments.length + 1}.0`;
    }
    const lagDays = keenness < 0.9 ? -Math.log(1 - keenness) * 2.5 : (keenness - 0.9) * 1000;
    let k = 0;
    while (k + 1 < this.moments.length && this.moments[k + 1] <= timeMs - lagDays * DAY_MS) k++;
    return `${this.major}.${k + 1}.0`;
  }
}
