/**
 * What was used once and may not be used again: nonces, `jti`s, signatures. Ask only about what has been verified — else
 * strangers fill it.
 *
 * A use is remembered as 128 bits of SHA-256 until exactly the moment from which the thing itself counts no more. When there
 * is no room left nothing is forgotten: what is new is refused instead, because a forgotten nonce is one that can be replayed.
 */
import { hash, randomBytes } from 'node:crypto';

/** `first`: not seen before, and remembered now. `seen`: a replay. `full`: not known and no room to remember it: refuse. */
export type ReplayUse = 'first' | 'seen' | 'full';

/** Where uses are remembered: in this process ({@link ReplayGuard}) or for all workers ({@link sharedReplay}). */
export interface ReplayPort {
  /**
   * `key`: what must not come twice, with a prefix for its kind (`jti:…`); any length. `untilMs`: Unix ms from which it counts
   * no more by itself, so that it may be forgotten.
   */
  firstUse(key: string, untilMs: number, nowMs: number): ReplayUse | Promise<ReplayUse>;
}

/** {@link ReplayPort} that can remember beyond the end of the process. */
export interface LastingReplay extends ReplayPort {
  /**
   * Resolves once a use would be known after a crash, too. Called when what was used has had its effect: before that, a crash
   * has to leave it unknown, so that it may come again.
   */
  keep?(key: string, untilMs: number): Promise<void>;
}

/** Uses remembered at once; each takes 36 bytes. 300,000 are 1,000 requests a second for five minutes. */
const DEFAULT_CAPACITY = 300_000;
/** Width of one bucket of expiry in ms, and how many there are: later expiries come round again (a hashed wheel). */
const BUCKET_MS = 1000;
const BUCKETS = 1024;
/** Expired uses forgotten in one call at most, so that no call takes long. */
const SWEPT_PER_CALL = 64;
const NONE = -1;

/** {@link ReplayPort} in the memory of one process. */
export class ReplayGuard implements ReplayPort {
  /** Answers so far: `full` is for metrics, and a reason to look at what fills it. */
  readonly counts = { first: 0, seen: 0, full: 0 };
  /** Uses remembered now, expired ones that are not swept yet among them. */
  size = 0;
  readonly #capacity: number;
  readonly #salt = randomBytes(16).toString('base64url');
  readonly #mask: number;
  readonly #heads: Int32Array;
  readonly #chain: Int32Array;
  readonly #wheel = new Int32Array(BUCKETS).fill(NONE);
  readonly #inBucket: Int32Array;
  readonly #hashes: Int32Array;
  readonly #until: Float64Array;
  #free: number = NONE;
  #unused = 0;
  /** Number of the first bucket that may hold something expired. */
  #cursor: number = NONE;

