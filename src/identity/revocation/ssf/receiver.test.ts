import { afterEach, describe, expect, it } from 'vitest';
import { publicJwks } from '../keys.ts';
import { callerWith, loopback, NOW } from '../testing.ts';
import { EVENT } from './events.ts';
import { closeAll, closing, IDP, key, receiving, room, SECONDS, setOf, stranger, US } from './testing.ts';

afterEach(closeAll);

const ann = callerWith({ principal: 'ann', issuer: IDP, session: 's1', device: 'd1', credential: 'jti-1' });

describe('receiving pushed events (RFC 8935)', () => {
  it('revokes what they say on the next request', async () => {
    const { push, revocation, received } = await receiving();
    expect(revocation.list.isRevoked(ann, NOW)).toBe(false);
    expect(await push(await setOf())).toMatchObject({ status: 202, body: '' });
    expect(revocation.list.isRevoked(ann, NOW)).toBe(true);
    expect(revocation.list.isRevoked({ ...ann, issuedMs: NOW }, NOW)).toBe(false);
    expect(received.all).toMatchObject([{ kind: 'event', effect: 'revoked', event: { subject: { user: 'ann' } } }]);
  });

  const user = { format: 'iss_sub', iss: IDP, sub: 'ann' };
  const session = { format: 'opaque', id: 's1' };
  const device = { format: 'opaque', id: 'd1' };
  it.each([
    ['one session', { subject: { format: 'complex', user, session } }, { principal: 'ann' }, { session: 's1' }],
    [
      'one token',
      { subject: { format: 'jwt_id', iss: IDP, jti: 'jti-1' } },
      { principal: 'ann' },
      { credential: 'jti-1' },
    ],
    ['an e-mail address', { subject: { format: 'email', email: 'ann@x.example' } }, {}, { principal: 'ann@x.example' }],
    [
      'aliases',
      { subject: { format: 'aliases', identifiers: [{ format: 'email', email: 'no' }, user] } },
      {},
      { principal: 'ann' },
    ],
    [
      'a draft subject',
      { subject: undefined, claims: { sub_id: undefined }, payload: { subject: user } },
      {},
      { principal: 'ann' },
    ],
    [
      'a changed password',
      { type: EVENT.credentialChange, payload: { change_type: 'update' } },
      {},
      { principal: 'ann' },
    ],
    ['changed claims', { type: EVENT.tokenClaimsChange, payload: { claims: {} } }, {}, { principal: 'ann' }],
    [
      'a lower assurance',
      { type: EVENT.assuranceLevelChange, payload: { change_direction: 'decrease' } },
      {},
      { principal: 'ann' },
    ],
    [
      'a device',
      {
        type: EVENT.deviceComplianceChange,
        subject: { format: 'complex', user, device },
        payload: { current_status: 'not-compliant' },
      },
      { principal: 'ann' },
      { device: 'd1' },
    ],
    ['an account', { type: EVENT.accountDisabled }, {}, { principal: 'ann', issuedMs: NOW }],
    [
      'a compromise',
      { type: EVENT.credentialCompromise, payload: { credential_type: 'password' } },
      {},
      { principal: 'ann' },
    ],
  ])('understands what is said of %s', async (_, making, spared, hit) => {
    const { push, revocation } = await receiving();
    expect((await push(await setOf(making))).status).toBe(202);
    expect(revocation.list.isRevoked(callerWith(hit), NOW)).toBe(true);
    expect(revocation.list.isRevoked(callerWith(spared), NOW)).toBe(false);
  });

  it.each([
    ['a new credential', { type: EVENT.credentialChange, payload: { change_type: 'create' } }],
    ['a higher assurance', { type: EVENT.assuranceLevelChange, payload: { change_direction: 'increase' } }],
    ['an unknown event', { type: 'https://example.com/event' }],
    ['nobody we know', { subject: { format: 'complex', tenant: { format: 'opaque', id: 't' } } }],
  ])('notes %s and revokes nothing', async (_, making) => {
    const { push, revocation, received } = await receiving();
    expect((await push(await setOf(making))).status).toBe(202);
    expect([revocation.list.size, received.all]).toMatchObject([0, [{ effect: 'noted' }]]);
  });

  it('lifts what was said before', async () => {
    const { push, revocation } = await receiving({ principal_prefix: 'idp:' });
    const disabled = callerWith({ principal: 'idp:ann' });
    await push(await setOf({ type: EVENT.accountDisabled }));
    expect(revocation.list.isRevoked(disabled, NOW)).toBe(true);
    await push(await setOf({ type: EVENT.accountEnabled }));
    expect(revocation.list.isRevoked(disabled, NOW)).toBe(false);
  });

  it('acts once on what comes again', async () => {
    const { push, revocation, received } = await receiving();
    const set = await setOf();
    await push(set);
    revocation.list.allow({ kind: 'principal', id: 'ann', issuer: IDP });
    expect((await push(set)).status).toBe(202);
    expect([revocation.list.isRevoked(ann, NOW), received.all.length]).toEqual([false, 1]);
  });

  it.each([
    ['another issuer', { claims: { iss: 'https://evil.example' } }, 'invalid_issuer'],
    ['another audience', { claims: { aud: 'https://other.example' } }, 'invalid_audience'],
    ['a stranger’s key', { by: stranger }, 'invalid_key'],
    ['an unknown key', { header: { kid: 'k9' } }, 'invalid_key'],
    ['the type of other tokens', { header: { typ: 'JWT' } }, 'invalid_request'],
    ['no id', { claims: { jti: undefined } }, 'invalid_request'],
    ['an old time', { claims: { iat: SECONDS - 86_401 } }, 'invalid_request'],
    ['a time ahead', { claims: { iat: SECONDS + 61 } }, 'invalid_request'],
    ['no events', { claims: { events: {} } }, 'invalid_request'],
    [
      'too many events',
      { claims: { events: Object.fromEntries([...Array(11).keys()].map((i) => [`e:${i}`, {}])) } },
      'invalid_request',
    ],
  ])('refuses %s', async (_, making, err) => {
    const { push, revocation, received } = await receiving();
    const answer = await push(await setOf(making));
    expect([answer.status, JSON.parse(answer.body).err]).toEqual([400, err]);
    expect([revocation.list.size, received.all[0].kind]).toEqual([0, 'refused']);
  });

  it('refuses who cannot be asked for keys only for now, and whoever has no token', async () => {
    const { push, idp, handler } = await receiving();
    expect((await push('x', 'another-token-of-idp')).status).toBe(401);
    expect((await push('x', undefined, 'text/plain')).status).toBe(400);
    expect(JSON.parse((await push('x'.repeat(70_000))).body).err).toBe('invalid_request');
    expect((await handler({ method: 'GET', headers: {}, body: '' })).status).toBe(405);
    await idp.close();
    expect(await push(await setOf())).toMatchObject({ status: 503, headers: { 'retry-after': '30' } });
  });
});

