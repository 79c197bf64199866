/**
 * May this caller use this route? Answers look alike for everything that a stranger could learn from: an unknown key, a wrong
 * secret, a revoked one and a forged token are one problem with one sentence. Only who has shown a credential that was good
 * once is told that it has expired, and who has shown a bound one that its key is missing.
 */
import { AUTH_OUTCOME, AUTH_SCHEME } from '../enrich/kinds.ts';
import type { AccessRefusal, AccessRule, Caller } from './contract.ts';

const { accepted, missing, malformed, oversized, unavailable, expired, early, binding } = AUTH_OUTCOME;
const { key, jwt, opaque, phantom, certificate, cookie, hmac, signature, webhook } = AUTH_SCHEME;

/** Seconds after which a client may ask again where nobody could check its credential. */
const RETRY_SEC = '5';
const NONE: readonly string[] = [];

/**
 * What to answer a caller who may not go on; null where it may. A route without `required` lets everybody on but asks for the
 * scopes and roles it names, if it names any. Called for every request: allocates only where it refuses.
 */
export function authorise(caller: Caller, rule: AccessRule): AccessRefusal | null {
  const asks = rule.required || rule.scopes.length > 0 || rule.roles.length > 0;
  if (!asks) return null;
  if (caller.outcome !== accepted) return refused(caller, rule);
  if (!counts(caller.scheme, rule.schemes)) return absent(rule);
  for (let i = 0; i < rule.scopes.length; i++)
    if (!caller.scopes.includes(rule.scopes[i])) return insufficient(caller, rule);
  if (rule.roles.length > 0 && !rule.roles.includes(caller.role)) return insufficient(caller, rule);
  return null;
}

/**
 * AUTH_OUTCOME of a request that was refused, for its facts: `missing` where a credential is wanted and none came, `scope`
 * where one is good and not enough, else what the desk has found.
 */
export function outcomeUnder(caller: Caller, refusal: AccessRefusal | null): number {
  if (refusal === null) return caller.outcome;
  if (refusal.status === 403) return AUTH_OUTCOME.scope;
  return refusal.code === 'SP7501' ? missing : caller.outcome;
}

/** A phantom token is an opaque one, seen from outside. */
function counts(scheme: number, schemes: readonly number[]): boolean {
  return schemes.length === 0 || schemes.includes(scheme) || (scheme === phantom && schemes.includes(opaque));
}

function refused(caller: Caller, rule: AccessRule): AccessRefusal {
  const { outcome, ask } = caller;
  if (outcome === unavailable)
    return {
      status: 503,
      code: 'SP7505',
      title: 'Credentials cannot be checked at the moment',
      detail: 'Try again in a moment.',
      challenge: '',
      headers: ['retry-after', RETRY_SEC],
    };
  if (outcome === AUTH_OUTCOME.none || outcome === AUTH_OUTCOME.claimed || outcome === missing) return absent(rule);
  if (outcome === malformed || outcome === oversized) return unreadable(caller);
  if (outcome === expired || outcome === early) return outOfTime(caller);
  if (outcome === binding && ask !== undefined) return { ...bound(), challenge: ask.challenge, headers: ask.headers };
  if (outcome === binding) return { ...bound(), challenge: challengeFor(caller.scheme, 'error="invalid_token"') };
  return {
    status: 401,
    code: 'SP7502',
    title: 'The credential is not accepted',
    detail: 'The credential of this request is not accepted here.',
    challenge: ask?.challenge ?? challengeFor(caller.scheme, 'error="invalid_token"'),
    headers: ask?.headers ?? NONE,
  };
}

/** 400 for what cannot be read (RFC 6750, 3.1: invalid_request). */
function unreadable({ scheme, outcome }: Caller): AccessRefusal {
  return {
    status: 400,
    code: 'SP7506',
    title: 'The credential cannot be read',
    detail: outcome === oversized ? 'The credential is longer than allowed.' : 'The credential is malformed.',
    challenge: challengeFor(scheme, 'error="invalid_request"'),
    headers: NONE,
  };
}

/** Only a credential that was verified gets this far: its owner may know. */
function outOfTime({ scheme, outcome }: Caller): AccessRefusal {
  const late = outcome === expired;
  return {
    status: 401,
    code: late ? 'SP7503' : 'SP7502',
    title: late ? 'The credential has expired' : 'The credential is not accepted',
    detail: late ? 'The credential has expired: get a new one.' : 'The credential is not valid yet.',
    challenge: challengeFor(scheme, `error="invalid_token", error_description="${late ? 'expired' : 'not valid yet'}"`),
    headers: NONE,
  };
}

const bound = (): AccessRefusal => ({
  status: 401,
  code: 'SP7507',
  title: 'The credential came without the key that it is bound to',
  detail: 'The credential counts only together with the key or certificate that it was issued for.',
  challenge: '',
  headers: NONE,
});

function absent(rule: AccessRule): AccessRefusal {
  const wanted = rule.schemes.length > 0 ? rule.schemes : DEFAULT_SCHEMES;
  const challenges = new Set(wanted.map((scheme) => challengeFor(scheme, '')));
  return {
    status: 401,
    code: 'SP7501',
    title: 'This route needs a credential',
    detail: 'Send a credential with the request.',
    challenge: [...challenges].join(', '),
    headers: NONE,
  };
}

/** Names the scopes of the route, as RFC 6750, 3 does; roles are ours to know. */
function insufficient({ scheme }: Caller, rule: AccessRule): AccessRefusal {
  const scopes = rule.scopes.filter((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)).join(' ');
  const error = 'error="insufficient_scope"';
  return {
    status: 403,
    code: 'SP7504',
    title: 'The credential does not suffice for this route',
    detail: 'The credential is good, but has not the rights that this route asks for.',
    challenge: challengeFor(scheme, scopes === '' ? error : `${error}, scope="${scopes}"`),
    headers: NONE,
  };
}

const DEFAULT_SCHEMES: readonly number[] = [jwt];
/** Bearer and DPoP are registered; for the rest there are names that are in use. */
const CHALLENGES: Readonly<Record<number, string>> = {
  [key]: 'ApiKey',
  [jwt]: 'Bearer',
  [opaque]: 'Bearer',
  [phantom]: 'Bearer',
  [certificate]: 'Mutual',
  [cookie]: 'Cookie',
  [hmac]: 'HMAC',
  [signature]: 'Signature',
  [webhook]: 'Signature',
};

function challengeFor(scheme: number, parameters: string): string {
  const name = CHALLENGES[scheme] ?? 'Bearer';
  return `${name} realm="api"${parameters === '' ? '' : `, ${parameters}`}`;
}
