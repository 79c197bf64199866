/**
 * A block: rows of facts with their texts, the events that refer to them, and extras (control records, values read)
 * between the events. Columns lie one after the other, as many rows as there are, so that small blocks are small and equal
 * neighbours compress.
 */
import { COLUMNS, type ColumnName, createBatch, type FactBatch, ROW_BYTES, wrapBatch } from '../../enrich/facts.ts';
import { AS_THEY_ARE, TEXTS, type TextRules, TextStore } from './texts.ts';

/** Rows and events in a block: about 1 MiB before compression. */
export const BLOCK_ROWS = 4096;
/** A block is full, whatever its rows, with this much text or this much in extras, in bytes. */
export const BLOCK_TEXT_BYTES = 2 * 1024 * 1024;
export const BLOCK_EXTRA_BYTES = 1024 * 1024;

/** What is said about an event, as bits. Callers give `admitted`, `partial` and `keep`. */
export const EVENT = {
  response: 1,
  /** The request went upstream: its outcome is the application's. */
  admitted: 2,
  /** A long exchange that goes on: its outcome so far. */
  partial: 4,
  /** Written later than its place in the sequence, because its actor was found out: no part of a replay. */
  promoted: 8,
  /** Not to be left out by sampling. Not stored. */
  keep: 16,
} as const;

/** What stands between events: `c` a control record, `v` values read. */
export type ExtraKind = 'c' | 'v';

const TEXT_COLUMNS: ReadonlySet<string> = new Set(TEXTS.flatMap((name) => [`${name}At`, `${name}Length`]));
const named = (type: string): ColumnName[] =>
  (Object.keys(COLUMNS) as ColumnName[]).filter((name) => COLUMNS[name].type === type && !TEXT_COLUMNS.has(name));
const F64 = named('f64');
const I32 = named('i32');
const U16 = named('u16');
const U8 = named('u8');

/** The columns of a batch by type: copying a row is four loops over arrays of one kind. */
interface Columns {
  readonly batch: FactBatch;
  readonly f64: readonly Float64Array[];
  readonly i32: readonly Int32Array[];
  readonly u16: readonly Uint16Array[];
  readonly u8: readonly Uint8Array[];
  readonly at: readonly Int32Array[];
  readonly length: readonly Uint16Array[];
}

const columnsOf = (batch: FactBatch): Columns => ({
  batch,
  f64: F64.map((name) => batch[name] as Float64Array),
  i32: I32.map((name) => batch[name] as Int32Array),
  u16: U16.map((name) => batch[name] as Uint16Array),
  u8: U8.map((name) => batch[name] as Uint8Array),
  at: TEXTS.map((name) => batch[`${name}At`] as Int32Array),
  length: TEXTS.map((name) => batch[`${name}Length`] as Uint16Array),
});

/** Columns of batches that rows came from before: doors and workers use the same ones again and again. */
const known = new WeakMap<FactBatch, Columns>();

/** Bytes before the columns, and for each event behind them: time, row, sequence, weight, decision, flags. */
const HEAD_BYTES = 64;
const EVENT_BYTES = 25;
const roundUp = (n: number): number => (n + 7) & ~7;
const encoder = new TextEncoder();

/** A block in the making. One object for the life of a writer. */
export class BlockBuilder {
  readonly rows: FactBatch;
  events = 0;
  /** Number of the first row in the whole file, for events that refer to rows of earlier blocks. */
  firstRow = 0;
  firstSequence = 0;
  endSequence = 0;
  /** The lanes of the decision hash after the last item. */
  endHi = 0;
  endLo = 0;
  private readonly own: Columns;
  private last: Columns;
  private readonly texts: TextStore;
  private readonly times: Float64Array;
  private readonly rowNumbers: Int32Array;
  private readonly sequences: Int32Array;
  private readonly weights: Float32Array;
  private readonly decisions: Int32Array;
  private readonly flags: Uint8Array;
  private extras: string[] = [];
  private extraLength = 0;

