/**
 * Raw capture: whole requests of a route, for a limited time, where somebody has switched it on and said why. Each lies
 * in a file of its own, encrypted with a key of the data directory, is read only by who says who they are and why, and
 * is deleted when it expires. Several processes may write to one data directory, and one of them read.
 *
 * A file holds two sealed pieces: what a list may show (which route, when, how it ended), and the request. An id begins with
 * the time, so that names sort by it.
 */
import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { open, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
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
/** Captures in one list, unless it is asked for more or fewer. */
export const USUAL_LIST = 100;

const KEY_FILE = 'capture.key';
const FOLDER = 'captures';
/** Id, expiry in Unix seconds. */
const NAME = /^(C-[0-9a-f]{20})\.(\d{1,12})\.spc$/;
const TIME_DIGITS = 12;
/** Half a file that is older than this belongs to a process that is gone, in ms. */
const STALE_PART_MS = 60_000;
/** Length of the first piece, in front of it; and what it is read with: texts of a list are cut to so many characters. */
const LENGTH_BYTES = 2;
const MAX_ABOUT_TEXT = 200;
const MAX_ABOUT_BYTES = 4096;

/** What a list shows of a capture. */
export interface CaptureAbout {
  readonly route: string;
  /** Why the route is captured, as the configuration says. */
  readonly reason: string;
  readonly timeMs: number;
  readonly method: string;
  /** Status of the answer, 0 for none. */
  readonly status: number;
}

export interface Capture extends CaptureAbout {
  /** Address of the other end of the connection. */
  readonly peer: string;
  readonly target: string;
  readonly protocol: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  /** Beginning of the body, in base64, and how many bytes the whole body had. */
  readonly body: string;
  readonly bodyBytes: number;
}

export interface ListedCapture extends CaptureAbout {
  readonly id: string;
  readonly expiresMs: number;
  readonly bytes: number;
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

export interface CaptureStoreOptions {
  readonly clock?: () => number;
  /** Processes that write to this data directory: each takes its share of the room. */
  readonly writers?: number;
}

export class CaptureStore {
  /** Captures left out because there was no room, or because they could not be written. */
  dropped = 0;
  private readonly folder: string;
  private readonly key: Buffer;
  private readonly clock: () => number;
  private readonly writers: number;
  private readonly kept = new Map<string, Kept>();
  /** Written by this process: how many, and their bytes. */
  private readonly own = new Set<string>();
  private ownBytes = 0;
  private readonly writing = new Map<string, Promise<void>>();
  private bytes = 0;

  /** Opens the captures of a data directory; the key is made where there is none. SP4008 where it cannot be used. */
  constructor(dataDir: string, { clock = Date.now, writers = 1 }: CaptureStoreOptions = {}) {
    this.clock = clock;
    this.writers = writers;
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
    if (!this.hasRoom(data.length) || data.length > MAX_ONE_BYTES || this.writing.size >= MAX_WAITING) {
      this.dropped++;
      return null;
    }
    const time = Math.max(0, Math.floor(now)).toString(16).padStart(TIME_DIGITS, '0').slice(-TIME_DIGITS);
    const id = `C-${time}${randomBytes(4).toString('hex')}`;
    const about = encrypt(this.key, Buffer.from(JSON.stringify(aboutOf(capture))), nameOf(id, expiresSec, 'about'));
    const content = encrypt(this.key, data, nameOf(id, expiresSec, 'content'));
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(about.length);
    const sealed = Buffer.concat([length, about, content]);
    this.add(id, { expiresSec, bytes: sealed.length });
    this.own.add(id);
    this.ownBytes += sealed.length;
    const done = this.store(id, expiresSec, sealed).finally(() => this.writing.delete(id));
    this.writing.set(id, done);
    return id;
  }

  /** Everything that was written so far is on the disk, or counted as dropped. */
  async settled(): Promise<void> {
    await Promise.all(this.writing.values());
  }

  /** What can be read, newest first: without the requests themselves, which only {@link read} shows. */
  async list(limit = USUAL_LIST): Promise<ListedCapture[]> {
    await this.settled();
    await this.refresh();
    const now = this.clock();
    const newest = [...this.kept]
      .filter(([, { expiresSec }]) => expiresSec * 1000 > now)
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .slice(0, limit);
    const listed = await Promise.all(newest.map(([id, kept]) => this.describe(id, kept)));
    return listed.filter((one) => one !== null);
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
    if (!this.kept.has(id)) await this.refresh();
    const known = this.kept.get(id);
    if (known === undefined || known.expiresSec * 1000 <= now)
      throw new SallyportError('SP4007', `there is no capture ${id.slice(0, 40)}`);
    // Before the file is opened: an attempt that fails is to be seen, too.
    await audit({ capture: id, by, reason, atMs: now });
    await this.settled();
    let file: Buffer;
    try {
      file = await readFile(this.path(id, known.expiresSec));
    } catch (error) {
      throw new SallyportError('SP4007', `${id} is gone: ${(error as Error).message}`);
    }
    const sealed = file.length < LENGTH_BYTES ? file : file.subarray(LENGTH_BYTES + file.readUInt16BE(0));
    const data = decrypt(this.key, sealed, nameOf(id, known.expiresSec, 'content'));
    if (data === undefined) throw new SallyportError('SP4008', `${id} is not as it was written, or under another key`);
    return JSON.parse(data.toString('utf8')) as Capture;
  }

  /** Looks what other processes have written and deleted. To be called now and then: until then it does not count. */
  async refresh(): Promise<void> {
    let names: string[];
    try {
      names = await readdir(this.folder);
    } catch {
      // Nothing can be read then, and what is written is counted as dropped.
      return;
    }
    const there = new Set<string>();
    for (const name of names) {
      const match = NAME.exec(name);
      if (match === null) continue;
      there.add(match[1]);
      if (this.kept.has(match[1])) continue;
      const found = await stat(join(this.folder, name)).catch(() => null);
      if (found !== null && !this.kept.has(match[1]))
        this.add(match[1], { expiresSec: Number(match[2]), bytes: found.size });
    }
    for (const id of [...this.kept.keys()]) if (!there.has(id) && !this.writing.has(id)) this.forget(id);
  }

  /** Deletes what has expired. To be called now and then; returns how many went. */
  expire(): number {
    const now = this.clock();
    let gone = 0;
    for (const [id, { expiresSec }] of [...this.kept]) {
      if (expiresSec * 1000 > now) continue;
      this.forget(id);
      gone++;
      void unlink(this.path(id, expiresSec)).catch(() => undefined);
    }
    return gone;
  }

  private hasRoom(bytes: number): boolean {
    const { writers, own, ownBytes, kept } = this;
    const ownRoom = own.size < MAX_CAPTURES / writers && ownBytes + bytes <= MAX_CAPTURE_BYTES / writers;
    return ownRoom && kept.size < MAX_CAPTURES && this.bytes + bytes <= MAX_CAPTURE_BYTES;
  }

  private async describe(id: string, { expiresSec, bytes }: Kept): Promise<ListedCapture | null> {
    const start = Buffer.alloc(LENGTH_BYTES + MAX_ABOUT_BYTES);
    try {
      const file = await open(this.path(id, expiresSec), 'r');
      try {
        await file.read(start, 0, start.length, 0);
      } finally {
        await file.close();
      }
    } catch {
      return null;
    }
    const sealed = start.subarray(LENGTH_BYTES, LENGTH_BYTES + start.readUInt16BE(0));
    const about = decrypt(this.key, sealed, nameOf(id, expiresSec, 'about'));
    const what = about === undefined ? UNREADABLE : (JSON.parse(about.toString('utf8')) as CaptureAbout);
    return { id, expiresMs: expiresSec * 1000, bytes, ...what };
  }

  private path(id: string, expiresSec: number): string {
    return join(this.folder, `${id}.${expiresSec}.spc`);
  }

  private find(name: string): void {
    const path = join(this.folder, name);
    const match = NAME.exec(name);
    if (match === null && !name.endsWith('.part')) return;
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) return;
    if (match !== null) this.add(match[1], { expiresSec: Number(match[2]), bytes: found.size });
    else if (Date.now() - found.mtimeMs > STALE_PART_MS) unlinkSync(path);
  }

  private add(id: string, kept: Kept): void {
    this.kept.set(id, kept);
    this.bytes += kept.bytes;
  }

  private forget(id: string): void {
    const known = this.kept.get(id);
    if (known === undefined) return;
    this.kept.delete(id);
    this.bytes -= known.bytes;
    if (this.own.delete(id)) this.ownBytes -= known.bytes;
  }

  private async store(id: string, expiresSec: number, sealed: Buffer): Promise<void> {
    const path = this.path(id, expiresSec);
    try {
      await writeFile(`${path}.part`, sealed, { mode: FILE_MODE });
      await rename(`${path}.part`, path);
      if (!this.kept.has(id)) await unlink(path);
    } catch {
      this.dropped++;
      this.forget(id);
    }
  }
}

const UNREADABLE: CaptureAbout = { route: '', reason: '', timeMs: 0, method: '', status: 0 };

const cut = (text: string): string => text.slice(0, MAX_ABOUT_TEXT);

function aboutOf({ route, reason, timeMs, method, status }: Capture): CaptureAbout {
  return { route: cut(route), reason: cut(reason), timeMs, method: cut(method), status };
}

/** A capture that is renamed to live longer, or under another id, cannot be opened any more. */
const nameOf = (id: string, expiresSec: number, piece: 'about' | 'content'): string => `${id}.${expiresSec}.${piece}`;

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