describe('asking for events (RFC 8936)', () => {
  it('takes them, acknowledges them, and says what it did not take', async () => {
    const good = await setOf({ claims: { jti: 'good' } });
    const bad = await setOf({ claims: { jti: 'bad' }, by: stranger });
    const questions: Record<string, unknown>[] = [];
    const server = await loopback(({ path, body }) => {
      if (path === '/jwks') return { status: 200, body: JSON.stringify(publicJwks(key.privateKey, 'k1', 'ES256')) };
      questions.push(JSON.parse(body));
      if (questions.length === 1) return { status: 503 };
      const first = questions.length === 2;
      return { status: 200, body: JSON.stringify({ sets: first ? { good, bad } : {}, moreAvailable: first }) };
    });
    closing.push(() => server.close());
    const poll = { endpoint: `${server.url}/poll`, token: { env: 'POLL' }, interval_s: 5 };
    const { revocation, received, pauses } = room({
      receivers: [{ name: 'idp', issuer: IDP, audience: US, jwks: `${server.url}/jwks`, poll }],
    });
    revocation.start();
    await server.arrived(4);
    expect(questions.slice(1, 3)).toEqual([
      { maxEvents: 50, returnImmediately: true },
      {
        maxEvents: 50,
        returnImmediately: true,
        ack: ['good'],
        setErrs: { bad: { err: 'invalid_key', description: 'its signature does not verify' } },
      },
    ]);
    expect(server.got[0].headers.authorization).toBe('Bearer poll-token-of-idp');
    expect(pauses.slice(0, 3)).toEqual([0, 5000, 0]);
    expect(revocation.list.isRevoked(ann, NOW)).toBe(true);
    expect(received.all.map(({ kind }) => kind)).toEqual(['poll-failed', 'event', 'refused']);
  });
});
