/** Classes of bytes, and how the scanner looks around a place. Everything here looks at a bounded number of bytes. */

/** Bits of {@link CLASS}. */
export const C = { digit: 1, upper: 2, lower: 4, hex: 8, local: 16, domain: 32, base64: 64, word: 128 } as const;

export const CLASS: Uint8Array = classes();

function classes(): Uint8Array {
  const out = new Uint8Array(256);
  const add = (chars: string, bits: number): void => {
    for (const c of chars) out[c.charCodeAt(0)] |= bits;
  };
  const { word, hex, local, domain, base64 } = C;
  add('0123456789', C.digit | word | hex | local | domain | base64);
  add('ABCDEFGHIJKLMNOPQRSTUVWXYZ', C.upper | word | local | domain | base64);
  add('abcdefghijklmnopqrstuvwxyz', C.lower | word | local | domain | base64);
  add('abcdefABCDEF', hex);
  add('_', word | local);
  add('-', local | domain);
  add('.', local | domain);
  add('%+', local);
  add('+/=', base64);
  return out;
}

export const isWord = (byte: number): boolean => (CLASS[byte] & C.word) !== 0;
export const isDigit = (byte: number): boolean => (CLASS[byte] & C.digit) !== 0;

/** End of the run of bytes that have one of `bits`, at most `max` bytes on. */
export function runEnd(bytes: Uint8Array, from: number, end: number, bits: number, max: number): number {
  const stop = Math.min(end, from + max);
  let i = from;
  while (i < stop && (CLASS[bytes[i]] & bits) !== 0) i++;
  return i;
}

export function textAt(bytes: Uint8Array, from: number, to: number): string {
  let out = '';
  for (let i = from; i < to; i++) out += String.fromCharCode(bytes[i]);
  return out;
}

/** How far a name is looked for before a value, and the longest name, in bytes. */
const MAX_GAP = 6;
const MAX_NAME = 40;

/**
 * The name that stands before a value, in small letters: `"phone": "…` or `phone=…`, and the word before it in plain text
 * ("Tel. …"). '' for none.
 */
export function nameBefore(bytes: Uint8Array, at: number): string {
  let i = at - 1;
  const stop = Math.max(0, at - MAX_GAP);
  while (i >= stop && !isWord(bytes[i]) && bytes[i] !== 0x2c && bytes[i] !== 0x7b && bytes[i] !== 0x7d) i--;
  if (i < stop || !isWord(bytes[i])) return '';
  const end = i + 1;
  const first = Math.max(0, end - MAX_NAME);
  while (i >= first && (isWord(bytes[i]) || bytes[i] === 0x2d || bytes[i] === 0x2e)) i--;
  return textAt(bytes, i + 1, end).toLowerCase();
}
