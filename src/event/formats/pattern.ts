/**
 * Lines in a format that the user gives as the text of an nginx `log_format` or an Apache `LogFormat`. A text ends
 * where what stands behind its variable in the pattern is found (in quotes, escaped quotes are passed over); a line
 * that stops after request and status were read is an exchange with what it has.
 */
import { F, type RawExchange, type TimeMeaning } from '../exchange.ts';
import { BAD_LINE, type BadLine, type LineParser, type LogFormat } from '../format.ts';
import { jsonParser } from './json-format.ts';
import { unescapeJson } from './json-unescape.ts';
import { compilePattern, type Escape, isJsonPattern, jsonNames, type Pattern } from './pattern-compile.ts';
import { joinQuery, setRequestLine } from './request-line.ts';
import { BACKSLASH, bytesOf, COMMA, duration, isAbsent, SPACE, setText, statusOf, unescapeQuoted } from './scan.ts';
import { compileTime, runTime, TimeParts, type TimeProgram } from './strftime.ts';
import { clfTime, epochTime, isoTime, timeCursor } from './time.ts';

const SKIP = 0;
const FIELD = 1;
const REQUEST = 2;
const STATUS = 3;
const BYTES = 4;
const DURATION = 5;
const QUERY = 6;
const CLF = 7;
const CLF_BRACKETED = 8;
const ISO = 9;
const EPOCH = 10;
const STRFTIME = 11;

interface Step {
  readonly code: number;
  readonly field: number;
  readonly scale: number;
  readonly time: TimeProgram | null;
  /** True between quotes. */
  readonly quoted: boolean;
  /** True where the text may be a list with ", " in it. */
  readonly list: boolean;
  readonly after: Uint8Array;
}

class PatternParser {
  private readonly before: Uint8Array;
  private readonly steps: readonly Step[];
  private readonly start: Int32Array;
  private readonly end: Int32Array;
  private readonly meaning: TimeMeaning;
  private readonly escape: Escape;
  /** Index of the last step that a line must reach to be an exchange. */
  private readonly needed: number;
  private readonly parts = new TimeParts();
  private timeMs = Number.NaN;
  private usesParts = false;

  constructor(pattern: Pattern, meaning: TimeMeaning) {
    const encoder = new TextEncoder();
    this.before = encoder.encode(pattern.before);
    this.steps = pattern.tokens.map((token, i) => {
      const { meaning: m } = token;
      const inFront = i === 0 ? pattern.before : pattern.tokens[i - 1].after;
      return {
        code: codeOf(m.kind, m.kind === 'time' ? m.notation : ''),
        field: m.kind === 'field' ? m.field : 0,
        scale: m.kind === 'duration' ? m.scale : 0,
        time: m.kind === 'time' && codeOf('time', m.notation) === STRFTIME ? compileTime(m.notation) : null,
        quoted: inFront.endsWith('"') && token.after.startsWith('"'),
        list: m.kind === 'skip' || (m.kind === 'field' && m.field === F.forwarded),
        after: encoder.encode(token.after),
      };
    });
    this.start = new Int32Array(this.steps.length);
    this.end = new Int32Array(this.steps.length);
    this.meaning = meaning;
    this.escape = pattern.escape;
    this.needed = this.steps.reduce((last, s, i) => (isNeeded(s) ? i : last), 0);
  }

  parse(buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
    if (!matches(buf, start, end, this.before)) return BAD_LINE.no_match;
    this.timeMs = Number.NaN;
    this.usesParts = false;
    const reason = this.match(buf, start + this.before.length, end);
    if (reason !== BAD_LINE.ok) return reason;
    out.timeMs = this.usesParts ? this.parts.toMs() : this.timeMs;
    if (Number.isNaN(out.timeMs)) return BAD_LINE.bad_time;
    out.timeMeaning = this.meaning;
    return this.fill(buf, start, end, out);
  }

  /** Finds where each variable's text stands. */
  private match(buf: Uint8Array, at: number, end: number): BadLine {
    let seenTime = false;
    for (let i = 0; i < this.steps.length; i++) {
      const step = this.steps[i];
      this.start[i] = at;
      this.end[i] = at;
      if (at >= end && i > this.needed) continue;
      let stop = step.code >= CLF ? this.readTime(step, buf, at, end) : -1;
      if (step.code >= CLF && stop < 0)
        return seenTime || i > 0 || end - at < 20 ? BAD_LINE.bad_time : BAD_LINE.no_match;
      if (stop < 0) stop = this.textEnd(step, buf, at, end);
      else if (!matches(buf, stop, end, step.after)) return stop >= end ? BAD_LINE.truncated : BAD_LINE.no_match;
      if (stop < 0) {
        // The line ends inside this text.
        if (i <= this.needed) return seenTime ? BAD_LINE.truncated : BAD_LINE.no_match;
        stop = end;
      }
      if (step.code >= CLF) seenTime = true;
      this.end[i] = stop;
      at = Math.min(end, stop + step.after.length);
    }
    return BAD_LINE.ok;
  }

  private readTime(step: Step, buf: Uint8Array, at: number, end: number): number {
    if (step.time !== null) {
      if (!this.usesParts) this.parts.reset();
      this.usesParts = true;
      return runTime(step.time, buf, at, end, this.parts);
    }
    if (step.code === EPOCH) {
      const stop = this.textEnd(step, buf, at, end);
      this.timeMs = epochTime(buf, at, stop < 0 ? end : stop);
      return !Number.isNaN(this.timeMs) ? (stop < 0 ? end : stop) : -1;
    }
    const bracket = step.code === CLF_BRACKETED ? 1 : 0;
    this.timeMs = step.code === ISO ? isoTime(buf, at, end) : clfTime(buf, at + bracket, end);
    return !Number.isNaN(this.timeMs) ? timeCursor.at + bracket : -1;
  }

