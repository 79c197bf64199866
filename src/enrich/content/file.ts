/**
 * Paths of a file system: climbing out of a directory in every encoding, and files that no application hands out.
 * Browsers resolve `..` before they send a path, and careless crawlers do not, so a single plain step says little.
 */
import { CONTENT_FIELD } from '../facts.ts';
import { ASSIGN, decoded, origin, SEPARATOR, scratch } from './decode.ts';
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
  reportBytes,
  starts,
  tokens,
} from './tokens.ts';
import { GROUP, GROUPS, wordId, wordSet } from './words.ts';

const ETC = wordId('etc');
const PROC = wordId('proc');
const WINDOWS = wordSet('windows winnt');
const SYSTEM32 = wordId('system32');
const INI = wordId('ini');
const INI_NAMES = wordSet('win system boot php my desktop');
const INF = wordId('inf');
const INF_NAMES = wordSet('web meta');
const FAKEPATH = wordId('fakepath');
const DIRECTORIES = wordSet('var root boot usr opt inetpub sys home');
const HIDDEN = wordSet('htaccess htpasswd env git svn bash_history bashrc');
const KEYS = wordSet('id_rsa id_dsa id_ed25519 authorized_keys mysql_history');
const PROCESS_FILES = wordSet('self version cpuinfo meminfo mounts cmdline environ fd status net');
/** Climbs at which a plain path can have no other purpose. */
const MANY_CLIMBS = 3;

const climbing = { count: 0, first: 0, last: 0, encoded: false, odd: false, depth: 0, lowest: 0 };

/** Looks for paths of a file system. */
export function matchFile(): void {
  const { marks, words } = tokens;
  if (decoded.sawNull) nullByte();
  if ((marks & MARK.slash) === 0 && (words & GROUP.systemFile) === 0) return;
  if ((marks & MARK.dots) !== 0) climbs();
  if ((words & (GROUP.systemDirectory | GROUP.systemFile)) !== 0 || (marks & (MARK.colon | MARK.slash)) !== 0) names();
}

/** A dropped null: the file name that remains is shorter than the one that was checked. */
function nullByte(): void {
  // In a body, nulls end the frames and pad the records of some protocols: only a name that goes on behind one counts.
  if (current.field === CONTENT_FIELD.body && !hidesEnding(decoded.nullAt)) return;
  const at = decoded.nullAt < decoded.length ? decoded.nullAt : decoded.length - 1;
  if (at >= 0) reportBytes(RULE.fileNull, at > 0 ? at - 1 : 0, at + 1);
}

/** `name.php` and a null, then another ending: what is checked is not what is opened. */
function hidesEnding(at: number): boolean {
  if (at >= decoded.length || scratch[at] !== 0x2e) return false;
  for (let p = at - 1; p >= 0 && p > at - 8; p--) if (scratch[p] === 0x2e) return true;
  return false;
}

const isSlash = (byte: number): boolean => byte === 0x2f || byte === 0x5c;

function isBoundary(byte: number): boolean {
  return isSlash(byte) || byte === SEPARATOR || byte === ASSIGN || byte < 0x23 || byte === 0x27 || byte === 0x3d;
}

/** One pass over the bytes: counts climbs per value and remembers how they were written. */
function climbs(): void {
  const length = decoded.length;
  startValue(0);
  for (let p = 0; p < length; p++) {
    const byte = scratch[p];
    if (byte === SEPARATOR || byte === ASSIGN) {
      judgeClimbs(p);
      startValue(p + 1);
    } else if (byte === 0x2e && scratch[p + 1] === 0x2e) p = dotsAt(p) - 1;
    else if (isSlash(byte) && !isSlash(scratch[p + 1])) climbing.depth++;
  }
  judgeClimbs(length);
}

function startValue(at: number): void {
  climbing.count = 0;
  climbing.first = at;
  climbing.last = at;
  climbing.encoded = false;
  climbing.odd = false;
  climbing.depth = 0;
  climbing.lowest = 0;
}

/** Two or more dots at p. Returns where they end. */
function dotsAt(p: number): number {
  let end = p + 2;
  while (scratch[end] === 0x2e) end++;
  const dots = end - p;
  const next = scratch[end];
  const before = p > 0 ? scratch[p - 1] : 0;
  const follows = isSlash(next);
  if (dots === 2 && isBoundary(before) && (follows || (next === 0 && climbing.count > 0))) {
    step(p, end);
    if (hidden(p, 1) || hidden(p + 1, 1)) climbing.encoded = true;
    if (follows && hidden(end, p >= decoded.queryAt ? 3 : 1)) climbing.encoded = true;
    if (next === 0x5c) climbing.odd = true;
  } else if (dots === 2 && next === 0x3b && isSlash(scratch[end + 1]) && isSlash(before)) {
    step(p, end);
    climbing.odd = true;
  } else if (dots === 4 && follows && isSlash(scratch[end + 1])) {
    // Filters that take "../" out of "....//" once put it together.
    step(p, end);
    climbing.odd = true;
  }
  return end;
}

/** True where a decoded byte took more than `usual` raw bytes: somebody encoded what needs none. */
function hidden(p: number, usual: number): boolean {
  return origin[p + 1] - origin[p] > usual;
}

function step(from: number, to: number): void {
  if (climbing.count === 0) climbing.first = from;
  climbing.count++;
  climbing.last = to;
  // The slash before the dots was counted as a directory.
  climbing.depth -= 2;
  if (climbing.depth < climbing.lowest) climbing.lowest = climbing.depth;
}

