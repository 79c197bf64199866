/**
 * What stands in front of a line when it came by another way than the server's own file: syslog, a container runtime,
 * docker compose. The prefix is passed over; its time helps only a line that has none of its own.
 */
import { BAD_LINE } from '../format.ts';
import { JsonReader, STRING } from './json.ts';
import { names, SLOT } from './json-format.ts';
import { unescapeJson } from './json-unescape.ts';
import { COLON, isDigit, SPACE, skipSpaces, startsWith, tokenEnd } from './scan.ts';
import { anyTime, isoTime, monthAt, timeCursor, timeOfDay } from './time.ts';

export const PREFIXES = ['none', 'syslog', 'syslog-5424', 'cri', 'docker', 'compose', 'timestamp'] as const;
export type Prefix = (typeof PREFIXES)[number];

/** What {@link stripPrefix} found: the line behind the prefix, and the prefix's time (NaN where it has none). */
export const body = { start: 0, end: 0, timeMs: Number.NaN, partial: false };

/** How far the host and tag of a syslog line may reach. */
const LONGEST_TAG = 256;

/** Reads a prefix of one kind. True where it stands there; {@link body} is then the rest. */
export function stripPrefix(prefix: Prefix, buf: Uint8Array, start: number, end: number): boolean {
  body.start = start;
  body.end = end;
  body.timeMs = Number.NaN;
  body.partial = false;
  switch (prefix) {
    case 'syslog':
      return stripSyslog(buf, start, end);
    case 'syslog-5424':
      return stripSyslog5424(buf, start, end);
    case 'cri':
      return stripCri(buf, start, end);
    case 'docker':
      return stripDocker(buf, start, end);
    case 'compose':
      return stripCompose(buf, start, end);
    case 'timestamp':
      return stripTimestamp(buf, start, end);
    default:
      return true;
  }
}

/** The prefix that stands in front of a line, 'none' where none does; {@link body} is the rest. */
export function findPrefix(buf: Uint8Array, start: number, end: number): Prefix {
  const c = start < end ? buf[start] : 0;
  if (c === 0x7b) return stripPrefix('docker', buf, start, end) ? 'docker' : none(start, end);
  if (c === 0x3c) {
    if (stripPrefix('syslog-5424', buf, start, end)) return 'syslog-5424';
    return stripPrefix('syslog', buf, start, end) ? 'syslog' : none(start, end);
  }
  if (isDigit(c)) {
    for (const prefix of AFTER_DIGIT) if (stripPrefix(prefix, buf, start, end)) return prefix;
    return stripPrefix('compose', buf, start, end) ? 'compose' : none(start, end);
  }
  if (stripPrefix('syslog', buf, start, end)) return 'syslog';
  return stripPrefix('compose', buf, start, end) ? 'compose' : none(start, end);
}

const AFTER_DIGIT: readonly Prefix[] = ['syslog-5424', 'cri', 'syslog', 'timestamp'];

function none(start: number, end: number): Prefix {
  stripPrefix('none', new Uint8Array(0), start, end);
  return 'none';
}

/** Behind `<34>`, or `at` itself; −1 where a bracket opens no priority. */
function skipPriority(buf: Uint8Array, at: number, end: number): number {
  if (at >= end || buf[at] !== 0x3c) return at;
  let i = at + 1;
  while (i < end && i < at + 4 && isDigit(buf[i])) i++;
  return i > at + 1 && i < end && buf[i] === 0x3e ? i + 1 : -1;
}

/**
 * RFC 3164 as it is written: `<34>Oct 11 22:14:15 host tag[123]: rest`, the priority and the host optional, the time
 * also in ISO form (rsyslog). Its time has no year or no zone and is not used.
 */
function stripSyslog(buf: Uint8Array, start: number, end: number): boolean {
  const at = skipPriority(buf, start, end);
  if (at < 0) return false;
  let i = behindBsdTime(buf, at, end);
  if (i < 0) {
    const ms = isoTime(buf, at, end);
    if (Number.isNaN(ms) || timeCursor.at >= end || buf[timeCursor.at] !== SPACE) return false;
    i = timeCursor.at + 1;
    body.timeMs = ms;
  }
  const limit = Math.min(end - 1, i + LONGEST_TAG);
  let spaces = 0;
  for (let k = i; k < limit; k++) {
    if (buf[k] === SPACE && ++spaces > 1) break;
    if (buf[k] === COLON && buf[k + 1] === SPACE && k > i) {
      body.start = k + 2;
      return true;
    }
  }
  return false;
}

