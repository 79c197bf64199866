/** Progress on standard error: one line that is redrawn on a terminal, now and then a plain line elsewhere. */
import { cut } from '../doors/replay/render/text.ts';
import { bytes, count, counted, percent, when } from '../doors/replay/render/words.ts';
import type { Progress } from '../doors/replay/run.ts';
import { humanDuration, seconds } from '../lib/units.ts';
import type { Sink } from './ports.ts';

/** A terminal is redrawn at most this often. */
const REDRAW_MS = 100;
/** A file or pipe gets a line this often: a log collector reads it. */
const PLAIN_MS = seconds(15);
/** Nothing is said about a run that is over before anyone wondered. */
const QUIET_MS = 400;

export interface ProgressView {
  show(progress: Progress): void;
  /** Takes the redrawn line away, so that something else can be printed. */
  clear(): void;
}

/** A view for `sink`, `width` columns wide. With `quiet` it shows nothing. */
export function progressView(sink: Sink, width: number, quiet: boolean): ProgressView {
  let drawn = false;
  let lastMs = 0;
  if (quiet) return { show() {}, clear() {} };
  return {
    show(progress) {
      const { elapsedMs } = progress;
      if (elapsedMs < QUIET_MS || elapsedMs - lastMs < (sink.isTTY ? REDRAW_MS : PLAIN_MS)) return;
      lastMs = elapsedMs;
      const text = progressText(progress);
      sink.write(sink.isTTY ? `\r\u001b[2K${cut(text, width - 1)}` : `${text}\n`);
      drawn = sink.isTTY;
    },
    clear() {
      if (drawn) sink.write('\r\u001b[2K');
      drawn = false;
    },
  };
}

/** "41 % · 212,000 lines/s · 12 s left · 3 findings · 17 May 10:05". */
export function progressText(p: Progress): string {
  const known = p.bytesTotal > 0;
  const rate = p.elapsedMs > 0 ? (p.lines * 1000) / p.elapsedMs : 0;
  const leftMs = known && p.bytesRead > 0 ? (p.elapsedMs * (p.bytesTotal - p.bytesRead)) / p.bytesRead : -1;
  return [
    known ? percent(Math.min(1, p.bytesRead / p.bytesTotal)) : `${bytes(p.bytesRead)}, ${counted(p.lines, 'line')}`,
    `${count(rate >= 10_000 ? Math.round(rate / 1000) * 1000 : rate)} lines/s`,
    leftMs >= 0 ? `${humanDuration(Math.max(1000, Math.round(leftMs / 1000) * 1000))} left` : '',
    counted(p.findings, 'finding'),
    p.badLines > 0 ? counted(p.badLines, 'bad line') : '',
    Number.isFinite(p.logTimeMs) ? when(new Date(p.logTimeMs).toISOString(), 'short') : '',
  ]
    .filter(Boolean)
    .join(' · ');
}
