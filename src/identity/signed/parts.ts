/** What all schemes of signatures share: headers, paths, secrets, who owns a key, and that a signature may come once. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SecretSource } from '../../config/signing.ts';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, ROLE } from '../../enrich/kinds.ts';
import { CidrSet } from '../../lib/cidr.ts';
import { SallyportError } from '../../lib/errors.ts';
import { parseIpText } from '../../lib/ip.ts';
import type { Caller, Presented } from '../contract.ts';
import type { ReplayPort, ReplayUse } from '../replay.ts';
import { callerOf } from '../scheme.ts';

/** Least length of a shared secret in bytes: below it, signatures can be forged by trying secrets. */
const MIN_SECRET_BYTES = 16;
/** Shown in place of a secret where a key is not known, so that both take the same work. */
export const DECOY_SECRET: Buffer = randomBytes(32);

/** Value of the first header of this name (in small letters); null where there is none. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i < headers.length; i += 2) {
    const at = headers[i];
    if (at.length === name.length && at.toLowerCase() === name) return headers[i + 1];
  }
  return null;
}

/** How often a header of this name (in small letters) is there. */
function countOf(headers: readonly string[], name: string): number {
  let count = 0;
  for (let i = 0; i < headers.length; i += 2) {
    if (headers[i].length === name.length && headers[i].toLowerCase() === name) count++;
  }
  return count;
}

/** All values of a header, joined as one. */
export function allOf(headers: readonly string[], name: string): string {
  const values: string[] = [];
  for (let i = 0; i < headers.length; i += 2) if (headers[i].toLowerCase() === name) values.push(headers[i + 1].trim());
  return values.join(', ');
}

/** A test for targets: `/hooks/github` itself, or `/partner/**` for everything below. The query does not count. */
export function pathTest(pattern: string): (target: string) => boolean {
  if (pattern === '/**') return () => true;
  if (!pattern.endsWith('**')) {
    return (target) => {
      if (!target.startsWith(pattern)) return false;
      return target.length === pattern.length || target[pattern.length] === '?';
    };
  }
  const prefix = pattern.slice(0, -2);
  return (target) => target.startsWith(prefix);
}

/** Reads what a configuration names. SallyportError SP7601 where it is not there. */
export interface KeyFiles {
  secret(source: SecretSource): Buffer;
  /** Text of a PEM file. */
  pem(name: string): string;
}

/** {@link KeyFiles} with paths relative to `folder`, the one of the configuration. */
export function keyFiles(folder: string, env: Readonly<Record<string, string | undefined>>): KeyFiles {
  const read = (name: string): Buffer => {
    try {
      return readFileSync(resolve(folder, name));
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
      throw new SallyportError('SP7601', `"${name}" cannot be read: ${reason}`);
    }
  };
  return {
    secret(source) {
      const named = 'file' in source ? `file "${source.file}"` : `variable "${source.env}"`;
      const text = 'file' in source ? read(source.file).toString('latin1') : (env[source.env] ?? '');
      const value = Buffer.from(text.replace(/\r?\n$/, ''), 'file' in source ? 'latin1' : 'utf8');
      if (value.length >= MIN_SECRET_BYTES) return value;
      const problem = value.length === 0 ? 'is empty or not set' : `has less than ${MIN_SECRET_BYTES} bytes`;
      throw new SallyportError('SP7601', `the secret in ${named} ${problem}`);
    },
    pem: (name) => read(name).toString('utf8'),
  };
}

/** Settings of a key that say who it proves. */
interface OwnerSettings {
  readonly principal: string;
  readonly partner: string;
  readonly plan: string;
  readonly role: keyof typeof ROLE;
  readonly scopes: readonly string[];
  readonly expires?: string | undefined;
  readonly networks?: readonly string[];
  readonly certificate?: string | undefined;
}

/** Who a key proves, and from where. */
export interface Owner {
  readonly known: Partial<Caller>;
  /** Unix ms from which it counts no more; 0 for never. */
  readonly expiresMs: number;
  readonly networks: CidrSet | null;
  readonly certificate: string;
}

export function ownerOf(settings: OwnerSettings, credential: string): Owner {
  const { principal, partner, plan, role, scopes, expires, networks = [], certificate = '' } = settings;
  const expiresMs = expires === undefined ? 0 : Date.parse(expires);
  return {
    known: { principal, partner, plan, role: ROLE[role], scopes, credential, untilMs: expiresMs },
    expiresMs,
    networks: networks.length === 0 ? null : CidrSet.of(networks),
    certificate,
  };
}