  /** Where the text at `at` ends: in front of what the pattern has behind it; −1 where that is not found. */
  private textEnd(step: Step, buf: Uint8Array, at: number, end: number): number {
    const { after, quoted, list } = step;
    if (after.length === 0) return end;
    const first = after[0];
    const last = end - after.length;
    for (let i = at; i <= last; i++) {
      const c = buf[i];
      if (quoted && c === BACKSLASH && this.escape !== 'none') {
        i++;
      } else if (c === first && matches(buf, i, end, after)) {
        if (!(list && first === SPACE && buf[i - 1] === COMMA && i > at)) return i;
      }
    }
    // White space behind the last text is often lost on the way.
    return isBlank(after) && step === this.steps[this.steps.length - 1] ? end : -1;
  }

  /** Checks the numbers, then hands out the texts. */
  private fill(buf: Uint8Array, start: number, end: number, out: RawExchange): BadLine {
    let query = -1;
    for (let i = 0; i < this.steps.length; i++) {
      const step = this.steps[i];
      const from = this.start[i];
      const to = this.end[i];
      if (step.code === STATUS) {
        const n = statusOf(buf, from, to);
        if (n < 0) return BAD_LINE.bad_status;
        out.status = n;
      } else if (step.code === BYTES) out.bytes = bytesOf(buf, from, to);
      else if (step.code === DURATION) out.durationMs = duration(buf, from, to, step.scale);
      else if (step.code === QUERY) query = i;
    }
    for (let i = 0; i < this.steps.length; i++) {
      const step = this.steps[i];
      if (step.code !== FIELD && step.code !== REQUEST) continue;
      const from = this.start[i];
      const to = this.end[i];
      if (step.code === REQUEST) this.setRequest(out, buf, from, to);
      else if (!isAbsent(buf, from, to)) setText(out, step.field, buf, from, this.unescape(buf, from, to));
    }
    if (query >= 0) joinQuery(out, start, end, this.start[query], this.end[query]);
    return BAD_LINE.ok;
  }

  private setRequest(out: RawExchange, buf: Uint8Array, from: number, to: number): void {
    if (this.escape === 'json') setRequestLine(out, buf, from, this.unescape(buf, from, to), false);
    else setRequestLine(out, buf, from, to, this.escape === 'default' && hasBackslash(buf, from, to));
  }

  private unescape(buf: Uint8Array, from: number, to: number): number {
    if (this.escape === 'none' || !hasBackslash(buf, from, to)) return to;
    return this.escape === 'json' ? unescapeJson(buf, from, to) : unescapeQuoted(buf, from, to);
  }
}

function codeOf(kind: string, notation: string): number {
  if (kind === 'time') {
    if (notation === 'clf') return CLF;
    if (notation === 'clf-bracketed') return CLF_BRACKETED;
    return notation === 'iso' ? ISO : notation === 'epoch' ? EPOCH : STRFTIME;
  }
  const codes: Readonly<Record<string, number>> = {
    field: FIELD,
    request: REQUEST,
    status: STATUS,
    bytes: BYTES,
    duration: DURATION,
    query: QUERY,
  };
  return codes[kind] ?? SKIP;
}

function isNeeded(step: Step): boolean {
  const { code } = step;
  return code === REQUEST || code === STATUS || code >= CLF || (code === FIELD && step.field === F.target);
}

function isBlank(text: Uint8Array): boolean {
  return text.every((c) => c === SPACE);
}

function hasBackslash(buf: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (buf[i] === BACKSLASH) return true;
  return false;
}

function matches(buf: Uint8Array, at: number, end: number, text: Uint8Array): boolean {
  // A line may be cut anywhere in its last literal, such as a closing quote.
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (buf[at + i] !== text[i]) return false;
  return true;
}

/**
 * A format from the text of an nginx `log_format` or Apache `LogFormat`, with or without the directive around it.
 * FormatError with a code of errors.ts where it cannot be read.
 */
export function patternFormat(source: string): LogFormat {
  if (isJsonPattern(source)) {
    const { names, dialect } = jsonNames(source);
    const timeMeaning: TimeMeaning = dialect === 'nginx' ? 'end' : 'start';
    return {
      id: 'pattern',
      title: `${dialect} JSON log format given by the user`,
      timeMeaning,
      resolutionMs: 1000,
      parser: () => jsonParser({ names, timeMeaning, marks: 0 }),
    };
  }
  const pattern = compilePattern(source);
  const time = pattern.tokens.find((t) => t.meaning.kind === 'time')?.meaning;
  const timeMeaning: TimeMeaning = time?.kind === 'time' ? time.meaning : 'end';
  const isFine = time?.kind === 'time' && (time.notation === 'epoch' || /frac|msec|usec/.test(time.notation));
  return {
    id: 'pattern',
    title: `${pattern.dialect} log format given by the user`,
    timeMeaning,
    resolutionMs: isFine ? 1 : 1000,
    parser: (): LineParser => {
      const parser = new PatternParser(pattern, timeMeaning);
      return (buf, start, end, out) => parser.parse(buf, start, end, out);
    },
  };
}
