/** A ledger that forgets with the process: for tests, and for runs that are to leave nothing behind. */
import { Appender, type AppenderOptions } from './appender.ts';
import { NO_HASH } from './entry.ts';
import { newMasterKey, newSigningKey } from './keys.ts';
import type { Head, Ledger, SignedHead } from './port.ts';
import { type Commit, KEPT_SNAPSHOTS, type LedgerStore, type RawEntry, type SubjectRow } from './store.ts';
import { Vault } from './vault.ts';

/** Beyond so many entries none is taken: what only lives in memory must not fill it. */
export const MAX_MEMORY_ENTRIES = 1_000_000;

/** The tables of a ledger in memory. */
export class MemoryStore implements LedgerStore {
  readonly raws: RawEntry[] = [];
  private readonly byIndex = new Map<string, SubjectRow>();
  private readonly byId = new Map<string, SubjectRow>();
  private readonly signed: SignedHead[] = [];
  private readonly kept = new Map<number, readonly string[]>();

  async head(): Promise<Head> {
    const last = this.raws[this.raws.length - 1];
    return last ? { seq: last.seq, hash: last.hash } : { seq: 0, hash: NO_HASH };
  }

  async read(from: number, to: number, limit: number): Promise<RawEntry[]> {
    return this.raws.slice(Math.max(0, from - 1), Math.min(to, from - 1 + limit));
  }

  async commit({ expect, entries, addSubjects, removeSubjects }: Commit): Promise<boolean> {
    const head = await this.head();
    if (head.seq !== expect.seq || head.hash !== expect.hash) return false;
    if (this.raws.length + entries.length > MAX_MEMORY_ENTRIES) throw new Error('a ledger in memory takes no more');
    this.raws.push(...entries);
    for (const row of addSubjects) {
      this.byIndex.set(row.index, row);
      this.byId.set(row.id, row);
    }
    for (const { index, id } of removeSubjects) {
      this.byIndex.delete(index);
      this.byId.delete(id);
    }
    return true;
  }

  async subjectByIndex(index: string): Promise<SubjectRow | null> {
    return this.byIndex.get(index) ?? null;
  }

  async subjectById(id: string): Promise<SubjectRow | null> {
    return this.byId.get(id) ?? null;
  }

  async putHead(head: SignedHead): Promise<void> {
    this.signed.push(head);
  }

  async heads(from: number, limit: number): Promise<SignedHead[]> {
    return this.signed.filter(({ seq }) => seq >= from).slice(0, limit);
  }

  async putSnapshot(seq: number, parts: readonly string[]): Promise<void> {
    this.kept.set(seq, parts);
    for (const old of [...this.kept.keys()].sort((a, b) => b - a).slice(KEPT_SNAPSHOTS)) this.kept.delete(old);
  }

  async snapshots(): Promise<number[]> {
    return [...this.kept.keys()].sort((a, b) => b - a);
  }

  async snapshot(seq: number): Promise<string[] | null> {
    const parts = this.kept.get(seq);
    return parts ? [...parts] : null;
  }

  async close(): Promise<void> {}
}

export type MemoryLedgerOptions = Partial<Omit<AppenderOptions, 'vault'>> & Pick<AppenderOptions, 'now'>;

/** Opens a ledger in memory, with keys that nobody else ever sees. */
export function openMemoryLedger(options: MemoryLedgerOptions): Promise<Ledger> {
  const store = options.store ?? new MemoryStore();
  return Appender.open({ signer: newSigningKey(), ...options, store, vault: new Vault(newMasterKey(), store) });
}
