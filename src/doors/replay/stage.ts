/**
 * The stateless half of a run: from a chunk of lines to batches of facts. It runs in this thread or in another; what it
 * gives depends on the chunk and the setup alone.
 */
import type { Enricher } from '../../enrich/enrich.ts';
import { createBatch, type FactBatch } from '../../enrich/facts.ts';
import { F, RawExchange } from '../../event/exchange.ts';
import { BAD_LINE, type LineParser } from '../../event/format.ts';
import { type FormatSpec, formatOf, lineParser } from '../../event/formats/spec.ts';
import { Allowlist } from '../../runtime/allowlist.ts';
import { buildEnricher, type EnrichmentSetup } from '../../runtime/enrichment.ts';
import { MAX_BATCH_ROWS } from '../../runtime/order.ts';

/** Bad lines shown per chunk, at most. */
const SAMPLES_PER_CHUNK = 3;
const SAMPLE_BYTES = 160;
const REASONS = Object.keys(BAD_LINE);
/** Length of a line before one was seen: short, so that the first batch has room. */
const FIRST_GUESS_BYTES = 64;
/** Batches kept for the next chunks, at most. */
const MAX_SPARE_BATCHES = 32;

/** Lines of one source, ending on a line boundary. */
export interface SourceChunk {
  readonly source: number;
  readonly buffer: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Of an empty chunk, that nothing has come for so long. */
  readonly idleMs?: number;
}

export interface BadSample {
  readonly reason: string;
  readonly source: number;
  /** Number within the chunk, from 0. */
  readonly line: number;
  readonly text: string;
}

/** What a chunk gave. */
export interface Staged {
  readonly source: number;
  readonly batches: readonly FactBatch[];
  readonly lines: number;
  /** Lines by BAD_LINE; ok, empty and comment lines included. */
  readonly reasons: Int32Array;
  readonly samples: readonly BadSample[];
}

export interface StageSetup {
  readonly enrichment: EnrichmentSetup;
  /** Format by source number. */
  readonly formats: readonly FormatSpec[];
}

export class Stage {
  private readonly enricher: Enricher;
  private readonly allowlist: Allowlist;
  private readonly parsers: readonly { parse: LineParser; resolutionMs: number }[];
  private readonly raw = new RawExchange();
  private bytesPerLine = FIRST_GUESS_BYTES;
  /** Batches that were given back. */
  private readonly spare: FactBatch[] = [];

  private constructor(setup: StageSetup, enricher: Enricher) {
    this.enricher = enricher;
    this.allowlist = new Allowlist(setup.enrichment.allowlist, setup.enrichment.seed);
    this.parsers = setup.formats.map((spec) => ({
      parse: lineParser(spec),
      resolutionMs: formatOf(spec).resolutionMs,
    }));
  }

  static async create(setup: StageSetup): Promise<Stage> {
    return new Stage(setup, await buildEnricher(setup.enrichment));
  }

  /** Parses and enriches a chunk. The buffer belongs to the result: texts point into it. */
  process(chunk: SourceChunk): Staged {
    const { buffer, end } = chunk;
    const reasons = new Int32Array(REASONS.length);
    const samples: BadSample[] = [];
    const batches: FactBatch[] = [];
    const capacity = this.capacityFor(end - chunk.start);
    let batch = this.batchFor(capacity, buffer);
    let at = chunk.start;
    let line = 0;
    while (at < end) {
      const newline = buffer.indexOf(0x0a, at);
      const next = newline < 0 || newline >= end ? end : newline;
      const stop = next > at && buffer[next - 1] === 0x0d ? next - 1 : next;
      if (batch.count === batch.capacity) {
        batches.push(batch);
        batch = this.batchFor(capacity, buffer);
      }
      const reason = this.line(chunk.source, at, stop, batch);
      reasons[reason]++;
      if (reason > BAD_LINE.comment && samples.length < SAMPLES_PER_CHUNK)
        samples.push({ reason: REASONS[reason], source: chunk.source, line, text: sampleText(buffer, at, stop) });
      at = next + 1;
      line++;
    }
    batches.push(batch);
    if (line > 0) this.bytesPerLine = (end - chunk.start) / line;
    return { source: chunk.source, batches, lines: line, reasons, samples };
  }

  /** Takes back a batch that nobody reads any more. */
  recycle(batch: FactBatch): void {
    if (this.spare.length < MAX_SPARE_BATCHES) this.spare.push(batch);
  }

  private batchFor(capacity: number, text: Uint8Array): FactBatch {
    const batch = this.spare.pop();
    if (batch === undefined || batch.capacity < capacity) return createBatch(capacity, text);
    batch.count = 0;
    batch.text = text;
    return batch;
  }

  /** Rows for so many bytes, by the last chunk's lines; where it is too few, the chunk gives a second batch. */
  private capacityFor(bytes: number): number {
    return Math.min(MAX_BATCH_ROWS, Math.ceil((bytes / this.bytesPerLine) * 1.1) + 8);
  }

  private line(source: number, start: number, end: number, batch: FactBatch): number {
    const { raw } = this;
    const { parse, resolutionMs } = this.parsers[source];
    raw.reset(batch.text);
    const reason = parse(batch.text, start, end, raw);
    if (reason !== BAD_LINE.ok) return reason;
    if (Number.isNaN(raw.timeMs)) return BAD_LINE.bad_time;
    const row = batch.count;
    this.enricher.row(raw, batch, row, source, resolutionMs);
    // A request line that is no HTTP has no target; the line itself is what there is to show.
    if (batch.targetLength[row] === 0) {
      batch.targetAt[row] = raw.spans[F.request];
      batch.targetLength[row] = Math.min(65_535, raw.spans[F.request + 1] - raw.spans[F.request]);
    }
    this.allowlist.apply(batch, row);
    batch.count++;
    return reason;
  }
}

function sampleText(buffer: Uint8Array, start: number, end: number): string {
  return new TextDecoder().decode(buffer.subarray(start, Math.min(end, start + SAMPLE_BYTES)));
}
