/**
 * Raw capture: whole requests of a route, for a limited time, where somebody has switched it on and said why. Each lies
 * in a file of its own, encrypted with a key of the data directory, is read only by who says who they are and why, and
 * is deleted when it expires.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { decrypt, encrypt, KEY_BYTES } from './crypt.ts';
import { FILE_MODE, FOLDER_MODE } from './files.ts';

/** Captures at once, their bytes together, and the largest one. Beyond it nothing more is captured until some expire. */
export const MAX_CAPTURES = 10_000;
export const MAX_CAPTURE_BYTES = 256 * 1024 * 1024;
export const MAX_ONE_BYTES = 256 * 1024;
/** Captures that wait to be written. */
export const MAX_WAITING = 64;
/** Longest time that one is kept, in ms, whatever is asked for: 31 days. */
export const MAX_KEPT_MS = 31 * 86_400_000;

const KEY_FILE = 'capture.key';
const FOLDER = 'captures';
/** Id, expiry in Unix seconds. */
const NAME = /^(C-[0-9a-f]{20})\.(\d{1,12})\.spc$/;

export interface Capture {
  readonly route: string;
  /** Why the route is captured, as the configuration says. */
  readonly reason: string;
  readonly timeMs: number;
  /** Place of its request in the journal's sequence. */
  readonly sequence: number;
  readonly method: string;
  readonly target: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Beginning of the body, in base64. */
  readonly body: string;
}

/** One reading of a capture, for the ledger. */
export interface CaptureRead {
  readonly capture: string;
  readonly by: string;
  readonly reason: string;
  readonly atMs: number;
}

interface Kept {
  readonly expiresSec: number;
  readonly bytes: number;
}

export class CaptureStore {
  /** Captures left out because there was no room, or because they could not be written. */
  dropped = 0;
  private readonly folder: string;
  private readonly key: Buffer;
  private readonly clock: () => number;
  private readonly kept = new Map<string, Kept>();
  private readonly writing = new Set<Promise<void>>();
  private bytes = 0;

  /** Opens the captures of a data directory; the key is made where there is none. SP4008 where it cannot be used. */
  constructor(dataDir: string, clock: () => number = Date.now) {
    this.clock = clock;
    this.folder = join(dataDir, FOLDER);
    try {
      mkdirSync(this.folder, { recursive: true, mode: FOLDER_MODE });
      this.key = loadKey(join(dataDir, KEY_FILE));
      for (const name of readdirSync(this.folder)) this.find(name);
    } catch (error) {
      if (error instanceof SallyportError) throw error;
      throw new SallyportError('SP4008', `cannot use ${this.folder}: ${(error as Error).message}`);
    }
    this.expire();
  }

  /**
   * Keeps one request until a time; gives its id, or null where it is not kept: expired, too large, or no room. Never
   * throws and never waits; {@link settled} tells when it is on the disk.
   */
  write(capture: Capture, untilMs: number): string | null {
    const now = this.clock();
    const expiresSec = Math.ceil(Math.min(untilMs, now + MAX_KEPT_MS) / 1000);
    if (!(untilMs > now)) return null;
    const data = Buffer.from(JSON.stringify(capture));
    const roomy = this.kept.size < MAX_CAPTURES && this.bytes + data.length <= MAX_CAPTURE_BYTES;
    if (!roomy || data.length > MAX_ONE_BYTES || this.writing.size >= MAX_WAITING) {
      this.dropped++;
      return null;
    }
    const id = `C-${randomBytes(10).toString('hex')}`;
    const sealed = encrypt(this.key, data, about(id, expiresSec));
    this.add(id, { expiresSec, bytes: sealed.length });
    const done = this.store(id, expiresSec, sealed).finally(() => this.writing.delete(done));
    this.writing.add(done);
    return id;
  }

  /** Everything that was written so far is on the disk, or counted as dropped. */
  async settled(): Promise<void> {
    await Promise.all(this.writing);
  }

