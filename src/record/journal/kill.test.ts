/** A process that is killed while it writes: what it was told is written is there, and no record is torn. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { segmentNames } from './format.ts';
import { openJournalDirectory, partialReasons } from './reader.ts';
import { recoverJournal } from './recover.ts';
import { FakeEngine, randomRows, rowsOfRound, rowText } from './testing.ts';

/** Rounds of writing and killing; each goes on with the journal that the one before has left. */
const ROUNDS = Number(process.env.SALLYPORT_KILL_ROUNDS ?? 20);
/** Journals that are written on at once: most of a round is the start of a process. */
const JOURNALS = 4;
/** Longest time that a process may write before it is killed, in ms. */
const LONGEST_MS = 120;
/** A busy machine takes seconds to start a process. */
const TIMEOUT_MS = 60_000 + ROUNDS * 5000;

const base = mkdtempSync(join(tmpdir(), 'sallyport-kill-'));
afterAll(() => rmSync(base, { recursive: true }));
const support = pathToFileURL(join(import.meta.dirname, 'testing.ts')).href;

/** Starts a writer, kills it some time after its first word, and gives the last sequence number it has told. */
function writeAndKill(path: string, afterMs: number): Promise<number> {
  const { position } = recoverJournal(path);
  const { sequence, hashHi, hashLo } = position ?? new FakeEngine();
  const program = `import(${JSON.stringify(support)}).then((m) => m.appendForever(...process.argv.slice(1).map((a, i) => i === 0 ? a : Number(a))))`;
  const words = [path, sequence, hashHi, hashLo].map(String);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, '--', ...words]);
    let out = '';
    let complaint = '';
    child.stderr.on('data', (data) => {
      complaint += data;
    });
    child.stdout.on('data', (data) => {
      if (out === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      out += data;
    });
    child.on('error', reject);
    child.on('close', (_code, signal) => {
      // What comes after the last line break was cut off in the pipe.
      const told = out.split('\n').slice(0, -1).map(Number);
      if (signal === 'SIGKILL' && told.length > 0) resolve(told[told.length - 1]);
      else reject(new Error(`ended by itself: ${complaint}`));
    });
  });
}

/** Every event of the journal is the one that was appended there: rows follow from the round they were made in. */
function check(path: string, starts: readonly number[]): number {
  const reader = openJournalDirectory(path);
  const engine = new FakeEngine();
  let next = 0;
  let rows = randomRows(1, 1);
  let row = rows.count;
  for (const e of reader.entries()) {
    if (e.type === 'mark') expect(e).toEqual({ type: 'mark', ...engine });
    if (e.type !== 'event') continue;
    if (row === rows.count || starts.includes(engine.sequence)) {
      if (starts.includes(engine.sequence)) next = engine.sequence;
      rows = rowsOfRound(next++);
      row = 0;
    }
    engine.step(rows.order[row]);
    expect(e.sequence).toBe(engine.sequence);
    if (rowText(e.rows, e.row) !== rowText(rows, row)) throw new Error(`event ${e.sequence} is another`);
    row++;
  }
  expect(partialReasons(reader.completeness())).toEqual([]);
  return engine.sequence;
}

it(
  `nothing acknowledged is lost and nothing is torn, in ${ROUNDS} rounds`,
  async () => {
    let grown = 0;
    const journals = Array.from({ length: JOURNALS }, (_, j) => async (): Promise<void> => {
      const path = join(base, `journal-${j}`);
      const starts: number[] = [];
      let there = 0;
      for (let round = j; round < ROUNDS; round += JOURNALS) {
        starts.push(there);
        const told = await writeAndKill(path, Math.floor(Math.random() * LONGEST_MS));
        there = recoverJournal(path).position?.sequence ?? 0;
        expect(there).toBeGreaterThanOrEqual(told);
        expect(told).toBeGreaterThan(starts[starts.length - 1]);
      }
      expect(check(path, starts)).toBe(there);
      expect(segmentNames(path).length).toBeGreaterThanOrEqual(starts.length);
      grown += there;
    });
    await Promise.all(journals.map((run) => run()));
    expect(grown).toBeGreaterThan(ROUNDS * 10);
  },
  TIMEOUT_MS,
);
