/** What a ledger does beside appending, every so many entries: signs its head and carries it out, and keeps the fold. */
import { copyState, type FoldState, snapshotDigest, snapshotParts } from './fold.ts';
import { appendHead, signHead } from './heads.ts';
import type { SigningKey } from './keys.ts';
import type { Head } from './port.ts';
import type { LedgerStore } from './store.ts';

export const DEFAULT_SNAPSHOT_EVERY = 2000;
/** A snapshot is as long as what stands: the more, the more entries come before the next. */
const ENTRIES_A_STANDING = 4;
export const DEFAULT_HEAD_EVERY = 1000;
export const DEFAULT_HEAD_SECONDS = 60;

export interface KeeperOptions {
  readonly store: LedgerStore;
  readonly signer: SigningKey;
  /** Unix ms, for signed heads. */
  readonly now: () => number;
  /** Entries between two snapshots, or more where much stands. */
  readonly snapshotEvery?: number;
  /** A head is signed after so many entries, or so many seconds after the first one that no head pins. */
  readonly headEvery?: number;
  readonly headSeconds?: number;
  /** Signed heads are also appended to this file; none when left out. */
  readonly headsFile?: string;
}

export class Keeper {
  signedHeads = 0;
  failedExports = 0;
  private readonly options: KeeperOptions;
  private readonly ledger: string;
  /** Puts an entry on record that vouches for a snapshot. */
  private readonly vouch: (atSeq: number, digest: string) => Promise<unknown>;
  private timer: NodeJS.Timeout | null = null;
  private signing: Promise<void> | null = null;
  private snapshotting: Promise<void> | null = null;
  private lastHead: number;
  private lastSnapshot: number;
  private latest: Head;

  constructor(
    options: KeeperOptions,
    ledger: string,
    begin: { head: Head; snapshot: number },
    vouch: (atSeq: number, digest: string) => Promise<unknown>,
  ) {
    this.options = options;
    this.ledger = ledger;
    this.latest = begin.head;
    this.lastHead = begin.head.seq;
    this.lastSnapshot = begin.snapshot;
    this.vouch = vouch;
  }

  /** Entries have become durable. */
  after(state: FoldState): void {
    const { headEvery = DEFAULT_HEAD_EVERY, headSeconds = DEFAULT_HEAD_SECONDS } = this.options;
    const { snapshotEvery = DEFAULT_SNAPSHOT_EVERY } = this.options;
    const { seq, hash } = state;
    this.latest = { seq, hash };
    if (seq - this.lastHead >= headEvery) void this.sign();
    else if (this.timer === null) this.timer = setTimeout(() => void this.sign(), headSeconds * 1000).unref();
    const { mitigations, graces, revoked, labels } = state.standing;
    const standing = mitigations.size + graces.size + revoked.size + labels.size;
    const due = this.lastSnapshot + Math.max(snapshotEvery, ENTRIES_A_STANDING * standing);
    if (seq >= due && this.snapshotting === null) {
      this.snapshotting = this.snapshot(copyState(state)).finally(() => {
        this.snapshotting = null;
      });
    }
  }

  /** Signs the head there is. Never rejects: a head that cannot be kept is made up for by the next, which pins it too. */
  private sign(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.signing ??= this.signAndKeep(this.latest).finally(() => {
      this.signing = null;
    });
    return this.signing;
  }

  private async signAndKeep(head: Head): Promise<void> {
    if (head.seq <= this.lastHead) return;
    this.lastHead = head.seq;
    const { signer, now, headsFile, store } = this.options;
    try {
      const signed = signHead(signer, this.ledger, head, now());
      await store.putHead(signed);
      this.signedHeads++;
      if (headsFile !== undefined) await appendHead(headsFile, signed);
    } catch {
      this.failedExports++;
    }
  }

  /** Never rejects: without a snapshot opening takes longer, and it is tried again after as many entries. */
  private async snapshot(frozen: FoldState): Promise<void> {
    this.lastSnapshot = frozen.seq;
    try {
      const parts: string[] = [];
      for (const part of snapshotParts(frozen)) {
        parts.push(part);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await this.options.store.putSnapshot(frozen.seq, parts);
      await this.vouch(frozen.seq, snapshotDigest(parts));
    } catch {
      // What was kept without an entry that vouches for it is passed over.
    }
  }

  /** The last snapshot is through and its entry waits to be written. */
  async settled(): Promise<void> {
    await this.snapshotting;
  }

  /** Signs the last head. `sign` is false where another process has taken over: its chain is not ours to vouch for. */
  async close(sign: boolean): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    await this.signing;
    if (sign) await this.sign();
  }
}
