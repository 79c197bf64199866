/**
 * Fills the disk under a ledger and makes room again: `test/ledger/full.test.ts` reads what it prints. The limit on the
 * size of files (prlimit(1), Linux) stands for the full disk, because it can be set and lifted without being root.
 */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILE, openLedger } from '../../src/record/ledger/lmdb/open.ts';

const [dataDir] = process.argv.slice(2);
const ROOM_BYTES = 64 * 1024;

// Its default would end the process; with a listener a write fails with an error code, as it does on a full disk.
process.on('SIGXFSZ', () => {});

function limitFiles(bytes: number | 'unlimited'): void {
  const { status } = spawnSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
  if (status !== 0) throw new Error('prlimit did not set the limit');
}

const ledger = await openLedger({ dataDir, commitMs: 1, now: () => 1_709_510_400_000 });
const acknowledged: [number, string][] = [];
const refused: string[] = [];

async function append(n: number): Promise<void> {
  const entry = { timeMs: n, kind: 'capture.read', by: 'child', reason: 'x'.repeat(2000), data: { n } } as const;
  try {
    const { seq, hash } = await ledger.append(entry);
    acknowledged.push([seq, hash]);
  } catch (error) {
    refused.push((error as { code?: string }).code ?? String(error));
  }
}

const many = (n: number) => Promise.all(Array.from({ length: n }, (_, i) => append(i)));

await many(20);
limitFiles(statSync(join(dataDir, DATABASE_FILE)).size + ROOM_BYTES);
for (let i = 0; i < 16; i++) await many(200);
const whileFull = { acknowledged: acknowledged.length, refused: refused.length, head: (await ledger.head()).seq };
const readable = (await ledger.verify()).ok;
limitFiles('unlimited');
const before = refused.length;
for (let i = 0; i < 3; i++) await many(100);
const { queued, queuedBytes, failedCommits } = ledger.stats();
const after = { refused: refused.length - before, queued, queuedBytes, failedCommits };
await ledger.close();
process.stdout.write(
  JSON.stringify({ acknowledged, codes: [...new Set(refused)], whileFull, readable, after, room: ROOM_BYTES }),
);
