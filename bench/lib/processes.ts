/** Programs that stay up while they are measured, each held to a core, and what they have cost the processor so far. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { installed } from './child.ts';

/** The kernel counts time in ticks of so many ms (sysconf(_SC_CLK_TCK) is 100 wherever Node runs on Linux). */
const TICK_MS = 10;
const START_MS = 30_000;
const STOP_MS = 10_000;
const POLL_MS = 20;

export interface Running {
  readonly pid: number;
  readonly child: ChildProcess;
  /** First line that it printed; '' where none was waited for. */
  readonly line: string;
  /** Last text on its standard error. */
  readonly complaints: () => string;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** As in `taskset -c`; any core when left out. */
  readonly cores?: string;
  readonly cwd?: string;
  /** Ready when this port of 127.0.0.1 answers; when left out, with the first line that is printed. */
  readonly port?: number;
}

/** Starts a program and comes back when it is ready. Throws, and leaves nothing behind, where it does not become so. */
export async function start(program: string, args: readonly string[], options: StartOptions = {}): Promise<Running> {
  const { cores, cwd, port } = options;
  const pinned = cores !== undefined && installed('taskset');
  const command = pinned ? ['taskset', '-c', cores, program, ...args] : [program, ...args];
  const child = spawn(command[0], command.slice(1), { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4096);
  });
  child.stdin.on('error', () => {});
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const end = () => {
      over = true;
      resolve();
    };
    child.once('close', end);
    child.once('error', end);
  });
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  };
  const ready = port === undefined ? firstLine(child) : answers(port, () => over);
  const failed = ended.then(() => null);
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), START_MS).unref());
  const line = await Promise.race([ready, failed, late]);
  if (line === null) {
    await stop();
    throw new Error(`${program} did not start: ${errors.trim().split('\n').slice(-3).join(' | ')}`);
  }
  return { pid: child.pid as number, child, line, complaints: () => errors, stop };
}

function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  return new Promise((resolve) => lines.once('line', resolve));
}

/** Comes back when somebody listens; null where nobody will. */
async function answers(port: number, over: () => boolean): Promise<string | null> {
  while (!over()) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (there) return '';
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return null;
}

/**
 * User and system time of a process with all its threads and living descendants so far, in ms. The scheduler's own account
 * of each thread counts in nanoseconds; where the kernel keeps none, the ticks of /proc/PID/stat have to do, which are the
 * same time in steps of 10 ms.
 */
export function cpuMs(pid: number): number {
  let sum = 0;
  for (const id of family(pid)) {
    const ns = threadsOf(id).map((thread) => Number(read(`/proc/${id}/task/${thread}/schedstat`).split(' ')[0]));
    const exact = ns.reduce((total, n) => total + n, 0) / 1e6;
    sum += exact > 0 ? exact : ownTicks(id) * TICK_MS;
  }
  return sum;
}

/** Resident memory of a process and its descendants, in MiB. Shared pages count in each. */
export function rssMb(pid: number): number {
  let kib = 0;
  for (const id of family(pid)) kib += Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${id}/status`))?.[1] ?? 0);
  return kib / 1024;
}

function family(pid: number, found = new Set<number>()): ReadonlySet<number> {
  if (found.has(pid)) return found;
  found.add(pid);
  for (const thread of threadsOf(pid)) {
    const children = read(`/proc/${pid}/task/${thread}/children`);
    for (const id of children.split(' ').filter((n) => n.trim() !== '')) family(Number(id), found);
  }
  return found;
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** Fields 14 and 15 of /proc/PID/stat (proc(5)), counted behind the name, which may hold anything. */
function ownTicks(pid: number): number {
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
