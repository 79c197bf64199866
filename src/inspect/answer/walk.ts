/**
 * Walks JSON as it comes, piece by piece, and counts or picks what stands at given paths. It keeps no tree: a few numbers for every
 * level that a path reaches, and below that only how deep it is. So a body may be as long as it likes, and may break off.
 */
import { MAX_LEVELS, MAX_TEXT, type Patterns } from './patterns.ts';

/** What is picked where an object or array stands: no scalar is written like this. */
export const CONTAINER = '{}';

const MODE = {
  value: 0,
  key: 1,
  keyText: 2,
  colon: 3,
  after: 4,
  text: 5,
  bare: 6,
  skip: 7,
  skipText: 8,
  end: 9,
} as const;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;

const utf8 = new TextDecoder();

export class JsonWalk {
  /** Matches of each pattern. */
  readonly counts: number[];
  /** Text of the first value of each that is picked: of texts what stands between the quotes, else as written; {@link CONTAINER}. */
  readonly picked: (string | undefined)[];
  /** It is no JSON from some place on. */
  broken = false;
  private readonly patterns: Patterns;
  private mode: number = MODE.value;
  private level = 0;
  /** Of the value that is next: the patterns that have matched so far. */
  private mask: number;
  private readonly masks = new Int32Array(MAX_LEVELS + 1);
  private readonly isArray = new Uint8Array(MAX_LEVELS + 1);
  private readonly index = new Int32Array(MAX_LEVELS + 1);
  /** Depth below what patterns reach. */
  private nest = 0;
  private escaped = false;
  private readonly text = new Uint8Array(MAX_TEXT);
  private length = 0;
  /** Patterns that want the text of the present value. */
  private picks = 0;

  constructor(patterns: Patterns) {
    this.patterns = patterns;
    this.mask = patterns.all;
    this.counts = new Array(patterns.count).fill(0);
    this.picked = new Array(patterns.count).fill(undefined);
  }

  /** Begins anew with another body. Its arrays cost more to make than a short answer costs to walk. */
  reset(): void {
    this.counts.fill(0);
    this.picked.fill(undefined);
    this.broken = false;
    this.mode = MODE.value;
    this.level = 0;
    this.mask = this.patterns.all;
    this.nest = 0;
    this.escaped = false;
    this.length = 0;
    this.picks = 0;
  }

  /** The whole value has come. */
  get whole(): boolean {
    return this.mode === MODE.end && !this.broken;
  }

  /** Takes the next piece. Time is linear in it; nothing of it is kept. */
  take(bytes: Uint8Array, from = 0, to = bytes.length): void {
    let i = from;
    while (i < to && !this.broken) {
      switch (this.mode) {
        case MODE.skip:
          i = this.skip(bytes, i, to);
          break;
        case MODE.skipText:
          i = this.passText(bytes, i, to, MODE.skip);
          break;
        case MODE.text:
          i = this.picks !== 0 ? this.keepText(bytes, i, to) : this.passText(bytes, i, to, MODE.after);
          break;
        case MODE.keyText:
          i = this.keepText(bytes, i, to);
          break;
        case MODE.bare:
          i = this.bare(bytes, i, to);
          break;
        default:
          this.punctuation(bytes[i]);
          i++;
      }
    }
  }

  /** A scalar at the end of the body ends with it. */
  finish(): void {
    if (this.mode === MODE.bare) this.endScalar();
  }

  private punctuation(c: number): void {
    if (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) return;
    const { mode } = this;
    if (mode === MODE.value) this.begin(c);
    else if (mode === MODE.after) this.next(c);
    else if (mode === MODE.colon && c === COLON) this.mode = MODE.value;
    else if (mode === MODE.key && c === QUOTE) this.beginText(MODE.keyText);
    else if (mode === MODE.key && c === 0x7d) this.close();
    else this.broken = true;
  }

  private beginText(mode: number): void {
    this.mode = mode;
    this.length = 0;
    this.escaped = false;
  }

  /** The first byte of a value. */
  private begin(c: number): void {
    if (c === 0x5d && this.level > 0 && this.isArray[this.level] === 1 && this.index[this.level] === 0) {
      this.close();
      return;
    }
    const container = c === 0x7b || c === 0x5b;
    const deeper = this.match(c === 0x7b, container);
    if (!container) {
      if (c === QUOTE) this.beginText(MODE.text);
      else if (c === 0x2d || (c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x7a)) {
        this.beginText(MODE.bare);
        this.text[this.length++] = c;
      } else this.broken = true;
      return;
    }
    if (!deeper || this.level >= MAX_LEVELS) {
      this.nest = 1;
      this.mode = MODE.skip;
      return;
    }
    this.level++;
    this.masks[this.level] = this.mask;
    this.isArray[this.level] = c === 0x5b ? 1 : 0;
    this.index[this.level] = 0;
    if (c === 0x7b) this.mode = MODE.key;
    else this.element();
  }

