/**
 * What a ledger needs of a store: a few tables and one atomic, durable commit. Chain, sealing, folding, group commit and
 * verification are the same over every store.
 */
import type { Head, SignedHead } from './port.ts';

/** An entry as it is kept: the canonical JSON that was hashed, and its hash. */
export interface RawEntry {
  readonly seq: number;
  /** Hex. */
  readonly hash: string;
  readonly body: string;
}

/** The key of a subject, wrapped by the master key. Not part of the chain: it must be possible to destroy it. */
export interface SubjectRow {
  /** Keyed HMAC of the subject: how it is found again. Hex. */
  readonly index: string;
  /** Random id that its entries carry. */
  readonly id: string;
  /** Id of the master key. */
  readonly master: string;
  /** The data key, sealed by the master key: base64url. */
  readonly wrapped: string;
}

export interface Commit {
  /** Head that the store must have, or nothing is written. */
  readonly expect: Head;
  /** At least one, seq without gaps from `expect` on. */
  readonly entries: readonly RawEntry[];
  /** Applied in this order: added, then removed. */
  readonly addSubjects: readonly SubjectRow[];
  readonly removeSubjects: readonly Pick<SubjectRow, 'index' | 'id'>[];
}

export interface LedgerStore {
  /** As of now, also where another process writes. */
  head(): Promise<Head>;
  /** Entries from..to in order, at most `limit`. Those that are missing are left out: the caller notices. */
  read(from: number, to: number, limit: number): Promise<RawEntry[]>;
  /**
   * All of it or nothing, durable once resolved. False where the head is another than expected. Rejects where the disk
   * does; then `head()` tells whether it was written after all.
   */
  commit(commit: Commit): Promise<boolean>;
  subjectByIndex(index: string): Promise<SubjectRow | null>;
  subjectById(id: string): Promise<SubjectRow | null>;
  putHead(head: SignedHead): Promise<void>;
  heads(from: number, limit: number): Promise<SignedHead[]>;
  /** Keeps a snapshot and forgets all but the {@link KEPT_SNAPSHOTS} newest. */
  putSnapshot(seq: number, parts: readonly string[]): Promise<void>;
  /** Newest first. */
  snapshots(): Promise<number[]>;
  snapshot(seq: number): Promise<string[] | null>;
  close(): Promise<void>;
}

export const KEPT_SNAPSHOTS = 2;
