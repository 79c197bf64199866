#!/usr/bin/env node
/** The program `sallyport`: the world and the real parts, handed to the command line. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { EXIT } from './exit.ts';
import type { Ports, Sink } from './ports.ts';
import { runCli } from './program.ts';

/** A second Ctrl-C ends at once: the first one waits for the report of what was read. */
function interruptible(): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}

function sink(stream: NodeJS.WriteStream): Sink {
  // Whoever reads may leave early (`| head`): what is written then goes nowhere, and the exit code stays what it is.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
    write: (text) => {
      stream.write(text);
    },
  };
}

/** What a configuration may name. */
async function names() {
  const { knownNames } = await import('../config/known.ts');
  const { FORMATS } = await import('../event/formats/index.ts');
  const { DETECTORS } = await import('../detectors/index.ts');
  return knownNames(FORMATS, DETECTORS);
}

/** Parts are loaded when a verb needs them, so that `--help` answers at once. */
const PORTS: Ports = {
  version: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
  runTry: async (options) => (await import('../doors/replay/try.ts')).runTry(options),
  explainFinding: async (options) => (await import('../doors/replay/explain.ts')).explainFinding(options),
  runReplay: async (options) => (await import('../doors/replay/replay.ts')).runReplay(options),
  loadConfig: async (path) => {
    const { loadConfig } = await import('../config/load.ts');
    return loadConfig(path, await names());
  },
  serve: async (options) => {
    const [{ serve }, { surviveDefects }] = await Promise.all([
      import('./serve/serve.ts'),
      import('./serve/defects.ts'),
    ]);
    surviveDefects(options.onNote);
    return serve({ ...options, version: PORTS.version, cwd: process.cwd() });
  },
  onHangup: (listener) => {
    process.on('SIGHUP', listener);
    return () => process.off('SIGHUP', listener);
  },
  checkConfig: async (path, nowMs) => {
    const [{ checkConfig }, { readSchema }, { readTrusted }] = await Promise.all([
      import('../config/load.ts'),
      import('../inspect/graphql/schema.ts'),
      import('../inspect/graphql/documents.ts'),
    ]);
    const readers = { 'inspection.graphql.schema': readSchema, 'inspection.graphql.documents': readTrusted };
    return checkConfig(path, { ...(await names()), readers }, nowMs);
  },
  examine: async (examination) => (await import('./doctor/examine.ts')).examine(examination),
  formats: async () => (await import('../event/formats/index.ts')).FORMATS,
  detectors: async () => (await import('../detectors/index.ts')).DETECTORS,
};

process.exitCode = await runCli(process.argv.slice(2), {
  ports: PORTS,
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  stdinIsTTY: process.stdin.isTTY === true,
  env: process.env,
  cwd: process.cwd(),
  now: Date.now,
  signal: interruptible(),
});
