/** Counts what was read: lines, bad lines by reason with samples, and progress. */
import { FLAG } from '../../enrich/facts.ts';
import { EXCHANGE } from '../../event/exchange.ts';
import { BAD_LINE } from '../../event/format.ts';
import type { Recorder } from '../../runtime/recorder.ts';
import type { InputReport, Report } from '../../runtime/report.ts';
import type { Progress } from './run.ts';
import type { Sources } from './sources.ts';
import type { Staged } from './stage.ts';

const REASONS = Object.keys(BAD_LINE);
/** Samples of bad lines in a report, per reason. */
const SAMPLES_PER_REASON = 3;
/** Progress is told at most this often, in ms. */
const PROGRESS_MS = 100;

export class Tally {
  lines = 0;
  exchanges = 0;
  assumedDurations = false;
  readonly samples: Report['bad_line_samples'][number][] = [];
  private readonly reasons = new Int32Array(REASONS.length);
  private readonly perSource: number[] = [];
  private readonly sources: Sources;
  private readonly onProgress: ((progress: Progress) => void) | undefined;
  private readonly started = performance.now();
  private told = 0;

  constructor(sources: Sources, onProgress?: (progress: Progress) => void) {
    this.sources = sources;
    this.onProgress = onProgress;
  }

  add(staged: Staged, recorder: Recorder): void {
    this.lines += staged.lines;
    const before = this.perSource[staged.source] ?? 0;
    this.perSource[staged.source] = before + staged.lines;
    for (let i = 0; i < REASONS.length; i++) this.reasons[i] += staged.reasons[i];
    for (const batch of staged.batches) this.look(batch);
    for (const s of staged.samples)
      if (this.samples.filter((known) => known.reason === s.reason).length < SAMPLES_PER_REASON)
        this.samples.push({
          reason: s.reason,
          input: this.sources.names[s.source],
          line: before + s.line + 1,
          text: s.text,
        });
    this.tell(recorder);
  }

  private look(batch: Staged['batches'][number]): void {
    for (let row = 0; row < batch.count; row++) if (batch.kind[row] === EXCHANGE) this.exchanges++;
    if (batch.count > 0 && (batch.flags[0] & FLAG.ASSUMED_DURATION) !== 0) this.assumedDurations = true;
  }

  private tell(recorder: Recorder): void {
    const elapsedMs = performance.now() - this.started;
    if (this.onProgress === undefined || elapsedMs - this.told < PROGRESS_MS) return;
    this.told = elapsedMs;
    this.onProgress({
      bytesRead: this.sources.bytesRead(),
      bytesTotal: this.sources.bytesTotal,
      lines: this.lines,
      badLines: this.badCount(),
      elapsedMs,
      findings: recorder.findings.length,
      logTimeMs: recorder.timeline.lastMs,
    });
  }

  private badCount(): number {
    return this.reasons.reduce((sum, n, i) => (i > BAD_LINE.comment ? sum + n : sum), 0);
  }

  /** Bad lines by reason; reasons that did not occur are left out. Empty and comment lines are not bad. */
  badLines(): Record<string, number> {
    return Object.fromEntries(
      REASONS.map((name, i) => [name, this.reasons[i]] as const).filter(([, n], i) => i > BAD_LINE.comment && n > 0),
    );
  }

  inputs(): InputReport[] {
    return this.sources.names.map((name, i) => ({ ...this.sources.describe(i), name, lines: this.perSource[i] ?? 0 }));
  }
}
