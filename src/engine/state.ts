/** The state port: what the engine asks of whoever keeps the records. Memory and shared stores pass one suite. */
import type { Batch } from './batch.ts';
import type { Program } from './program.ts';

/** An action that stands about a record: places in ACTIONS and CLASSES, Unix seconds. */
export interface Standing {
  readonly action: number;
  readonly classIndex: number;
  readonly sinceSec: number;
  readonly untilSec: number;
}

export interface StatePort {
  /**
   * Applies a batch atomically: runs the program's operations for the batch's phase on every present key and fills
   * values and risk. In-process stores return nothing; remote ones a promise, the one thing the engine waits for.
   */
  apply(batch: Batch): void | Promise<void>;
  /** Writes back the risk records marked dirty. Never awaited on the path. */
  settle(batch: Batch): void;
  /** Goes over to a newly compiled program of the same layout: thresholds and baselines changed, cells did not. */
  adopt(program: Program): void;
  /** Puts a record back to nothing, and its risk with it; true where there was one. For undo. */
  clear(key: number, hi: number, lo: number): boolean;
  /** Starts the sums (CUSUM, SPRT) of a record anew; true where there was one. For undo. */
  restart(key: number, hi: number, lo: number): boolean;
  /** Puts a standing action on a record, which is made where there is none; false where there is no room. */
  impose(key: number, hi: number, lo: number, standing: Standing): boolean;
  /** Requests counted in a record, −1 where there is none. */
  requests(key: number, hi: number, lo: number): number;
}

/** What a state tells about itself: in reports, metrics and tests. */
export interface StateStatistics {
  readonly records: Readonly<Record<string, number>>;
  readonly evicted: Readonly<Record<string, number>>;
  /** Events applied to a network's or system's record because the address had no room for its own. */
  readonly collapsed: number;
  readonly sketchesStolen: number;
  readonly bytes: number;
}
