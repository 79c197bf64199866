/** The tokens as a database would read them: without comments. The parts of the SQL matcher share this list. */

import { WINDOW_BYTES } from './decode.ts';
import { RULE } from './rules.ts';
import { gaps, ids, isEdge, isQuote, KIND, kinds, report, tokens } from './tokens.ts';
import { GROUP, GROUPS } from './words.ts';

/** Token numbers without comments; the end token at and behind `sqlTokens.count`. */
const list = new Int32Array(WINDOW_BYTES + 32);
/** 1 where a comment was taken out before the token. */
const commented = new Uint8Array(WINDOW_BYTES + 32);
export const sqlTokens = { count: 0 };

/** Number of the k-th token in the list of all tokens. */
export const tokenAt = (k: number): number => list[k];
/** Kind of the k-th token. */
export const kindAt = (k: number): number => kinds[list[k]];
/** Word id of the k-th token. */
export const idAt = (k: number): number => ids[list[k]];
/** GROUP bits of the k-th token. */
export const groupAt = (k: number): number => GROUPS[ids[list[k]]];
/** True where white space or a comment stands before the k-th token. */
export const apart = (k: number): boolean => gaps[list[k]] !== 0 || commented[k] !== 0;
/** True where a comment was taken out before the k-th token. */
export const wasCommented = (k: number): boolean => commented[k] !== 0;
/** True where the k-th token ends the value. */
export const edgeAt = (k: number): boolean => isEdge(list[k]);

/** 1 where a quote is the odd one of its value: nothing opened it. */
const odd = new Uint8Array(WINDOW_BYTES + 32);

/** Fills the list from the tokens, leaving out comments. Linear: the end of each comment is looked for once. */
export function collect(): void {
  let n = 0;
  let fresh = 0;
  let close = 0;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    if (kinds[i] === 0x2f && kinds[i + 1] === 0x2a && gaps[i + 1] === 0) {
      if (close < i + 3) close = commentEnd(i + 2);
      if (close < count) {
        fresh = 1;
        i = kinds[i + 2] === 0x21 && gaps[i + 2] === 0 ? onlyForMysql(i) : close;
        continue;
      }
    }
    if (kinds[i] === 0x2a && kinds[i + 1] === 0x2f && gaps[i + 1] === 0 && n > 0) {
      i++;
      fresh = 1;
      continue;
    }
    list[n] = i;
    commented[n] = fresh;
    if (fresh !== 0) hiddenBetween(n);
    fresh = 0;
    n++;
  }
  for (let k = n; k < n + 16; k++) {
    list[k] = count;
    commented[k] = 0;
  }
  commented[n] = fresh;
  sqlTokens.count = n;
  pairQuotes(n);
}

/** Token of the slash that closes a comment, `tokens.count` where none does. */
function commentEnd(from: number): number {
  const count = tokens.count;
  for (let i = from; i < count; i++) {
    if (kinds[i] === 0x2a && kinds[i + 1] === 0x2f && gaps[i + 1] === 0) return i + 1;
  }
  return count;
}

/** Opened by an exclamation mark, code that only MySQL reads: its inside stays. Returns the last token of the mark. */
function onlyForMysql(opened: number): number {
  const last = kinds[opened + 3] === KIND.number && gaps[opened + 3] === 0 ? opened + 3 : opened + 2;
  if (kinds[last + 1] === KIND.word) report(RULE.sqlComment, opened, last + 1);
  return last;
}

function pairQuotes(count: number): void {
  let single = 0;
  let double = 0;
  let back = 0;
  for (let k = 0; k < count; k++) {
    const kind = kinds[list[k]];
    if (kind === 0x27) odd[k] = single ^= 1;
    else if (kind === 0x22) odd[k] = double ^= 1;
    else if (kind === 0x60) odd[k] = back ^= 1;
    else if (kind === KIND.separator || kind === KIND.assign) single = double = back = 0;
  }
}

/** A comment that separates a word of SQL from its neighbour is there to hide it. */
function hiddenBetween(n: number): void {
  if (n === 0 || kinds[list[n]] !== KIND.word) return;
  const before = list[n - 1];
  const after = list[n];
  const sqlWords = (GROUPS[ids[before]] & GROUP.sql) !== 0 || (GROUPS[ids[after]] & GROUP.sql) !== 0;
  if (sqlWords && kinds[before] !== KIND.separator && kinds[before] !== KIND.assign) {
    report(RULE.sqlComment, before, after);
  }
}

/** True for `--` and `#` where a database would take the rest as a comment. */
export function isComment(k: number): boolean {
  const token = list[k];
  const after = kinds[token] === 0x23 ? token + 1 : token + 2;
  if (kinds[token] === 0x23) return isEdge(after) || gaps[after] !== 0;
  if (kinds[token] !== 0x2d || kinds[token + 1] !== 0x2d || gaps[token + 1] !== 0) return false;
  return isEdge(after) || gaps[after] !== 0 || kinds[after] === 0x2d || kinds[after] === 0x2b || isQuote(kinds[after]);
}

/** True where the word with this id stands among the next `reach` tokens of the same value. */
export function hasWithin(k: number, id: number, reach: number): boolean {
  const last = Math.min(k + reach, sqlTokens.count);
  for (let j = k; j < last; j++) {
    if (ids[list[j]] === id) return true;
    if (kinds[list[j]] === KIND.separator) return false;
  }
  return false;
}

/** True where a quote that nothing opened stands right before the k-th token, closing parentheses aside. */
export function afterQuote(k: number): boolean {
  let j = k - 1;
  while (j > 0 && kindAt(j) === 0x29 && k - j < 8) j--;
  return j >= 0 && isQuote(kindAt(j)) && isOddQuote(j);
}

/** True where the quote at k is the odd one of its value: the same quotes before it are in pairs. */
export function isOddQuote(k: number): boolean {
  return odd[k] !== 0;
}
