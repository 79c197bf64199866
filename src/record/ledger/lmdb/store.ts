/**
 * The embedded store of the ledger: LMDB. A transaction is a copy on write that becomes visible and durable with one page,
 * so that a crash at any moment leaves the state before or after it, never one between.
 */
import { chmodSync, existsSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import { SallyportError } from '../../../lib/errors.ts';
import { NO_HASH } from '../entry.ts';
import type { Head, SignedHead } from '../port.ts';
import { type Commit, KEPT_SNAPSHOTS, type LedgerStore, type RawEntry, type SubjectRow } from '../store.ts';
import { Room } from './room.ts';
import { checkDatabase } from './sound.ts';

/** Bytes of a SHA-256 in front of every entry. */
const HASH_BYTES = 32;
const FORMAT = 1;
const TABLES = 7;
const HEAD = 'head';

type Tables = ReturnType<typeof tablesOf>;

function tablesOf(db: RootDatabase) {
  const json = { encoding: 'json' } as const;
  return {
    // The version of the head is its sequence number: a commit names the one it expects.
    meta: db.openDB<Head & { format: number }, string>({ name: 'meta', useVersions: true, ...json }),
    entries: db.openDB<Buffer, number>({ name: 'entries', encoding: 'binary' }),
    subjects: db.openDB<SubjectRow, string>({ name: 'subjects', ...json }),
    subjectIds: db.openDB<SubjectRow, string>({ name: 'subject-ids', ...json }),
    heads: db.openDB<SignedHead, number>({ name: 'heads', ...json }),
    snapshots: db.openDB<string, [number, number]>({ name: 'snapshots', encoding: 'string' }),
  };
}

export class LmdbStore implements LedgerStore {
  private readonly path: string;
  private readonly readOnly: boolean;
  private db: RootDatabase;
  private tables: Tables;
  /** A transaction has failed since it was opened. */
  private spoilt = false;
  private readonly room: Room;
  /** Settled when the transaction under way is through. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(path: string, readOnly: boolean) {
    this.path = path;
    this.readOnly = readOnly;
    this.db = openDatabase(path, readOnly);
    this.tables = tablesOf(this.db);
    this.room = new Room(path);
  }

  /** SallyportError SP4101 where there is none to read, SP4109 where it cannot be opened. */
  static open(path: string, readOnly: boolean): LmdbStore {
    if (readOnly && !existsSync(path)) throw new SallyportError('SP4101', `${path} does not exist`);
    try {
      checkDatabase(path);
      const store = new LmdbStore(path, readOnly);
      const format = store.tables.meta.get(HEAD)?.format ?? FORMAT;
      if (format === FORMAT) return store;
      throw new Error(`it has format ${format}, this version reads ${FORMAT}`);
    } catch (error) {
      throw new SallyportError('SP4109', `${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  async head(): Promise<Head> {
    this.refresh();
    const head = this.tables.meta.get(HEAD);
    return head ? { seq: head.seq, hash: head.hash } : { seq: 0, hash: NO_HASH };
  }

  async read(from: number, to: number, limit: number): Promise<RawEntry[]> {
    const raws: RawEntry[] = [];
    for (const { key, value } of this.tables.entries.getRange({ start: from, end: to + 1, limit })) {
      const hash = value.subarray(0, HASH_BYTES).toString('hex');
      raws.push({ seq: key, hash, body: value.subarray(HASH_BYTES).toString('utf8') });
    }
    return raws;
  }

  async commit(commit: Commit): Promise<boolean> {
    const write = () => this.write(commit);
    const { seq } = commit.expect;
    return await this.attempt(sizeOf(commit), () => {
      const { meta } = this.tables;
      return seq === 0 ? meta.ifNoExists(HEAD, write) : meta.ifVersion(HEAD, seq, write);
    });
  }

  private write({ entries, addSubjects, removeSubjects }: Commit): void {
    const { meta, subjects, subjectIds } = this.tables;
    for (const { seq, hash, body } of entries) {
      void this.tables.entries.put(seq, Buffer.concat([Buffer.from(hash, 'hex'), Buffer.from(body, 'utf8')]));
    }
    for (const row of addSubjects) {
      void subjects.put(row.index, row);
      void subjectIds.put(row.id, row);
    }
    for (const { index, id } of removeSubjects) {
      void subjects.remove(index);
      void subjectIds.remove(id);
    }
    const { seq, hash } = entries[entries.length - 1];
    void meta.put(HEAD, { seq, hash, format: FORMAT }, seq);
  }

  /** Runs transactions one after the other, each in a database that no failure has spoilt. */
  private attempt(size: { puts: number; bytes: number }, transaction: () => Promise<boolean>): Promise<boolean> {
    const done = this.turn.then(async () => {
      if (this.spoilt) await this.reopen();
      const { lastPageNumber, pageSize } = this.db.getStats() as { lastPageNumber: number; pageSize: number };
      await this.room.make((lastPageNumber + 1) * pageSize, size.puts, size.bytes);
      return await this.run(transaction);
    });
    this.turn = done.then(nothing, nothing);
    return done;
  }

  /** The library tells why a transaction failed in a second promise, at which nobody else would look. */
  private async run(transaction: () => Promise<boolean>): Promise<boolean> {
    try {
      return await transaction();
    } catch (error) {
      this.spoilt = true;
      const cause = await (error as { commitError?: Promise<never> }).commitError?.catch((why: unknown) => why);
      throw cause instanceof Error ? cause : error;
    }
  }

  /**
   * A full disk is over when there is room. But after some failures (MDB_PANIC) a database answers no transaction at all
   * until it is opened anew, and nothing tells the two apart.
   */
  private async reopen(): Promise<void> {
    await this.db.close();
    this.db = openDatabase(this.path, this.readOnly);
    this.tables = tablesOf(this.db);
    this.spoilt = false;
  }

  /** Whether anything was sealed. */
  hasSubjects(): boolean {
    return this.tables.subjects.getKeysCount({ limit: 1 }) > 0;
  }

  async subjectByIndex(index: string): Promise<SubjectRow | null> {
    return this.tables.subjects.get(index) ?? null;
  }

  async subjectById(id: string): Promise<SubjectRow | null> {
    return this.tables.subjectIds.get(id) ?? null;
  }

  async putHead(head: SignedHead): Promise<void> {
    await this.attempt({ puts: 1, bytes: 0 }, () => this.tables.heads.put(head.seq, head));
  }

  async heads(from: number, limit: number): Promise<SignedHead[]> {
    return [...this.tables.heads.getRange({ start: from, limit }).map(({ value }) => value)];
  }

  async putSnapshot(seq: number, parts: readonly string[]): Promise<void> {
    const old = (await this.snapshots()).filter((kept) => kept !== seq).slice(KEPT_SNAPSHOTS - 1);
    const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    await this.attempt({ puts: parts.length, bytes }, () => {
      const { snapshots } = this.tables;
      return snapshots.batch(() => {
        for (const [i, part] of parts.entries()) void snapshots.put([seq, i], part);
        for (const kept of old) {
          for (const key of snapshots.getKeys({ start: [kept, 0], end: [kept + 1, 0] })) void snapshots.remove(key);
        }
      });
    });
  }

  async snapshots(): Promise<number[]> {
    this.refresh();
    return [...new Set(this.tables.snapshots.getKeys({}).map(([seq]) => seq))].reverse();
  }

  async snapshot(seq: number): Promise<string[] | null> {
    const range = this.tables.snapshots.getRange({ start: [seq, 0], end: [seq + 1, 0] });
    const parts = [...range.map(({ value }) => value)];
    return parts.length > 0 ? parts : null;
  }

  /** Writes a whole copy, as of one moment, also while another process appends. Rejects with what the file system says. */
  async copyTo(path: string): Promise<void> {
    this.refresh();
    await this.db.backup(path, true);
  }

  /** Sees what another process has written since. */
  private refresh(): void {
    if (this.readOnly) this.db.resetReadTxn();
  }

  async close(): Promise<void> {
    await this.turn;
    await this.db.close();
  }
}

const nothing = () => {};

const sizeOf = ({ entries, addSubjects, removeSubjects }: Commit) => ({
  puts: 1 + entries.length + 2 * (addSubjects.length + removeSubjects.length),
  bytes: entries.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0),
});

function openDatabase(path: string, readOnly: boolean): RootDatabase {
  const db = open({
    path,
    readOnly,
    maxDbs: TABLES,
    noSubdir: true,
    // A commit is acknowledged when it lies on the disk, not when it has been handed to the system.
    overlappingSync: false,
    // With it on, a failed commit rejects a promise that the library keeps to itself, and ends the process.
    eventTurnBatching: false,
  });
  if (!readOnly && process.platform !== 'win32') {
    for (const file of [path, `${path}-lock`]) if (existsSync(file)) chmodSync(file, 0o600);
  }
  return db;
}
