/**
 * Content inspection of what a log shows of a request. Three stages, so that ordinary requests cost a few nanoseconds
 * a byte: a look at byte classes in the raw text; decoding and splitting into tokens; the languages, each behind a gate of
 * the marks and words it cannot do without.
 */
import { CONTENT_FIELD } from '../facts.ts';
import { BASE64_BYTES, base64Bytes, base64Text, isBase64, MIN_BASE64 } from './base64.ts';
import { FIELD_KIND, forgetContext, judgeContext } from './context.ts';
import { decode, decoded, fieldLayout, LAYOUT, WINDOW_BYTES } from './decode.ts';
import { matchDirectory } from './directory.ts';
import { matchDocument } from './document.ts';
import { matchExpression } from './expression.ts';
import { matchFile } from './file.ts';
import { matchHeader } from './header.ts';
import { matchJndi } from './jndi.ts';
import { matchMarkup } from './markup.ts';
import { matchPhp } from './php.ts';
import { matchScript } from './script.ts';
import { matchSerial } from './serial.ts';
import { matchShell } from './shell.ts';
import { matchSql } from './sql.ts';
import { type ContentHit, current, tokenise } from './tokens.ts';
import { matchUrl } from './url.ts';
import { matchXml } from './xml.ts';

export type { ContentHit } from './tokens.ts';

/** Windows overlap by this much, so that a payload on a border stands whole in one of them. */
const OVERLAP_BYTES = 512;
/** Windows inspected of one text; of what is longer, the head and the tail. */
const MAX_WINDOWS = 8;

/** A fresh hit, to be reused with {@link resetHit}. */
export function newHit(): ContentHit {
  return { millinats: 0, rule: 0, at: 0, length: 0, field: 0 };
}

/** Forgets what was found: call before the first text of each exchange. */
export function resetHit(hit: ContentHit): void {
  hit.millinats = 0;
  hit.rule = 0;
  hit.at = 0;
  hit.length = 0;
  hit.field = 0;
}

/** Bits of the byte classes: in which kind of text a byte asks for a closer look. */
const LOOK = { path: 1, query: 2, agent: 4, twice: 8, name: 16, field: 32 } as const;
const CLASS = new Uint8Array(256);
for (let b = 0; b < 256; b++) {
  const letter = (b | 0x20) >= 0x61 && (b | 0x20) <= 0x7a;
  const digit = b >= 0x30 && b <= 0x39;
  if (b < 0x20 || b === 0x7f) CLASS[b] = LOOK.path | LOOK.query | LOOK.agent | LOOK.field;
  else if (b >= 0x80) CLASS[b] = LOOK.path | LOOK.query;
  else if (!letter && !digit) CLASS[b] = LOOK.path | LOOK.query | LOOK.agent | LOOK.field;
}
const clear = (list: string, bits: number): void => {
  for (const c of list) CLASS[c.charCodeAt(0)] &= ~bits;
};
// What URLs are made of; a query may hold a path or an address, which is worth a look.
clear('/-._~,:@=&?!*+', LOOK.path);
clear('-._~,@=&?!', LOOK.query);
// What browsers' own names are made of.
clear(' /-._~,:;()@+![]?#', LOOK.agent);
clear('-._~,@!', LOOK.field);
// Of what is not ASCII, only full-width forms stand for marks.
CLASS[0xef] |= LOOK.field;
for (const c of ".'*_!") CLASS[c.charCodeAt(0)] |= LOOK.twice;
CLASS[0x3d] |= LOOK.name;
CLASS[0x2e] |= LOOK.name;

/**
 * Inspects `buf[start, end)` as the given CONTENT_FIELD and keeps the strongest hit of several calls in `out`. For
 * `path` give the whole request target: what follows its first `?` is inspected, and reported, as query. Never throws,
 * never reads outside the range, allocates nothing, and takes time linear in the length.
 */
export function inspect(buf: Uint8Array, start: number, end: number, field: number, out: ContentHit): void {
  if (field === CONTENT_FIELD.agent) {
    if (!agentLooksOdd(buf, start, end)) return;
  } else {
    if (field !== CONTENT_FIELD.referrer) inBase64(buf, start, end, field, out);
    if (!targetLooksOdd(buf, start, end, field === CONTENT_FIELD.query)) return;
  }
  look(buf, start, end, field, out);
}

const valueBytes = new Uint8Array(BASE64_BYTES + 1);

