/**
 * Buffers that are done with, for the next chunks. New memory has to be cleared by the system and collected afterwards;
 * memory that was just used does not.
 */
export class SpareBuffers {
  private readonly buffers: Uint8Array<ArrayBuffer>[] = [];
  private readonly most: number;

  /** Keeps at most `most` buffers. */
  constructor(most = 64) {
    this.most = most;
  }

  /** A buffer of at least `bytes`; what stands in it is left over from before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const spare = this.buffers.pop();
    return spare !== undefined && spare.length >= bytes ? spare : new Uint8Array(bytes);
  }

  /** Takes back a buffer that nobody reads any more. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.buffers.length < this.most && buffer.length > 0) this.buffers.push(buffer);
  }
}
