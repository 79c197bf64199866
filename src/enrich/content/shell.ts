/**
 * Shell commands: a separator and a command behind it, a substitution, a redirection, a program by its path. Many
 * commands are words of English and many separators stand in ordinary parameters, so a plain name needs an argument
 * that only a shell would take.
 */
import { CONTENT_FIELD } from '../facts.ts';
import { scratch } from './decode.ts';
import { RULE } from './rules.ts';
import {
  current,
  ends,
  GAP,
  gaps,
  ids,
  isEdge,
  isFirst,
  isQuote,
  KIND,
  kinds,
  MARK,
  report,
  starts,
  tokens,
} from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const ANY = GROUP.command | GROUP.commandPlain;
const BIN = wordSet('bin sbin');
const DEV = wordId('dev');
const NULL = wordId('null');
const CMD = wordId('cmd');
const POWERSHELL = wordSet('powershell pwsh');
const FETCH = wordSet('wget curl fetch lynx tftp ftpget');
const TIMED = wordSet('sleep ping ping6 timeout');
const IFS = wordId('ifs');
const TCP = wordSet('tcp udp');
const FUNCTION = wordId('function');
/** Plain names that attackers test with and that hardly mean anything else at the end of a chain. */
const TESTS = wordSet('id ls cat dir pwd ps whoami uname env set ver hostname ifconfig netstat w who sleep ping');

/** Looks for shell commands in the tokens. */
export function matchShell(): void {
  const { marks, words } = tokens;
  const structural =
    MARK.chain | MARK.dollar | MARK.quote | MARK.angle | MARK.slash | MARK.brace | MARK.line | MARK.equals;
  if ((marks & (structural | MARK.space | MARK.percent)) === 0) return;
  if ((words & (ANY | GROUP.systemDirectory)) === 0 && (marks & (MARK.brace | MARK.angle | MARK.dollar)) === 0) return;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === KIND.word) {
      if (ids[i] !== 0) wordAt(i);
    } else if (kind === 0x3b || kind === 0x7c || kind === 0x26) chainAt(i, kind);
    else if (kind === 0x24) dollarAt(i);
    else if (kind === 0x60) {
      // Two or three in a row fence code off in Markdown; a shell would run nothing between them.
      const fence = kinds[i + 1] === 0x60 || (i > 0 && kinds[i - 1] === 0x60 && gaps[i] === 0);
      if (!fence && commandAt(i + 1) > 0 && !isEdge(i + 2) && closesBacktick(i + 2))
        report(RULE.shellSubstitution, i, i + 1);
    } else if (kind === 0x3e || kind === 0x3c) redirectAt(i, kind);
    else if (kind === 0x28) functionAt(i);
    else if (kind === 0x7b) bracesAt(i);
    if ((gaps[i] & GAP.line) !== 0 && !isFirst(i)) lineAt(i);
  }
}

/** Passes over a path such as /usr/bin/ in front of a command; returns the token of the name. */
function nameAt(i: number): number {
  let j = i;
  while (kinds[j] === 0x2f && kinds[j + 1] === KIND.word && kinds[j + 2] === 0x2f && j < i + 8) j += 2;
  if (kinds[j] === 0x2f && j > i) j++;
  return j;
}

/** Token of the command that begins at i, 0 where none does: 'cat', c'a't and c\at count as cat. */
function commandAt(i: number): number {
  let j = i;
  while (j < i + 3 && (kinds[j] === 0x28 || kinds[j] === 0x7b || kinds[j] === 0x40 || isQuote(kinds[j]))) j++;
  j = nameAt(j);
  if (kinds[j] !== KIND.word) return 0;
  if ((GROUPS[ids[j]] & ANY) !== 0) return goesOn(j) ? 0 : j;
  return 0;
}

/** True where a word is part of something longer: "cat-food", "id=", "find.html". */
function goesOn(j: number): boolean {
  const next = kinds[j + 1];
  if (gaps[j + 1] !== 0) return false;
  return next === 0x2d || next === 0x3d || next === KIND.assign || next === 0x2e || next === 0x3a || next === 0x2f;
}

