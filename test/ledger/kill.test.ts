/** kill -9 at random moments: nothing that was acknowledged is lost, and the chain is whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killRounds } from './kill.ts';

/** Rounds of each of the two ledgers; SALLYPORT_KILL_ROUNDS=250 makes it 500 in all. */
const ROUNDS = Number(process.env.SALLYPORT_KILL_ROUNDS ?? 10);
const MS_A_ROUND = 5_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-kill-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

it(
  'survives kill -9 in the middle of whatever it does',
  async () => {
    const runs = await Promise.all([1, 2].map((seed) => killRounds(join(dir, String(seed)), ROUNDS, seed)));
    for (const { rounds, acknowledged, entries, killedWhileOpening } of runs) {
      expect(rounds).toBe(ROUNDS);
      expect(killedWhileOpening).toBeLessThan(rounds / 2);
      expect(acknowledged).toBeGreaterThan(rounds * 10);
      // Each opening is an entry of its own.
      expect(entries).toBeGreaterThan(acknowledged);
    }
  },
  MS_A_ROUND * ROUNDS + 30_000,
);
