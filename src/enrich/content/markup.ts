/**
 * HTML: elements, event handlers, and the break out of an attribute that comes before them. A search for "a<b" is no
 * element and an abandoned "<br" is only a probe, so what follows the name decides.
 */
import { scratch } from './decode.ts';
import { RULE } from './rules.ts';
import {
  current,
  ends,
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

const SCRIPT = wordId('script');
const STYLE = wordId('style');
const EXPRESSION = wordId('expression');
const BINDING = wordId('binding');
const SRCDOC = wordId('srcdoc');
const URL_WORD = wordId('url');
const JAVASCRIPT = wordId('javascript');
const IMPORT = wordId('import');

/** Tokens of an element that are searched for an event handler. */
const ELEMENT_REACH = 96;

/** Looks for HTML in the tokens. */
export function matchMarkup(): void {
  const { marks, words } = tokens;
  const handlers = (words & GROUP.event) !== 0 && (marks & (MARK.quote | MARK.equals)) !== 0;
  const styles = (words & GROUP.script) !== 0 && (marks & (MARK.paren | MARK.colon)) !== 0;
  if ((marks & MARK.angle) === 0 && !handlers && !styles) return;
  const count = tokens.count;
  // Tokens before `searched` were already looked at for event handlers: every element once.
  let searched = 0;
  let inside = 0;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === 0x3c) {
      elementAt(i);
      if (i >= searched) searched = eventIn(i);
      if (splitsWord(i) && ++inside >= MIN_SPLITS) report(RULE.htmlEventBreak, i, i + 2);
    } else if (kind === 0x3e) breakAt(i);
    else if (kind === KIND.word) {
      if ((GROUPS[ids[i]] & GROUP.event) !== 0) eventAt(i);
      else if (ids[i] === SRCDOC && kinds[i + 1] === 0x3d) report(RULE.htmlActive, i, i + 1);
      else if (ids[i] === EXPRESSION || ids[i] === BINDING) styleAt(i);
      else if (ids[i] === URL_WORD && kinds[i + 1] === 0x28 && ids[i + 2] === JAVASCRIPT)
        report(RULE.htmlStyle, i, i + 2);
    }
  }
}

/** Elements inside words that are never closed, from which on they are there to be taken out by a filter. */
const MIN_SPLITS = 2;

/** `o<x>nfocus`: what remains when a filter drops the element is the word it was to stop. */
function splitsWord(i: number): boolean {
  const bare = kinds[i + 1] === KIND.word && kinds[i + 2] === 0x3e && gaps[i + 1] === 0 && gaps[i + 2] === 0;
  const glued = i > 0 && kinds[i - 1] === KIND.word && gaps[i] === 0 && gaps[i + 3] === 0 && kinds[i + 3] === KIND.word;
  return bare && glued && ends[i + 1] - starts[i + 1] === 1 && !FORMATS.has(ids[i + 1]);
}
/** Letters that are elements of text: b, i, u and their like format parts of words. */
const FORMATS = wordSet('a b i p s u');

/** An angle bracket at i: is it the start of an element? */
function elementAt(i: number): void {
  let j = i + 1;
  while (kinds[j] === 0x2f && j < i + 4) j++;
  if (kinds[j] === 0x21) {
    declarationAt(i, j);
    return;
  }
  if (kinds[j] === 0x3f && ids[j + 1] === IMPORT && gaps[j + 1] === 0) report(RULE.htmlActive, i, j + 1);
  if (kinds[j] !== KIND.word || (gaps[j] !== 0 && ids[j] !== SCRIPT)) return;
  const groups = GROUPS[ids[j]];
  if (ids[j] === SCRIPT) {
    if ((gaps[j] === 0 || closesSoon(j)) && (!current.talk || acts(j + 1))) report(RULE.htmlScript, i, j);
    return;
  }
  if ((groups & (GROUP.tagActive | GROUP.tagPlain)) === 0) return;
  const active = (groups & GROUP.tagActive) !== 0;
  const after = kinds[j + 1];
  if (isEdge(j + 1)) {
    if (!compares(i, j)) report(active ? RULE.htmlActiveProbe : RULE.htmlProbe, i, j);
  } else if (after === 0x3e) report(closing(i, j) || !active ? RULE.htmlPlain : RULE.htmlActive, i, j + 1);
  else if (after === 0x2f ? gaps[j + 1] === 0 || assignsSoon(j + 2) : attributeAt(j + 1) && !compares(i, j + 1))
    report(active ? RULE.htmlActive : RULE.htmlPlain, i, j + 1);
}

/** Tokens of a script that are looked at. */
const SCRIPT_REACH = 16;

/** True where a script does something: calls, assigns or names its source. People write about the element, too. */
function acts(from: number): boolean {
  for (let j = from; j < from + SCRIPT_REACH && !isEdge(j); j++) {
    if (kinds[j] === 0x28 || kinds[j] === 0x3d || kinds[j] === 0x60) return true;
  }
  return false;
}

