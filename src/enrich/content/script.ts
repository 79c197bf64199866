/**
 * Browser and server JavaScript. Error reports and analytics carry harmless script in parameters, so names alone say
 * little: a call with what an attacker would pass, or the detours that hide one, say much.
 */

import { scratch } from './decode.ts';
import { RULE } from './rules.ts';
import { ends, gaps, ids, isEdge, isFirst, isQuote, KIND, kinds, MARK, report, starts, tokens } from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const SCHEMES = wordSet('javascript vbscript livescript jscript mocha');
const DECLARES = wordSet('var let const');
const DIALOGS = wordSet('alert prompt confirm');
const EVALS = wordSet('eval settimeout setinterval execscript function');
const ENCODERS = wordSet('fromcharcode atob');
const OWNERS = wordSet('document window self top parent globalthis frames');
const COOKIES = wordSet('cookie domain write writeln');
const JAVA = wordId('java');
const SCRIPT = wordId('script');
const VOID = wordId('void');
const VOID_WORDS = 4;
const DATA = wordId('data');
const LOCATION = wordId('location');
const HREF = wordId('href');
const OPEN = wordId('open');
const CONSTRUCTOR = wordId('constructor');
const REQUIRE = wordId('require');
const CHILD = wordId('child_process');
const MAIN_MODULE = wordId('mainmodule');
const PROCESS = wordId('process');
const RUNNERS = wordSet('execsync spawnsync readfilesync exec spawn child_process mainmodule');
const DOCUMENT = wordId('document');

/** Looks for script in the tokens. */
export function matchScript(): void {
  if ((tokens.marks & MARK.chain) !== 0 && (tokens.marks & MARK.equals) !== 0) statements();
  if ((tokens.marks & (MARK.bang | MARK.bracket)) === (MARK.bang | MARK.bracket)) signsOnly();
  if ((tokens.marks & MARK.colon) !== 0 && (tokens.marks & MARK.space) !== 0) splitSchemes();
  if ((tokens.words & (GROUP.script | GROUP.java)) === 0) return;
  const marks = tokens.marks & (MARK.paren | MARK.colon | MARK.quote | MARK.bracket | MARK.equals);
  if (marks === 0) return;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    const word = ids[i];
    if (word !== 0 && (GROUPS[word] & (GROUP.script | GROUP.java)) !== 0) wordAt(i, word);
  }
}

/** `;var x=…`, `;let x=new …`: statements behind a value. */
function statements(): void {
  for (let i = 0; i < tokens.count; i++) {
    if (kinds[i] !== 0x3b || !DECLARES.has(ids[i + 1]) || kinds[i + 2] !== KIND.word || gaps[i + 2] === 0) continue;
    if (kinds[i + 3] === 0x3d) report(RULE.jsStatement, i, i + 3);
  }
}

/** Signs of which script can be written without a letter, and how many in a row are no accident. */
const SIGNS = new Set([0x21, 0x28, 0x29, 0x2b, 0x5b, 0x5d]);
const MIN_SIGNS = 6;

/** `[][(![]+[])[+[]]]`: script without letters. An empty list that is negated is in every such text, and in no other. */
function signsOnly(): void {
  let from = 0;
  let negated = false;
  for (let i = 0; i <= tokens.count; i++) {
    if (SIGNS.has(kinds[i])) {
      if (kinds[i] === 0x21 && kinds[i + 1] === 0x5b && kinds[i + 2] === 0x5d && kinds[i + 3] !== 0x28) negated = true;
      continue;
    }
    if (negated && i - from >= MIN_SIGNS) report(RULE.jsEncoded, from, i - 1);
    negated = false;
    from = i + 1;
  }
}

/** Words that line breaks and tabs split, and browsers join: at most so many pieces. */
const MAX_PIECES = 12;
const SPLIT = ['javascript', 'vbscript'].map((name) => Uint8Array.from(name, (c) => c.charCodeAt(0)));

/** `java&Tab;script:`: browsers drop tabs and line breaks from addresses. */
function splitSchemes(): void {
  for (let i = 2; i < tokens.count; i++) {
    if (kinds[i] !== 0x3a || kinds[i - 1] !== KIND.word || gaps[i - 1] === 0) continue;
    let first = i - 1;
    while (first > 0 && i - first < MAX_PIECES && kinds[first - 1] === KIND.word && onlyTabs(first)) first--;
    if (first < i - 1 && SPLIT.some((name) => spells(first, i, name))) report(RULE.jsScheme, first, i);
  }
}

