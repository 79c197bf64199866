/** Functions and catalogues of SQL: which calls say attack by their name, and which only in company. */
import { RULE } from './rules.ts';
import { afterQuote, apart, edgeAt, groupAt, idAt, kindAt, sqlTokens, tokenAt } from './sql-tokens.ts';
import { isQuote, KIND, report } from './tokens.ts';
import { GROUP, wordId } from './words.ts';

const WAITS = new Set(
  ['pg_sleep', 'benchmark', 'receive_message', 'randomblob', 'dbms_lock', 'dbms_pipe'].map((w) => wordId(w)),
);
const SLEEP = wordId('sleep');
const BENCHMARK = wordId('benchmark');
const MID = wordId('mid');
const CHAR = new Set(['char', 'chr', 'nchar'].map((w) => wordId(w)));
const ASKS_WHO = new Set(
  ['version', 'database', 'user', 'current_user', 'session_user', 'system_user', 'user_name', 'db_name'].map((w) =>
    wordId(w),
  ),
);
const PROCEDURES = new Set(
  `xp_cmdshell xp_dirtree xp_regread xp_fileexist sp_executesql sp_oacreate sp_configure sp_password sp_makewebtask
  sp_addlogin sp_who`
    .split(/\s+/)
    .map((w) => wordId(w)),
);
/** Names of columns in catalogues: other applications have such columns too. */
const COLUMN_NAMES = new Set(['table_name', 'column_name', 'table_schema', 'schema_name', 'rdb'].map((w) => wordId(w)));
const FROM = wordId('from');

/** Looks at a function or catalogue name at k. */
export function functionAt(k: number): void {
  const id = idAt(k);
  const groups = groupAt(k);
  if ((groups & GROUP.catalog) !== 0) {
    if (PROCEDURES.has(id)) report(RULE.sqlProcedure, tokenAt(k), tokenAt(k));
    else if (!COLUMN_NAMES.has(id)) report(RULE.sqlCatalog, tokenAt(k), tokenAt(k));
    else if (k > 0 && idAt(k - 1) === FROM) report(RULE.sqlCatalog, tokenAt(k), tokenAt(k));
    return;
  }
  const spaced = apart(k + 1) && kindAt(k + 2) === KIND.word;
  if (WAITS.has(id) && spaced) return;
  if (WAITS.has(id) && (kindAt(k + 1) === 0x28 || (kindAt(k + 1) === 0x2e && id !== BENCHMARK))) {
    report(RULE.sqlTime, tokenAt(k), tokenAt(k + 1));
    return;
  }
  if (kindAt(k + 1) !== 0x28) return;
  if (id === SLEEP) sleepAt(k);
  else if ((groups & GROUP.sqlFunction) !== 0 && id !== MID) report(RULE.sqlFunction, tokenAt(k), tokenAt(k + 1));
  else commonAt(k, id);
}

/** `sleep(5)` alone is code of many languages; with a number it still has no place in a parameter. */
function sleepAt(k: number): void {
  const before = k > 0 ? kindAt(k - 1) : KIND.end;
  if (before === 0x2e) return;
  if (kindAt(k + 2) === KIND.number || kindAt(k + 2) === 0x28 || kindAt(k + 2) === 0x2d) {
    report(RULE.sqlTime, tokenAt(k), tokenAt(k + 2));
  }
}

/** A common name: it needs a quote before it, character codes in it, or another function of SQL inside. */
function commonAt(k: number, id: number): void {
  const before = k > 0 ? kindAt(k - 1) : KIND.end;
  if (before === 0x2e || before === 0x24) return;
  if (CHAR.has(id)) {
    const listed = kindAt(k + 2) === KIND.number && (kindAt(k + 3) === 0x2c || kindAt(k + 3) === 0x29);
    if (listed) report(kindAt(k + 3) === 0x2c ? RULE.sqlFunction : RULE.sqlFunctionWeak, tokenAt(k), tokenAt(k + 3));
    return;
  }
  if (kindAt(k + 2) === 0x29) {
    if (ASKS_WHO.has(id) && isInner(k)) report(RULE.sqlFunction, tokenAt(k), tokenAt(k + 2));
    return;
  }
  const functions = GROUP.sqlFunction | GROUP.sqlCommon;
  const last = Math.min(k + 14, sqlTokens.count);
  for (let j = k + 2; j < last && !edgeAt(j); j++) {
    if ((groupAt(j) & functions) !== 0 && kindAt(j + 1) === 0x28 && j + 1 < last) {
      report(afterQuote(k) ? RULE.sqlFunction : RULE.sqlFunctionWeak, tokenAt(k), tokenAt(j + 1));
      return;
    }
  }
}

/** True where a call stands as an operand: behind a parenthesis, a comma, an operator or a quote. */
function isInner(k: number): boolean {
  if (k === 0) return false;
  const before = kindAt(k - 1);
  const mark = before === 0x28 || before === 0x2c || before === 0x2b || before === 0x7c || isQuote(before);
  return mark || (before === KIND.word && (groupAt(k - 1) & GROUP.sql) !== 0);
}