  constructor(options: { readonly capacity?: number } = {}) {
    this.#capacity = Math.max(1, options.capacity ?? DEFAULT_CAPACITY);
    let slots = 16;
    while (slots < this.#capacity) slots *= 2;
    this.#mask = slots - 1;
    this.#heads = new Int32Array(slots).fill(NONE);
    this.#chain = new Int32Array(this.#capacity);
    this.#inBucket = new Int32Array(this.#capacity);
    this.#hashes = new Int32Array(this.#capacity * 4);
    this.#until = new Float64Array(this.#capacity);
  }

  /** {@link ReplayPort.firstUse}, at once. A use whose end has come counts as never seen. */
  firstUse(key: string, untilMs: number, nowMs: number): ReplayUse {
    const use = this.#use(key, untilMs, nowMs);
    this.counts[use]++;
    return use;
  }

  #use(key: string, untilMs: number, nowMs: number): ReplayUse {
    this.#sweep(nowMs, SWEPT_PER_CALL);
    const end = Number.isFinite(untilMs) ? untilMs : Number.MAX_SAFE_INTEGER;
    const digest = hash('sha256', this.#salt + key, 'buffer');
    const a = digest.readInt32LE(0);
    const b = digest.readInt32LE(4);
    const c = digest.readInt32LE(8);
    const d = digest.readInt32LE(12);
    const hashes = this.#hashes;
    for (let i = this.#heads[a & this.#mask]; i !== NONE; i = this.#chain[i]) {
      const at = i * 4;
      if (hashes[at] !== a || hashes[at + 1] !== b || hashes[at + 2] !== c || hashes[at + 3] !== d) continue;
      if (this.#until[i] > nowMs) return 'seen';
      // It stays in the bucket of its old end; sweeping puts it where it belongs.
      this.#until[i] = end;
      return 'first';
    }
    if (this.size >= this.#capacity) this.#sweep(nowMs, this.#capacity);
    const i = this.#take();
    if (i === NONE) return 'full';
    hashes.set([a, b, c, d], i * 4);
    this.#until[i] = end;
    this.#chain[i] = this.#heads[a & this.#mask];
    this.#heads[a & this.#mask] = i;
    this.#file(i, this.#cursor);
    return 'first';
  }

  /** A free place, or NONE. */
  #take(): number {
    if (this.#free !== NONE) {
      const i = this.#free;
      this.#free = this.#chain[i];
      this.size++;
      return i;
    }
    if (this.#unused >= this.#capacity) return NONE;
    this.size++;
    return this.#unused++;
  }

  /** Puts a use into the bucket of its end, from `first` on; what lies beyond the last bucket comes round again. */
  #file(i: number, first: number): void {
    const number = Math.floor(this.#until[i] / BUCKET_MS);
    const bucket = Math.min(Math.max(number, first), this.#cursor + BUCKETS - 1) % BUCKETS;
    this.#inBucket[i] = this.#wheel[bucket];
    this.#wheel[bucket] = i;
  }

  /** Forgets up to `budget` uses whose end has come, oldest bucket first. */
  #sweep(nowMs: number, budget: number): void {
    const current = Math.floor(nowMs / BUCKET_MS);
    if (this.#cursor === NONE) this.#cursor = current;
    for (let steps = 0; this.#cursor < current; ) {
      const bucket = this.#cursor % BUCKETS;
      while (this.#wheel[bucket] !== NONE) {
        if (budget-- <= 0) return;
        const i = this.#wheel[bucket];
        this.#wheel[bucket] = this.#inBucket[i];
        if (this.#until[i] <= nowMs) this.#forget(i);
        else this.#file(i, this.#cursor + 1);
      }
      // After one round all buckets have been looked at: the rest of a long pause holds nothing.
      this.#cursor = ++steps >= BUCKETS ? current : this.#cursor + 1;
    }
  }

  /** Takes a use out of its chain and gives its place back. */
  #forget(i: number): void {
    const head = this.#hashes[i * 4] & this.#mask;
    if (this.#heads[head] === i) this.#heads[head] = this.#chain[i];
    else {
      let before = this.#heads[head];
      while (this.#chain[before] !== i) before = this.#chain[before];
      this.#chain[before] = this.#chain[i];
    }
    this.#chain[i] = this.#free;
    this.#free = i;
    this.size--;
  }
}

/** What spends a nonce once for all workers: `spend` of the gate. */
export type Spend = (nonce: string, untilMs: number) => ReplayUse | Promise<ReplayUse>;

/**
 * {@link ReplayPort} for all workers: the owner of state decides, since each worker has its own memory. Where it cannot be
 * asked the use is refused (`full`) and counted: two workers could each take it for the first.
 */
export function sharedReplay(spend: Spend): ReplayPort & { readonly counts: { unreachable: number } } {
  const counts = { unreachable: 0 };
  const unreachable = (): ReplayUse => {
    counts.unreachable++;
    return 'full';
  };
  return {
    counts,
    firstUse(key, untilMs) {
      try {
        const spent = spend(hash('sha256', key, 'base64url'), untilMs);
        return typeof spent === 'string' ? spent : spent.catch(unreachable);
      } catch {
        return unreachable();
      }
    },
  };
}
