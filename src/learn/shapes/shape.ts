/** What a value looks like, without the value: its type, kinds of characters, length, magnitude, and a short hash. */
import { hashString } from '../../lib/hash.ts';

export const SHAPE_TYPE = {
  empty: 1 << 0,
  integer: 1 << 1,
  decimal: 1 << 2,
  boolean: 1 << 3,
  null: 1 << 4,
  text: 1 << 5,
  file: 1 << 6,
} as const;

export const SHAPE_CLASS = {
  digit: 1 << 0,
  lower: 1 << 1,
  upper: 1 << 2,
  blank: 1 << 3,
  joint: 1 << 4, // - _ .
  address: 1 << 5, // @ : /
  list: 1 << 6, // , ; |
  bracket: 1 << 7, // ( ) [ ] { }
  angle: 1 << 8, // < >
  quote: 1 << 9, // ' " `
  operator: 1 << 10, // = & + * % # ! ? ^ ~
  escape: 1 << 11, // $ and backslash
  control: 1 << 12,
  beyond: 1 << 13, // beyond ASCII
} as const;

/** Kinds of characters of which languages and shells are made: rare where names and numbers stand. */
export const MARKS =
  SHAPE_CLASS.bracket |
  SHAPE_CLASS.angle |
  SHAPE_CLASS.quote |
  SHAPE_CLASS.operator |
  SHAPE_CLASS.escape |
  SHAPE_CLASS.control;

/** Characters of a value that are looked at; its length counts in full. */
const MAX_LOOKED = 4096;
/** Longest number that is read as one. */
const MAX_DIGITS = 15;

const KIND = new Uint16Array(128).map((_, code) => {
  const c = String.fromCharCode(code);
  if (c >= '0' && c <= '9') return SHAPE_CLASS.digit;
  if (c >= 'a' && c <= 'z') return SHAPE_CLASS.lower;
  if (c >= 'A' && c <= 'Z') return SHAPE_CLASS.upper;
  if (c === ' ') return SHAPE_CLASS.blank;
  if ('-_.'.includes(c)) return SHAPE_CLASS.joint;
  if ('@:/'.includes(c)) return SHAPE_CLASS.address;
  if (',;|'.includes(c)) return SHAPE_CLASS.list;
  if ('()[]{}'.includes(c)) return SHAPE_CLASS.bracket;
  if ('<>'.includes(c)) return SHAPE_CLASS.angle;
  if ('\'"`'.includes(c)) return SHAPE_CLASS.quote;
  if ('$\\'.includes(c)) return SHAPE_CLASS.escape;
  return code < 0x20 || code === 0x7f ? SHAPE_CLASS.control : SHAPE_CLASS.operator;
});

/** The shape of one value. Everything is an integer. */
export interface ValueShape {
  /** One bit of SHAPE_TYPE. */
  readonly type: number;
  /** Bit set SHAPE_CLASS. */
  readonly classes: number;
  /** UTF-16 code units. */
  readonly length: number;
  /** Magnitude of a number, cut to a whole one, and whether it is below zero; −1 for what is none. */
  readonly magnitude: number;
  readonly negative: boolean;
  /** 32-bit hash of the value, keyed by `seed`. */
  readonly hash: number;
}

/** How a value came: JSON has types, everything else is text. */
export type ValueType = 'string' | 'number' | 'boolean' | 'null' | 'file';

/** The shape of `text`, which came as a value of `type`. `seed` keys its hash. */
export function shapeOf(text: string, type: ValueType, seed: number): ValueShape {
  const { length } = text;
  let classes = 0;
  for (let i = 0; i < length && i < MAX_LOOKED; i++) {
    const code = text.charCodeAt(i);
    classes |= code < 128 ? KIND[code] : SHAPE_CLASS.beyond;
  }
  const number = type === 'string' || type === 'number' ? numberOf(text) : null;
  const kind = number === null ? typeOf(text, type) : number.decimal ? SHAPE_TYPE.decimal : SHAPE_TYPE.integer;
  const hash = type === 'file' ? 0 : hashString(length > MAX_LOOKED ? text.slice(0, MAX_LOOKED) : text, seed).lo;
  return {
    type: kind,
    classes,
    length,
    magnitude: number?.magnitude ?? -1,
    negative: number?.negative ?? false,
    hash,
  };
}

function typeOf(text: string, type: ValueType): number {
  if (type === 'null') return SHAPE_TYPE.null;
  if (type === 'file') return SHAPE_TYPE.file;
  if (type === 'boolean' || text === 'true' || text === 'false') return SHAPE_TYPE.boolean;
  return text === '' ? SHAPE_TYPE.empty : SHAPE_TYPE.text;
}

interface NumberShape {
  readonly magnitude: number;
  readonly negative: boolean;
  readonly decimal: boolean;
}

/** Digits with a sign and a point; null for everything else, and for more digits than a number holds. */
function numberOf(text: string): NumberShape | null {
  const negative = text.charCodeAt(0) === 0x2d;
  let at = negative ? 1 : 0;
  if (text.length === at || text.length > MAX_DIGITS + 2) return null;
  let magnitude = 0;
  let digits = 0;
  for (; at < text.length; at++, digits++) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) break;
    magnitude = magnitude * 10 + digit;
  }
  if (digits === 0 || digits > MAX_DIGITS) return null;
  const decimal = at < text.length;
  if (decimal) {
    if (text.charCodeAt(at++) !== 0x2e || at === text.length) return null;
    for (; at < text.length; at++) {
      const digit = text.charCodeAt(at) - 0x30;
      if (digit < 0 || digit > 9) return null;
    }
  }
  return { magnitude, negative, decimal };
}