/** True where the argument behind a command's name is one that only a shell takes. */
function argued(j: number): boolean {
  const at = j + 1;
  const kind = kinds[at];
  if (isEdge(at)) return false;
  if (gaps[at] === 0 && (GROUPS[ids[j]] & GROUP.command) === 0 && !TESTS.has(ids[j])) return kind === 0x24;
  if (gaps[at] === 0)
    return kind === 0x2b || kind === 0x24 || kind === 0x3c || kind === 0x3e || kind === 0x7c || kind === 0x3b;
  if (kind === 0x2d && gaps[at + 1] === 0)
    return kinds[at + 1] === KIND.word || kinds[at + 1] === 0x2d || number(j, at + 1);
  if (kind === 0x2f) return kinds[at + 1] === KIND.word || (current.field !== CONTENT_FIELD.agent && isEdge(at + 1));
  if (kind === 0x25 && kinds[at + 1] === KIND.word && kinds[at + 2] === 0x25) return true;
  // Plain words between bars are the cells of a table.
  if (kind === 0x7c) return (GROUPS[ids[j]] & GROUP.command) !== 0 || TESTS.has(ids[j]);
  if (kind === 0x24 || kind === 0x3e || kind === 0x26) return true;
  if (kind === 0x2e && (kinds[at + 1] === 0x2e || kinds[at + 1] === 0x2f)) return true;
  if (kind === KIND.number) return TIMED.has(ids[j]);
  return kind === KIND.word && (GROUPS[ids[at]] & (GROUP.scheme | GROUP.systemFile)) !== 0 && pathLike(at + 1);
}

function number(j: number, at: number): boolean {
  return kinds[at] === KIND.number && (GROUPS[ids[j]] & ANY) !== 0;
}

function pathLike(at: number): boolean {
  return kinds[at] === 0x3a && kinds[at + 1] === 0x2f;
}

/** A separator at i: is a command behind it? */
function chainAt(i: number, kind: number): void {
  const doubled = kinds[i + 1] === kind && gaps[i + 1] === 0;
  if (i > 0 && kinds[i - 1] === kind && gaps[i] === 0) return;
  const j = commandAt(doubled ? i + 2 : i + 1);
  if (j === 0) return;
  const inAgent = current.field === CONTENT_FIELD.agent;
  const distinct = (GROUPS[ids[j]] & GROUP.command) !== 0;
  const byPath = kinds[j - 1] === 0x2f;
  // The cells of a table in Markdown stand between bars, too.
  const cell =
    kind === 0x7c && !doubled && !distinct && kinds[j + 1] === 0x7c && gaps[j + 1] !== 0 && gaps[i + 1] !== 0;
  if (cell) report(RULE.shellPipeWord, i, j);
  else if (byPath || argued(j)) report(RULE.shellChain, i, j);
  else if (distinct && !inAgent && (isEdge(j + 1) || chained(j + 1) || kinds[j + 1] === 0x29)) {
    report(RULE.shellChain, i, j);
  } else if (!inAgent && TESTS.has(ids[j]) && (isEdge(j + 1) || kinds[j + 1] === 0x23)) {
    report(kind === 0x7c && !doubled ? RULE.shellPipeWord : RULE.shellChainPlain, i, j);
  }
}

function chained(at: number): boolean {
  const kind = kinds[at];
  return kind === 0x3b || kind === 0x7c || kind === 0x26 || kind === 0x23 || isQuote(kind);
}

/** A command on a line of its own, behind an injected line break. */
function lineAt(i: number): void {
  const j = commandAt(i);
  if (j === 0) return;
  const distinct = (GROUPS[ids[j]] & GROUP.command) !== 0;
  if ((distinct || TESTS.has(ids[j]) || kinds[j - 1] === 0x2f) && (argued(j) || isEdge(j + 1))) {
    report(RULE.shellChain, i, j);
  }
}

