import { createHmac } from 'node:crypto';

/**
 * Session ids and keys never get into a row, a journal or a log: a keyed hash (HMAC-SHA-256, 80 bits of it) stands for them
 * from the first line on.
 */
export class Pseudonyms {
  private readonly key: Buffer;

  constructor(key: Buffer) {
    this.key = key;
  }

  /** `kind` is put before it, so that people see what it stands for. */
  of(kind: IdentityKind, secret: string): string {
    return `${kind}-${createHmac('sha256', this.key).update(`${kind}\0${secret}`).digest('hex').slice(0, 20)}`;
  }
}

export type IdentityKind = 'session' | 'key';

/** A session or key that has come with a request. */
export interface Identity {
  /** What it is remembered by: the secret itself, or the pseudonym of a long one. */
  readonly id: string;
  readonly kind: IdentityKind;
  /** The pseudonym. */
  readonly name: string;
  /** Whom it was seen to belong to: {@link NAMELESS} where only its acceptance is known, '' for nobody yet. */
  principal: string;
}

/** The principal of a key that was accepted without the upstream naming its owner. */
export const NAMELESS = '\u0000';

/** Sessions or keys remembered whose owner is known, and without one, so that a secret is not hashed with every request. */
const MAX_KNOWN = 100_000;
const MAX_STRANGERS = 25_000;
/** Longer secrets are hashed each time they come: keeping them would take more memory than a stranger is worth. */
const MAX_SECRET = 1024;

/**
 * Sessions and keys, each with its pseudonym and with whom the upstream said it belongs to: the next request is known when
 * it comes, not only when it has been answered. One look-up a request for those who are known. Bounded; those learned
 * first go first, and strangers never push out anybody who is known.
 */
export class Identities {
  private readonly pseudonyms: Pseudonyms;
  private readonly known = { session: new Map<string, Identity>(), key: new Map<string, Identity>() };
  private readonly strangers = { session: new Map<string, Identity>(), key: new Map<string, Identity>() };

  constructor(pseudonyms: Pseudonyms) {
    this.pseudonyms = pseudonyms;
  }

  of(kind: IdentityKind, secret: string): Identity {
    const id = secret.length <= MAX_SECRET ? secret : this.pseudonyms.of(kind, secret);
    return this.known[kind].get(id) ?? this.strangers[kind].get(id) ?? this.meet(kind, id, secret);
  }

  learn(identity: Identity, principal: string): void {
    identity.principal = principal;
    const known = this.known[identity.kind];
    if (known.get(identity.id) === identity) return;
    this.strangers[identity.kind].delete(identity.id);
    put(known, identity, MAX_KNOWN);
  }

  forget(identity: Identity): void {
    identity.principal = '';
    this.known[identity.kind].delete(identity.id);
  }

  private meet(kind: IdentityKind, id: string, secret: string): Identity {
    const identity = { id, kind, name: id === secret ? this.pseudonyms.of(kind, secret) : id, principal: '' };
    put(this.strangers[kind], identity, MAX_STRANGERS);
    return identity;
  }
}

function put(map: Map<string, Identity>, identity: Identity, most: number): void {
  map.set(identity.id, identity);
  if (map.size > most) map.delete(map.keys().next().value as string);
}
