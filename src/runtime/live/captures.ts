/**
 * Raw captures of a running Sallyport. The store is opened when the first route captures, or when somebody asks for what an
 * earlier run has kept: who captures nothing has no key and no folder. Every reading stands in the ledger before it is answered.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { type Capture, CaptureStore, type ListedCapture } from '../../record/journal/capture.ts';
import type { Ledger } from '../../record/ledger/port.ts';

/** Where a door puts what it captures. */
export interface CaptureSink {
  /** To be called before the first {@link write}: SP4008 where the store cannot be used. */
  open(): void;
  /** Never throws and never waits; null where it is not kept. */
  write(capture: Capture, untilMs: number): string | null;
  /** One was left out before it came to that. */
  leftOut(): void;
}

/** What an operator may do with captures. */
export interface CapturesPort {
  /** Newest first, without the requests themselves. */
  list(limit?: number): Promise<readonly ListedCapture[]>;
  /** SP4007 where there is none, SP4008 where it cannot be opened, SP4009 without a name or reason. */
  read(id: string, by: string, reason: string): Promise<Capture>;
}

export interface CapturesOptions {
  /** Null where nothing is written to disk: then nothing is captured. */
  readonly dataDir: string | null;
  readonly clock: () => number;
  /** Processes that write to the data directory. */
  readonly writers: number;
  readonly onNote?: (text: string) => void;
}

/** Between looks at what has expired, in ms. */
const TICK_MS = 60_000;

export class Captures implements CaptureSink {
  private readonly options: CapturesOptions;
  private store: CaptureStore | null = null;
  private lost = 0;
  /** What was said to be left out. */
  private said = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(options: CapturesOptions) {
    this.options = options;
    this.timer = setInterval(() => void this.tick(), TICK_MS);
    this.timer.unref();
  }

  open(): void {
    const { dataDir, clock, writers } = this.options;
    if (dataDir !== null) this.store ??= new CaptureStore(dataDir, { clock, writers });
  }

  write(capture: Capture, untilMs: number): string | null {
    if (this.store === null) this.lost++;
    return this.store?.write(capture, untilMs) ?? null;
  }

  leftOut(): void {
    this.lost++;
  }

  async list(limit?: number): Promise<readonly ListedCapture[]> {
    return this.existing()?.list(limit) ?? [];
  }

  async read(id: string, by: string, reason: string, ledger: Ledger): Promise<Capture> {
    const store = this.existing();
    if (store === null) throw new SallyportError('SP4007', `there is no capture ${id.slice(0, 40)}`);
    return store.read(id, by, reason, async ({ capture, atMs }) => {
      await ledger.append({ timeMs: atMs, kind: 'capture.read', by, refs: [capture], reason, data: { capture } });
    });
  }

  /** Deletes what has expired, whoever wrote it, and says what was left out. */
  async tick(): Promise<void> {
    const store = this.existing();
    await store?.refresh();
    store?.expire();
    const out = this.lost + (store?.dropped ?? 0);
    if (out > this.said) this.options.onNote?.(`SP4012: ${out - this.said} requests were not captured`);
    this.said = out;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.store?.settled();
  }

  /** The store, where there is one: looking for captures must not begin to keep some. */
  private existing(): CaptureStore | null {
    const { dataDir } = this.options;
    if (this.store === null && dataDir !== null && existsSync(join(dataDir, 'captures'))) this.open();
    return this.store;
  }
}
