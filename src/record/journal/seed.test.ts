import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { SallyportError } from '../../lib/errors.ts';
import { seedHash } from './format.ts';
import { SEED_FILE, seedFrom, seedOfJournal } from './seed.ts';

const base = mkdtempSync(join(tmpdir(), 'sallyport-seed-'));
afterAll(() => rmSync(base, { recursive: true }));

const secret = Buffer.alloc(32, 0x21);
const seed = seedFrom(secret);
const journal = join(base, 'data', 'journal', 'run-1');
mkdirSync(journal, { recursive: true });
writeFileSync(join(base, 'data', SEED_FILE), secret);

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof SallyportError ? error.code : `no SallyportError: ${String(error)}`;
  }
  return 'nothing thrown';
};

it('is found above the journal, or was configured, or is none', () => {
  for (const path of [journal, join(journal, 'journal-000000000000000.spj'), join(base, 'data', 'journal')])
    expect(seedOfJournal(path, seedHash(seed), undefined, 3)).toBe(seed);
  expect(seedOfJournal(journal, seedHash(3), undefined, 3)).toBe(3);
  expect(seedOfJournal(journal, seedHash(0), undefined, 3)).toBe(0);
  expect(codeOf(() => seedOfJournal(journal, seedHash(4), undefined, 3))).toBe('SP4004');
});

it('that was named has to be the right one', () => {
  expect(seedOfJournal(journal, seedHash(9), 9, 3)).toBe(9);
  expect(codeOf(() => seedOfJournal(journal, seedHash(seed), 9, seed))).toBe('SP4004');
});

it('is no secret of another size', () => {
  writeFileSync(join(journal, SEED_FILE), secret.subarray(1));
  expect(seedOfJournal(journal, seedHash(seed), undefined, 3)).toBe(seed);
  expect(seedFrom(Buffer.alloc(32))).toBe(1);
});