  /** Counts the patterns that end at this value. True where others go on below it. */
  private match(object: boolean, container: boolean): boolean {
    const { patterns, level, mask } = this;
    const deeper = mask & patterns.deeper[level];
    const ends = mask & ~deeper;
    this.picks = 0;
    if (ends !== 0) this.ended(ends, object, container);
    return deeper !== 0;
  }

  private ended(ends: number, object: boolean, container: boolean): void {
    const { picks, objects } = this.patterns;
    let counted = ends & ~picks;
    if (!object) counted &= ~objects;
    for (; counted !== 0; counted &= counted - 1) this.counts[lowest(counted)]++;
    for (let rest = ends & picks; rest !== 0; rest &= rest - 1) {
      const p = lowest(rest);
      if (this.picked[p] === undefined && container) this.picked[p] = CONTAINER;
      if (this.picked[p] === undefined) this.picks |= 1 << p;
    }
  }

  /** An element of the present array is next. */
  private element(): void {
    const { level } = this;
    const { elements, placed, places } = this.patterns.levels[level];
    const reached = this.masks[level];
    let mask = reached & elements;
    for (let rest = reached & placed; rest !== 0; rest &= rest - 1)
      if (places[lowest(rest)] === this.index[level]) mask |= rest & -rest;
    this.mask = mask;
    this.mode = MODE.value;
  }

  private keyEnded(): void {
    const { level, text, length } = this;
    const { members, named, names } = this.patterns.levels[level];
    const reached = this.masks[level];
    let mask = reached & members;
    for (let rest = reached & named[length]; rest !== 0; rest &= rest - 1)
      if (isSame(names[lowest(rest)] as Uint8Array, text, length)) mask |= rest & -rest;
    this.mask = mask;
    this.mode = MODE.colon;
  }

  private next(c: number): void {
    const array = this.isArray[this.level] === 1;
    if (c === COMMA && this.level > 0) {
      if (array) {
        this.index[this.level]++;
        this.element();
      } else this.mode = MODE.key;
    } else if (this.level > 0 && c === (array ? 0x5d : 0x7d)) this.close();
    else this.broken = true;
  }

  private close(): void {
    this.level--;
    this.mode = this.level === 0 ? MODE.end : MODE.after;
  }

  private endScalar(): void {
    for (let rest = this.picks; rest !== 0; rest &= rest - 1)
      this.picked[lowest(rest)] = utf8.decode(this.text.subarray(0, this.length));
    this.picks = 0;
    this.mode = this.level === 0 ? MODE.end : MODE.after;
  }

  private bare(bytes: Uint8Array, from: number, to: number): number {
    let i = from;
    for (; i < to; i++) {
      const c = bytes[i];
      if (c <= 0x20 || c === COMMA || c === 0x5d || c === 0x7d) {
        this.endScalar();
        break;
      }
      if (this.length < MAX_TEXT) this.text[this.length++] = c;
    }
    return i;
  }

  /** A name, or a text that somebody wants. */
  private keepText(bytes: Uint8Array, from: number, to: number): number {
    for (let i = from; i < to; i++) {
      const c = bytes[i];
      if (this.escaped) this.escaped = false;
      else if (c === BACKSLASH) this.escaped = true;
      else if (c === QUOTE) {
        if (this.mode === MODE.keyText) this.keyEnded();
        else this.endScalar();
        return i + 1;
      }
      if (this.length < MAX_TEXT) this.text[this.length++] = c;
    }
    return to;
  }

  private passText(bytes: Uint8Array, from: number, to: number, then: number): number {
    let i = from;
    if (this.escaped && i < to) {
      this.escaped = false;
      i++;
    }
    for (; i < to; i++) {
      const c = bytes[i];
      if (c === QUOTE) {
        this.mode = then === MODE.after && this.level === 0 ? MODE.end : then;
        return i + 1;
      }
      if (c === BACKSLASH && ++i >= to) this.escaped = true;
    }
    return to;
  }

  private skip(bytes: Uint8Array, from: number, to: number): number {
    let { nest } = this;
    let i = from;
    for (; i < to; i++) {
      const c = bytes[i];
      if (c === QUOTE) {
        // Texts inside of this piece are passed over right here: most of a body is such texts.
        let j = i + 1;
        while (j < to && bytes[j] !== QUOTE) j += bytes[j] === BACKSLASH ? 2 : 1;
        if (j >= to) {
          this.nest = nest;
          this.mode = MODE.skipText;
          this.escaped = j > to;
          return to;
        }
        i = j;
      } else if ((c | 0x20) === 0x7b) nest++;
      else if ((c | 0x20) === 0x7d && --nest === 0) {
        this.mode = this.level === 0 ? MODE.end : MODE.after;
        return i + 1;
      }
    }
    this.nest = nest;
    return i;
  }
}

/** Number of the lowest bit that is set. */
const lowest = (bits: number): number => 31 - Math.clz32(bits & -bits);

/** Of equal length. */
function isSame(name: Uint8Array, text: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (name[i] !== text[i]) return false;
  return true;
}
