/**
 * A look at the file before LMDB maps it. What is no database, or is shorter than it says (a copy that was cut off), would
 * end the process with a signal, not with an error.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Where the meta data begins on a meta page, and where its fields lie in it (MDB_meta of mdb.c, 64-bit). */
const META_AT = 24;
const FIELD = { magic: 0, pageSize: 24, lastPage: 120, transaction: 128 } as const;
const MAGIC = 0xbeefc0de;
const META_BYTES = META_AT + 136;
const MAX_PAGE_BYTES = 65_536;

/** Throws an Error that says what is wrong. A file that is empty or not there is sound: it will be made. */
export function checkDatabase(path: string): void {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    if (size > 0) checkSize(file, size);
  } finally {
    closeSync(file);
  }
}

function checkSize(file: number, size: number): void {
  const first = metaAt(file, 0);
  const pageSize = first?.readUInt32LE(FIELD.pageSize) ?? 0;
  const valid = pageSize >= 256 && pageSize <= MAX_PAGE_BYTES && (pageSize & (pageSize - 1)) === 0;
  const second = valid ? metaAt(file, pageSize) : null;
  if (first === null || second === null) throw new Error('it is no database of LMDB');
  // The page with the later transaction counts.
  const newer = transactionOf(first) > transactionOf(second) ? first : second;
  const needed = (newer.readBigUInt64LE(FIELD.lastPage) + 1n) * BigInt(pageSize);
  if (BigInt(size) < needed) throw new Error(`it is cut short: ${size} bytes of at least ${needed}`);
}

const transactionOf = (meta: Buffer): bigint => meta.readBigUInt64LE(FIELD.transaction);

function metaAt(file: number, position: number): Buffer | null {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(file, page, 0, META_BYTES, position) < META_BYTES) return null;
  const meta = page.subarray(META_AT);
  return meta.readUInt32LE(FIELD.magic) === MAGIC ? meta : null;
}
