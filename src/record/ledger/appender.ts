/**
 * The one appender of a ledger, over any store: checks entries, holds them for a few milliseconds, seals, links and writes
 * all that came in that window in one transaction, and only then says that they stand.
 */
import { randomBytes } from 'node:crypto';
import { SallyportError } from '../../lib/errors.ts';
import { type Draft, draftOf, linked, type Sealed, storedOf } from './entry.ts';
import { applyEntry } from './fold.ts';
import { Keeper, type KeeperOptions } from './keeper.ts';
import { type EntryKind, OWN_KINDS, type Subject } from './kinds.ts';
import type {
  EraseReceipt,
  Head,
  Ledger,
  LedgerEntry,
  LedgerState,
  LedgerStats,
  NewEntry,
  SignedHead,
  VerifyOptions,
  VerifyReport,
} from './port.ts';
import { Queue, type Waiting } from './queue.ts';
import { Folder, headOf, openState, readEntries, readHeads } from './reader.ts';
import type { Commit, RawEntry } from './store.ts';
import { Staging, type Vault } from './vault.ts';
import { verifyStore } from './verify.ts';

export const LEDGER_FORMAT = 1;
export const DEFAULT_COMMIT_MS = 20;
/** Entries built between two turns of the event loop. */
const ENTRIES_A_TURN = 64;

export interface AppenderOptions extends KeeperOptions {
  readonly vault: Vault;
  /** Sallyport's version, for the entry that opens. */
  readonly version?: string;
  /** An entry waits at most this long for others to share its transaction. */
  readonly commitMs?: number;
  readonly maxQueuedEntries?: number;
  readonly maxQueuedBytes?: number;
}

interface Built {
  readonly waiting: Waiting;
  readonly raw: RawEntry;
  /** For whoever appended it and for listeners: what was handed over, in its place. */
  readonly entry: LedgerEntry;
}

export class Appender implements Ledger {
  private readonly options: AppenderOptions;
  private readonly folder: Folder;
  private readonly queue: Queue;
  private readonly listeners = new Set<(entry: LedgerEntry) => void>();
  private readonly count = { commits: 0, failedCommits: 0, refused: 0, lastCommitMs: 0 };
  private keeper!: Keeper;
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> | null = null;
  private closed: Promise<void> | null = null;
  private fenced = false;

  private constructor(options: AppenderOptions) {
    this.options = options;
    this.folder = new Folder(options.store);
    this.queue = new Queue(options.maxQueuedEntries, options.maxQueuedBytes);
  }

  /** Folds what is there and appends the entry that says who opened it. Rejects with SallyportError SP41xx. */
  static async open(options: AppenderOptions): Promise<Appender> {
    const self = new Appender(options);
    const { store, signer } = options;
    await self.folder.start();
    const [first] = await store.read(1, 1, 1);
    const ledger = first ? String(storedOf(first.body)?.data.ledger) : randomBytes(8).toString('hex');
    const [snapshot = 0] = await store.snapshots();
    self.keeper = new Keeper(options, ledger, { head: headOf(self.folder.state), snapshot }, (at_seq, digest) =>
      self.own('snapshot.made', 'the state up to there was kept', { at_seq, digest }),
    );
    await self.own('ledger.opened', first ? 'opened for appending' : 'began', {
      ledger,
      format: LEDGER_FORMAT,
      key: signer.id,
      public_key: signer.publicKey.toString('base64'),
      version: options.version,
    });
    return self;
  }

  async append<K extends EntryKind>(entry: NewEntry<K>): Promise<LedgerEntry> {
    if (OWN_KINDS.has(entry.kind)) throw new SallyportError('SP4106', `only the ledger itself writes ${entry.kind}`);
    return await this.enqueue(draftOf(entry));
  }

  async erase(subject: Subject, by: string, reason: string, timeMs: number): Promise<EraseReceipt> {
    // The id is put in when the entry is built: the subject's first entry may still wait to be written.
    const draft = draftOf({ timeMs, kind: 'subject.erased', by, reason, data: { subject_id: '' } });
    const entry = await this.enqueue(draft, subject);
    return { subjectId: String(entry.data.subject_id), seq: entry.seq };
  }

  /** An entry of the ledger itself. */
  private own<K extends EntryKind>(kind: K, reason: string, data: NewEntry<K>['data']): Promise<LedgerEntry> {
    return this.enqueue(draftOf({ timeMs: this.options.now(), kind, by: 'sallyport', reason, data } as NewEntry));
  }

  private enqueue(draft: Draft, erase: Subject | null = null): Promise<LedgerEntry> {
    const refused = this.refusal(draft);
    if (refused !== null) {
      this.count.refused++;
      return Promise.reject(refused);
    }
    return new Promise((done, failed) => {
      this.queue.push({ draft, erase, since: performance.now(), done, failed });
      this.schedule();
    });
  }

  private refusal(draft: Draft): SallyportError | null {
    if (this.closed !== null) return new SallyportError('SP4108', 'the ledger takes no more entries');
    return this.fenced ? takenOver() : this.queue.refusal(draft.bytes);
  }