  /** Ids of what can be read, with expiry in Unix ms; what is in them is not looked at. */
  list(): { readonly id: string; readonly expiresMs: number; readonly bytes: number }[] {
    const now = this.clock();
    return [...this.kept]
      .map(([id, { expiresSec, bytes }]) => ({ id, expiresMs: expiresSec * 1000, bytes }))
      .filter(({ expiresMs }) => expiresMs > now);
  }

  /**
   * Opens a capture. `audit` is called first and has to have kept the record durably when it comes back: without that
   * nothing is shown. SP4007 where there is none, SP4008 where it cannot be decrypted, SP4009 without a name or reason.
   */
  async read(
    id: string,
    by: string,
    reason: string,
    audit: (record: CaptureRead) => void | Promise<void>,
  ): Promise<Capture> {
    if (by.trim() === '' || reason.trim() === '') throw new SallyportError('SP4009', 'who reads it, and why?');
    const now = this.clock();
    const known = this.kept.get(id);
    if (known === undefined || known.expiresSec * 1000 <= now)
      throw new SallyportError('SP4007', `there is no capture ${id.slice(0, 40)}`);
    // Before the file is opened: an attempt that fails is to be seen, too.
    await audit({ capture: id, by, reason, atMs: now });
    await this.settled();
    let sealed: Buffer;
    try {
      sealed = readFileSync(this.path(id, known.expiresSec));
    } catch (error) {
      throw new SallyportError('SP4007', `${id} is gone: ${(error as Error).message}`);
    }
    const data = decrypt(this.key, sealed, about(id, known.expiresSec));
    if (data === undefined) throw new SallyportError('SP4008', `${id} is not as it was written, or under another key`);
    return JSON.parse(data.toString('utf8')) as Capture;
  }

  /** Deletes what has expired. To be called now and then; returns how many went. */
  expire(): number {
    const now = this.clock();
    let gone = 0;
    for (const [id, { expiresSec, bytes }] of this.kept) {
      if (expiresSec * 1000 > now) continue;
      this.kept.delete(id);
      this.bytes -= bytes;
      gone++;
      void unlink(this.path(id, expiresSec)).catch(() => undefined);
    }
    return gone;
  }

  private path(id: string, expiresSec: number): string {
    return join(this.folder, `${id}.${expiresSec}.spc`);
  }

  private find(name: string): void {
    const match = NAME.exec(name);
    if (match === null) {
      if (name.endsWith('.part')) unlinkSync(join(this.folder, name));
      return;
    }
    const bytes = readFileSync(join(this.folder, name)).length;
    this.add(match[1], { expiresSec: Number(match[2]), bytes });
  }

  private add(id: string, kept: Kept): void {
    this.kept.set(id, kept);
    this.bytes += kept.bytes;
  }

  private async store(id: string, expiresSec: number, sealed: Buffer): Promise<void> {
    const path = this.path(id, expiresSec);
    try {
      await writeFile(`${path}.part`, sealed, { mode: FILE_MODE });
      await rename(`${path}.part`, path);
      if (!this.kept.has(id)) await unlink(path);
    } catch {
      this.dropped++;
      const known = this.kept.get(id);
      if (known !== undefined) this.bytes -= known.bytes;
      this.kept.delete(id);
    }
  }
}

/** A capture that is renamed to live longer, or under another id, cannot be opened any more. */
const about = (id: string, expiresSec: number): string => `${id}.${expiresSec}`;

function loadKey(path: string): Buffer {
  try {
    // Made whole or not at all; two processes that start at once end up with the same one.
    const draft = `${path}.${process.pid}.part`;
    writeFileSync(draft, randomBytes(KEY_BYTES), { mode: FILE_MODE, flush: true });
    try {
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      unlinkSync(draft);
    }
    const key = readFileSync(path);
    if (key.length === KEY_BYTES) return key;
  } catch (error) {
    throw new SallyportError('SP4008', `${path} cannot be used: ${(error as Error).message}`);
  }
  throw new SallyportError('SP4008', `${path} holds no key`);
}
