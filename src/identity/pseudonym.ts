/** Names for what must not be named: keyed hashes under the secret of the installation. */
import { createHmac, hash } from 'node:crypto';

/** Characters of base64url that are kept of a keyed hash: 132 bits. */
const NAME_LENGTH = 22;

/** SHA-256 of a credential as it is cached by: base64url. */
export function digestOf(secret: string): string {
  return hash('sha256', secret, 'base64url');
}

/** Names that stay the same for one secret and kind, and tell nothing about it to who has not the key. */
export class Namer {
  private readonly key: Buffer;

  constructor(key: Buffer) {
    this.key = key;
  }

  /** `kind` stands before it, so that people see what it is: token-…, session-…. */
  name(kind: string, secret: string): string {
    return `${kind}-${this.full(kind, secret).slice(0, NAME_LENGTH)}`;
  }

  /** All 256 bits, base64url. */
  full(kind: string, secret: string): string {
    return createHmac('sha256', this.key).update(`${kind}\0${secret}`).digest('base64url');
  }
}