  constructor(rowCapacity: number, eventCapacity: number, rules: TextRules = AS_THEY_ARE) {
    this.rows = createBatch(rowCapacity);
    this.own = columnsOf(this.rows);
    this.last = this.own;
    this.texts = new TextStore(rules);
    this.times = new Float64Array(eventCapacity);
    this.rowNumbers = new Int32Array(eventCapacity);
    this.sequences = new Int32Array(eventCapacity);
    this.weights = new Float32Array(eventCapacity);
    this.decisions = new Int32Array(eventCapacity);
    this.flags = new Uint8Array(eventCapacity);
  }

  get full(): boolean {
    return (
      this.events === this.times.length ||
      this.rows.count >= this.rows.capacity ||
      this.texts.length >= BLOCK_TEXT_BYTES ||
      this.extraLength >= BLOCK_EXTRA_BYTES
    );
  }

  get empty(): boolean {
    return this.events === 0 && this.extras.length === 0;
  }

  /** Events and extras. */
  get records(): number {
    return this.events + this.extras.length;
  }

  /** Bytes it would take before compression. */
  get bytes(): number {
    return HEAD_BYTES + this.rows.count * ROW_BYTES + this.events * EVENT_BYTES + this.texts.length + this.extraLength;
  }

  /** Takes over a row of facts and returns its number in the whole file. */
  row(batch: FactBatch, row: number): number {
    const from = this.last.batch === batch ? this.last : this.columns(batch);
    const to = this.own;
    const i = this.rows.count++;
    for (let c = 0; c < to.f64.length; c++) to.f64[c][i] = from.f64[c][row];
    for (let c = 0; c < to.i32.length; c++) to.i32[c][i] = from.i32[c][row];
    for (let c = 0; c < to.u16.length; c++) to.u16[c][i] = from.u16[c][row];
    for (let c = 0; c < to.u8.length; c++) to.u8[c][i] = from.u8[c][row];
    for (let c = 0; c < to.at.length; c++) {
      const length = from.length[c][row];
      to.at[c][i] = this.texts.length;
      to.length[c][i] = length === 0 ? 0 : this.texts.take(c, batch, from.at[c][row], length);
    }
    return this.firstRow + i;
  }

  private columns(batch: FactBatch): Columns {
    let columns = known.get(batch);
    if (columns === undefined) {
      columns = columnsOf(batch);
      known.set(batch, columns);
    }
    this.last = columns;
    return columns;
  }

  /** Adds an event about a row of this file. */
  event(rowNumber: number, nowMs: number, sequence: number, decision: number, flags: number, weight: number): void {
    const i = this.events++;
    this.times[i] = nowMs;
    this.rowNumbers[i] = rowNumber - this.firstRow;
    this.sequences[i] = sequence - this.firstSequence;
    this.decisions[i] = decision;
    this.flags[i] = flags & ~EVENT.keep;
    this.weights[i] = weight;
  }

  /** Adds something between events. False where it is no plain data, or longer than `most` characters as JSON. */
  extra(kind: ExtraKind, sequence: number, value: unknown, most: number): boolean {
    let line: string;
    try {
      line = JSON.stringify([this.events, kind, sequence, value]);
    } catch {
      return false;
    }
    if (line.length > most) return false;
    this.extras.push(line);
    this.extraLength += line.length;
    return true;
  }

