/**
 * Walks the whole chain and says what is wrong with it, first of all where. What it can show: an entry that was altered,
 * taken out or put in; an end that was cut off, or everything from some entry on written anew, as far as a signed head
 * pins it; a snapshot that is not the fold of its entries.
 */
import { hashOf, NO_HASH, type StoredEntry, storedOf } from './entry.ts';
import { applyEntry, emptyState, type FoldState, snapshotDigest, snapshotParts, stateOf } from './fold.ts';
import { HeadVerifier } from './heads.ts';
import { keyIdOf } from './keys.ts';
import { MAX_PROBLEMS, type SignedHead, type VerifyOptions, type VerifyProblem, type VerifyReport } from './port.ts';
import type { LedgerStore, RawEntry } from './store.ts';

/** Entries between two turns of the event loop. */
const ENTRIES_A_TURN = 500;
const HEADS_A_READ = 500;

type Pinned = { readonly head: SignedHead; readonly given: boolean };

/** Verifies the ledger in a store, up to the head it has now. Rejects where `signal` aborts. */
export async function verifyStore(store: LedgerStore, options: VerifyOptions = {}): Promise<VerifyReport> {
  return await new Walk(store, options).run();
}

class Walk {
  private readonly store: LedgerStore;
  private readonly options: VerifyOptions;
  private readonly verifier = new HeadVerifier();
  private readonly problems: VerifyProblem[] = [];
  private problemCount = 0;
  private readonly snapshots = new Set<number>();
  private pinned: Pinned[] = [];
  private nextPinned = 0;
  private state: FoldState = emptyState();
  private ledger = '';
  /** null after entries that are missing. */
  private prev: string | null = NO_HASH;
  private expected = 1;
  private readonly checked = { own: 0, given: 0 };
  /** Last entry for which a head agreed. The owner can sign heads of the ledger anew, those given he cannot. */
  private readonly agreed = { own: 0, given: 0 };

  constructor(store: LedgerStore, options: VerifyOptions) {
    this.store = store;
    this.options = options;
  }

