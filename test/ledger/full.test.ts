/** A disk that is full: appending is refused with a code, nothing stands there by half, and it goes on once there is room. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLedgerForReading } from '../../src/record/ledger/lmdb/open.ts';
import { ROOT } from '../tidy/source.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-full-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

interface Told {
  readonly acknowledged: readonly [number, string][];
  readonly codes: readonly string[];
  readonly whileFull: { readonly acknowledged: number; readonly refused: number; readonly head: number };
  readonly readable: boolean;
  readonly after: {
    readonly refused: number;
    readonly queued: number;
    readonly queuedBytes: number;
    readonly failedCommits: number;
  };
}

it('refuses, loses nothing, and goes on', async () => {
  const child = join(ROOT, 'test/ledger/full-child.ts');
  const run = spawnSync(process.execPath, ['--import', 'tsx', child, dir], { cwd: ROOT, encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  const told: Told = JSON.parse(run.stdout);
  expect(told.codes).toEqual(['SP4105']);
  expect(told.whileFull.refused).toBeGreaterThan(20);
  // The one that opened it, and what was acknowledged: no more, no less.
  expect(told.whileFull.head).toBe(told.whileFull.acknowledged + 1);
  expect(told.readable).toBe(true);
  expect(told.after).toMatchObject({ refused: 0, queued: 0, queuedBytes: 0 });
  expect(told.after.failedCommits).toBeGreaterThan(1);

  const ledger = openLedgerForReading(dir);
  const entries = new Map<number, string>();
  for await (const { seq, hash } of ledger.entries()) entries.set(seq, hash);
  expect([...entries].slice(1)).toEqual(told.acknowledged);
  expect((await ledger.verify()).problems).toEqual([]);
  await ledger.close();
});
