/** Line breaks that add headers, messages, mail commands or log entries to what the value is written into. */
import { CONTENT_FIELD } from '../facts.ts';
import { decoded, scratch } from './decode.ts';
import { RULE } from './rules.ts';
import {
  current,
  ends,
  GAP,
  gaps,
  ids,
  isEdge,
  isFirst,
  KIND,
  kinds,
  MARK,
  report,
  reportBytes,
  starts,
  tokens,
} from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const HTTP = wordId('http');
const METHODS = wordSet('get post put head options delete');
const ADDRESSED = wordSet('location refresh link');
const BARE = wordSet('host cookie status');
const COPIES = wordSet('bcc cc');
const TO = wordId('to');
const FROM = wordId('from');
const RCPT = wordId('rcpt');
const MAIL = wordId('mail');
const SMTP = wordSet('ehlo helo starttls vrfy expn');
const ALONE = wordSet('data quit logout noop');
const IMAP = wordSet('capability login select fetch append noop logout examine store');

/** Looks for line breaks that mean more than a new line. */
export function matchHeader(): void {
  const { marks } = tokens;
  if ((marks & MARK.escape) !== 0) escapes();
  const count = tokens.count;
  if ((marks & MARK.line) !== 0) {
    // Parameters' names stand before the mark of assignment; line breaks there are nobody's typing.
    let named = false;
    for (let i = 0; i < count; i++) {
      if ((gaps[i] & GAP.line) !== 0) {
        lineAt(i);
        if (named && starts[i] >= decoded.queryAt) report(RULE.headerName, i, i);
      }
      if (kinds[i] === KIND.separator) named = true;
      else if (kinds[i] === KIND.assign) named = false;
    }
  }
  if ((tokens.words & GROUP.header) !== 0 && (marks & MARK.space) !== 0) wholeRequests();
  if ((marks & MARK.colon) === 0 || (tokens.words & GROUP.header) === 0) return;
  for (let i = 0; i < count; i++) if (kinds[i] === KIND.other && truncates(i)) fieldAt(i, i + 1);
}

/** A value that is a request line: "GET /… HTTP/1.1". */
function wholeRequests(): void {
  for (let i = 1; i < tokens.count; i++) {
    if (!METHODS.has(ids[i]) || !isFirst(i) || gaps[i + 1] === 0) continue;
    const target = kinds[i + 1] === 0x2f || (GROUPS[ids[i + 1]] & GROUP.scheme) !== 0;
    if (target && hasProtocol(i + 2)) report(RULE.headerSplit, i, i + 1);
  }
}

/** An escape sequence of a terminal: `ESC [`. */
function escapes(): void {
  for (let p = 0; p + 1 < decoded.length; p++) {
    if (scratch[p] === 0x1b && scratch[p + 1] === 0x5b) {
      reportBytes(RULE.headerLog, p, p + 2);
      return;
    }
  }
}

/** What begins a line at token i. */
function lineAt(i: number): void {
  const word = ids[i];
  if (word === HTTP && kinds[i + 1] === 0x2f && kinds[i + 2] === KIND.number) report(RULE.headerSplit, i, i + 2);
  else if (METHODS.has(word) && (kinds[i + 1] === 0x2f || kinds[i + 2] === 0x3a) && hasProtocol(i + 2))
    report(RULE.headerSplit, i, i + 1);
  else if (mailAt(i, word)) return;
  else if (kinds[i] === KIND.number && isLogged(i)) report(RULE.headerLog, i, i + 6);
  else if (!fieldAt(i, i) && current.field === CONTENT_FIELD.path && starts[i] < decoded.queryAt && i > 0) {
    if (!isEdge(i)) report(RULE.headerBreak, i - 1, i);
  }
}

/** A header's name and colon at token j: one with dashes, or a known one whose value fits. */
function fieldAt(from: number, j: number): boolean {
  if (kinds[j] !== KIND.word) return false;
  let k = j + 1;
  while (kinds[k] === 0x2d && (kinds[k + 1] === KIND.word || kinds[k + 1] === KIND.number) && k < j + 12) k += 2;
  if (kinds[k] !== 0x3a || gaps[k] !== 0) return false;
  const dashed = k > j + 1 && touching(j, k);
  const value = GROUPS[ids[k + 1]];
  const addressed = ADDRESSED.has(ids[j]) && ((value & GROUP.scheme) !== 0 || kinds[k + 1] === 0x2f);
  // A header's value has no lines: a break in it was encoded, and what follows is to become a header.
  const inHeader = current.field === CONTENT_FIELD.header && j > 0 && gaps[k + 1] !== 0;
  const bare =
    inHeader || (BARE.has(ids[j]) && kinds[k + 1] === KIND.word && (kinds[k + 2] === 0x2e || kinds[k + 2] === 0x3d));
  if (!dashed && !addressed && !bare) return false;
  report(RULE.headerInject, from, k);
  return true;
}

function touching(from: number, to: number): boolean {
  for (let i = from + 1; i <= to; i++) if (gaps[i] !== 0) return false;
  return true;
}

/** True where "HTTP/" follows on the same line. */
function hasProtocol(from: number): boolean {
  for (let j = from; j < from + 24 && !isEdge(j); j++) {
    if ((gaps[j] & GAP.line) !== 0) return false;
    if (ids[j] === HTTP && kinds[j + 1] === 0x2f) return true;
  }
  return false;
}

/**
 * Text beyond ASCII that ends in a character whose low byte is CR or LF: old servers cut code points to a byte and
 * break the line there.
 */
function truncates(i: number): boolean {
  const end = ends[i];
  if (end - starts[i] < 3 || scratch[end - 3] >> 4 !== 0xe) return false;
  const low = ((scratch[end - 2] & 3) << 6) | (scratch[end - 1] & 0x3f);
  return low === 0x0d || low === 0x0a;
}

/** Commands of SMTP and IMAP, and headers that add recipients. */
function mailAt(i: number, word: number): boolean {
  const next = ids[i + 1];
  const envelope = (word === RCPT && next === TO) || (word === MAIL && next === FROM);
  const tagged = kinds[i] === KIND.word && (kinds[i + 1] === KIND.word || kinds[i + 1] === KIND.number);
  const verb = kinds[i + 1] === KIND.number ? ids[i + 2] : next;
  const imap = tagged && IMAP.has(verb) && hasDigit(i);
  const alone = ALONE.has(word) && i > 0 && (isEdge(i + 1) || (gaps[i + 1] & GAP.line) !== 0);
  if (envelope || imap || alone || (SMTP.has(word) && gaps[i + 1] !== 0 && !isEdge(i + 1))) {
    report(RULE.mailCommand, i, i + 1);
    return true;
  }
  if (COPIES.has(word) && kinds[i + 1] === 0x3a) {
    report(RULE.mailHeader, i, i + 1);
    return true;
  }
  return false;
}

/** True where a word has a digit in it, as the tags of IMAP commands do. */
function hasDigit(i: number): boolean {
  for (let p = starts[i]; p < ends[i] && p < starts[i] + 8; p++) {
    if (scratch[p] >= 0x30 && scratch[p] <= 0x39) return true;
  }
  return false;
}

/** An address and a dash or bracket, as a line of an access log begins. */
function isLogged(i: number): boolean {
  for (let k = i + 1; k < i + 6; k += 2) if (kinds[k] !== 0x2e || kinds[k + 1] !== KIND.number) return false;
  return kinds[i + 7] === 0x2d || kinds[i + 7] === 0x5b;
}
