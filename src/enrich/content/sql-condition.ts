/** Conditions of SQL: what stands behind OR, AND and their like, and whether an attacker put it there. */

import { scratch } from './decode.ts';
import { RULE } from './rules.ts';
import { apart, edgeAt, groupAt, idAt, isComment, kindAt, tokenAt, wasCommented } from './sql-tokens.ts';
import { ends, isQuote, KIND, report, starts } from './tokens.ts';
import { GROUP, wordId } from './words.ts';

const NOT = wordId('not');
const BINARY = wordId('binary');
const SELECT = wordId('select');
const EXISTS = wordId('exists');
const IN = wordId('in');
const BETWEEN = wordId('between');

/** What an operand is. */
export const OPERAND = { none: 0, literal: 1, name: 2, call: 3, query: 4 } as const;

/** Tokens looked at inside a quoted string or a call's parentheses. */
const OPERAND_REACH = 12;
/** Tokens of a quoted string: documents of JSON in quotes are operands, too. */
const STRING_REACH = 32;

const operand = { kind: 0 as number, end: 0, id: 0, quoted: false };

/** Passes over what may stand before an operand: parentheses, signs, NOT. At most eight of them. */
export function skipOpeners(k: number): number {
  let j = k;
  while (j < k + 8) {
    const kind = kindAt(j);
    const id = idAt(j);
    const opens = kind === 0x28 || kind === 0x21 || kind === 0x7e || kind === 0x2d || kind === 0x2b || kind === 0x40;
    if (!opens && id !== NOT && id !== BINARY) break;
    if (isComment(j)) break;
    j++;
  }
  return j;
}

/** Reads one operand at k into `operand`; returns where it ends, 0 where none stands. */
export function operandEnd(k: number): number {
  const j = skipOpeners(k);
  const kind = kindAt(j);
  operand.kind = OPERAND.none;
  operand.quoted = false;
  operand.id = 0;
  if (isQuote(kind)) return quoted(j, kind);
  if (kind === KIND.number) {
    operand.kind = OPERAND.literal;
    const fraction = kindAt(j + 1) === 0x2e && kindAt(j + 2) === KIND.number;
    const end = fraction ? j + 3 : j + 1;
    // "1st", "2nd": a number that goes on as a word is no number.
    if (kindAt(end) === KIND.word && !apart(end) && groupAt(end) === 0) return none();
    return finish(end);
  }
  if (kind !== KIND.word) return none();
  const id = idAt(j);
  operand.id = tokenAt(j);
  if (id === SELECT || id === EXISTS) operand.kind = OPERAND.query;
  else if ((groupAt(j) & GROUP.literal) !== 0) operand.kind = OPERAND.literal;
  else if (kindAt(j + 1) === 0x28 && !apart(j + 1)) return call(j);
  else operand.kind = OPERAND.name;
  let end = j + 1;
  while (kindAt(end) === 0x2e && kindAt(end + 1) === KIND.word && end < j + 7) end += 2;
  return finish(end);
}

function none(): number {
  operand.kind = OPERAND.none;
  return 0;
}

function quoted(j: number, quote: number): number {
  operand.quoted = true;
  // Backticks hold names in MySQL, and anything at all in Markdown.
  operand.kind = quote === 0x60 ? OPERAND.name : OPERAND.literal;
  operand.id = tokenAt(j + 1);
  operand.end = j + 1;
  for (let i = j + 1; i < j + STRING_REACH; i++) {
    if (kindAt(i) === quote) return finish(i + 1);
    if (edgeAt(i)) return finish(i);
  }
  // An opening quote whose string is long: still a literal.
  return finish(j + 2);
}

function call(j: number): number {
  operand.kind = OPERAND.call;
  let depth = 0;
  for (let i = j + 1; i < j + 1 + OPERAND_REACH; i++) {
    const kind = kindAt(i);
    if (kind === 0x28) depth++;
    else if (kind === 0x29 && --depth === 0) return finish(i + 1);
    else if (edgeAt(i)) return finish(i);
  }
  return finish(j + 2);
}

function finish(end: number): number {
  let j = end;
  while (j < end + 6 && kindAt(j) === 0x29) j++;
  operand.end = j;
  return j;
}

