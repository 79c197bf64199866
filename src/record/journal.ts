/**
 * The journal: every applied event, in order, as enrichment left it, with what was decided. Replay starts here; raw
 * requests are not kept (design, invariant 4).
 *
 * A file is one header line of JSON and then blocks: magic, length, CRC-32 and a deflated payload. A block holds the rows
 * whose first event is in it, their texts (redacted), and the events: time, row and decision. A torn last block is
 * noticed by its length or checksum, and everything before it is good.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import { COLUMNS, createBatch, type FactBatch, ROW_BYTES, type TextName, wrapBatch } from '../enrich/facts.ts';
import type { LearnedModel } from '../enrich/model.ts';
import { SallyportError } from '../lib/errors.ts';

const MAGIC = 0x53504a31; // "SPJ1"
/** Rows and events in a block: about 1 MiB before compression. */
const BLOCK_ROWS = 4096;
const BLOCK_EVENTS = 2 * BLOCK_ROWS;
/** Largest block that is believed when reading. */
const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
const TEXTS: readonly TextName[] = [
  'target',
  'agent',
  'referrer',
  'principal',
  'session',
  'credential',
  'host',
  'content',
];

export interface JournalHeader {
  readonly journal: 1;
  readonly sallyport: string;
  readonly manifest: Readonly<Record<string, string>>;
  readonly model: LearnedModel;
  readonly seed: number;
  readonly lateness_ms: number;
  readonly inputs: readonly string[];
}

/** A decision in 32 bits: action, class, and whether there was an actor. */
export const packDecision = (d: { action: number; classIndex: number; key: number }): number =>
  d.key < 0 ? 0 : 1 | (d.action << 1) | (d.classIndex << 8) | (d.key << 16);

/** Takes secrets out of a text before it is stored. */
export type RedactText = (name: TextName, text: string) => string;

export class JournalWriter {
  private readonly fd: number;
  private readonly redact: RedactText;
  private rows = createBatch(BLOCK_ROWS);
  private text = new Uint8Array(256 * 1024);
  private textLength = 0;
  private events = 0;
  private readonly times = new Float64Array(BLOCK_EVENTS);
  private readonly rowNumbers = new Float64Array(BLOCK_EVENTS);
  private readonly decisions = new Int32Array(BLOCK_EVENTS);
  private readonly phases = new Int32Array(BLOCK_EVENTS);
  /** Rows of live batches that have been written, by batch: their second event refers back. */
  private readonly numbers = new Map<FactBatch, Float64Array>();
  private written = 0;

  /** Opens a new journal; an existing file of that name is replaced. */
  constructor(path: string, header: JournalHeader, redact: RedactText = (_, text) => text) {
    this.redact = redact;
    try {
      this.fd = openSync(path, 'w');
    } catch (error) {
      throw new SallyportError('SP4001', `cannot write ${path}: ${(error as Error).message}`);
    }
    writeSync(this.fd, `${JSON.stringify(header)}\n`);
  }

  /** Appends one applied event. */
  append(rows: FactBatch, row: number, response: boolean, nowMs: number, decision: number): void {
    if (this.events === BLOCK_EVENTS || this.rows.count === BLOCK_ROWS) this.flush();
    let numbers = this.numbers.get(rows);
    if (numbers === undefined) {
      numbers = new Float64Array(rows.count).fill(-1);
      this.numbers.set(rows, numbers);
    }
    if (numbers[row] < 0) {
      numbers[row] = this.written + this.rows.count;
      this.copyRow(rows, row);
    }
    const i = this.events++;
    this.times[i] = nowMs;
    this.rowNumbers[i] = numbers[row];
    this.decisions[i] = decision;
    this.phases[i] = response ? 1 : 0;
  }

  /** Every event of a batch was appended: nothing will refer to it any more. */
  forget(rows: FactBatch): void {
    this.numbers.delete(rows);
  }

  private copyRow(from: FactBatch, row: number): void {
    const to = this.rows.count++;
    for (const name of Object.keys(COLUMNS) as (keyof typeof COLUMNS)[]) this.rows[name][to] = from[name][row];
    for (const name of TEXTS) {
      const at = from[`${name}At`][row];
      const length = from[`${name}Length`][row];
      this.rows[`${name}At`][to] = this.textLength;
      this.rows[`${name}Length`][to] = length === 0 ? 0 : this.copyText(name, from.text.subarray(at, at + length));
    }
  }

  private copyText(name: TextName, bytes: Uint8Array): number {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const kept = this.redact(name, text.toString('latin1'));
    const needed = this.textLength + kept.length;
    if (needed > this.text.length) {
      const larger = new Uint8Array(Math.max(needed, this.text.length * 2));
      larger.set(this.text.subarray(0, this.textLength));
      this.text = larger;
    }
    Buffer.from(this.text.buffer).write(kept, this.textLength, 'latin1');
    this.textLength = needed;
    return kept.length;
  }

  private flush(): void {
    if (this.events === 0) return;
    const { count } = this.rows;
    const n = this.events;
    const head = Int32Array.of(count, n, this.textLength, 0);
    const payload = deflateSync(
      Buffer.concat([
        bytesOf(head),
        bytesOf(Float64Array.of(this.written)),
        new Uint8Array(this.rows.buffer),
        bytesOf(this.times.subarray(0, n)),
        bytesOf(this.rowNumbers.subarray(0, n)),
        bytesOf(this.decisions.subarray(0, n)),
        bytesOf(this.phases.subarray(0, n)),
        this.text.subarray(0, this.textLength),
      ]),
      { level: 1 },
    );
    writeSync(this.fd, bytesOf(Uint32Array.of(MAGIC, payload.length, crc32(payload))));
    writeSync(this.fd, payload);
    this.written += count;
    this.rows = createBatch(BLOCK_ROWS);
    this.textLength = 0;
    this.events = 0;
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }
}

