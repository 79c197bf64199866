/** How a text reads, whatever it says: like sentences, like something sealed, with code quoted in it. */
import { decoded, scratch } from './decode.ts';
import { ends, gaps, ids, KIND, kinds, quoted, starts, tokens } from './tokens.ts';
import { GROUP, GROUPS } from './words.ts';

/** Words and small words from which on a text is talk; fewer where its name says that people write there. */
const TALK_WORDS = 8;
const TALK_SMALL_WORDS = 3;
const NAMED_WORDS = 5;
const NAMED_SMALL_WORDS = 2;
const QUOTING_WORDS = 3;
/** Bytes of a script that is written without spaces or in other letters which count as one word. */
const WORD_BYTES = 6;

/** Backticks in a row that begin and end a block of code. */
export const FENCE = 3;

/**
 * Marks what stands between backticks of equal number, and what follows a fence that nobody closes. Returns the most that
 * stood in a row.
 */
export function markQuoted(): number {
  const length = decoded.length;
  let most = 0;
  let opened = -1;
  let run = 0;
  for (let p = 0; p < length; ) {
    quoted[p] = 0;
    if (scratch[p] !== 0x60) {
      p++;
      continue;
    }
    const from = p;
    while (p < length && scratch[p] === 0x60) quoted[p++] = 0;
    if (opened < 0) {
      opened = from;
      run = p - from;
    } else if (p - from === run) {
      quoted.fill(1, opened, p);
      most = Math.max(most, run);
      opened = -1;
    }
  }
  if (opened >= 0 && run >= FENCE) {
    quoted.fill(1, opened, length);
    most = Math.max(most, run);
  }
  return most;
}

/** Tokens from which on it can be told whether a text is noise, and the words of language or code in a hundred. */
const NOISE_TOKENS = 60;
const NOISE_PERCENT = 12;
/** Letters from which on a word is told from chance. */
const LONG_WORD = 4;

/**
 * True for sealed, compressed and scrambled texts: hardly a word in them has four letters of one case, which in texts and
 * code of any language most have.
 */
export function isNoise(): boolean {
  const { count } = tokens;
  if (count < NOISE_TOKENS) return false;
  let words = 0;
  let proper = 0;
  for (let i = 0; i < count; i++) {
    if (kinds[i] === KIND.other) {
      words++;
      continue;
    }
    if (kinds[i] !== KIND.word) continue;
    words++;
    if (ends[i] - starts[i] >= LONG_WORD && isProper(starts[i], ends[i])) proper++;
  }
  return words * NOISE_PERCENT > proper * 100 && words * 3 > count;
}

/** A word in small letters or capitals, the first letter aside. */
function isProper(from: number, to: number): boolean {
  let small = 0;
  let large = 0;
  for (let p = from + 1; p < to; p++) {
    const byte = scratch[p];
    if (byte >= 0x61 && byte <= 0x7a) small = 1;
    else if (byte >= 0x41 && byte <= 0x5a) large = 1;
    else return false;
  }
  return small + large === 1;
}

/** True where the tokens read like sentences: enough words one after another, and the small words that join them. */
export function isTalk(named: boolean): boolean {
  return reads(named ? NAMED_WORDS : TALK_WORDS, named ? NAMED_SMALL_WORDS : TALK_SMALL_WORDS);
}

/** True where enough of a sentence stands around what is quoted in it to tell it from a command in a value. */
export function quotes(): boolean {
  return reads(QUOTING_WORDS, 1, true);
}

function reads(enough: number, small: number, outside = false): boolean {
  let words = 0;
  let joints = 0;
  for (let i = 0; i < tokens.count; i++) {
    if (outside && quoted[starts[i]] === 1) continue;
    const kind = kinds[i];
    if (kind === KIND.other) {
      // Small words are not told apart in other scripts: every few letters count as both.
      const bytes = ends[i] - starts[i];
      if (bytes < WORD_BYTES) continue;
      words += Math.trunc(bytes / WORD_BYTES);
      joints += 1;
    } else if (kind === KIND.word && stands(i)) {
      words++;
      if ((GROUPS[ids[i]] & GROUP.prose) !== 0) joints++;
    }
    if (words >= enough && joints >= small) return true;
  }
  return false;
}

/** True for a word between spaces and the marks of sentences, as words of code rarely stand. */
function stands(i: number): boolean {
  const next = kinds[i + 1];
  const after =
    gaps[i + 1] !== 0 || next === 0x2c || next === 0x2e || next === 0x3f || next === 0x3a || next === KIND.end;
  const before = i === 0 ? KIND.assign : kinds[i - 1];
  return after && (before === KIND.assign || gaps[i] !== 0);
}
