/**
 * A Zstandard decoder (RFC 8878) that is bounded in all it does. The decoders there are for Node 20 allocate whatever window
 * a frame claims, and copy for as long as a sequence says before they look whether there is room.
 */
import { DAMAGED } from './bits.ts';
import { decodeBlock, type FrameState, MAX_BLOCK, newFrame } from './block.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
/** What a block costs besides its output, counted in bytes of it: making its tables. */
const BLOCK_COST = 4096;
/** Blocks and frames of one body. */
const MAX_STEPS = 16_384;
const FIRST_BUFFER = 65_536;

/** Thrown and caught in here: the input ends in the middle. */
const ENDED = Symbol('ended');

export class ZstdReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly limit: number;
  private out = Buffer.allocUnsafe(FIRST_BUFFER);
  private at = 0;
  private to = 0;
  private steps = 0;
  private frame: FrameState | null = null;
  private checksum = false;
  /** Nothing more will come: the end, the limit, or a mistake. */
  done = false;
  /** There would be more than the limit. */
  full = false;
  failed = false;
  /** It failed because the input ends too early. */
  short = false;

  /** `limit`: bytes of output. */
  constructor(bytes: Uint8Array, limit: number) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limit = limit;
  }

  output(): Buffer {
    return this.out.subarray(0, Math.min(this.to, this.limit));
  }

  /** Bytes of input that were used. */
  get taken(): number {
    return this.at;
  }

  /** Decodes about so many bytes of output more. Never throws. */
  run(budget: number): void {
    let spent = 0;
    try {
      while (!this.done && spent < budget) {
        const before = this.to;
        this.step();
        spent += this.to - before + BLOCK_COST;
      }
    } catch (error) {
      if (error !== DAMAGED && error !== ENDED) throw error;
      this.short = error === ENDED;
      this.failed = true;
      this.done = true;
    }
  }

  /** One head of a frame, or one block. */
  private step(): void {
    if (this.to > this.limit || ++this.steps > MAX_STEPS) {
      this.full = true;
      this.done = true;
    } else if (this.frame !== null) this.block(this.frame);
    else if (this.at >= this.bytes.length) this.done = true;
    else this.head();
  }

  private head(): void {
    const magic = this.uint32(this.at);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
      this.at += 8 + this.uint32(this.at + 4);
      return;
    }
    if (magic !== MAGIC) throw DAMAGED;
    this.need(this.at + 5);
    const flags = this.bytes[this.at + 4];
    if ((flags & 8) !== 0) throw DAMAGED;
    const single = (flags >> 5) & 1;
    this.checksum = ((flags >> 2) & 1) === 1;
    // The window is not needed: all output is kept, and an offset beyond it is a mistake.
    let at = this.at + 5 + (1 - single);
    const dictionary = [0, 1, 2, 4][flags & 3];
    this.need(at + dictionary);
    for (let i = 0; i < dictionary; i++) if (this.bytes[at + i] !== 0) throw DAMAGED;
    at += dictionary;
    const size = flags >> 6;
    at += size === 0 ? single : 1 << size;
    this.need(at);
    this.at = at;
    this.frame = newFrame(this.to);
  }

  private block(frame: FrameState): void {
    const { bytes, at } = this;
    this.need(at + 3);
    const head = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    const kind = (head >> 1) & 3;
    const size = head >> 3;
    const from = at + 3;
    const next = from + (kind === 1 ? 1 : size);
    if (kind === 3 || size > MAX_BLOCK) throw DAMAGED;
    // Half a raw block is better than none; of the others half is of no use.
    if (next > bytes.length && kind !== 0) throw ENDED;
    this.room();
    if (kind === 0) {
      this.out.set(bytes.subarray(from, Math.min(next, bytes.length)), this.to);
      this.to += Math.min(next, bytes.length) - from;
      if (next > bytes.length) throw ENDED;
    } else if (kind === 1) {
      this.out.fill(bytes[from], this.to, this.to + size);
      this.to += size;
    } else this.to = decodeBlock(bytes, from, next, frame, this.out, this.to);
    this.at = next;
    if ((head & 1) === 0) return;
    this.frame = null;
    if (this.checksum) this.at += 4;
  }

  /** Makes room for one more block. */
  private room(): void {
    const wanted = this.to + MAX_BLOCK;
    if (wanted <= this.out.length) return;
    const larger = Buffer.allocUnsafe(Math.min(Math.max(wanted, this.out.length * 2), this.limit + MAX_BLOCK * 2));
    this.out.copy(larger, 0, 0, this.to);
    this.out = larger;
  }

  private need(end: number): void {
    if (end > this.bytes.length) throw ENDED;
  }

  private uint32(at: number): number {
    this.need(at + 4);
    return this.view.getUint32(at, true);
  }
}