/** What is wrong with how a key is used whose signature is good; null for nothing. */
export function misuse(scheme: number, owner: Owner, presented: Presented): Caller | null {
  const named = { credential: owner.known.credential ?? '', partner: owner.known.partner ?? '' };
  if (owner.expiresMs !== 0 && presented.nowMs >= owner.expiresMs) {
    return callerOf(scheme, AUTH_OUTCOME.expired, { ...named, detail: 'The key has expired.' });
  }
  const away = owner.networks !== null && !(parseIpText(presented.address) && owner.networks.hasParsed());
  const other = owner.certificate !== '' && presented.certificate?.thumbprint !== owner.certificate;
  if (!away && !other) return null;
  const detail = away
    ? 'The key is bound to other networks.'
    : 'The key is bound to a client certificate that was not shown.';
  return callerOf(scheme, AUTH_OUTCOME.binding, { ...named, flags: FLAG.BOUND_ELSEWHERE, detail });
}

/** `accepted`, if `key` comes for the first time; else why not. Ask it last: only what is verified may fill the store. */
export function onceOnly(
  replay: ReplayPort,
  key: string,
  untilMs: number,
  nowMs: number,
  accepted: Caller,
): Caller | Promise<Caller> {
  const judge = (use: ReplayUse): Caller => {
    if (use === 'first') return accepted;
    const { scheme, credential, partner } = accepted;
    if (use === 'full') {
      const detail = 'Nonces cannot be remembered at the moment (SP7603).';
      return callerOf(scheme, AUTH_OUTCOME.unavailable, { credential, partner, detail });
    }
    const detail = 'This signed request was received before.';
    return callerOf(scheme, AUTH_OUTCOME.replayed, { credential, partner, flags: FLAG.REPLAYED, detail });
  };
  const use = replay.firstUse(key, untilMs, nowMs);
  return typeof use === 'string' ? judge(use) : use.then(judge);
}

/** Is `given` equal to one of `macs`? Takes the same time wherever they differ, and looks at all of them. */
export function equalsAny(given: Buffer, macs: readonly Buffer[]): boolean {
  let equal = false;
  for (const mac of macs) {
    const same = given.length === mac.length && timingSafeEqual(given, mac);
    equal = same || equal;
  }
  return equal;
}

export type TextEncoding = 'hex' | 'base64' | 'base64url';

const SHAPE: Readonly<Record<TextEncoding, RegExp>> = {
  hex: /^(?:[0-9a-fA-F]{2})+$/,
  base64: /^[A-Za-z0-9+/]+={0,2}$/,
  base64url: /^[A-Za-z0-9_-]+={0,2}$/,
};

/** Bytes of a signature as text; null where it is not in this encoding. */
export function decoded(text: string, encoding: TextEncoding): Buffer | null {
  return SHAPE[encoding].test(text) ? Buffer.from(text, encoding) : null;
}

/** HMAC over pieces in turn. */
export function mac(hash: string, secret: Uint8Array, ...pieces: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac(hash, secret);
  for (const piece of pieces) hmac.update(piece);
  return hmac.digest();
}

/** What a signed request claims, taken from its headers: nothing is verified yet. */
export interface HmacClaim {
  readonly key: string;
  /** Unix ms. */
  readonly timeMs: number;
  /** '' where the signature itself may come once only. */
  readonly nonce: string;
  readonly signature: Buffer;
  /** The signature that a secret gives. */
  expected(secret: Uint8Array): Buffer;
}

/** A request that is refused before anything was computed. */
export interface Refused {
  readonly outcome: number;
  readonly detail: string;
}

export const malformed = (detail: string): Refused => ({ outcome: AUTH_OUTCOME.malformed, detail });

/**
 * The one value of a header of this name (in small letters), or why there is none that can be used: it is missing, longer
 * than `most` characters, or there twice. `shown` is its name as clients read it.
 */
export function onlyValue(presented: Presented, name: string, most: number, shown = name): string | Refused {
  const value = headerOf(presented.headers, name);
  if (value === null || value === '') return malformed(`${shown} is missing.`);
  if (value.length > most) return { outcome: AUTH_OUTCOME.oversized, detail: `${shown} is too long.` };
  return countOf(presented.headers, name) > 1 ? malformed(`${shown} stands twice.`) : value;
}