/** True where nothing but tabs and line breaks stands before the token, and at least one. */
function onlyTabs(i: number): boolean {
  for (let p = ends[i - 1]; p < starts[i]; p++)
    if (scratch[p] !== 9 && scratch[p] !== 10 && scratch[p] !== 13) return false;
  return starts[i] > ends[i - 1];
}

function spells(from: number, to: number, name: Uint8Array): boolean {
  let n = 0;
  for (let i = from; i < to; i++) {
    for (let p = starts[i]; p < ends[i]; p++) if (n >= name.length || (scratch[p] | 0x20) !== name[n++]) return false;
  }
  return n === name.length;
}

function wordAt(i: number, word: number): void {
  if (kinds[i + 1] === 0x28 && i > 1 && (GROUPS[word] & GROUP.script) !== 0 && brokeOut(i))
    report(RULE.jsBreak, i, i + 1);
  if (SCHEMES.has(word)) schemeAt(i, i);
  else if (word === JAVA && ids[i + 1] === SCRIPT && gaps[i + 1] !== 0) schemeAt(i, i + 1);
  else if (word === DATA) dataAt(i);
  else if (DIALOGS.has(word)) dialogAt(i);
  else if (EVALS.has(word)) evalAt(i);
  else if (ENCODERS.has(word)) {
    if (kinds[i + 1] === 0x28 && !isEdge(i + 2)) report(RULE.jsEncoded, i, i + 2);
  } else if (OWNERS.has(word)) ownerAt(i, word);
  else if (word === CONSTRUCTOR) constructorAt(i);
  else if (word === REQUIRE || word === PROCESS) moduleAt(i, word);
}

/** `javascript:` and its relatives: a word, a colon, and code at once; a sentence has a space behind the colon. */
function schemeAt(first: number, i: number): void {
  const colon = i + 1;
  if (kinds[colon] !== 0x3a) return;
  const next = colon + 1;
  if (
    isEdge(next) ||
    kinds[next] === 0x3b ||
    (isQuote(kinds[next]) && !isQuote(kinds[next + 1]) && kinds[next + 1] !== 0x2b)
  ) {
    report(RULE.jsSchemeIdle, first, colon);
    return;
  }
  if (isVoid(next)) {
    report(RULE.jsSchemeIdle, first, next);
    return;
  }
  // As the value of an attribute it needs nothing more.
  if (first > 1 && inAttribute(first)) {
    report(RULE.jsScheme, first, next);
    return;
  }
  // Code calls, assigns, comments or quotes within a few tokens.
  for (let j = next; j < next + 12 && !isEdge(j); j++) {
    const kind = kinds[j];
    const calls = kind === 0x28 && (j === next || kinds[j - 1] === KIND.word || kinds[j - 1] === 0x5d);
    const codes = calls || (kind === 0x2f && j === next) || kind === 0x60 || kind === 0x3d;
    if (codes && (gaps[next] === 0 || calls)) {
      report(RULE.jsScheme, first, j);
      return;
    }
  }
}

/** True where a word, an equals sign and perhaps a quote stand before, within an element. */
function inAttribute(i: number): boolean {
  const at = isQuote(kinds[i - 1]) ? i - 2 : i - 1;
  if (at < 2 || kinds[at] !== 0x3d || kinds[at - 1] !== KIND.word) return false;
  for (let j = at - 2; j >= 0 && j > at - 12; j--) if (kinds[j] === 0x3c) return true;
  return false;
}

/** `void(0)` and `void 0`: what pages write into links that do nothing. */
function isVoid(i: number): boolean {
  if (ids[i] !== VOID) return false;
  const at = kinds[i + 1] === 0x28 ? i + 2 : i + 1;
  const after = kinds[i + 1] === 0x28 ? at + 2 : at + 1;
  const idle = kinds[at] === KIND.number || (GROUPS[ids[at]] & GROUP.literal) !== 0 || kinds[at] === 0x29;
  return idle && after - i <= VOID_WORDS && (isEdge(after) || kinds[after] === 0x3b || isQuote(kinds[after]));
}

