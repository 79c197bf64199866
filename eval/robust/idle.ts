/** Thousands of connections that have asked once and do nothing any more, and people who go on beside them. */
import { spawnSync } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { atLeast, atMost, exactly, table } from '../../bench/lib/figures.ts';
import { Load } from './load.ts';
import type { Scenario } from './scenario.ts';
import { holds, pause, Stage } from './stage.ts';

const WANTED = 10_000;
/** Descriptors beyond those of the connections. */
const SPARE = 1000;
/** Connections that are being opened at once. */
const AT_ONCE = 200;
const CLIENTS = 4;
const PAUSE_MS = 5;
const BESIDE_MS = 4000;
const GONE_MS = 15_000;
/** Memory of one idle connection at most, in KiB. */
const MOST_KIB = 40;

export const idle: Scenario = async (command, seed, print) => {
  const most = raiseLimit(WANTED + SPARE);
  const n = Math.min(WANTED, most - SPARE);
  const stage = await Stage.open(command, 'idle');
  const sockets: Socket[] = [];
  try {
    stage.write(stage.config());
    const gateway = await stage.start({ descriptors: most });
    const alone = await beside(stage, seed, 'i1');
    const before = gateway.rss();
    await openAll(stage.port, n, sockets);
    const open = sockets.filter((socket) => !socket.destroyed).length;
    const perConnection = (gateway.rss() - before) / n / 1024;
    const together = await beside(stage, seed, 'i2');
    const kept = sockets.filter((socket) => !socket.destroyed).length;
    for (const socket of sockets) socket.destroy();
    const gone = await holds(GONE_MS, async () => (await gateway.metric('sallyport_requests_in_flight')) === 0);
    const p = (load: Load, share: number): string => load.percentile(share).toFixed(1);
    print(
      table(
        ['idle connections', 'none', String(n)],
        [
          ['p50 of people beside, ms', p(alone, 0.5), p(together, 0.5)],
          ['p99, ms', p(alone, 0.99), p(together, 0.99)],
          ['KiB a connection', '', perConnection.toFixed(1)],
        ],
      ),
    );
    if (n < WANTED) print(`only ${n} connections: the limit of open files is ${most} here`);
    return [
      { metric: 'connections', value: open, target: atLeast(n) },
      { metric: 'kept', value: kept, target: atLeast(n) },
      { metric: 'kib_a_connection', value: perConnection, target: atMost(MOST_KIB) },
      { metric: 'requests_lost', value: together.total - together.count(/^20[01]$/), target: exactly(0) },
      { metric: 'p50_ms_beside', value: together.percentile(0.5) },
      { metric: 'left_in_flight', value: gone ? 0 : 1, target: exactly(0) },
    ];
  } finally {
    for (const socket of sockets) socket.destroy();
    await stage.close();
  }
};

/** Raises what this process may have open, as far as it is allowed; what it is then. */
function raiseLimit(wanted: number): number {
  const pid = String(process.pid);
  const read = (): number[] =>
    spawnSync('prlimit', ['--pid', pid, '--nofile', '--noheadings', '--output=SOFT,HARD'], { encoding: 'utf8' })
      .stdout.trim()
      .split(/\s+/)
      .map(Number);
  const [soft, hard] = read();
  if (soft >= wanted) return soft;
  for (const limit of [wanted, hard]) {
    const { status } = spawnSync('prlimit', ['--pid', pid, `--nofile=${limit}:${Math.max(limit, hard)}`]);
    if (status === 0) break;
  }
  return read()[0];
}

async function beside(stage: Stage, seed: number, name: string): Promise<Load> {
  const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name, pauseMs: PAUSE_MS }).start();
  await pause(BESIDE_MS);
  await load.stop();
  return load;
}

async function openAll(port: number, n: number, sockets: Socket[]): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < n) await openOne(port, next++, sockets);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Connects, asks for one thing, and stays. */
function openOne(port: number, i: number, sockets: Socket[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    const address = `10.20.${100 + (i >> 8)}.${i & 255}`;
    socket.once('connect', () =>
      socket.write(`GET /items/${i} HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: ${address}\r\n\r\n`),
    );
    socket.on('error', () => {});
    socket.once('data', () => resolve());
    socket.once('close', () => resolve());
  });
}
