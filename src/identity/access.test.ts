import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../enrich/kinds.ts';
import { ERRORS, type ErrorCode } from '../lib/errors.ts';
import { authorise, outcomeUnder } from './access.ts';
import type { AccessRule } from './contract.ts';
import { callerOf, NOBODY } from './scheme.ts';

const RULE: AccessRule = { required: true, schemes: [], scopes: [], roles: [] };
const rule = (over: Partial<AccessRule>): AccessRule => ({ ...RULE, ...over });
const good = callerOf(AUTH_SCHEME.jwt, AUTH_OUTCOME.accepted, { principal: 'u', scopes: ['a', 'b'], role: ROLE.user });

describe('access', () => {
  it('is given where nothing is asked, whatever came', () => {
    const open = rule({ required: false });
    for (const outcome of Object.values(AUTH_OUTCOME))
      expect(authorise(callerOf(AUTH_SCHEME.key, outcome), open)).toBeNull();
    expect(authorise(NOBODY, open)).toBeNull();
  });

  it('needs an accepted credential, of a scheme that counts, with scopes and a role', () => {
    expect(authorise(good, RULE)).toBeNull();
    expect(
      authorise(
        good,
        rule({ schemes: [AUTH_SCHEME.key, AUTH_SCHEME.jwt], scopes: ['a', 'b'], roles: [ROLE.admin, ROLE.user] }),
      ),
    ).toBeNull();
    expect(authorise(NOBODY, RULE)?.status).toBe(401);
    expect(authorise(callerOf(AUTH_SCHEME.cookie, AUTH_OUTCOME.claimed), RULE)?.code).toBe('SP7501');
    expect(authorise(good, rule({ schemes: [AUTH_SCHEME.key] }))).toMatchObject({
      code: 'SP7501',
      challenge: 'ApiKey realm="api"',
    });
    expect(authorise(good, rule({ required: false, scopes: ['c'] }))).toMatchObject({
      status: 403,
      code: 'SP7504',
      challenge: 'Bearer realm="api", error="insufficient_scope", scope="c"',
    });
    expect(authorise(good, rule({ roles: [ROLE.admin] }))?.status).toBe(403);
    const { opaque, phantom } = AUTH_SCHEME;
    expect(authorise({ ...good, scheme: phantom }, rule({ schemes: [opaque] }))).toBeNull();
    expect(authorise({ ...good, scheme: opaque }, rule({ schemes: [phantom] }))?.code).toBe('SP7501');
  });

  it('names the schemes that a route takes, each once', () => {
    const { jwt, opaque, key } = AUTH_SCHEME;
    expect(authorise(NOBODY, rule({ schemes: [jwt, opaque, key] }))?.challenge).toBe(
      'Bearer realm="api", ApiKey realm="api"',
    );
  });

  it('a scope cannot break out of its challenge', () => {
    const challenge = authorise(good, rule({ scopes: ['x", error="', 'ok', 'a\r\nb'] }))?.challenge ?? '';
    expect(challenge).toContain('scope="ok"');
    expect(challenge).not.toMatch(/[\r\n]/);
  });

  it('every refusal has a status, a code of the registry and, with 401, a challenge (RFC 9110, 15.5.2)', () => {
    for (const outcome of Object.values(AUTH_OUTCOME)) {
      if (outcome === AUTH_OUTCOME.accepted) continue;
      for (const scheme of Object.values(AUTH_SCHEME)) {
        const refusal = authorise(callerOf(scheme, outcome), RULE);
        expect(refusal).not.toBeNull();
        if (refusal === null) continue;
        expect(ERRORS[refusal.code as ErrorCode].title).toBe(refusal.title);
        if (refusal.status === 401) expect(refusal.challenge).not.toBe('');
      }
    }
  });

  it('who is unknown, forged, replayed, revoked or meant elsewhere reads the same', () => {
    const { unknown, signature, replayed, revoked, audience, issuer, algorithm } = AUTH_OUTCOME;
    const texts = [unknown, signature, replayed, revoked, audience, issuer, algorithm].map((outcome) =>
      JSON.stringify(authorise(callerOf(AUTH_SCHEME.jwt, outcome, { detail: `why ${outcome}` }), RULE)),
    );
    expect(new Set(texts).size).toBe(1);
  });

  it('says nothing of itself where nobody could be asked, but when to come back', () => {
    expect(authorise(callerOf(AUTH_SCHEME.opaque, AUTH_OUTCOME.unavailable), RULE)).toMatchObject({
      status: 503,
      headers: ['retry-after', '5'],
    });
  });

  it('the facts of a refused request say why', () => {
    expect(outcomeUnder(NOBODY, authorise(NOBODY, RULE))).toBe(AUTH_OUTCOME.missing);
    expect(outcomeUnder(good, authorise(good, rule({ scopes: ['x'] })))).toBe(AUTH_OUTCOME.scope);
    expect(outcomeUnder(good, null)).toBe(AUTH_OUTCOME.accepted);
    const old = callerOf(AUTH_SCHEME.jwt, AUTH_OUTCOME.expired);
    expect(outcomeUnder(old, authorise(old, RULE))).toBe(AUTH_OUTCOME.expired);
  });
});
