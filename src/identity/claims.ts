/** From the claims of a token, or of what introspection tells of it, to a caller. */
import { ROLE } from '../enrich/kinds.ts';

/** Where claims stand. A name is looked for as it is first (https://example.com/roles), then along its dots. */
export interface ClaimNames {
  readonly principal: string;
  readonly partner: string;
  readonly scopes: string;
  readonly roles: string;
  readonly plan: string;
  readonly session: string;
  readonly device: string;
}

export interface ClaimMap {
  readonly names: ClaimNames;
  /** Role as the issuer calls it → ROLE. */
  readonly roles: ReadonlyMap<string, number>;
  /** ROLE where none of them stands. */
  readonly role: number;
  /** Put before principals, so that two issuers cannot name the same one. */
  readonly prefix: string;
}

export type Claims = Readonly<Record<string, unknown>>;

/** What claims say about a caller. */
export interface Claimed {
  readonly principal: string;
  readonly partner: string;
  readonly scopes: readonly string[];
  readonly role: number;
  readonly plan: string;
  readonly session: string;
  readonly device: string;
}

/** Longest text taken over from a claim, in characters: a longer one is none. */
const MAX_TEXT = 256;
/** Scopes or roles at most; further ones are left out, which can only take rights away. */
const MAX_LIST = 256;

export function claimed(claims: Claims, map: ClaimMap): Claimed {
  const { names } = map;
  const principal = textAt(claims, names.principal);
  return {
    principal: principal === '' ? '' : map.prefix + principal,
    partner: textAt(claims, names.partner),
    scopes: listAt(claims, names.scopes),
    role: roleOf(listAt(claims, names.roles), map, principal),
    plan: textAt(claims, names.plan),
    session: textAt(claims, names.session),
    device: textAt(claims, names.device),
  };
}

/** The role with the most rights among those that are mapped: they are numbered in this order. */
function roleOf(words: readonly string[], { roles, role }: ClaimMap, principal: string): number {
  let best = -1;
  for (const word of words) best = Math.max(best, roles.get(word) ?? -1);
  if (best >= 0) return best;
  return principal === '' && role === ROLE.user ? ROLE.service : role;
}

/** The value under a name; only members of their own count, nothing that objects inherit. */
export function claimAt(claims: Claims, name: string): unknown {
  if (name === '') return undefined;
  if (Object.hasOwn(claims, name)) return claims[name];
  let value: unknown = claims;
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** A text or whole number as text; '' for everything else. */
export function textAt(claims: Claims, name: string): string {
  const value = claimAt(claims, name);
  if (typeof value === 'string') return value.length <= MAX_TEXT ? value : '';
  return Number.isSafeInteger(value) ? String(value) : '';
}

/** Words of a text parted by spaces (RFC 8693, 4.2), or texts of a list. */
function listAt(claims: Claims, name: string): readonly string[] {
  const value = claimAt(claims, name);
  const words: readonly unknown[] = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : [];
  const out: string[] = [];
  for (const word of words) {
    if (out.length >= MAX_LIST) break;
    if (typeof word === 'string' && word !== '' && word.length <= MAX_TEXT) out.push(word);
  }
  return out;
}

/** Unix ms of a claim in seconds; 0 where there is none. */
export function timeAt(claims: Claims, name: string): number {
  const value = claims[name];
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value * 1000) : 0;
}
