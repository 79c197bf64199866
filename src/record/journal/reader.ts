/**
 * Reads a live journal: everything in sequence, over all its segments. A torn tail ends it, damage is passed over, and
 * what is missing is counted by reason: a replay says why it is not the whole.
 */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ControlRecord } from '../../engine/control.ts';
import type { FactBatch } from '../../enrich/facts.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { type Block, EVENT } from './block.ts';
import {
  FRAME_BYTES,
  isModelFile,
  journalFolderAt,
  nextBlock,
  payloadAt,
  readHeader,
  type SegmentHeader,
  segmentNames,
} from './format.ts';
import type { JournalPosition } from './recover.ts';
import { inflated } from './single.ts';
import type { ValuesRecord } from './values.ts';

/** One applied event. Its rows stay as long as somebody holds them. */
export interface RecordedEvent {
  readonly type: 'event';
  /** Place in the sequence: the first event applied is 1. */
  readonly sequence: number;
  readonly rows: FactBatch;
  readonly row: number;
  readonly response: boolean;
  readonly nowMs: number;
  /** As packDecision gives it. */
  readonly decision: number;
  readonly admitted: boolean;
  readonly partial: boolean;
  /** Written later than its place, because its actor was found out: no part of a replay. */
  readonly promoted: boolean;
  /** What it counts for in sums over a sampled journal. */
  readonly weight: number;
}

export type JournalEntry =
  | RecordedEvent
  | { readonly type: 'control'; readonly sequence: number; readonly record: ControlRecord }
  /** About the event before it. */
  | { readonly type: 'values'; readonly sequence: number; readonly record: ValuesRecord }
  /** The lanes of the decision hash when it was written, after everything before it. */
  | ({ readonly type: 'mark' } & JournalPosition);

/** What of the sequence a journal holds, as far as it has been read. */
export interface Completeness {
  readonly events: number;
  readonly controls: number;
  readonly promoted: number;
  /** Records before the first one: their segments were deleted. */
  readonly rotated: number;
  /** Records left out for want of room, and by sampling. */
  readonly dropped: number;
  readonly sampled: number;
  /** Records that are gone for another reason: a process that died before they were written, or damage. */
  readonly missing: number;
  /** Places that could not be read. */
  readonly damaged: number;
  /** The newest segment ends in the middle of a block: it was being written. */
  readonly torn: boolean;
}

export interface JournalReader {
  /** Of the oldest segment. */
  readonly header: SegmentHeader;
  /** In force at the start of the oldest segment. */
  readonly model: LearnedModel;
  readonly segments: readonly string[];
  entries(): Generator<JournalEntry>;
  /** Of what {@link entries} has given so far. */
  completeness(): Completeness;
}

/** Why a journal is not the whole sequence, in words; none where it is. */
export function partialReasons(c: Completeness): string[] {
  const records = (n: number): string => `${n} record${n === 1 ? '' : 's'}`;
  return [
    c.rotated > 0 ? `rotated: the first ${records(c.rotated)} were deleted` : '',
    c.sampled > 0 ? `sampled: ${records(c.sampled)} left out` : '',
    c.dropped > 0 ? `dropped: ${records(c.dropped)} for want of room` : '',
    c.missing > 0 ? `missing: ${records(c.missing)} never written or damaged` : '',
    c.damaged > 0 ? `damaged: ${c.damaged} place${c.damaged === 1 ? '' : 's'} cannot be read` : '',
  ].filter((reason) => reason !== '');
}

/** Opens a folder of segments, the newest run of a data directory, or one segment. SP4001, SP4002, SP4003, SP4010 where that cannot be. */
export function openJournalDirectory(path: string): JournalReader {
  try {
    const whole = statSync(path).isDirectory();
    const folder = whole ? journalFolderAt(path) : dirname(path);
    if (folder === undefined) throw new SallyportError('SP4001', `${path} holds no journal`);
    const segments = whole ? segmentNames(folder) : [basename(path)];
    const header = headerOf(join(folder, segments[0]));
    const reading = new Reading(folder, segments);
    return {
      header,
      model: modelOf(folder, header.model),
      segments,
      entries: () => reading.entries(header.first_sequence),
      completeness: () => reading.completeness(),
    };
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError('SP4001', `cannot read ${path}: ${(error as Error).message}`);
  }
}

function headerOf(path: string): SegmentHeader {
  const fd = openSync(path, 'r');
  try {
    const [header] = readHeader(fd, path);
    if (header.kind !== 'segment') throw new SallyportError('SP4003', `${path} is no segment of a live journal`);
    return header;
  } finally {
    closeSync(fd);
  }
}

