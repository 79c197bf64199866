/**
 * The ring: what the journal left out in the last 15 minutes, whole, in memory and encrypted. When an actor is found out,
 * what the ring holds of it is promoted into the journal; everything else is forgotten in time.
 *
 * Time is cut into slices, each with a key of its own that is nowhere but in memory: forgetting a slice is forgetting its
 * key. Only the events since the last chunk was closed, a few seconds of them, are in memory in the clear.
 */
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import type { FactBatch } from '../../enrich/facts.ts';
import { mix32 } from '../../lib/hash.ts';
import { type Block, BlockBuilder, decodeBlock } from './block.ts';
import { decrypt, encrypt, KEY_BYTES } from './crypt.ts';
import { MAX_BLOCK_BYTES } from './format.ts';
import { IDENTITIES, idOf } from './sampler.ts';
import type { TextRules } from './texts.ts';

/** How long the ring remembers, and how much of that one key covers, in ms. */
export const RING_MS = 15 * 60_000;
export const SLICE_MS = 60_000;
/** Events in a chunk, and the longest time one stays open, in ms. */
export const CHUNK_EVENTS = 1024;
export const CHUNK_MS = 5000;
/** Promotions wait for each other this long, in ms: the ring is gone through once for all of them. */
export const PROMOTE_MS = 200;
/** Actors that may wait to be promoted; beyond it they are marked, but their past is lost. */
export const MAX_WANTED = 1024;
/** Chunks that may wait to be encrypted; beyond it the ring forgets new events. */
export const MAX_SEALING = 16;
/** Bits of a chunk's filter for each identity in it: about one chunk in a hundred is opened in vain. */
const FILTER_BITS = 10;

const compress = promisify(deflate);
const expand = promisify(inflate);

type Promote = (rows: FactBatch, row: number, nowMs: number, sequence: number, decision: number, flags: number) => void;

export interface RingOptions {
  readonly maxBytes: number;
  readonly promote: Promote;
  readonly texts?: TextRules;
  /** Wall clock in ms, against which events expire. */
  readonly clock?: () => number;
}

interface Slice {
  /** Time of its events divided by {@link SLICE_MS}. */
  readonly number: number;
  readonly key: Buffer;
  readonly chunks: Chunk[];
}

interface Chunk {
  readonly sealed: Buffer;
  readonly filter: Uint8Array;
  /** By event: 1 where it was promoted already. */
  readonly done: Uint8Array;
}

export class ExchangeRing {
  /** Bytes of encrypted chunks and their filters. */
  bytes = 0;
  /** Events forgotten for want of room, before their time. */
  lost = 0;
  private readonly options: RingOptions;
  private readonly clock: () => number;
  private readonly block: BlockBuilder;
  /** Oldest first. */
  private readonly slices: Slice[] = [];
  private openSlice = 0;
  private openSince = 0;
  private readonly wanted = new Map<number, readonly [number, number]>();
  /** Sealing and promoting happen one after the other. */
  private work: Promise<void> = Promise.resolve();
  private sealing = 0;
  private promoteTimer: NodeJS.Timeout | undefined;
  private expiryTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(options: RingOptions) {
    this.options = options;
    this.clock = options.clock ?? Date.now;
    this.block = new BlockBuilder(CHUNK_EVENTS, CHUNK_EVENTS, options.texts);
  }

  /** Takes one event; copies what it needs. Never throws and never waits. */
  append(rows: FactBatch, row: number, nowMs: number, sequence: number, decision: number, flags: number): void {
    if (this.closed) return;
    const slice = Math.floor(nowMs / SLICE_MS);
    const { block } = this;
    if (!block.empty && (block.full || slice !== this.openSlice || nowMs - this.openSince > CHUNK_MS)) this.seal();
    if (block.empty) {
      this.openSlice = slice;
      this.openSince = nowMs;
      block.firstSequence = sequence;
      this.expiryTimer ??= setTimeout(() => this.tick(), CHUNK_MS).unref();
    }
    block.event(block.row(rows, row), nowMs, sequence, decision, flags, 0);
  }

  /** Everything that the ring holds of an actor is to be promoted, soon. */
  promote(hi: number, lo: number): void {
    if (this.closed || (hi === 0 && lo === 0) || this.wanted.size >= MAX_WANTED) return;
    this.wanted.set(idOf(hi, lo), [hi, lo]);
    this.promoteTimer ??= setTimeout(() => void this.settle(), PROMOTE_MS).unref();
  }

  /** Promotes what was asked for; comes back when that is done. Never throws. */
  settle(): Promise<void> {
    clearTimeout(this.promoteTimer);
    this.promoteTimer = undefined;
    if (this.wanted.size > 0) {
      this.seal();
      const wanted = [...this.wanted.values()];
      this.wanted.clear();
      this.inTurn(() => this.search(wanted));
    }
    return this.work;
  }

  /** Forgets what is older than {@link RING_MS}, and the keys to it. */
  expire(nowMs: number): void {
    const first = Math.floor((nowMs - RING_MS) / SLICE_MS);
    while (this.slices.length > 0 && this.slices[0].number < first) this.forget(this.slices.shift() as Slice);
    // What has stood open for long is closed, so that it can expire.
    if (!this.block.empty && nowMs - this.openSince > CHUNK_MS) this.seal();
  }

