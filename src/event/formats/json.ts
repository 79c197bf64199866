/**
 * Reading the few values that matter out of a JSON line, in its bytes: no object, no string is made. Keys are compared
 * by their path with case and separators taken out, so that `request.headers.User-Agent`, `request_headers_user_agent`
 * and `requestHeadersUserAgent` are one name. Names inside an object called headers come from clients: there only "-"
 * is passed over, so that a made-up `X_Forwarded_For` does not stand in for the real one.
 *
 * Lenient where real logs are broken (`"time":-,` from an empty nginx variable, a comma behind the last brace), strict
 * about the line's end: a line that stops inside a value is `truncated`.
 */
import { BAD_LINE, type BadLine } from '../format.ts';
import { isAbsent, QUOTE } from './scan.ts';

/** A name to look for. Of several names for one slot the lowest rank wins, then the first in the line. */
export interface JsonName {
  /** Dots between levels: `request.headers.User-Agent`. A dot in a key itself counts as a level. */
  readonly path: string;
  readonly slot: number;
  readonly rank: number;
  /** Free for the user of the reader, such as a unit. */
  readonly tag: number;
  /** Counts towards {@link JsonReader.marks}: a name that tells this format from others. */
  readonly mark: boolean;
  /** Set where clients choose part of the key: it must then be this text, case aside. */
  readonly literal: string;
}

export const ABSENT = 0;
export const STRING = 1;
export const ESCAPED_STRING = 2;
/** A number, `true`, `false`; `null` counts as absent. */
export const LITERAL = 3;

/** Deeper levels are passed over. */
const MAX_DEPTH = 8;
/** Longer paths match no name. */
const MAX_PATH = 128;
const EMPTY_RANK = 1 << 20;

export class JsonReader {
  /** Per slot, of the last line read: where its value stands (inside the quotes), its type, and its name's tag. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly type: Uint8Array;
  readonly tag: Int32Array;
  /** Names found that tell the format. */
  marks = 0;
  private readonly rank: Int32Array;
  private readonly table: Int32Array;
  private readonly mask: number;
  private readonly names: readonly JsonName[];
  private readonly keys: readonly Uint8Array[];
  private readonly path = new Uint8Array(MAX_PATH);
  /** Per level: length of the path down to it, and 1 where it is a headers object. */
  private readonly pathLength = new Int32Array(MAX_DEPTH + 1);
  private readonly strict = new Uint8Array(MAX_DEPTH + 1);
  private at = 0;
  private keyStart = 0;
  private keyEnd = 0;

  constructor(names: readonly JsonName[], slots: number) {
    this.start = new Int32Array(slots);
    this.end = new Int32Array(slots);
    this.type = new Uint8Array(slots);
    this.tag = new Int32Array(slots);
    this.rank = new Int32Array(slots);
    this.names = names;
    this.keys = names.map((n) => normalise(n.path));
    let size = 64;
    while (size < names.length * 4) size *= 2;
    this.table = new Int32Array(size).fill(-1);
    this.mask = size - 1;
    this.keys.forEach((key, i) => {
      let h = hashOf(key, key.length) & this.mask;
      while (this.table[h] >= 0) h = (h + 1) & this.mask;
      this.table[h] = i;
    });
  }

  /** Reads one object. `ok`, `no_match` (no object starts here), `truncated` or `bad_json`. */
  read(buf: Uint8Array, start: number, end: number): BadLine {
    this.type.fill(ABSENT);
    this.marks = 0;
    this.at = skip(buf, start, end);
    if (this.at >= end || buf[this.at] !== 0x7b) return BAD_LINE.no_match;
    this.pathLength[0] = 0;
    this.strict[0] = 0;
    const reason = this.object(buf, end, 0);
    if (reason !== BAD_LINE.ok) return reason;
    let i = skip(buf, this.at, end);
    if (i < end && buf[i] === 0x2c) i = skip(buf, i + 1, end);
    return i === end ? BAD_LINE.ok : BAD_LINE.bad_json;
  }

