/** Memory and disk for bodies that are held back, over all requests: both are bounded, whoever sends what. */
import { randomUUID } from 'node:crypto';
import { close, open, read, unlink, write } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes read from disk at a time. */
const READ_BYTES = 65_536;

/** The file of a body that is collected is for us alone. */
const MODE = 0o600;

export interface StoreOptions {
  /** Bytes in memory of all bodies together. */
  readonly memoryBytes: number;
  /** Bytes on disk of all bodies together. */
  readonly spoolTotalBytes: number;
  /** Folder for temporary files; that of the system where it is left out. */
  readonly spoolDir?: string;
}

/** Counts what is in use. */
export class BodyStore {
  readonly options: StoreOptions;
  memory = 0;
  disk = 0;

  constructor(options: StoreOptions) {
    this.options = options;
  }

  /** Takes memory; false where there is not so much. */
  takeMemory(bytes: number): boolean {
    if (this.memory + bytes > this.options.memoryBytes) return false;
    this.memory += bytes;
    return true;
  }

  takeDisk(bytes: number): boolean {
    if (this.disk + bytes > this.options.spoolTotalBytes) return false;
    this.disk += bytes;
    return true;
  }
}

type Done = (error: Error | null) => void;

/**
 * A file without a name: it is unlinked as soon as it is open, so that nothing of a body stays on disk whatever happens to
 * the process. One operation at a time.
 */
export class SpoolFile {
  private readonly store: BodyStore;
  private descriptor = -1;
  private busy = false;
  private closing = false;
  bytes = 0;

  constructor(store: BodyStore) {
    this.store = store;
  }

  open(done: Done): void {
    const path = join(this.store.options.spoolDir ?? tmpdir(), `sallyport-${randomUUID()}`);
    this.busy = true;
    open(path, 'wx+', MODE, (error, descriptor) => {
      if (error !== null) {
        this.free();
        done(error);
        return;
      }
      this.descriptor = descriptor;
      unlink(path, (failed) => {
        this.free();
        done(failed);
      });
    });
  }

  /** Adds a piece at the end. The store has counted it already. */
  append(piece: Buffer, done: Done): void {
    this.busy = true;
    const next = (at: number): void => {
      write(this.descriptor, piece, at, piece.length - at, this.bytes, (error, written) => {
        this.bytes += written ?? 0;
        if (error === null && at + written < piece.length) {
          next(at + written);
          return;
        }
        this.free();
        done(error);
      });
    };
    next(0);
  }

  read(position: number, done: (error: Error | null, piece: Buffer) => void): void {
    const piece = Buffer.allocUnsafe(Math.min(READ_BYTES, this.bytes - position));
    this.busy = true;
    read(this.descriptor, piece, 0, piece.length, position, (error, count) => {
      this.free();
      done(error ?? (count === 0 ? new Error('the file has become shorter') : null), piece.subarray(0, count ?? 0));
    });
  }

  close(): void {
    this.closing = true;
    if (!this.busy) this.shut();
  }

  private free(): void {
    this.busy = false;
    if (this.closing) this.shut();
  }

  private shut(): void {
    const { descriptor } = this;
    this.descriptor = -1;
    if (descriptor >= 0) close(descriptor, () => {});
  }
}