function judgeClimbs(end: number): void {
  const { count, first, last } = climbing;
  if (count === 0 || last > end) return;
  const inPath = first < decoded.queryAt && current.field === CONTENT_FIELD.path;
  if (climbing.odd) reportBytes(RULE.fileClimbOdd, first, last);
  if (climbing.encoded) reportBytes(RULE.fileClimbEncoded, first, last);
  if (count >= MANY_CLIMBS) reportBytes(RULE.fileClimb, first, last);
  else if (inPath && climbing.lowest < -1) reportBytes(RULE.fileClimbRoot, first, last);
  else reportBytes(RULE.fileClimbShort, first, last);
}

/** Names of files and directories among the tokens. */
function names(): void {
  const count = tokens.count;
  let climbed = -1;
  for (let i = 0; i < count; i++) {
    const kind = kinds[i];
    if (kind === KIND.separator || kind === KIND.assign) climbed = -1;
    else if (kind === 0x2e && kinds[i + 1] === 0x2e && isSlash(kinds[i + 2])) {
      climbed = climbed < 0 ? i : climbed;
      // "../.name": what a dot hides above the place where files are handed out.
      if (kinds[i + 3] === 0x2e && kinds[i + 4] === KIND.word) report(RULE.fileInternal, i, i + 4);
    } else if (kind === 0x5c) {
      if (kinds[i + 1] === 0x5c && isOpening(i)) shareAt(i);
    } else if (kind === KIND.word) {
      const end = isSystemFile(i);
      if (end > 0) report(climbed >= 0 ? RULE.fileClimbSecret : RULE.fileSystem, climbed >= 0 ? climbed : i, end);
      else otherFileAt(i);
    }
  }
}

/** Token that ends the name of a system's file which begins at i, 0 where none does. */
function isSystemFile(i: number): number {
  const word = ids[i];
  if (word === 0) return 0;
  const slashed = i > 0 && isSlash(kinds[i - 1]);
  const rooted = slashed || isFirst(i) || (i > 0 && isQuote(kinds[i - 1]));
  let j = i + 1;
  while (isSlash(kinds[j]) && j < i + 4) j++;
  if (j > i + 1 && rooted) {
    const inside = ids[j];
    if (word === ETC && (GROUPS[inside] & GROUP.systemFile) !== 0) return j;
    if (word === PROC && (PROCESS_FILES.has(inside) || (kinds[j] === KIND.number && isSlash(kinds[j + 1])))) return j;
    if (WINDOWS.has(word) && ((inside === SYSTEM32 && current.field !== CONTENT_FIELD.body) || INI_NAMES.has(inside)))
      return j;
  }
  if (INI_NAMES.has(word) && kinds[i + 1] === 0x2e && ids[i + 2] === INI && rooted) {
    return word === INI_WIN || word === INI_BOOT || slashed ? i + 2 : 0;
  }
  return 0;
}
const INI_WIN = wordId('win');
const INI_BOOT = wordId('boot');

function otherFileAt(i: number): void {
  const word = ids[i];
  const inQuery = starts[i] >= decoded.queryAt;
  if (INF_NAMES.has(word) && kinds[i + 1] === 0x2d && ids[i + 2] === INF && isSlash(kinds[i + 3])) {
    report(RULE.fileInternal, i, i + 3);
  } else if (inQuery && i > 0 && (HIDDEN.has(word) || KEYS.has(word)) && pathBefore(i)) {
    if (isEdge(i + 1) || isSlash(kinds[i + 1])) report(RULE.fileInternal, i - 1, i);
  } else if (inQuery && DIRECTORIES.has(word) && i > 0 && isSlash(kinds[i - 1]) && isFirst(i - 1)) {
    if (isSlash(kinds[i + 1]) && !isEdge(i + 2)) report(RULE.fileDirectory, i - 1, i + 1);
  } else if (
    (word === ETC || word === PROC) &&
    inQuery &&
    i > 0 &&
    kinds[i - 1] === 0x2f &&
    isFirst(i - 1) &&
    kinds[i + 1] === 0x2f
  ) {
    report(RULE.fileDirectory, i - 1, i + 1);
  } else if (ends[i] - starts[i] === 1 && kinds[i + 1] === 0x3a && isSlash(kinds[i + 2]) && gaps[i + 1] === 0)
    driveAt(i);
}

/** ".htaccess", "/.git", "/id_rsa". */
function pathBefore(i: number): boolean {
  if (KEYS.has(ids[i])) return isSlash(kinds[i - 1]);
  return kinds[i - 1] === 0x2e && (isFirst(i - 1) || isSlash(kinds[i - 2]));
}

/** "c:\…", "c:/…"; browsers send "C:\fakepath\" for the name of an uploaded file. */
function driveAt(i: number): void {
  if (!isFirst(i) && !isSlash(kinds[i - 1]) && !isQuote(kinds[i - 1])) return;
  let j = i + 2;
  while (isSlash(kinds[j]) && j < i + 5) j++;
  if (ids[j] === FAKEPATH || (kinds[i + 2] === 0x2f && j > i + 3)) return;
  // Applications report where they and others are installed.
  const asked = WINDOWS.has(ids[j]) && current.field !== CONTENT_FIELD.body;
  report(asked ? RULE.fileSystem : RULE.fileWindows, i, j);
}

/** True where two backslashes begin a value or the path itself. */
function isOpening(i: number): boolean {
  const host = kinds[i + 2] === KIND.word || kinds[i + 2] === KIND.number || kinds[i + 2] === 0x3a;
  return host && gaps[i + 1] === 0 && (isFirst(i) || (i === 1 && kinds[0] === 0x2f));
}

/** "\\host\share". */
function shareAt(i: number): void {
  for (let j = i + 3; j < i + 16 && !isEdge(j); j++) {
    if (kinds[j] === 0x5c && gaps[j] === 0) {
      report(RULE.fileShare, i, j);
      return;
    }
  }
}
