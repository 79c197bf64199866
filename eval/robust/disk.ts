/** The disk fills up under a gateway, stays full for a while, and gets room again. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { atMost, exactly, table } from '../../bench/lib/figures.ts';
import type { GatewayProcess } from './gateway.ts';
import { ask, Load } from './load.ts';
import { LedgerBook, replayJournal, verifyLedger } from './record.ts';
import type { Found, Scenario } from './scenario.ts';
import { holds, pause, Stage } from './stage.ts';

const SIZE_MB = 48;
const CLIENTS = 8;
const FULL_MS = 3000;
const WAIT_MS = 15_000;
/** What waits is put on record once a second. */
const SECOND_MS = 1500;
/** With a limit on the size of files instead of a full disk: nothing beyond this many bytes can be written. */
const LEAST_BYTES = 4096;
/** The signal of that limit would end the process; with a listener a write fails, as it does on a full disk. */
const IGNORE = ['--import', "data:text/javascript,process.on('SIGXFSZ', () => {})"];
const BEFORE = '198.51.100.20';
const WHILE_FULL = '203.0.113.20';

/** A disk that can be filled and emptied. */
interface Disk {
  readonly how: string;
  readonly nodeWords: readonly string[];
  fill(gateway: GatewayProcess): void;
  empty(gateway: GatewayProcess): void;
  remove(): void;
}

export const disk: Scenario = async (command, seed, print) => {
  const stage = await Stage.open(command, 'disk');
  const small = makeDisk(stage);
  try {
    return await play(command, stage, small, seed, print);
  } finally {
    await stage.close(() => small.remove());
  }
};

async function play(
  command: string,
  stage: Stage,
  small: Disk,
  seed: number,
  print: (text: string) => void,
): Promise<Found[]> {
  stage.write(stage.config());
  const gateway = await stage.start({ nodeWords: small.nodeWords });
  const load = new Load({ url: () => stage.url, clients: CLIENTS, seed, name: 'd' }).start();
  await trap(gateway, BEFORE);
  await active(gateway, BEFORE);
  small.fill(gateway);
  await gateway.note(/^SP4005: /);
  const held = await trap(gateway, WHILE_FULL);
  const changes = await changeMode(gateway);
  const [first] = (await gateway.mitigations()).filter((m) => m.actor.key === BEFORE);
  const undo = await gateway.api(`/api/v1/mitigations/${first.id}/undo`, 'POST', { reason: 'while it is full' });
  const emptied = performance.now();
  small.empty(gateway);
  const over = await Promise.race([gateway.note(/^SP4005 is over/).then(() => true), pause(WAIT_MS).then(() => false)]);
  const overMs = performance.now() - emptied;
  const recorded = await active(gateway, WHILE_FULL);
  await pause(SECOND_MS);
  await load.stop();
  await gateway.kill();
  const wrong = await verifyLedger(command, stage.dataDir);
  const replayed = await replayJournal(command, stage.dataDir, stage.configPath);
  const ledger = new LedgerBook();
  await ledger.read(stage.dataDir);
  const again = await stage.start({ nodeWords: small.nodeWords });
  const letGo = (await ask({ url: `${again.url}/items/1`, address: BEFORE })).status === 200;
  const holdsAgain = (await ask({ url: `${again.url}/items/1`, address: WHILE_FULL })).status === 403;
  const lost = load.total - load.count(/^20[01]$/);
  const forgotten = changes.acknowledged.filter((reason) => !ledger.reasons.has(reason));
  print(
    tableOf(small.how, [
      ['requests meanwhile', String(load.total)],
      ['p99, ms', load.percentile(0.99).toFixed(0)],
      ['journal writes again after, ms', String(Math.round(overMs))],
      ['what the journal says of itself', replayed.problem],
      ['an undo is answered with', String(undo.status)],
      ['changes of mode acknowledged, refused', `${changes.acknowledged.length}, ${changes.refused}`],
      ['notes', notesOf(gateway)],
    ]),
  );
  return [
    { metric: 'requests_lost', value: lost, target: exactly(0) },
    { metric: 'orders_twice', value: stage.upstream.twice().length, target: exactly(0) },
    { metric: 'held_while_full', value: held === 403 ? 1 : 0, target: exactly(1) },
    { metric: 'acknowledged_lost', value: forgotten.length, target: exactly(0) },
    { metric: 'journal_back_ms', value: over ? Math.round(overMs) : Number.NaN, target: atMost(WAIT_MS) },
    { metric: 'on_record_afterwards', value: recorded && ledger.entries > 0 ? 1 : 0, target: exactly(1) },
    { metric: 'ledger_not_verified', value: wrong === '' ? 0 : 1, target: exactly(0), note: wrong || undefined },
    { metric: 'journal_not_replayed', value: /^exit|^there/.test(replayed.problem) ? 1 : 0, target: exactly(0) },
    { metric: 'undone_on_record', value: ledger.undone.has(first.id) && letGo ? 1 : 0, target: exactly(1) },
    { metric: 'held_after_restart', value: holdsAgain ? 1 : 0, target: exactly(1) },
  ];
}

