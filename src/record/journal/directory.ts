/**
 * The live journal: a folder of segments that takes every applied event, control record and piece of evidence, in
 * sequence, and never holds up a request.
 *
 * An event is copied into a block in memory and that is all the request path sees. A block that is full, or has waited a
 * quarter of a second, goes to the disk on other threads. Where the disk is full or slow the journal leaves events out,
 * counts them and says so; what it has written is whole after any death of the process.
 */
import { randomInt } from 'node:crypto';
import type { ControlRecord } from '../../engine/control.ts';
import type { FactBatch } from '../../enrich/facts.ts';
import { SallyportError } from '../../lib/errors.ts';
import { BLOCK_ROWS, BlockBuilder, EVENT } from './block.ts';
import { type JournalFiles, NODE_FILES } from './files.ts';
import { BlockQueue } from './queue.ts';
import { type JournalPosition, recoverJournal } from './recover.ts';
import { ExchangeRing } from './ring.ts';
import { Sampler } from './sampler.ts';
import { type JournalContext, Segments } from './segments.ts';
import type { TextRules } from './texts.ts';
import type { ValuesRecord } from './values.ts';

/** Longest time that an event is in memory only, in ms. */
export const FLUSH_MS = 250;
/** Blocks that may wait for the disk, in bytes before compression. */
export const BUFFER_BYTES = 16 * 1024 * 1024;
/** Between tries to write after a failure, in ms. */
export const RETRY_MS = 1000;
/** Largest control record or values of one event that is taken, as JSON text. */
export const MAX_EXTRA_BYTES = 16 * 1024 * 1024;

/** Something that the operator has to know: it is said when it begins and when it is over, not in between. */
export interface JournalCondition {
  readonly code: 'SP4005' | 'SP4006';
  readonly active: boolean;
  readonly message: string;
}

export interface JournalDirectoryOptions {
  readonly path: string;
  /** The engine: read after each record, for its sequence number and the lanes of its hash. */
  readonly position: JournalPosition;
  readonly context: JournalContext;
  readonly maxBytes: number;
  readonly segmentBytes: number;
  /** Share of unremarkable actors that is kept; with 1, everything is. */
  readonly sample: number;
  /** Bytes for what was left out by the journal in the last 15 minutes; 0 for none. */
  readonly ringBytes: number;
  /** `group` (default): what was written survives a power cut, not only the end of the process. */
  readonly sync?: 'group' | 'none';
  readonly texts?: TextRules;
  readonly flushMs?: number;
  readonly bufferBytes?: number;
  readonly retryMs?: number;
  /** Keys the choice of actors; drawn by lot where it is left out. */
  readonly sampleKey?: number;
  readonly files?: JournalFiles;
  readonly onCondition?: (condition: JournalCondition) => void;
}

/** What the journal tells about itself: for metrics and status. Counts are since it was opened. */
export interface JournalStatistics {
  readonly events: number;
  readonly controls: number;
  readonly dropped: number;
  readonly sampledOut: number;
  readonly promoted: number;
  readonly segments: number;
  readonly segmentsDeleted: number;
  readonly bytes: number;
  readonly waitingBytes: number;
  readonly ringBytes: number;
  readonly accepting: boolean;
}

export class JournalDirectory {
  private readonly options: JournalDirectoryOptions;
  private readonly position: JournalPosition;
  private readonly block: BlockBuilder;
  private readonly segments: Segments;
  private readonly queue: BlockQueue;
  private readonly sampler: Sampler;
  private readonly ring: ExchangeRing | undefined;
  private context: JournalContext;
  private readonly flushMs: number;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;
  private overflowing = false;
  /** The event appended last was kept: its values are, too. */
  private kept = false;
  /** Where the block before has ended, and what was in force when the one in work began. */
  private start: JournalPosition;
  private startContext: JournalContext;
  private droppedBefore = 0;
  private sampledBefore = 0;
  private readonly counts = { events: 0, controls: 0, dropped: 0, sampledOut: 0, promoted: 0 };

  /**
   * Opens a journal to go on with it, or begins one. A torn tail is cut off. SP4011 where the journal is further than the
   * engine: {@link recoverJournal} says where it ends.
   */
  static open(options: JournalDirectoryOptions): JournalDirectory {
    const { position, segments } = recoverJournal(options.path);
    const ahead = (position?.sequence ?? 0) - options.position.sequence;
    if (ahead > 0)
      throw new SallyportError('SP4011', `${options.path} ends ${ahead} records after the state that is to go on`);
    const { maxBytes, segmentBytes, sample } = options;
    const files = options.files ?? NODE_FILES;
    return new JournalDirectory(
      options,
      new Segments(
        { folder: options.path, files, maxBytes, segmentBytes, sample, sync: options.sync ?? 'group' },
        segments,
      ),
    );
  }

  private constructor(options: JournalDirectoryOptions, segments: Segments) {
    this.options = options;
    this.position = options.position;
    this.context = options.context;
    this.startContext = options.context;
    this.segments = segments;
    this.flushMs = options.flushMs ?? FLUSH_MS;
    this.block = new BlockBuilder(BLOCK_ROWS, BLOCK_ROWS, options.texts);
    this.sampler = new Sampler(options.sample, options.sampleKey ?? randomInt(2 ** 32));
    this.queue = new BlockQueue({
      segments,
      maxBytes: options.bufferBytes ?? BUFFER_BYTES,
      retryMs: options.retryMs ?? RETRY_MS,
      onFailure: (error) => this.failed(error),
    });
    if (options.ringBytes > 0)
      this.ring = new ExchangeRing({
        maxBytes: options.ringBytes,
        texts: options.texts,
        promote: (rows, row, nowMs, sequence, decision, flags) =>
          this.promoted(rows, row, nowMs, sequence, decision, flags),
      });
    const { sequence, hashHi, hashLo } = options.position;
    this.start = { sequence, hashHi, hashLo };
    this.block.firstSequence = sequence;
  }

