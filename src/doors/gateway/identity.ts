import { createHmac } from 'node:crypto';

/** Pseudonyms remembered, so that a secret is not hashed with every request. */
const MAX_PSEUDONYMS = 50_000;

/**
 * Session ids and keys never get into a row, a journal or a log: a keyed hash (HMAC-SHA-256, 80 bits of it) stands for them
 * from the first line on.
 */
export class Pseudonyms {
  private readonly key: Buffer;
  private readonly known = new Map<string, string>();

  constructor(key: Buffer) {
    this.key = key;
  }

  /** `kind` is put before it, so that people see what it stands for. */
  of(kind: 'session' | 'key', secret: string): string {
    const known = this.known.get(secret);
    if (known !== undefined) return known;
    const name = `${kind}-${createHmac('sha256', this.key).update(`${kind}\0${secret}`).digest('hex').slice(0, 20)}`;
    if (this.known.size >= MAX_PSEUDONYMS) this.known.delete(this.known.keys().next().value as string);
    this.known.set(secret, name);
    return name;
  }
}

/**
 * Whom a session or credential was seen to belong to: the upstream said so with an answer it gave. Remembered so that the
 * next request is known when it comes, not only when it has been answered. Bounded; the longest unused goes.
 */

/** Sessions and credentials remembered. */
const MAX_REMEMBERED = 100_000;

export class IdentityMemory {
  /** A credential that was accepted without the upstream naming its owner. */
  static readonly NAMELESS = '\u0000';
  private readonly known = new Map<string, string>();

  /** The principal behind a session or credential; NAMELESS where only its acceptance is known, '' for nobody. */
  of(session: string, credential: string): string {
    return (
      (credential === '' ? undefined : this.known.get(`c${credential}`)) ??
      (session === '' ? undefined : this.known.get(`s${session}`)) ??
      ''
    );
  }

  learn(session: string, credential: string, principal: string): void {
    if (credential !== '') this.set(`c${credential}`, principal);
    if (session !== '') this.set(`s${session}`, principal);
  }

  forget(session: string, credential: string): void {
    if (credential !== '') this.known.delete(`c${credential}`);
    if (session !== '') this.known.delete(`s${session}`);
  }

  private set(key: string, principal: string): void {
    if (this.known.get(key) === principal) return;
    this.known.set(key, principal);
    if (this.known.size > MAX_REMEMBERED) this.known.delete(this.known.keys().next().value as string);
  }
}
