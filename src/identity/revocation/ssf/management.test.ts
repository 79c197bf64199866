/** The management API of a stream as SSF 1.0, 8.1, has it: method, status and body of every endpoint. */
import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { loopback, NOW } from '../testing.ts';
import { EVENT } from './events.ts';
import type { StreamNews } from './management.ts';
import type { StreamState, StreamStore } from './stream.ts';
import { closeAll, closing, IDP, room, US } from './testing.ts';

afterEach(closeAll);

const POLL = { name: 'p', audience: 'https://a.example', token: { env: 'POLL' } };
const OTHER = { name: 'o', audience: 'https://o.example', token: { env: 'OTHER' } };
const sub = (name: string): object => ({ format: 'iss_sub', iss: IDP, sub: name });

/** What a store holds, as a restart finds it. */
class Memory implements StreamStore {
  readonly kept = new Map<string, { state: unknown; subjects: string[] }>();
  broken = false;
  private at(stream: string) {
    const found = this.kept.get(stream) ?? { state: null, subjects: [] };
    this.kept.set(stream, found);
    return found;
  }
  streams() {
    return this.kept;
  }
  async keepState(stream: string, state: StreamState): Promise<void> {
    if (this.broken) throw new Error('the disk is full');
    this.at(stream).state = state;
  }
  async keepSubject(stream: string, mark: string, keep: boolean): Promise<void> {
    if (this.broken) throw new Error('the disk is full');
    const found = this.at(stream);
    found.subjects = found.subjects.filter((one) => one !== mark);
    if (keep) found.subjects.push(mark);
  }
}

