/** The contract of a log format, and the reasons for which a line can be refused. */
import type { RawExchange, TimeMeaning } from './exchange.ts';

/** Why a line was not an exchange. Counted by reason in every report; documented in docs/formats.md. */
export const BAD_LINE = {
  ok: 0,
  empty: 1, // nothing but white space
  comment: 2, // a header or comment line of the format: not an error, not counted as bad
  no_match: 3, // not in this format
  bad_time: 4, // the time field cannot be read
  bad_status: 5,
  bad_json: 6,
  too_long: 7, // longer than MAX_LINE_BYTES
  truncated: 8, // the line ends inside a field
  binary: 9, // NUL bytes or mostly non-text
  no_request: 10, // neither a request line nor a target
} as const;
export type BadLine = (typeof BAD_LINE)[keyof typeof BAD_LINE];

/** A longer line is counted as too_long and passed over: real request lines end at 8–64 KiB. */
export const MAX_LINE_BYTES = 256 * 1024;

/**
 * Reads one line, `buf[start, end)` without its line end, into `out` (already reset to `buf`). Returns
 * `BAD_LINE.ok` or the reason. It never throws and never reads outside the range.
 */
export type LineParser = (buf: Uint8Array, start: number, end: number, out: RawExchange) => BadLine;

export interface LogFormat {
  /** Short name, as in `--format nginx-json`. */
  readonly id: string;
  readonly title: string;
  /** What the format's time field means, said in `sallyport formats` and in the report. */
  readonly timeMeaning: TimeMeaning;
  /** Milliseconds between two times that the format can tell apart (1000 for combined). */
  readonly resolutionMs: number;
  /** A fresh parser; a parser may keep state of its own, such as the last second's parsed time. */
  parser(): LineParser;
}
