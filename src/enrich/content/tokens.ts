/**
 * The tokens of the decoded text: words, numbers, single marks. All languages read the same tokens, each by its own
 * grammar; none of them trusts a quote to open or to close, because where a payload lands in a statement is unknown.
 */

import { ASSIGN, decoded, origin, SEPARATOR, scratch, WINDOW_BYTES } from './decode.ts';
import type { ContentRule } from './rules.ts';
import { GROUPS, lookUp, WORD_HASH_PRIME, WORD_HASH_SEED } from './words.ts';

/** What a token is: one of these, or the byte of the mark itself (33 to 126). */
export const KIND = { end: 0, word: 1, number: 2, other: 3, separator: SEPARATOR, assign: ASSIGN } as const;

/** What stands before a token: a bit set. */
export const GAP = { space: 1, line: 2 } as const;

/** Kind by token; tokens at and behind `tokens.count` are KIND.end, so that looking ahead by a few needs no check. */
export const kinds = new Uint8Array(WINDOW_BYTES + 32);
/** Word id (words.ts) by token, 0 for other tokens and unknown words. */
export const ids = new Uint16Array(WINDOW_BYTES + 32);
/** GAP bits by token. */
export const gaps = new Uint8Array(WINDOW_BYTES + 32);
/** First byte in scratch by token. */
export const starts = new Int32Array(WINDOW_BYTES + 32);
/** Behind the last byte, by token. */
export const ends = new Int32Array(WINDOW_BYTES + 32);

/** Marks that gate the languages: bits of `tokens.marks`. */
export const MARK = {
  quote: 1 << 0, // ' " `
  angle: 1 << 1, // < >
  paren: 1 << 2, // ( )
  bracket: 1 << 3, // [ ]
  brace: 1 << 4, // { }
  dollar: 1 << 5, // $
  hash: 1 << 6, // #
  chain: 1 << 7, // ; | &
  slash: 1 << 8, // / and backslash
  colon: 1 << 9,
  equals: 1 << 10, // = and the one between name and value
  line: 1 << 11, // CR, LF
  dots: 1 << 12, // two dots in a row
  at: 1 << 13,
  escape: 1 << 14, // control bytes
  star: 1 << 15,
  percent: 1 << 16,
  space: 1 << 17,
  bang: 1 << 18,
} as const;

export const tokens = {
  count: 0,
  /** MARK bits of everything seen. */
  marks: 0,
  /** GROUP bits of every word seen. */
  words: 0,
};

const CLASS = new Uint8Array(256); // 0 mark, 1 letter, 2 digit, 3 space, 4 line break, 5 not ASCII, 6 control
const MARKS = new Int32Array(256);
for (let b = 0; b < 256; b++) {
  if ((b >= 0x41 && b <= 0x5a) || (b >= 0x61 && b <= 0x7a) || b === 0x5f) CLASS[b] = 1;
  else if (b >= 0x30 && b <= 0x39) CLASS[b] = 2;
  else if (b === 0x20 || b === 0x09 || b === 0x0b || b === 0x0c) CLASS[b] = 3;
  else if (b === 0x0a || b === 0x0d) CLASS[b] = 4;
  else if (b >= 0x7f) CLASS[b] = 5;
  else if (b < 0x20 && b !== SEPARATOR && b !== ASSIGN) CLASS[b] = 6;
}
const mark = (bytes: string, bit: number): void => {
  for (const c of bytes) MARKS[c.charCodeAt(0)] = bit;
};
mark('\'"`', MARK.quote);
mark('<>', MARK.angle);
mark('()', MARK.paren);
mark('[]', MARK.bracket);
mark('{}', MARK.brace);
mark('$', MARK.dollar);
mark('#', MARK.hash);
mark(';|&', MARK.chain);
mark('/\\', MARK.slash);
mark(':', MARK.colon);
mark('@', MARK.at);
mark('*', MARK.star);
mark('%', MARK.percent);
mark('!', MARK.bang);
MARKS[0x3d] = MARK.equals;
MARKS[ASSIGN] = MARK.equals;

