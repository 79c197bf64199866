/** `sallyport serve` as a process of its own, seen from the outside: what it prints, its operator API, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { LiveStatus, Mitigation } from '../../src/runtime/live/operator.ts';

/** How long it may take to start, and to end after it was asked to, in ms. */
const START_MS = 60_000;
const END_MS = 30_000;
/** Lines on its standard error that are kept. */
const MOST_NOTES = 5000;

export interface GatewayOptions {
  /** Path of the command; Node runs it. */
  readonly command: string;
  /** Words after `serve --json`. */
  readonly words: readonly string[];
  /** For Node, before the command. */
  readonly nodeWords?: readonly string[];
  /** What the process may have open at most; as this process where it is left out. */
  readonly descriptors?: number;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export class GatewayProcess {
  readonly child: ChildProcess;
  /** How it ended: exit code or name of the signal. */
  readonly ended: Promise<number | string>;
  readonly notes: string[] = [];
  url = '';
  adminUrl = '';
  dataDir = '';
  /** Up to when it knew callers at its start; '' where it knew none. */
  knownAsOf = '';
  private token = '';
  private over = false;
  private readonly listeners = new Set<() => void>();

  /** Starts it and comes back when it listens. */
  static async start(options: GatewayOptions): Promise<GatewayProcess> {
    const gateway = new GatewayProcess(options);
    try {
      await gateway.listening();
      return gateway;
    } catch (error) {
      await gateway.kill();
      throw error;
    }
  }

  private constructor({ command, words, nodeWords = [], descriptors }: GatewayOptions) {
    const whole = [process.execPath, ...nodeWords, command, 'serve', '--json', ...words];
    const limited = descriptors === undefined ? whole : ['prlimit', `--nofile=${descriptors}:${descriptors}`, ...whole];
    this.child = spawn(limited[0], limited.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      // The order of ending is ours to say, also where somebody presses Ctrl-C.
      detached: true,
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => resolve(error.message));
      this.child.once('exit', (code, signal) => resolve(code ?? signal ?? -1));
    });
    void this.ended.then(() => {
      this.over = true;
      this.changed();
    });
    createInterface({ input: this.child.stderr as NodeJS.ReadableStream }).on('line', (line) => {
      if (this.notes.length < MOST_NOTES) this.notes.push(line);
      this.changed();
    });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get running(): boolean {
    return !this.over;
  }

  /** Processes that it has started: its workers. */
  workers(): number[] {
    try {
      const text = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, 'latin1');
      return text.split(' ').flatMap((pid) => (pid.trim() === '' ? [] : [Number(pid)]));
    } catch {
      return [];
    }
  }

  /** Resident memory in bytes, its own and that of its workers. */
  rss(): number {
    return [this.pid, ...this.workers()].reduce((sum, pid) => sum + rssOf(pid), 0);
  }

  /** The first line of its standard error, from line `from` on, that matches. Rejects where it ends before. */
  async note(pattern: RegExp, from = 0): Promise<string> {
    for (;;) {
      const found = this.notes.slice(from).find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.over) throw new Error(`it ended without saying ${pattern}: ${this.notes.slice(-5).join(' | ')}`);
      await new Promise<void>((resolve) => this.listeners.add(resolve));
    }
  }

  /** Asks the operator's API. */
  async api(path: string, method = 'GET', body?: unknown): Promise<Answer> {
    const response = await fetch(this.adminUrl + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text,
    };
  }

  /** Live events from now on; it is open when this comes back. */
  async stream(): Promise<AsyncGenerator<unknown>> {
    const response = await fetch(`${this.adminUrl}/api/v1/stream`, {
      headers: { authorization: `Bearer ${this.token}` },
    });
    if (response.status !== 200) throw new Error(`no stream: ${response.status} ${await response.text()}`);
    // A body that nobody has begun to read is cancelled when its response is garbage: it is locked from here on.
    return eventsOf((response.body as ReadableStream<Uint8Array>).getReader());
  }

  async status(): Promise<LiveStatus> {
    return (await this.api('/api/v1/status')).body as LiveStatus;
  }

  async mitigations(query = 'limit=1000'): Promise<readonly Mitigation[]> {
    return ((await this.api(`/api/v1/mitigations?${query}`)).body as { mitigations: Mitigation[] }).mitigations;
  }

  /** Sum over all series of a metric. */
  async metric(name: string): Promise<number> {
    const page = String((await this.api('/metrics')).body);
    const lines = page.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  signal(name: NodeJS.Signals): void {
    if (!this.over) this.child.kill(name);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Asks it to end; kills it where it does not. Its exit code or signal. */
  async stop(): Promise<number | string> {
    this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), END_MS);
    const how = await this.ended;
    clearTimeout(late);
    return how;
  }

  private async listening(): Promise<void> {
    const line = await new Promise<string>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('it did not listen in time')), START_MS);
      const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
      lines.once('line', (text) => {
        clearTimeout(late);
        resolve(text);
      });
      void this.ended.then((how) => {
        clearTimeout(late);
        reject(new Error(`it ended with ${how} before it listened: ${this.notes.slice(-5).join(' | ')}`));
      });
    });
    const { listening, admin, data_dir, known_as_of } = JSON.parse(line) as Record<string, string>;
    const { origin, hash } = new URL(admin);
    this.url = listening;
    this.dataDir = data_dir;
    this.knownAsOf = known_as_of;
    this.adminUrl = origin;
    this.token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
  }

  private changed(): void {
    const waiting = [...this.listeners];
    this.listeners.clear();
    for (const listener of waiting) listener();
  }
}

/** What stands behind `data:` in a stream of events. */
async function* eventsOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const lines = (rest + decoder.decode(read.value, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) yield JSON.parse(line.slice(6));
    }
  } finally {
    await reader.cancel();
  }
}

/** Resident memory of one process in bytes; 0 where it is gone. */
export function rssOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Whether a process of this id is there; a zombie is not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

/** A port of loopback that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
