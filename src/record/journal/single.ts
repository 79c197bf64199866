/**
 * The journal of one run over logs: every applied event, in order, as enrichment left it, with what was decided. Replay
 * starts there; raw requests are not kept (design, invariant 4). Both events of an exchange share a row.
 *
 * A torn last block is noticed by its length or checksum, and everything before it is good.
 */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { deflateSync, inflateSync } from 'node:zlib';
import type { FactBatch } from '../../enrich/facts.ts';
import { SallyportError } from '../../lib/errors.ts';
import { BLOCK_ROWS, type Block, BlockBuilder, decodeBlock, EVENT } from './block.ts';
import {
  damaged,
  FRAME_BYTES,
  framed,
  JOURNAL_VERSION,
  LAYOUT,
  MAX_BLOCK_BYTES,
  payloadAt,
  type RunHeader,
  readHeader,
} from './format.ts';
import type { TextRules } from './texts.ts';

/** A decision in 32 bits: action, class, and whether there was an actor. */
export const packDecision = (d: { action: number; classIndex: number; key: number }): number =>
  d.key < 0 ? 0 : 1 | (d.action << 1) | (d.classIndex << 8) | (d.key << 16);

export class JournalWriter {
  private readonly fd: number;
  private readonly block: BlockBuilder;
  private sequence = 0;
  /** Rows of live batches that have been written, by batch: their second event refers back. */
  private readonly numbers = new Map<FactBatch, Float64Array>();

  /** Opens a new journal; an existing file of that name is replaced. */
  constructor(path: string, header: Omit<RunHeader, 'journal' | 'layout' | 'kind'>, rules?: TextRules) {
    this.block = new BlockBuilder(BLOCK_ROWS, 2 * BLOCK_ROWS, rules);
    try {
      this.fd = openSync(path, 'w');
    } catch (error) {
      throw new SallyportError('SP4001', `cannot write ${path}: ${(error as Error).message}`);
    }
    const whole: RunHeader = { journal: JOURNAL_VERSION, kind: 'run', layout: LAYOUT, ...header };
    writeSync(this.fd, `${JSON.stringify(whole)}\n`);
  }

  /** Appends one applied event. */
  append(rows: FactBatch, row: number, response: boolean, nowMs: number, decision: number): void {
    if (this.block.full) this.flush();
    let numbers = this.numbers.get(rows);
    if (numbers === undefined) {
      numbers = new Float64Array(rows.count).fill(-1);
      this.numbers.set(rows, numbers);
    }
    if (numbers[row] < 0) numbers[row] = this.block.row(rows, row);
    const flags = response ? EVENT.response | EVENT.admitted : EVENT.admitted;
    this.block.event(numbers[row], nowMs, ++this.sequence, decision, flags, 1);
    this.block.endSequence = this.sequence;
  }

  /** Every event of a batch was appended: nothing will refer to it any more. */
  forget(rows: FactBatch): void {
    this.numbers.delete(rows);
  }

  private flush(): void {
    if (this.block.empty) return;
    writeSync(this.fd, framed(deflateSync(this.block.pack(0, 0), { level: 1 })));
    this.block.firstSequence = this.sequence;
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }
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
  readonly header: RunHeader;
  /** Events in the order in which they were applied. Throws SP4002 at damage, after everything before it was given. */
  events(): Generator<JournalEvent>;
  close(): void;
}

/** Opens a journal of one run. SP4001 where it cannot be read, SP4003 where it is of another version or kind. */
export function openJournal(path: string): Journal {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new SallyportError('SP4001', `cannot read ${path}: ${(error as Error).message}`);
  }
  try {
    const [header, start] = readHeader(fd, path);
    if (header.kind !== 'run') throw new SallyportError('SP4003', `${path} is a segment of a live journal`);
    return { header, events: () => readEvents(fd, start, path), close: () => closeSync(fd) };
  } catch (error) {
    closeSync(fd);
    // A folder can be opened, but not read.
    if (error instanceof SallyportError) throw error;
    throw new SallyportError('SP4001', `cannot read ${path}: ${(error as Error).message}`);
  }
}

function* readEvents(fd: number, start: number, path: string): Generator<JournalEvent> {
  const blocks: { first: number; rows: FactBatch; open: number }[] = [];
  const { size } = fstatSync(fd);
  for (let at = start; at < size; ) {
    const payload = payloadAt(fd, at);
    const block = payload && inflated(payload);
    if (payload === undefined || block === undefined) throw damaged(path, at);
    blocks.push({ first: block.firstRow, rows: block.rows, open: block.rows.count });
    for (let i = 0; i < block.times.length; i++) {
      const number = block.firstRow + block.rowNumbers[i];
      const holder = blocks.findLast((b) => b.first <= number && number < b.first + b.rows.count);
      if (holder === undefined) throw damaged(path, at);
      const response = (block.flags[i] & EVENT.response) !== 0;
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
    at += FRAME_BYTES + payload.length;
  }
}

/** The block in a payload; undefined where it cannot be one, although its checksum is right. */
export function inflated(payload: Uint8Array): Block | undefined {
  try {
    return decodeBlock(inflateSync(payload, { maxOutputLength: MAX_BLOCK_BYTES }));
  } catch {
    return undefined;
  }
}
