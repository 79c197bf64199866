/** Runs the product for a suite, and what suites print. */

import type { Figure } from '../bench/lib/figures.ts';
import { runTry } from '../src/doors/replay/try.ts';
import type { Report } from '../src/runtime/report.ts';

/** A suite prints what a person should read and returns its figures. */
export type Suite = (print: (text: string) => void) => Promise<readonly Figure[]>;

/** One run over one log with seed 0 (thresholds without an installation's jitter), as `try` does it. */
export function runLog(path: string, options: Partial<Parameters<typeof runTry>[0]> = {}): Promise<Report> {
  return runTry({ inputs: [path], seed: 0, ...options });
}

/** At most `width` characters of a text for a table's cell. */
export function cut(text: string, width: number): string {
  const clean = text.replace(/[^\x20-\x7e]/g, '?');
  return clean.length <= width ? clean : `${clean.slice(0, width - 1)}…`;
}
