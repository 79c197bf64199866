/** A buffer that grows with what comes. Pieces are copied: a list of them would cost a hundred bytes for each byte of a body that comes byte by byte. */

const FIRST_BYTES = 2048;

export class GrowingBuffer {
  private readonly limit: number;
  private bytes: Buffer;
  length = 0;

  /** `limit`: bytes that will ever be put in. */
  constructor(limit: number) {
    this.limit = limit;
    this.bytes = Buffer.allocUnsafe(Math.min(FIRST_BYTES, limit));
  }

  /** Takes in as much as there is room for; gives back what is left over. */
  put(chunk: Buffer): Buffer {
    const count = Math.min(chunk.length, this.limit - this.length);
    const wanted = this.length + count;
    if (wanted > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.limit, Math.max(wanted, this.bytes.length * 2)));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    chunk.copy(this.bytes, this.length, 0, count);
    this.length = wanted;
    return chunk.subarray(count);
  }

  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
}
