/**
 * What is known of callers, over a restart: written every few minutes and at the end, read at the start. A restart would
 * otherwise make strangers of everybody, and give those whose pace was being watched a fresh one.
 */
import { copyFileSync, existsSync, linkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { assertFits, type KeptState, readKeptState, STATE_FILE, writeKeptState } from '../../record/snapshot.ts';
import type { MemoryState } from '../../state/memory.ts';

/** A state in memory beyond this is kept at the end only: copying it takes too long while requests wait. */
const MAX_COPIED_BYTES = 256 * 1024 * 1024;
/** A clock may go back by this much between two runs, in ms. */
const CLOCK_SLACK_MS = 60_000;

export interface StateFileOptions {
  /** Null where nothing is kept. */
  readonly dataDir: string | null;
  readonly saveEveryMs: number;
  readonly state: Pick<MemoryState, 'snapshot' | 'restore' | 'statistics'>;
  /** What must be the same in a run that goes on from it. */
  readonly manifest: Readonly<Record<string, string>>;
  readonly clock: () => number;
  /** SP5001, SP5002: it goes on without. */
  readonly onFailure: (error: Error) => void;
}

/** What a run goes on from. */
export type Resumed = Pick<KeptState, 'savedMs' | 'lastMs'> & { readonly id: string };

export class StateFile {
  /** What this run has gone on from; null where it began with nothing. */
  readonly resumed: Resumed | null;
  private readonly options: StateFileOptions;
  private readonly path: string | null;
  private triedMs: number;
  private savedEvents = 0;
  private writing: Promise<void> | null = null;

  /** Reads what the run before has left, and puts it into the state. */
  constructor(options: StateFileOptions) {
    this.options = options;
    this.path = options.dataDir === null ? null : join(options.dataDir, STATE_FILE);
    this.triedMs = options.clock();
    this.resumed = this.resume();
  }

  private resume(): Resumed | null {
    const { path, options } = this;
    if (path === null || !existsSync(path)) return null;
    try {
      const { id, manifest, savedMs, lastMs, state } = readKeptState(path);
      assertFits({ manifest }, options.manifest);
      if (lastMs > options.clock() + CLOCK_SLACK_MS)
        throw new SallyportError('SP5002', `${path} is of ${new Date(lastMs).toISOString()}: the clock was set back`);
      options.state.restore(state);
      return { id, savedMs, lastMs };
    } catch (error) {
      options.onFailure(error as Error);
      return null;
    }
  }

  /**
   * Puts what this run has begun with into the folder of its journal, so that a replay can begin there, too. Larger than
   * `maxBytes` it stays out, and a replay says that it did not have it.
   */
  copyTo(folder: string, maxBytes: number): void {
    const { path, resumed, options } = this;
    if (path === null || resumed === null) return;
    try {
      if (statSync(path).size <= maxBytes) linkOrCopy(path, join(folder, STATE_FILE));
    } catch (error) {
      options.onFailure(new SallyportError('SP5001', `cannot write to ${folder}: ${(error as Error).message}`));
    }
  }

  /** Keeps the state where it is time; `events` and `lastMs` say how far it is. */
  async tick(events: number, lastMs: number): Promise<void> {
    const nowMs = this.options.clock();
    if (nowMs - this.triedMs < this.options.saveEveryMs) return;
    this.triedMs = nowMs;
    if (this.options.state.statistics().bytes <= MAX_COPIED_BYTES) await this.save(events, lastMs);
  }

  /** Keeps the state at the end. Never throws, as all of this: what goes wrong is said. */
  async close(events: number, lastMs: number): Promise<void> {
    await this.writing?.catch(() => {});
    await this.save(events, lastMs);
  }

  private async save(events: number, lastMs: number): Promise<void> {
    const { path, options } = this;
    if (path === null || this.writing !== null || events === this.savedEvents) return;
    const { manifest, state, clock } = options;
    this.writing = writeKeptState(path, { manifest, savedMs: clock(), lastMs, state: state.snapshot() });
    try {
      await this.writing;
      this.savedEvents = events;
    } catch (error) {
      options.onFailure(error as Error);
    } finally {
      this.writing = null;
    }
  }
}

/** The file is replaced by the next one, never written on: a second name is as good as a copy, where file systems have that. */
function linkOrCopy(path: string, to: string): void {
  try {
    linkSync(path, to);
  } catch {
    copyFileSync(path, to);
  }
}
