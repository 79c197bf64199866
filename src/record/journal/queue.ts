/**
 * The way of full blocks to the disk, off the request path: compressed on another thread, written one after the other,
 * made durable in groups. A block that cannot be written stays first in line and is tried again.
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { framed } from './format.ts';
import type { JournalPosition } from './recover.ts';
import type { JournalContext, Segments } from './segments.ts';

const compress = promisify(deflate);
/** Output pieces of the compressor: small ones cost a turn of the event loop each. */
const CHUNK_BYTES = 256 * 1024;

export interface Sealed {
  readonly raw: Uint8Array;
  /** Where the sequence stood before its first record, and what was in force there. */
  readonly start: JournalPosition;
  readonly context: JournalContext;
  /** Events and control records in it. */
  readonly records: number;
  /** Once compressed: it is not done again where writing has to be. */
  frame?: Uint8Array;
}

export interface QueueOptions {
  readonly segments: Segments;
  /** Bytes that may wait, before compression. */
  readonly maxBytes: number;
  /** Between tries after a failure, in ms. */
  readonly retryMs: number;
  /** Something could not be written, or (null) writing works again. */
  readonly onFailure: (error: Error | null) => void;
}

export class BlockQueue {
  /** Bytes that wait, before compression. */
  bytes = 0;
  /** The last try to write has failed. */
  failing = false;
  private readonly options: QueueOptions;
  private readonly waiting: Sealed[] = [];
  private running: Promise<void> | undefined;
  private unsynced = false;
  /** What was written since the last flush may not survive a power cut, for all that trying again can do. */
  private notDurable = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(options: QueueOptions) {
    this.options = options;
  }

  hasRoomFor(bytes: number): boolean {
    return this.waiting.length === 0 || this.bytes + bytes <= this.options.maxBytes;
  }

  push(sealed: Sealed): void {
    this.waiting.push(sealed);
    this.bytes += sealed.raw.length;
    if (!this.failing) void this.run();
  }

  /** Writes all that waits. True where everything is in the file, and durable where that was asked for. Never throws. */
  async drain(): Promise<boolean> {
    // A run that is under way may have begun before the last block was pushed.
    while (this.running !== undefined) await this.running;
    await this.run();
    const durable = !this.notDurable;
    this.notDurable = false;
    return this.waiting.length === 0 && durable;
  }

  /** Ends trying again; gives the number of records that were never written. */
  close(): number {
    clearTimeout(this.retry);
    return this.waiting.reduce((sum, { records }) => sum + records, 0);
  }

  private run(): Promise<void> {
    this.running ??= this.writeAll().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  private async sync(): Promise<void> {
    this.unsynced = false;
    try {
      await this.options.segments.sync();
    } catch (error) {
      this.notDurable = true;
      throw error;
    }
  }

  private async writeAll(): Promise<void> {
    clearTimeout(this.retry);
    try {
      for (let sealed = this.waiting[0]; sealed !== undefined; sealed = this.waiting[0]) {
        sealed.frame ??= framed(await compress(sealed.raw, { level: 1, chunkSize: CHUNK_BYTES }));
        await this.options.segments.write(sealed.frame, sealed.start, sealed.context);
        this.unsynced = true;
        this.waiting.shift();
        this.bytes -= sealed.raw.length;
      }
      if (this.unsynced) await this.sync();
      if (this.failing) this.options.onFailure(null);
      this.failing = false;
    } catch (error) {
      if (!this.failing) this.options.onFailure(error as Error);
      this.failing = true;
      this.retry = setTimeout(() => void this.run(), this.options.retryMs).unref();
    }
  }
}
