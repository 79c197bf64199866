/** Processes of the demo: started, waited for, and ended by their own ids, whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** How long a process may take until it says that it is ready, in ms. */
const READY_MS = 30_000;
/** How long a process may take to end after it was asked to, in ms. */
const END_MS = 5_000;
/** Characters of what a process complained about that are kept for an error. */
const MOST_COMPLAINTS = 4_000;

export interface Child {
  readonly name: string;
  /** The first line of its output that is JSON. Rejects where it ends or stays silent before. */
  readonly ready: Promise<Record<string, unknown>>;
  /** Its exit code, once it has ended; −1 where a signal ended it. */
  readonly ended: Promise<number>;
}

export class Children {
  private readonly running = new Map<ChildProcess, string>();
  private readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Runs a script of this repository with this Node: TypeScript through tsx, so that there is one process and one id. */
  start(name: string, script: string, words: readonly string[]): Child {
    const runtime = script.endsWith('.ts') ? ['--import', 'tsx'] : [];
    const child = spawn(process.execPath, [...runtime, script, ...words], {
      cwd: this.root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      // Ctrl-C goes to the whole group in a terminal: the order of ending is ours to say.
      detached: true,
    });
    this.running.set(child, name);
    let complaints = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaints = (complaints + text).slice(-MOST_COMPLAINTS);
    });
    const ended = new Promise<number>((resolve) => {
      child.once('error', () => resolve(-1));
      child.once('exit', (code) => resolve(code ?? -1));
    });
    void ended.then(() => this.running.delete(child));
    const ready = firstJson(child, name, ended, () => complaints);
    // Whoever does not wait for it (the traffic has no such line) must not be surprised by its failure.
    ready.catch(() => {});
    return { name, ready, ended };
  }

  /** Ends all of them, politely first, by their own ids. */
  async stop(): Promise<void> {
    await Promise.all(
      [...this.running.keys()].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
        await gone;
        clearTimeout(late);
      }),
    );
  }

  /** The last resort of a process that ends: nothing is left behind. */
  killAll(): void {
    for (const child of this.running.keys()) child.kill('SIGKILL');
  }
}

function firstJson(
  child: ChildProcess,
  name: string,
  ended: Promise<number>,
  complaints: () => string,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}\n${complaints().trim()}`.trim()));
    const late = setTimeout(() => fail(`was not ready within ${READY_MS / 1000} s`), READY_MS);
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const value = jsonOf(line);
      if (value === null) return;
      clearTimeout(late);
      resolve(value);
    });
    void ended.then((code) => {
      clearTimeout(late);
      fail(`ended with code ${code} before it was ready`);
    });
  });
}

function jsonOf(line: string): Record<string, unknown> | null {
  try {
    const value = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