/** What stands before and behind Base64 in a target. */
const isBound = (byte: number): boolean =>
  byte === 0x2f || byte === 0x3d || byte === 0x26 || byte === 0x3f || byte === 0x3b || byte === 0x25;

/**
 * Path segments and values of a target that hold a text in Base64. It looks at every tenth byte only: what is shorter
 * between two marks is nothing of the kind.
 */
function inBase64(buf: Uint8Array, start: number, end: number, field: number, out: ContentHit): void {
  let inQuery = field === CONTENT_FIELD.query;
  let from = start;
  for (let i = start + MIN_BASE64 - 1; i < end; i = from + MIN_BASE64 - 1) {
    let k = i;
    while (k >= from && isBase64(buf[k]) && (inQuery || buf[k] !== 0x2f)) k--;
    if (k >= from) {
      for (let q = from; q <= k && !inQuery; q++) inQuery = buf[q] === 0x3f;
      from = k + 1;
      continue;
    }
    let to = i + 1;
    while (to < end && isBase64(buf[to]) && (inQuery || buf[to] !== 0x2f)) to++;
    if ((from === start || isBound(buf[from - 1])) && (to === end || isBound(buf[to])))
      base64At(buf, from, to, inQuery ? CONTENT_FIELD.query : field, out);
    from = to;
  }
}

/** Inspects what `buf[from, to)` encodes; the span of a hit is all of it. */
function base64At(buf: Uint8Array, from: number, to: number, field: number, out: ContentHit): void {
  const n = base64Text(buf, from, to);
  if (n === 0) return;
  valueBytes[0] = 0x3d;
  valueBytes.set(base64Bytes.subarray(0, n), 1);
  if (!fieldLooksOdd(valueBytes, 0, n + 1)) return;
  const before = out.millinats;
  lookAtField(valueBytes, 0, n + 1, field, FIELD_KIND.value, out);
  if (out.millinats === before) return;
  out.at = from;
  out.length = to - from;
}

/** First stage for targets and referrers. */
function targetLooksOdd(buf: Uint8Array, start: number, end: number, inQuery: boolean): boolean {
  let previous = 0;
  let i = start;
  if (!inQuery) {
    for (; i < end; i++) {
      const byte = buf[i];
      if (byte === 0x3f) break;
      const bits = CLASS[byte];
      if ((bits & LOOK.path) !== 0) return true;
      if (byte === previous && (bits & LOOK.twice) !== 0) return true;
      previous = byte;
    }
    i++;
  }
  for (; i < end; i++) {
    const byte = buf[i];
    const bits = CLASS[byte];
    if ((bits & (LOOK.query | LOOK.name)) !== 0) {
      if ((bits & LOOK.query) !== 0) return true;
      if (byte === 0x2e ? namesClass(buf, start, i, end) : namesCommand(buf, start, i, end)) return true;
    }
    if (byte === previous && (bits & LOOK.twice) !== 0) return true;
    previous = byte;
  }
  return false;
}

/**
 * True at an equals sign whose parameter may take a command, set a directive or hold a serialised object: the words
 * that need no mark of their own. It looks at the last two letters of the name, which few names share.
 */
function namesCommand(buf: Uint8Array, start: number, equals: number, end: number): boolean {
  if (equals + 2 < end && buf[equals + 1] === 0x72 && buf[equals + 2] === 0x4f) return true; // "rO"
  if (equals - 2 < start) return false;
  const last = buf[equals - 1] | 0x20;
  const before = buf[equals - 2] | 0x20;
  if (last === 0x64) return before === 0x6d || before === 0x6e; // cmd, command
  if (last === 0x63) return before === 0x65; // exec
  if (last === 0x65) return before === 0x74 || before === 0x64 || before === 0x6c; // execute, _include, _file
  return (last === 0x6d && before === 0x65) || (last === 0x6c && before === 0x6c); // system, shell
}

/** True at a dot behind "class" or "java", or before "ini": names that need no other mark. */
function namesClass(buf: Uint8Array, start: number, dot: number, end: number): boolean {
  if (dot - 4 < start) return false;
  const last = buf[dot - 1] | 0x20;
  const before = buf[dot - 2] | 0x20;
  if ((last === 0x73 && before === 0x73) || (last === 0x61 && before === 0x76)) return true;
  return (
    dot + 3 < end && (buf[dot + 1] | 0x20) === 0x69 && (buf[dot + 2] | 0x20) === 0x6e && (buf[dot + 3] | 0x20) === 0x69
  );
}