  /**
   * Appends the event that the engine applied last. `flags` are bits of {@link EVENT}: admitted, partial, keep. Copies
   * what it needs: the row may be used again. Never throws and never waits.
   */
  append(rows: FactBatch, row: number, response: boolean, nowMs: number, decision: number, flags: number): void {
    const { sequence } = this.position;
    const bits = response ? flags | EVENT.response : flags;
    const weight = this.sampler.weight(rows, row, decision, flags);
    this.kept = weight > 0 && this.room();
    if (this.kept) {
      this.begin();
      this.block.event(this.block.row(rows, row), nowMs, sequence, decision, bits, weight);
      this.counts.events++;
    } else {
      if (weight > 0) this.drop();
      else {
        this.sampledBefore++;
        this.counts.sampledOut++;
      }
      this.ring?.append(rows, row, nowMs, sequence, decision, bits);
    }
  }

  /** Appends a control record that the engine has applied. */
  control(record: ControlRecord): void {
    if (this.room() && this.addExtra('c', record)) this.counts.controls++;
    else this.drop();
  }

  /** What was read and found about the event appended last; nothing where that event was left out. */
  values(record: ValuesRecord): void {
    if (this.kept && !this.closed) this.addExtra('v', record);
  }

  /** What is in force from now on: the headers of later segments say it. The change itself is a control record. */
  inForce(context: JournalContext): void {
    this.context = context;
  }

  /** An actor was found out: of it everything is kept from now on, and what the ring still holds is written. */
  promote(hi: number, lo: number): void {
    this.sampler.mark(hi, lo);
    this.ring?.promote(hi, lo);
  }

  /** True where everything appended so far is in the file, and durable where that was asked for. Never throws. */
  async flush(): Promise<boolean> {
    if (this.ring !== undefined) await this.ring.settle();
    if (!this.seal()) {
      await this.queue.drain();
      if (!this.seal()) return false;
    }
    return this.queue.drain();
  }

  /** Writes what is left and closes the files. Never throws: what could not be written is counted. */
  async close(): Promise<void> {
    if (this.closed) return;
    await this.flush();
    this.closed = true;
    clearTimeout(this.timer);
    this.ring?.close();
    this.counts.dropped += this.queue.close() + this.block.records;
    await this.segments.end();
  }

  statistics(): JournalStatistics {
    return {
      ...this.counts,
      segments: this.segments.count,
      segmentsDeleted: this.segments.deleted,
      bytes: this.segments.bytes,
      waitingBytes: this.queue.bytes + this.block.bytes,
      ringBytes: this.ring?.bytes ?? 0,
      accepting: !this.closed && !this.queue.failing,
    };
  }

  private promoted(
    rows: FactBatch,
    row: number,
    nowMs: number,
    sequence: number,
    decision: number,
    flags: number,
  ): void {
    if (!this.room()) {
      this.counts.dropped++;
      return;
    }
    this.begin();
    this.block.event(this.block.row(rows, row), nowMs, sequence, decision, flags | EVENT.promoted, 0);
    this.counts.promoted++;
  }

  /** Is there room for one more record? A block that is full is sealed for it. */
  private room(): boolean {
    if (this.closed || this.queue.failing) return false;
    if (this.block.full) this.seal();
    if (!this.block.full) return true;
    if (!this.overflowing) this.tell('SP4006', true, 'events come faster than the disk takes them: some are left out');
    this.overflowing = true;
    return false;
  }

  /** Something goes into the block: the first one says where it begins. */
  private begin(): void {
    const { block } = this;
    if (block.empty) {
      this.startContext = this.context;
      this.timer ??= setTimeout(() => this.tick(), this.flushMs).unref();
    }
    block.endSequence = this.position.sequence;
    block.endHi = this.position.hashHi;
    block.endLo = this.position.hashLo;
  }

  private drop(): void {
    this.droppedBefore++;
    this.counts.dropped++;
  }

  private addExtra(kind: 'c' | 'v', value: unknown): boolean {
    this.begin();
    return this.block.extra(kind, this.position.sequence, value, MAX_EXTRA_BYTES);
  }

  private tick(): void {
    this.timer = undefined;
    this.seal();
    // No room in the queue: once more, later.
    if (!this.block.empty) this.timer = setTimeout(() => this.tick(), this.flushMs).unref();
  }

  /** Sends the block on its way. False where something is left in memory, because there is no room in the queue. */
  private seal(): boolean {
    const { block, queue } = this;
    if (block.empty) return true;
    if (!queue.hasRoomFor(block.bytes)) return false;
    clearTimeout(this.timer);
    this.timer = undefined;
    const { records } = block;
    const raw = block.pack(this.droppedBefore, this.sampledBefore);
    this.droppedBefore = 0;
    this.sampledBefore = 0;
    queue.push({ raw, start: this.start, context: this.startContext, records });
    this.start = { sequence: block.endSequence, hashHi: block.endHi, hashLo: block.endLo };
    block.firstSequence = block.endSequence;
    if (this.overflowing) this.tell('SP4006', false, 'the disk keeps up again');
    this.overflowing = false;
    return true;
  }

  private failed(error: Error | null): void {
    if (error === null) this.tell('SP4005', false, `${this.options.path} can be written again`);
    else this.tell('SP4005', true, `${this.options.path} cannot be written: ${error.message}`);
  }

  private tell(code: JournalCondition['code'], active: boolean, message: string): void {
    try {
      this.options.onCondition?.({ code, active, message });
    } catch {
      // Whoever is told must not hold up a request.
    }
  }
}
