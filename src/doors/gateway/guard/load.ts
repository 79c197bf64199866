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

/** Time between two samples of the delay, in ms: fifty short wake-ups a second. */
const SAMPLE_MS = 20;
/** Samples between two looks at the memory: once a second, for it reads /proc. */
const MEMORY_EVERY = 50;

/**
 * Measures this process with a timer that does not keep it alive. A plain timer instead of `monitorEventLoopDelay`: what
 * counts is the delay now, not the distribution, and it comes with the callback that is needed anyway.
 */
export function processLoad(): LoadSource {
  let timer: NodeJS.Timeout | null = null;
  const sample = { atMs: 0, lagMs: 0, rssBytes: 0 };
  return {
    start(listener) {
      sample.atMs = performance.now();
      let until = 0;
      timer = setInterval(() => {
        const atMs = performance.now();
        sample.lagMs = Math.max(0, atMs - sample.atMs - SAMPLE_MS);
        sample.atMs = atMs;
        if (until-- === 0) {
          sample.rssBytes = process.memoryUsage.rss();
          until = MEMORY_EVERY - 1;
        }
        listener(sample);
      }, SAMPLE_MS);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
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