function transmitting(streams: object[] = [POLL, OTHER], more: object = {}, store = new Memory()) {
  const news: StreamNews[] = [];
  let nowMs = NOW;
  const made = room({ transmitter: { issuer: US, key: 'ssf.pem', subject_issuer: IDP, streams, ...more } }, 100, {
    streams: store,
    onStream: (one) => news.push(one),
    now: () => nowMs,
  });
  const ask = async (method: string, path: string, body: unknown = '', token = 'poll-token-of-idp') => {
    const [name, query = ''] = path.split('?');
    const answer = await made.revocation.handlers.get(`/ssf/${name}`)?.({
      method,
      query,
      headers: { authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer?.status, headers: answer?.headers, value: answer?.body ? JSON.parse(answer.body) : null };
  };
  const sets = async (): Promise<Record<string, unknown>[]> => {
    const { value } = await ask('POST', 'poll/p');
    await ask('POST', 'poll/p', { maxEvents: 0, ack: Object.keys(value.sets) });
    return Object.values(value.sets as Record<string, string>).map(decodeJwt);
  };
  const revoke = (principal: string, what?: 'accountDisabled') =>
    made.revocation.revoked({ principal, reason: '', atMs: NOW, ...(what && { what }) });
  const told = async () => (await sets()).map(({ sub_id }) => (sub_id as { sub?: string; id?: string }).sub);
  return { ...made, store, news, ask, sets, revoke, told, at: (ms: number) => (nowMs = ms) };
}

describe('the configuration endpoint', () => {
  it('is published with all the others, and what subjects there are by default', async () => {
    const { revocation } = transmitting();
    const found = revocation.handlers.get('/.well-known/ssf-configuration');
    const answer = await found?.({ method: 'GET', headers: {}, body: '' });
    expect(JSON.parse(answer?.body ?? '')).toEqual({
      spec_version: '1_0',
      issuer: US,
      jwks_uri: `${US}/ssf/jwks`,
      delivery_methods_supported: ['urn:ietf:rfc:8935', 'urn:ietf:rfc:8936'],
      configuration_endpoint: `${US}/ssf/streams`,
      status_endpoint: `${US}/ssf/status`,
      add_subject_endpoint: `${US}/ssf/subjects:add`,
      remove_subject_endpoint: `${US}/ssf/subjects:remove`,
      verification_endpoint: `${US}/ssf/verify`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: 'ALL',
    });
  });

  it('reads one stream, or all of a receiver, and none of another', async () => {
    const { ask } = transmitting();
    const all = await ask('GET', 'streams');
    expect([all.status, all.value.length, all.value[0].stream_id]).toEqual([200, 1, 'p']);
    expect((await ask('GET', 'streams?stream_id=p')).value).toEqual(all.value[0]);
    expect(all.value[0]).toMatchObject({
      iss: US,
      aud: 'https://a.example',
      delivery: { method: 'urn:ietf:rfc:8936', endpoint_url: `${US}/ssf/poll/p` },
      min_verification_interval: 10,
    });
    expect(all.value[0].events_delivered).toEqual(all.value[0].events_supported);
    expect(all.headers?.['cache-control']).toBe('no-store');
    expect((await ask('GET', 'streams?stream_id=o')).status).toBe(404);
    expect((await ask('GET', 'streams?stream_id=o', '', 'nobody')).status).toBe(401);
  });

  it('updates what the receiver may say, keeps it, and sends only that', async () => {
    const { ask, revoke, told, store, news } = transmitting();
    const events_requested = [EVENT.accountDisabled, 'urn:example:of-somebody-else'];
    const patched = await ask('PATCH', 'streams', { stream_id: 'p', events_requested, description: 'for the SIEM' });
    expect([patched.status, patched.value.events_requested]).toEqual([200, events_requested]);
    expect([patched.value.events_delivered, patched.value.description]).toEqual([
      [EVENT.accountDisabled],
      'for the SIEM',
    ]);
    await revoke('ann');
    await revoke('bob', 'accountDisabled');
    expect(await told()).toEqual(['bob']);
    expect(news).toEqual([{ stream: 'p', change: 'configuration', to: EVENT.accountDisabled, reason: '', dropped: 0 }]);
    // Somebody else is not concerned, and a restart changes nothing.
    const again = transmitting([POLL, OTHER], {}, store);
    expect((await again.ask('GET', 'streams?stream_id=p')).value).toEqual(patched.value);
    expect((await again.ask('GET', 'streams', '', 'token-of-another-one')).value[0].events_requested).toBeUndefined();
    // PATCH leaves what it does not name, PUT takes it away.
    const named = await again.ask('PATCH', 'streams', { stream_id: 'p', description: 'x'.repeat(1000) });
    expect([named.value.description.length, named.value.events_requested]).toEqual([256, events_requested]);
    const put = await again.ask('PUT', 'streams', { stream_id: 'p', delivery: patched.value.delivery });
    expect([put.status, put.value.events_requested, put.value.description]).toEqual([200, undefined, undefined]);
    expect(put.value.events_delivered).toEqual(put.value.events_supported);
  });

  it('takes what we say of a stream only as it is, and no other place for events', async () => {
    const { ask } = transmitting([
      { ...POLL, events: [EVENT.sessionRevoked] },
      { name: 'push', audience: 'b', token: { env: 'POLL' }, push: { endpoint: 'https://b.example/events' } },
    ]);
    const { value } = await ask('GET', 'streams?stream_id=p');
    expect((await ask('PUT', 'streams', value)).status).toBe(200);
    expect((await ask('PATCH', 'streams', { stream_id: 'p', aud: ['https://a.example'] })).status).toBe(200);
    for (const wrong of [
      { iss: 'https://other.example' },
      { aud: 'https://other.example' },
      { events_supported: [EVENT.accountEnabled] },
      { events_delivered: [] },
      { min_verification_interval: 1 },
      { events_requested: 'all' },
      { events_requested: Array.from({ length: 51 }, () => 'x') },
      { events_requested: ['x'.repeat(300)] },
      { description: 7 },
      { delivery: 'poll' },
    ])
      expect([wrong, (await ask('PATCH', 'streams', { stream_id: 'p', ...wrong })).status]).toEqual([wrong, 400]);
    const delivery = { method: 'urn:ietf:rfc:8935', endpoint_url: 'https://evil.example/events' };
    for (const stream_id of ['p', 'push'])
      expect((await ask('PATCH', 'streams', { stream_id, delivery })).status).toBe(403);
    expect((await ask('PUT', 'streams', { stream_id: 'push' })).status).toBe(400);
    // What the operator does not have sent, nobody can request.
    const more = { stream_id: 'p', events_requested: [EVENT.accountDisabled] };
    expect((await ask('PATCH', 'streams', more)).value.events_delivered).toEqual([]);
  });

  it('makes and removes no streams: these stand in the configuration', async () => {
    const { ask } = transmitting();
    expect((await ask('POST', 'streams', {})).status).toBe(409);
    const removed = await ask('DELETE', 'streams?stream_id=p');
    expect([removed.status, removed.value.err]).toEqual([403, 'access_denied']);
    expect((await ask('DELETE', 'streams?stream_id=o')).status).toBe(404);
    expect((await ask('DELETE', 'streams')).status).toBe(400);
    const other = await ask('OPTIONS', 'streams');
    expect([other.status, other.headers?.allow]).toEqual([405, 'GET, POST, PATCH, PUT, DELETE']);
  });
});

describe('every endpoint', () => {
  it.each([
    ['GET', 'streams', {}],
    ['POST', 'streams', {}],
    ['PATCH', 'streams', { stream_id: 'p' }],
    ['PUT', 'streams', { stream_id: 'p' }],
    ['DELETE', 'streams?stream_id=p', ''],
    ['GET', 'status?stream_id=p', ''],
    ['POST', 'status', { stream_id: 'p', status: 'disabled' }],
    ['POST', 'subjects:add', { stream_id: 'p', subject: sub('ann') }],
    ['POST', 'subjects:remove', { stream_id: 'p', subject: sub('ann') }],
    ['POST', 'verify', { stream_id: 'p' }],
  ])('%s %s asks for a token, and knows no stream of somebody else', async (method, path, body) => {
    const { ask, news } = transmitting();
    const refused = await ask(method, path, body, 'a-token-of-nobody-here');
    expect([refused.status, refused.headers?.['www-authenticate']]).toEqual([401, 'Bearer']);
    const other = JSON.parse(JSON.stringify(body).replace('"p"', '"o"'));
    const unknown = await ask(method, path.replace('=p', '=o'), other);
    const namesNone = path === 'streams' && JSON.stringify(body) === '{}';
    expect(unknown.status).toBe(namesNone ? { GET: 200, POST: 409 }[method] : 404);
    expect(news).toEqual([]);
  });

  it('refuses a body that cannot be read or is too long', async () => {
    const { ask } = transmitting();
    for (const path of ['status', 'subjects:add', 'subjects:remove', 'verify']) {
      for (const body of ['', '[', '[]', '"p"', `{"stream_id":"p","x":"${'x'.repeat(140_000)}"}`, {}, { stream_id: 7 }])
        expect((await ask('POST', path, body)).status).toBe(400);
      expect((await ask('PUT', path)).status).toBe(405);
    }
  });
});

describe('the status of a stream', () => {
  it('holds events while it is paused and gives them afterwards, in order', async () => {
    const { ask, revoke, told, store, news } = transmitting();
    expect((await ask('GET', 'status?stream_id=p')).value).toEqual({ stream_id: 'p', status: 'enabled' });
    const paused = { stream_id: 'p', status: 'paused', reason: 'we move house' };
    expect(await ask('POST', 'status', paused)).toMatchObject({ status: 200, value: paused });
    await revoke('ann');
    await revoke('bob');
    expect(await told()).toEqual([]);
    expect((await ask('GET', 'status?stream_id=p')).value).toEqual(paused);
    expect((await transmitting([POLL], {}, store).ask('GET', 'status?stream_id=p')).value).toEqual(paused);
    expect((await ask('POST', 'status', { stream_id: 'p', status: 'enabled' })).value.reason).toBeUndefined();
    expect(await told()).toEqual(['ann', 'bob']);
    expect(news.map(({ to, reason }) => [to, reason])).toEqual([
      ['paused', 'we move house'],
      ['enabled', ''],
    ]);
  });

  it('sends and holds nothing while it is disabled', async () => {
    const { ask, revoke, told, news, revocation } = transmitting();
    await revoke('ann');
    await ask('POST', 'status', { stream_id: 'p', status: 'disabled' });
    await revoke('bob');
    expect(revocation.listeners({ principal: 'bob', reason: '', atMs: NOW })).toEqual(['o']);
    expect((await ask('POST', 'verify', { stream_id: 'p' })).status).toBe(400);
    await ask('POST', 'status', { stream_id: 'p', status: 'enabled' });
    await revoke('eve');
    expect(await told()).toEqual(['eve']);
    expect(news[0]).toEqual({ stream: 'p', change: 'status', to: 'disabled', reason: '', dropped: 1 });
  });

  it('pauses pushes, too', async () => {
    const to = await loopback(() => ({ status: 202 }));
    closing.push(() => to.close());
    const { ask, revoke, sent } = transmitting([{ ...POLL, push: { endpoint: to.url } }]);
    await ask('POST', 'status', { stream_id: 'p', status: 'paused' });
    await revoke('ann');
    await revoke('bob');
    expect([to.got.length, sent.all]).toEqual([0, []]);
    await ask('POST', 'status', { stream_id: 'p', status: 'enabled' });
    await sent.until(2);
    expect(to.got.map(({ body }) => (decodeJwt(body).sub_id as { sub: string }).sub)).toEqual(['ann', 'bob']);
    await ask('POST', 'status', { stream_id: 'p', status: 'paused' });
    await revoke('eve');
    await ask('POST', 'status', { stream_id: 'p', status: 'disabled' });
    expect(sent.all.at(-1)).toMatchObject({ outcome: 'dropped', code: '' });
  });

  it('is one of three, with a short reason', async () => {
    const { ask } = transmitting();
    for (const wrong of [{ status: 'off' }, {}, { status: 'paused', reason: 'x'.repeat(257) }])
      expect((await ask('POST', 'status', { stream_id: 'p', ...wrong })).status).toBe(400);
    expect((await ask('GET', 'status')).status).toBe(400);
  });

  it('changes only where the change can be kept', async () => {
    const { ask, store, news } = transmitting();
    store.broken = true;
    const failed = await ask('POST', 'status', { stream_id: 'p', status: 'disabled' });
    expect([failed.status, failed.headers?.['retry-after']]).toEqual([503, '30']);
    expect((await ask('GET', 'status?stream_id=p')).value.status).toBe('enabled');
    expect((await ask('POST', 'subjects:remove', { stream_id: 'p', subject: sub('ann') })).status).toBe(503);
    store.broken = false;
    expect((await ask('POST', 'status', { stream_id: 'p', status: 'disabled' })).status).toBe(200);
    expect(news).toHaveLength(1);
  });
});

describe('subjects', () => {
  it('can be taken out and added again, where all are wanted', async () => {
    const { ask, revoke, told, store, news } = transmitting();
    const removed = await ask('POST', 'subjects:remove', { stream_id: 'p', subject: sub('ann') });
    expect([removed.status, removed.value]).toEqual([204, null]);
    await revoke('ann');
    await revoke('bob');
    expect(await told()).toEqual(['bob']);
    // Kept without a name in it.
    expect(JSON.stringify([...store.kept, ...news])).not.toContain('ann');
    const later = transmitting([POLL], {}, store);
    await later.revoke('ann');
    expect(await later.told()).toEqual([]);
    const added = await later.ask('POST', 'subjects:add', { stream_id: 'p', subject: sub('ann'), verified: true });
    expect([added.status, added.value]).toEqual([200, null]);
    await later.revoke('ann');
    expect(await later.told()).toEqual(['ann']);
    // Whoever is not known gets the same answer.
    expect((await later.ask('POST', 'subjects:add', { stream_id: 'p', subject: sub('nobody') })).status).toBe(200);
    expect(later.news).toHaveLength(1);
  });

  it('are those that were added, where the operator says so', async () => {
    const { ask, revoke, told } = transmitting([POLL], { default_subjects: 'NONE' });
    await revoke('ann');
    expect(await told()).toEqual([]);
    await ask('POST', 'subjects:add', { stream_id: 'p', subject: sub('ann') });
    await revoke('ann');
    await revoke('bob');
    expect(await told()).toEqual(['ann']);
    await ask('POST', 'subjects:remove', { stream_id: 'p', subject: sub('ann') });
    await revoke('ann');
    expect(await told()).toEqual([]);
  });

  it('are refused where they are none', async () => {
    const { ask } = transmitting();
    for (const body of [{}, { subject: 'ann' }, { subject: { format: 'complex' } }, { subject: sub('a'), verified: 1 }])
      expect((await ask('POST', 'subjects:add', { stream_id: 'p', ...body })).status).toBe(400);
  });
});

describe('changes', () => {
  it('that change nothing leave no trace, and nobody makes more than so many at once', async () => {
    const { ask, news, at } = transmitting();
    const subject = (action: string, i: number) =>
      ask('POST', `subjects:${action}`, { stream_id: 'p', subject: sub(`u${i}`) });
    await ask('POST', 'status', { stream_id: 'p', status: 'enabled' });
    await ask('PATCH', 'streams', { stream_id: 'p' });
    expect(news).toEqual([]);
    for (let i = 0; i < 500; i++) expect((await subject('remove', i)).status).toBe(204);
    const refused = await subject('remove', 500);
    expect([refused.status, refused.headers?.['retry-after'], news.length]).toEqual([429, '1', 500]);
    // What is so already is no change.
    expect((await subject('remove', 0)).status).toBe(204);
    at(NOW + 200);
    expect([(await subject('remove', 500)).status, (await subject('remove', 501)).status]).toEqual([204, 429]);
  });
});

describe('verification', () => {
  it('sends the event with the state, whatever the receiver has asked for, and not too often', async () => {
    const { ask, sets, at } = transmitting([POLL], { default_subjects: 'NONE' });
    await ask('PATCH', 'streams', { stream_id: 'p', events_requested: [] });
    expect((await ask('POST', 'verify', { stream_id: 'p', state: 'abc' })).status).toBe(204);
    const again = await ask('POST', 'verify', { stream_id: 'p' });
    expect([again.status, again.headers?.['retry-after']]).toEqual([429, '10']);
    expect(await sets()).toMatchObject([
      { sub_id: { format: 'opaque', id: 'p' }, events: { [EVENT.verification]: { state: 'abc' } } },
    ]);
    at(NOW + 10_000);
    expect((await ask('POST', 'verify', { stream_id: 'p', state: 'x'.repeat(513) })).status).toBe(400);
    expect((await ask('POST', 'verify', { stream_id: 'p' })).status).toBe(204);
    expect((await sets())[0].events).toEqual({ [EVENT.verification]: {} });
  });
});
