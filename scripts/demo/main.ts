/**
 * The demo: a sample shop, Sallyport in front of it, lifelike people, and after twenty seconds an attack. What happens is
 * told here and shown on the live page, until Ctrl-C.
 *
 *     npx tsx scripts/demo/main.ts [--seconds N] [--no-wait] [--port N] [--admin-port N] [--command FILE]
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { Children } from './children.ts';
import { type Running, start, ticksOf, traffic } from './setup.ts';
import { Story } from './story.ts';
import { watch } from './watch.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Traffic lasts so long, in seconds; the scenario has a little more. */
const USUAL_SECONDS = 15 * 60;
/** How long the page stays up afterwards for whoever still looks at it, in ms. */
const AFTERWARDS_MS = 60 * 60_000;
/** How often sums are read anew, in ms. */
const CORRECT_MS = 5_000;

interface Wishes {
  readonly seconds: number;
  readonly wait: boolean;
  readonly port: number;
  readonly adminPort: number;
  /** The built command. */
  readonly command: string;
}

function wishes(): Wishes {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: String(USUAL_SECONDS) },
      'no-wait': { type: 'boolean', default: false },
      port: { type: 'string', default: '0' },
      'admin-port': { type: 'string', default: '0' },
      command: { type: 'string', default: 'dist/cli/main.js' },
    },
  });
  const number = (name: 'seconds' | 'port' | 'admin-port', least: number, most: number) => {
    const n = Number(values[name]);
    if (!Number.isInteger(n) || n < least || n > most)
      throw new Error(`--${name} is a number from ${least} to ${most}`);
    return n;
  };
  return {
    seconds: number('seconds', 1, 1200),
    wait: !values['no-wait'],
    port: number('port', 0, 65_535),
    adminPort: number('admin-port', 0, 65_535),
    command: resolve(ROOT, values.command),
  };
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function welcome({ page, gateway }: Running): void {
  say('');
  say(`  Watch it live:  ${pc.bold(page)}`);
  say('');
  say(`  The shop stands behind Sallyport at ${gateway}. People come now; an attack begins after 20 seconds.`);
  say('  Ctrl-C ends everything, and leaves nothing behind.');
  say('');
}

/** Plays until the traffic is over or somebody ends it. */
async function play(
  children: Children,
  folder: string,
  { seconds, wait, port, adminPort, command }: Wishes,
  stop: AbortSignal,
) {
  say('Starting a sample shop, and Sallyport in front of it …');
  const starting = start(children, { folder, port, adminPort, command });
  starting.catch(() => {});
  const running = await Promise.race([starting, aborted(stop)]);
  if (running === null) return;
  welcome(running);
  const story = new Story(say);
  // A stream that breaks is told by the process that ends, which is waited for below.
  void watch(running.access, (event) => story.take(event), stop).catch(() => {});
  const correct = async () => story.correct(await ticksOf(running.access));
  const timer = setInterval(() => void correct().catch(() => {}), CORRECT_MS);
  const visitors = traffic(children, running, folder, seconds);
  const broken = Promise.race([running.shop, running.serve].map(({ name, ended }) => ended.then(() => name)));
  const end = await Promise.race([visitors.ended, broken, aborted(stop)]);
  clearInterval(timer);
  await correct().catch(() => {});
  say('');
  say(`In short: ${story.summary()}`);
  if (typeof end === 'string') throw new Error(`${end} ended by itself`);
  if (stop.aborted) return;
  if (end !== 0) throw new Error('the traffic could not be sent');
  if (!wait) {
    say(`Decisions in ${seconds} s: ${story.decisions}.`);
    return;
  }
  say(`The ${Math.round(seconds / 60)} minutes of traffic are over. The page stays where it is until Ctrl-C.`);
  await Promise.race([aborted(stop), broken, later(AFTERWARDS_MS)]);
}

const aborted = (signal: AbortSignal) =>
  new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    else signal.addEventListener('abort', () => resolve(null), { once: true });
  });

const later = (ms: number) => new Promise<null>((resolve) => setTimeout(() => resolve(null), ms).unref());

async function main(): Promise<void> {
  const wanted = wishes();
  if (!existsSync(wanted.command)) throw new Error(`${wanted.command} is not there: npm run build makes it`);
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-demo-'));
  const children = new Children(ROOT);
  const stop = new AbortController();
  const leave = () => {
    // A second Ctrl-C does not wait for anybody.
    if (stop.signal.aborted) process.exit(130);
    say('\nEnding …');
    stop.abort();
  };
  process.on('SIGINT', leave).on('SIGTERM', leave).on('SIGHUP', leave);
  process.on('exit', () => {
    children.killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await play(children, folder, wanted, stop.signal);
  } finally {
    stop.abort();
    await children.stop();
  }
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    process.stderr.write(`\nThe demo cannot go on: ${error.message}\n`);
    process.exit(1);
  },
);
