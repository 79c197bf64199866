/** Statements of SQL: a SELECT inside something else, or a statement of its own behind a semicolon. */
import { CONTENT_FIELD } from '../facts.ts';
import { RULE } from './rules.ts';
import { skipOpeners } from './sql-condition.ts';
import { edgeAt, groupAt, hasWithin, idAt, isComment, kindAt, sqlTokens, tokenAt } from './sql-tokens.ts';
import { current, isFirst, KIND, report } from './tokens.ts';
import { GROUP, GROUPS, wordId } from './words.ts';

const SELECT = wordId('select');
const FROM = wordId('from');
const WHERE = wordId('where');
const TOP = wordId('top');
const ALL = wordId('all');
const DISTINCT = wordId('distinct');
const INTO = wordId('into');
const VALUES = wordId('values');
const SET = wordId('set');
const AS = wordId('as');
const CASE = wordId('case');

/** Tokens of a select list that are looked at before FROM must stand. */
const LIST_REACH = 40;

/** SELECT at k: how much of a query follows decides how much it says. */
export function selectAt(k: number): void {
  const before = k > 0 ? kindAt(k - 1) : KIND.end;
  // ".select", "-select", "[select", "<select".
  if (before === 0x2e || before === 0x2d || before === 0x5b || before === 0x3c) return;
  const nested = before === 0x28;
  let j = k + 1;
  while (idAt(j) === ALL || idAt(j) === DISTINCT) j++;
  if (idAt(j) === TOP && kindAt(j + 1) === KIND.number) j += 2;
  const from = fromAfter(j);
  const constants = startsWithConstant(j);
  const structured = from > 0 && isStructured(j, from);
  const conditioned = from > 0 && hasWithin(from + 2, WHERE, 6) && kindAt(from + 1) === KIND.word;
  if (nested && (from > 0 || constants)) report(RULE.sqlSubselect, tokenAt(k), tokenAt(from > 0 ? from : j));
  else if (structured || conditioned)
    report(isContent(k) ? RULE.sqlSelectWords : RULE.sqlSelect, tokenAt(k), tokenAt(from));
  else if (constants && stopsBehind(j)) report(RULE.sqlSelect, tokenAt(k), tokenAt(j));
  else if (from > 0) report(RULE.sqlSelectWords, tokenAt(k), tokenAt(from));
}

/** A statement that is all a field holds is what query languages over HTTP look like: nothing is broken out of. */
function isContent(k: number): boolean {
  return current.field === CONTENT_FIELD.body && isFirst(tokenAt(k));
}

/** Where FROM stands behind the select list that begins at j, 0 where it does not. */
function fromAfter(j: number): number {
  const last = Math.min(j + LIST_REACH, sqlTokens.count);
  for (let i = j; i < last && !edgeAt(i); i++) {
    if (idAt(i) === FROM) {
      const next = kindAt(i + 1);
      const table = next === KIND.word || next === 0x28 || next === 0x60 || next === 0x5b || next === 0x22;
      return table && i > j ? i : 0;
    }
  }
  return 0;
}

/** True where a constant, a star, a variable or a call begins the select list. */
function startsWithConstant(j: number): boolean {
  const i = skipOpeners(j);
  const kind = kindAt(i);
  const groups = groupAt(i);
  if (kind === KIND.number || kind === 0x2a || (kind === 0x40 && kindAt(i + 1) === 0x40)) return true;
  if (idAt(i) === CASE || (groups & GROUP.literal) !== 0) return true;
  const functions = GROUP.sqlFunction | GROUP.sqlCommon;
  return (groups & functions) !== 0 && kindAt(i + 1) === 0x28;
}

/** True where a list is more than plain words: a star, commas, dots, calls. */
function isStructured(j: number, from: number): boolean {
  const first = kindAt(j);
  if (first === 0x2a || first === KIND.number || (groupAt(j) & GROUP.literal) !== 0) return true;
  let words = 0;
  for (let i = j; i < from; i++) {
    const kind = kindAt(i);
    if (kind === 0x28 || kind === 0x2a || kind === 0x40 || kind === 0x7c) return true;
    // A comma list of bare names is one thing, a list in a sentence another: "select red, green or blue from the".
    if (kind === KIND.word && idAt(i) !== AS) words++;
    else if (kind === 0x2c || kind === 0x2e) words = 0;
    if (words > 1) return false;
  }
  return from - j >= 3;
}

/** True where a select of constants ends as a statement does: `select 1`, `select 1,2`, `select sleep(5)#`. */
function stopsBehind(j: number): boolean {
  const i = skipOpeners(j);
  const next = kindAt(i + 1);
  return edgeAt(i + 1) || next === 0x2c || next === 0x28 || next === 0x3b || isComment(i + 1) || next === 0x2a;
}

