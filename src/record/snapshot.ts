/**
 * Snapshots: the whole state of a run at one sequence number. A run that goes on from one decides exactly as if it had
 * never stopped; it must be the same code, tables, model and seed, which the manifest tells.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import type { LearnedModel } from '../enrich/model.ts';
import { SallyportError } from '../lib/errors.ts';

const MAGIC = 'SPS1';

export interface Snapshot {
  readonly manifest: Readonly<Record<string, string>>;
  readonly model: LearnedModel;
  readonly sequence: number;
  readonly hashHi: number;
  readonly hashLo: number;
  readonly state: Record<string, unknown>;
  readonly recorder: Record<string, unknown>;
}

/** Writes a snapshot so that a reader sees the old one or the new one, never a half. */
export function writeSnapshot(path: string, snapshot: Snapshot): void {
  const body = deflateSync(serialize(snapshot), { level: 1 });
  const head = Buffer.alloc(8);
  head.write(MAGIC, 0, 'latin1');
  head.writeUInt32LE(crc32(body), 4);
  try {
    writeFileSync(`${path}.part`, Buffer.concat([head, body]));
    renameSync(`${path}.part`, path);
  } catch (error) {
    throw new SallyportError('SP5001', `cannot write ${path}: ${(error as Error).message}`);
  }
}

/** Reads a snapshot. SP5001 where it is missing or damaged. */
export function readSnapshot(path: string): Snapshot {
  let data: Buffer;
  try {
    data = readFileSync(path);
  } catch (error) {
    throw new SallyportError('SP5001', `cannot read ${path}: ${(error as Error).message}`);
  }
  const body = data.subarray(8);
  if (data.length < 8 || data.toString('latin1', 0, 4) !== MAGIC || data.readUInt32LE(4) !== crc32(body))
    throw new SallyportError('SP5001', `${path} is damaged`);
  return deserialize(inflateSync(body)) as Snapshot;
}

/** SP5002 where a snapshot was written under another manifest; says which parts differ. */
export function assertFits(snapshot: Snapshot, manifest: Readonly<Record<string, string>>): void {
  const names = new Set([...Object.keys(snapshot.manifest), ...Object.keys(manifest)]);
  const different = [...names].filter((name) => snapshot.manifest[name] !== manifest[name]);
  if (different.length > 0) throw new SallyportError('SP5002', `the snapshot differs in ${different.join(', ')}`);
}