  /** Reads the object that opens at `this.at`, whose keys stand at `level`. */
  private object(buf: Uint8Array, end: number, level: number): BadLine {
    let i = skip(buf, this.at + 1, end);
    if (i < end && buf[i] === 0x7d) {
      this.at = i + 1;
      return BAD_LINE.ok;
    }
    for (;;) {
      if (i >= end) return BAD_LINE.truncated;
      if (buf[i] !== QUOTE) return BAD_LINE.bad_json;
      const name = this.key(buf, i + 1, end, level);
      i = skip(buf, this.at, end);
      if (i >= end) return BAD_LINE.truncated;
      if (buf[i] !== 0x3a) return BAD_LINE.bad_json;
      this.at = skip(buf, i + 1, end);
      const reason = this.value(buf, end, level, name);
      if (reason !== BAD_LINE.ok) return reason;
      i = skip(buf, this.at, end);
      if (i >= end) return BAD_LINE.truncated;
      const c = buf[i];
      if (c === 0x7d) {
        this.at = i + 1;
        return BAD_LINE.ok;
      }
      if (c !== 0x2c) return BAD_LINE.bad_json;
      i = skip(buf, i + 1, end);
    }
  }

  /** Adds the key that starts at `at` to the path and returns the name it completes, −1 for none. */
  private key(buf: Uint8Array, at: number, end: number, level: number): number {
    const path = this.path;
    const strict = this.strict[level] === 1;
    let n = this.pathLength[level];
    this.keyStart = at;
    while (at < end) {
      let c = buf[at];
      if (c === QUOTE) break;
      if (c === 0x5c) {
        at++;
        c = 0;
      } else if (c >= 0x41 && c <= 0x5a) {
        c |= 0x20;
      }
      at++;
      if (c === 0x2d || (!strict && isSeparator(c))) continue;
      if (n < MAX_PATH) path[n] = c;
      n++;
    }
    this.at = at + 1;
    this.keyEnd = at;
    this.pathLength[level + 1] = n;
    if (n > MAX_PATH) return -1;
    const name = this.find(n);
    if (name < 0) return -1;
    const { literal, mark } = this.names[name];
    if (literal !== '' && !this.isKey(buf, literal)) return -1;
    if (mark) this.marks++;
    return name;
  }