function bytesOf(array: { buffer: ArrayBufferLike; byteOffset: number; byteLength: number }): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

export interface JournalEvent {
  readonly rows: FactBatch;
  readonly row: number;
  readonly response: boolean;
  readonly nowMs: number;
  /** What was decided when the journal was written, as {@link packDecision} gives it. */
  readonly decision: number;
}

export interface Journal {
  readonly header: JournalHeader;
  /** Events in the order in which they were applied. Throws SP4002 at damage, after everything before it was given. */
  events(): Generator<JournalEvent>;
  close(): void;
}

/** True where the first bytes of a file are those of a journal. */
export function isJournal(path: string): boolean {
  try {
    const fd = openSync(path, 'r');
    const head = Buffer.alloc(13);
    const n = readSync(fd, head, 0, head.length, 0);
    closeSync(fd);
    return head.subarray(0, n).toString('latin1').startsWith('{"journal":1');
  } catch {
    return false;
  }
}

/** Opens a journal. SP4001 where it cannot be read, SP4003 where it is of another version. */
export function openJournal(path: string): Journal {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new SallyportError('SP4001', `cannot read ${path}: ${(error as Error).message}`);
  }
  let header: JournalHeader;
  let start: number;
  try {
    [header, start] = readHeader(fd, path);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { header, events: () => readEvents(fd, start, path), close: () => closeSync(fd) };
}

function readHeader(fd: number, path: string): [JournalHeader, number] {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const chunk = Buffer.alloc(65_536);
    const n = readSync(fd, chunk, 0, chunk.length, at);
    const newline = chunk.subarray(0, n).indexOf(0x0a);
    pieces.push(chunk.subarray(0, newline < 0 ? n : newline));
    // Decoded as a whole: a letter may lie across two pieces.
    if (newline >= 0) return [parseHeader(Buffer.concat(pieces).toString('utf8'), path), at + newline + 1];
    if (n === 0 || at > MAX_BLOCK_BYTES) throw new SallyportError('SP4002', `${path} has no header`);
    at += n;
  }
}

function parseHeader(text: string, path: string): JournalHeader {
  let header: { journal?: unknown } | null = null;
  try {
    header = JSON.parse(text) as { journal?: unknown } | null;
  } catch {
    // Said below: no header.
  }
  if (typeof header?.journal !== 'number') throw new SallyportError('SP4002', `${path} has no readable header`);
  if (header.journal !== 1)
    throw new SallyportError('SP4003', `${path} is a journal of version ${String(header.journal)}, expected 1`);
  return header as JournalHeader;
}

function* readEvents(fd: number, start: number, path: string): Generator<JournalEvent> {
  const blocks: { first: number; rows: FactBatch; open: number }[] = [];
  const frame = Buffer.alloc(12);
  for (let at = start; ; ) {
    const n = readSync(fd, frame, 0, 12, at);
    if (n === 0) return;
    const length = n === 12 ? frame.readUInt32LE(4) : 0;
    if (n < 12 || frame.readUInt32LE(0) !== MAGIC || length > MAX_BLOCK_BYTES) throw damaged(path, at);
    const payload = Buffer.alloc(length);
    if (readSync(fd, payload, 0, length, at + 12) < length || crc32(payload) !== frame.readUInt32LE(8))
      throw damaged(path, at);
    const block = decodeBlock(inflateSync(payload));
    blocks.push({ first: block.first, rows: block.rows, open: block.rows.count });
    for (let i = 0; i < block.times.length; i++) {
      const number = block.rowNumbers[i];
      const holder = blocks.findLast((b) => b.first <= number && number < b.first + b.rows.count);
      if (holder === undefined) throw damaged(path, at);
      const response = block.phases[i] === 1;
      yield {
        rows: holder.rows,
        row: number - holder.first,
        response,
        nowMs: block.times[i],
        decision: block.decisions[i],
      };
      // A row's response is its last event.
      if (response && --holder.open === 0) blocks.splice(blocks.indexOf(holder), 1);
    }
    at += 12 + length;
  }
}

const damaged = (path: string, at: number): SallyportError =>
  new SallyportError('SP4002', `${path} is damaged at byte ${at}`);

function decodeBlock(data: Buffer) {
  const aligned = new Uint8Array(data).buffer;
  const [count, n, textLength] = new Int32Array(aligned, 0, 3);
  const first = new Float64Array(aligned, 16, 1)[0];
  const columns = BLOCK_ROWS * ROW_BYTES;
  let at = 24;
  const rowsBuffer = aligned.slice(at, at + columns);
  at += columns;
  const take = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const times = new Float64Array(aligned, take(8 * n), n);
  const rowNumbers = new Float64Array(aligned, take(8 * n), n);
  const decisions = new Int32Array(aligned, take(4 * n), n);
  const phases = new Int32Array(aligned, take(4 * n), n);
  const text = new Uint8Array(aligned, at, textLength);
  return { first, rows: wrapBatch(rowsBuffer, BLOCK_ROWS, count, text), times, rowNumbers, decisions, phases };
}
