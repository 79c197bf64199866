/** Finding out a log's format from a sample of its lines, never from its name. */
import { RawExchange } from '../exchange.ts';
import { BAD_LINE, type LogFormat, MAX_LINE_BYTES } from '../format.ts';
import { learnCombined } from './combined.ts';
import { FormatError } from './errors.ts';
import { FORMATS } from './index.ts';
import { body, findPrefix, type Prefix } from './prefix.ts';
import { type FormatSpec, formatOf } from './spec.ts';
import { w3cFields } from './w3c.ts';

/** Lines looked at: as many from the beginning as spread over the rest of the sample. */
const FIRST_LINES = 200;
const SPREAD_LINES = 200;

export interface Alternative {
  readonly id: string;
  readonly prefix: Prefix;
  /** Share of the sampled lines (blank and comment lines left out) that this format reads, 0 to 1. */
  readonly share: number;
}

export interface Detection {
  readonly spec: FormatSpec;
  readonly format: LogFormat;
  readonly share: number;
  readonly sampled: number;
  /** Other formats that read at least one sampled line, best first. */
  readonly alternatives: readonly Alternative[];
  /** Sentences for the report: what was assumed, and how to say otherwise. */
  readonly notes: readonly string[];
}

interface Sample {
  readonly line: Uint8Array;
  readonly prefix: Prefix;
  /** The line behind its prefix; the line itself where it has none. */
  readonly rest: Uint8Array;
}

/** Copies of lines from pieces of text: the first ones, and others spread evenly. Lines end by LF or CRLF. */
export function sampleLines(pieces: Uint8Array | readonly Uint8Array[]): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) {
    let start = 0;
    while (start < piece.length) {
      let end = piece.indexOf(0x0a, start);
      if (end < 0) end = piece.length;
      const stop = end > start && piece[end - 1] === 0x0d ? end - 1 : end;
      if (stop > start && stop - start <= MAX_LINE_BYTES) all.push(piece.subarray(start, stop));
      start = end + 1;
    }
  }
  if (all.length <= FIRST_LINES + SPREAD_LINES) return all.map((line) => line.slice());
  const rest = all.length - FIRST_LINES;
  const spread = Array.from(
    { length: SPREAD_LINES },
    (_, i) => all[FIRST_LINES + Math.floor((i * rest) / SPREAD_LINES)],
  );
  return [...all.slice(0, FIRST_LINES), ...spread].map((line) => line.slice());
}

function prepare(lines: readonly Uint8Array[]): Sample[] {
  return lines.map((line) => {
    const copy = line.slice();
    const prefix = findPrefix(copy, 0, copy.length);
    return { line, prefix, rest: prefix === 'none' ? line : copy.slice(body.start, body.end) };
  });
}

/** True where a format reads a line: parsers change what they accept, so each gets its own copy. */
function reads(parser: ReturnType<LogFormat['parser']>, line: Uint8Array, out: RawExchange): number {
  const copy = line.slice();
  out.reset(copy);
  return parser(copy, 0, copy.length, out);
}

/**
 * The best format for the lines in `pieces` (whole lines of text, uncompressed), with what could be learned about its
 * open ends. FormatError `format.undetected` where no line is in any known format.
 */
