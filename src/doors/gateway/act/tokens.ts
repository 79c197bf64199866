/**
 * Sealed tokens: what a client carries for us between two requests, so that nothing has to be remembered about strangers.
 * A token is authentic (HMAC-SHA-256) and cannot be read (AES-256 in counter mode, with the authentication code as its
 * synthetic initial value: the construction of RFC 5297 with another code), because it says who is suspected of what.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hash,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';

/** What a token is for. One kind is never accepted for another. */
export const KIND = { challenge: 1, wait: 2, clearance: 3, receipt: 4 } as const;
export type Kind = (typeof KIND)[keyof typeof KIND];

export interface Token {
  readonly kind: Kind;
  /** Difficulty in leading zero bits; 0 where there is none. */
  readonly bits: number;
  /** Unix seconds: made at, counts from, counts until (exclusive). */
  readonly issuedSec: number;
  readonly fromSec: number;
  readonly untilSec: number;
  /** What makes this one unlike all others: {@link ID_BYTES} bytes. */
  readonly id: Buffer;
  /** What the client looked like ({@link TokenBox.binding}): {@link BINDING_BYTES} bytes. */
  readonly binding: Buffer;
  /** Class of abuse, or the mitigation's id of a receipt. */
  readonly about: string;
  /** Actor as the verdict names it. */
  readonly actor: string;
}

export const ID_BYTES = 12;
export const BINDING_BYTES = 8;
/** Bytes of the authentication code: 128 bits, which cannot be guessed online. */
const MAC_BYTES = 16;
const HEAD_BYTES = 14;
const FIXED_BYTES = HEAD_BYTES + ID_BYTES + BINDING_BYTES + 2;
/** Longest class and actor, in bytes: both are our own words and hashes, and far shorter. */
const TEXT_BYTES = 64;
/**
 * Tokens are filled up to a multiple of so many bytes, which is 64 characters: all of them look alike, and the solver of the
 * puzzle gets whole blocks of SHA-256.
 */
const STEP_BYTES = 48;
/** Longest token, in characters of base64url. */
export const TOKEN_CHARS = (Math.ceil((MAC_BYTES + FIXED_BYTES + 2 * TEXT_BYTES) / STEP_BYTES) * STEP_BYTES * 4) / 3;
const SHAPE = /^[\w-]+$/;

/** Seals and opens tokens with keys that follow from one secret. */
export class TokenBox {
  private readonly macKey: KeyObject;
  private readonly cipherKey: Buffer;

  /** `secret`: 32 bytes. */
  constructor(secret: Buffer) {
    this.macKey = createSecretKey(derive(secret, 'token code'));
    this.cipherKey = derive(secret, 'token cipher');
  }

  /** The token as text of base64url. The same contents give the same text. */
  seal(token: Token): string {
    const plain = encode(token);
    const mac = this.mac(plain);
    const cipher = createCipheriv('aes-256-ctr', this.cipherKey, mac);
    return Buffer.concat([mac, cipher.update(plain)]).toString('base64url');
  }

  /** What a token says, or null where it is not one of ours, of another kind, or changed by a single bit. */
  open(text: string, kind: Kind): Token | null {
    if (text.length > TOKEN_CHARS || !SHAPE.test(text)) return null;
    const bytes = Buffer.from(text, 'base64url');
    if (bytes.length < MAC_BYTES + FIXED_BYTES || bytes.toString('base64url') !== text) return null;
    const mac = bytes.subarray(0, MAC_BYTES);
    const plain = createDecipheriv('aes-256-ctr', this.cipherKey, mac).update(bytes.subarray(MAC_BYTES));
    if (!timingSafeEqual(mac, this.mac(plain))) return null;
    return decode(plain, kind);
  }

  /** A short hash of what a client looks like: tokens made for one are worthless to another. Nobody sees it but us. */
  binding(...parts: readonly string[]): Buffer {
    return hash('sha256', parts.join('\n'), 'buffer').subarray(0, BINDING_BYTES);
  }

  private mac(plain: Buffer): Buffer {
    return createHmac('sha256', this.macKey).update(plain).digest().subarray(0, MAC_BYTES);
  }
}

/** A key for one purpose. */
export function derive(secret: Buffer, purpose: string): Buffer {
  return createHmac('sha256', secret).update(`sallyport/act/${purpose}`).digest();
}

function encode(token: Token): Buffer {
  const about = Buffer.from(token.about).subarray(0, TEXT_BYTES);
  const actor = Buffer.from(token.actor).subarray(0, TEXT_BYTES);
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = token.kind;
  head[1] = token.bits;
  head.writeUInt32BE(token.issuedSec, 2);
  head.writeUInt32BE(token.fromSec, 6);
  head.writeUInt32BE(token.untilSec, 10);
  const texts = [Buffer.of(about.length), about, Buffer.of(actor.length), actor];
  const length = FIXED_BYTES + about.length + actor.length;
  const filled = Math.ceil((MAC_BYTES + length) / STEP_BYTES) * STEP_BYTES - MAC_BYTES;
  return Buffer.concat([head, token.id, token.binding, ...texts], filled);
}

function decode(plain: Buffer, kind: Kind): Token | null {
  if (plain[0] !== kind) return null;
  let at = HEAD_BYTES;
  const take = (n: number): Buffer => {
    at += n;
    return plain.subarray(at - n, at);
  };
  const id = take(ID_BYTES);
  const binding = take(BINDING_BYTES);
  const about = take(take(1)[0]).toString();
  const actor = take(take(1)[0]).toString();
  return {
    kind,
    bits: plain[1],
    issuedSec: plain.readUInt32BE(2),
    fromSec: plain.readUInt32BE(6),
    untilSec: plain.readUInt32BE(10),
    id,
    binding,
    about,
    actor,
  };
}
