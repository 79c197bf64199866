/**
 * Room on the disk, made before LMDB needs it. Where LMDB itself meets a full disk, lmdb 3.5 writes its message into a
 * buffer that is too short for it (mdb.c, "Attempting to write page": 100 bytes), which can end the whole process. So the
 * file is always longer than what LMDB will write next: it writes over space that is ours already, and a full disk is met
 * here, where it is an error like any other.
 */
import { type FileHandle, open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The file grows by so much at a time. */
const STEP_BYTES = 4 * 1024 * 1024;
/** What a transaction may need beside what it puts: pages of trees and of the list of free pages. */
const BASE_BYTES = 1024 * 1024;
/** One put rewrites a page of its table, and now and then splits it. */
const BYTES_A_PUT = 6 * 1024;
/** Zeros written at once. */
const CHUNK_BYTES = 1024 * 1024;
/**
 * Less than this is full. File systems that copy on write (btrfs, ZFS) need new space even to write over old, so that a
 * file that is long enough does not help there.
 */
export const MIN_FREE_BYTES = 4 * 1024 * 1024;
/** The file system is asked at most so often. */
const ASK_EVERY_MS = 1000;

const zeros = Buffer.alloc(CHUNK_BYTES);

/** Rejects where the file system has hardly anything left. */
export async function requireFree(dir: string): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  // Some file systems, such as those of containers, do not say.
  if (bavail * bsize >= MIN_FREE_BYTES || bsize === 0) return;
  throw new Error(`less than ${MIN_FREE_BYTES / 1024 / 1024} MiB are left on the disk`);
}

export class Room {
  private readonly path: string;
  private askedAt = Number.NEGATIVE_INFINITY;
  /** Bytes of the file as far as known. */
  private size = 0;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Sees to it that a transaction finds room. `used` is where LMDB's last page ends. Only while no transaction is under
   * way: what is written lies beyond that page. Rejects with what the file system says.
   */
  async make(used: number, puts: number, bytes: number): Promise<void> {
    if (performance.now() - this.askedAt > ASK_EVERY_MS) {
      await requireFree(dirname(this.path));
      this.askedAt = performance.now();
    }
    const needed = used + BASE_BYTES + puts * BYTES_A_PUT + 2 * bytes;
    if (needed <= this.size) return;
    this.size = (await stat(this.path)).size;
    if (needed <= this.size) return;
    const file = await open(this.path, 'r+');
    try {
      await this.extend(file, Math.ceil(needed / STEP_BYTES) * STEP_BYTES);
    } finally {
      await file.close();
    }
  }

  private async extend(file: FileHandle, to: number): Promise<void> {
    for (let at = this.size; at < to; ) {
      const { bytesWritten } = await file.write(zeros, 0, Math.min(CHUNK_BYTES, to - at), at);
      at += bytesWritten;
    }
    // Some file systems say only now that there was no room.
    await file.datasync();
    this.size = to;
  }
}
