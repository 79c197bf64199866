/**
 * Following a file as it grows, by polling: watching for events misses network file systems and fires without need.
 * Rotation is noticed in both its forms. Renamed and created anew: the old file is read to its end first, and once more
 * a poll later, because a server goes on writing to it until it is told. Truncated in place: reading starts again at 0.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Chunk, LineChunker } from './chunker.ts';
import { unreadable } from './errors.ts';

/** Between two looks at a file that did not grow. */
export const POLL_MS = 500;
const READ_BYTES = 256 * 1024;
/** Bytes at a file's start by which one that was truncated and has grown past the old place is told. */
const HEAD_BYTES = 64;

export interface FollowOptions {
  /** Milliseconds between polls. */
  readonly pollMs?: number;
  /** Waits that long, or until `signal` aborts (it may then reject). Tests put their own in its place. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
}

const timerWait = async (ms: number, signal: AbortSignal | undefined): Promise<void> => {
  await delay(ms, undefined, { signal });
};

interface Followed {
  file: FileHandle;
  position: number;
  head: Uint8Array;
}

/**
 * Chunks of an uncompressed file until `signal` aborts, and an empty one for every poll that found nothing. Closes `file`
 * and those opened after it.
 */
export async function* followFile(
  path: string,
  file: FileHandle,
  options: FollowOptions,
  chunkBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  const chunker = new LineChunker(chunkBytes);
  const now: Followed = { file, position: 0, head: new Uint8Array(0) };
  const wait = options.wait ?? timerWait;
  const pollMs = options.pollMs ?? POLL_MS;
  let isRotated = false;
  let idleMs = 0;
  try {
    while (!signal?.aborted) {
      const before = chunker.bytesRead;
      yield* readOn(path, now, chunker, signal);
      if (chunker.bytesRead !== before) idleMs = 0;
      else if (idleMs > 0) yield { buffer: new Uint8Array(0), start: 0, end: 0, bytesRead: before, idleMs };
      if (isRotated) {
        yield* endOf(chunker);
        await switchTo(path, now);
        isRotated = false;
        continue;
      }
      try {
        await wait(pollMs, signal);
      } catch {
        return;
      }
      idleMs += pollMs;
      isRotated = await wasReplaced(path, now.file);
      if (!isRotated && (await wasTruncated(now))) {
        yield* endOf(chunker);
        now.position = 0;
        now.head = new Uint8Array(0);
      }
    }
  } finally {
    await now.file.close();
  }
}

/** Reads to the present end of the file and hands on every complete line. */
async function* readOn(
  path: string,
  now: Followed,
  chunker: LineChunker,
  signal: AbortSignal | undefined,
): AsyncGenerator<Chunk> {
  const buffer = new Uint8Array(READ_BYTES);
  while (!signal?.aborted) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await now.file.read(buffer, 0, READ_BYTES, now.position));
    } catch (error) {
      throw unreadable(path, error);
    }
    if (bytesRead === 0) break;
    if (now.position < HEAD_BYTES) await readHead(now);
    now.position += bytesRead;
    chunker.bytesRead += bytesRead;
    yield* chunker.push(buffer.subarray(0, bytesRead));
  }
  const waiting = chunker.flush();
  if (waiting !== null) yield waiting;
}

async function readHead(now: Followed): Promise<void> {
  const head = new Uint8Array(HEAD_BYTES);
  const { bytesRead } = await now.file.read(head, 0, HEAD_BYTES, 0);
  now.head = head.subarray(0, bytesRead);
}

/** A file that ends without an LF ended its line all the same. */
function* endOf(chunker: LineChunker): Generator<Chunk> {
  chunker.endLine();
  const last = chunker.flush();
  if (last !== null) yield last;
}

/** True where the path now names another file. Where it names none, a new one is still to come. */
async function wasReplaced(path: string, file: FileHandle): Promise<boolean> {
  try {
    const [there, here] = await Promise.all([stat(path), file.stat()]);
    return there.ino !== here.ino || there.dev !== here.dev;
  } catch {
    return false;
  }
}

async function wasTruncated(now: Followed): Promise<boolean> {
  const { size } = await now.file.stat();
  if (size < now.position) return true;
  if (size === now.position || now.head.length === 0) return false;
  const head = new Uint8Array(now.head.length);
  await now.file.read(head, 0, head.length, 0);
  return head.some((byte, i) => byte !== now.head[i]);
}

async function switchTo(path: string, now: Followed): Promise<void> {
  let next: FileHandle;
  try {
    next = await open(path, 'r');
  } catch {
    // Renamed again in between: the old file stays until there is a new one.
    return;
  }
  await now.file.close();
  now.file = next;
  now.position = 0;
  now.head = new Uint8Array(0);
}
