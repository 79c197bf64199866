/** What a running Sallyport keeps of its own on disk: secrets, learned model, journals of its runs. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';

const SECRET_BYTES = 32;
const OWNER_ONLY = 0o600;

/** Makes the directory, for its owner alone. SP7006 where that cannot be. */
export function openDataDir(path: string): string {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  } catch (error) {
    throw new SallyportError('SP7006', `the data directory ${path} cannot be made: ${(error as Error).message}`);
  }
}

/** A secret of this installation, drawn on the first start: challenges, pseudonyms. */
export function secretOf(dataDir: string, name: string): Buffer {
  const path = join(dataDir, `${name}.secret`);
  if (existsSync(path)) {
    const secret = readFileSync(path);
    if (secret.length === SECRET_BYTES) return secret;
    throw new SallyportError('SP7006', `${path} holds ${secret.length} bytes instead of ${SECRET_BYTES}: remove it`);
  }
  const secret = randomBytes(SECRET_BYTES);
  writeFileSync(path, secret, { mode: OWNER_ONLY, flag: 'wx' });
  return secret;
}

/** The seed of this installation's hashes: that of the configuration, or one drawn on the first start. */
export function seedOf(dataDir: string, configured: number): number {
  if (configured !== 0) return configured;
  return secretOf(dataDir, 'seed').readUInt32LE(0) || 1;
}

const MODEL_FILE = 'model.json';

/** The model learned by an earlier run; null where there is none that can be read. */
export function savedModel(dataDir: string): LearnedModel | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, MODEL_FILE), 'utf8')) as LearnedModel;
  } catch {
    return null;
  }
}

/**
 * A fresh folder for the journal of this run: a sequence begins with the process. Older runs go, oldest first, until
 * they take no more than `maxBytes`.
 */
export function journalFolder(dataDir: string, nowMs: number, maxBytes: number): string {
  const root = join(dataDir, 'journal');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const runs = readdirSync(root)
    .filter((name) => name.startsWith('run-'))
    .sort();
  let total = 0;
  for (const run of runs.reverse()) {
    total += sizeOf(join(root, run));
    if (total > maxBytes) rmSync(join(root, run), { recursive: true, force: true });
  }
  for (let n = 0; ; n++) {
    const stamp = new Date(nowMs).toISOString().replace(/[-:]/g, '').slice(0, 15);
    const path = join(root, `run-${stamp}${n === 0 ? '' : `-${n}`}`);
    if (existsSync(path)) continue;
    mkdirSync(path, { mode: 0o700 });
    return path;
  }
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder)) bytes += statSync(join(folder, name)).size;
  return bytes;
}