  /** Forgets everything. */
  close(): void {
    this.closed = true;
    clearTimeout(this.promoteTimer);
    clearTimeout(this.expiryTimer);
    this.block.reset();
    for (const slice of this.slices.splice(0)) this.forget(slice);
  }

  private tick(): void {
    this.expiryTimer = undefined;
    this.expire(this.clock());
    if (this.slices.length > 0 || !this.block.empty || this.sealing > 0)
      this.expiryTimer = setTimeout(() => this.tick(), CHUNK_MS).unref();
  }

  private forget(slice: Slice): void {
    slice.key.fill(0);
    for (const chunk of slice.chunks) this.bytes -= sizeOf(chunk);
  }

  private seal(): void {
    const { block } = this;
    if (block.empty) return;
    const { events } = block;
    if (this.sealing >= MAX_SEALING) {
      this.lost += events;
      block.reset();
      return;
    }
    const filter = filterOf(block.rows);
    const raw = block.pack(0, 0);
    const number = this.openSlice;
    this.sealing++;
    this.inTurn(() => this.keep(number, raw, filter, events).finally(() => this.sealing--));
  }

  /** What fails is lost to the ring, and to nobody else. */
  private inTurn(step: () => Promise<void>): void {
    this.work = this.work.then(step).catch(() => {
      this.lost++;
    });
  }

  private async keep(number: number, raw: Uint8Array, filter: Uint8Array, events: number): Promise<void> {
    const data = await compress(raw, { level: 1, chunkSize: 65_536 });
    raw.fill(0);
    if (this.closed) return;
    // Clocks may run backwards: an event belongs to the slice of its own time.
    let at = this.slices.findIndex((s) => s.number >= number);
    if (at < 0) at = this.slices.length;
    if (this.slices[at]?.number !== number)
      this.slices.splice(at, 0, { number, key: randomBytes(KEY_BYTES), chunks: [] });
    const slice = this.slices[at];
    const chunk = { sealed: encrypt(slice.key, data, String(number)), filter, done: new Uint8Array(events) };
    data.fill(0);
    slice.chunks.push(chunk);
    this.bytes += sizeOf(chunk);
    while (this.bytes > this.options.maxBytes) this.dropOldest();
  }

  private dropOldest(): void {
    const [slice] = this.slices;
    const chunk = slice.chunks.shift() as Chunk;
    this.bytes -= sizeOf(chunk);
    this.lost += chunk.done.length;
    if (slice.chunks.length > 0) return;
    slice.key.fill(0);
    this.slices.shift();
  }

  private async search(wanted: readonly (readonly [number, number])[]): Promise<void> {
    for (const slice of [...this.slices])
      for (const chunk of [...slice.chunks]) {
        if (!wanted.some(([hi, lo]) => mayHold(chunk.filter, hi, lo))) continue;
        const block = await openChunk(slice, chunk);
        // Forgotten meanwhile: its key is gone.
        if (block === undefined || this.closed) continue;
        this.promoteFrom(block, chunk, wanted);
      }
  }

  private promoteFrom(block: Block, chunk: Chunk, wanted: readonly (readonly [number, number])[]): void {
    const { rows } = block;
    const ids = new Set(wanted.map(([hi, lo]) => idOf(hi, lo)));
    const isWanted = (row: number): boolean =>
      IDENTITIES.some(([hi, lo]) => ids.has(idOf(rows[hi][row], rows[lo][row])));
    for (let i = 0; i < block.times.length; i++) {
      const row = block.rowNumbers[i];
      if (chunk.done[i] !== 0 || !isWanted(row)) continue;
      chunk.done[i] = 1;
      const sequence = block.firstSequence + block.sequences[i];
      this.options.promote(rows, row, block.times[i], sequence, block.decisions[i], block.flags[i]);
    }
  }
}

const sizeOf = (chunk: Chunk): number => chunk.sealed.length + chunk.filter.length + chunk.done.length;

async function openChunk(slice: Slice, chunk: Chunk): Promise<Block | undefined> {
  const data = decrypt(slice.key, chunk.sealed, String(slice.number));
  if (data === undefined) return undefined;
  return decodeBlock(await expand(data, { maxOutputLength: MAX_BLOCK_BYTES }));
}

/** Which identities occur in a chunk, as a Bloom filter with two probes: most chunks need not be opened. */
function filterOf(rows: FactBatch): Uint8Array {
  const filter = new Uint8Array(Math.ceil((rows.count * IDENTITIES.length * FILTER_BITS) / 8));
  for (const [hi, lo] of IDENTITIES)
    for (let row = 0; row < rows.count; row++) {
      if ((rows[hi][row] | rows[lo][row]) === 0) continue;
      for (const bit of probes(filter, rows[hi][row], rows[lo][row])) filter[bit >>> 3] |= 1 << (bit & 7);
    }
  return filter;
}

const probes = (filter: Uint8Array, hi: number, lo: number): [number, number] => {
  const bits = filter.length * 8;
  return [(mix32(hi ^ lo) >>> 0) % bits, (mix32(lo ^ 0x5bd1e995) >>> 0) % bits];
};

const mayHold = (filter: Uint8Array, hi: number, lo: number): boolean =>
  probes(filter, hi, lo).every((bit) => (filter[bit >>> 3] & (1 << (bit & 7))) !== 0);
