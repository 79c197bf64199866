/** kill -9 at random moments: nothing that was acknowledged is lost, and the chain is whole. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type KillSummary, killRounds } from './kill.ts';

/** SALLYPORT_KILL_ROUNDS=500 makes it as many in all; two ledgers at a time. */
const ROUNDS = Number(process.env.SALLYPORT_KILL_ROUNDS ?? 20);
/** Every round looks at the whole ledger: one that lived through all of them would be looked at for hours. */
const ROUNDS_A_LEDGER = 10;
const MS_A_ROUND = 6_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-kill-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** One ledger after the other, until all rounds are through. */
async function lane(seeds: number[]): Promise<KillSummary[]> {
  const lives: KillSummary[] = [];
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    lives.push(await killRounds(join(dir, String(seed)), ROUNDS_A_LEDGER, seed));
  }
  return lives;
}

it(
  'survives kill -9 in the middle of whatever it does',
  async () => {
    const seeds = Array.from({ length: Math.ceil(ROUNDS / ROUNDS_A_LEDGER) }, (_, i) => i + 1);
    const lives = (await Promise.all([lane(seeds), lane(seeds)])).flat();
    const sum = (of: (life: KillSummary) => number) => lives.reduce((total, life) => total + of(life), 0);
    const rounds = sum((life) => life.rounds);
    expect(rounds).toBeGreaterThanOrEqual(ROUNDS);
    expect(sum((life) => life.killedWhileOpening)).toBeLessThan(rounds / 2);
    expect(sum((life) => life.acknowledged)).toBeGreaterThan(rounds * 10);
    // Each opening is an entry of its own.
    expect(sum((life) => life.entries)).toBeGreaterThan(sum((life) => life.acknowledged));
    expect(sum((life) => life.erased)).toBeGreaterThan(0);
  },
  MS_A_ROUND * ROUNDS + 30_000,
);
