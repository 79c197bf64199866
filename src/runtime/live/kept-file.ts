/**
 * What a run leaves to the next: written now and then and at the end, read at the start. What is known of callers, since a restart
 * would otherwise make strangers of everybody, and give those whose pace was being watched a fresh one; and what learning has seen,
 * since what is usual takes weeks to show.
 */
import { copyFileSync, existsSync, linkSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { assertFits, type KeptState, readKeptState, writeKeptState } from '../../record/snapshot.ts';

/** A clock may go back by this much between two runs, in ms. */
const CLOCK_SLACK_MS = 60_000;

type Manifest = Readonly<Record<string, string>>;

/** What is kept. */
interface Keepable {
  /** Plain data; it may share memory. */
  snapshot(): Record<string, unknown>;
  restore(kept: Record<string, unknown>): void;
}

export interface KeptFileOptions {
  /** Null where nothing is kept. */
  readonly path: string | null;
  readonly saveEveryMs: number;
  readonly content: Keepable;
  /**
   * What must be the same in a run that goes on from it. `before` is what a file says: what only grows can be compared as far as it
   * had come then.
   */
  readonly manifest: (before?: Manifest) => Manifest;
  readonly clock: () => number;
  /** Can it be copied while requests wait? Else it is kept at the end only. */
  readonly isSmall?: () => boolean;
  /** SP5001, SP5002: it goes on without. */
  readonly onFailure: (error: Error) => void;
}

/** What a run goes on from. */
export type Resumed = Pick<KeptState, 'savedMs' | 'lastMs'> & { readonly id: string };

export class KeptFile {
  /** What this run has gone on from; null where it began with nothing. */
  readonly resumed: Resumed | null;
  private readonly options: KeptFileOptions;
  private readonly path: string | null;
  private triedMs: number;
  private savedEvents = 0;
  private writing: Promise<void> | null = null;

  /** Reads what the run before has left, and puts it back. */
  constructor(options: KeptFileOptions) {
    this.options = options;
    this.path = options.path;
    this.triedMs = options.clock();
    this.resumed = this.resume();
  }

  private resume(): Resumed | null {
    const { path, options } = this;
    if (path === null || !existsSync(path)) return null;
    try {
      const { id, manifest, savedMs, lastMs, state } = readKeptState(path);
      assertFits({ manifest }, options.manifest(manifest));
      if (lastMs > options.clock() + CLOCK_SLACK_MS)
        throw new SallyportError('SP5002', `${path} is of ${new Date(lastMs).toISOString()}: the clock was set back`);
      options.content.restore(state);
      return { id, savedMs, lastMs };
    } catch (error) {
      this.failed(error);
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
      if (statSync(path).size <= maxBytes) linkOrCopy(path, join(folder, basename(path)));
    } catch (error) {
      options.onFailure(new SallyportError('SP5001', `cannot write to ${folder}: ${(error as Error).message}`));
    }
  }

  /** Keeps it where it is time; `events` and `lastMs` say how far it is. */
  async tick(events: number, lastMs: number): Promise<void> {
    const nowMs = this.options.clock();
    if (nowMs - this.triedMs < this.options.saveEveryMs) return;
    this.triedMs = nowMs;
    if (this.options.isSmall?.() !== false) await this.save(events, lastMs);
  }

  /** Keeps it at the end. Never throws, as all of this: what goes wrong is said. */
  async close(events: number, lastMs: number): Promise<void> {
    await this.writing?.catch(() => {});
    await this.save(events, lastMs);
  }

  private async save(events: number, lastMs: number): Promise<void> {
    const { path } = this;
    if (path === null || this.writing !== null || events === this.savedEvents) return;
    const { manifest, content, clock } = this.options;
    try {
      const kept = { manifest: manifest(), savedMs: clock(), lastMs, state: content.snapshot() };
      this.writing = writeKeptState(path, kept);
      await this.writing;
      this.savedEvents = events;
    } catch (error) {
      this.failed(error);
    } finally {
      this.writing = null;
    }
  }

  private failed(error: unknown): void {
    const coded = error instanceof SallyportError;
    this.options.onFailure(coded ? error : new SallyportError('SP5001', `${this.path}: ${(error as Error).message}`));
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
