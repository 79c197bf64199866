/**
 * A format with everything that was learned or given about it, as plain JSON: what detection returns, what a second
 * thread receives, and what the manifest of a run names.
 */
import type { RawExchange } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LineParser, type LogFormat, MAX_LINE_BYTES } from '../format.ts';
import { combinedWith } from './combined.ts';
import type { CombinedLayout } from './combined-layout.ts';
import { mappedJson } from './generic-json.ts';
import { FORMATS, formatById } from './index.ts';
import { patternFormat } from './pattern.ts';
import { body, findPrefix, type Prefix, stripPrefix } from './prefix.ts';
import { w3cWith } from './w3c.ts';

export interface FormatSpec {
  /** Id of a format, or 'pattern'. */
  readonly id: string;
  /** What most lines have in front. */
  readonly prefix: Prefix;
  /** Learned: what stands at the open end of combined lines. */
  readonly layout?: CombinedLayout;
  /** Learned: the columns of a W3C log, or of W3C lines among others. */
  readonly columns?: string;
  /** Given: the text of a log_format or LogFormat. */
  readonly pattern?: string;
  /** Given: field of an exchange → key of a JSON line. */
  readonly mapping?: Readonly<Record<string, string>>;
}

/** The format of a spec, without its prefix. FormatError where a given pattern or mapping cannot be used. */
export function formatOf(spec: FormatSpec): LogFormat {
  if (spec.pattern !== undefined) return patternFormat(spec.pattern);
  if (spec.mapping !== undefined) return mappedJson(spec.mapping, formatById(spec.id).timeMeaning);
  const format = formatById(spec.id);
  if (spec.layout !== undefined) return combinedWith(spec.layout, format);
  if (spec.id === 'w3c' && spec.columns !== undefined) return w3cWith(spec.columns);
  return format;
}

/**
 * The parser for a whole input: the spec's format first, and for a line that is not in it any prefix and every other
 * format, so that a file may mix them. A CR at the line's end is passed over. Never throws; what it returns depends on
 * the line alone.
 */
export function lineParser(spec: FormatSpec): LineParser {
  const format = formatOf(spec);
  const first = format.parser();
  const mixed = new MixedParser(first, otherParsers(format.id, spec.columns ?? ''));
  if (spec.prefix === 'none') {
    return (buf, start, end, out) => {
      if (end - start > MAX_LINE_BYTES) return BAD_LINE.too_long;
      if (end > start && buf[end - 1] === CR) end--;
      const reason = first(buf, start, end, out);
      return reason === BAD_LINE.ok ? reason : mixed.parse(reason, buf, start, end, out);
    };
  }
  const { prefix } = spec;
  return (buf, start, end, out) => {
    if (end - start > MAX_LINE_BYTES) return BAD_LINE.too_long;
    if (end > start && buf[end - 1] === CR) end--;
    if (!stripPrefix(prefix, buf, start, end)) return mixed.parse(BAD_LINE.no_match, buf, start, end, out);
    return mixed.parseBody(buf, out);
  };
}

/** Parsers of all other formats. None keeps what a line said: a header line seen by one thread is not seen by the next. */
function otherParsers(id: string, columns: string): LineParser[] {
  const family = id === 'apache-combined' ? 'combined' : id;
  return FORMATS.filter((f) => f.id !== family && f.id !== 'apache-combined').map((f) =>
    (f.id === 'w3c' ? w3cWith(columns) : f).parser(),
  );
}

/** What is left of a CRLF line end. */
const CR = 0x0d;

class MixedParser {
  private readonly first: LineParser;
  private readonly others: readonly LineParser[];

  constructor(first: LineParser, others: readonly LineParser[]) {
    this.first = first;
    this.others = others;
  }

  /** A line that the first format refused with `reason`. */
  parse(reason: BadLine, buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
    if (isBlank(buf, start, end)) return BAD_LINE.empty;
    if (reason === BAD_LINE.comment) return reason;
    const asItIs = this.tryOthers(reason, buf, start, end, out);
    if (asItIs === BAD_LINE.ok || asItIs === BAD_LINE.comment) return asItIs;
    if (findPrefix(buf, start, end) !== 'none') {
      const behind = this.parseBody(buf, out);
      if (behind === BAD_LINE.ok || behind === BAD_LINE.comment) return behind;
      if (asItIs === BAD_LINE.no_match || asItIs === BAD_LINE.no_request) return named(behind, buf, start, end);
    }
    if (asItIs === BAD_LINE.no_match && buf[start] === 0x23) return BAD_LINE.comment;
    return named(asItIs, buf, start, end);
  }

  /** The line behind the prefix that was just stripped. */
  parseBody(buf: Uint8Array, out: RawExchange): BadLine {
    const { start, end, timeMs, partial } = body;
    out.reset(buf);
    let reason = this.first(buf, start, end, out);
    if (reason !== BAD_LINE.ok && reason !== BAD_LINE.comment) reason = this.tryOthers(reason, buf, start, end, out);
    if (reason === BAD_LINE.ok) {
      if (Number.isNaN(out.timeMs)) out.timeMs = timeMs;
      return reason;
    }
    if (isBlank(buf, start, end)) return BAD_LINE.empty;
    return partial && reason !== BAD_LINE.comment ? BAD_LINE.truncated : reason;
  }

  /** Every other format in turn; the most telling reason where none fits. */
  private tryOthers(reason: BadLine, buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
    let best = reason;
    for (const parser of this.others) {
      out.reset(buf);
      const next = parser(buf, start, end, out);
      if (next === BAD_LINE.ok || next === BAD_LINE.comment) return next;
      if (best === BAD_LINE.no_match) best = next;
    }
    out.reset(buf);
    return best;
  }
}

function isBlank(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] > 0x20) return false;
  for (let i = start; i < end; i++) if (buf[i] === 0) return false;
  return true;
}

/** Says `binary` of what matches nothing and is not text: NUL bytes, or a third of it neither text nor UTF-8's upper half. */
function named(reason: BadLine, buf: Uint8Array, start: number, end: number): BadLine {
  if (reason !== BAD_LINE.no_match) return reason;
  let odd = 0;
  for (let i = start; i < end; i++) {
    const c = buf[i];
    if (c === 0) return BAD_LINE.binary;
    if (c < 0x20 && c !== 0x09) odd++;
    else if (c >= 0xf8 || c === 0x7f || c === 0xc0 || c === 0xc1) odd++;
  }
  return odd * 3 > end - start ? BAD_LINE.binary : reason;
}
