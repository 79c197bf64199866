/** Options that verbs share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { RunOptions } from '../doors/replay/run.ts';
import { days, hours, minutes, seconds } from '../lib/units.ts';
import type { Cli } from './ports.ts';

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: seconds(1),
  m: minutes(1),
  min: minutes(1),
  h: hours(1),
  d: days(1),
};

/** "90s", "10m", "2h", "1d", "250ms" in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d)$/.exec(text.trim());
  if (!match) throw new InvalidArgumentError('A duration is a number with a unit: 250ms, 90s, 10m, 2h, 1d.');
  return Math.round(Number(match[1]) * UNITS[match[2]]);
}

/** A TTL: at least a second, at most a year. */
export function parseTtl(text: string): number {
  const ms = parseDuration(text);
  if (ms < seconds(1) || ms > days(365)) throw new InvalidArgumentError('A mitigation stands between 1s and 365d.');
  return ms;
}

/** A reader of whole numbers within bounds. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const n = Number(text);
    if (!/^\d+$/.test(text) || n < least || n > most) {
      throw new InvalidArgumentError(`A whole number from ${least} to ${most} is needed.`);
    }
    return n;
  };
}

/** The name of a cookie (RFC 6265 token, without what would need quoting anywhere). */
export function parseCookieName(text: string): string {
  if (!/^[A-Za-z0-9_.-]{1,64}$/.test(text)) {
    throw new InvalidArgumentError('A cookie name is letters, digits, "_", "-" and ".".');
  }
  return text;
}

/** A reader of files that must end in one of `endings`: a mistyped order of words must not overwrite a log. */
export function outputFile(...endings: readonly string[]): (text: string) => string {
  return (text) => {
    if (text !== '-' && !endings.some((ending) => text.toLowerCase().endsWith(ending))) {
      throw new InvalidArgumentError(`The file must end in ${endings.join(' or ')}, so that no log is overwritten.`);
    }
    return text;
  };
}

/** Values of the options that say what is read and how. */
export interface RunFlags {
  readonly format?: string;
  readonly pattern?: string;
  readonly config?: string;
  readonly workers?: number;
  readonly lateness?: number;
  readonly seed?: number;
}

const MOST_WORKERS = 64;

/** Adds what every verb that reads logs understands. */
export function addRunOptions(command: Command): Command {
  return command
    .option('-f, --format <id>', 'log format, instead of finding it out (sallyport formats)')
    .option('--pattern <string>', 'the server’s own nginx log_format or Apache LogFormat string')
    .option('-c, --config <file>', 'configuration (docs/configuration.md)')
    .addOption(
      new Option('--workers <n>', 'cores to parse on; the result is the same').argParser(wholeNumber(1, MOST_WORKERS)),
    )
    .addOption(
      new Option('--lateness <duration>', 'how late a line may be and still be put in order').argParser(parseDuration),
    )
    .addOption(
      new Option('--seed <n>', 'seed of hashes and of the jitter of thresholds; 0 for none').argParser(
        wholeNumber(0, 0x7fffffff),
      ),
    );
}

/** The options of a run; standard input where nothing is named and something is piped in. */
export async function runOptions(files: readonly string[], flags: RunFlags, cli: Cli): Promise<RunOptions> {
  return {
    inputs: [...files],
    ...(flags.format !== undefined && { format: flags.format }),
    ...(flags.pattern !== undefined && { pattern: flags.pattern }),
    ...(flags.config !== undefined && { config: await cli.ports.loadConfig(flags.config) }),
    ...(flags.workers !== undefined && { workers: flags.workers }),
    ...(flags.lateness !== undefined && { latenessMs: flags.lateness }),
    ...(flags.seed !== undefined && { seed: flags.seed }),
    signal: cli.signal,
  };
}

/**
 * `try --json` takes a file name only where one follows that ends in .json (or "-"): in `try --json access.log` the log
 * is what is to be read, not overwritten.
 */
export function untangleJson(words: readonly string[]): string[] {
  if (words[0] !== 'try') return [...words];
  return words.map((word, i) => {
    if (word !== '--json') return word;
    const next = words[i + 1] ?? '';
    return next === '-' || next.toLowerCase().endsWith('.json') ? word : '--json=-';
  });
}
