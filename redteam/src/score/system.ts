/**
 * The system under test, as its users have it: a command line over an event file. `try` gives the report (it learns from the
 * whole file what is usual), `replay` gives the decisions as they would have come (it knows nothing of what comes later).
 */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { type Decisions, readDecisions, readReport, type Said } from './said.ts';

export interface Answered {
  readonly said: Said;
  readonly decisions: Decisions;
  /** Wall seconds of both, which run at the same time. */
  readonly seconds: number;
}

/** How long a command may take before it is given up. */
const LIMIT_MS = 900_000;

/**
 * Runs both commands over an event file, at the same time; their outputs go into `directory`.
 * @throws Error where a command fails, with the end of what it said, or where the command line is not built
 */
export async function askSystem(command: string, events: string, directory: string): Promise<Answered> {
  if (!existsSync(command)) throw new Error(`there is no ${command}: build it first (npm run build)`);
  const report = join(directory, 'report.json');
  const lines = join(directory, 'decisions.jsonl');
  const started = performance.now();
  await Promise.all([
    run(command, ['try', events, '--format', 'sallyport', '--json', report, '--quiet', '--no-color']),
    run(command, ['replay', events, '--format', 'sallyport', '--held', '--quiet'], lines),
  ]);
  const seconds = (performance.now() - started) / 1000;
  return { said: readReport(report), decisions: await readDecisions(lines), seconds };
}

function run(command: string, args: readonly string[], output?: string): Promise<void> {
  const file = output === undefined ? 'ignore' : openSync(output, 'w');
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', file, 'pipe'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-2000);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (typeof file === 'number') closeSync(file);
      if (code === 0) done();
      else fail(new Error(`${args[0]} ended with ${code ?? signal}: ${said.trim().split('\n').slice(-5).join(' | ')}`));
    });
  });
}
