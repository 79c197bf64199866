/** Where the scanner stops: a table from pairs of bytes to what may begin there. */
import { C, CLASS } from './bytes.ts';
import { type CharSet, WORDS, type Word } from './words.ts';

/** What may begin at a pair of bytes; words have numbers from `words` on. */
export const STOP = { none: 0, email: 1, number: 2, plus: 3, uuid: 4, iban: 5, words: 6 } as const;

export const MASK: Readonly<Record<CharSet, number>> = {
  upper32: C.upper | C.digit,
  alnum: C.upper | C.lower | C.digit,
  word: C.word | C.domain,
  base64: C.base64,
  hex: C.hex,
  dotted: C.word | C.domain,
};

/** A word and its bytes. */
export interface Entry extends Word {
  readonly bytes: Uint8Array;
}

/** Pair of bytes → what may begin with the second (or, for words, with the first) of them. */
export const TABLE = new Uint8Array(65_536);
/** Words that begin with the same pair, by the number in {@link TABLE} less `STOP.words`. */
export const ENTRIES: readonly (readonly Entry[])[] = fillTable();

function fillTable(): readonly (readonly Entry[])[] {
  const encoder = new TextEncoder();
  const lists: Entry[][] = [];
  for (let a = 0; a < 256; a++) {
    const before = CLASS[a];
    for (let b = 0; b < 256; b++) {
      const pair = (a << 8) | b;
      const digit = (CLASS[b] & C.digit) !== 0;
      if (b === 0x40 && (before & C.local) !== 0) TABLE[pair] = STOP.email;
      else if (digit && (before & C.upper) !== 0) TABLE[pair] = STOP.iban;
      else if (digit && (before & C.word) === 0 && !'.-+/#%&$'.includes(String.fromCharCode(a)))
        TABLE[pair] = STOP.number;
      else if (b === 0x2b && (before & C.word) === 0) TABLE[pair] = STOP.plus;
      else if (b === 0x2d && (before & C.hex) !== 0) TABLE[pair] = STOP.uuid;
    }
  }
  for (const word of WORDS) {
    const bytes = encoder.encode(word.text);
    const pair = (bytes[0] << 8) | bytes[1];
    if (TABLE[pair] < STOP.words) {
      TABLE[pair] = STOP.words + lists.length;
      lists.push([]);
    }
    lists[TABLE[pair] - STOP.words].push({ ...word, bytes });
  }
  return lists;
}
