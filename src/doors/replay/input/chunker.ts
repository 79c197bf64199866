/**
 * Cuts a stream of bytes into chunks of whole lines. Each chunk has a buffer of its own, so that it can be parsed in
 * place and handed to another thread without copying.
 */
import { MAX_LINE_BYTES } from '../../../event/format.ts';
import { SpareBuffers } from './spare.ts';

/** Text in a chunk: large enough that work per chunk does not count, small enough for the cache. */
export const CHUNK_BYTES = 1 << 20;

export interface Chunk {
  /** Owns its ArrayBuffer whole; nobody else writes to it. */
  readonly buffer: Uint8Array<ArrayBuffer>;
  /** Whole lines stand in [start, end), each with its LF; only the last line of an input may lack one. */
  readonly start: number;
  readonly end: number;
  /** Bytes of the input (compressed, where it is) read when this chunk was complete. */
  readonly bytesRead: number;
  /** Of an empty chunk, that nothing has come for so long: only inputs that are followed say so. */
  readonly idleMs?: number;
}

const LF = 0x0a;
/** A longer line is cut here: one byte more than parsers accept, so that they count it as too long. */
const KEPT_OF_LONG_LINE = MAX_LINE_BYTES + 1;

export class LineChunker {
  /** Set by the reader as it goes; copied into chunks. */
  bytesRead = 0;
  private readonly chunkBytes: number;
  private readonly spare: SpareBuffers;
  private buffer: Uint8Array<ArrayBuffer>;
  private used = 0;
  /** Where the line that is not yet complete starts. */
  private lineStart = 0;
  /** True while the rest of a line that was too long is passed over. */
  private skipping = false;
  private isFresh = true;
  private readonly head: number[] = [];

  /** Chunks lie in buffers that `spare` has left, where it has any. */
  constructor(chunkBytes = CHUNK_BYTES, spare = new SpareBuffers(0)) {
    this.chunkBytes = Math.max(16, chunkBytes);
    this.spare = spare;
    this.buffer = spare.take(this.chunkBytes);
  }

  /** Takes bytes in and returns the chunks that became complete. The bytes may be used again afterwards. */
  push(bytes: Uint8Array): Chunk[] {
    const done: Chunk[] = [];
    let at = 0;
    if (this.isFresh) {
      at = this.skipByteOrderMark(bytes);
      if (at < 0) return done;
    }
    while (at < bytes.length) {
      if (this.skipping) {
        const end = bytes.indexOf(LF, at);
        if (end < 0) return done;
        at = end;
        this.skipping = false;
      }
      if (this.used === this.buffer.length) this.makeRoom(done);
      if (this.skipping) continue;
      const n = Math.min(bytes.length - at, this.buffer.length - this.used);
      this.buffer.set(bytes.subarray(at, at + n), this.used);
      // Only where the last line ends matters here: who parses the lines counts them.
      const last = bytes.lastIndexOf(LF, at + n - 1);
      if (last >= at) this.lineStart = this.used + last - at + 1;
      this.used += n;
      at += n;
    }
    return done;
  }

  /** The complete lines that wait for more, as a chunk now. */
  flush(): Chunk | null {
    if (this.lineStart === 0) return null;
    const done: Chunk[] = [];
    this.emit(done);
    return done[0];
  }

  /** Everything that is left, at the end of the input: its last line may lack an LF. */
  finish(): Chunk | null {
    if (this.isFresh && this.head.length > 0) {
      this.isFresh = false;
      this.push(Uint8Array.from(this.head.splice(0)));
    }
    this.endLine();
    return this.flush();
  }

  /** Ends the line that is not complete where it stands; in a followed file the next byte starts another. */
  endLine(): void {
    this.skipping = false;
    if (this.used === this.lineStart) return;
    this.lineStart = this.used;
  }

  /** The three bytes of a UTF-8 byte order mark may come in pieces; returns where text starts, −1 to wait. */
  private skipByteOrderMark(bytes: Uint8Array): number {
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== BYTE_ORDER_MARK[this.head.length]) {
        this.isFresh = false;
        const held = Uint8Array.from(this.head.splice(0));
        // Held back bytes were no mark after all; at most two, they cannot fill a buffer.
        if (held.length > 0) this.push(held);
        return i;
      }
      this.head.push(bytes[i]);
      if (this.head.length === BYTE_ORDER_MARK.length) {
        this.isFresh = false;
        this.head.length = 0;
        return i + 1;
      }
    }
    return -1;
  }

  /** The buffer is full: hands its lines on, or, where it holds none, lets the line grow up to its limit. */
  private makeRoom(done: Chunk[]): void {
    if (this.lineStart > 0) {
      this.emit(done);
      return;
    }
    if (this.used >= KEPT_OF_LONG_LINE) {
      this.used = KEPT_OF_LONG_LINE;
      this.skipping = true;
    }
    const larger = new Uint8Array(Math.max(this.chunkBytes, Math.min(this.buffer.length * 2, KEPT_OF_LONG_LINE + 1)));
    larger.set(this.buffer.subarray(0, this.used));
    this.buffer = larger;
  }

  private emit(done: Chunk[]): void {
    const { buffer, lineStart, used } = this;
    done.push({ buffer, start: 0, end: lineStart, bytesRead: this.bytesRead });
    let rest = used - lineStart;
    if (rest > KEPT_OF_LONG_LINE) {
      rest = KEPT_OF_LONG_LINE;
      this.skipping = true;
    }
    this.buffer = this.spare.take(Math.max(this.chunkBytes, rest + 1));
    this.buffer.set(buffer.subarray(lineStart, lineStart + rest));
    this.used = rest;
    this.lineStart = 0;
  }
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