/** `$(command`, `$IFS`, `${IFS}`, `$@`. */
function dollarAt(i: number): void {
  if (gaps[i + 1] !== 0) return;
  const next = kinds[i + 1];
  if (ids[i + 1] === IFS || (next === 0x7b && ids[i + 2] === IFS)) report(RULE.shellFields, i, i + 2);
  else if (next === 0x28) {
    if (kinds[i + 2] === 0x28) {
      if (kinds[i + 3] === KIND.number) report(RULE.shellSubstitution, i, i + 3);
      return;
    }
    const j = commandAt(i + 2);
    if (j > 0 || kinds[i + 2] === 0x3c) report(RULE.shellSubstitution, i, j > 0 ? j : i + 2);
  }
}

/** True where a second backtick closes the first within a command's length. */
function closesBacktick(from: number): boolean {
  for (let j = from; j < from + 40 && !isEdge(j); j++) if (kinds[j] === 0x60) return true;
  return false;
}

/** `>/path`, `2>&1`, `>>file`, `<(command`, `</dev/tcp`. */
function redirectAt(i: number, kind: number): void {
  let j = i + 1;
  if (kind === 0x3e && kinds[j] === 0x3e) j++;
  const numbered = i > 0 && kinds[i - 1] === KIND.number && gaps[i] === 0;
  if (kind === 0x3e && kinds[j] === 0x26 && kinds[j + 1] === KIND.number && gaps[j] === 0) {
    report(RULE.shellRedirect, numbered ? i - 1 : i, j + 1);
  } else if (kinds[j] === 0x2f && kinds[j + 1] === KIND.word && kinds[j + 2] === 0x2f) {
    if ((GROUPS[ids[j + 1]] & GROUP.systemDirectory) !== 0) report(RULE.shellRedirect, i, j + 2);
  } else if (kind === 0x3c && kinds[j] === 0x28 && commandAt(j + 1) > 0) report(RULE.shellSubstitution, i, j + 1);
}

/** `() {` with code behind it: a function definition where a value was expected. */
function functionAt(i: number): void {
  if (kinds[i + 1] !== 0x29 || kinds[i + 2] !== 0x7b) return;
  // A function of script has a word or an arrow around its parentheses.
  if (i > 0 && (kinds[i - 1] === KIND.word || kinds[i - 1] === 0x29) && !isFirst(i)) return;
  for (let j = i + 3; j < i + 16 && !isEdge(j); j++) {
    if (kinds[j] === 0x7d && (kinds[j + 1] === 0x3b || gaps[j + 1] !== 0) && !isEdge(j + 1)) {
      report(RULE.shellFunction, i, j);
      return;
    }
  }
}

/** `{cat,/etc/…}`: braces that a shell expands to words. */
function bracesAt(i: number): void {
  const named = kinds[i + 1] === KIND.word && (GROUPS[ids[i + 1]] & ANY) !== 0;
  if (!named || kinds[i + 2] !== 0x2c || gaps[i + 2] !== 0 || gaps[i + 3] !== 0) return;
  const kind = kinds[i + 3];
  if (kind === 0x2f || kind === 0x2d || kind === KIND.word) report(RULE.shellFields, i, i + 3);
}

function wordAt(i: number): void {
  const word = ids[i];
  if ((GROUPS[word] & GROUP.commandParameter) !== 0 && kinds[i + 1] === KIND.assign) {
    parameterAt(i);
    return;
  }
  const slash = i > 0 && kinds[i - 1] === 0x2f && gaps[i] === 0;
  if (slash && BIN.has(word)) programAt(i);
  else if (slash && word === DEV) deviceAt(i);
  else if (word === CMD) interpreterAt(i);
  else if (POWERSHELL.has(word)) {
    const at = extension(i);
    if (kinds[at] === 0x2d && kinds[at + 1] === KIND.word && gaps[at] !== 0) report(RULE.shellWindows, i, at + 1);
    else if (at > i + 1) report(RULE.shellWindows, i, at - 1);
  } else if (FETCH.has(word)) fetchAt(i);
  else if (isFirst(i) && kinds[i - 1] === KIND.assign && (GROUPS[word] & ANY) !== 0) wholeAt(i);
}

