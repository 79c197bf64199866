/** What the journal asks of a file system: a port, because a full disk is not to be had in every test. */
import { type FileHandle, open, rename, unlink, writeFile } from 'node:fs/promises';

export interface JournalFile {
  /** Writes everything at that place, or throws; part of it may then stand there. */
  write(data: Uint8Array, at: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** Comes back when the data would survive a power cut. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface JournalFiles {
  /** A new file that only its owner may read. Throws where there is one of that name. */
  create(path: string): Promise<JournalFile>;
  /** A small file as a whole, old or new, never a half. */
  put(path: string, data: Uint8Array): Promise<void>;
  remove(path: string): Promise<void>;
  /** Makes names that were created in a folder survive a power cut. */
  syncFolder(path: string): Promise<void>;
}

/** Only the owner may read what is recorded. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

class NodeFile implements JournalFile {
  private readonly handle: FileHandle;

  constructor(handle: FileHandle) {
    this.handle = handle;
  }

  async write(data: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await this.handle.write(data, done, data.length - done, at + done);
      done += bytesWritten;
    }
  }

  truncate(bytes: number): Promise<void> {
    return this.handle.truncate(bytes);
  }

  sync(): Promise<void> {
    return this.handle.datasync();
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

export const NODE_FILES: JournalFiles = {
  create: async (path) => new NodeFile(await open(path, 'wx', FILE_MODE)),
  put: async (path, data) => {
    await writeFile(`${path}.part`, data, { mode: FILE_MODE, flush: true });
    await rename(`${path}.part`, path);
  },
  remove: (path) => unlink(path),
  syncFolder: async (path) => {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};
