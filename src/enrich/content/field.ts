/**
 * Fields: a name and a value that a parser has taken out of a body, a cookie or a header. The value stands for itself, so
 * nothing in it is structure; encodings inside it are undone as in targets, and Base64 that holds a text is read, too.
 */
import { BASE64_BYTES, base64Bytes, base64Text } from './base64.ts';
import { FIELD_KIND } from './context.ts';
import { fieldLayout } from './decode.ts';
import { fieldLooksOdd, isFormEncoded, lookAtField } from './inspect.ts';
import type { ContentHit } from './tokens.ts';

/** Longest name that is read with its value, in bytes. */
const MAX_NAME_BYTES = 128;
/** Most of one value that is inspected, in bytes; of what is longer, the beginning. */
const MAX_FIELD_BYTES = 262_144;
/** Base64 inside Base64 that is followed. */
const MAX_BASE64 = 2;
/** Bytes at the beginning of a value among which the mark of a data address must stand. */
const DATA_REACH = 64;

const bytes = new Uint8Array(MAX_NAME_BYTES * 3 + 1 + MAX_FIELD_BYTES);
const inner = new Uint8Array(MAX_NAME_BYTES * 3 + 1 + BASE64_BYTES);
const encoder = new TextEncoder();

/**
 * Inspects a field of this FIELD_KIND (context.ts) and keeps the strongest hit of several calls in `out`: `at` and `length` count bytes of the value as
 * UTF-8, and are those of the whole where it stands in Base64. Returns how many bytes were read. Never throws; time is
 * linear in the length.
 */
export function inspectField(name: string, value: string, kind: number, field: number, out: ContentHit): number {
  const named = encoder.encodeInto(name.length > MAX_NAME_BYTES ? name.slice(0, MAX_NAME_BYTES) : name, bytes).written;
  for (let i = 0; i < named; i++) if (bytes[i] === 0x3d) bytes[i] = 1;
  bytes[named] = 0x3d;
  const from = named + 1;
  const written = write(value, from);
  const to = from + written;
  const before = out.millinats;
  if (fieldLooksOdd(bytes, named, to)) {
    fieldLayout.formEncoded = isFormEncoded(bytes, from, to);
    lookAtField(bytes, named, to, field, kind, out);
    if (out.millinats > before) {
      const end = Math.max(from, out.at + out.length);
      out.at = Math.max(from, out.at);
      out.length = end - out.at;
      out.at -= from;
    }
  }
  if (inBase64(named, from, to, field, out)) {
    out.at = 0;
    out.length = written;
  }
  return named + written;
}

/** Short values of plain letters are the rule, and cheaper without the encoder. */
function write(value: string, at: number): number {
  const { length } = value;
  if (length > 24) return encoder.encodeInto(value, bytes.subarray(at)).written;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code > 0x7f) return encoder.encodeInto(value, bytes.subarray(at)).written;
    bytes[at + i] = code;
  }
  return length;
}

/** Looks at what the value holds in Base64, as a whole or behind the mark of a data address. */
function inBase64(named: number, from: number, to: number, field: number, out: ContentHit): boolean {
  const at = dataAt(from, to);
  let n = base64Text(bytes, at, to);
  if (n === 0) return false;
  const before = out.millinats;
  inner.set(bytes.subarray(0, named + 1));
  for (let depth = 0; n > 0 && depth < MAX_BASE64; depth++) {
    inner.set(base64Bytes.subarray(0, n), named + 1);
    const end = named + 1 + n;
    fieldLayout.formEncoded = isFormEncoded(inner, named + 1, end);
    if (fieldLooksOdd(inner, named, end)) lookAtField(inner, named, end, field, FIELD_KIND.value, out);
    n = base64Text(inner, named + 1, end);
  }
  return out.millinats > before;
}

/** Where the Base64 of `data:…;base64,` begins, `from` where none is. */
function dataAt(from: number, to: number): number {
  if (bytes[from] !== 0x64 || bytes[from + 4] !== 0x3a) return from;
  const last = Math.min(to, from + DATA_REACH);
  for (let i = from + 5; i < last; i++) if (bytes[i] === 0x2c && bytes[i - 1] === 0x34) return i + 1;
  return from;
}