  /** Sees to it that the oldest waiting entry waits no longer than the window. */
  private schedule(): void {
    if (this.timer !== null || this.flushing !== null || this.queue.size === 0) return;
    const { commitMs = DEFAULT_COMMIT_MS } = this.options;
    const wait = this.closed !== null ? 0 : Math.max(0, this.queue.since + commitMs - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.flush();
    }, wait);
  }

  private flush(): void {
    if (this.flushing !== null || this.queue.size === 0) return;
    this.flushing = this.writeBatch(this.queue.take()).finally(() => {
      this.flushing = null;
      this.schedule();
    });
  }

  /** Never rejects: every entry of the batch is told how it ended. */
  private async writeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const staging = new Staging();
      const built = await this.build(batch, staging);
      if (built.length > 0) await this.commit(built, staging);
    } catch (error) {
      const failure = error instanceof SallyportError ? error : notWritten(error);
      for (const { failed } of batch) failed(failure);
    } finally {
      this.queue.release(batch);
    }
  }

  private async build(batch: readonly Waiting[], staging: Staging): Promise<Built[]> {
    const built: Built[] = [];
    let { seq, hash } = this.folder.state;
    for (const [i, waiting] of batch.entries()) {
      const draft = waiting.erase ? await this.erasing(waiting, waiting.erase, staging) : waiting.draft;
      if (draft === null) continue;
      const sealed = await this.options.vault.seal(draft, staging);
      const raw = linked(sealed, ++seq, hash);
      built.push({ waiting, raw, entry: entryOf(sealed, raw, hash) });
      hash = raw.hash;
      if ((i + 1) % ENTRIES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return built;
  }

  private async erasing({ draft, failed }: Waiting, subject: Subject, staging: Staging): Promise<Draft | null> {
    const removed = await this.options.vault.removal(subject, staging);
    if (removed === null) {
      failed(new SallyportError('SP4112', `no entry that can be opened is about this ${subject.dimension}`));
      return null;
    }
    staging.removed.set(removed.index, removed);
    const data = { subject_id: removed.id };
    return { ...draft, data, dataText: JSON.stringify(data) };
  }

  private async commit(built: readonly Built[], staging: Staging): Promise<void> {
    const begun = performance.now();
    const written = await this.written({
      expect: headOf(this.folder.state),
      entries: built.map(({ raw }) => raw),
      addSubjects: [...staging.added.values()].map(({ row }) => row),
      removeSubjects: [...staging.removed.values()],
    });
    if (!written) {
      this.fenced = true;
      this.queue.failAll(takenOver());
      throw takenOver();
    }
    this.count.commits++;
    this.count.lastCommitMs = performance.now() - begun;
    this.options.vault.settle(staging);
    for (const { raw, waiting, entry } of built) {
      const stored = storedOf(raw.body);
      if (stored) applyEntry(this.folder.state, raw, stored);
      waiting.done(entry);
      this.tell(entry);
    }
    if (this.closed === null) this.keeper.after(this.folder.state);
  }

  /** Whether the commit is in the store. After an error the store itself says whether it was written after all. */
  private async written(commit: Commit): Promise<boolean> {
    try {
      return await this.options.store.commit(commit);
    } catch (error) {
      this.count.failedCommits++;
      const head = await this.options.store.head();
      if (head.hash === commit.entries[commit.entries.length - 1].hash) return true;
      if (head.hash !== commit.expect.hash) return false;
      throw error;
    }
  }

  private tell(entry: LedgerEntry): void {
    for (const listener of this.listeners) {
      try {
        listener(entry);
      } catch {
        // A listener that fails must not keep others from hearing of it, nor the ledger from going on.
      }
    }
  }

  entries(from?: number, to?: number): AsyncIterable<LedgerEntry> {
    return readEntries(this.options.store, this.options.vault, from, to);
  }

  async head(): Promise<Head> {
    return headOf(this.folder.state);
  }

  state(nowMs?: number): Promise<LedgerState> {
    return openState(this.options.vault, this.folder.state, nowMs);
  }

  subscribe(listener: (entry: LedgerEntry) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return verifyStore(this.options.store, options);
  }

  exportHeads(from?: number): AsyncIterable<SignedHead> {
    return readHeads(this.options.store, from);
  }

  stats(): LedgerStats {
    const { signedHeads, failedExports } = this.keeper;
    const { size: queued, bytes: queuedBytes } = this.queue;
    return { seq: this.folder.state.seq, queued, queuedBytes, ...this.count, signedHeads, failedExports };
  }

  close(): Promise<void> {
    this.closed ??= this.shut();
    return this.closed;
  }

  private async shut(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    for (this.flush(); this.flushing !== null; this.flush()) await this.flushing;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.keeper.settled();
    await this.keeper.close(!this.fenced);
    await this.options.store.close();
  }
}

/** What was handed over, in its place in the chain. */
function entryOf({ draft, subject }: Sealed, raw: RawEntry, prev: string): LedgerEntry {
  const { timeMs, kind, by, refs, reason, data } = draft;
  const seal = subject || draft.dataText === null ? 'open' : 'none';
  const who = subject && draft.subject ? { ...draft.subject, id: subject.id } : null;
  return { seq: raw.seq, prev, hash: raw.hash, timeMs, kind, by, subject: who, refs, reason, data, seal };
}

const takenOver = () => new SallyportError('SP4103', 'its head is not the one this process has written last');

/** What the store says, as an error with a code. */
function notWritten(error: unknown): SallyportError {
  const why = error instanceof Error ? error.message : String(error);
  return new SallyportError('SP4105', `the entry was not written: ${why}`, { cause: error });
}
