/** Decompression by what the bytes say, never by the file's name. What can be read of a damaged file is delivered. */
import { createGunzip } from 'node:zlib';
import { Decompress } from 'fzstd';
import { InputError } from './errors.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Bytes needed to tell the compression. */
export const MAGIC_BYTES = 6;

const NOT_READ: readonly (readonly [name: string, magic: readonly number[], pipe: string])[] = [
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz -dc'],
  ['bzip2', [0x42, 0x5a, 0x68], 'bzip2 -dc'],
  ['lz4', [0x04, 0x22, 0x4d, 0x18], 'lz4 -dc'],
  ['zip', [0x50, 0x4b, 0x03, 0x04], 'unzip -p'],
];

/** The compression of an input that starts with `head`. InputError SP2004 for one that is known but not read. */
export function compressionOf(head: Uint8Array, path: string): Compression {
  const startsWith = (magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);
  if (startsWith([0x1f, 0x8b])) return 'gzip';
  const isSkippableFrame =
    head[0] >= 0x50 && head[0] <= 0x5f && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
  if (startsWith([0x28, 0xb5, 0x2f, 0xfd]) || isSkippableFrame) return 'zstd';
  for (const [name, magic, pipe] of NOT_READ) {
    if (startsWith(magic)) {
      const advice = `Pipe it: ${pipe} ${path === '-' ? 'FILE' : path} | sallyport try -`;
      throw new InputError('SP2004', path, `${path} is compressed with ${name}, which is not read.`, { advice });
    }
  }
  return 'none';
}

export interface Decompressor {
  /** Takes in compressed bytes and resolves with the text they gave. They must not change until then. */
  push(bytes: Uint8Array): Promise<Uint8Array[]>;
  /** The end of the input. */
  finish(): Promise<Uint8Array[]>;
  /** True once the input turned out to end early or to be damaged; later input gives nothing. */
  readonly truncated: boolean;
  close(): void;
}

/** Compressed bytes handed over at once: bounds the text that one step can expand to (gzip at most 1,032 : 1). */
export const GZIP_STEP_BYTES = 32 * 1024;
/** The same for zstd, where four bytes can stand for 128 KiB. */
export const ZSTD_STEP_BYTES = 2 * 1024;

/** gzip, any number of members. */
export class Gunzip implements Decompressor {
  truncated = false;
  private readonly stream = createGunzip();
  private out: Uint8Array[] = [];
  private settle: (() => void) | null = null;

  constructor() {
    this.stream.on('data', (data: Uint8Array) => this.out.push(data));
    this.stream.on('error', () => {
      this.truncated = true;
      this.wake();
    });
    this.stream.on('end', () => this.wake());
  }

  push(bytes: Uint8Array): Promise<Uint8Array[]> {
    if (this.truncated) return Promise.resolve([]);
    return new Promise((resolve) => {
      this.settle = () => resolve(this.take());
      this.stream.write(bytes, () => this.wake());
    });
  }

  finish(): Promise<Uint8Array[]> {
    if (this.truncated) return Promise.resolve(this.take());
    return new Promise((resolve) => {
      this.settle = () => resolve(this.take());
      this.stream.end();
    });
  }

  close(): void {
    this.stream.destroy();
  }

  private wake(): void {
    const settle = this.settle;
    this.settle = null;
    settle?.();
  }

  private take(): Uint8Array[] {
    // What was decompressed but not yet emitted when an error came.
    for (let rest = this.stream.read(); rest !== null; rest = this.stream.read()) this.out.push(rest);
    const out = this.out;
    this.out = [];
    return out;
  }
}

/** zstd, any number of frames, skippable ones passed over. */
export class Unzstd implements Decompressor {
  truncated = false;
  private out: Uint8Array[] = [];
  private readonly decoder = new Decompress((data) => {
    // The decoder uses its window again: the text must be copied out.
    if (data.length > 0) this.out.push(data.slice());
  });

  push(bytes: Uint8Array): Promise<Uint8Array[]> {
    return Promise.resolve(this.step(bytes, false));
  }

  finish(): Promise<Uint8Array[]> {
    return Promise.resolve(this.step(new Uint8Array(0), true));
  }

  close(): void {
    this.out = [];
  }

  private step(bytes: Uint8Array, final: boolean): Uint8Array[] {
    if (this.truncated) return [];
    try {
      // The decoder keeps what it could not use yet; the caller's buffer does not stay.
      this.decoder.push(bytes.slice(), final);
    } catch {
      this.truncated = true;
    }
    const out = this.out;
    this.out = [];
    return out;
  }
}