/** `data:text/html`. */
function dataAt(i: number): void {
  if (kinds[i + 1] !== 0x3a || kinds[i + 2] !== KIND.word || kinds[i + 3] !== 0x2f) return;
  const type = GROUPS[ids[i + 4]];
  // An image may be drawn by SVG, which runs script only where an element opens it as a document.
  const drawn = (ids[i + 4] === SVG || ids[i + 4] === XML) && inAttribute(i);
  if ((type & GROUP.tagPlain) !== 0 || ids[i + 4] === SCHEME_SCRIPT || drawn) {
    report(RULE.jsScheme, i, i + 4);
  }
}
const SCHEME_SCRIPT = wordId('javascript');
const SVG = wordId('svg');
const XML = wordId('xml');

/** alert(1), prompt`x`, confirm(document…): the proofs that script runs. */
function dialogAt(i: number): void {
  const next = kinds[i + 1];
  if (next === 0x60) {
    report(RULE.jsDialog, i, i + 1);
    return;
  }
  if (next === 0x28) {
    if (isEdge(i + 2)) report(RULE.jsDialogProbe, i, i + 1);
    const argument = kinds[i + 2];
    const passed =
      argument === KIND.number ||
      isQuote(argument) ||
      argument === 0x2f ||
      argument === 0x5b ||
      (GROUPS[ids[i + 2]] & GROUP.script) !== 0 ||
      (argument === 0x29 && isEdge(i + 3)) ||
      (argument === KIND.word && kinds[i + 3] === 0x29 && gaps[i + 1] === 0);
    if (passed) report(RULE.jsDialog, i, i + 2);
    return;
  }
  // alert?.(1), `${alert}1`.
  if (next === 0x3f && kinds[i + 2] === 0x2e && kinds[i + 3] === 0x28) report(RULE.jsDialog, i, i + 3);
  else if (next === 0x7d && i > 2 && kinds[i - 1] === 0x7b && kinds[i - 2] === 0x24 && kinds[i - 3] === 0x60) {
    report(RULE.jsDialog, i - 3, i);
  }
  // (alert)(1), top["alert"](1), alert.call(…), window['ale'+'rt'].
  const wrapped = next === 0x29 && kinds[i + 2] === 0x28;
  const indexed = isQuote(next) && kinds[i + 2] === 0x5d && kinds[i + 3] === 0x28;
  const called = next === 0x2e && kinds[i + 2] === KIND.word && kinds[i + 3] === 0x28;
  if (wrapped || indexed || called) report(RULE.jsDialog, i, i + 3);
}

function evalAt(i: number): void {
  if (kinds[i + 1] === 0x60) report(RULE.jsEval, i, i + 1);
  if (kinds[i + 1] !== 0x28) return;
  const argument = kinds[i + 2];
  // Timers with a function are what scripts are made of; what the function does is read by itself.
  if (ids[i + 2] === FUNCTION) return;
  const text = isQuote(argument) || (GROUPS[ids[i + 2]] & (GROUP.script | GROUP.php)) !== 0;
  const made = ids[i] === FUNCTION && i > 0 && ids[i - 1] === NEW && (argument === 0x29 || isQuote(argument));
  if (made) report(RULE.jsEval, i, i + 2);
  const evaluates = ids[i] === EVAL && (argument === KIND.word || argument === KIND.number || argument === 0x24);
  if (text || evaluates) report(RULE.jsEval, i, i + 2);
}
const EVAL = wordId('eval');
const FUNCTION = wordId('function');
const NEW = wordId('new');

/** Tokens of a comment between an object and its member. */
const COMMENT_REACH = 12;

/** Behind a comment, or `i` itself. */
function pastComment(i: number): number {
  if (kinds[i] !== 0x2f || kinds[i + 1] !== 0x2a) return i;
  for (let j = i + 2; j < i + COMMENT_REACH && !isEdge(j); j++) {
    if (kinds[j] === 0x2a && kinds[j + 1] === 0x2f) return j + 2;
  }
  return i;
}

/** `document`, a comment and `.cookie`, `(document)["cookie"]`: detours that filters miss and people do not write. */
function detourAt(i: number): void {
  let at = pastComment(i + 1);
  if (kinds[at] === 0x29 && i > 0 && kinds[i - 1] === 0x28) at = pastComment(at + 1);
  if (at === i + 1 && kinds[at] !== 0x2e) return;
  if (kinds[at] === 0x2e) {
    const member = pastComment(at + 1);
    if (COOKIES.has(ids[member])) report(RULE.jsCookie, i, member);
  } else if (kinds[at] === 0x5b && isQuote(kinds[at + 1]) && COOKIES.has(ids[at + 2])) report(RULE.jsCookie, i, at + 2);
}