/** `->`, `->>`, `@>`, `#>`, `?`, `?|`, `~` behind a string: what databases ask documents with. */
function documentOperator(k: number, kind: number): number {
  const next = kindAt(k + 1);
  if ((kind === 0x2d || kind === 0x40 || kind === 0x23) && next === 0x3e) return kindAt(k + 2) === 0x3e ? k + 3 : k + 2;
  if (kind === 0x3f && apart(k)) return next === 0x7c || next === 0x26 ? k + 2 : k + 1;
  return kind === 0x7e ? k + 1 : 0;
}

/** Where the comparison at k ends, 0 where none stands. */
function comparisonEnd(k: number): number {
  const kind = kindAt(k);
  if (kind === 0x3d || kind === 0x3c || kind === 0x3e || kind === KIND.assign) {
    let j = k + 1;
    while (j < k + 3 && (kindAt(j) === 0x3d || kindAt(j) === 0x3e)) j++;
    return j;
  }
  if (kind === 0x21 && kindAt(k + 1) === 0x3d) return k + 2;
  if (isQuote(kindAt(k - 1))) {
    const end = documentOperator(k, kind);
    if (end > 0) return end;
  }
  let j = idAt(k) === NOT ? k + 1 : k;
  if ((groupAt(j) & GROUP.compare) === 0) return 0;
  j++;
  // "sounds like", "similar to".
  if ((groupAt(j) & GROUP.compare) !== 0) j++;
  return j;
}

/**
 * A condition behind a joining word or mark at k whose operand starts at `from`. `broken`: a quote that nothing opened
 * stands before the joint.
 */
export function logicAt(k: number, from: number, broken: boolean): void {
  const first = operandEnd(from);
  if (first === 0) return;
  const kind = operand.kind;
  const firstToken = operand.id;
  const firstQuoted = operand.quoted;
  if (kind === OPERAND.query) return;
  const wordCompare = (groupAt(first) & GROUP.compare) !== 0;
  const second = comparisonEnd(first);
  if (second === 0) {
    if (kind !== OPERAND.literal) return;
    if (isComment(first) || wasCommented(first)) report(RULE.sqlLogicComment, tokenAt(k), tokenAt(first));
    else if (broken && (edgeAt(first) || isQuote(kindAt(first))))
      report(RULE.sqlQuoteLogic, tokenAt(k), tokenAt(first));
    return;
  }
  const list = (idAt(second - 1) === IN && kindAt(second) === 0x28) || idAt(second - 1) === BETWEEN;
  const last = operandEnd(second);
  if (last === 0) {
    // "' or '1'='": the statement's own quote closes the comparison.
    if (broken) report(firstQuoted ? RULE.sqlTautology : RULE.sqlQuoteLogic, tokenAt(k), tokenAt(second));
    return;
  }
  const constant = kind === OPERAND.literal && operand.kind === OPERAND.literal;
  const same = kind === OPERAND.name && operand.kind === OPERAND.name && sameWord(firstToken, operand.id);
  const calls = (kind === OPERAND.call || operand.kind === OPERAND.call) && sqlCall(from, second);
  if (constant && (!wordCompare || firstQuoted || list || broken))
    report(RULE.sqlTautology, tokenAt(k), tokenAt(last - 1));
  else if (same && !wordCompare) report(RULE.sqlTautology, tokenAt(k), tokenAt(last - 1));
  else if (operand.kind === OPERAND.query) report(RULE.sqlSubselect, tokenAt(k), tokenAt(last - 1));
  else if (calls) report(RULE.sqlFunction, tokenAt(k), tokenAt(last - 1));
  else if (broken) report(RULE.sqlQuoteLogic, tokenAt(k), tokenAt(last - 1));
}

/** True where two tokens are the same word, letter case aside. */
function sameWord(a: number, b: number): boolean {
  const length = ends[a] - starts[a];
  if (length !== ends[b] - starts[b]) return false;
  for (let i = 0; i < length; i++) {
    if ((scratch[starts[a] + i] | 0x20) !== (scratch[starts[b] + i] | 0x20)) return false;
  }
  return true;
}

/** True where one of the operands calls a function of SQL. */
function sqlCall(from: number, second: number): boolean {
  const functions = GROUP.sqlFunction | GROUP.sqlCommon;
  return (groupAt(skipOpeners(from)) & functions) !== 0 || (groupAt(skipOpeners(second)) & functions) !== 0;
}
