/**
 * W3C extended log format: IIS and CloudFront. Its `#Fields:` line names the columns; times are UTC and those of the
 * answer. The target's path and query stand in two columns and are joined; "+" (IIS) and `%20` (CloudFront) in the agent
 * and referrer become spaces again.
 */
import { F, type RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LogFormat } from '../format.ts';
import { joinQuery } from './request-line.ts';
import { bytesOf, duration, hexDigit, isAbsent, SPACE, setText, startsWith, statusOf, TAB } from './scan.ts';
import { isoTime } from './time.ts';

const SKIP = -1;
const DATE = -2;
const TIME = -3;
const STATUS = -4;
const BYTES = -5;
const TAKEN = -6;
const QUERY = -7;

const COLUMNS: Readonly<Record<string, number>> = {
  date: DATE,
  time: TIME,
  'c-ip': F.address,
  'x-forwarded-for': F.forwarded,
  'cs(x-forwarded-for)': F.forwarded,
  'cs-method': F.method,
  'cs-uri-stem': F.target,
  'cs-uri-query': QUERY,
  'cs-version': F.protocol,
  'cs-protocol-version': F.protocol,
  'cs-host': F.host,
  'x-host-header': F.host,
  'cs(host)': F.host,
  'cs(user-agent)': F.agent,
  'cs(referer)': F.referrer,
  'cs-username': F.principal,
  'sc-status': STATUS,
  'sc-bytes': BYTES,
  'time-taken': TAKEN,
};

interface Layout {
  readonly columns: readonly number[];
  readonly isCloudFront: boolean;
}

const FIELDS_LINE = '#Fields:';
const utf8 = new TextDecoder();
const LONGEST_HEADER = 4096;

function layoutOf(fields: string): Layout {
  const columns: number[] = [];
  for (const name of fields.trim().split(/\s+/)) {
    const column = COLUMNS[name.toLowerCase()] ?? SKIP;
    columns.push(columns.includes(column) ? SKIP : column);
  }
  return { columns, isCloudFront: /x-edge-/.test(fields) };
}

/** The text of a `#Fields:` line behind its name, null where the line is none. */
export function w3cFields(line: Uint8Array): string | null {
  if (line.length > LONGEST_HEADER || !startsWith(line, 0, line.length, FIELDS_LINE)) return null;
  return utf8.decode(line.subarray(FIELDS_LINE.length)).trim();
}

/** A W3C format whose columns are known; `#Fields:` lines then change nothing, so that every thread reads alike. */
export function w3cWith(fields: string): LogFormat {
  const layout = layoutOf(fields);
  return { ...W3C, parser: () => (buf, start, end, out) => parse(layout, buf, start, end, out) };
}

function parse(layout: Layout | null, buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
  if (start < end && buf[start] === 0x23) return BAD_LINE.comment;
  if (layout === null) return BAD_LINE.no_match;
  const { columns } = layout;
  let dateAt = -1;
  let timeAt = -1;
  let queryFrom = 0;
  let queryTo = 0;
  let i = start;
  let n = 0;
  for (; n < columns.length && i < end; n++) {
    const from = i;
    while (i < end && buf[i] !== SPACE && buf[i] !== TAB) i++;
    const column = columns[n];
    if (column >= 0) setText(out, column, buf, from, i);
    else if (column === DATE) dateAt = i - from === 10 ? from : -1;
    else if (column === TIME) timeAt = i - from === 8 ? from : -1;
    else if (column === STATUS) out.status = statusOf(buf, from, i);
    else if (column === BYTES) out.bytes = bytesOf(buf, from, i);
    else if (column === TAKEN) out.durationMs = duration(buf, from, i, layout.isCloudFront ? 1000 : 1);
    else if (column === QUERY) {
      queryFrom = from;
      queryTo = i;
    }
    i++;
  }
  if (dateAt < 0 || timeAt !== dateAt + 11) return BAD_LINE.no_match;
  out.timeMs = isoTime(buf, dateAt, timeAt + 8);
  if (Number.isNaN(out.timeMs)) return BAD_LINE.bad_time;
  if (n < columns.length) return BAD_LINE.truncated;
  if (out.status < 0) return BAD_LINE.bad_status;
  if (out.spans[F.target + 1] === 0) return BAD_LINE.no_request;
  out.timeMeaning = 'end';
  unquote(out, F.agent, layout.isCloudFront);
  unquote(out, F.referrer, layout.isCloudFront);
  if (!isAbsent(buf, queryFrom, queryTo)) joinQuery(out, start, end, queryFrom, queryTo);
  return BAD_LINE.ok;
}

/** Puts back the spaces that the format cannot hold. */
function unquote(out: RawExchange, field: number, isCloudFront: boolean): void {
  const { buf, spans } = out;
  let w = spans[field];
  for (let r = spans[field]; r < spans[field + 1]; r++) {
    let c = buf[r];
    if (!isCloudFront && c === 0x2b) c = SPACE;
    if (isCloudFront && c === 0x25 && r + 2 < spans[field + 1]) {
      const high = hexDigit(buf[r + 1]);
      const low = hexDigit(buf[r + 2]);
      if (high >= 0 && low >= 0) {
        c = high * 16 + low;
        r += 2;
      }
    }
    buf[w++] = c;
  }
  spans[field + 1] = w;
}

export const W3C: LogFormat = {
  id: 'w3c',
  title: 'W3C extended log format (IIS, CloudFront)',
  timeMeaning: 'end',
  resolutionMs: 1000,
  parser: () => {
    let layout: Layout | null = null;
    return (buf, start, end, out) => {
      if (startsWith(buf, start, end, FIELDS_LINE)) {
        const fields = w3cFields(buf.subarray(start, end));
        if (fields !== null) layout = layoutOf(fields);
      }
      return parse(layout, buf, start, end, out);
    };
  },
};