/** document.cookie, window.location=, self['…'](…), top[…]. */
function ownerAt(i: number, owner: number): void {
  if (owner === DOCUMENT) detourAt(i);
  if (owner === DOCUMENT && kinds[i + 1] === 0x5b && isQuote(kinds[i + 2]) && COOKIES.has(ids[i + 3])) {
    report(RULE.jsCookie, i, i + 3);
    return;
  }
  if (kinds[i + 1] === 0x5b && (isQuote(kinds[i + 2]) || kinds[i + 2] === 0x2f || kinds[i + 2] === KIND.number)) {
    if (touchesAll(i, 3) && !isFirst(i)) report(RULE.jsEncoded, i, i + 2);
    return;
  }
  if (kinds[i + 1] !== 0x2e || gaps[i + 1] !== 0) return;
  const member = ids[i + 2];
  if (owner === DOCUMENT && COOKIES.has(member)) report(RULE.jsCookie, i, i + 2);
  else if (member === LOCATION || member === OPEN) {
    const at = kinds[i + 3] === 0x2e && ids[i + 4] === HREF ? i + 5 : i + 3;
    const sends = kinds[at] === 0x3d && kinds[at + 1] !== 0x3d;
    if (sends || (kinds[at] === 0x28 && isQuote(kinds[at + 1]))) report(RULE.jsLocation, i, at);
  } else if (owner === DOCUMENT && isFirst(i) && kinds[i + 2] === KIND.word && reaches(i + 3)) {
    report(RULE.jsLocation, i, i + 3);
  } else if (DIALOGS.has(member) || EVALS.has(member)) {
    if (kinds[i + 3] === 0x28) report(RULE.jsEval, i, i + 3);
  }
}

/** `document.x("…").y =`, `document.x.y(…)`: a value that begins by acting on a page. */
function reaches(i: number): boolean {
  if (kinds[i] === 0x28) return isQuote(kinds[i + 1]);
  return kinds[i] === 0x2e && kinds[i + 1] === KIND.word && (kinds[i + 2] === 0x28 || kinds[i + 2] === 0x3d);
}

function touchesAll(i: number, n: number): boolean {
  for (let j = i + 1; j < i + n; j++) if (gaps[j] !== 0) return false;
  return true;
}

/** constructor.constructor, ["constructor"](, .constructor(. */
function constructorAt(i: number): void {
  const dotted = kinds[i + 1] === 0x2e && ids[i + 2] === CONSTRUCTOR;
  const called = kinds[i + 1] === 0x28 && i > 0 && kinds[i - 1] === 0x2e && !isEdge(i + 2) && isQuote(kinds[i + 2]);
  const indexed = isQuote(kinds[i + 1]) && kinds[i + 2] === 0x5d && (kinds[i + 3] === 0x28 || kinds[i + 3] === 0x5b);
  if (dotted || called || indexed) report(RULE.jsConstructor, i, i + 2);
}

/** require('child_process'), process.mainModule. */
function moduleAt(i: number, word: number): void {
  if (word === PROCESS) {
    if (kinds[i + 1] === 0x2e && ids[i + 2] === MAIN_MODULE) report(RULE.jsModule, i, i + 2);
    return;
  }
  if (kinds[i + 1] !== 0x28 || !isQuote(kinds[i + 2])) return;
  const runs = ids[i + 3] === CHILD || (kinds[i + 5] === 0x29 && kinds[i + 6] === 0x2e && RUNNERS.has(ids[i + 7]));
  if (runs) report(RULE.jsModule, i, i + 3);
}

/** True where a quote and an operator or semicolon stand before: `';fetch(`, `"-fetch(`. */
function brokeOut(i: number): boolean {
  const before = kinds[i - 1];
  const joint = before === 0x3b || before === 0x2d || before === 0x2b || before === 0x7d || before === 0x2a;
  return joint && i > 1 && (isQuote(kinds[i - 2]) || kinds[i - 2] === 0x29 || kinds[i - 2] === 0x7d);
}
