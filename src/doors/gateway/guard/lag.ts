/**
 * What the samples of the event loop's delay say. A loop that is always busy still runs its timers once a turn, so a
 * sample is as long as a turn, not as long as requests wait in the kernel: on a saturated proxy with a thousand connections,
 * whose requests take 600 ms, samples are 10 ms with peaks of 40. Two figures come of it over intervals of 100 ms: the
 * least delay, which is above some ms only when the loop is never idle (CoDel's standing queue; Nichols and Jacobson, 2012;
 * RFC 8289), and the peak, smoothed, which is how long the loop keeps others waiting.
 */

/** Delays are looked at over so many ms, and over so many samples at least. */
const INTERVAL_MS = 100;
const INTERVAL_SAMPLES = 3;
/** Share of an interval's peak in the smoothed one: a single collection of garbage does not count for much. */
const SMOOTHING = 0.3;

export class LagWindow {
  /** Least delay of the last interval, in ms. */
  standingMs = 0;
  /** Peaks of the intervals, smoothed, in ms. */
  peakMs = 0;
  private startMs = Number.NaN;
  private samples = 0;
  private least = Number.POSITIVE_INFINITY;
  private most = 0;

  /** Takes a sample. True when an interval has ended with it, and the figures are new. */
  sample(atMs: number, lagMs: number): boolean {
    if (Number.isNaN(this.startMs)) this.startMs = atMs;
    if (lagMs < this.least) this.least = lagMs;
    if (lagMs > this.most) this.most = lagMs;
    if (++this.samples < INTERVAL_SAMPLES || atMs - this.startMs < INTERVAL_MS) return false;
    this.standingMs = this.least;
    this.peakMs += (this.most - this.peakMs) * SMOOTHING;
    this.startMs = atMs;
    this.samples = 0;
    this.least = Number.POSITIVE_INFINITY;
    this.most = 0;
    return true;
  }
}