  /** Everything in one piece, and the builder empty again. `dropped` and `sampled` are events left out since the last one. */
  pack(dropped: number, sampled: number): Uint8Array {
    const extras = this.extras.length === 0 ? new Uint8Array(0) : encoder.encode(this.extras.join('\n'));
    const { count } = this.rows;
    const { events: n, texts } = this;
    const capacity = roundUp(count);
    const columns = capacity * ROW_BYTES;
    const out = new Uint8Array(HEAD_BYTES + columns + roundUp(n * EVENT_BYTES) + texts.length + extras.length);
    new Int32Array(out.buffer, 0, 6).set([count, n, texts.length, extras.length, this.endHi, this.endLo]);
    new Float64Array(out.buffer, 24, 5).set([this.firstRow, this.firstSequence, this.endSequence, dropped, sampled]);
    let at = HEAD_BYTES;
    for (const name of Object.keys(COLUMNS) as ColumnName[]) {
      const column = this.rows[name];
      copyInto(out, at, column, count);
      at += column.BYTES_PER_ELEMENT * capacity;
    }
    for (const array of [this.times, this.rowNumbers, this.sequences, this.weights, this.decisions, this.flags]) {
      copyInto(out, at, array, n);
      at += array.BYTES_PER_ELEMENT * n;
    }
    at = HEAD_BYTES + columns + roundUp(n * EVENT_BYTES);
    out.set(texts.bytes.subarray(0, texts.length), at);
    out.set(extras, at + texts.length);
    this.firstRow += count;
    this.reset();
    return out;
  }

  reset(): void {
    this.rows.count = 0;
    this.texts.length = 0;
    this.events = 0;
    this.extras = [];
    this.extraLength = 0;
  }
}

type AnyArray = Float64Array | Float32Array | Int32Array | Uint16Array | Uint8Array;

function copyInto(out: Uint8Array, at: number, from: AnyArray, count: number): void {
  out.set(new Uint8Array(from.buffer, from.byteOffset, count * from.BYTES_PER_ELEMENT), at);
}

/** A block as it was read. */
export interface Block {
  readonly rows: FactBatch;
  readonly firstRow: number;
  readonly firstSequence: number;
  readonly endSequence: number;
  readonly endHi: number;
  readonly endLo: number;
  /** Events left out before it: for want of room, and by sampling. */
  readonly dropped: number;
  readonly sampled: number;
  readonly times: Float64Array;
  /** Numbers in the whole file, relative to {@link firstRow}. */
  readonly rowNumbers: Int32Array;
  readonly sequences: Int32Array;
  readonly weights: Float32Array;
  readonly decisions: Int32Array;
  readonly flags: Uint8Array;
  readonly extras: readonly (readonly [number, ExtraKind, number, unknown])[];
}

/** The block in a payload that was inflated. Throws where it does not hold together. */
export function decodeBlock(data: Uint8Array): Block {
  // A copy of its own: columns need a buffer that begins with them.
  const { buffer } = new Uint8Array(data);
  const [count, n, textLength, extraLength, endHi, endLo] = new Int32Array(buffer, 0, 6);
  const [firstRow, firstSequence, endSequence, dropped, sampled] = new Float64Array(buffer, 24, 5);
  const capacity = roundUp(count);
  let at = HEAD_BYTES + capacity * ROW_BYTES;
  const textAt = at + roundUp(n * EVENT_BYTES);
  if (Math.min(count, n, textLength, extraLength) < 0 || textAt + textLength + extraLength !== data.length)
    throw new RangeError('the parts of a block are not as long as it says');
  const take = (bytes: number): number => {
    at += bytes * n;
    return at - bytes * n;
  };
  const text = new Uint8Array(buffer, textAt, textLength);
  return {
    rows: wrapBatch(buffer.slice(HEAD_BYTES, HEAD_BYTES + capacity * ROW_BYTES), capacity, count, text),
    firstRow,
    firstSequence,
    endSequence,
    endHi,
    endLo,
    dropped,
    sampled,
    times: new Float64Array(buffer, take(8), n),
    rowNumbers: new Int32Array(buffer, take(4), n),
    sequences: new Int32Array(buffer, take(4), n),
    weights: new Float32Array(buffer, take(4), n),
    decisions: new Int32Array(buffer, take(4), n),
    flags: new Uint8Array(buffer, take(1), n),
    extras: extrasOf(Buffer.from(buffer, textAt + textLength, extraLength)),
  };
}

function extrasOf(bytes: Buffer): Block['extras'] {
  if (bytes.length === 0) return [];
  return bytes
    .toString('utf8')
    .split('\n')
    .map((line) => JSON.parse(line) as [number, ExtraKind, number, unknown]);
}
