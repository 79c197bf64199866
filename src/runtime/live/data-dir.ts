/** What a running Sallyport keeps of its own on disk: secrets, learned model, journals of its runs. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LearnedModel, PRIOR_BASELINES } from '../../enrich/model.ts';
import { MAX_ROUTES } from '../../learn/evolve.ts';
import { SallyportError } from '../../lib/errors.ts';

const SECRET_BYTES = 32;
const OWNER_ONLY = 0o600;
/** Bytes of a key of a day, with the number of the day in front, and how long a day is. */
const DAILY_BYTES = 36;
const DAY_MS = 86_400_000;

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

/** A key that is kept nowhere and begins today: its number of the day, then random bytes. Whoever hashes with it goes on from there, day by day. */
export function keyOfDay(nowMs: number): Buffer {
  const key = randomBytes(DAILY_BYTES);
  key.writeUInt32LE(Math.floor(nowMs / DAY_MS), 0);
  return key;
}

/** The seed of this installation's hashes: that of the configuration, or one drawn on the first start. */
export function seedOf(dataDir: string, configured: number): number {
  if (configured !== 0) return configured;
  return secretOf(dataDir, 'seed').readUInt32LE(0) || 1;
}

const MODEL_FILE = 'model.json';
const HOURS_OF_WEEK = 168;

/** The model learned by an earlier run; null where there is none. SP5006 where it cannot be used. */
export function savedModel(dataDir: string): LearnedModel | null {
  const path = join(dataDir, MODEL_FILE);
  if (!existsSync(path)) return null;
  let model: unknown;
  try {
    model = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SallyportError('SP5006', `${path}: ${(error as Error).message}`);
  }
  if (isModel(model)) return model;
  throw new SallyportError('SP5006', `${path} holds no model`);
}

/** Keeps a model for the next start: the one before, or this one, never a half. */
export async function saveModel(dataDir: string, model: LearnedModel): Promise<void> {
  const path = join(dataDir, MODEL_FILE);
  await writeFile(`${path}.part`, JSON.stringify(model), { mode: OWNER_ONLY, flush: true });
  await rename(`${path}.part`, path);
}

/** What the rest of the program takes for granted about a model. */
function isModel(value: unknown): value is LearnedModel {
  const { version, routes, baselines } = (value ?? {}) as Partial<LearnedModel>;
  const isNumber = (n: unknown): boolean => typeof n === 'number' && Number.isFinite(n) && n > 0;
  return (
    typeof version === 'string' &&
    Array.isArray(routes) &&
    routes.length <= MAX_ROUTES &&
    routes.every((r) => typeof r?.template === 'string' && typeof r.origin === 'string') &&
    typeof baselines === 'object' &&
    baselines !== null &&
    Array.isArray(baselines.loginFailureByHourOfWeek) &&
    [0, HOURS_OF_WEEK].includes(baselines.loginFailureByHourOfWeek.length) &&
    baselines.loginFailureByHourOfWeek.every(isNumber) &&
    Object.keys(PRIOR_BASELINES).every((name) => name in baselines) &&
    [baselines.loginFailure, baselines.miss, baselines.denied].every((share) => isNumber(share) && share < 1) &&
    [baselines.requestsPerMinuteP999, baselines.objectsPerHourP999].every(isNumber)
  );
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
