/** Finding the seed that a journal was written with: it keys the hashes in it, and is never in the journal itself. */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { seedHash } from './format.ts';

/** File of a data directory that holds the secret of which the seed is the beginning. */
export const SEED_FILE = 'seed.secret';
const SECRET_BYTES = 32;
/** A journal lies this deep in its data directory at most, a segment of it one deeper. */
const DEPTH = 4;

/** The seed that an installation's secret stands for: a number from 1 to 2^32 − 1. */
export const seedFrom = (secret: Buffer): number => secret.readUInt32LE(0) || 1;

/**
 * The seed of a journal: the one that was named, that of the data directory in which it lies, or the configured one —
 * whichever fits. SP4004 where none does, or where the one that was named does not.
 */
export function seedOfJournal(path: string, hash: string, named: number | undefined, configured: number): number {
  const candidates = named === undefined ? [...secretsAbove(path), configured, 0] : [named];
  for (const seed of candidates) if (seedHash(seed) === hash) return seed;
  throw new SallyportError(
    'SP4004',
    named === undefined ? `the seed of ${path} is not known here` : `${path} was written with another seed`,
  );
}

function secretsAbove(path: string): number[] {
  const seeds: number[] = [];
  for (let folder = resolve(path), depth = 0; depth < DEPTH; folder = dirname(folder), depth++) {
    try {
      const secret = readFileSync(join(folder, SEED_FILE));
      if (secret.length === SECRET_BYTES) seeds.push(seedFrom(secret));
    } catch {
      // Not here: it is in a folder above, or named.
    }
  }
  return seeds;
}