/** `cmd=whoami`, `exec=ls -la`: a parameter for commands that has one. */
function parameterAt(i: number): void {
  const j = commandAt(i + 2);
  if (j === 0) {
    const spaced = kinds[i + 2] === KIND.word && gaps[i + 3] !== 0 && !isEdge(i + 3);
    if (spaced && kinds[i + 3] === 0x2d) report(RULE.shellParameter, i, i + 3);
    return;
  }
  const distinct = (GROUPS[ids[j]] & GROUP.command) !== 0 || kinds[j - 1] === 0x2f;
  if (distinct || argued(j) || (TESTS.has(ids[j]) && isEdge(j + 1)) || chained(j + 1))
    report(RULE.shellParameter, i, j);
}

/** A value that is a command with arguments, whatever the parameter is called. */
function wholeAt(i: number): void {
  if (goesOn(i) || !argued(i)) return;
  const at = i + 1;
  const flag = kinds[at] === 0x2d;
  // "sort -price": a flag of a word's length is no flag.
  if (flag && ends[at + 1] - starts[at + 1] > 3) return;
  const distinct = (GROUPS[ids[i]] & GROUP.command) !== 0;
  const path = kinds[at] === 0x2f && kinds[at + 2] === 0x2f;
  if (distinct || path || (flag && TESTS.has(ids[i]))) report(RULE.shellCommand, i, at + 1);
}

/** /bin/sh, /usr/bin/id. */
function programAt(i: number): void {
  if (kinds[i + 1] !== 0x2f || kinds[i + 2] !== KIND.word) return;
  if ((GROUPS[ids[i + 2]] & ANY) !== 0 && kinds[i + 3] !== 0x2e && kinds[i + 3] !== 0x2f) {
    report(RULE.shellProgram, i - 1, i + 2);
  }
}

/** /dev/tcp/host/port, /dev/null. */
function deviceAt(i: number): void {
  if (kinds[i + 1] !== 0x2f) return;
  if (TCP.has(ids[i + 2]) && kinds[i + 3] === 0x2f) report(RULE.shellSocket, i - 1, i + 3);
  else if (ids[i + 2] === NULL) report(RULE.shellRedirect, i - 1, i + 2);
}

/** cmd /c, cmd.exe. */
function interpreterAt(i: number): void {
  const at = extension(i);
  const flagged = kinds[at] === 0x2f && gaps[at] !== 0 && ends[at + 1] - starts[at + 1] === 1;
  if (flagged || at > i + 1) report(RULE.shellWindows, i, at > i + 1 ? at - 1 : at + 1);
}

/** Behind ".exe" where it follows the word at i, else behind the word. */
function extension(i: number): number {
  const at = starts[i + 2];
  const exe =
    kinds[i + 1] === 0x2e &&
    ends[i + 2] - at === 3 &&
    (scratch[at] | 0x20) === 0x65 &&
    (scratch[at + 1] | 0x20) === 0x78 &&
    (scratch[at + 2] | 0x20) === 0x65;
  return exe ? i + 3 : i + 1;
}

/** wget http://…, curl -o …: a fetch with its argument. */
function fetchAt(i: number): void {
  const at = i + 1;
  if (gaps[at] === 0 || current.field === CONTENT_FIELD.agent) return;
  const flagged = kinds[at] === 0x2d && gaps[at + 1] === 0 && kinds[at + 1] === KIND.word && !isFirst(i);
  const addressed = kinds[at] === KIND.word && (GROUPS[ids[at]] & GROUP.scheme) !== 0 && pathLike(at + 1);
  if (ids[i] !== FUNCTION && (flagged || addressed)) report(RULE.shellFetch, i, at + 1);
}
