/**
 * Runs one contender as a child process of its own, held to given cores, and reads what it cost from the kernel's
 * account of it (GNU time). A contender never shares a heap, a compiled function or a garbage collector with another.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Cost {
  readonly ok: boolean;
  /** From fork to exit, start-up included. */
  readonly wallS: number;
  /** User and system time of the process and its threads. */
  readonly cpuS: number;
  /** Largest resident set, in MiB (2^20 bytes). */
  readonly rssMb: number;
  /** Last 64 KiB of its standard output, and of its standard error. */
  readonly stdout: string;
  readonly stderr: string;
}

const KEPT = 64 * 1024;
const GNU_TIME = '/usr/bin/time';

const found = new Map<string, boolean>();
/** Whether a program is on the path. */
export function installed(program: string): boolean {
  if (!found.has(program)) {
    found.set(program, spawnSync('sh', ['-c', `command -v "$1"`, 'sh', program]).status === 0);
  }
  return found.get(program) ?? false;
}

/** What is missing for a full measurement, in words; empty where nothing is. */
export function measuringGaps(): string[] {
  const gaps: string[] = [];
  if (!installed('taskset')) gaps.push('no taskset: children are not held to cores');
  if (!existsSync(GNU_TIME)) gaps.push('no /usr/bin/time: CPU seconds and memory are not measured');
  return gaps;
}

/** Runs `program` on the cores given as in `taskset -c` ("0" or "0,1"). */
export async function run(program: string, args: readonly string[], cores: string, timeoutS = 900): Promise<Cost> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const account = join(folder, 'time');
  let command = [program, ...args];
  if (installed('taskset')) command = ['taskset', '-c', cores, ...command];
  if (existsSync(GNU_TIME)) command = [GNU_TIME, '-q', '-f', '%U %S %M', '-o', account, ...command];
  const started = process.hrtime.bigint();
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = tail(child.stdout);
  const stderr = tail(child.stderr);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutS * 1000);
  const code = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', resolve);
  });
  clearTimeout(timer);
  const wallS = Number(process.hrtime.bigint() - started) / 1e9;
  const [user, system, kib] = existsSync(account) ? readFileSync(account, 'utf8').trim().split(/\s+/).map(Number) : [];
  rmSync(folder, { recursive: true, force: true });
  return {
    ok: code === 0,
    wallS,
    cpuS: user === undefined ? Number.NaN : user + system,
    rssMb: kib === undefined ? Number.NaN : kib / 1024,
    stdout: stdout(),
    stderr: stderr(),
  };
}

function tail(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-KEPT);
  });
  return () => text;
}

/** The JSON object that a runner printed on its last line; null where there is none. */
export function lastJson<T>(stdout: string): T | null {
  const line = stdout.trimEnd().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line) as T;
  } catch {
    return null;
  }
}