  private isKey(buf: Uint8Array, literal: string): boolean {
    if (this.keyEnd - this.keyStart !== literal.length) return false;
    for (let i = 0; i < literal.length; i++) {
      const c = buf[this.keyStart + i];
      if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== literal.charCodeAt(i)) return false;
    }
    return true;
  }

  private find(length: number): number {
    let h = hashOf(this.path, length) & this.mask;
    for (;;) {
      const name = this.table[h];
      if (name < 0) return -1;
      const key = this.keys[name];
      if (key.length === length && sameBytes(key, this.path, length)) return name;
      h = (h + 1) & this.mask;
    }
  }

  /** Reads the value at `this.at` into the slot of `name`. */
  private value(buf: Uint8Array, end: number, level: number, name: number): BadLine {
    let i = this.at;
    if (i >= end) return BAD_LINE.truncated;
    const c = buf[i];
    if (c === QUOTE) {
      const escaped = this.string(buf, i + 1, end);
      if (this.at > end) return BAD_LINE.truncated;
      if (name >= 0)
        this.keep(name, isAbsent(buf, i + 1, this.at - 1), i + 1, this.at - 1, escaped ? ESCAPED_STRING : STRING);
      return BAD_LINE.ok;
    }
    if (c === 0x7b) {
      if (level >= MAX_DEPTH - 1) return this.skipNested(buf, end);
      this.strict[level + 1] = this.endsWithHeaders(this.pathLength[level + 1]) ? 1 : 0;
      return this.object(buf, end, level + 1);
    }
    if (c === 0x5b) return this.array(buf, end, level, name);
    while (i < end && !isDelimiter(buf[i])) i++;
    if (i === this.at) return BAD_LINE.bad_json;
    if (name >= 0 && !isNull(buf, this.at, i)) this.keep(name, isAbsent(buf, this.at, i), this.at, i, LITERAL);
    this.at = i;
    return BAD_LINE.ok;
  }

  /** An array stands for its first plain element; arrays and objects in it are passed over. */
  private array(buf: Uint8Array, end: number, level: number, name: number): BadLine {
    let i = skip(buf, this.at + 1, end);
    let use = name;
    for (;;) {
      if (i >= end) return BAD_LINE.truncated;
      const c = buf[i];
      if (c === 0x5d) {
        this.at = i + 1;
        return BAD_LINE.ok;
      }
      if (c === 0x2c) {
        i = skip(buf, i + 1, end);
        continue;
      }
      this.at = i;
      const reason = c === 0x7b || c === 0x5b ? this.skipNested(buf, end) : this.value(buf, end, level, use);
      if (reason !== BAD_LINE.ok) return reason;
      use = -1;
      i = skip(buf, this.at, end);
    }
  }

  /** Passes over the object or array at `this.at`, whatever its depth. */
  private skipNested(buf: Uint8Array, end: number): BadLine {
    let depth = 0;
    let i = this.at;
    while (i < end) {
      const c = buf[i];
      if (c === QUOTE) {
        this.string(buf, i + 1, end);
        i = this.at;
        continue;
      }
      i++;
      if (c === 0x7b || c === 0x5b) depth++;
      else if ((c === 0x7d || c === 0x5d) && --depth === 0) {
        this.at = i;
        return BAD_LINE.ok;
      }
    }
    return BAD_LINE.truncated;
  }

  /** Moves `this.at` behind the closing quote (beyond `end` where there is none); true where a backslash was met. */
  private string(buf: Uint8Array, at: number, end: number): boolean {
    let escaped = false;
    while (at < end) {
      const c = buf[at];
      if (c === QUOTE) {
        this.at = at + 1;
        return escaped;
      }
      if (c === 0x5c) {
        escaped = true;
        at++;
      }
      at++;
    }
    this.at = end + 1;
    return escaped;
  }

  private keep(name: number, isEmpty: boolean, start: number, end: number, type: number): void {
    const { slot, rank, tag } = this.names[name];
    // An empty value ranks behind every other, but still tells that the key is there.
    const effective = isEmpty ? rank + EMPTY_RANK : rank;
    if (this.type[slot] !== ABSENT && this.rank[slot] <= effective) return;
    this.start[slot] = start;
    this.end[slot] = end;
    this.type[slot] = type;
    this.rank[slot] = effective;
    this.tag[slot] = tag;
  }

  private endsWithHeaders(length: number): boolean {
    const path = this.path;
    const s = length - 1 >= 0 && length <= MAX_PATH && path[length - 1] === 0x73 ? length - 1 : length;
    if (s < HEADER.length || s > MAX_PATH) return false;
    for (let i = 0; i < HEADER.length; i++) if (path[s - HEADER.length + i] !== HEADER[i]) return false;
    return true;
  }
}

const HEADER = new TextEncoder().encode('header');

function skip(buf: Uint8Array, at: number, end: number): number {
  while (at < end && (buf[at] === 0x20 || buf[at] === 0x09 || buf[at] === 0x0d || buf[at] === 0x0a)) at++;
  return at;
}

function isSeparator(c: number): boolean {
  return c === 0x5f || c === 0x2e || c === 0x3a || c === 0x20 || c === 0x40 || c === 0x24;
}

function isDelimiter(c: number): boolean {
  return c === 0x2c || c === 0x7d || c === 0x5d || c === 0x20 || c === 0x09 || c === 0x22;
}

function isNull(buf: Uint8Array, start: number, end: number): boolean {
  return end - start === 4 && buf[start] === 0x6e && buf[start + 1] === 0x75 && buf[start + 2] === 0x6c;
}

function sameBytes(a: Uint8Array, b: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function hashOf(bytes: Uint8Array, length: number): number {
  let h = length;
  for (let i = 0; i < length; i++) h = Math.imul(h ^ bytes[i], 0x01000193);
  return h ^ (h >>> 15);
}

/** A path as the reader compares it: lower case, without separators. */
export function normalise(path: string): Uint8Array {
  return new TextEncoder().encode(path.toLowerCase().replace(/[-_.: @$]/g, ''));
}