const tableOf = (how: string, rows: string[][]): string => table([`disk full (${how})`, ''], rows);

/** What it said about it, in order. */
const notesOf = ({ notes }: GatewayProcess): string =>
  notes
    .filter((line) => /^SP/.test(line))
    .map((line) => line.slice(0, 6) + (line.endsWith('is over') ? ' is over' : ''))
    .join(', ');

/** An operator who switches again and again while the disk is full. Reasons of what was acknowledged. */
async function changeMode(gateway: GatewayProcess): Promise<{ acknowledged: string[]; refused: number }> {
  const acknowledged: string[] = [];
  let refused = 0;
  const until = performance.now() + FULL_MS;
  for (let i = 0; performance.now() < until; i++) {
    const reason = `change ${i}`;
    const { status } = await gateway.api('/api/v1/mode', 'POST', { mode: 'enforce', reason });
    if (status === 200) acknowledged.push(reason);
    else refused++;
    await pause(50);
  }
  return { acknowledged, refused };
}

/** Walks into the trap; how the next request is answered. */
async function trap({ url }: GatewayProcess, address: string): Promise<number> {
  await ask({ url: `${url}/trap`, address });
  return (await ask({ url: `${url}/items/1`, address })).status;
}

/** Whether what stands about an address is on record before long. */
function active(gateway: GatewayProcess, address: string): Promise<boolean> {
  return holds(WAIT_MS, async () =>
    (await gateway.mitigations()).some((m) => m.actor.key === address && m.status === 'active'),
  );
}

/** A small file system in memory, for which one must be root; else a limit on the size of files. */
function makeDisk(stage: Stage): Disk {
  const folder = join(stage.folder, 'small');
  mkdirSync(folder);
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MB}m,mode=700`, 'tmpfs', folder]).status === 0;
  if (!mounted) return limitedFiles();
  stage.dataDir = join(folder, 'data');
  mkdirSync(stage.dataDir);
  const ballast = join(folder, 'ballast');
  return {
    how: `tmpfs of ${SIZE_MB} MiB`,
    nodeWords: [],
    fill: () => fillUp(ballast),
    empty: () => rmSync(ballast),
    remove: () => void spawnSync('umount', [folder]),
  };
}

function fillUp(path: string): void {
  const file = openSync(path, 'w');
  try {
    // Page by page at the end, so that really nothing is left.
    for (const size of [1 << 20, 4096]) {
      const chunk = Buffer.alloc(size, 1);
      for (;;) {
        try {
          if (writeSync(file, chunk) < size) break;
        } catch {
          break;
        }
      }
    }
  } finally {
    closeSync(file);
  }
}

function limitedFiles(): Disk {
  const limit = ({ pid }: GatewayProcess, bytes: number | 'unlimited'): void => {
    const { status } = spawnSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
    if (status !== 0) throw new Error('neither mount nor prlimit is possible here');
  };
  return {
    how: 'RLIMIT_FSIZE',
    nodeWords: IGNORE,
    fill: (gateway) => limit(gateway, LEAST_BYTES),
    empty: (gateway) => limit(gateway, 'unlimited'),
    remove: () => {},
  };
}
