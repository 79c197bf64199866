/**
 * Finds known words in a User-Agent in one pass: at every start of a word the first three bytes select a short chain of
 * candidates. Time grows with the length of the text only, whatever an attacker writes.
 */

const BUCKETS = 2048;
const NONE = -1;

/** True for a–z and 0–9: texts are in lower case here. */
export function isWordByte(c: number): boolean {
  return (c >= 97 && c <= 122) || (c >= 48 && c <= 57);
}

export function isLetter(c: number): boolean {
  return c >= 97 && c <= 122;
}

export function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function bucketOf(a: number, b: number, c: number): number {
  return (Math.imul(a | (b << 8) | (c << 16), 0x9e3779b1) >>> 21) & (BUCKETS - 1);
}

export class Lexicon {
  private readonly heads = new Int32Array(BUCKETS).fill(NONE);
  private next: Int32Array;
  private starts: Int32Array;
  private ends: Int32Array;
  /** What each token stands for. */
  private values: Int32Array;
  private bytes: Uint8Array;
  private count = 0;

  /** `entries` pairs a token (lower-case ASCII, at least three bytes, starting with a letter or digit) with its value. */
  constructor(entries: readonly (readonly [string, number])[]) {
    this.next = new Int32Array(entries.length);
    this.starts = new Int32Array(entries.length);
    this.ends = new Int32Array(entries.length);
    this.values = new Int32Array(entries.length);
    const text = entries.map(([token]) => token).join('');
    this.bytes = new TextEncoder().encode(text);
    let at = 0;
    for (const [token, value] of entries) {
      if (!/^[a-z0-9][\x20-\x40\x5b-\x7e]{2,}$/.test(token)) throw new RangeError(`not a token: "${token}"`);
      const i = this.count++;
      this.starts[i] = at;
      at += token.length;
      this.ends[i] = at;
      this.values[i] = value;
      const bucket = bucketOf(token.charCodeAt(0), token.charCodeAt(1), token.charCodeAt(2));
      this.next[i] = this.heads[bucket];
      this.heads[bucket] = i;
    }
  }

  /** Where the match of the last {@link longestAt} ended. */
  matchEnd = 0;

  /**
   * The value of the longest token that starts at `at` in `text[0, length)`, or −1. A token that ends with a letter must
   * not be followed by another one.
   */
  longestAt(text: Uint8Array, at: number, length: number): number {
    if (at + 3 > length) return NONE;
    let best = NONE;
    let bestEnd = 0;
    for (let i = this.heads[bucketOf(text[at], text[at + 1], text[at + 2])]; i !== NONE; i = this.next[i]) {
      const end = this.compare(i, text, at, length);
      if (end > bestEnd) {
        best = this.values[i];
        bestEnd = end;
      }
    }
    this.matchEnd = bestEnd;
    return best;
  }

  /** The offset behind token `i` in the text, or −1 where it does not stand there. */
  private compare(i: number, text: Uint8Array, at: number, length: number): number {
    const start = this.starts[i];
    const size = this.ends[i] - start;
    if (at + size > length) return NONE;
    for (let k = 0; k < size; k++) if (text[at + k] !== this.bytes[start + k]) return NONE;
    const end = at + size;
    if (end < length && isLetter(text[end]) && isLetter(text[end - 1])) return NONE;
    return end;
  }
}
