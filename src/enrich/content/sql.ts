/**
 * SQL. The value lands somewhere inside a statement that we cannot see, in or out of quotes, so the matcher looks for
 * the joints: where a value stops being one and an operator, clause or statement goes on. One pass over the tokens with
 * bounded looking ahead; comments are taken out first, because MySQL and others read them as spaces.
 */

import { scratch } from './decode.ts';
import { RULE } from './rules.ts';
import { logicAt, operandEnd, skipOpeners } from './sql-condition.ts';
import { functionAt } from './sql-function.ts';
import { selectAt, statementAt } from './sql-statement.ts';
import {
  afterQuote,
  apart,
  collect,
  edgeAt,
  groupAt,
  hasWithin,
  idAt,
  isComment,
  isOddQuote,
  kindAt,
  sqlTokens,
  tokenAt,
  wasCommented,
} from './sql-tokens.ts';
import { ends, gaps, isFirst, isQuote, KIND, kinds, MARK, report, starts, tokens } from './tokens.ts';
import { GROUP, wordId } from './words.ts';

const JOINS = new Set(['union', 'except', 'intersect', 'minus'].map((w) => wordId(w)));
const SELECT = wordId('select');
const ALL = wordId('all');
const DISTINCT = wordId('distinct');
const ORDER = wordId('order');
const GROUP_WORD = wordId('group');
const BY = wordId('by');
const HAVING = wordId('having');
const CASE = wordId('case');
const WHEN = wordId('when');
const INTO = wordId('into');
const OUTFILE = wordId('outfile');
const DUMPFILE = wordId('dumpfile');
const LOAD = wordId('load');
const LOAD_FILE = wordId('load_file');
const DATA = wordId('data');
const INFILE = wordId('infile');
const LIMIT = wordId('limit');
const PROCEDURE = wordId('procedure');
const ANALYSE = wordId('analyse');
const WAITFOR = wordId('waitfor');
const DELAY = wordId('delay');
const THEN = wordId('then');

const TYPES = new Set(
  'int integer bigint smallint text bool boolean json jsonb varchar numeric double float8 regclass date timestamp'
    .split(' ')
    .map((w) => wordId(w)),
);

/** Looks for SQL in the tokens. */
export function matchSql(): void {
  const { words, marks } = tokens;
  if ((words & (GROUP.sql | GROUP.sqlFunction)) === 0 && (marks & (MARK.quote | MARK.at)) === 0) return;
  collect();
  const count = sqlTokens.count;
  for (let k = 0; k < count; k++) {
    const kind = kindAt(k);
    if (kind === KIND.word) {
      if ((groupAt(k) & GROUP.sql) !== 0) wordAt(k);
    } else if (kind === 0x27 || kind === 0x22) {
      if (isOddQuote(k)) quoteAt(k);
    } else if (kind === 0x7c || kind === 0x26) {
      if (kindAt(k + 1) === kind) logicAt(k, k + 2, afterQuote(k));
    } else if (kind === 0x3b) statementAt(k + 1, true);
    else if (kind === 0x3a) {
      if (kindAt(k + 1) === 0x3a && TYPES.has(idAt(k + 2))) castAt(k);
    } else if (kind === 0x40 && isVariable(k)) report(RULE.sqlCatalog, tokenAt(k), tokenAt(k + 2));
  }
}

