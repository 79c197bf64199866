/**
 * What the scoreboard needs to know of a run: one row an exchange in columns, texts as indexes into dictionaries. The
 * simulator's and the live runner's truth fit this interface; the tests build it by hand. Five million rows take about
 * 200 MB this way, and as objects more than a process may hold.
 */
import type { Label } from '../contract.ts';

/** Columns whose values are texts. Index 0 of each dictionary is '' and stands for "none". */
export const TEXTS = ['address', 'session', 'principal', 'credential', 'agent'] as const;
export type Text = (typeof TEXTS)[number];

/** One row an exchange, in order of the request's time. Columns may be longer than `rows`. */
export interface TruthColumns {
  readonly rows: number;
  /** When the request arrived, Unix ms; never falls. */
  readonly timeMs: Float64Array;
  /** The same as the log has it, by a clock of its own; NaN where the log lost the line. */
  readonly loggedMs: Float64Array;
  /** Index into {@link labels}. */
  readonly label: Uint16Array | Uint32Array;
  readonly labels: readonly Label[];
  readonly address: Uint32Array;
  readonly session: Uint32Array;
  readonly principal: Uint32Array;
  readonly credential: Uint32Array;
  readonly agent: Uint32Array;
  /** What the answer was worth to its attacker, in the unit of its family. */
  readonly gain: Float32Array | Float64Array;
  readonly status: Uint16Array;
  /** What the indexes of the text columns stand for, as the log shows it. */
  readonly texts: Readonly<Record<Text, readonly string[]>>;
}

/** A row as an object, for whoever builds truth by hand. */
export interface TruthRow {
  readonly timeMs: number;
  readonly loggedMs?: number;
  readonly label: Label;
  readonly address: string;
  readonly session?: string;
  readonly principal?: string;
  readonly credential?: string;
  readonly agent?: string;
  readonly gain?: number;
  readonly status?: number;
}
