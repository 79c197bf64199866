/**
 * A key for each UTC day, in memory only. Hashes under it tell within a day that the same password was tried for many users;
 * from the next day on they are others, and 31 bits leave many passwords for each hash.
 *
 * The key of a day is made of the one of the day before (a ratchet), which is forgotten then: nobody who reads this process's
 * memory later can go back to the hashes of earlier days, and there is no root from which to begin.
 */
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto';

const DAY_MS = 86_400_000;
/** Longest text that is hashed, in characters. */
const MAX_TEXT = 1024;
/** Bytes of the number of a day (of 1970, little-endian), and of its key behind it. */
const NUMBER_BYTES = 4;
const KEY_BYTES = 32;
const STATE_BYTES = NUMBER_BYTES + KEY_BYTES;
/** Days that are gone through at once. A clock that jumps further is wrong; then the key is drawn from that day's number. */
const MAX_STEPS = 4000;

const dayOf = (nowMs: number): number => Math.max(0, Math.floor(nowMs / DAY_MS));

/** The state of a ratchet that begins today, drawn at random. */
export function drawDaily(nowMs: number): Buffer {
  const state = randomBytes(STATE_BYTES);
  state.writeUInt32LE(dayOf(nowMs), 0);
  return state;
}

/** Goes on to the day of `nowMs`, in place: what stood there is overwritten. A clock that was set back changes nothing. */
export function advanceDaily(state: Buffer, nowMs: number): void {
  const today = dayOf(nowMs);
  let day = state.readUInt32LE(0);
  const key = state.subarray(NUMBER_BYTES);
  if (today - day > MAX_STEPS) day = today - 1;
  for (; day < today; day++) {
    const next = Buffer.from(hkdfSync('sha256', key, '', `key of day ${day + 1}`, KEY_BYTES));
    next.copy(key);
    next.fill(0);
  }
  state.writeUInt32LE(day, 0);
}

export class DailySecret {
  private readonly clock: () => number;
  private readonly state: Buffer;
  private day = Number.NaN;
  private key: KeyObject | null = null;

  /**
   * `clock` gives Unix ms. `state` is of {@link drawDaily}, and is changed here as days go by: whoever begins with the same one
   * on the same day (every worker of a gateway) has the same keys. RangeError where it is none.
   */
  constructor(clock: () => number, state: Buffer) {
    if (state.length !== STATE_BYTES) throw new RangeError(`a state has ${STATE_BYTES} bytes`);
    this.clock = clock;
    this.state = state;
  }

  /** HMAC-SHA-256 of a text, cut to 31 bits; never 0, which means none. Equal texts give equal numbers within a UTC day. */
  hash(text: string): number {
    const nowMs = this.clock();
    let { key } = this;
    if (key === null || dayOf(nowMs) !== this.day) key = this.turn(nowMs);
    const digest = createHmac('sha256', key).update(text.slice(0, MAX_TEXT)).digest();
    return digest.readUInt32BE(0) >>> 1 || 1;
  }

  private turn(nowMs: number): KeyObject {
    advanceDaily(this.state, nowMs);
    // Not the key that tomorrow's is made of: what hashes, leaks nothing of it.
    const hashing = createHmac('sha256', this.state.subarray(NUMBER_BYTES)).update('hashes of the day').digest();
    const key = createSecretKey(hashing);
    hashing.fill(0);
    this.key = key;
    this.day = dayOf(nowMs);
    return key;
  }
}
