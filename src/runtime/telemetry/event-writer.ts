/**
 * Lines into a file or to standard output, without making a request wait: they are gathered, written by the system in the
 * background, and dropped (and counted) where the disk does not keep up. Log rotation is `mv` and SIGHUP, as everywhere.
 */
import { close, open, write } from 'node:fs';

/** UTF-16 code units that wait at most, those being written included; further lines are dropped. */
const MAX_WAITING = 4 * 1024 * 1024;
/** From so many on they are written at once. */
const FLUSH_AT = 64 * 1024;
/** Longest wait of a line, in ms. */
const FLUSH_MS = 200;
const STDOUT = 1;
/** Events name routes and pseudonyms: the group may read them, everybody may not. */
const FILE_MODE = 0o640;

export interface EventWriterOptions {
  /** Path of the file, `-` for standard output. It is appended to, so several processes can share it. */
  readonly path: string;
  readonly maxWaiting?: number;
  readonly flushMs?: number;
}

export class EventWriter {
  readonly #path: string;
  readonly #maxWaiting: number;
  readonly #flushMs: number;
  #lines: string[] = [];
  #waiting = 0;
  #writing = 0;
  #timer: NodeJS.Timeout | null = null;
  #fd = -1;
  #busy: Promise<void> | null = null;
  #reopen = false;
  /** Something was left half written: the next line must not be glued to it. */
  #torn = false;
  #closed = false;
  written = 0;
  dropped = 0;
  /** Code of the last error of the system (`ENOSPC`), '' while it goes well. */
  problem = '';

  constructor({ path, maxWaiting, flushMs }: EventWriterOptions) {
    this.#path = path;
    this.#maxWaiting = maxWaiting ?? MAX_WAITING;
    this.#flushMs = flushMs ?? FLUSH_MS;
  }

  /** Adds a line, which ends in a line break. */
  add(line: string): void {
    if (this.#closed || this.#waiting + this.#writing + line.length > this.#maxWaiting) {
      this.dropped++;
      return;
    }
    this.#lines.push(line);
    this.#waiting += line.length;
    if (this.#waiting >= FLUSH_AT) void this.flush();
    else if (this.#timer === null) {
      this.#timer = setTimeout(() => void this.flush(), this.#flushMs);
      this.#timer.unref();
    }
  }

  /** Opens the path anew before the next write: for SIGHUP after the file was moved away. */
  reopen(): void {
    this.#reopen = true;
    void this.flush();
  }

  /** Writes what waits; resolves when it is written or dropped. Never rejects. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#lines.length === 0 && !this.#reopen) return this.#busy ?? Promise.resolve();
    this.#busy ??= this.#drain();
    return this.#busy;
  }

  /** Writes what waits and closes the file. Lines that come later are dropped. */
  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    await this.flush();
    await this.#shut();
  }

  async #drain(): Promise<void> {
    while (this.#lines.length > 0 || this.#reopen) {
      const lines = this.#lines;
      this.#writing = this.#waiting;
      this.#lines = [];
      this.#waiting = 0;
      try {
        await this.#ready();
        if (lines.length > 0) await this.#put(Buffer.from((this.#torn ? '\n' : '') + lines.join('')));
        this.written += lines.length;
        this.problem = '';
      } catch (error) {
        this.dropped += lines.length;
        this.problem = (error as NodeJS.ErrnoException).code ?? 'unknown';
      }
      this.#writing = 0;
    }
    // Here and not in a later turn, in which a line could be added and nobody would write it.
    this.#busy = null;
  }

  async #ready(): Promise<void> {
    if (this.#path === '-') {
      this.#reopen = false;
      this.#fd = STDOUT;
      return;
    }
    if (this.#reopen) {
      this.#reopen = false;
      await this.#shut();
    }
    if (this.#fd >= 0) return;
    this.#fd = await new Promise<number>((resolve, reject) => {
      open(this.#path, 'a', FILE_MODE, (error, fd) => (error ? reject(error) : resolve(fd)));
    });
  }

  async #put(bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      try {
        at += await this.#write(bytes, at);
      } catch (error) {
        this.#torn = at > 0 ? bytes[at - 1] !== 0x0a : this.#torn;
        throw error;
      }
    }
    this.#torn = false;
  }

  #write(bytes: Buffer, at: number): Promise<number> {
    return new Promise((resolve, reject) => {
      write(this.#fd, bytes, at, bytes.length - at, null, (error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  async #shut(): Promise<void> {
    const fd = this.#fd;
    this.#fd = -1;
    if (fd < 0 || fd === STDOUT) return;
    await new Promise<void>((resolve) => {
      close(fd, () => resolve());
    });
  }
}
