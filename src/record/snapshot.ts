/**
 * Snapshots: the whole state of a run at one sequence number. A run that goes on from one decides exactly as if it had
 * never stopped; it must be the same code, tables, model and seed, which the manifest tells.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { crc32, deflate, deflateSync, inflateSync } from 'node:zlib';
import type { LearnedModel } from '../enrich/model.ts';
import { SallyportError } from '../lib/errors.ts';

/** First bytes of a file: of a run over logs, and of a running gateway. Then a checksum. */
const RUN = 'SPS1';
const LIVE = 'SPL1';
const HEAD_BYTES = 8;
const CHUNK_BYTES = 1024 * 1024;
const OWNER_ONLY = 0o600;
const compress = promisify(deflate);

export interface Snapshot {
  readonly manifest: Readonly<Record<string, string>>;
  readonly model: LearnedModel;
  readonly sequence: number;
  readonly hashHi: number;
  readonly hashLo: number;
  readonly state: Record<string, unknown>;
  readonly recorder: Record<string, unknown>;
}

/** Name of a state in a data directory; and in the folder of a journal, whose run began with it. */
export const STATE_FILE = 'state.bin';

/** The state of a running gateway, for its next start. */
export interface KeptState {
  /** What must be the same for the state to be read: {@link assertFits}. */
  readonly manifest: Readonly<Record<string, string>>;
  /** Unix ms: when it was kept, and of the last event in it. */
  readonly savedMs: number;
  readonly lastMs: number;
  readonly state: Record<string, unknown>;
}

/** Writes a snapshot so that a reader sees the old one or the new one, never a half. */
export function writeSnapshot(path: string, snapshot: Snapshot): void {
  const body = deflateSync(serialize(snapshot), { level: 1 });
  try {
    writeFileSync(`${path}.part`, framed(RUN, body));
    renameSync(`${path}.part`, path);
  } catch (error) {
    // A half file on a full disk would keep it full.
    rmSync(`${path}.part`, { force: true });
    throw cannotWrite(path, error);
  }
}

/** Reads a snapshot. SP5001 where it is missing or damaged. */
export function readSnapshot(path: string): Snapshot {
  return deserialize(inflateSync(bodyOf(path, RUN))) as Snapshot;
}

/**
 * Writes the state of a running gateway, for its owner alone. It is copied before this function comes back; compression and
 * disk are waited for by the promise. SP5001 where the disk does not take it: the one before is still there.
 */
export async function writeKeptState(path: string, kept: KeptState): Promise<void> {
  const copy = serialize(kept);
  try {
    const body = await compress(copy, { level: 1, chunkSize: CHUNK_BYTES });
    await writeFile(`${path}.part`, framed(LIVE, body), { mode: OWNER_ONLY, flush: true });
    await rename(`${path}.part`, path);
  } catch (error) {
    await rm(`${path}.part`, { force: true }).catch(() => undefined);
    throw cannotWrite(path, error);
  }
}

/** Reads what {@link writeKeptState} wrote, with an id that tells it from others. SP5001 where it is missing or damaged. */
export function readKeptState(path: string): KeptState & { readonly id: string } {
  const body = bodyOf(path, LIVE);
  const kept = deserialize(inflateSync(body)) as KeptState;
  return { ...kept, id: createHash('sha256').update(body).digest('hex').slice(0, 16) };
}

function framed(magic: string, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write(magic, 0, 'latin1');
  head.writeUInt32LE(crc32(body), 4);
  return Buffer.concat([head, body]);
}

function bodyOf(path: string, magic: string): Buffer {
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch (error) {
    throw new SallyportError('SP5001', `cannot read ${path}: ${(error as Error).message}`);
  }
  const body = data.subarray(HEAD_BYTES);
  if (data.length < HEAD_BYTES || data.toString('latin1', 0, 4) !== magic || data.readUInt32LE(4) !== crc32(body))
    throw new SallyportError('SP5001', `${path} is damaged`);
  return body;
}

const cannotWrite = (path: string, error: unknown): SallyportError =>
  new SallyportError('SP5001', `cannot write ${path}: ${(error as Error).message}`);

/** SP5002 where a snapshot was written under another manifest; says which parts differ. */
export function assertFits(snapshot: Pick<Snapshot, 'manifest'>, manifest: Readonly<Record<string, string>>): void {
  const names = new Set([...Object.keys(snapshot.manifest), ...Object.keys(manifest)]);
  const different = [...names].filter((name) => snapshot.manifest[name] !== manifest[name]);
  if (different.length > 0) throw new SallyportError('SP5002', `the snapshot differs in ${different.join(', ')}`);
}
