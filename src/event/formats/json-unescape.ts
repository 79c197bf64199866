/** Undoing JSON's string escapes in the bytes they stand in. */
import { hexDigit } from './scan.ts';

/**
 * Undoes JSON's escapes in place and returns the new end; it never grows. Lone surrogates become U+FFFD, `\xHH` (which
 * nginx writes into JSON when `escape=json` was forgotten) becomes its byte.
 */
export function unescapeJson(buf: Uint8Array, start: number, end: number): number {
  let w = start;
  let r = start;
  while (r < end) {
    const c = buf[r++];
    if (c !== 0x5c || r >= end) {
      buf[w++] = c;
      continue;
    }
    const e = buf[r++];
    if (e === 0x75) {
      let code = hex4(buf, r, end);
      if (code < 0) {
        buf[w++] = c;
        buf[w++] = e;
        continue;
      }
      r += 4;
      if (code >= 0xd800 && code < 0xdc00 && r + 6 <= end && buf[r] === 0x5c && buf[r + 1] === 0x75) {
        const low = hex4(buf, r + 2, end);
        if (low >= 0xdc00 && low < 0xe000) {
          code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
          r += 6;
        }
      }
      w = writeUtf8(buf, w, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
    } else if (e === 0x78 && r + 2 <= end && hexDigit(buf[r]) >= 0 && hexDigit(buf[r + 1]) >= 0) {
      buf[w++] = hexDigit(buf[r]) * 16 + hexDigit(buf[r + 1]);
      r += 2;
    } else {
      buf[w++] = SIMPLE[e] === 0 ? e : SIMPLE[e];
    }
  }
  return w;
}

const SIMPLE = new Uint8Array(256);
SIMPLE[0x6e] = 0x0a;
SIMPLE[0x74] = 0x09;
SIMPLE[0x72] = 0x0d;
SIMPLE[0x62] = 0x08;
SIMPLE[0x66] = 0x0c;

function hex4(buf: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let n = 0;
  for (let i = 0; i < 4; i++) {
    const d = hexDigit(buf[at + i]);
    if (d < 0) return -1;
    n = n * 16 + d;
  }
  return n;
}

function writeUtf8(buf: Uint8Array, at: number, code: number): number {
  if (code < 0x80) {
    buf[at++] = code;
  } else if (code < 0x800) {
    buf[at++] = 0xc0 | (code >> 6);
    buf[at++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    buf[at++] = 0xe0 | (code >> 12);
    buf[at++] = 0x80 | ((code >> 6) & 0x3f);
    buf[at++] = 0x80 | (code & 0x3f);
  } else {
    buf[at++] = 0xf0 | (code >> 18);
    buf[at++] = 0x80 | ((code >> 12) & 0x3f);
    buf[at++] = 0x80 | ((code >> 6) & 0x3f);
    buf[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}
