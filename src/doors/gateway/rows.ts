/**
 * Rows of live exchanges. A row lives from the request to the end of its answer, so rows come from slabs: a batch of facts
 * with a piece of text memory for each row, given back and used again. Nothing is allocated for a request.
 */
import { createBatch, type FactBatch } from '../../enrich/facts.ts';
import type { Identity } from './identity.ts';

/** Text memory of one row, in bytes: target, agent, referrer, addresses and identities of most requests fit the first. */
const SLOT_BYTES = [3072, 65_536] as const;
const SLAB_ROWS = [512, 16] as const;

/** One row, on loan. */
export interface Slot {
  readonly batch: FactBatch;
  readonly bytes: Buffer;
  readonly row: number;
  /** Where its text memory begins, and what it holds. */
  readonly start: number;
  readonly size: number;
  readonly kind: number;
  /** The session and credential that the request carries; null for none. */
  session: Identity | null;
  credential: Identity | null;
}

export class RowPool {
  private readonly free: Slot[][] = [[], []];
  /** Rows on loan. */
  inUse = 0;

  /** A row with room for so many bytes of text; null where no row has that much. */
  take(textBytes: number): Slot | null {
    const kind = textBytes <= SLOT_BYTES[0] ? 0 : 1;
    if (textBytes > SLOT_BYTES[kind]) return null;
    if (this.free[kind].length === 0) this.grow(kind);
    this.inUse++;
    return this.free[kind].pop() as Slot;
  }

  give(slot: Slot): void {
    this.inUse--;
    slot.session = null;
    slot.credential = null;
    this.free[slot.kind].push(slot);
  }

  private grow(kind: number): void {
    const rows = SLAB_ROWS[kind];
    const size = SLOT_BYTES[kind];
    const text = new Uint8Array(rows * size);
    const batch = createBatch(rows, text);
    batch.count = rows;
    const bytes = Buffer.from(text.buffer);
    for (let row = rows - 1; row >= 0; row--)
      this.free[kind].push({ batch, bytes, row, start: row * size, size, kind, session: null, credential: null });
  }
}