function wordAt(k: number): void {
  const id = idAt(k);
  const next = idAt(k + 1);
  const groups = groupAt(k);
  if ((groups & GROUP.logic) !== 0) logicAt(k, k + 1, afterQuote(k));
  if ((groups & (GROUP.sqlFunction | GROUP.sqlCommon | GROUP.catalog)) !== 0) functionAt(k);
  if (JOINS.has(id)) unionAt(k);
  else if (id === SELECT) selectAt(k);
  else if ((id === ORDER || id === GROUP_WORD) && next === BY) {
    if (kindAt(k + 2) === KIND.number && numberEnds(k + 3)) report(RULE.sqlOrderProbe, tokenAt(k), tokenAt(k + 2));
  } else if (id === HAVING) logicAt(k, k + 1, false);
  else if (id === CASE && next === WHEN) {
    if (hasWithin(k + 2, THEN, 24)) report(RULE.sqlCase, tokenAt(k), tokenAt(k + 2));
  } else if (id === INTO && (next === OUTFILE || next === DUMPFILE)) report(RULE.sqlFile, tokenAt(k), tokenAt(k + 1));
  else if (id === LOAD_FILE && kindAt(k + 1) === 0x28) report(RULE.sqlFile, tokenAt(k), tokenAt(k + 1));
  else if (id === LOAD && next === DATA && hasWithin(k + 2, INFILE, 3))
    report(RULE.sqlFile, tokenAt(k), tokenAt(k + 2));
  else if (id === PROCEDURE && next === ANALYSE && kindAt(k + 2) === 0x28)
    report(RULE.sqlFunction, tokenAt(k), tokenAt(k + 2));
  else if (id === WAITFOR && next === DELAY) report(RULE.sqlTime, tokenAt(k), tokenAt(k + 1));
  else statementAt(k, false);
}

/** `@@version`: a system variable, in one case and where an operand stands; sealed tokens have such marks inside. */
function isVariable(k: number): boolean {
  if (kindAt(k + 1) !== 0x40 || kindAt(k + 2) !== KIND.word || apart(k + 1) || apart(k + 2)) return false;
  const name = tokenAt(k + 2);
  if (ends[name] - starts[name] < MIN_VARIABLE || !inOneCase(name)) return false;
  const before = k > 0 ? kindAt(k - 1) : KIND.assign;
  return apart(k) || (before !== KIND.word && before !== KIND.number && before !== KIND.other && before !== 0x40);
}
const MIN_VARIABLE = 4;

function inOneCase(token: number): boolean {
  let small = 0;
  let large = 0;
  for (let p = starts[token]; p < ends[token]; p++) {
    const byte = scratch[p];
    if (byte >= 0x61 && byte <= 0x7a) small = 1;
    else if (byte >= 0x41 && byte <= 0x5a) large = 1;
  }
  return small + large === 1;
}

/** True where a number of columns is all that is left: the end, a comment, or another column. */
function numberEnds(k: number): boolean {
  const kind = kindAt(k);
  return edgeAt(k) || kind === 0x2c || kind === 0x23 || kind === 0x3b || isComment(k);
}

/** `…)::int`, `'…'::jsonb`, `name::text`: the casts of PostgreSQL. */
function castAt(k: number): void {
  if (k === 0 || apart(k) || apart(k + 2)) return;
  const before = kindAt(k - 1);
  // Modules of Perl and namespaces of C++ are written alike, with a capital or another type behind.
  const lower = scratch[starts[tokenAt(k + 2)]] >= 0x61 && kindAt(k + 3) !== 0x3a;
  const expression =
    (tokens.words & (GROUP.logic | GROUP.clause | GROUP.compare | GROUP.sqlFunction)) !== 0 || edgeAt(k + 3);
  if (before === 0x29 || isQuote(before) || (before === KIND.word && lower && expression))
    report(RULE.sqlCast, tokenAt(k - 1), tokenAt(k + 2));
}

function unionAt(k: number): void {
  let j = k + 1;
  if (idAt(j) === ALL || idAt(j) === DISTINCT) j++;
  while (kindAt(j) === 0x28) j++;
  if (idAt(j) !== SELECT) return;
  const after = skipOpeners(j + 1);
  const kind = kindAt(after);
  const groups = groupAt(after);
  const follow = kindAt(after + 1);
  const listed =
    kind === KIND.number ||
    kind === 0x2a ||
    kind === 0x40 ||
    after > j + 1 ||
    (groups & (GROUP.literal | GROUP.sqlFunction | GROUP.sqlCommon | GROUP.catalog)) !== 0 ||
    (kind === KIND.word && (follow === 0x2c || follow === 0x28 || follow === 0x2e));
  const fromTable = kind === KIND.word && (groupAt(after + 1) & GROUP.sql) !== 0;
  report(listed || fromTable || afterQuote(k) ? RULE.sqlUnion : RULE.sqlUnionWords, tokenAt(k), tokenAt(j));
}

