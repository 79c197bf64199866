/** What was sent beside what was answered, by label. */
import type { Handling, Label } from '../contract.ts';
import type { Failure } from './deliver.ts';

/** One group of visitors with the same label. */
export interface LabelCounts extends Label {
  visitors: number;
  sent: number;
  served: number;
  delayed: number;
  challenged: number;
  refused: number;
  /** Sent, and never answered. */
  failed: number;
  /** What a campaign has got, in the unit of its family; 0 for the benign. */
  gain: number;
  /** Answers by status. */
  readonly statuses: Record<string, number>;
}

/** Why a run ended: everything was sent, the world or a bound was over, or somebody stopped it. */
export type Ending = 'done' | 'seconds' | 'requests' | 'aborted';

export interface LiveSummary {
  readonly url: string;
  readonly ending: Ending;
  /** Unix ms. */
  readonly startedMs: number;
  /** Real time, in s. */
  readonly seconds: number;
  /** World time that has passed, in ms. */
  readonly worldMs: number;
  readonly sent: number;
  readonly answered: number;
  /** Requests without an answer, by kind. */
  readonly failures: Readonly<Partial<Record<Failure, number>>>;
  /** Visitors that broke, with the first one's message: a mistake in whatever made them. */
  readonly broken: { readonly count: number; readonly first: string };
  /** Client addresses that were spoken for. */
  readonly addresses: number;
  readonly peakInFlight: number;
  /** How late requests left at most, in real ms: beyond some ms the limits, or this machine, slowed the world down. */
  readonly latestMs: number;
  readonly labels: readonly LabelCounts[];
}

export class Tally {
  private readonly byLabel = new Map<string, LabelCounts>();
  private readonly seen = new Set<string>();
  readonly failures: Partial<Record<Failure, number>> = {};
  sent = 0;
  answered = 0;
  latestMs = 0;
  peakInFlight = 0;
  broken = { count: 0, first: '' };

  visitor(label: Label): void {
    this.counts(label).visitors++;
  }

  send(label: Label, address: string, lateMs: number, inFlight: number): void {
    this.sent++;
    this.counts(label).sent++;
    this.seen.add(address);
    this.latestMs = Math.max(this.latestMs, lateMs);
    this.peakInFlight = Math.max(this.peakInFlight, inFlight);
  }

  answer(label: Label, handling: Handling, status: number, gain: number): void {
    this.answered++;
    const counts = this.counts(label);
    counts[handling]++;
    counts.gain += gain;
    counts.statuses[status] = (counts.statuses[status] ?? 0) + 1;
  }

  fail(label: Label, failure: Failure): void {
    this.counts(label).failed++;
    this.failures[failure] = (this.failures[failure] ?? 0) + 1;
  }

  breakage(error: unknown): void {
    const first = this.broken.count === 0 ? String((error as Error)?.message ?? error) : this.broken.first;
    this.broken = { count: this.broken.count + 1, first };
  }

  get addresses(): number {
    return this.seen.size;
  }

  get labels(): LabelCounts[] {
    return [...this.byLabel.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  private counts(label: Label): LabelCounts {
    const key = keyOf(label);
    let counts = this.byLabel.get(key);
    if (!counts) {
      const { cohort, campaign, family, level } = label;
      const zero = { visitors: 0, sent: 0, served: 0, delayed: 0, challenged: 0, refused: 0, failed: 0, gain: 0 };
      counts = { cohort, campaign, family, level, ...zero, statuses: {} };
      this.byLabel.set(key, counts);
    }
    return counts;
  }
}

function keyOf({ cohort, campaign, family, level }: Label): string {
  return [cohort, campaign, family, level].join('\0');
}

const COLUMNS = ['sent', 'served', 'delayed', 'challenged', 'refused', 'failed', 'gain'] as const;

/** The summary as a table for a terminal, without colours. */
export function summaryText(summary: LiveSummary): string {
  const { labels, failures, broken } = summary;
  const total = (column: (typeof COLUMNS)[number]) => labels.reduce((sum, label) => sum + label[column], 0);
  const rows = [
    ['who', ...COLUMNS],
    ...labels.map((label) => [whoOf(label), ...COLUMNS.map((column) => figure(label[column]))]),
    ['all', ...COLUMNS.map((column) => (column === 'gain' ? '' : figure(total(column))))],
  ];
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const table = rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd(),
  );
  const rate = summary.seconds > 0 ? summary.sent / summary.seconds : 0;
  const lines = [
    ...table,
    '',
    `${summary.url}: ${figure(summary.sent)} requests in ${summary.seconds.toFixed(1)} s (${rate.toFixed(1)}/s), ` +
      `${figure(summary.addresses)} addresses, at most ${summary.peakInFlight} at once, ${Math.round(summary.latestMs)} ms late; ` +
      `ended: ${summary.ending}`,
  ];
  const failed = Object.entries(failures).map(([kind, count]) => `${kind} ${figure(count)}`);
  if (failed.length > 0) lines.push(`no answer: ${failed.join(', ')}`);
  if (broken.count > 0) lines.push(`visitors that broke: ${broken.count} (${broken.first})`);
  return `${lines.join('\n')}\n`;
}

function whoOf({ cohort, campaign, family, level }: Label): string {
  return campaign === '' ? cohort : `${campaign} (${family} ${level})`;
}

function figure(value: number): string {
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');
}
