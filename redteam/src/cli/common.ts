/** What the verbs share: exit codes, errors in words, options, the line of progress. */
import { InvalidArgumentError } from 'commander';
import pc from 'picocolors';
import { ScenarioError } from '../simulate/index.ts';

export const EXIT = { ok: 0, usage: 2, input: 3, output: 4, defect: 70, interrupted: 130 } as const;

/** An error that is told in its words alone, with the code to exit with. */
export class Failure extends Error {
  readonly code: number;

  constructor(message: string, code: number) {
    super(message);
    this.code = code;
  }
}

/** Says what went wrong on standard error and returns the code to exit with. Only defects show where they happened. */
export function explain(error: unknown): number {
  const { code, message, path } = error as NodeJS.ErrnoException;
  const say = (text: string) => process.stderr.write(`${pc.red('error:')} ${text}\n`);
  if (error instanceof Failure) {
    say(message);
    return error.code;
  }
  if (error instanceof ScenarioError) {
    say(message.replaceAll('\n', '\n       '));
    return EXIT.input;
  }
  if (typeof code === 'string' && path !== undefined) {
    say(message);
    return code === 'ENOENT' || code === 'EISDIR' ? EXIT.input : EXIT.output;
  }
  // Errors of that very class are thrown in words by whoever read something; others were not foreseen.
  const foreseen = error instanceof Error && error.constructor === Error;
  say(foreseen ? message : error instanceof Error ? (error.stack ?? message) : String(error));
  return foreseen ? EXIT.input : EXIT.defect;
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number of 0 or more.');
  return Number(text);
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('It is a number above 0.');
  return value;
}

/** '1 %', '1%' and '0.01' are the same. */
export function share(text: string): number {
  const percent = /^(.*?)\s*%$/.exec(text.trim());
  const value = percent === null ? Number(text) : Number(percent[1]) / 100;
  if (text.trim() === '' || !(value >= 0 && value <= 0.9)) {
    throw new InvalidArgumentError("It is a part from 0 to 0.9, or a percentage such as '1%'.");
  }
  return value;
}

/** One line on standard error that is written over, on a terminal; silent elsewhere, and when told to be. */
export class Progress {
  private readonly shown: boolean;
  private readonly startedMs = Date.now();
  private lastMs = 0;

  constructor(quiet: boolean) {
    this.shown = !quiet && process.stderr.isTTY === true;
  }

  /** `done` in [0, 1]. */
  readonly show = (done: number, exchanges: number): void => {
    const nowMs = Date.now();
    if (!this.shown || nowMs - this.lastMs < 200) return;
    this.lastMs = nowMs;
    const seconds = (nowMs - this.startedMs) / 1000;
    const rate = count(Math.round(exchanges / Math.max(0.001, seconds)));
    const left = done > 0 ? `${Math.ceil((seconds * (1 - done)) / done)} s left` : '';
    process.stderr.write(
      `\r\x1b[2K${(100 * done).toFixed(0).padStart(3)} %  ${count(exchanges)} exchanges  ${rate}/s  ${left}`,
    );
  };

  end(): void {
    if (this.shown) process.stderr.write('\r\x1b[2K');
  }

  get seconds(): number {
    return (Date.now() - this.startedMs) / 1000;
  }
}

/** 1234567 as '1,234,567'. */
export function count(n: number): string {
  return Math.round(n).toLocaleString('en-US');
}

/** Rows with their columns under each other, the first to the left and the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}
