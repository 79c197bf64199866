import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { callerWith, loopback, NOW } from '../testing.ts';
import { EVENT } from './events.ts';
import type { HttpHandler } from './http.ts';
import { closeAll, closing, IDP, type Room, room, SECONDS, serve, US } from './testing.ts';

afterEach(closeAll);

const transmitter = (streams: object[], issuer = US) => ({
  transmitter: { issuer, key: 'ssf.pem', subject_issuer: IDP, streams },
});

describe('sending events', () => {
  it('pushes what was revoked to a receiver, which acts on it', async () => {
    let receiver: Room | null = null;
    const to = await serve(() => (receiver as Room).revocation.handlers);
    const push = { endpoint: `${to.url}/ssf/receive/us`, token: { env: 'PUSH' } };
    const sender = room(transmitter([{ name: 'partner', audience: 'https://partner.example', push }]));
    const from = await serve(() => sender.revocation.handlers);
    receiver = room({
      receivers: [
        {
          name: 'us',
          issuer: US,
          audience: 'https://partner.example',
          jwks: `${from.url}/ssf/jwks`,
          push_token: { env: 'PUSH' },
        },
      ],
    });
    await sender.revocation.revoked({ principal: 'ann', session: 's1', reason: 'stolen token', atMs: NOW });
    await sender.sent.until(1);
    expect(sender.sent.all).toMatchObject([{ stream: 'partner', outcome: 'done', attempts: 1 }]);
    const { list } = receiver.revocation;
    expect([
      list.isRevoked(callerWith({ session: 's1' }), NOW),
      list.isRevoked(callerWith({ principal: 'ann' }), NOW),
    ]).toEqual([true, false]);
    expect(decodeJwt(to.got[0].body)).toMatchObject({
      iss: US,
      aud: 'https://partner.example',
      iat: SECONDS,
      sub_id: {
        format: 'complex',
        user: { format: 'iss_sub', iss: IDP, sub: 'ann' },
        session: { format: 'opaque', id: 's1' },
      },
      events: { [EVENT.sessionRevoked]: { event_timestamp: SECONDS, reason_admin: { en: 'stolen token' } } },
    });
    expect(decodeJwt(to.got[0].body).exp).toBeUndefined();
    await sender.revocation.revoked({ principal: 'bob', what: 'accountDisabled', reason: '', atMs: NOW });
    await sender.sent.until(2);
    expect(list.isRevoked(callerWith({ principal: 'bob', issuer: IDP, issuedMs: NOW + 5000 }), NOW)).toBe(true);
  });

  it('tries again, gives up, and takes no for an answer', async () => {
    const answers = [503, 202, 400];
    const to = await loopback(() => ({ status: answers.shift() ?? 500 }));
    closing.push(() => to.close());
    const sender = room(transmitter([{ name: 'a', audience: 'a', push: { endpoint: to.url } }]));
    for (const principal of ['ann', 'bob', 'eve'])
      await sender.revocation.revoked({ principal, reason: '', atMs: NOW });
    await sender.sent.until(3);
    expect(sender.sent.all.map(({ outcome, attempts }) => [outcome, attempts])).toEqual([
      ['done', 2],
      ['refused', 1],
      ['gave-up', 8],
    ]);
  });

  it('keeps them until they are asked for and acknowledged', async () => {
    const { revocation, sent } = room({
      transmitter: {
        ...transmitter([{ name: 'p', audience: 'a', token: { env: 'POLL' }, events: [EVENT.sessionRevoked] }])
          .transmitter,
        queue: 2,
      },
    });
    await revocation.revoked({ credential: 'jti-1', reason: '', atMs: NOW });
    await revocation.revoked({ principal: 'ann', reason: '', atMs: NOW });
    await revocation.revoked({ principal: 'bob', reason: '', atMs: NOW });
    await revocation.revoked({ principal: 'eve', reason: '', atMs: NOW, what: 'accountDisabled' });
    await revocation.revoked({ reason: 'about nobody', atMs: NOW });
    const poll = revocation.handlers.get('/ssf/poll/p') as HttpHandler;
    const ask = async (question: object, token = 'poll-token-of-idp') =>
      poll({ method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(question) });
    const first = JSON.parse((await ask({ maxEvents: 1 })).body);
    const [jti] = Object.keys(first.sets);
    expect([Object.keys(first.sets).length, first.moreAvailable]).toEqual([1, true]);
    expect(decodeJwt(first.sets[jti])).toMatchObject({ jti, sub_id: { format: 'jwt_id', iss: IDP, jti: 'jti-1' } });
    const second = JSON.parse((await ask({ ack: [jti, 'unknown', 7] })).body);
    const [other] = Object.keys(second.sets);
    expect(second.moreAvailable).toBe(false);
    const last = await ask({ setErrs: { [other]: { err: 'invalid_key', description: '' } } });
    expect(JSON.parse(last.body)).toEqual({ sets: {}, moreAvailable: false });
    expect(sent.all.map(({ outcome }) => outcome)).toEqual(['queued', 'queued', 'no-room', 'done', 'refused']);
    expect((await ask({}, 'another-token-of-idp')).status).toBe(401);
    expect(
      (await poll({ method: 'POST', headers: { authorization: 'Bearer poll-token-of-idp' }, body: '[' })).status,
    ).toBe(400);
    expect((await poll({ method: 'GET', headers: {}, body: '' })).status).toBe(405);
  });

  it('shows receivers what it is, and proves that a stream works', async () => {
    const stream = { name: 'p', audience: 'https://a.example', token: { env: 'POLL' } };
    const { revocation } = room(transmitter([stream], `${US}/tenant`));
    const ask = async (path: string, method = 'GET', body = '', token = 'poll-token-of-idp') => {
      const answer = await revocation.handlers.get(path)?.({
        method,
        headers: { authorization: `Bearer ${token}` },
        body,
      });
      return { status: answer?.status, value: answer?.body ? JSON.parse(answer.body) : null };
    };
    expect((await ask('/.well-known/ssf-configuration/tenant')).value).toMatchObject({
      spec_version: '1_0',
      issuer: `${US}/tenant`,
      jwks_uri: `${US}/tenant/ssf/jwks`,
      delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
    });
    const { keys } = (await ask('/tenant/ssf/jwks')).value;
    expect([keys.length, keys[0].kid, keys[0].d]).toEqual([1, 'ssf-1', undefined]);
    expect((await ask('/tenant/ssf/streams')).value).toMatchObject([
      { stream_id: 'p', delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: `${US}/tenant/ssf/poll/p` } },
    ]);
    expect((await ask('/tenant/ssf/streams', 'GET', '', 'nothing')).status).toBe(401);
    expect((await ask('/tenant/ssf/verify', 'POST', '{"stream_id":"other"}')).status).toBe(404);
    expect((await ask('/tenant/ssf/verify', 'POST', '{"stream_id":"p","state":"abc"}')).status).toBe(204);
    const { sets } = (await ask('/tenant/ssf/poll/p', 'POST')).value;
    expect(decodeJwt(Object.values(sets)[0] as string)).toMatchObject({
      sub_id: { format: 'opaque', id: 'p' },
      events: { [EVENT.verification]: { state: 'abc' } },
    });
  });
});
