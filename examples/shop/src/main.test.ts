/** The shop as a process: what it prints, and how it goes. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
type Child = ChildProcessByStdio<null, Readable, Readable>;

const running: Child[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

function start(...args: string[]): Child {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  return child;
}

test('it says where it listens, and goes when it is told to', async () => {
  const child = start('--port', '0');
  const [line] = await once(child.stdout, 'data');
  const { listening, pid } = JSON.parse(String(line));
  expect(listening).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(pid).toBe(child.pid);
  expect((await fetch(`${listening}/health`)).status).toBe(200);
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
});

test('it does not listen beyond this machine', async () => {
  const child = start('--port', '0', '--host', '0.0.0.0');
  const said = once(child.stderr, 'data');
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(String((await said)[0])).toContain('--allow-remote');
});
