/** An input as chunks of whole lines: a file, standard input, compressed or not, followed or not. */
import { type FileHandle, open } from 'node:fs/promises';
import { CHUNK_BYTES, type Chunk, LineChunker } from './chunker.ts';
import {
  type Compression,
  compressionOf,
  type Decompressor,
  Gunzip,
  GZIP_STEP_BYTES,
  MAGIC_BYTES,
  Unzstd,
  ZSTD_STEP_BYTES,
} from './decompress.ts';
import { InputError, unreadable } from './errors.ts';
import { type FollowOptions, followFile } from './follow.ts';
import type { SpareBuffers } from './spare.ts';

/** Read from a file at once. */
const READ_BYTES = 256 * 1024;

/** Chunks of a pipe are handed on as they come, and pipes give 64 KiB at once. */
const PIPE_CHUNK_BYTES = 128 * 1024;

export interface SourceOptions {
  /** Text in a chunk. */
  readonly chunkBytes?: number;
  /** Waits for more at the end of the file and goes on through rotation. */
  readonly follow?: FollowOptions;
  /** Ends reading early. */
  readonly signal?: AbortSignal;
  /** Where the buffers of chunks that are done with come back from. */
  readonly spare?: SpareBuffers;
  /** What "-" reads; `process.stdin` where it is left out. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

export interface Source extends AsyncIterable<Chunk> {
  readonly path: string;
  /** Known once the first chunk was read. */
  readonly compression: Compression;
  /** True when compressed input ended early or was damaged: what could be read was delivered. */
  readonly truncated: boolean;
}

class FileSource implements Source {
  readonly path: string;
  compression: Compression = 'none';
  truncated = false;
  private readonly options: SourceOptions;

  constructor(path: string, options: SourceOptions) {
    this.path = path;
    this.options = options;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Chunk> {
    const { path, options } = this;
    if (path === '-') {
      // A pipe hands on what it has: whoever follows a log through one waits for it.
      yield* this.read(options.stdin ?? process.stdin, true);
      return;
    }
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (error) {
      throw unreadable(path, error);
    }
    let isOwn = true;
    try {
      if (options.follow !== undefined && (await this.sniff(file)) === 'none') {
        // From here on the follower opens and closes what it reads.
        isOwn = false;
        yield* followFile(path, file, options.follow, options.chunkBytes ?? CHUNK_BYTES, options.signal);
      } else {
        yield* this.read(readAll(path, file), false);
      }
    } finally {
      if (isOwn) await file.close();
    }
  }

  private async sniff(file: FileHandle): Promise<Compression> {
    const head = new Uint8Array(MAGIC_BYTES);
    try {
      const { bytesRead } = await file.read(head, 0, MAGIC_BYTES, 0);
      return compressionOf(head.subarray(0, bytesRead), this.path);
    } catch (error) {
      throw error instanceof InputError ? error : unreadable(this.path, error);
    }
  }

  private async *read(input: AsyncIterable<Uint8Array>, eager: boolean): AsyncGenerator<Chunk> {
    const { chunkBytes, spare } = this.options;
    const chunker = new LineChunker(chunkBytes ?? (eager ? PIPE_CHUNK_BYTES : CHUNK_BYTES), spare);
    let head: Uint8Array = new Uint8Array(0);
    let isKnown = false;
    let decompressor: Decompressor | null = null;
    try {
      for await (const piece of input) {
        if (this.options.signal?.aborted) return;
        chunker.bytesRead += piece.length;
        let bytes: Uint8Array = piece;
        if (!isKnown) {
          bytes = head.length > 0 ? Buffer.concat([head, piece]) : piece;
          if (bytes.length < MAGIC_BYTES) {
            head = bytes.slice();
            continue;
          }
          isKnown = true;
          decompressor = this.decide(bytes);
        }
        yield* this.take(chunker, decompressor, bytes);
        const waiting = eager ? chunker.flush() : null;
        if (waiting !== null) yield waiting;
      }
      if (!isKnown) decompressor = this.decide(head);
      if (!isKnown) yield* this.take(chunker, decompressor, head);
      if (decompressor !== null) {
        for (const text of await decompressor.finish()) yield* chunker.push(text);
        this.truncated = decompressor.truncated;
      }
      const last = chunker.finish();
      if (last !== null) yield last;
    } finally {
      decompressor?.close();
    }
  }

  private decide(head: Uint8Array): Decompressor | null {
    this.compression = compressionOf(head, this.path);
    if (this.compression === 'none') return null;
    return this.compression === 'gzip' ? new Gunzip() : new Unzstd();
  }

  private async *take(chunker: LineChunker, via: Decompressor | null, bytes: Uint8Array): AsyncGenerator<Chunk> {
    if (via === null) {
      yield* chunker.push(bytes);
      return;
    }
    const step = this.compression === 'gzip' ? GZIP_STEP_BYTES : ZSTD_STEP_BYTES;
    for (let at = 0; at < bytes.length && !via.truncated; at += step) {
      for (const text of await via.push(bytes.subarray(at, at + step))) yield* chunker.push(text);
    }
    this.truncated = via.truncated;
  }
}

/** The bytes of an open file in pieces; each piece is valid until the next is asked for. */
async function* readAll(path: string, file: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    let bytesRead: number;
    try {
      ({ bytesRead } = await file.read(buffer, 0, READ_BYTES, null));
    } catch (error) {
      throw unreadable(path, error);
    }
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/**
 * Opens an input for reading; nothing is read before the first chunk is asked for. Iterating throws InputError: SP2001
 * where the file cannot be read, SP2004 for a compression that is not supported.
 */
export function openSource(path: string, options: SourceOptions = {}): Source {
  return new FileSource(path, options);
}