/** An odd quote: what follows it tells whether it breaks out of a string. */
function quoteAt(k: number): void {
  let j = k + 1;
  while (kindAt(j) === 0x29) j++;
  const kind = kindAt(j);
  const token = tokenAt(j);
  const closes = k > 0 && kindAt(k - 1) !== KIND.assign && kindAt(k - 1) !== KIND.separator;
  if (isComment(j) && (kind !== 0x23 || closes)) report(RULE.sqlQuoteComment, tokenAt(k), token);
  else if (wasCommented(j) && closes && j < sqlTokens.count) report(RULE.sqlQuoteComment, tokenAt(k), token);
  else if (kind === 0x3b) {
    if (isComment(j + 1)) report(RULE.sqlQuoteComment, tokenAt(k), tokenAt(j + 1));
  } else if (kind === 0x7c && kindAt(j + 1) === 0x7c) concatAt(k, j + 2);
  else if (kind === 0x2b && kindAt(j + 1) !== KIND.end) {
    if (kindAt(j + 1) === 0x28 || isQuote(kindAt(j + 1))) concatAt(k, j + 1);
  } else if (kind === KIND.word && (groupAt(j) & (GROUP.clause | GROUP.compare)) !== 0) clauseAt(k, j);
  else if (edgeAt(j)) lonelyAt(k);
  if (closes) trailingComment(k, j);
}

/** Tokens behind a quote among which the comment that hides the rest of a statement is looked for. */
const COMMENT_REACH = 24;

/** `x'-email--`: whatever stands behind the quote, the value ends by commenting out what follows it. */
function trailingComment(k: number, from: number): void {
  for (let j = from; j < from + COMMENT_REACH && !edgeAt(j); j++) {
    if (kindAt(j) !== 0x2d || kindAt(j + 1) !== 0x2d || apart(j + 1)) continue;
    const after = kindAt(j + 2) === 0x2d ? j + 3 : j + 2;
    if (edgeAt(after)) report(RULE.sqlQuoteComment, tokenAt(k), tokenAt(j + 1));
    return;
  }
}

/** `'||`, `'+`: the rest must look like an expression, and close the string again or call something. */
function concatAt(k: number, j: number): void {
  const kind = kindAt(j);
  const calls = kind === KIND.word && kindAt(j + 1) === 0x28 && (groupAt(j) & GROUP.sql) !== 0;
  if (kind === 0x28 || calls || (isQuote(kind) && (edgeAt(j + 1) || j - k <= 3))) {
    report(RULE.sqlQuoteConcat, tokenAt(k), tokenAt(j));
  }
}

/** `' order by 3`, `' having …`, `' like '%`, `' between 1 and`: a clause with something of its own behind it. */
function clauseAt(k: number, j: number): void {
  const id = idAt(j);
  const kind = kindAt(j + 1);
  const byNumber = (id === ORDER || id === GROUP_WORD) && idAt(j + 1) === BY;
  const limited = (id === LIMIT || id === HAVING) && operandEnd(j + 1) > 0;
  // A word right between two quotes is a string that happens to be a keyword.
  const string = isQuote(kind) && !apart(j) && !apart(j + 1) && !isQuote(kindAt(j + 2)) && kindAt(j + 2) !== 0x25;
  const operand = (isQuote(kind) && !string) || kind === KIND.number || kind === 0x28;
  const compared = (groupAt(j) & GROUP.compare) !== 0 && operand;
  if (byNumber || limited || compared) report(RULE.sqlQuoteClause, tokenAt(k), tokenAt(j + 1));
}

/** A quote that ends its value behind a number alone: somebody looks for an error message. */
function lonelyAt(k: number): void {
  const before = tokenAt(k) - 1;
  if (before < 0 || gaps[tokenAt(k)] !== 0) return;
  let first = before;
  while (first > 0 && before - first < 3 && (kinds[first] === 0x29 || kinds[first] === 0x5c)) first--;
  if (isFirst(first) && kinds[first] === KIND.number) report(RULE.sqlQuoteProbe, first, tokenAt(k));
}
