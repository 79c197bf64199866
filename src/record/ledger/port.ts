/**
 * The port of the ledger: one append-only, hash-chained log of whatever anyone or anything decided, from which the current
 * state is folded. Embedded it is LMDB, in tests and with nothing kept it is memory; `contract.ts` holds for all.
 */
import type { JsonObject } from './canonical.ts';
import type { EntryKind, KindData, Subject } from './kinds.ts';

/** What somebody wants to have on record. Its values are copied when it is handed over. */
export interface NewEntry<K extends EntryKind = EntryKind> {
  /** Unix ms at which it was decided. */
  readonly timeMs: number;
  readonly kind: K;
  /** Who or what decided: `operator:anna`, `engine`, `config`. At most {@link MAX_BY_CHARS} characters. */
  readonly by: string;
  /** Whom it is about: encrypted, and erased on request. */
  readonly subject?: Subject;
  /** Ids of what it refers to: mitigations, findings, incidents, other entries. Nothing that names a person. */
  readonly refs?: readonly string[];
  readonly reason: string;
  /** `data.personal`, and `personal` of `data.items`, are encrypted like the subject. */
  readonly data: KindData[K];
}

export const MAX_BY_CHARS = 200;
export const MAX_REASON_CHARS = 4000;
export const MAX_REFS = 1000;
export const MAX_REF_CHARS = 200;
export const MAX_DIMENSION_CHARS = 40;
export const MAX_SUBJECT_CHARS = 2048;
/** Of `data.items`. */
export const MAX_ITEMS = 500;
/** Of one entry, as canonical JSON. */
export const MAX_ENTRY_BYTES = 512 * 1024;

/** A subject as read back. */
export interface ReadSubject {
  readonly dimension: string;
  /** Random id under which this subject's fields are sealed: the same for all its entries until it is erased. */
  readonly id: string;
  /** The key; null where it was erased, or where the master key is not at hand. */
  readonly key: string | null;
}

/** How it stands with the personal fields of an entry: there are none, they were opened, erased, or no key is at hand. */
export type Seal = 'none' | 'open' | 'erased' | 'locked';

/** An entry as it stands in the ledger, with its personal fields opened where that is possible. */
export interface LedgerEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  /** Hash of the entry before, 64 zeros for the first: hex. */
  readonly prev: string;
  /** SHA-256 of the canonical JSON of the entry as it is stored: hex. */
  readonly hash: string;
  readonly timeMs: number;
  readonly kind: string;
  readonly by: string;
  readonly subject: ReadSubject | null;
  readonly refs: readonly string[];
  readonly reason: string;
  /** Its `personal` is null where it cannot be opened. */
  readonly data: JsonObject;
  readonly seal: Seal;
}

/** The end of the chain; `seq` is 0 for an empty one. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** A head that was signed: what is shipped elsewhere, so that not even the owner can rewrite what lies before it. */
export interface SignedHead extends Head {
  /** Id of the ledger. */
  readonly ledger: string;
  /** Unix ms of signing. */
  readonly time_ms: number;
  /** Id of the key: the first 16 hex digits of the SHA-256 of its SPKI DER. */
  readonly key: string;
  /** Ed25519 over the canonical JSON of the other members: base64. */
  readonly signature: string;
}

/** Something that is in force, with the entry that put it there. */
export interface InForce {
  readonly seq: number;
  readonly timeMs: number;
  readonly by: string;
  readonly reason: string;
  readonly data: JsonObject;
}

/** Something that stands until a time. */
export interface Standing extends InForce {
  readonly id: string;
  /** Unix ms; Infinity where it has no end. */
  readonly untilMs: number;
  readonly subject: ReadSubject | null;
}