const SECOND: ReadonlyMap<number, ReadonlySet<number>> = new Map(
  Object.entries({
    insert: 'into',
    delete: 'from',
    drop: 'table database user view index function procedure column schema trigger role login',
    create: 'table database user view function procedure login trigger or role schema',
    alter: 'table database user login role',
    truncate: 'table',
    replace: 'into',
    merge: 'into',
    grant: 'all select',
    attach: 'database',
    rename: 'table',
    load: 'data',
  }).map(([verb, list]) => [wordId(verb), new Set(list.split(' ').map((w) => wordId(w)))]),
);
const UPDATE = wordId('update');
const DECLARE = wordId('declare');
const SHUTDOWN = wordId('shutdown');
const EXEC = new Set([wordId('exec'), wordId('execute')]);
const INSERT = wordId('insert');
const DELETE = wordId('delete');
const BEGIN = wordId('begin');
const COPY = wordId('copy');
const PRAGMA = wordId('pragma');
const IMMEDIATE = wordId('immediate');

/** A statement at k. `behind`: a semicolon stands before it, and less is needed to tell it from a sentence. */
export function statementAt(k: number, behind: boolean): void {
  const id = idAt(k);
  if (id === 0) return;
  const second = SECOND.get(id);
  if (second !== undefined) {
    if (!second.has(idAt(k + 1))) return;
    if (behind) report(RULE.sqlStacked, tokenAt(k - 1), tokenAt(k + 1));
    else if (isWhole(k, id)) report(RULE.sqlStatement, tokenAt(k), tokenAt(k + 2));
    return;
  }
  if (id === UPDATE) {
    if (kindAt(k + 1) !== KIND.word || !hasWithin(k + 2, SET, 3)) return;
    const assigned = hasWithin(k + 2, SET, 3) && assigns(k + 3);
    if (assigned || behind) report(behind ? RULE.sqlStacked : RULE.sqlStatement, tokenAt(k), tokenAt(k + 2));
    return;
  }
  if (id === DECLARE && kindAt(k + 1) === 0x40) report(RULE.sqlStacked, tokenAt(k), tokenAt(k + 1));
  else if (EXEC.has(id) && procedure(k + 1)) report(RULE.sqlProcedure, tokenAt(k), tokenAt(k + 1));
  else if (behind) stackedWord(k, id);
}

/** Words that need the semicolon before them to be statements. */
function stackedWord(k: number, id: number): void {
  const next = kindAt(k + 1);
  const constant = id === SELECT && (startsWithConstant(k + 1) || fromAfter(k + 1) > 0);
  const ends = (id === SHUTDOWN || id === BEGIN) && (edgeAt(k + 1) || isComment(k + 1) || next === 0x3b);
  const copies = id === COPY && (next === 0x28 || (GROUPS[idAt(k + 2)] & GROUP.sql) !== 0);
  const pragma = id === PRAGMA && next === KIND.word;
  if (constant || ends || copies || pragma) report(RULE.sqlStacked, tokenAt(k - 1), tokenAt(k));
}

/** `exec master..xp_…`, `exec(@…)`, `execute immediate`: a procedure, not the verb of a sentence. */
function procedure(k: number): boolean {
  if (idAt(k) === IMMEDIATE) return true;
  if (kindAt(k) === 0x28) return kindAt(k + 1) === 0x40 || kindAt(k + 1) === 0x27;
  if ((groupAt(k) & GROUP.catalog) !== 0) return true;
  return kindAt(k) === KIND.word && kindAt(k + 1) === 0x2e && kindAt(k + 2) === 0x2e;
}

/** True where enough of a statement stands to be no sentence: a list of values, a condition, a name alone. */
function isWhole(k: number, id: number): boolean {
  if (kindAt(k + 2) !== KIND.word && kindAt(k + 2) !== 0x60 && kindAt(k + 2) !== 0x5b) return false;
  if (id === INSERT || idAt(k + 1) === INTO) return hasWithin(k + 3, VALUES, 24) || hasWithin(k + 3, SELECT, 12);
  if (id === DELETE) return hasWithin(k + 3, WHERE, 4) || edgeAt(k + 3) || isComment(k + 3) || kindAt(k + 3) === 0x3b;
  // A name in the quotes of MySQL is no word of a sentence.
  const named = kindAt(k + 2) === 0x60 && kindAt(k + 4) === 0x60;
  return named || edgeAt(k + 3) || isComment(k + 3) || kindAt(k + 3) === 0x3b || kindAt(k + 3) === 0x28;
}

/** True where an assignment follows within a few tokens. */
function assigns(k: number): boolean {
  for (let j = k; j < k + 6 && !edgeAt(j); j++) if (kindAt(j) === 0x3d) return true;
  return false;
}
