/** A ledger that is read beside the process that appends to it: for verbs of the command line, and for auditors. */
import { SallyportError } from '../../lib/errors.ts';
import type {
  Head,
  Ledger,
  LedgerEntry,
  LedgerState,
  LedgerStats,
  SignedHead,
  VerifyOptions,
  VerifyReport,
} from './port.ts';
import { Folder, openState, readEntries, readHeads } from './reader.ts';
import type { LedgerStore } from './store.ts';
import type { Vault } from './vault.ts';
import { verifyStore } from './verify.ts';

const readingOnly = () => Promise.reject(new SallyportError('SP4113', 'it was opened for reading'));

export class LedgerReader implements Ledger {
  private readonly store: LedgerStore;
  private readonly vault: Vault;
  private folder: Folder | null = null;
  private folding: Promise<unknown> = Promise.resolve();

  constructor(store: LedgerStore, vault: Vault) {
    this.store = store;
    this.vault = vault;
  }

  append(): Promise<never> {
    return readingOnly();
  }

  erase(): Promise<never> {
    return readingOnly();
  }

  entries(from?: number, to?: number): AsyncIterable<LedgerEntry> {
    return readEntries(this.store, this.vault, from, to);
  }

  head(): Promise<Head> {
    return this.store.head();
  }

  /** Folds what has come since the last call. */
  async state(nowMs?: number): Promise<LedgerState> {
    const step = this.folding.then(async () => {
      const folder = this.folder ?? new Folder(this.store);
      await (this.folder === null ? folder.start() : folder.catchUp());
      this.folder = folder;
    });
    this.folding = step.catch(() => {});
    await step;
    return await openState(this.vault, (this.folder as unknown as Folder).state, nowMs);
  }

  /** Nothing is told: this process does not hear of entries of another. */
  subscribe(): () => void {
    return () => {};
  }

  verify(options?: VerifyOptions): Promise<VerifyReport> {
    return verifyStore(this.store, options);
  }

  exportHeads(from?: number): AsyncIterable<SignedHead> {
    return readHeads(this.store, from);
  }

  stats(): LedgerStats {
    const none = { seq: 0, queued: 0, queuedBytes: 0, commits: 0, failedCommits: 0, refused: 0, lastCommitMs: 0 };
    return { ...none, signedHeads: 0, failedExports: 0 };
  }

  async close(): Promise<void> {
    await this.folding;
    await this.store.close();
  }
}
