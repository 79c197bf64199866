/** What waits to be written: bounded, so that memory does not grow with a slow disk. */
import { SallyportError } from '../../lib/errors.ts';
import { type Draft, itemsOf } from './entry.ts';
import type { Subject } from './kinds.ts';
import type { LedgerEntry } from './port.ts';

export const MAX_QUEUED_ENTRIES = 10_000;
export const MAX_QUEUED_BYTES = 32 * 1024 * 1024;
/** Of one transaction, entries and their items: so much room is made for it, and so much work is done at its end. */
const MAX_BATCH_ITEMS = 512;
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

export interface Waiting {
  readonly draft: Draft;
  /** Its key is destroyed in the same transaction; such an entry is the last of its batch. */
  readonly erase: Subject | null;
  /** On the monotonic clock, in ms. */
  readonly since: number;
  readonly done: (entry: LedgerEntry) => void;
  readonly failed: (error: SallyportError) => void;
}

export class Queue {
  /** Bytes of what waits and of what is just being written. */
  bytes = 0;
  private waiting: Waiting[] = [];
  private readonly maxEntries: number;
  private readonly maxBytes: number;

  constructor(maxEntries = MAX_QUEUED_ENTRIES, maxBytes = MAX_QUEUED_BYTES) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.waiting.length;
  }

  /** Since when the oldest has waited. */
  get since(): number {
    return this.waiting[0].since;
  }

  /** SallyportError SP4104 where there is no room for so many more bytes; null where there is. */
  refusal(bytes: number): SallyportError | null {
    if (this.waiting.length < this.maxEntries && this.bytes + bytes <= this.maxBytes) return null;
    return new SallyportError('SP4104', `${this.waiting.length} entries wait to be written already`);
  }

  push(waiting: Waiting): void {
    this.waiting.push(waiting);
    this.bytes += waiting.draft.bytes;
  }

  /** The oldest ones, as many as go into one transaction. Their bytes count until they are released. */
  take(): Waiting[] {
    let bytes = 0;
    let items = 0;
    let n = 0;
    while (n < this.waiting.length) {
      const { draft, erase } = this.waiting[n];
      bytes += draft.bytes;
      items += 2 + itemsOf(draft.data).length;
      if (n > 0 && (bytes > MAX_BATCH_BYTES || items > MAX_BATCH_ITEMS)) break;
      n++;
      // What comes after an erasure may be about the same subject, and needs a new key.
      if (erase !== null) break;
    }
    return this.waiting.splice(0, n);
  }

  release(batch: readonly Waiting[]): void {
    for (const { draft } of batch) this.bytes -= draft.bytes;
  }

  /** Tells all that wait that nothing will come of it. */
  failAll(error: SallyportError): void {
    const all = this.waiting;
    this.waiting = [];
    this.release(all);
    for (const { failed } of all) failed(error);
  }
}
