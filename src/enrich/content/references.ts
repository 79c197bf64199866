/** Character references of HTML, and the tables that the decoders of other encodings share. */

/** Stands for the raw `&` between parameters and for the `?` before the query: payloads cannot forge it. */
export const SEPARATOR = 0x1e;
/** Stands for the raw `=` between a parameter's name and its value. */
export const ASSIGN = 0x1f;

/** Value of a hexadecimal digit by byte, −1 for others. */
export const HEX = new Int8Array(256).fill(-1);
for (let i = 0; i < 10; i++) HEX[0x30 + i] = i;
for (let i = 0; i < 6; i++) {
  HEX[0x41 + i] = 10 + i;
  HEX[0x61 + i] = 10 + i;
}

/** Sextets of Base64 by byte, −1 for others. */
export const SEXTET = new Int8Array(256).fill(-1);
for (let i = 0; i < 26; i++) {
  SEXTET[0x41 + i] = i;
  SEXTET[0x61 + i] = 26 + i;
}
for (let i = 0; i < 10; i++) SEXTET[0x30 + i] = 52 + i;
SEXTET[0x2b] = 62;
SEXTET[0x2f] = 63;

const NAMED: readonly (readonly [string, number])[] = [
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['quot', 0x22],
  ['apos', 0x27],
  ['amp', 0x26],
  ['colon', 0x3a],
  ['lpar', 0x28],
  ['rpar', 0x29],
  ['tab', 0x09],
  ['newline', 0x0a],
  ['nbsp', 0x20],
  ['sol', 0x2f],
  ['bsol', 0x5c],
  ['grave', 0x60],
  ['equals', 0x3d],
  ['lcub', 0x7b],
  ['rcub', 0x7d],
  ['period', 0x2e],
  ['semi', 0x3b],
];
const NAMED_BYTES = NAMED.map(([name]) => Uint8Array.from(name, (c) => c.charCodeAt(0)));
/** Longest reference read, "&#x0000003c;" and the like: a bound on looking ahead. */
const MAX_ENTITY = 12;

/** What {@link entityLength} has read. */
export const reference = { value: 0 };

/** Length of the HTML character reference at `i`, 0 where none stands; its ASCII value goes into `reference`. */
export function entityLength(buf: Uint8Array, i: number, end: number): number {
  const limit = Math.min(i + MAX_ENTITY, end);
  if (i + 1 < limit && buf[i + 1] === 0x23) return numericEntity(buf, i, limit);
  for (let k = 0; k < NAMED_BYTES.length; k++) {
    const name = NAMED_BYTES[k];
    const semicolon = i + 1 + name.length;
    if (semicolon >= limit || buf[semicolon] !== 0x3b) continue;
    let j = 0;
    while (j < name.length && (buf[i + 1 + j] | 0x20) === name[j]) j++;
    if (j === name.length) {
      reference.value = NAMED[k][1];
      return name.length + 2;
    }
  }
  return 0;
}

function numericEntity(buf: Uint8Array, i: number, limit: number): number {
  let j = i + 2;
  const hexadecimal = j < limit && (buf[j] | 0x20) === 0x78;
  if (hexadecimal) j++;
  const digitsAt = j;
  let value = 0;
  for (; j < limit; j++) {
    const digit = HEX[buf[j]];
    if (digit < 0 || (!hexadecimal && digit > 9)) break;
    value = (hexadecimal ? value * 16 + digit : value * 10 + digit) & 0xffffff;
  }
  if (j === digitsAt || value === 0 || value >= 0x80) return 0;
  reference.value = value === SEPARATOR || value === ASSIGN ? 1 : value;
  // Browsers take a reference without its semicolon.
  return j < limit && buf[j] === 0x3b ? j - i + 1 : j - i;
}
