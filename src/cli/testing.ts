/** A command line for tests: everything it touches is given, and everything it prints is kept. */
import { defaultConfig } from '../config/load.ts';
import type { Cli, Ports, Sink } from './ports.ts';
import { runCli } from './program.ts';

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface World {
  readonly ports?: Partial<Ports>;
  readonly cwd?: string;
  readonly env?: Record<string, string | undefined>;
  readonly stdinIsTTY?: boolean;
  readonly outIsTTY?: boolean;
  readonly errIsTTY?: boolean;
  readonly signal?: AbortSignal;
  /** Unix ms. */
  readonly nowMs?: number;
}

const unexpected = (name: string) => () => Promise.reject(new Error(`${name} was not expected`));

/** Ports of which only the given ones are expected to be called. */
export function testPorts(given: Partial<Ports> = {}): Ports {
  return {
    version: '9.8.7',
    runTry: unexpected('runTry'),
    explainFinding: unexpected('explainFinding'),
    runReplay: unexpected('runReplay'),
    loadConfig: () => defaultConfig(),
    serve: unexpected('serve'),
    onHangup: () => () => {},
    checkConfig: unexpected('checkConfig'),
    examine: unexpected('examine'),
    formats: unexpected('formats'),
    detectors: unexpected('detectors'),
    ...given,
  };
}

/** Runs the command line on `words` in the given world. */
export async function run(words: readonly string[], world: World = {}): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const sink = (into: string[], isTTY: boolean): Sink => ({
    isTTY,
    columns: isTTY ? 100 : undefined,
    write: (text) => {
      into.push(text);
    },
  });
  const cli: Cli = {
    ports: testPorts(world.ports),
    stdout: sink(out, world.outIsTTY ?? false),
    stderr: sink(err, world.errIsTTY ?? false),
    stdinIsTTY: world.stdinIsTTY ?? true,
    env: world.env ?? { XDG_CACHE_HOME: '/nonexistent' },
    cwd: world.cwd ?? '/nonexistent',
    now: () => world.nowMs ?? Date.parse('2025-03-13T08:00:00Z'),
    signal: world.signal ?? new AbortController().signal,
  };
  const code = await runCli(words, cli);
  return { code, out: out.join(''), err: err.join('') };
}
