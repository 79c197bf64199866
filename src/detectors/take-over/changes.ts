/**
 * Changes by which an account passes into other hands: told by business events, or recognised by method and path. Only the
 * path is read, never the query, so that a journal whose parameters were redacted gives the same answer.
 */
import { condition } from '../../engine/aggregates.ts';
import type { Facts } from '../../engine/facts.ts';
import { METHODS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { SENSITIVITY } from '../../enrich/kinds.ts';
import { BUSINESS_NAMES, type BusinessName } from '../../event/events.ts';
import { acceptedPrincipal } from '../conditions.ts';

const SLASH = 0x2f;

/** FNV-1a over a name in small letters without hyphens and underscores: two names of these lists share none. */
function hashAt(text: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) {
    const c = text[at];
    if (c === 0x2d || c === 0x5f) continue;
    hash = Math.imul(hash ^ (c >= 0x41 && c <= 0x5a ? c + 32 : c), 0x01000193);
  }
  return hash | 0;
}
const hashOf = (word: string): number => hashAt(new TextEncoder().encode(word), 0, word.length);

/** Kinds of changes, from 1 on: 0 is none. */
export const CHANGES = ['', 'email', 'password', 'payout', 'mfa', 'address', 'token', 'profile', 'sensitive'] as const;
const CHANGE = Object.fromEntries(CHANGES.map((name, i) => [name, i])) as Record<(typeof CHANGES)[number], number>;

const BY_EVENT = new Map<number, number>(
  (
    [
      ['email.changed', CHANGE.email],
      ['password.changed', CHANGE.password],
      ['payout.changed', CHANGE.payout],
      ['mfa.disabled', CHANGE.mfa],
      ['address.changed', CHANGE.address],
      ['token.created', CHANGE.token],
    ] as readonly (readonly [BusinessName, number])[]
  ).map(([name, kind]) => [BUSINESS_NAMES.indexOf(name) + 1, kind]),
);

const WORDS: ReadonlyMap<number, number> = new Map(
  (
    [
      ['email mail emailaddress changeemail updateemail emailchange', CHANGE.email],
      ['password passwd changepassword passwordchange updatepassword newpassword', CHANGE.password],
      [
        'payout payouts payoutmethod payoutmethods payoutaccount bankaccount bankaccounts bankdetails iban beneficiary beneficiaries payee payees withdrawaladdress withdrawaladdresses',
        CHANGE.payout,
      ],
      ['mfa 2fa totp twofactor twofactorauth authenticator authenticators passkeys', CHANGE.mfa],
      ['address addresses shippingaddress phone phonenumber', CHANGE.address],
      [
        'apikey apikeys accesstoken accesstokens personalaccesstokens personaltokens sshkeys apppassword apppasswords',
        CHANGE.token,
      ],
    ] as const
  ).flatMap(([words, kind]) => words.split(' ').map((word) => [hashOf(word), kind] as const)),
);
/** An account as a whole: what of it was changed only the application knows. */
const PROFILES = new Set(
  'account profile me settings user users customer customers member members'.split(' ').map(hashOf),
);

/** Words by which a second factor is taken away where the method does not say so. */
const REMOVALS = new Set(['disable', 'deactivate', 'remove', 'delete', 'off'].map(hashOf));

const POST = METHODS.indexOf('POST');
const PUT = METHODS.indexOf('PUT');
const DELETE = METHODS.indexOf('DELETE');
const PATCH = METHODS.indexOf('PATCH');

/** Segments from the end that may name a change, and the longest that can, in bytes. */
const SEGMENTS = 3;
const LONGEST = 30;

/** Kind of change an event is, 0 for none. */
export function changeOf(f: Facts): number {
  if (f.business !== 0) return BY_EVENT.get(f.business) ?? 0;
  const { method } = f;
  if (method !== POST && method !== PUT && method !== PATCH && method !== DELETE) return 0;
  const { routeClass } = f;
  if (routeClass === ROUTE_CLASS.login || routeClass === ROUTE_CLASS.reset || routeClass === ROUTE_CLASS.signup)
    return 0;
  const named = namedChange(f, method);
  return named === 0 && f.sensitivity >= SENSITIVITY.money ? CHANGE.sensitive : named;
}

function namedChange(f: Facts, method: number): number {
  readSegments(f);
  const [last, before] = segments;
  const removes = method === DELETE || REMOVALS.has(last);
  for (const segment of segments) {
    const kind = WORDS.get(segment) ?? 0;
    if (kind === CHANGE.mfa) return removes ? kind : 0;
    // What is taken away gives nobody anything; only a second factor does.
    if (kind === CHANGE.token) return method === POST ? kind : 0;
    if (kind !== 0) return method === DELETE ? 0 : kind;
  }
  // "/account", "/users/7": with more behind it, it is another thing that belongs to the account.
  const whole = PROFILES.has(last) || PROFILES.has(before);
  return whole && (method === PUT || method === PATCH) ? CHANGE.profile : 0;
}

/** Hashes of the last segments of the path, the last one first; 0 for none. One array, reused: this runs with every write. */
const segments = new Int32Array(SEGMENTS);

function readSegments({ batch, row }: Facts): void {
  const start = batch.targetAt[row];
  const { text } = batch;
  let end = start;
  const limit = start + batch.targetLength[row];
  while (end < limit && text[end] !== 0x3f && text[end] !== 0x3b && text[end] !== 0x23) end++;
  segments.fill(0);
  let n = 0;
  for (let at = end - 1; at >= start && n < SEGMENTS; at--) {
    if (text[at] !== SLASH) continue;
    if (end > at + 1) segments[n++] = end - at - 1 > LONGEST ? -1 : hashAt(text, at + 1, end);
    end = at;
  }
}

/** An account was changed by somebody who was let in as its user. */
export const accountChange = condition('account changed', (f) => changeOf(f) !== 0, acceptedPrincipal);
/** Changes that are remembered, so that those that follow can be told in their order. */
export const REMEMBERED = ['email', 'password', 'payout', 'mfa', 'address', 'token'] as const;
export const changed = Object.fromEntries(
  REMEMBERED.map((name) => [
    name,
    condition(`account changed: ${name}`, (f) => changeOf(f) === CHANGE[name], accountChange),
  ]),
) as Record<(typeof REMEMBERED)[number], typeof accountChange>;