/** The current state: nothing but the fold of all entries. */
export interface LedgerState extends Head {
  readonly mode: InForce | null;
  readonly policy: InForce | null;
  readonly model: InForce | null;
  readonly config: InForce | null;
  /** By id; those whose time has come are left out. */
  readonly mitigations: ReadonlyMap<string, Standing>;
  readonly graces: ReadonlyMap<string, Standing>;
  /** By keyed hash of the credential. */
  readonly revoked: ReadonlyMap<string, Standing>;
  /** By target. */
  readonly labels: ReadonlyMap<string, Standing>;
  /** How many standing things were dropped, oldest first, because there were more than the fold keeps. */
  readonly dropped: number;
}

export interface VerifyOptions {
  /** Heads that were kept elsewhere: each must be one of this chain. */
  readonly heads?: readonly SignedHead[];
  /** Ids of keys to believe, instead of those that the ledger names itself. */
  readonly trustedKeys?: ReadonlyMap<string, Uint8Array>;
  readonly onProgress?: (seq: number, of: number) => void;
  readonly signal?: AbortSignal;
}

export interface VerifyProblem {
  /** Entry that is wrong, or the head that shows it. */
  readonly seq: number;
  readonly what:
    | 'unreadable'
    | 'missing'
    | 'altered'
    | 'unlinked'
    | 'truncated'
    | 'rewritten'
    | 'forged-head'
    | 'unknown-key'
    | 'other-ledger'
    | 'snapshot';
  /** One sentence. */
  readonly says: string;
}

export interface VerifyReport {
  readonly ok: boolean;
  readonly ledger: string;
  readonly entries: number;
  readonly head: Head;
  /** Signed heads of the ledger itself, and of those that were given, that agree with the chain. */
  readonly headsChecked: number;
  readonly givenChecked: number;
  /** In the order of their entries; at most {@link MAX_PROBLEMS}. The first is the first bad entry. */
  readonly problems: readonly VerifyProblem[];
  readonly problemCount: number;
}

export const MAX_PROBLEMS = 20;

export interface EraseReceipt {
  readonly subjectId: string;
  /** The entry that says so. */
  readonly seq: number;
}

export interface LedgerStats {
  readonly seq: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly commits: number;
  readonly failedCommits: number;
  readonly refused: number;
  readonly lastCommitMs: number;
  readonly signedHeads: number;
  readonly failedExports: number;
}

/**
 * The ledger. All methods may reject with SallyportError SP41xx; none throws. Entries have the order in which they were
 * handed over.
 */
export interface Ledger {
  /**
   * Puts an entry on record and resolves once it is durable: those of the same window share one transaction. SP4106 for
   * what cannot stand in it, SP4104 where too many wait, SP4105 where the disk refuses, SP4103 where another process has
   * taken over, SP4108 after close, SP4113 where it is open for reading only. A rejected entry is not in the ledger.
   */
  append<K extends EntryKind>(entry: NewEntry<K>): Promise<LedgerEntry>;
  /** Entries from `from` (1) to `to` (the head when it was called), both included, read a few hundred at a time. */
  entries(from?: number, to?: number): AsyncIterable<LedgerEntry>;
  /** The last durable entry. */
  head(): Promise<Head>;
  /** The fold up to the head. What has ended by `nowMs` is left out; by default by the time of the last entry. */
  state(nowMs?: number): Promise<LedgerState>;
  /** Called with each entry, in order, once it is durable. What a listener throws is ignored. Gives back how to end it. */
  subscribe(listener: (entry: LedgerEntry) => void): () => void;
  /** Walks the whole chain, its signed heads and its snapshots. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  /** Destroys the key of a subject: its fields can never be read again, the chain stays whole. SP4112 if not known. */
  erase(subject: Subject, by: string, reason: string, timeMs: number): Promise<EraseReceipt>;
  /** Signed heads from `from` on. */
  exportHeads(from?: number): AsyncIterable<SignedHead>;
  stats(): LedgerStats;
  /** Makes what waits durable, signs the head, gives the ledger free. */
  close(): Promise<void>;
}
