/** What the JSON formats share: a list of names, and turning the values found under them into an exchange. */
import { F, FIELDS, type Field, type RawExchange, type TimeMeaning } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LineParser } from '../format.ts';
import { ABSENT, ESCAPED_STRING, type JsonName, JsonReader, STRING } from './json.ts';
import { unescapeJson } from './json-unescape.ts';
import { joinQuery, setRequestLine, setUrl } from './request-line.ts';
import { bytesOf, decimal, duration, durationWithUnit, isAbsent, startsWith, statusOf } from './scan.ts';
import { anyTime } from './time.ts';

/** Slots behind those of the fields. */
const EXTRA = ['time', 'status', 'bytes', 'duration', 'query', 'url', 'kind', 'name', 'amount', 'mark'] as const;
export type Slot = Field | (typeof EXTRA)[number];
export const SLOT = Object.fromEntries([...FIELDS, ...EXTRA].map((name, i) => [name, i])) as {
  readonly [K in Slot]: number;
};
const SLOTS = FIELDS.length + EXTRA.length;

/** Tags of a time: what it means; {@link TIME_MS} also says that it is a plain count of milliseconds. */
export const TIME_END = 0;
export const TIME_START = 1;
export const TIME_MS = 2;
/** Tags of a duration: its unit. `auto`: a fraction means seconds, a whole number milliseconds. */
export const UNIT = { auto: 0, s: 1, ms: 2, us: 3, ns: 4 } as const;
const SCALE = [0, 1000, 1, 0.001, 0.000001];

interface NameOptions {
  readonly tag?: number;
  readonly mark?: boolean;
  readonly literal?: boolean;
  /** Rank of the first path; those behind it follow. */
  readonly rank?: number;
}

/** Names of one slot, the preferred first. */
export function names(slot: Slot, paths: readonly string[], options: NameOptions = {}): JsonName[] {
  return paths.map((path, i) => ({
    path,
    slot: SLOT[slot],
    rank: (options.rank ?? 0) + i,
    tag: options.tag ?? 0,
    mark: options.mark ?? false,
    literal: options.literal ? path.toLowerCase() : '',
  }));
}

export interface JsonFormatOptions {
  readonly names: readonly JsonName[];
  readonly timeMeaning: TimeMeaning;
  /** Marked names that a line must have to be of this format; 0 for the formats that take any JSON. */
  readonly marks: number;
}

/** A parser for lines that are one JSON object each. */
export function jsonParser(options: JsonFormatOptions): LineParser {
  const reader = new JsonReader(options.names, SLOTS);
  return (buf, start, end, out) => parseJson(reader, options, buf, start, end, out);
}

function parseJson(
  reader: JsonReader,
  options: JsonFormatOptions,
  buf: Uint8Array,
  start: number,
  end: number,
  out: RawExchange,
): BadLine {
  const reason = reader.read(buf, start, end);
  if (reason !== BAD_LINE.ok) return reason;
  if (reader.marks < options.marks) return BAD_LINE.no_match;
  const hasRequest =
    reader.type[SLOT.request] !== ABSENT || reader.type[SLOT.target] !== ABSENT || reader.type[SLOT.url] !== ABSENT;
  if (!hasRequest)
    return options.marks > 0 && reader.type[SLOT.status] === ABSENT ? BAD_LINE.no_match : BAD_LINE.no_request;
  const failure = readNumbers(reader, options.timeMeaning, buf, out);
  return failure === BAD_LINE.ok ? readTexts(reader, buf, start, end, out) : failure;
}

/** Time, status, bytes and duration: everything that can be wrong, before anything is changed. */
export function readNumbers(reader: JsonReader, meaning: TimeMeaning, buf: Uint8Array, out: RawExchange): BadLine {
  out.timeMeaning = meaning;
  const time = SLOT.time;
  if (reader.type[time] !== ABSENT && !isAbsent(buf, reader.start[time], reader.end[time])) {
    out.timeMs = timeOf(reader, buf);
    if (Number.isNaN(out.timeMs)) return BAD_LINE.bad_time;
    if (reader.tag[time] !== TIME_END) out.timeMeaning = 'start';
  }
  const status = SLOT.status;
  if (reader.type[status] !== ABSENT) {
    const n = statusOf(buf, reader.start[status], reader.end[status]);
    if (n < 0) return BAD_LINE.bad_status;
    out.status = n;
  }
  if (reader.type[SLOT.bytes] !== ABSENT) out.bytes = bytesOf(buf, reader.start[SLOT.bytes], reader.end[SLOT.bytes]);
  if (reader.type[SLOT.duration] !== ABSENT) out.durationMs = durationOf(reader, buf);
  return BAD_LINE.ok;
}

