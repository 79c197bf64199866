/** How loaded this process is: how late its event loop runs, and how much memory it holds. */
import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

export interface LoadSample {
  /** On a monotonic clock, in ms. */
  readonly atMs: number;
  /** How much later than asked for a timer ran, in ms. */
  readonly lagMs: number;
  /** Resident memory in bytes. */
  readonly rssBytes: number;
}

export interface LoadSource {
  /** Calls `listener` from now on; the object given may be used again for the next sample. */
  start(listener: (sample: LoadSample) => void): void;
  stop(): void;
}

/** Time between two samples of the delay, in ms: fifty short wake-ups a second, five where nobody asks for anything. */
export const SAMPLE_MS = 20;
export const IDLE_SAMPLE_MS = 200;
/** Time between two looks at the memory, in ms, for it reads /proc. */
const MEMORY_MS = 1000;

/**
 * Measures this process with a timer that does not keep it alive. A plain timer instead of `monitorEventLoopDelay`: what
 * counts is the delay now, not the distribution, and it comes with the callback that is needed anyway. `isIdle`, asked after each
 * sample, says whether the next one may wait.
 */
export function processLoad(isIdle: () => boolean = () => false): LoadSource {
  let timer: NodeJS.Timeout | null = null;
  const sample = { atMs: 0, lagMs: 0, rssBytes: 0 };
  return {
    start(listener) {
      sample.atMs = performance.now();
      let memoryAtMs = Number.NEGATIVE_INFINITY;
      const wait = (ms: number): void => {
        timer = setTimeout(take, ms, ms).unref();
      };
      const take = (waitedMs: number): void => {
        const atMs = performance.now();
        sample.lagMs = Math.max(0, atMs - sample.atMs - waitedMs);
        sample.atMs = atMs;
        if (atMs - memoryAtMs >= MEMORY_MS) {
          sample.rssBytes = process.memoryUsage.rss();
          memoryAtMs = atMs;
        }
        wait(isIdle() ? IDLE_SAMPLE_MS : SAMPLE_MS);
        listener(sample);
      };
      wait(SAMPLE_MS);
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}

/** Share of the machine's or the control group's memory that this process may hold before scoring degrades fully. */
const MEMORY_SHARE = 0.8;
const CGROUP_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

/** Bytes that this process may hold: a share of the control group's limit, or of the machine's memory where there is none. */
export function memoryBound(files: readonly string[] = CGROUP_FILES, total: number = totalmem()): number {
  let bytes = total;
  for (const file of files) {
    try {
      const limit = Number(readFileSync(file, 'latin1').trim());
      if (limit > 0 && limit < bytes) bytes = limit;
    } catch {
      // No such control group here: the machine's memory counts.
    }
  }
  return Math.floor(bytes * MEMORY_SHARE);
}
