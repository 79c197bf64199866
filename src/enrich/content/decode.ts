/**
 * Undoes the encodings that hide a payload, to a fixed depth, into one scratch buffer that is used again for every
 * text. Every step replaces bytes by fewer bytes, so the later passes work in place, and `origin` keeps for each
 * decoded byte where it stood in the raw text.
 */

import { ASSIGN, entityLength, HEX, reference, SEPARATOR, SEXTET } from './references.ts';

export { ASSIGN, SEPARATOR } from './references.ts';

/** Bytes decoded at once: longer texts are inspected in overlapping windows. */
export const WINDOW_BYTES = 8192;
/** Passes over a text; an attacker who encodes more often reaches no server that decodes as often. */
export const MAX_PASSES = 3;

/** How a raw text is laid out. `field`: a name, an equals sign, and a value that a parser has decoded already. */
export const LAYOUT = { plain: 0, target: 1, query: 2, field: 3 } as const;

/** What {@link decode} has to know of a text laid out as a field. */
export const fieldLayout = {
  /** Where the mark between name and value stands, −1 for none. */
  assignAt: -1,
  /** The value is percent-encoded once more, as a form would be: plus signs are spaces. Counts for paths, too. */
  formEncoded: false,
};

/** The decoded text, followed by zero bytes, so that matchers can look ahead without asking for the end. */
export const scratch = new Uint8Array(WINDOW_BYTES + 16);
/** Raw offset of each decoded byte; one further for the end. */
export const origin = new Int32Array(WINDOW_BYTES + 16);
/** What the last decoding found. */
export const decoded = {
  length: 0,
  /** Index of the first byte of the query in `scratch`; equal to `length` where there is none. */
  queryAt: 0,
  /** True where a null byte was dropped. */
  sawNull: false,
  /** Index in `scratch` of the byte after the first dropped null. */
  nullAt: 0,
  /** Passes that changed something beyond the first. */
  depth: 0,
};

/** Bytes that a further pass may turn into others: % & \ and the lead bytes of overlong and full-width UTF-8. */
const REMAINS = new Uint8Array(256);
for (const byte of [0x25, 0x26, 0x5c, 0xc0, 0xc1, 0xe0, 0xef]) REMAINS[byte] = 1;

/** Decodes `buf[start, end)`, at most {@link WINDOW_BYTES}, into {@link scratch}. */
export function decode(buf: Uint8Array, start: number, end: number, layout: number): void {
  decoded.sawNull = false;
  decoded.nullAt = 0;
  decoded.depth = 0;
  firstRemaining = WINDOW_BYTES;
  let remains = layout === LAYOUT.field ? firstOfField(buf, start, end) : first(buf, start, end, layout);
  for (let pass = 1; remains && pass <= MAX_PASSES; pass++) {
    remains = again();
    if (remains) decoded.depth = pass;
  }
  scratch.fill(0, decoded.length, decoded.length + 16);
  origin[decoded.length] = end;
}

/** The first pass: percent signs, and the marks of a URL's structure. Returns whether a second pass is worth it. */
function first(buf: Uint8Array, start: number, end: number, layout: number): boolean {
  let n = 0;
  let remains = 0;
  let inQuery = layout === LAYOUT.query;
  let named = false;
  decoded.queryAt = inQuery ? 0 : WINDOW_BYTES;
  for (let i = start; i < end; i++) {
    let byte = buf[i];
    origin[n] = i;
    if (byte === 0x25) {
      const value = i + 2 < end ? (HEX[buf[i + 1]] << 4) | HEX[buf[i + 2]] : -1;
      if (value >= 0) {
        i += 2;
        if (value === 0) {
          noteNull(n);
          continue;
        }
        byte = value === SEPARATOR || value === ASSIGN ? 1 : value;
      }
    } else if (inQuery) {
      if (byte === 0x2b) byte = 0x20;
      else if (byte === 0x26) {
        // A raw "&lt;" is a character reference as well as a separator: what follows decides.
        if (entityLength(buf, i, end) === 0) {
          byte = SEPARATOR;
          named = false;
        }
      } else if (byte === 0x3d && !named) {
        byte = ASSIGN;
        named = true;
      }
    } else if (byte === 0x2b && layout === LAYOUT.target && fieldLayout.formEncoded) byte = 0x20;
    else if (byte === 0x3f && layout === LAYOUT.target) {
      inQuery = true;
      byte = SEPARATOR;
      decoded.queryAt = n + 1;
    } else if (byte === 0) {
      noteNull(n);
      continue;
    } else if (byte === SEPARATOR || byte === ASSIGN) byte = 1;
    if (REMAINS[byte] !== 0) {
      if (remains === 0) firstRemaining = n;
      remains = 1;
    }
    scratch[n++] = byte;
  }
  if (decoded.queryAt > n) decoded.queryAt = n;
  decoded.length = n;
  origin[n] = end;
  return remains !== 0;
}

