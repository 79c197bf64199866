/** Lines at the end of a file. After it was moved away a new one is begun, with or without SIGHUP. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Item } from '../queue.ts';
import { DeliveryError, type Transport } from './contract.ts';

/** Events name addresses and users: the group may read them, everybody may not. */
const FILE_MODE = 0o640;

export class FileTransport implements Transport {
  readonly #path: string;
  readonly #name: string;
  #handle: FileHandle | null = null;
  #inode = 0n;
  #reopen = false;
  /** A line was left half written: the next one must not be glued to it. */
  #torn = false;

  constructor(folder: string, name: string) {
    this.#name = name;
    this.#path = resolve(folder, name);
  }

  async send(batch: readonly Item[]): Promise<void> {
    try {
      const handle = await this.#ready();
      const lines = batch.map(({ text }) => `${text}\n`).join('');
      await this.#put(handle, Buffer.from(this.#torn ? `\n${lines}` : lines));
    } catch (error) {
      this.#reopen = true;
      const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
      throw new DeliveryError('SP8301', `"${this.#name}": ${reason}`, { cause: error });
    }
  }

  reopen(): void {
    this.#reopen = true;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    // Closing fails where writing has failed before, and that was said.
    await handle?.close().catch(() => {});
  }

  async #ready(): Promise<FileHandle> {
    if (this.#handle !== null && (this.#reopen || (await this.#isMoved()))) await this.close();
    this.#reopen = false;
    if (this.#handle === null) {
      this.#handle = await open(this.#path, 'a', FILE_MODE);
      this.#inode = (await this.#handle.stat({ bigint: true })).ino;
    }
    return this.#handle;
  }

  /** Another file stands at the path by now, or none. */
  async #isMoved(): Promise<boolean> {
    try {
      return (await stat(this.#path, { bigint: true })).ino !== this.#inode;
    } catch {
      return true;
    }
  }

  async #put(handle: FileHandle, bytes: Buffer): Promise<void> {
    let at = 0;
    while (at < bytes.length) {
      try {
        at += (await handle.write(bytes, at)).bytesWritten;
      } catch (error) {
        this.#torn = at > 0 ? bytes[at - 1] !== 0x0a : this.#torn;
        throw error;
      }
    }
    this.#torn = false;
  }
}