const timeScratch = new Uint8Array(64);

function timeOf(reader: JsonReader, buf: Uint8Array): number {
  const start = reader.start[SLOT.time];
  const end = reader.end[SLOT.time];
  if (reader.tag[SLOT.time] === TIME_MS) return Math.floor(decimal(buf, start, end, 1));
  if (reader.type[SLOT.time] !== ESCAPED_STRING || end - start > timeScratch.length) return anyTime(buf, start, end);
  // Some encoders write "17\/May\/2015". Unescaped aside, so that a refused line keeps its bytes.
  for (let i = start; i < end; i++) timeScratch[i - start] = buf[i];
  return anyTime(timeScratch, 0, unescapeJson(timeScratch, 0, end - start));
}

function durationOf(reader: JsonReader, buf: Uint8Array): number {
  const start = reader.start[SLOT.duration];
  const end = reader.end[SLOT.duration];
  const unit = reader.tag[SLOT.duration];
  if (unit !== UNIT.auto) {
    const named = reader.type[SLOT.duration] === STRING ? durationWithUnit(buf, start, end) : -1;
    return named >= 0 ? named : duration(buf, start, end, SCALE[unit]);
  }
  const named = durationWithUnit(buf, start, end);
  if (named >= 0) return named;
  for (let i = start; i < end; i++) if (buf[i] === 0x2e) return duration(buf, start, end, 1000);
  return duration(buf, start, end, 1);
}

/** Texts, unescaped in place: from here on the line is accepted. */
export function readTexts(reader: JsonReader, buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  for (let slot = 0; slot < FIELDS.length; slot++) {
    if (reader.type[slot] === ABSENT) continue;
    const from = reader.start[slot];
    let to = reader.end[slot];
    if (isAbsent(buf, from, to)) continue;
    if (reader.type[slot] === ESCAPED_STRING) to = unescapeJson(buf, from, to);
    out.set(slot * 2, from, to);
  }
  dropRedacted(out, F.credential);
  dropRedacted(out, F.session);
  readTarget(reader, buf, out);
  if (reader.type[SLOT.query] !== ABSENT && out.spans[F.target + 1] > 0) {
    const from = reader.start[SLOT.query];
    let to = reader.end[SLOT.query];
    if (reader.type[SLOT.query] === ESCAPED_STRING) to = unescapeJson(buf, from, to);
    joinQuery(out, start, end, from, to);
  }
  return BAD_LINE.ok;
}

/** Caddy and Traefik write REDACTED for what they keep out of their logs: the same text for everyone is nobody's. */
function dropRedacted(out: RawExchange, field: number): void {
  const start = out.spans[field];
  const end = out.spans[field + 1];
  if (end - start === 8 && startsWith(out.buf, start, end, 'REDACTED')) out.set(field, 0, 0);
}

/** The target from itself, else from the request line, else from a URL that the log composed. */
function readTarget(reader: JsonReader, buf: Uint8Array, out: RawExchange): void {
  const start = out.spans[F.request];
  const end = out.spans[F.request + 1];
  if (out.spans[F.target + 1] > 0) {
    out.set(F.request, 0, 0);
    return;
  }
  if (end > start) {
    out.set(F.request, 0, 0);
    setRequestLine(out, buf, start, end, false);
    if (out.spans[F.target + 1] > 0 || reader.type[SLOT.url] === ABSENT) return;
  }
  if (reader.type[SLOT.url] === ABSENT) return;
  const from = reader.start[SLOT.url];
  let to = reader.end[SLOT.url];
  if (reader.type[SLOT.url] === ESCAPED_STRING) to = unescapeJson(buf, from, to);
  setUrl(out, buf, from, to);
}
