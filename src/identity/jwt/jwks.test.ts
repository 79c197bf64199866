import { describe, expect, it } from 'vitest';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import {
  AUDIENCE,
  askerOf,
  bearer,
  deskFrom,
  fakeIssuer,
  goodClaims,
  ISSUER,
  NOW,
  NOW_SEC,
  signed,
  type TestKey,
  testKey,
} from '../testing.ts';

const JWKS = `${ISSUER}/keys`;
const MINUTE = 60_000;
const base = { issuer: ISSUER, audience: [AUDIENCE], jwks_ttl_s: 600, jwks_cool_down_s: 30, jwks_stale_s: 3600 };

/** A desk whose issuer publishes `published.keys` and can be down. */
function world(keys: readonly TestKey[], more: Record<string, unknown> = { jwks_url: JWKS }) {
  const published = { keys, down: false };
  const answer = () => {
    if (published.down) throw new Error('down');
    return { text: JSON.stringify({ keys: published.keys.map(({ jwk }) => jwk) }) };
  };
  const issuer = fakeIssuer({
    [JWKS]: answer,
    [`${ISSUER}/.well-known/openid-configuration`]: () => ({
      text: JSON.stringify({ issuer: ISSUER, jwks_uri: JWKS }),
    }),
  });
  const desk = deskFrom({ jwt: [{ ...base, ...more }] }, issuer);
  return { published, issuer, desk, ask: askerOf(desk) };
}

const long = (over = {}) => goodClaims({ exp: NOW_SEC + 86_400, ...over });

describe('keys of an issuer', () => {
  it('are fetched once for many tokens at once, and tokens are then known without asking', async () => {
    const key = await testKey();
    const { issuer, ask, desk } = world([key]);
    const tokens = await Promise.all(Array.from({ length: 10 }, () => signed(key)));
    const callers = await Promise.all(tokens.map((token) => ask(token)));
    expect(callers.map(({ outcome }) => outcome)).toEqual(Array(10).fill(AUTH_OUTCOME.accepted));
    expect(issuer.asked).toHaveLength(1);
    expect(desk.identify(bearer(tokens[0]))).not.toBeInstanceOf(Promise);
  });

  it('that are rotated are found by an unknown kid, at most once per cool-down', async () => {
    const old = await testKey('ES256', 'old');
    const next = await testKey('ES256', 'next');
    const { published, issuer, ask } = world([old]);
    expect((await ask(await signed(old))).outcome).toBe(AUTH_OUTCOME.accepted);
    published.keys = [old, next];
    expect((await ask(await signed(next), NOW + 29_000)).outcome).toBe(AUTH_OUTCOME.signature);
    expect(issuer.asked).toHaveLength(1);
    expect((await ask(await signed(next), NOW + 31_000)).outcome).toBe(AUTH_OUTCOME.accepted);
    for (let i = 0; i < 20; i++) {
      const stranger = await signed(old, goodClaims(), { kid: `unknown-${i}` });
      expect((await ask(stranger, NOW + 32_000)).outcome).toBe(AUTH_OUTCOME.signature);
    }
    expect(issuer.asked).toHaveLength(2);
  });

  it('that are withdrawn stop counting when a token is verified again', async () => {
    const key = await testKey();
    const other = await testKey('ES256', 'other');
    const { published, ask } = world([key]);
    const token = await signed(key, long());
    expect((await ask(token)).outcome).toBe(AUTH_OUTCOME.accepted);
    published.keys = [other];
    const later = NOW + 11 * MINUTE;
    // The first question after the time to live is answered with the keys before, and renews them behind it.
    await ask(await signed(key, long()), later);
    expect((await ask(token, later + 6 * MINUTE)).outcome).toBe(AUTH_OUTCOME.signature);
  });

  it('go on while the issuer is down, and not for ever', async () => {
    const key = await testKey();
    const { published, ask } = world([key]);
    expect((await ask(await signed(key, long()))).outcome).toBe(AUTH_OUTCOME.accepted);
    published.down = true;
    expect((await ask(await signed(key, long()), NOW + 30 * MINUTE)).outcome).toBe(AUTH_OUTCOME.accepted);
    const late = await ask(await signed(key, long()), NOW + 120 * MINUTE);
    expect(late.outcome).toBe(AUTH_OUTCOME.unavailable);
    published.down = false;
    expect((await ask(await signed(key, long()), NOW + 121 * MINUTE)).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('an issuer that is down from the start is asked once per cool-down, and its tokens are not called bad', async () => {
    const key = await testKey();
    const { published, issuer, ask } = world([key]);
    published.down = true;
    const token = await signed(key);
    for (let i = 0; i < 5; i++) expect((await ask(token, NOW + i)).outcome).toBe(AUTH_OUTCOME.unavailable);
    expect(issuer.asked).toHaveLength(1);
    published.down = false;
    expect((await ask(token, NOW + 31_000)).outcome).toBe(AUTH_OUTCOME.accepted);
  });

  it('are found by discovery, from the issuer itself only', async () => {
    const key = await testKey();
    const { issuer, ask } = world([key], { discovery: true });
    expect((await ask(await signed(key))).outcome).toBe(AUTH_OUTCOME.accepted);
    expect(issuer.asked.map(({ url }) => url)).toEqual([`${ISSUER}/.well-known/openid-configuration`, JWKS]);
    const lying = fakeIssuer({
      [`${ISSUER}/.well-known/openid-configuration`]: () => ({
        text: JSON.stringify({ issuer: 'https://evil.example', jwks_uri: JWKS }),
      }),
    });
    const misled = askerOf(deskFrom({ jwt: [{ ...base, discovery: true }] }, lying));
    expect((await misled(await signed(key))).outcome).toBe(AUTH_OUTCOME.unavailable);
  });

  it('without a kid are tried one after the other', async () => {
    const keys = [await testKey('ES256', 'a'), await testKey('ES256', 'b')];
    const { ask } = world(keys);
    expect((await ask(await signed(keys[1], goodClaims(), { kid: undefined }))).outcome).toBe(AUTH_OUTCOME.accepted);
    const stranger = await testKey('ES256', 'c');
    expect((await ask(await signed(stranger, goodClaims(), { kid: undefined }))).outcome).toBe(AUTH_OUTCOME.signature);
  });
});
