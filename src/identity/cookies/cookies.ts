/**
 * Sessions of the application. Only the application knows whether a session is logged in; what can be said here is whether
 * it has issued the id at all, where ids are signed.
 */
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import { Cache } from '../cache.ts';
import type { Caller } from '../contract.ts';
import { digestOf, type Namer } from '../pseudonym.ts';
import { cookieOf } from '../read.ts';
import { callerOf, type Found, type Scheme } from '../scheme.ts';
import { MAX_COOKIE, type SignedKind, unsigned } from './signed.ts';

export interface CookieOptions {
  /** Names of cookies that carry session ids: the first that is there counts. */
  readonly names: readonly string[];
  /** Cookies whose signature can be checked, by name. */
  readonly signed: ReadonlyMap<
    string,
    { readonly kind: SignedKind; readonly secrets: readonly Buffer[]; readonly proves: 'session' | 'login' }
  >;
  readonly namer: Namer;
  /** Sessions kept in one generation of the cache. */
  readonly cached: number;
}

/** How long a cookie that was looked at is remembered, in ms. */
const KEEP_MS = 600_000;

const { accepted, claimed, malformed, oversized, signature } = AUTH_OUTCOME;
const fails = (outcome: number, detail: string): Caller => callerOf(AUTH_SCHEME.cookie, outcome, { detail });
const OVERSIZED = fails(oversized, 'the cookie is too long');
const MALFORMED = fails(malformed, 'the cookie is not signed');
const FORGED = fails(signature, 'the signature of the cookie is wrong');

/** The session cookie of a request, and which one it is; null where there is none. */
export function sessionOf(
  cookie: string,
  names: readonly string[],
): { readonly name: string; readonly value: string } | null {
  if (cookie === '') return null;
  for (const name of names) {
    const value = cookieOf(cookie, name);
    if (value !== '') return { name, value };
  }
  return null;
}

/** The scheme `cookies`. */
export function createCookies(options: CookieOptions): Scheme {
  const good = new Cache<Caller>(options.cached);
  const bad = new Cache<Caller>(options.cached);
  const look = (name: string, value: string): Caller => {
    const rule = options.signed.get(name);
    if (rule === undefined) return known(claimed, options.namer.name('session', value));
    const id = unsigned(value, rule.kind, rule.secrets);
    if (id === '') return MALFORMED;
    if (id === null) return FORGED;
    return known(rule.proves === 'login' ? accepted : claimed, options.namer.name('session', id));
  };
  return {
    name: 'cookies',
    present: (_, found: Found) => sessionOf(found.cookie, options.names) !== null,
    identify({ nowMs }, found) {
      const session = sessionOf(found.cookie, options.names);
      if (session === null) return fails(AUTH_OUTCOME.missing, '');
      if (session.value.length > MAX_COOKIE) return OVERSIZED;
      const digest = digestOf(`${session.name}=${session.value}`);
      const before = good.get(digest, nowMs) ?? bad.get(digest, nowMs);
      if (before !== undefined) return before;
      const caller = look(session.name, session.value);
      (caller.session === '' ? bad : good).set(digest, caller, nowMs + KEEP_MS);
      return caller;
    },
    close() {},
  };
}

const known = (outcome: number, session: string): Caller =>
  callerOf(AUTH_SCHEME.cookie, outcome, { credential: session, session });
