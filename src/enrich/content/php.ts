/** PHP: its opening mark, functions that run code, directives of the interpreter, request variables. */
import { RULE } from './rules.ts';
import { gaps, ids, isEdge, isFirst, isQuote, KIND, kinds, MARK, report, tokens } from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const PHP = wordId('php');
const XML = wordId('xml');
const DIRECTIVES = wordSet(
  `allow_url_include allow_url_fopen auto_prepend_file auto_append_file disable_functions open_basedir suhosin
  safe_mode`,
);
const GLOBALS = wordSet('_get _post _request _cookie _server _files _env _session globals');
const INI = wordSet('_get _post _request _cookie _server _files _session');
/** Functions whose names other languages have too: the argument must be one of PHP. */
const SHARED = wordSet(
  `system exec eval assert extract include include_once require require_once unlink array_map chr str_replace
  fopen scandir`,
);
const REQUIRE = wordId('require');
const PROOFS = wordSet('phpinfo phpversion php_uname getcwd var_dump print_r');
const NUMBERED = wordSet('md5 sha1 die print echo printf');

/** Looks for PHP. */
export function matchPhp(): void {
  const { marks, words } = tokens;
  const tag = (marks & MARK.angle) !== 0;
  if ((marks & MARK.paren) !== 0 && (marks & (MARK.quote | MARK.bracket | MARK.chain | MARK.dollar)) !== 0) indirect();
  if (!tag && (words & (GROUP.php | GROUP.phpProof | GROUP.phpDirective)) === 0) return;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    if (kinds[i] === 0x3c) {
      if (kinds[i + 1] === 0x3f) tagAt(i);
    } else if (kinds[i] === KIND.word && ids[i] !== 0) wordAt(i, ids[i]);
  }
}

/** `'sys'.'tem'`, `("name")(…);`, `[name][0](…);`: calls by a name that is a value. */
function indirect(): void {
  let opened = -1;
  for (let i = 1; i < tokens.count; i++) {
    const kind = kinds[i];
    const before = kinds[i - 1];
    if (
      kind === 0x2e &&
      isQuote(before) &&
      kinds[i + 1] === before &&
      kinds[i + 2] === KIND.word &&
      kinds[i - 2] === KIND.word
    ) {
      report(RULE.phpIndirect, i - 2, i + 2);
    } else if (kind === 0x28 && (before === 0x29 || before === 0x5d || before === 0x7d || isQuote(before))) {
      if (isPlainArgument(i + 1) && before !== kinds[i + 1]) report(RULE.phpIndirect, i - 1, i + 1);
    }
    if (kind === 0x24 && namesVariable(i)) opened = i;
    else if (kind === KIND.separator) opened = -1;
    else if (kind === 0x28 && opened >= 0 && i - opened < CALL_REACH && calls(i))
      report(RULE.phpIndirect, opened, i + 1);
  }
}

/** Tokens between a variable and the call of what it holds. */
const CALL_REACH = 16;

/** A value that begins with a variable: `$name`, `$$name`, `@$name`; not `$.name`, `$(…)` and amounts of money. */
function namesVariable(i: number): boolean {
  const before = kinds[i - 1];
  const first = before === 0x24 || before === 0x40 ? i - 1 : i;
  return isFirst(first) && kinds[i + 1] === KIND.word && gaps[i + 1] === 0;
}

/** `$name(1)`, `$name['a']($x)`: a call of what a variable holds. */
function calls(i: number): boolean {
  const before = kinds[i - 1];
  const argument = kinds[i + 1];
  const called = (before === KIND.word || before === 0x5d || before === 0x7d) && gaps[i] === 0;
  return called && (argument === KIND.number || argument === 0x24 || argument === 0x40 || isQuote(argument));
}

/** True where one word or string, a closing parenthesis and a semicolon follow. */
function isPlainArgument(i: number): boolean {
  const quote = isQuote(kinds[i]) ? kinds[i] : 0;
  let j = quote !== 0 ? i + 1 : i;
  if (kinds[j] !== KIND.word) return false;
  if (quote !== 0) {
    while (kinds[j] !== quote && j < i + 12 && !isEdge(j)) j++;
    if (kinds[j] !== quote) return false;
  }
  return kinds[j + 1] === 0x29 && kinds[j + 2] === 0x3b;
}

/** `<?php`, `<?=`, `<? code`. */
function tagAt(i: number): void {
  const next = i + 2;
  if (ids[next] === XML || isEdge(next)) return;
  const short = kinds[next] === 0x3d || (gaps[next] !== 0 && (GROUPS[ids[next]] & (GROUP.php | GROUP.phpProof)) !== 0);
  if (ids[next] === PHP || short || kinds[next] === 0x24) report(RULE.phpTag, i, next);
}

/** Tokens of a comment between a name and its parenthesis. */
const COMMENT_REACH = 12;

/** A call whose parenthesis stands behind a comment, where nobody writes one. */
function hiddenCall(i: number): boolean {
  if (kinds[i + 1] !== 0x2f || kinds[i + 2] !== 0x2a) return false;
  for (let j = i + 3; j < i + COMMENT_REACH && !isEdge(j); j++) {
    if (kinds[j] === 0x2a && kinds[j + 1] === 0x2f) return kinds[j + 2] === 0x28;
  }
  return false;
}

function wordAt(i: number, word: number): void {
  if (DIRECTIVES.has(word)) {
    const set = kinds[i + 1] === 0x3d || kinds[i + 1] === KIND.assign || kinds[i + 1] === 0x2e || kinds[i + 1] === 0x5b;
    if (set) report(RULE.phpDirective, i, i + 1);
    return;
  }
  const before = i > 0 ? kinds[i - 1] : KIND.end;
  if (GLOBALS.has(word)) {
    const indexed = kinds[i + 1] === 0x5b;
    if ((before === 0x24 && gaps[i] === 0 && (indexed || INI.has(word))) || (indexed && INI.has(word))) {
      report(RULE.phpGlobal, i, i + 1);
    }
    return;
  }
  if (hiddenCall(i) && (GROUPS[word] & (GROUP.php | GROUP.phpProof)) !== 0) report(RULE.phpFunction, i, i + 2);
  if (kinds[i + 1] !== 0x28 || before === 0x2e) return;
  const groups = GROUPS[word];
  if (PROOFS.has(word)) report(kinds[i + 2] === 0x29 ? RULE.phpFunction : RULE.phpFunctionWeak, i, i + 2);
  else if (NUMBERED.has(word)) {
    const nested = (GROUPS[ids[i + 2]] & (GROUP.php | GROUP.phpProof)) !== 0 && kinds[i + 3] === 0x28;
    if (nested || (kinds[i + 2] === KIND.number && kinds[i + 3] === 0x29)) report(RULE.phpFunctionWeak, i, i + 2);
  } else if ((groups & GROUP.php) !== 0) {
    const argument = kinds[i + 2];
    // The modules of JavaScript and Ruby are asked for in the same words.
    if (word === REQUIRE && isQuote(argument)) return;
    const passed = isQuote(argument) || argument === 0x24 || (GROUPS[ids[i + 2]] & (GROUP.php | GROUP.command)) !== 0;
    if (passed || (!SHARED.has(word) && argument !== 0x29)) report(RULE.phpFunction, i, i + 2);
    else if (!SHARED.has(word)) report(RULE.phpFunctionWeak, i, i + 2);
  }
}
