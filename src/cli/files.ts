/** Files that the command line writes and reads itself: reports, and the memory of the last run. */
import { mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { escapeUnprintable } from '../doors/replay/render/text.ts';
import { SallyportError } from '../lib/errors.ts';
import type { Report } from '../runtime/report.ts';
import type { RunFlags } from './options.ts';
import type { Cli } from './ports.ts';

/** The configuration that verbs look at where none is named. */
export const USUAL_CONFIG = 'sallyport.yaml';

/** JSON with two spaces, in which nothing can move the cursor of a terminal. */
export const jsonText = (value: unknown): string => `${escapeUnprintable(JSON.stringify(value, null, 2))}\n`;

/** Refuses to write where something is read from. SallyportError SP9002. */
export function checkOutput(file: string, inputs: readonly string[], cwd: string): void {
  const target = realPath(resolve(cwd, file));
  if (inputs.some((input) => input !== '-' && realPath(resolve(cwd, input)) === target)) {
    throw new SallyportError('SP9002', `${file} is an input: it would be overwritten`, {
      advice: 'Name another file to write to.',
    });
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Writes a whole file, or none of it. SallyportError SP9003. */
export function writeOutput(file: string, text: string, cwd: string, mode = 0o644): void {
  const path = resolve(cwd, file);
  const part = `${path}.part-${process.pid}`;
  try {
    writeFileSync(part, text, { mode });
    renameSync(part, path);
  } catch (error) {
    throw new SallyportError('SP9003', `${file}: ${(error as NodeJS.ErrnoException).code ?? error}`, { cause: error });
  }
}

/** What `explain` needs to run the last `try` again. */
export interface LastTry {
  readonly version: 1;
  /** RFC 3339. */
  readonly at: string;
  readonly cwd: string;
  readonly inputs: readonly string[];
  readonly flags: RunFlags;
  readonly decision_hash: string;
}

const LAST_TRY = z.object({
  version: z.literal(1),
  at: z.string(),
  cwd: z.string(),
  inputs: z.array(z.string()),
  flags: z.object({
    format: z.string().optional(),
    pattern: z.string().optional(),
    config: z.string().optional(),
    workers: z.number().optional(),
    lateness: z.number().optional(),
    seed: z.number().optional(),
  }),
  decision_hash: z.string(),
});

/** `$XDG_CACHE_HOME/sallyport/last-try.json` (XDG Base Directory Specification: relative paths there are ignored). */
export function lastTryPath(env: Cli['env']): string {
  const base = env.XDG_CACHE_HOME?.startsWith('/') ? env.XDG_CACHE_HOME : join(env.HOME ?? homedir(), '.cache');
  return join(base, 'sallyport', 'last-try.json');
}

/** Remembers a run. That it cannot be remembered (a read-only home) is no reason to fail. */
export function rememberTry(cli: Cli, last: LastTry): void {
  const path = lastTryPath(cli.env);
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Patterns and paths can tell about a system: nobody else needs to read them.
    writeOutput(path, jsonText(last), '/', 0o600);
  } catch {
    // Only `explain` without inputs misses it, and says so.
  }
}

/** The last run, or null where none is remembered or the memory is not ours. */
export function recallTry(cli: Cli): LastTry | null {
  try {
    const read = LAST_TRY.safeParse(JSON.parse(readFileSync(lastTryPath(cli.env), 'utf8')));
    return read.success ? read.data : null;
  } catch {
    return null;
  }
}

/** A report that `--json` wrote. SallyportError SP2001 where it is none. */
export function readReport(file: string, cwd: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
  } catch (error) {
    throw new SallyportError('SP2001', `${file} cannot be read as a report`, {
      advice: 'Name a file that sallyport try --json FILE wrote.',
      cause: error,
    });
  }
  const report = value as Partial<Report> | null;
  if (report?.report_version !== 1 || !Array.isArray(report.findings) || !Array.isArray(report.actors)) {
    throw new SallyportError('SP2001', `${file} is JSON, but not a report of version 1`, {
      advice: 'Name a file that sallyport try --json FILE wrote.',
    });
  }
  return report as Report;
}
