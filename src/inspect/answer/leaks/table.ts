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
const TABLE = new Uint8Array(65_536);
/** Words that begin with the same pair, by the number in {@link STOPS} less `STOP.words`. */
export const ENTRIES: readonly (readonly Entry[])[] = fillTable();

/** Sorts of bytes that {@link STOPS} has room for, and how far the first of a pair is shifted there. */
const MOST_SORTS = 128;
export const SORT_BITS = 7;
/** Byte → its sort: bytes of a sort begin and end the same pairs. */
export const SORT = new Uint8Array(256);
/** Pair of sorts → what may begin there: small, so that it stays in the nearest cache while a body is looked through. */
export const STOPS: Uint8Array = fillStops();

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

function fillStops(): Uint8Array {
  const known = new Map<string, number>();
  for (let byte = 0; byte < 256; byte++) {
    const before = TABLE.subarray(byte << 8, (byte + 1) << 8);
    const after = Array.from({ length: 256 }, (_, first) => TABLE[(first << 8) | byte]);
    const like = `${before.join()} ${after.join()}`;
    if (!known.has(like)) known.set(like, known.size);
    SORT[byte] = known.get(like) as number;
  }
  if (known.size > MOST_SORTS) throw new RangeError(`${known.size} sorts of bytes, room for ${MOST_SORTS}`);
  const stops = new Uint8Array(known.size << SORT_BITS);
  for (let pair = 0; pair < TABLE.length; pair++)
    stops[(SORT[pair >>> 8] << SORT_BITS) | SORT[pair & 0xff]] = TABLE[pair];
  return stops;
}
