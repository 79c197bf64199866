/**
 * Frames between workers and the owner of state: a header word with length and type, then 32-bit words. Everything begins on
 * a word, so that columns move as words and no byte is looked at twice. Both ends are on one machine, so the order of
 * bytes is the machine's own; a peer of another build is told by its hello.
 */

/** Longest frame by kind, in bytes. */
export const MAX_ROW_FRAME = 64 * 1024;
export const MAX_JSON_FRAME = 16 * 1024 * 1024;
/** Before a peer has shown its secret. */
export const MAX_HELLO_FRAME = 4096;

const SLAB_BYTES = 64 * 1024;
const SPARE_SLABS = 4;
/** A buffer that has grown beyond this is given up once it is empty. */
const KEEP_BYTES = 1024 * 1024;

interface Slab {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

function slabOf(size: number): Slab {
  const buffer = new ArrayBuffer(size);
  return { bytes: new Uint8Array(buffer), words: new Int32Array(buffer) };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });
const float = new Float64Array(1);
const floatWords = new Int32Array(float.buffer);

/** What is to be sent: frames one after the other, until `take` hands them over in one piece. */
export class Outbox {
  /** Where the next word goes; `words` changes when it has to grow. */
  at = 0;
  words: Int32Array;
  bytes: Uint8Array;
  private slab: Slab;
  private readonly spare: Slab[] = [];
  private start = 0;

  constructor() {
    this.slab = slabOf(SLAB_BYTES);
    this.words = this.slab.words;
    this.bytes = this.slab.bytes;
  }

  get byteLength(): number {
    return this.at * 4;
  }

  /** Begins a frame and makes room for `words` more words. */
  begin(type: number, words: number): void {
    this.room(words + 1);
    this.start = this.at;
    this.words[this.at++] = type;
  }

  /** Ends the frame: its length is known now. */
  end(): void {
    this.words[this.start] = ((this.at - this.start) << 8) | (this.words[this.start] & 0xff);
  }

  /** Appends a word to the frame that ends here, if it is of the type and there is room: saves a header. */
  extend(type: number, word: number): boolean {
    const { start, at, words } = this;
    if (at === 0 || start >= at || (words[start] & 0xff) !== type || at + 1 > words.length) return false;
    words[this.at++] = word;
    this.end();
    return true;
  }

  word(value: number): void {
    this.words[this.at++] = value;
  }

  f64(value: number): void {
    float[0] = value;
    this.words[this.at++] = floatWords[0];
    this.words[this.at++] = floatWords[1];
  }

  /** A text of at most `max` bytes of UTF-8, its length before it; what is longer is cut. Makes room itself. */
  text(value: string, max: number): void {
    this.room(2 + ((Math.min(max, value.length * 3) + 3) >> 2));
    const from = (this.at + 1) * 4;
    const length = encoder.encodeInto(value, this.bytes.subarray(from, from + max)).written;
    this.words[this.at] = length;
    this.at += 1 + ((length + 3) >> 2);
  }

  /** Makes room for `words` words. */
  room(words: number): void {
    const needed = this.at + words;
    if (needed <= this.words.length) return;
    const larger = slabOf(Math.max(needed * 4, this.words.length * 8));
    larger.words.set(this.words.subarray(0, this.at));
    this.use(larger);
  }

  /** Everything so far, in one piece, which stays as it is until `give` hands it back. */
  take(): { readonly chunk: Uint8Array; readonly slab: Slab } {
    const { slab } = this;
    const chunk = slab.bytes.subarray(0, this.at * 4);
    this.use(this.spare.pop() ?? slabOf(SLAB_BYTES));
    this.at = 0;
    this.start = 0;
    return { chunk, slab };
  }

  give(slab: Slab): void {
    if (this.spare.length < SPARE_SLABS && slab.bytes.length <= KEEP_BYTES) this.spare.push(slab);
  }

  /** Forgets what was not taken. */
  clear(): void {
    this.at = 0;
    this.start = 0;
  }

  private use(slab: Slab): void {
    this.slab = slab;
    this.words = slab.words;
    this.bytes = slab.bytes;
  }
}

/**
 * What has come. `next` finds the next whole frame; readers go through it word by word. Reading beyond its end gives nothing
 * and sets `bad`, so that whoever reads asks once at the end, and nothing here ever throws.
 */
export class Inbox {
  /** The frame that `next` found: its type and the words of it that were not read yet. */
  type = 0;
  at = 0;
  limit = 0;
  /** True once something was not as it must be: the connection is of no more use. */
  bad = false;
  words: Int32Array;
  bytes: Uint8Array;
  /** Longest frame by type, in bytes; 0 for types that may not come. */
  private longest: (type: number) => number;
  private slab: Slab;
  /** Bytes held, and words before the next frame. */
  private held = 0;
  private done = 0;

  constructor(longest: (type: number) => number) {
    this.longest = longest;
    this.slab = slabOf(SLAB_BYTES);
    this.words = this.slab.words;
    this.bytes = this.slab.bytes;
  }

  /** Other frames may come from now on. */
  accept(longest: (type: number) => number): void {
    this.longest = longest;
  }

  /** Bytes that were not read yet. */
  get backlog(): number {
    return this.held - this.done * 4;
  }

  /** Adds what has come. Frames found before lose their place. */
  append(chunk: Uint8Array): void {
    this.compact();
    const needed = this.held + chunk.length;
    if (needed > this.bytes.length) {
      const larger = slabOf(Math.max((needed + 7) & ~7, this.bytes.length * 2));
      larger.bytes.set(this.bytes.subarray(0, this.held));
      this.use(larger);
    }
    this.bytes.set(chunk, this.held);
    this.held = needed;
  }

  /** Goes to the next frame; false where there is no whole one yet, or what comes is none (`bad`). */
  next(): boolean {
    if (this.bad || this.backlog < 4) return false;
    const header = this.words[this.done];
    const length = header >>> 8;
    const type = header & 0xff;
    if (length === 0 || length * 4 > this.longest(type)) {
      this.bad = true;
      return false;
    }
    if (this.backlog < length * 4) return false;
    this.type = type;
    this.at = this.done + 1;
    this.limit = this.done + length;
    this.done = this.limit;
    return true;
  }

  word(): number {
    if (this.at < this.limit) return this.words[this.at++];
    this.bad = true;
    return 0;
  }

  f64(): number {
    if (this.at + 2 > this.limit) {
      this.bad = true;
      return 0;
    }
    floatWords[0] = this.words[this.at++];
    floatWords[1] = this.words[this.at++];
    return float[0];
  }

  text(): string {
    const length = this.word();
    const words = (length + 3) >>> 2;
    if (length < 0 || this.at + words > this.limit) {
      this.bad = true;
      return '';
    }
    const from = this.at * 4;
    this.at += words;
    return length === 0 ? '' : decoder.decode(this.bytes.subarray(from, from + length));
  }

  /** Whether the frame was read to its end and was sound. */
  whole(): boolean {
    if (this.at !== this.limit) this.bad = true;
    return !this.bad;
  }

  private compact(): void {
    if (this.done === 0) return;
    const from = this.done * 4;
    this.bytes.copyWithin(0, from, this.held);
    this.held -= from;
    this.done = 0;
    if (this.bytes.length <= KEEP_BYTES || this.held > SLAB_BYTES) return;
    const smaller = slabOf(SLAB_BYTES);
    smaller.bytes.set(this.bytes.subarray(0, this.held));
    this.use(smaller);
  }

  private use(slab: Slab): void {
    this.slab = slab;
    this.words = slab.words;
    this.bytes = slab.bytes;
  }
}
