/**
 * What is presented and nobody here can check: the application will. It gets a name, so that what is done with it can be
 * counted, and nothing more.
 */
import { AUTH_OUTCOME, AUTH_SCHEME } from '../enrich/kinds.ts';
import { Cache } from './cache.ts';
import type { Caller } from './contract.ts';
import { digestOf, type Namer } from './pseudonym.ts';
import { tokenOf } from './read.ts';
import { callerOf, type Found, type Scheme } from './scheme.ts';

/** Longest credential that gets a name, in characters. */
const MAX_SECRET = 16_384;
/** Longer ones are kept by a hash: keeping them themselves would take more memory than a stranger is worth. */
const MAX_ITSELF = 1024;
/** Names kept, in one generation, and how long, in ms. */
const MAX_KEPT = 25_000;
const KEPT_MS = 600_000;

const OVERSIZED = callerOf(AUTH_SCHEME.opaque, AUTH_OUTCOME.oversized, { detail: 'the credential is too long' });

/** The scheme `claimed`: keys in their headers and bearer tokens, where no other scheme takes them. Comes last. */
export function createClaimed(namer: Namer): Scheme {
  const kept = new Cache<Caller>(MAX_KEPT);
  return {
    name: 'claimed',
    present: (_, found: Found) => found.key !== '' || tokenOf(found) !== '',
    identify({ nowMs }, found): Caller {
      const secret = found.key || tokenOf(found);
      if (secret.length > MAX_SECRET) return OVERSIZED;
      const known = secret.length <= MAX_ITSELF ? secret : digestOf(secret);
      const before = kept.get(known, nowMs);
      if (before !== undefined) return before;
      const kind = found.key !== '' ? AUTH_SCHEME.key : secret.startsWith('eyJ') ? AUTH_SCHEME.jwt : AUTH_SCHEME.opaque;
      const caller = callerOf(kind, AUTH_OUTCOME.claimed, { credential: namer.name('key', secret) });
      kept.set(known, caller, nowMs + KEPT_MS);
      return caller;
    },
    close() {},
  };
}
