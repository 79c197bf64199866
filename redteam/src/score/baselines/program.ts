/** Runs other people's programs: where they are installed, for a bounded time, in a folder of their own. */
import { spawn, spawnSync } from 'node:child_process';

export interface Ran {
  readonly ok: boolean;
  readonly output: string;
  readonly seconds: number;
  /** Why it is not ok; '' otherwise. */
  readonly trouble: string;
}

/** Whether a program of that name can be started. */
export function installed(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' }).status === 0;
}

/** Runs to the end, or kills it after `limitMs`. Both outputs are returned as one text, at most `keep` characters. */
export function runProgram(
  name: string,
  args: readonly string[],
  limitMs: number,
  options: { readonly cwd?: string; readonly keep?: number } = {},
): Promise<Ran> {
  const keep = options.keep ?? 64_000_000;
  const started = performance.now();
  return new Promise((done) => {
    const child = spawn(name, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: string[] = [];
    let kept = 0;
    let late = false;
    const add = (chunk: Buffer): void => {
      if (kept < keep) chunks.push(chunk.toString('utf8'));
      kept += chunk.length;
    };
    child.stdout.on('data', add);
    child.stderr.on('data', add);
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, limitMs);
    const finish = (ok: boolean, trouble: string): void => {
      clearTimeout(timer);
      done({ ok, output: chunks.join(''), seconds: (performance.now() - started) / 1000, trouble });
    };
    child.on('error', (error) => finish(false, error.message));
    child.on('close', (code) => {
      if (late) finish(false, `not done after ${Math.round(limitMs / 1000)} s`);
      else finish(code === 0, code === 0 ? '' : `ended with ${code}: ${lastLine(chunks.join(''))}`);
    });
  });
}

function lastLine(text: string): string {
  return (text.trimEnd().split('\n').at(-1) ?? '').slice(0, 160);
}
