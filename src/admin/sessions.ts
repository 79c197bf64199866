/**
 * Who may speak to the admin listener: sessions of browsers, and a bound on wrong tokens. Sessions are signed, not kept:
 * they outlive a restart, and end when the token is another one.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { sameSecret } from './token.ts';

/** How long a browser stays signed in, in ms. */
export const SESSION_MS = 12 * 3_600_000;
/** Sessions that were signed out before their time. Beyond it the oldest is forgotten, and counts until it expires. */
const MOST_REVOKED = 1000;
/** Wrong tokens that one address may show in {@link TRIES_MS}. */
export const MOST_TRIES = 10;
export const TRIES_MS = 60_000;
/** Addresses whose tries are counted; beyond it the one that began first is forgotten. */
const MOST_ADDRESSES = 1024;

export class Sessions {
  private readonly key: Buffer;
  private readonly revoked = new Set<string>();

  constructor(token: string) {
    this.key = createHmac('sha256', token).update('sallyport admin session').digest();
  }

  /** A new session that ends at `nowMs` + {@link SESSION_MS}. */
  issue(nowMs: number): string {
    const claim = `${(nowMs + SESSION_MS).toString(36)}.${randomBytes(12).toString('base64url')}`;
    return `${claim}.${this.sign(claim)}`;
  }

  /** When a session ends, in Unix ms; 0 where it is none of ours, is over, or was signed out. */
  endsAt(session: string, nowMs: number): number {
    const match = /^(([0-9a-z]{1,10})\.[\w-]{16})\.([\w-]{43})$/.exec(session);
    if (match === null) return 0;
    const [, claim, until, signature] = match;
    if (!sameSecret(signature, this.sign(claim)) || this.revoked.has(claim)) return 0;
    const endMs = Number.parseInt(until, 36);
    return endMs > nowMs ? endMs : 0;
  }

  /** Ends a session before its time. */
  revoke(session: string): void {
    this.revoked.add(session.split('.').slice(0, 2).join('.'));
    for (const oldest of this.revoked) {
      if (this.revoked.size <= MOST_REVOKED) break;
      this.revoked.delete(oldest);
    }
  }

  private sign(claim: string): string {
    return createHmac('sha256', this.key).update(claim).digest('base64url');
  }
}

/** Counts wrong tokens by address, in windows that begin with the first one. */
export class FailedTries {
  private readonly byAddress = new Map<string, { count: number; sinceMs: number }>();

  /** Seconds that an address has to wait, 0 where it may try. */
  waitSec(address: string, nowMs: number): number {
    const entry = this.byAddress.get(address);
    if (entry === undefined || entry.count < MOST_TRIES) return 0;
    return Math.max(0, Math.ceil((entry.sinceMs + TRIES_MS - nowMs) / 1000));
  }

  /** A wrong token came from an address. */
  failed(address: string, nowMs: number): void {
    const entry = this.byAddress.get(address);
    if (entry !== undefined && nowMs - entry.sinceMs < TRIES_MS) {
      entry.count++;
      return;
    }
    this.byAddress.delete(address);
    this.byAddress.set(address, { count: 1, sinceMs: nowMs });
    for (const oldest of this.byAddress.keys()) {
      if (this.byAddress.size <= MOST_ADDRESSES) break;
      this.byAddress.delete(oldest);
    }
  }
}
