/**
 * How many requests have to be turned away because the event loop is behind. As in CoDel (Nichols and Jacobson, 2012; RFC
 * 8289) the answer to a queue that stands rises with the square root of the intervals it has stood.
 */

/** Pressure of one interval above the target; it grows with the root of their number and with how far above it is. */
const STEP = 0.08;
const SEVERITY_MAX = 4;
/** Share of the pressure that an interval below the target leaves. */
const RELIEF = 0.5;
/** Below this there is no pressure. */
const NOTHING = 0.01;

export class Shedder {
  /** 0 to 1: how many must go. */
  pressure = 0;
  private above = 0;

  /** One interval is over: the standing delay as a multiple of the target. `may` is false while other means are left. */
  interval(severity: number, may: boolean): void {
    if (severity > 1 && may) {
      this.above++;
      const wanted = STEP * Math.sqrt(this.above) * Math.min(SEVERITY_MAX, severity);
      this.pressure = Math.min(1, Math.max(this.pressure, wanted));
      return;
    }
    // Half of the count stays, as in CoDel: what comes back soon is answered sooner.
    this.above >>= 1;
    this.pressure *= RELIEF;
    if (this.pressure < NOTHING) this.pressure = 0;
  }
}