/** Behind `Oct 11 22:14:15 `, −1 where it does not stand there. */
function behindBsdTime(buf: Uint8Array, at: number, end: number): number {
  if (at + 16 > end || monthAt(buf, at) === 0 || buf[at + 3] !== SPACE || buf[at + 6] !== SPACE) return -1;
  const ms = timeOfDay(buf, at + 7);
  return !Number.isNaN(ms) && buf[at + 15] === SPACE ? at + 16 : -1;
}

/** RFC 5424: `<34>1 2003-10-11T22:14:15.003Z host app process message-id [data]|- rest`. */
function stripSyslog5424(buf: Uint8Array, start: number, end: number): boolean {
  let i = skipPriority(buf, start, end);
  if (i < 0 || i + 2 > end || buf[i] !== 0x31 || buf[i + 1] !== SPACE) return false;
  i += 2;
  if (startsWith(buf, i, end, '- ')) {
    i += 2;
  } else {
    const ms = isoTime(buf, i, end);
    if (Number.isNaN(ms) || timeCursor.at >= end || buf[timeCursor.at] !== SPACE) return false;
    body.timeMs = ms;
    i = timeCursor.at + 1;
  }
  for (let n = 0; n < 4; n++) {
    i = tokenEnd(buf, i, end) + 1;
    if (i >= end) return false;
  }
  i = behindStructuredData(buf, i, end);
  if (i < 0) return false;
  i = skipSpaces(buf, i, end);
  body.start = startsWith(buf, i, end, '\u00ef\u00bb\u00bf') ? i + 3 : i;
  return true;
}

function behindStructuredData(buf: Uint8Array, at: number, end: number): number {
  if (buf[at] === 0x2d) return at + 1;
  if (buf[at] !== 0x5b) return -1;
  let quoted = false;
  for (let i = at; i < end; i++) {
    const c = buf[i];
    if (c === 0x5c) i++;
    else if (c === 0x22) quoted = !quoted;
    else if (c === 0x5d && !quoted && buf[i + 1] !== 0x5b) return i + 1;
  }
  return -1;
}

/** Kubernetes: `2025-01-02T03:04:05.123456789Z stdout F rest`; P instead of F marks a piece of a longer line. */
function stripCri(buf: Uint8Array, start: number, end: number): boolean {
  const ms = isoTime(buf, start, end);
  if (Number.isNaN(ms)) return false;
  const i = timeCursor.at;
  if (!startsWith(buf, i, end, ' stdout ') && !startsWith(buf, i, end, ' stderr ')) return false;
  const tag = i + 8;
  if (tag + 1 >= end || (buf[tag] !== 0x46 && buf[tag] !== 0x50) || buf[tag + 1] !== SPACE) return false;
  body.timeMs = ms;
  body.partial = buf[tag] === 0x50;
  body.start = tag + 2;
  return true;
}

const docker = new JsonReader(
  [
    ...names('request', ['log'], { mark: true }),
    ...names('kind', ['stream'], { mark: true }),
    ...names('time', ['time']),
  ],
  Object.keys(SLOT).length,
);

/** Docker's json-file driver: `{"log":"rest\n","stream":"stdout","time":"…"}`, its text unescaped in place. */
function stripDocker(buf: Uint8Array, start: number, end: number): boolean {
  if (docker.read(buf, start, end) !== BAD_LINE.ok || docker.marks < 2) return false;
  if (docker.type[SLOT.request] < STRING) return false;
  const from = docker.start[SLOT.request];
  body.timeMs = anyTime(buf, docker.start[SLOT.time], docker.end[SLOT.time]);
  let to = unescapeJson(buf, from, docker.end[SLOT.request]);
  body.partial = to === from || buf[to - 1] !== 0x0a;
  while (to > from && (buf[to - 1] === 0x0a || buf[to - 1] === 0x0d)) to--;
  body.start = from;
  body.end = to;
  return true;
}

/** docker compose: `service-1  | rest`. */
function stripCompose(buf: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end && i < start + 64 && buf[i] !== SPACE && buf[i] !== 0x7c) i++;
  if (i === start || i >= end) return false;
  i = skipSpaces(buf, i, end);
  if (i + 1 >= end || buf[i] !== 0x7c || buf[i + 1] !== SPACE) return false;
  body.start = i + 2;
  return true;
}

/** `docker logs -t`, `kubectl logs --timestamps`: an ISO time and a space. */
function stripTimestamp(buf: Uint8Array, start: number, end: number): boolean {
  const ms = isoTime(buf, start, end);
  if (Number.isNaN(ms) || timeCursor.at >= end || buf[timeCursor.at] !== SPACE || buf[start + 10] !== 0x54)
    return false;
  body.timeMs = ms;
  body.start = timeCursor.at + 1;
  return true;
}
