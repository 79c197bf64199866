/** Reading a ledger over any store: entries, head, state, verification. Works beside a process that appends. */
import { SallyportError } from '../../lib/errors.ts';
import type { JsonObject } from './canonical.ts';
import { hashOf, type StoredEntry, storedOf } from './entry.ts';
import {
  applyEntry,
  copyState,
  emptyState,
  type FoldedFact,
  type FoldedStanding,
  type FoldState,
  snapshotDigest,
  stateOf,
} from './fold.ts';
import type { Head, InForce, LedgerEntry, LedgerState, ReadSubject, SignedHead, Standing } from './port.ts';
import type { LedgerStore, RawEntry } from './store.ts';
import { type Vault, worseSeal } from './vault.ts';

/** Entries read at once: what a reader holds in memory. */
const ENTRIES_A_READ = 256;
const HEADS_A_READ = 256;

/** Entries of a store with their personal fields opened. */
export async function* readEntries(
  store: LedgerStore,
  vault: Vault,
  from = 1,
  to?: number,
): AsyncGenerator<LedgerEntry> {
  const last = Math.min(to ?? Number.MAX_SAFE_INTEGER, (await store.head()).seq);
  for (let next = Math.max(1, from); next <= last; ) {
    const raws = await store.read(next, last, ENTRIES_A_READ);
    if (raws.length === 0) throw damaged(next, 'is missing');
    for (const raw of raws) {
      if (raw.seq !== next++) throw damaged(next - 1, 'is missing');
      yield await openEntry(vault, raw);
    }
  }
}

const damaged = (seq: number, what: string) => new SallyportError('SP4110', `entry ${seq} ${what}`);

async function openEntry(vault: Vault, raw: RawEntry): Promise<LedgerEntry> {
  const entry = storedOf(raw.body);
  if (entry === null) throw damaged(raw.seq, 'cannot be read');
  const { subject, data, seal } = await openFields(vault, entry);
  const { seq, prev, time_ms, kind, by, refs, reason } = entry;
  return { seq, prev, hash: raw.hash, timeMs: time_ms, kind, by, subject, refs, reason, data, seal };
}

async function openFields(
  vault: Vault,
  fields: Pick<FoldedStanding, 'data'> & { subject?: StoredEntry['subject'] | null },
) {
  const opened = fields.subject ? await vault.openSubject(fields.subject) : null;
  const { data, seal } = await vault.openData(fields.data);
  return { subject: opened?.subject ?? null, data, seal: worseSeal(opened?.seal ?? 'none', seal) };
}

/** Signed heads of a store, in the order of their entries. */
export async function* readHeads(store: LedgerStore, from = 1): AsyncGenerator<SignedHead> {
  for (let next = from; ; ) {
    const heads = await store.heads(next, HEADS_A_READ);
    yield* heads;
    if (heads.length < HEADS_A_READ) return;
    next = heads[heads.length - 1].seq + 1;
  }
}

/** The fold of a store, from its newest sound snapshot on. */
export class Folder {
  state: FoldState = emptyState();
  private readonly store: LedgerStore;

  constructor(store: LedgerStore) {
    this.store = store;
  }

  /**
   * Begins with the newest snapshot for which the chain vouches. One that was kept, but whose entry did not become
   * durable, is passed over, as is a damaged one. SallyportError SP4110 where the chain is broken.
   */
  async start(): Promise<void> {
    for (const seq of await this.store.snapshots()) {
      const parts = await this.store.snapshot(seq);
      const state = parts === null ? null : stateOf(parts);
      if (parts === null || state === null) continue;
      this.state = state;
      if (await this.catchUp(snapshotDigest(parts))) return;
    }
    this.state = emptyState();
    await this.catchUp();
  }

  /**
   * Folds what has come since. With a digest it looks for the entry that vouches for it, and is false where there is none.
   * SallyportError SP4110 at the first entry that does not follow from the one before.
   */
  async catchUp(vouched?: string): Promise<boolean> {
    const begun = this.state.seq;
    let found = vouched === undefined;
    for (;;) {
      const raws = await this.store.read(this.state.seq + 1, (await this.store.head()).seq, ENTRIES_A_READ);
      for (const raw of raws) {
        const entry = this.next(raw);
        found ||= entry.kind === 'snapshot.made' && entry.data.at_seq === begun && entry.data.digest === vouched;
        applyEntry(this.state, raw, entry);
      }
      if (raws.length < ENTRIES_A_READ) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private next(raw: RawEntry): StoredEntry {
    const seq = this.state.seq + 1;
    if (raw.seq !== seq) throw damaged(seq, 'is missing');
    if (hashOf(raw.body) !== raw.hash) throw damaged(seq, 'was altered: its content no longer has its hash');
    const entry = storedOf(raw.body);
    if (entry === null || entry.seq !== seq) throw damaged(seq, 'cannot be read');
    if (entry.prev !== this.state.hash) throw damaged(seq, 'does not follow from the one before');
    return entry;
  }
}

/** The state for readers: personal fields opened, what has ended by `nowMs` left out. */
export async function openState(vault: Vault, folded: FoldState, nowMs = folded.timeMs): Promise<LedgerState> {
  // Entries may come while this one waits for keys.
  const { seq, hash, inForce, standing, dropped } = copyState(folded);
  const stands = async (items: ReadonlyMap<string, FoldedStanding>) => {
    const open = new Map<string, Standing>();
    for (const item of items.values()) {
      if (item.until_ms === null || item.until_ms > nowMs) open.set(item.id, await openStanding(vault, item));
    }
    return open;
  };
  const inForceOf = async (fact: FoldedFact | undefined): Promise<InForce | null> =>
    fact ? openFact(fact, (await vault.openData(fact.data)).data) : null;
  return {
    seq,
    hash,
    mode: await inForceOf(inForce.mode),
    policy: await inForceOf(inForce.policy),
    model: await inForceOf(inForce.model),
    config: await inForceOf(inForce.config),
    mitigations: await stands(standing.mitigations),
    graces: await stands(standing.graces),
    revoked: await stands(standing.revoked),
    labels: await stands(standing.labels),
    dropped,
  };
}

const openFact = ({ seq, time_ms, by, reason }: FoldedFact, data: JsonObject): InForce => ({
  seq,
  timeMs: time_ms,
  by,
  reason,
  data,
});

async function openStanding(vault: Vault, item: FoldedStanding): Promise<Standing> {
  const { subject, data }: { subject: ReadSubject | null; data: JsonObject } = await openFields(vault, item);
  return { ...openFact(item, data), id: item.id, untilMs: item.until_ms ?? Number.POSITIVE_INFINITY, subject };
}

/** The head as the port gives it. */
export const headOf = ({ seq, hash }: Head): Head => ({ seq, hash });