/** The first pass over a field: nothing is structure but the one mark behind its name. */
function firstOfField(buf: Uint8Array, start: number, end: number): boolean {
  const { assignAt, formEncoded } = fieldLayout;
  let n = 0;
  let remains = 0;
  decoded.queryAt = 0;
  for (let i = start; i < end; i++) {
    let byte = buf[i];
    origin[n] = i;
    if (byte === 0) {
      noteNull(n);
      continue;
    }
    if (i === assignAt) byte = ASSIGN;
    else if (byte === SEPARATOR || byte === ASSIGN) byte = 1;
    else if (byte === 0x2b) {
      if (formEncoded) byte = 0x20;
      else if (i + 3 < end && buf[i + 1] === 0x41) {
        const used = utf7Run(buf, i, end, n);
        if (used > 0) {
          n += utf7Written;
          i += used - 1;
          continue;
        }
      }
    }
    if (REMAINS[byte] !== 0) {
      if (remains === 0) firstRemaining = n;
      remains = 1;
    }
    scratch[n++] = byte;
  }
  decoded.length = n;
  origin[n] = end;
  return remains !== 0;
}

/** Characters that {@link utf7Run} has written. */
let utf7Written = 0;

/**
 * ASCII as UTF-7 hides it (RFC 2152): `+ADwAIQ-`, with or without its dash. Writes the characters to `scratch` from `n`
 * on; returns the bytes read, 0 where the text at `i` is nothing of the kind. Documents may be read so; targets never are.
 */
function utf7Run(buf: Uint8Array, i: number, end: number, n: number): number {
  let at = i + 1;
  let held = 0;
  let bits = 0;
  utf7Written = 0;
  for (; at < end && SEXTET[buf[at]] >= 0; at++) {
    held = ((held << 6) | SEXTET[buf[at]]) & 0x3fffff;
    bits += 6;
    if (bits < 16) continue;
    bits -= 16;
    const unit = (held >> bits) & 0xffff;
    if (unit < 0x20 || unit > 0x7e) return 0;
    scratch[n + utf7Written] = unit;
    origin[n + utf7Written] = i;
    utf7Written++;
  }
  if (utf7Written === 0 || bits >= 6 || (held & ((1 << bits) - 1)) !== 0) return 0;
  return (at < end && buf[at] === 0x2d ? at + 1 : at) - i;
}

/** Where a further pass has to begin: nothing before it is encoded. */
let firstRemaining = 0;

function noteNull(at: number): void {
  if (!decoded.sawNull) decoded.nullAt = at;
  decoded.sawNull = true;
}

/** A further pass in place: everything that encodes a character. Returns whether it changed anything worth another. */
function again(): boolean {
  const length = decoded.length;
  const queryAt = decoded.queryAt;
  scratch.fill(0, length, length + 16);
  let n = firstRemaining;
  let changed = 0;
  let movedQuery = queryAt;
  for (let i = firstRemaining; i < length; ) {
    if (i === queryAt) movedQuery = n;
    const byte = scratch[i];
    let used = 1;
    let value = byte;
    if (REMAINS[byte] !== 0) {
      used = unit(i);
      value = unitValue;
    }
    const from = origin[i];
    i += used;
    if (used > 1) changed = 1;
    if (value === 0 && used > 1) {
      noteNull(n);
      continue;
    }
    origin[n] = from;
    n = write(n, value);
  }
  decoded.queryAt = queryAt >= length ? n : movedQuery;
  decoded.length = n;
  return changed !== 0;
}