function modelOf(folder: string, name: string): LearnedModel {
  try {
    if (!isModelFile(name)) throw new Error('not the name of a model');
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as LearnedModel;
  } catch (error) {
    throw new SallyportError('SP4010', `${join(folder, name)}: ${(error as Error).message}`);
  }
}

class Reading {
  private readonly folder: string;
  private readonly segments: readonly string[];
  private counts = { events: 0, controls: 0, promoted: 0, rotated: 0, dropped: 0, sampled: 0, gone: 0, damaged: 0 };
  private torn = false;
  private sequence = 0;

  constructor(folder: string, segments: readonly string[]) {
    this.folder = folder;
    this.segments = segments;
  }

  completeness(): Completeness {
    const { gone, ...counts } = this.counts;
    return { ...counts, missing: Math.max(0, gone - counts.dropped - counts.sampled), torn: this.torn };
  }

  *entries(first: number): Generator<JournalEntry> {
    this.counts = { events: 0, controls: 0, promoted: 0, rotated: first, dropped: 0, sampled: 0, gone: 0, damaged: 0 };
    this.torn = false;
    this.sequence = first;
    for (const [i, name] of this.segments.entries()) {
      const last = i === this.segments.length - 1;
      for (const block of this.blocks(join(this.folder, name), last)) yield* this.entriesOf(block);
    }
  }

  private *blocks(path: string, last: boolean): Generator<Block> {
    const fd = openSync(path, 'r');
    try {
      let at = this.startOf(fd, path, last);
      while (at >= 0 && at < fstatSync(fd).size) {
        const payload = payloadAt(fd, at);
        const block = payload && inflated(payload);
        if (payload !== undefined && block !== undefined) {
          yield block;
          at += FRAME_BYTES + payload.length;
          continue;
        }
        at = nextBlock(fd, at + 1);
        if (at < 0 && last) this.torn = true;
        else this.counts.damaged++;
      }
    } finally {
      closeSync(fd);
    }
  }

  /** A damaged header of a segment that is not the first hides nothing: it repeats what is known. */
  private startOf(fd: number, path: string, last: boolean): number {
    try {
      return readHeader(fd, path)[1];
    } catch (error) {
      if (!(error instanceof SallyportError) || error.code !== 'SP4002') throw error;
      const start = nextBlock(fd, 0);
      if (start < 0 && last) this.torn = true;
      else this.counts.damaged++;
      return start;
    }
  }

  private *entriesOf(block: Block): Generator<JournalEntry> {
    this.counts.dropped += block.dropped;
    this.counts.sampled += block.sampled;
    let extra = 0;
    for (let i = 0; i <= block.times.length; i++) {
      for (; extra < block.extras.length && block.extras[extra][0] <= i; extra++)
        yield this.extraOf(block.extras[extra]);
      if (i < block.times.length) yield this.eventOf(block, i);
    }
    this.passTo(block.endSequence);
    yield { type: 'mark', sequence: block.endSequence, hashHi: block.endHi, hashLo: block.endLo };
  }

  private extraOf([, kind, sequence, value]: Block['extras'][number]): JournalEntry {
    if (kind === 'v') return { type: 'values', sequence, record: value as ValuesRecord };
    this.counts.controls++;
    // An engine may count control records or not.
    this.passTo(sequence, this.sequence === sequence ? sequence : sequence - 1);
    return { type: 'control', sequence, record: value as ControlRecord };
  }

  private eventOf(block: Block, i: number): RecordedEvent {
    const flags = block.flags[i];
    const sequence = block.firstSequence + block.sequences[i];
    const promoted = (flags & EVENT.promoted) !== 0;
    if (promoted) this.counts.promoted++;
    else {
      this.counts.events++;
      this.passTo(sequence, sequence - 1);
    }
    return {
      type: 'event',
      sequence,
      rows: block.rows,
      row: block.rowNumbers[i],
      response: (flags & EVENT.response) !== 0,
      nowMs: block.times[i],
      decision: block.decisions[i],
      admitted: (flags & EVENT.admitted) !== 0,
      partial: (flags & EVENT.partial) !== 0,
      promoted,
      weight: block.weights[i],
    };
  }

  /** The sequence has come to a place; the record that brought it there was expected after `before`. */
  private passTo(sequence: number, before = sequence): void {
    if (before > this.sequence) this.counts.gone += before - this.sequence;
    if (sequence > this.sequence) this.sequence = sequence;
  }
}
