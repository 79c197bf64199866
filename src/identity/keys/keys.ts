/**
 * API keys. A key is looked up by a keyed hash of all of it, so an unknown id, a wrong secret and a key of another
 * installation take the same way through this code and the same time; there is nothing to compare byte by byte.
 */
import { hash } from 'node:crypto';
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import type { Caller, Presented } from '../contract.ts';
import { tokenOf } from '../read.ts';
import { callerOf, type Found, type Scheme } from '../scheme.ts';
import { formOf, keyed, MAX_KEY_LENGTH } from './format.ts';
import type { KeyTable, KnownKey } from './table.ts';

export interface KeyScheme extends Scheme {
  /** Goes over to other keys: what is not among them counts no more. */
  update(table: KeyTable): void;
}

export interface KeyOptions {
  readonly table: KeyTable;
  /** The secret of the installation. */
  readonly secret: Buffer;
  /** How keys begin, without the underscore: sp. */
  readonly prefix: string;
  /** Is this bearer token a key? {@link bearerKeys}. */
  readonly isKey: (token: string) => boolean;
}

/** A key and the caller that it proves, which is the same every time. */
interface Resolved {
  readonly key: KnownKey;
  readonly caller: Caller;
}

const { malformed, oversized, unknown, expired, early, accepted, revoked } = AUTH_OUTCOME;
const fails = (outcome: number, detail: string): Caller => callerOf(AUTH_SCHEME.key, outcome, { detail });
const MALFORMED = fails(malformed, 'the key is not whole');
const OVERSIZED = fails(oversized, 'the key is too long');
const UNKNOWN = fails(unknown, 'no key is like this');

/** The scheme `keys`. */
export function createKeys(options: KeyOptions): KeyScheme {
  let { table } = options;
  // At most one entry for each secret of the table: only what was found there is remembered.
  let resolved = new Map<string, Resolved>();

  const resolve = (plain: string): Resolved | null => {
    const key = table.get(keyed(plain, options.secret));
    if (key === undefined) return null;
    const found = { key, caller: callerOfKey(key) };
    resolved.set(plain, found);
    return found;
  };

  const secretOf = (found: Found): string => {
    if (found.key !== '') return found.key;
    const token = tokenOf(found);
    return options.isKey(token) ? token : '';
  };

  return {
    name: 'keys',
    companion: true,
    present: (_, found) => secretOf(found) !== '',
    identify(presented: Presented, found: Found): Caller {
      const secret = secretOf(found);
      if (secret.length > MAX_KEY_LENGTH) return OVERSIZED;
      const plain = hash('sha256', secret, 'hex');
      const known = resolved.get(plain);
      if (known !== undefined) return inTime(known, presented.nowMs);
      if (formOf(secret, options.prefix) === 'broken') return MALFORMED;
      const met = resolve(plain);
      return met === null ? UNKNOWN : inTime(met, presented.nowMs);
    },
    update(next) {
      table = next;
      resolved = new Map();
    },
    close() {
      resolved.clear();
    },
  };
}

/** Which bearer tokens are keys: those with the prefix, or (`any`) all that do not look like a JWT. */
export function bearerKeys(prefix: string, any: boolean): (token: string) => boolean {
  const start = `${prefix}_`;
  return (token) => token !== '' && (token.startsWith(start) || (any && !token.startsWith('eyJ')));
}

function callerOfKey(key: KnownKey): Caller {
  return callerOf(AUTH_SCHEME.key, accepted, {
    principal: key.principal,
    credential: key.id,
    partner: key.partner,
    plan: key.plan,
    role: key.role,
    scopes: key.scopes,
    untilMs: key.untilMs,
  });
}

function inTime({ key, caller }: Resolved, nowMs: number): Caller {
  const { untilMs, fromMs } = key;
  if (key.revoked) return { ...caller, principal: '', outcome: revoked, detail: 'the key was revoked' };
  if (untilMs !== 0 && untilMs <= nowMs)
    return { ...caller, principal: '', outcome: expired, detail: 'the key has expired' };
  if (fromMs > nowMs) return { ...caller, principal: '', outcome: early, detail: 'the key is not valid yet' };
  return caller;
}
