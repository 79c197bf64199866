/**
 * Kills a process that appends to a ledger, again and again, at moments that follow from a seed, and looks each time
 * whether everything is there that was acknowledged, and whether the chain is whole.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseHeads } from '../../src/record/ledger/heads.ts';
import { openLedgerForReading } from '../../src/record/ledger/lmdb/open.ts';
import type { LedgerEntry } from '../../src/record/ledger/port.ts';
import { ROOT } from '../tidy/source.ts';

const CHILD = join(ROOT, 'test/ledger/ledger-child.ts');
/** Acknowledgements that are waited for before the kill: from none, while it opens, to several snapshots. */
const MOST_ACKS = 260;

export interface KillSummary {
  readonly rounds: number;
  /** Entries that were acknowledged, those in the ledger, and erasures. */
  readonly acknowledged: number;
  readonly entries: number;
  readonly erased: number;
  /** Rounds in which the process was killed before it acknowledged anything. */
  readonly killedWhileOpening: number;
}

interface Acks {
  readonly entries: Map<number, string>;
  /** Ids of erased subjects by the entry that says so. */
  readonly erased: Map<number, string>;
}

/** `rounds` rounds in `dataDir`. Rejects with an AssertionError at the first thing that was lost. */
export async function killRounds(dataDir: string, rounds: number, seed: number): Promise<KillSummary> {
  const acks: Acks = { entries: new Map(), erased: new Map() };
  let killedWhileOpening = 0;
  let entries = 0;
  for (let round = 0; round < rounds; round++) {
    const before = acks.entries.size;
    await killOnce(dataDir, round, momentOf(seed, round), acks);
    if (acks.entries.size === before) killedWhileOpening++;
    entries = await check(dataDir, acks);
  }
  return { rounds, acknowledged: acks.entries.size, entries, erased: acks.erased.size, killedWhileOpening };
}

/** After how many acknowledgements the process is killed: a third of the rounds soon, one in eight while it opens. */
function momentOf(seed: number, round: number): number {
  let x = (Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(round + 1, 0x85ebca6b)) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) >>> 0;
  x = (x ^ (x >>> 13)) >>> 0;
  if (x % 8 === 0) return 0;
  return 1 + ((x >>> 3) % (x % 3 === 0 ? 12 : MOST_ACKS));
}

async function killOnce(dataDir: string, round: number, moment: number, acks: Acks): Promise<void> {
  const args = ['--import', 'tsx', CHILD, dataDir, String(round)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
  let seen = -1;
  // What was printed before the kill reached it counts, too: it was acknowledged.
  for await (const line of createInterface({ input: child.stdout })) {
    note(line, acks);
    if (++seen === moment) kill(child);
  }
  assert.equal(await ended, 'SIGKILL', `round ${round} ended by itself: ${stderr}`);
}

function kill(child: ChildProcess): void {
  child.kill('SIGKILL');
}

function note(line: string, acks: Acks): void {
  const [what, seq, value] = line.split(' ');
  // The last line may be torn: a sequence number without all of its hash.
  if (what === 'ack' && value?.length === 64) acks.entries.set(Number(seq), value);
  if (what === 'erased' && value?.length === 12) acks.erased.set(Number(seq), value);
}

/** Number of entries. What was acknowledged is there, whole and linked; who was erased cannot be read. */
async function check(dataDir: string, acks: Acks): Promise<number> {
  if (acks.entries.size === 0) return 0;
  const headsFile = join(dataDir, 'ledger-heads.jsonl');
  const { heads } = parseHeads(existsSync(headsFile) ? readFileSync(headsFile, 'utf8') : '');
  const ledger = openLedgerForReading(dataDir);
  try {
    const report = await ledger.verify({ heads });
    assert.deepEqual(report.problems, []);
    const erased = new Map([...acks.erased].map(([seq, id]) => [id, seq]));
    const left = new Map(acks.entries);
    for await (const entry of ledger.entries()) {
      if (left.has(entry.seq)) assert.equal(entry.hash, left.get(entry.seq), `entry ${entry.seq} is another one`);
      left.delete(entry.seq);
      checkErased(entry, erased);
    }
    assert.deepEqual([...left.keys()], [], 'acknowledged entries were lost');
    await ledger.state();
    return report.entries;
  } finally {
    await ledger.close();
  }
}

function checkErased({ seq, kind, subject, data }: LedgerEntry, erased: ReadonlyMap<string, number>): void {
  if (subject === null) return;
  if (erased.has(subject.id)) assert.equal(subject.key, null, `entry ${seq} is about somebody who was erased`);
  else if (kind === 'mitigation.started' && subject.key !== null) assert.notEqual(data.personal, null);
}