/** First stage for User-Agents: marks that browsers and libraries do not put into their names. */
function agentLooksOdd(buf: Uint8Array, start: number, end: number): boolean {
  let previous = 0x20;
  for (let i = start; i < end; i++) {
    const byte = buf[i];
    const bits = CLASS[byte];
    if ((bits & LOOK.agent) !== 0) return true;
    if (byte === previous && (bits & LOOK.twice) !== 0) return true;
    // "name(" and ";word": a call, a chain. Browsers put a space there.
    if (previous === 0x3b && byte !== 0x20 && byte !== 0x29) return true;
    if (byte === 0x28 && previous !== 0x20 && previous !== 0x29) return true;
    previous = byte;
  }
  return false;
}

const isLetter = (byte: number): boolean => (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;

/** First stage for fields: a name, an equals sign at `equals`, and what a parser took for its value. */
export function fieldLooksOdd(buf: Uint8Array, equals: number, end: number): boolean {
  let previous = 0;
  for (let i = 0; i < end; i++) {
    const byte = buf[i];
    const bits = CLASS[byte];
    if (i === equals) {
      if (namesCommand(buf, 0, i, end)) return true;
    } else if ((bits & LOOK.field) !== 0) return true;
    else if (byte === 0x2e && isLetter(previous) && i + 1 < end && isLetter(buf[i + 1])) return true;
    if (byte === previous && (bits & LOOK.twice) !== 0) return true;
    previous = byte;
  }
  return false;
}

/** Second and third stage for a field whose equals sign stands at `equals`; `kind` is its FIELD_KIND. All of it is read. */
export function lookAtField(
  buf: Uint8Array,
  equals: number,
  end: number,
  field: number,
  kind: number,
  out: ContentHit,
): void {
  current.hit = out;
  current.field = field;
  current.queryField = field;
  let from = 0;
  for (;;) {
    const to = Math.min(from + WINDOW_BYTES, end);
    fieldLayout.assignAt = from === 0 ? equals : -1;
    decode(buf, from, to, LAYOUT.field);
    tokenise();
    judgeContext(kind, field === CONTENT_FIELD.body);
    languages();
    if (to >= end) break;
    from = to - OVERLAP_BYTES;
  }
  forgetContext();
}

/** Second and third stage, in windows. */
function look(buf: Uint8Array, start: number, end: number, field: number, out: ContentHit): void {
  current.hit = out;
  current.field = field;
  current.queryField = field === CONTENT_FIELD.path ? CONTENT_FIELD.query : field;
  let layout: number = LAYOUT.target;
  if (field === CONTENT_FIELD.query) layout = LAYOUT.query;
  else if (field === CONTENT_FIELD.agent || field === CONTENT_FIELD.body) layout = LAYOUT.plain;
  let from = start;
  fieldLayout.formEncoded = layout === LAYOUT.target && isFormEncoded(buf, start, end);
  for (let window = 1; ; window++) {
    const to = Math.min(from + WINDOW_BYTES, end);
    decode(buf, from, to, layout);
    tokenise();
    languages();
    if (to >= end) break;
    if (layout === LAYOUT.target && decoded.queryAt < decoded.length) layout = LAYOUT.query;
    from = window === MAX_WINDOWS - 1 ? Math.max(to, end - WINDOW_BYTES) : to - OVERLAP_BYTES;
    if (window >= MAX_WINDOWS) break;
  }
}

/** True where percent signs and plus signs stand and no space in either form: encoded as a form would be. */
export function isFormEncoded(buf: Uint8Array, from: number, to: number): boolean {
  let percents = 0;
  let pluses = 0;
  for (let i = from; i < to && buf[i] !== 0x3f; i++) {
    if (buf[i] === 0x20) return false;
    if (buf[i] === 0x25) {
      percents++;
      if (buf[i + 1] === 0x32 && buf[i + 2] === 0x30) return false;
    } else if (buf[i] === 0x2b) pluses++;
  }
  return percents > 0 && pluses > 0;
}

function languages(): void {
  matchSql();
  matchMarkup();
  matchScript();
  matchShell();
  matchFile();
  matchExpression();
  matchJndi();
  matchDocument();
  matchXml();
  matchUrl();
  matchHeader();
  matchPhp();
  matchDirectory();
  matchSerial();
}
