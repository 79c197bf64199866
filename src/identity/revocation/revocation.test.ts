import { SignJWT } from 'jose';
import { afterEach, expect, it } from 'vitest';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { identityFrom } from '../compose.ts';
import { createFetcher } from '../http.ts';
import { ReplayGuard } from '../replay.ts';
import { filesOf } from '../signed/testing.ts';
import { bearer, SECRET, settingsOf } from '../testing.ts';
import { createRevocation } from './index.ts';
import { publicJwks } from './keys.ts';
import type { Change } from './list.ts';
import { EVENT } from './ssf/events.ts';
import type { HttpHandler } from './ssf/http.ts';
import { ecKey, Heard, loopback, NOW } from './testing.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const key = ecKey();
const AUDIENCE = 'https://api.example';
const SECONDS = NOW / 1000;

/** An authorization server: publishes its keys, and revokes tokens. */
async function authorizationServer() {
  const server = await loopback(({ path }) => {
    if (path === '/jwks') return { status: 200, body: JSON.stringify(publicJwks(key.privateKey, 'k1', 'ES256')) };
    return { status: path === '/revoke' ? 200 : 404 };
  });
  closing.push(() => server.close());
  const sign = (claims: Record<string, unknown>, typ: string) =>
    new SignJWT({ iss: server.url, aud: AUDIENCE, iat: SECONDS - 60, ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1', typ })
      .sign(key.privateKey);
  return { server, sign };
}

it('an event of the issuer ends a token on the next request, and the issuer hears of the token itself', async () => {
  const { server, sign } = await authorizationServer();
  const settings = settingsOf({
    jwt: [{ issuer: server.url, jwks_url: `${server.url}/jwks`, audience: [AUDIENCE], algorithms: ['ES256'] }],
    revocation: {
      issuers: [
        {
          issuer: server.url,
          endpoint: `${server.url}/revoke`,
          auth: { method: 'basic', id: 'us', secret: { env: 'S' } },
        },
      ],
    },
    shared_signals: {
      receivers: [{ name: 'idp', issuer: server.url, audience: AUDIENCE, jwks: `${server.url}/jwks` }],
    },
  });
  const fetcher = createFetcher();
  const told = new Heard<unknown>();
  const changes: Change[] = [];
  const revocation = createRevocation({
    revocation: settings.revocation,
    sharedSignals: settings.shared_signals,
    files: filesOf({ S: 'client-secret-of-us' }),
    fetch: fetcher.fetch,
    replay: new ReplayGuard({ capacity: 10 }),
    now: () => NOW,
    onIssuer: told.take,
    onChange: (change) => changes.push(change),
  });
  const desk = identityFrom(settings, {
    baseDir: '.',
    secret: SECRET,
    fetch: fetcher.fetch,
    revocations: revocation.list,
    watches: [revocation.issuers.watch()],
  });
  closing.push(
    () => revocation.close(),
    () => desk.close(),
    () => fetcher.close(),
  );

  const token = await sign({ sub: 'ann', jti: 'jti-1', exp: SECONDS + 600 }, 'at+jwt');
  const ask = () => desk.identify(bearer(token, { nowMs: NOW }));
  expect(await ask()).toMatchObject({ outcome: AUTH_OUTCOME.accepted, principal: 'ann', credential: 'jti-1' });

  const subject = { format: 'iss_sub', iss: server.url, sub: 'ann' };
  const events = { [EVENT.sessionRevoked]: { event_timestamp: SECONDS } };
  const set = await sign({ jti: 'set-1', sub_id: subject, events }, 'secevent+jwt');
  const push = revocation.handlers.get('/ssf/receive/idp') as HttpHandler;
  const headers = { 'content-type': 'application/secevent+jwt' };
  expect((await push({ method: 'POST', headers, body: set })).status).toBe(202);

  expect(await ask()).toMatchObject({ outcome: AUTH_OUTCOME.revoked, principal: '' });
  expect(await ask()).toMatchObject({ outcome: AUTH_OUTCOME.revoked });
  await told.until(1);
  const posts = server.got.filter(({ path }) => path === '/revoke');
  expect(posts.map(({ body }) => new URLSearchParams(body).get('token'))).toEqual([token]);
  expect(changes).toMatchObject([{ do: 'deny', target: { kind: 'principal', id: 'ann' }, terms: { by: 'others' } }]);
  expect(JSON.stringify([told.all, changes])).not.toContain(token);
});
