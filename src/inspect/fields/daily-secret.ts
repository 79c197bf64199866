/**
 * A key for each UTC day, in memory only. Hashes under it tell within a day that the same password was tried for many users;
 * from the next day on they are others, and 31 bits leave many passwords for each hash.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';

const DAY_MS = 86_400_000;
/** Longest text that is hashed, in characters. */
const MAX_TEXT = 1024;

export class DailySecret {
  private readonly clock: () => number;
  private readonly root: Buffer;
  private day = Number.NaN;
  private key: KeyObject | null = null;

  /**
   * `clock` gives Unix ms. `root` is random, drawn when the program starts and kept nowhere: whoever has the same one (every
   * worker of a gateway) has the same keys of days.
   */
  constructor(clock: () => number, root: Buffer) {
    this.clock = clock;
    this.root = root;
  }

  /** HMAC-SHA-256 of a text, cut to 31 bits; never 0, which means none. Equal texts give equal numbers within a UTC day. */
  hash(text: string): number {
    const day = Math.floor(this.clock() / DAY_MS);
    let { key } = this;
    if (key === null || day !== this.day) {
      key = createSecretKey(createHmac('sha256', this.root).update(`day\0${day}`).digest());
      this.key = key;
      this.day = day;
    }
    const digest = createHmac('sha256', key).update(text.slice(0, MAX_TEXT)).digest();
    return digest.readUInt32BE(0) >>> 1 || 1;
  }
}