  async run(): Promise<VerifyReport> {
    const head = await this.store.head();
    await this.collect(head.seq);
    for (let from = 1; from <= head.seq; from += ENTRIES_A_TURN) {
      this.options.signal?.throwIfAborted();
      const to = Math.min(head.seq, from + ENTRIES_A_TURN - 1);
      for (const raw of await this.store.read(from, to, ENTRIES_A_TURN)) await this.visit(raw);
      this.missing(to + 1);
      this.options.onProgress?.(to, head.seq);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (head.seq > 0 && this.problemCount === 0 && head.hash !== this.prev) {
      this.problem(
        head.seq,
        'altered',
        `The ledger says that its last entry, ${head.seq}, has another hash than it has.`,
      );
    }
    this.beyond(head.seq);
    const { own, given } = this.checked;
    return {
      ok: this.problemCount === 0,
      ledger: this.ledger,
      entries: head.seq,
      head,
      headsChecked: own,
      givenChecked: given,
      problems: this.problems.sort((a, b) => a.seq - b.seq),
      problemCount: this.problemCount,
    };
  }

  /** What the chain is to be held against: heads in the order of their entries, and snapshots. */
  private async collect(last: number): Promise<void> {
    for (const [id, spki] of this.options.trustedKeys ?? []) this.verifier.add(id, spki);
    for (let from = 1; ; ) {
      const heads = await this.store.heads(from, HEADS_A_READ);
      for (const head of heads) this.pinned.push({ head, given: false });
      if (heads.length < HEADS_A_READ) break;
      from = heads[heads.length - 1].seq + 1;
    }
    for (const head of this.options.heads ?? []) this.pinned.push({ head, given: true });
    // A head signed while this walk began may lie beyond it; a given one there is a truncation.
    this.pinned = this.pinned.filter(({ head, given }) => given || head.seq <= last);
    this.pinned.sort((a, b) => a.head.seq - b.head.seq);
    for (const seq of await this.store.snapshots()) this.snapshots.add(seq);
  }

  private async visit(raw: RawEntry): Promise<void> {
    this.missing(raw.seq);
    const { seq } = raw;
    const entry = storedOf(raw.body);
    const real = hashOf(raw.body);
    if (real !== raw.hash)
      this.problem(seq, 'altered', `Entry ${seq} was altered: its content no longer has its hash.`);
    else if (entry === null || entry.seq !== seq) this.problem(seq, 'unreadable', `Entry ${seq} is no entry.`);
    else if (this.prev !== null && entry.prev !== this.prev) {
      const what =
        seq === 1 ? 'is not the first of a ledger' : `does not follow from entry ${seq - 1}: one was replaced`;
      this.problem(seq, 'unlinked', `Entry ${seq} ${what}.`);
    }
    if (entry !== null) await this.learn(raw, entry);
    this.prev = raw.hash;
    this.expected = seq + 1;
    this.pin(raw);
  }

  /** What an entry says about keys, and the fold up to it. */
  private async learn(raw: RawEntry, entry: StoredEntry): Promise<void> {
    if (entry.kind === 'ledger.opened') {
      if (raw.seq === 1) this.ledger = String(entry.data.ledger);
      const spki = Buffer.from(String(entry.data.public_key), 'base64');
      if (this.options.trustedKeys === undefined) this.verifier.add(keyIdOf(spki), spki);
    }
    applyEntry(this.state, raw, entry);
    if (this.snapshots.has(raw.seq)) await this.compareSnapshot(raw.seq);
  }

  private async compareSnapshot(seq: number): Promise<void> {
    const parts = await this.store.snapshot(seq);
    if (parts === null) return;
    const folded = snapshotDigest([...snapshotParts(this.state)]);
    if (stateOf(parts) !== null && snapshotDigest(parts) === folded) return;
    this.problem(seq, 'snapshot', `The snapshot at entry ${seq} is not the fold of the entries up to it.`);
  }

  /** Entries that should have come before `seq`. */
  private missing(seq: number): void {
    if (seq <= this.expected) return;
    const last = seq - 1;
    const which = last === this.expected ? `Entry ${last} is` : `Entries ${this.expected} to ${last} are`;
    this.problem(this.expected, 'missing', `${which} missing.`);
    this.expected = seq;
    this.prev = null;
  }

  /** Holds an entry against the heads that were signed for it. */
  private pin(raw: RawEntry): void {
    for (; this.pinned[this.nextPinned]?.head.seq <= raw.seq; this.nextPinned++) {
      const { head, given } = this.pinned[this.nextPinned];
      if (head.seq < raw.seq || !this.sound(head, given)) continue;
      if (head.hash === raw.hash) {
        this.agreed[given ? 'given' : 'own'] = head.seq;
        this.checked[given ? 'given' : 'own']++;
        continue;
      }
      const since = (given ? this.agreed.given : Math.max(this.agreed.own, this.agreed.given)) + 1;
      this.problem(
        since,
        'rewritten',
        `Entries ${since} to ${head.seq} are not those for which a head was signed at ${timeOf(head)}: ` +
          'at least one of them was written anew.',
      );
    }
  }

  private sound(head: SignedHead, given: boolean): boolean {
    const whose = given ? 'that was given' : 'in the ledger';
    if (head.ledger !== this.ledger) {
      this.problem(head.seq, 'other-ledger', `The head ${whose} for entry ${head.seq} is of ledger ${head.ledger}.`);
      return false;
    }
    const check = this.verifier.check(head);
    if (check === 'good') return true;
    const says =
      check === 'forged'
        ? `The signature of the head ${whose} for entry ${head.seq} is wrong.`
        : `The head ${whose} for entry ${head.seq} was signed with the key ${head.key}, which is not known.`;
    this.problem(head.seq, check === 'forged' ? 'forged-head' : 'unknown-key', says);
    return false;
  }

  /** Heads of entries that are no longer there. */
  private beyond(last: number): void {
    for (; this.nextPinned < this.pinned.length; this.nextPinned++) {
      const { head, given } = this.pinned[this.nextPinned];
      if (head.seq <= last || !this.sound(head, given)) continue;
      const says = `A head was signed for entry ${head.seq} at ${timeOf(head)}, but the ledger ends at entry ${last}.`;
      this.problem(last + 1, 'truncated', `${says} Its end was cut off.`);
    }
  }

  private problem(seq: number, what: VerifyProblem['what'], says: string): void {
    this.problemCount++;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ seq, what, says });
  }
}

const timeOf = (head: SignedHead): string => new Date(head.time_ms).toISOString();