/** Writes a code point that came from `used` ≥ its UTF-8 length bytes. Raw bytes (≤ 0xff) are written as they are. */
function write(n: number, value: number): number {
  if (value < 0x100) {
    scratch[n] = value;
    return n + 1;
  }
  const from = origin[n];
  if (value < 0x800) {
    scratch[n] = 0xc0 | (value >> 6);
    scratch[n + 1] = 0x80 | (value & 0x3f);
    origin[n + 1] = from;
    return n + 2;
  }
  scratch[n] = 0xe0 | ((value >> 12) & 0xf);
  scratch[n + 1] = 0x80 | ((value >> 6) & 0x3f);
  scratch[n + 2] = 0x80 | (value & 0x3f);
  origin[n + 1] = from;
  origin[n + 2] = from;
  return n + 3;
}

let unitValue = 0;

/** Reads one encoded character at `i` into `unitValue`; returns the bytes it takes, 1 where nothing is encoded. */
function unit(i: number): number {
  const byte = scratch[i];
  unitValue = byte;
  if (byte === 0x25) return percentUnit(i);
  if (byte === 0x5c) return backslashUnit(i);
  if (byte === 0x26) {
    const length = entityLength(scratch, i, decoded.length);
    if (length === 0) return 1;
    unitValue = reference.value;
    return length;
  }
  return utf8Unit(i);
}

function percentUnit(i: number): number {
  const value = (HEX[scratch[i + 1]] << 4) | HEX[scratch[i + 2]];
  if (value >= 0) {
    unitValue = value === SEPARATOR || value === ASSIGN ? 1 : value;
    return 3;
  }
  // The %uXXXX of IIS.
  if ((scratch[i + 1] | 0x20) === 0x75) {
    const wide = hex4(i + 2);
    if (wide >= 0) {
      unitValue = narrow(wide);
      return 6;
    }
  }
  return 1;
}

/** `\xHH` as logs write it, `\uHHHH` and `\u{H…}` as scripts do. */
function backslashUnit(i: number): number {
  const next = scratch[i + 1];
  if (next === 0x78) {
    const value = (HEX[scratch[i + 2]] << 4) | HEX[scratch[i + 3]];
    if (value < 0) return 1;
    unitValue = value === SEPARATOR || value === ASSIGN ? 1 : value;
    return 4;
  }
  if (next !== 0x75) return 1;
  if (scratch[i + 2] === 0x7b) {
    let value = 0;
    for (let j = i + 3; j < i + 10; j++) {
      if (scratch[j] === 0x7d && j > i + 3) {
        unitValue = value < 0x80 ? narrow(value) : 0x3f;
        return j - i + 1;
      }
      const digit = HEX[scratch[j]];
      if (digit < 0) return 1;
      value = ((value << 4) | digit) & 0xffffff;
    }
    return 1;
  }
  const value = hex4(i + 2);
  if (value < 0) return 1;
  unitValue = narrow(value);
  return 6;
}

function hex4(i: number): number {
  const high = (HEX[scratch[i]] << 4) | HEX[scratch[i + 1]];
  const low = (HEX[scratch[i + 2]] << 4) | HEX[scratch[i + 3]];
  return high < 0 || low < 0 ? -1 : (high << 8) | low;
}

/** Code points that servers fold to ASCII become ASCII; Latin-1 is kept from looking like raw bytes. */
function narrow(value: number): number {
  if (value === SEPARATOR || value === ASSIGN) return 1;
  if (value >= 0xff01 && value <= 0xff5e) return value - 0xfee0;
  return value >= 0x80 && value < 0x100 ? 0x3f : value;
}

/** Overlong UTF-8 (RFC 3629 forbids it; old decoders take it) and full-width forms of ASCII. */
function utf8Unit(i: number): number {
  const lead = scratch[i];
  const second = scratch[i + 1];
  if (lead === 0xc0 || lead === 0xc1) {
    // Decoders that mask blindly read C0 2F and C0 AF alike.
    if (second < 0x80) return 1;
    unitValue = asciiOf(((lead & 1) << 6) | (second & 0x3f));
    return 2;
  }
  const third = scratch[i + 2];
  if (second < 0x80 || third < 0x80) return 1;
  if (lead === 0xe0 && second < 0xa0) {
    const value = ((second & 0x3f) << 6) | (third & 0x3f);
    if (value >= 0x80) return 1;
    unitValue = asciiOf(value);
    return 3;
  }
  if (lead === 0xef) {
    const value = 0xf000 | ((second & 0x3f) << 6) | (third & 0x3f);
    if (value < 0xff01 || value > 0xff5e) return 1;
    unitValue = value - 0xfee0;
    return 3;
  }
  return 1;
}

function asciiOf(value: number): number {
  return value === SEPARATOR || value === ASSIGN ? 1 : value;
}
