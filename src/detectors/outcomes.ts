/**
 * What became of an attempt to log in, to redeem a code, or to learn whether an account exists: the one reading of status
 * codes and business events that all detectors of such attempts share.
 *
 * Records of these attempts live under `['all', actor]`: the engine leaves such a combination out of every event to which
 * none of these conditions applies, so that a million addresses that never log in have no room set aside for it.
 */

import { condition } from '../engine/aggregates.ts';
import type { Facts } from '../engine/facts.ts';
import type { ActorDimension, Key } from '../engine/keys.ts';
import { FLAG, METHODS, ROUTE_CLASS } from '../enrich/facts.ts';
import { BUSINESS_NAMES, type BusinessName } from '../event/events.ts';

/** Where an actor's rare attempts are kept. */
export const attemptKey = (actor: ActorDimension | 'path'): Key => ['all', actor];

export const OUTCOME = {
  none: 0,
  failed: 1,
  accepted: 2,
  /** A login form answered with 200: the form again, or a service that says "welcome". Its style tells (failure-test). */
  shown: 3,
} as const;

const nameIndex = (name: BusinessName): number => BUSINESS_NAMES.indexOf(name) + 1;
const LOGIN_FAILED = nameIndex('login.failed');
const LOGIN_SUCCEEDED = nameIndex('login.succeeded');
const CODE_ACCEPTED = nameIndex('code.accepted');
const CODE_REJECTED = nameIndex('code.rejected');
const PROMO_REDEEMED = nameIndex('promo.redeemed');
const LOOKUP_FOUND = nameIndex('lookup.found');
const LOOKUP_MISSED = nameIndex('lookup.missed');
const RESET_REQUESTED = nameIndex('reset.requested');

const POST = METHODS.indexOf('POST');
const PUT = METHODS.indexOf('PUT');
const PATCH = METHODS.indexOf('PATCH');
const sends = (method: number): boolean => method === POST || method === PUT || method === PATCH;

const isRefusal = (status: number): boolean =>
  status === 401 || status === 403 || status === 422 || status === 400 || status === 429;

/** All that the conditions below can be about: asked first, so that the many other events cost one question. */
const attempt = condition('attempt of a sensitive kind', (f) => {
  const { routeClass } = f;
  if (routeClass >= ROUTE_CLASS.login) return routeClass !== ROUTE_CLASS.search && routeClass !== ROUTE_CLASS.feed;
  return f.status === 401 || f.business !== 0;
});

/**
 * What became of a login. Something must have been sent to a login route, and the status must tell: a redirect or a 2xx
 * is a success, 400, 401, 403, 422 and 429 a failure; a missing page (404, 405) or a broken server (5xx) says nothing
 * about the password. Elsewhere a 401 for somebody the log names is a failed login too (HTTP Basic).
 */
export function loginOutcome(f: Facts): number {
  if (f.routeClass === ROUTE_CLASS.login) {
    const { status } = f;
    if (sends(f.method)) {
      if (isRefusal(status)) return OUTCOME.failed;
      if (status === 200) return OUTCOME.shown;
      return status > 200 && status < 400 ? OUTCOME.accepted : OUTCOME.none;
    }
  }
  const { business } = f;
  if (business !== 0) {
    if (f.has(FLAG.REPEATED)) return OUTCOME.none;
    if (business === LOGIN_FAILED) return OUTCOME.failed;
    return business === LOGIN_SUCCEEDED ? OUTCOME.accepted : OUTCOME.none;
  }
  return f.status === 401 && f.hasPrincipal ? OUTCOME.failed : OUTCOME.none;
}

export const loginAttempt = condition('login attempt', (f) => loginOutcome(f) !== OUTCOME.none, attempt);
export const loginFailed = condition('login failed', (f) => loginOutcome(f) === OUTCOME.failed, loginAttempt);
/**
 * A failed login with the name it was for: of outcomes that are told twice, the business event is no second failure, but it
 * is the one that knows the name.
 */
