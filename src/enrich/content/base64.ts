/**
 * Base64 inside values (RFC 4648, both alphabets, padded or not). Most of what looks like it is a number, a word or a
 * sealed token; only what decodes to text is worth reading, and the first byte that is none ends the attempt.
 */

/** Shortest text of the alphabet that is tried: seven bytes when decoded. */
export const MIN_BASE64 = 10;
/** Decoded bytes that are read of one value. */
export const BASE64_BYTES = 8192;
/** Nulls that a text may have: payloads hide words with one. */
const MAX_NULLS = 2;

/** What {@link base64Text} decoded. */
export const base64Bytes = new Uint8Array(BASE64_BYTES);

const VALUE = new Int8Array(256).fill(-1);
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
for (let i = 0; i < alphabet.length; i++) VALUE[alphabet.charCodeAt(i)] = i;
VALUE[0x2d] = 62;
VALUE[0x5f] = 63;

/** True where a byte may stand in Base64, padding aside. */
export const isBase64 = (byte: number): boolean => VALUE[byte] >= 0;

/** Length of the text that `buf[from, to)` encodes, 0 where it is no Base64 or encodes no text. */
export function base64Text(buf: Uint8Array, from: number, to: number): number {
  let end = to;
  while (end > from && end > to - 2 && buf[end - 1] === 0x3d) end--;
  if (end - from < MIN_BASE64 || (end - from) % 4 === 1) return 0;
  let n = 0;
  let bits = 0;
  let held = 0;
  // Bytes of a character of UTF-8 that must still follow.
  let following = 0;
  let nulls = 0;
  for (let i = from; i < end && n < BASE64_BYTES; i++) {
    // A form turns plus signs into spaces.
    const value = buf[i] === 0x20 ? 62 : VALUE[buf[i]];
    if (value < 0) return 0;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const byte = (held >> bits) & 0xff;
    if (byte < 0x20 ? byte > 0x0d || byte === 0x0b || byte === 0x0c || (byte < 9 && byte > 0) : byte === 0x7f) return 0;
    if (byte === 0) {
      if (++nulls > MAX_NULLS) return 0;
      continue;
    }
    if (following > 0 ? byte >> 6 !== 2 : byte >= 0x80 && (byte < 0xc2 || byte > 0xf4)) return 0;
    if (following > 0) following--;
    else if (byte >= 0x80) following = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    base64Bytes[n++] = byte;
  }
  return n;
}

/** The text that a value encodes, at most {@link BASE64_BYTES} of it; null where it encodes none. */
export function textOfBase64(value: string): string | null {
  if (value.length < MIN_BASE64 || !WHOLE.test(value)) return null;
  const bytes = new TextEncoder().encode(value);
  const n = base64Text(bytes, 0, bytes.length);
  return n === 0 ? null : new TextDecoder().decode(base64Bytes.subarray(0, n));
}
const WHOLE = /^[\w+/-]+={0,2}$/;