/** Splits what {@link decoded} holds into tokens. Linear: every byte is read once. */
export function tokenise(): void {
  const length = decoded.length;
  let n = 0;
  let gap = 0;
  let marks = 0;
  let groups = 0;
  for (let i = 0; i < length; ) {
    const byte = scratch[i];
    const kind = CLASS[byte];
    const start = i++;
    let id = 0;
    let token: number = byte;
    if (kind === 1) {
      let h = Math.imul(WORD_HASH_SEED ^ (byte | 0x20), WORD_HASH_PRIME);
      for (let k = CLASS[scratch[i]]; k === 1 || k === 2; k = CLASS[scratch[++i]]) {
        h = Math.imul(h ^ (scratch[i] | 0x20), WORD_HASH_PRIME);
      }
      id = lookUp(h, i - start);
      groups |= GROUPS[id];
      token = KIND.word;
    } else if (kind === 2) {
      i = numberEnd(start);
      token = KIND.number;
    } else if (kind === 3) {
      gap |= GAP.space;
      continue;
    } else if (kind === 4) {
      gap |= GAP.line;
      marks |= MARK.line;
      continue;
    } else if (kind === 5) {
      while (CLASS[scratch[i]] === 5 && i < length) i++;
      token = KIND.other;
    } else if (kind === 6) {
      marks |= MARK.escape;
      gap |= GAP.space;
      continue;
    } else {
      marks |= MARKS[byte];
      if (byte === 0x2e && scratch[i] === 0x2e) marks |= MARK.dots;
    }
    kinds[n] = token;
    ids[n] = id;
    gaps[n] = gap;
    starts[n] = start;
    ends[n] = i;
    if (gap !== 0) marks |= MARK.space;
    gap = 0;
    n++;
  }
  finish(n, gap);
  tokens.marks = marks;
  tokens.words = groups;
}

/** End of the number at `start`: digits, or 0x and hexadecimal digits, read as one. */
function numberEnd(start: number): number {
  let i = start + 1;
  if (scratch[start] === 0x30 && (scratch[i] | 0x20) === 0x78) {
    i++;
    for (;;) {
      const b = scratch[i];
      const folded = b | 0x20;
      if (!(CLASS[b] === 2 || (folded >= 0x61 && folded <= 0x66 && CLASS[b] === 1))) return i;
      i++;
    }
  }
  while (CLASS[scratch[i]] === 2) i++;
  return i;
}

function finish(n: number, gap: number): void {
  tokens.count = n;
  for (let k = n; k < n + 16; k++) {
    kinds[k] = KIND.end;
    ids[k] = 0;
    gaps[k] = 0;
    starts[k] = decoded.length;
    ends[k] = decoded.length;
  }
  gaps[n] = gap;
}

/** The strongest hit so far. Reused: {@link resetHit} before each exchange. */
export interface ContentHit {
  /** Evidence of the rule, 0 where nothing was found. */
  millinats: number;
  /** Rule id (RULES), 0 none. */
  rule: number;
  /** Offset of the span in the buffer that was inspected. */
  at: number;
  /** Bytes of the span. */
  length: number;
  /** CONTENT_FIELD in which it stands. */
  field: number;
}

/** What the running inspection tells the matchers and collects from them. */
export const current: {
  hit: ContentHit;
  field: number;
  queryField: number;
  ceilings: Int32Array | null;
  quotedCeilings: Int32Array | null;
  talk: boolean;
} = {
  hit: { millinats: 0, rule: 0, at: 0, length: 0, field: 0 },
  field: 0,
  queryField: 0,
  /** The most that a rule can say here, by rule id, where it stands in what people write about code; else null. */
  ceilings: null,
  /** The same for what stands between backticks, where {@link quoted} marks it; null where nothing does. */
  quotedCeilings: null,
  /** The text reads like sentences. */
  talk: false,
};

/** 1 for decoded bytes between backticks, by which people quote code in a text. */
export const quoted = new Uint8Array(WINDOW_BYTES + 32);

/** Reports a rule for the tokens `from` to `to` (inclusive); the strongest of all reports stays. */
export function report(rule: ContentRule, from: number, to: number): void {
  reportBytes(rule, starts[from], ends[to]);
}

/** {@link report} for decoded bytes `[from, to)`. */
export function reportBytes(rule: ContentRule, from: number, to: number): void {
  const { hit, quotedCeilings } = current;
  let millinats = rule.millinats;
  if (millinats <= hit.millinats) return;
  const ceilings = quotedCeilings !== null && quoted[from] === 1 ? quotedCeilings : current.ceilings;
  if (ceilings !== null && ceilings[rule.id] < millinats) millinats = ceilings[rule.id];
  if (millinats <= hit.millinats) return;
  hit.millinats = millinats;
  hit.rule = rule.id;
  hit.at = origin[from];
  hit.length = origin[to > from ? to : from + 1] - origin[from];
  hit.field = from >= decoded.queryAt ? current.queryField : current.field;
}

/** True where a token ends a value: the end, or the next parameter. */
export function isEdge(token: number): boolean {
  const kind = kinds[token];
  return kind === KIND.end || kind === KIND.separator;
}

/** True where a token begins a value: the first of all, or behind a mark of the URL's structure. */
export function isFirst(token: number): boolean {
  if (token <= 0) return true;
  const kind = kinds[token - 1];
  return kind === KIND.separator || kind === KIND.assign;
}

/** True for ' " and `. */
export function isQuote(kind: number): boolean {
  return kind === 0x27 || kind === 0x22 || kind === 0x60;
}