export function detectFormat(pieces: Uint8Array | readonly Uint8Array[]): Detection {
  const samples = prepare(sampleLines(pieces));
  const out = new RawExchange();
  const columns = samples.map((s) => w3cFields(s.rest)).find((fields) => fields !== null);
  let comments = 0;
  const candidates: Alternative[] = [];
  for (const format of FORMATS) {
    if (format.id === 'apache-combined') continue;
    const counts = new Map<Prefix, number>();
    const parser = format.parser();
    let passed = 0;
    for (const sample of samples) {
      let prefix: Prefix = 'none';
      let result = reads(parser, sample.line, out);
      if (result !== BAD_LINE.ok && result !== BAD_LINE.comment && sample.prefix !== 'none') {
        prefix = sample.prefix;
        result = reads(parser, sample.rest, out);
      }
      if (result === BAD_LINE.ok) counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
      else if (result === BAD_LINE.comment) passed++;
    }
    comments = Math.max(comments, passed);
    for (const [prefix, n] of counts) candidates.push({ id: format.id, prefix, share: n });
  }
  const lines = Math.max(1, samples.length - comments);
  // Sorting is stable: where two read the same lines, the one that stands first in FORMATS stays in front.
  const ranked = candidates
    .map((c) => ({ ...c, share: Math.min(1, c.share / lines) }))
    .sort((a, b) => b.share - a.share);
  const [best, ...alternatives] = ranked;
  if (best === undefined) throw undetected(samples);
  const spec = learn({ id: best.id, prefix: best.prefix }, samples, columns ?? null, out);
  const notes = notesOf(best.id, samples);
  return { spec, format: formatOf(spec), share: best.share, sampled: samples.length, alternatives, notes };
}

/** Adds to a spec what its lines can teach: for formats that the user named, too. */
export function learnSpec(spec: FormatSpec, pieces: Uint8Array | readonly Uint8Array[]): FormatSpec {
  const samples = prepare(sampleLines(pieces));
  const columns = samples.map((s) => w3cFields(s.rest)).find((fields) => fields !== null);
  const prefix = spec.prefix === 'none' ? commonPrefix(spec, samples) : spec.prefix;
  return learn({ ...spec, prefix }, samples, columns ?? null, new RawExchange());
}

/** The prefix behind which a given format reads more lines than without one. */
function commonPrefix(spec: FormatSpec, samples: readonly Sample[]): Prefix {
  const parser = formatOf(spec).parser();
  const out = new RawExchange();
  const counts = new Map<Prefix, number>();
  for (const sample of samples) {
    const isBare = reads(parser, sample.line, out) === BAD_LINE.ok;
    if (!isBare && reads(parser, sample.rest, out) !== BAD_LINE.ok) continue;
    const prefix = isBare ? 'none' : sample.prefix;
    counts.set(prefix, (counts.get(prefix) ?? 0) + 1);
  }
  let best: Prefix = 'none';
  for (const [prefix, n] of counts) if (n > (counts.get(best) ?? 0)) best = prefix;
  return best;
}

function learn(spec: FormatSpec, samples: readonly Sample[], columns: string | null, out: RawExchange): FormatSpec {
  const lines = samples.map((s) => (spec.prefix === 'none' ? s.line : s.rest));
  const learned = columns === null ? spec : { ...spec, columns };
  const isCombined = spec.id === 'combined' || spec.id === 'apache-combined';
  return isCombined ? { ...learned, layout: learnCombined(lines, out) } : learned;
}

/** Signs by which Apache's combined lines differ from nginx's, which look alike: `%b` writes "-" for no bytes. */
function notesOf(id: string, samples: readonly Sample[]): string[] {
  if (id === 'haproxy') return ['HAProxy logs local time without a zone; it was read as UTC.'];
  if (id !== 'combined') return [];
  const utf8 = new TextDecoder();
  const looksApache = samples.some((s) => {
    const text = utf8.decode(s.rest);
    return /" \d{3} -(?: |$)/.test(text) || /\\"/.test(text);
  });
  return looksApache
    ? [
        'Times were taken as the end of each exchange, as nginx logs them. Some lines look like Apache’s, which logs the ' +
          'start: say --format apache-combined if they are.',
      ]
    : [
        'Times were taken as the end of each exchange, as nginx logs them; --format apache-combined takes them as the start.',
      ];
}

function undetected(samples: readonly Sample[]): FormatError {
  const shown = samples.length > 0 ? new TextDecoder().decode(samples[0].line.subarray(0, 120)) : '';
  return new FormatError(
    'format.undetected',
    samples.length === 0
      ? 'There is no line in the sample to tell the format from.'
      : `None of ${samples.length} sampled lines is in a known log format; the first is: ${shown}`,
  );
}
