/**
 * Addresses passed as values: kinds that servers read files with, and hosts that only a server behind the API can
 * reach. Redirects and callbacks carry whole addresses all day, and developers' ones name localhost.
 */
import { decoded, scratch } from './decode.ts';
import { RULE } from './rules.ts';
import { ends, gaps, ids, isEdge, isFirst, isQuote, KIND, kinds, MARK, report, starts, tokens } from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const WEB = wordSet('http https ftp ftps');
const STREAMS = wordSet('php phar expect zip glob zlib bzip2 ogg rar ssh2');
const FETCHERS = wordSet('file gopher dict ldap ldaps ldapi tftp sftp jar netdoc rmi iiop corba nis nds');
const JAR = wordId('jar');
const FILE = wordId('file');
const URL_WORD = wordId('url');
const LOCALHOST = wordId('localhost');
const METADATA = wordId('metadata');
const SCRIPTS = wordSet('txt php asp aspx jsp cgi');

/** Looks for addresses in values. */
export function matchUrl(): void {
  if ((tokens.marks & MARK.colon) === 0 || (tokens.words & GROUP.scheme) === 0) return;
  const count = tokens.count;
  for (let i = 0; i < count; i++) {
    if (kinds[i] !== KIND.word || (GROUPS[ids[i]] & GROUP.scheme) === 0) continue;
    if (kinds[i + 1] === 0x2e && kinds[i + 2] === KIND.word && kinds[i + 3] === 0x3a && STREAMS.has(ids[i]))
      streamAt(i + 2);
    if (kinds[i + 1] !== 0x3a) continue;
    if (gaps[i + 1] !== 0) continue;
    const scheme = ids[i];
    if (STREAMS.has(scheme)) streamAt(i);
    else if (FETCHERS.has(scheme)) {
      const addressed = kinds[i + 2] === 0x2f && (scheme === FILE || kinds[i + 3] === 0x2f) && !isEdge(i + 3);
      const nested = scheme === JAR && WEB.has(ids[i + 2]);
      if ((addressed || nested) && opensValue(i)) report(RULE.urlScheme, i, i + 3);
    } else if (WEB.has(scheme) && kinds[i + 2] === 0x2f && kinds[i + 3] === 0x2f && opensValue(i)) hostAt(i, i + 4);
  }
}

/** True where the scheme begins what a parameter or a quoted value holds, or follows "url:" or a nested scheme. */
function opensValue(i: number): boolean {
  if (i === 0) return false;
  const before = kinds[i - 1];
  if (before === KIND.assign) return true;
  // Broken links have quoted addresses in their paths.
  if (starts[i] >= decoded.queryAt && (isQuote(before) || before === 0x28)) return true;
  return before === 0x3a && i > 1 && (ids[i - 2] === URL_WORD || ids[i - 2] === JAR);
}

/** php://filter, phar://, expect://. */
function streamAt(i: number): void {
  if (kinds[i + 2] === 0x2f && kinds[i + 3] === 0x2f && !isEdge(i + 4)) report(RULE.phpStream, i, i + 4);
}

/** The host at token h of an address whose scheme stands at i. */
function hostAt(i: number, h: number): void {
  let at = h;
  // user:password@host hides the host from who reads only the start.
  for (let j = h; j < h + 10; j++) {
    if (kinds[j] === 0x40) {
      at = j + 1;
      report(RULE.urlUser, i, j);
    }
    if (kinds[j] === 0x2f || kinds[j] === 0x3f || isEdge(j)) break;
  }
  const kind = kinds[at];
  if (kind === KIND.number) numberAt(i, at);
  else if (kind === 0x5b) {
    if (kinds[at + 1] === 0x3a && kinds[at + 2] === 0x3a) report(RULE.urlLoopback, i, at + 2);
  } else if (ids[at] === LOCALHOST) report(RULE.urlLoopback, i, at);
  else if (ids[at] === METADATA && kinds[at + 1] === 0x2e) report(RULE.urlMetadata, i, at + 1);
  includeAt(i, at);
}

/** A host of numbers: an IPv4 address, whole or in one of its odd spellings. */
function numberAt(i: number, at: number): void {
  const dotted = kinds[at + 1] === 0x2e && kinds[at + 2] === KIND.number;
  if (!dotted) {
    const after = kinds[at + 1];
    const alone = isEdge(at + 1) || after === 0x2f || after === 0x3a || after === 0x3f;
    if (alone && gaps[at + 1] === 0) report(RULE.urlNumeric, i, at);
    return;
  }
  const first = numberOf(at);
  const second = numberOf(at + 2);
  const whole =
    kinds[at + 3] === 0x2e && kinds[at + 4] === KIND.number && kinds[at + 5] === 0x2e && kinds[at + 6] === KIND.number;
  const end = whole ? at + 6 : at + 2;
  // "http://1.example.org" is a name.
  if (!whole && kinds[at + 3] === 0x2e) return;
  if (first < 0 || (scratch[starts[at]] === 0x30 && ends[at] - starts[at] > 1)) report(RULE.urlNumeric, i, end);
  else if (first === 169 && second === 254) report(RULE.urlMetadata, i, end);
  else if (first === 127 || first === 0) report(RULE.urlLoopback, i, end);
  else if (first === 10 || (first === 192 && second === 168) || (first === 172 && second >= 16 && second < 32)) {
    report(RULE.urlPrivate, i, end);
  } else if (whole) report(RULE.urlAddress, i, end);
}

/** Value of a decimal number below 1000, −1 for a larger or hexadecimal one. */
function numberOf(token: number): number {
  let value = 0;
  for (let p = starts[token]; p < ends[token]; p++) {
    const digit = scratch[p] - 0x30;
    if (digit < 0 || digit > 9 || p - starts[token] > 3) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** An address of a script that ends in a question mark: what would be appended becomes its query. */
function includeAt(i: number, from: number): void {
  if (!isFirst(i)) return;
  for (let j = from; j < from + 40; j++) {
    if (isEdge(j)) return;
    if (kinds[j] === 0x3f) {
      if (isEdge(j + 1) && kinds[j - 2] === 0x2e && SCRIPTS.has(ids[j - 1])) report(RULE.urlInclude, i, j);
      return;
    }
  }
}