/** True where an equals sign follows within a few tokens, before the element ends. */
function assignsSoon(from: number): boolean {
  for (let j = from; j < from + 6 && kinds[j] !== 0x3e; j++) if (kinds[j] === 0x3d) return true;
  return false;
}

/** True for "h2<h1" and "a<b and b>c": an angle bracket right behind a word, and no attribute with a value. */
function compares(i: number, from: number): boolean {
  if (i === 0 || gaps[i] !== 0 || (kinds[i - 1] !== KIND.word && kinds[i - 1] !== KIND.number)) return false;
  for (let j = from; j < from + 6; j++) if (kinds[j] === 0x3d) return false;
  return true;
}

/** True for `</word>`. */
function closing(i: number, j: number): boolean {
  return j > i + 1;
}

function closesSoon(j: number): boolean {
  return kinds[j + 1] === 0x3e || attributeAt(j + 1);
}

/** True where an attribute begins at j: a name, perhaps with a dash, then an equals sign. */
function attributeAt(j: number): boolean {
  if (kinds[j] !== KIND.word || gaps[j] === 0) return false;
  for (let k = j + 1; k < j + 6; k++) {
    if (kinds[k] === 0x3d) return true;
    if (kinds[k] !== 0x2d && kinds[k] !== 0x3a && kinds[k] !== 0x2f && kinds[k] !== KIND.word) return kinds[k] === 0x3e;
  }
  return false;
}

/** `<!--`, `<![`, `<!word`: the XML matcher reads what is in them. */
function declarationAt(i: number, j: number): void {
  const next = kinds[j + 1];
  if ((next === 0x2d && kinds[j + 2] === 0x2d) || (next === 0x5b && kinds[j + 2] === KIND.word)) {
    report(RULE.htmlComment, i, j + 2);
  }
}

/** Looks through the element at i, whatever its name, for an event handler. Returns where it stopped. */
function eventIn(i: number): number {
  if (kinds[i + 1] !== KIND.word || gaps[i + 1] !== 0) return i + 1;
  const last = Math.min(i + ELEMENT_REACH, tokens.count);
  for (let j = i + 2; j < last; j++) {
    const kind = kinds[j];
    if (kind === 0x3c || kind === KIND.separator) return j;
    if (kind === KIND.word && (kinds[j + 1] === 0x3d || kinds[j + 1] === KIND.assign) && handlerName(j)) {
      report(RULE.htmlEvent, i, j + 1);
      return j;
    }
  }
  return last;
}

/** True for a known event handler, and for any word that starts with "on" and goes on like one. */
function handlerName(j: number): boolean {
  if ((GROUPS[ids[j]] & GROUP.event) !== 0) return true;
  const at = starts[j];
  return (scratch[at] | 0x20) === 0x6f && (scratch[at + 1] | 0x20) === 0x6e && starts[j + 1] - at >= 6;
}

/** An event handler outside an element: a quote before it shows that an attribute was left. */
function eventAt(i: number): void {
  if (kinds[i + 1] !== 0x3d && !(kinds[i + 1] === KIND.assign && gaps[i] !== 0)) return;
  for (let j = i - 1; j >= 0 && j > i - 8; j--) {
    if (isQuote(kinds[j])) {
      report(RULE.htmlEventBreak, j, i + 1);
      return;
    }
    if (kinds[j] === KIND.separator || kinds[j] === KIND.assign) return;
  }
}

/** A closing angle bracket behind a quote: `">`, and what it is followed by. */
function breakAt(i: number): void {
  let j = i - 1;
  if (j > 0 && kinds[j] === 0x2f) j--;
  if (j < 0 || !isQuote(kinds[j]) || gaps[i] !== 0) return;
  const next = kinds[i + 1];
  if (next === 0x3c && (kinds[i + 2] === KIND.word || kinds[i + 2] === 0x2f || kinds[i + 2] === 0x21)) {
    // An element of its own has an equals sign before its quoted value; a break has none.
    if (!insideElement(j)) report(RULE.htmlBreak, j, i + 2);
  } else if (isFirst(j) || isEdge(i + 1)) {
    if (!insideElement(j)) report(RULE.htmlBreakProbe, j, i);
  }
}

/** True where an element was opened shortly before token j. */
function insideElement(j: number): boolean {
  for (let k = j - 1; k >= 0 && k > j - 16; k--) {
    if (kinds[k] === 0x3c) return true;
    if (kinds[k] === 0x3e) return false;
  }
  return false;
}

/** `expression(` in a style, `-moz-binding`. */
function styleAt(i: number): void {
  if (ids[i] === BINDING) {
    if (i > 1 && kinds[i - 1] === 0x2d && kinds[i - 2] === KIND.word && kinds[i + 1] === 0x3a) {
      report(RULE.htmlStyle, i - 2, i + 1);
    }
    return;
  }
  if (kinds[i + 1] !== 0x28) return;
  for (let j = i - 1; j >= 0 && j > i - 10; j--) {
    if (ids[j] === STYLE || kinds[j] === 0x3a) {
      report(RULE.htmlStyle, j, i + 1);
      return;
    }
  }
}