export const loginFailedNamed = condition(
  'login failed for a name',
  (f) => f.hasPrincipal && (f.business === LOGIN_FAILED || loginOutcome(f) === OUTCOME.failed),
  attempt,
);
export const loginShown = condition('login answered 200', (f) => loginOutcome(f) === OUTCOME.shown, loginAttempt);
const redirects = (f: Facts): boolean =>
  f.status >= 300 && f.status < 304 && f.routeClass === ROUTE_CLASS.login && sends(f.method);
export const loginRedirected = condition('login answered by a redirect', redirects, loginAttempt);
/** A form that was shown again or left by a redirect: the two answers of sites that log in by pages. */
export const loginByForm = condition(
  'login by a form',
  (f) => redirects(f) || loginOutcome(f) === OUTCOME.shown,
  loginAttempt,
);
/** The service says by status that a password is wrong, so a 200 of the same path means success. */
export const loginDeniedByStatus = condition(
  'login denied by status',
  (f) => f.routeClass === ROUTE_CLASS.login && (f.status === 401 || f.status === 422) && sends(f.method),
  loginAttempt,
);

/** What became of a promotion, gift or one-time code. */
export function codeOutcome(f: Facts): number {
  if (f.routeClass === ROUTE_CLASS.code) {
    if (!sends(f.method) && !f.hasObject && !f.has(FLAG.QUERY)) return OUTCOME.none;
    const { status } = f;
    if (status >= 200 && status < 400) return OUTCOME.accepted;
    if (isRefusal(status) || status === 404 || status === 409 || status === 410) return OUTCOME.failed;
    return OUTCOME.none;
  }
  const { business } = f;
  if (business === 0 || f.has(FLAG.REPEATED)) return OUTCOME.none;
  if (business === CODE_REJECTED) return OUTCOME.failed;
  return business === CODE_ACCEPTED || business === PROMO_REDEEMED ? OUTCOME.accepted : OUTCOME.none;
}

export const codeAttempt = condition('code attempt', (f) => codeOutcome(f) !== OUTCOME.none, attempt);
/** A rejected code that is known: named by the path, the query, or the business event that repeats the rejection. */
export const codeRejectedNamed = condition(
  'code rejected by name',
  (f) => f.hasObject && (f.business === CODE_REJECTED || codeOutcome(f) === OUTCOME.failed),
  attempt,
);
export const codeRejected = condition('code rejected', (f) => codeOutcome(f) === OUTCOME.failed, codeAttempt);

/**
 * A question whether an account exists. Password resets and lookups ask it with every identifier; a sign-up asks it only
 * where it is turned down, because a sign-up that works made an account. What an application looks up besides accounts
 * is no such question. `accepted` means that the account exists.
 */
export function accountOutcome(f: Facts): number {
  const { routeClass, status } = f;
  if (routeClass === ROUTE_CLASS.lookup || routeClass === ROUTE_CLASS.reset) {
    const named = f.hasObject || sends(f.method) || (routeClass === ROUTE_CLASS.lookup && f.has(FLAG.QUERY));
    if (!named) return OUTCOME.none;
    if (status >= 200 && status < 400) return OUTCOME.accepted;
    return status === 404 || status === 400 || status === 422 || status === 410 ? OUTCOME.failed : OUTCOME.none;
  }
  if (routeClass === ROUTE_CLASS.signup) {
    return sends(f.method) && (status === 409 || status === 422 || status === 400) ? OUTCOME.accepted : OUTCOME.none;
  }
  const { business } = f;
  if (business === 0 || f.has(FLAG.REPEATED)) return OUTCOME.none;
  if (business === RESET_REQUESTED) return OUTCOME.accepted;
  if (f.has(FLAG.NO_ACCOUNT)) return OUTCOME.none;
  if (business === LOOKUP_MISSED) return OUTCOME.failed;
  return business === LOOKUP_FOUND ? OUTCOME.accepted : OUTCOME.none;
}

export const accountQuestion = condition('account question', (f) => accountOutcome(f) !== OUTCOME.none, attempt);
export const accountMissing = condition(
  'account missing',
  (f) => accountOutcome(f) === OUTCOME.failed,
  accountQuestion,
);
