/** Runs a tool for a while, in a process group of its own, and sees to it that nothing of it is left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a tool has to end after it was told to, in ms. */
const TERM_MS = 2000;
/** Kept of what a tool says, in characters. */
const SAID = 4000;

export interface Executed {
  /** It ended before it was ended. */
  readonly gaveUp: boolean;
  /** Why it could not be started; '' where it could. */
  readonly failure: string;
}

/** Process groups that are alive: the last resort when this process ends before they do. */
const groups = new Set<number>();
process.once('exit', () => {
  for (const group of groups) end(group, 'SIGKILL');
});

/** Runs a tool until it ends by itself or its time is over. What it said is in `tool.txt` of its folder. */
export async function execute(
  program: string,
  words: readonly string[],
  folder: string,
  timeMs: number,
): Promise<Executed> {
  const env = { ...process.env, HOME: folder, NO_COLOR: '1', http_proxy: '', https_proxy: '', no_proxy: '*' };
  const child = spawn(program, words, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let failure = '';
  child.once('error', (error) => {
    failure = error.message;
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-SAID);
    });
  const group = child.pid;
  if (group !== undefined) groups.add(group);
  const closed = once(child, 'close').catch(() => []);
  const gaveUp = !(await isLate(closed, timeMs));
  if (!gaveUp && group !== undefined) {
    end(group, 'SIGTERM');
    if (await isLate(closed, TERM_MS)) end(group, 'SIGKILL');
  }
  await closed;
  // Children of the tool that went on without it.
  if (group !== undefined) {
    end(group, 'SIGKILL');
    groups.delete(group);
  }
  writeFileSync(join(folder, 'tool.txt'), said);
  return { gaveUp, failure };
}

async function isLate(what: Promise<unknown>, ms: number): Promise<boolean> {
  const alarm = new AbortController();
  const late = sleep(ms, true, { signal: alarm.signal }).catch(() => true);
  const isIt = await Promise.race([what.then(() => false), late]);
  alarm.abort();
  return isIt;
}

function end(group: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-group, signal);
  } catch {
    // Nothing of it is left.
  }
}
