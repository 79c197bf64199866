import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SallyportError } from '../lib/errors.ts';
import { MOST_BODY_BYTES } from './body.ts';
import { type Admin, startAdmin } from './server.ts';
import { adminOptions, call, FakeOperator, TOKEN } from './testing.ts';

let operator: FakeOperator;
let admin: Admin;
const token = TOKEN;

beforeEach(async () => {
  operator = new FakeOperator();
  admin = await startAdmin(adminOptions(operator));
});
afterEach(() => admin.close());

const undo = (body: unknown, id = 'M-0123456789') =>
  call(admin.url, `/api/v1/mitigations/${id}/undo`, { method: 'POST', body, token });

describe('what stands', () => {
  it('is told with its status, newest first, as many as asked for', async () => {
    operator.mitigate();
    operator.mitigate({ id: 'M-00000000aa' });
    operator.mitigate({ id: 'M-00000000bb', status: 'expired' });
    const ids = async (query: string) => {
      const { json } = await call(admin.url, `/api/v1/mitigations${query}`, { token });
      return (json?.mitigations as { id: string }[]).map(({ id }) => id);
    };
    expect(await ids('')).toEqual(['M-00000000bb', 'M-00000000aa', 'M-0123456789']);
    expect(await ids('?active=true')).toEqual(['M-00000000aa', 'M-0123456789']);
    expect(await ids('?active=false')).toEqual(['M-00000000bb']);
    expect(await ids('?active=true&limit=1')).toEqual(['M-00000000aa']);
  });

  it.each(['?active=1', '?limit=0', '?limit=1001', '?limit=x', '?limit='])('%s is refused', async (query) => {
    const { status, json } = await call(admin.url, `/api/v1/mitigations${query}`, { token });
    expect([status, json?.code]).toEqual([400, 'SP7003']);
  });

  it('comes with seconds, status and where to send a first request', async () => {
    operator.tick({ requests: 4 });
    const ticks = (await call(admin.url, '/api/v1/ticks', { token })).json?.ticks;
    expect(ticks).toMatchObject([{ requests: 4 }]);
    const { json } = await call(admin.url, '/api/v1/status', { token });
    expect(json).toMatchObject({ mode: 'enforce', requests: 4, listening: ['http://127.0.0.1:8080'] });
  });
});

describe('undo', () => {
  it('takes back with a reason and who gave it, and gives the receipt', async () => {
    operator.mitigate();
    const { status, json } = await undo({ reason: ' our own\n load test ', by: 'Zoë <b>' });
    expect(status).toBe(200);
    expect(json).toMatchObject({ mitigation: 'M-0123456789', by: 'Zoë b', lifted: ['M-0123456789'], ledger: 42 });
    expect(operator.acts).toEqual(['undo M-0123456789 by Zoë b: our own load test']);
  });

  it('is refused without a reason, for what is unknown, and for what no longer stands', async () => {
    operator.mitigate();
    const codes: unknown[] = [];
    for (const [body, id] of [
      [{}],
      [{ reason: ' ' }],
      [{ reason: 'x'.repeat(501) }],
      [{ reason: 'x' }, 'M-ffffffffff'],
      [{ reason: 'x' }, '..%2f..%2fstatus'],
      [{ reason: 'x' }],
      [{ reason: 'x' }],
    ] as [unknown, string?][]) {
      const { status, json } = await undo(body, id);
      codes.push([status, json?.code]);
    }
    expect(codes).toEqual([
      [400, 'SP7003'],
      [400, 'SP7003'],
      [400, 'SP7003'],
      [404, 'SP7004'],
      [404, 'SP7004'],
      [200, undefined],
      [409, 'SP7005'],
    ]);
    expect(operator.acts).toHaveLength(1);
  });
});

describe('the mode', () => {
  it('is switched with a reason', async () => {
    const answer = await call(admin.url, '/api/v1/mode', {
      method: 'POST',
      body: { mode: 'observe', reason: 'harm' },
      token,
    });
    expect([answer.status, answer.json]).toEqual([200, { mode: 'observe' }]);
    expect(operator.acts).toEqual(['observe by operator: harm']);
  });
});

describe('bodies', () => {
  it.each([
    ['{', 400],
    ['[]', 400],
    ['null', 400],
    ['"x"', 400],
    [JSON.stringify({ reason: 'x', pad: 'x'.repeat(MOST_BODY_BYTES) }), 413],
  ])('number %# is refused', async (body, expected) => {
    operator.mitigate();
    expect((await undo(body)).status).toBe(expected);
    expect(operator.acts).toEqual([]);
  });

  it('of another type are refused: a form of another site could send them', async () => {
    const headers = { 'Content-Type': 'text/plain' };
    const body = JSON.stringify({ reason: 'x' });
    operator.mitigate();
    const path = '/api/v1/mitigations/M-0123456789/undo';
    expect((await call(admin.url, path, { method: 'POST', body, token, headers })).status).toBe(415);
  });
});

describe('errors', () => {
  it('say where to look: unknown paths and methods', async () => {
    for (const path of [
      '/nothing',
      '/api/v1',
      '/api/v1/status/',
      '//api/v1/status',
      '/page/../server.ts',
      '/page/%2e%2e',
    ]) {
      expect([path, (await call(admin.url, path, { token })).status]).toEqual([path, 404]);
    }
    const { status, headers, json } = await call(admin.url, '/api/v1/mode', { token });
    expect([status, headers.allow, json?.code]).toEqual([405, 'POST', 'SP7003']);
    expect((await call(admin.url, '/api/v1/status', { method: 'PUT', token })).headers.allow).toBe('GET, HEAD');
  });

  it('of a reload keep their code and their words; a configuration is the caller’s to mend', async () => {
    const failing = async (error: Error) => {
      const other = await startAdmin(adminOptions(operator, { reload: () => Promise.reject(error) }));
      const answer = await call(other.url, '/api/v1/reload', { method: 'POST', token });
      await other.close();
      return answer;
    };
    const refused = await failing(new SallyportError('SP7008', 'listen counts at the start only'));
    expect([refused.status, refused.json?.detail]).toEqual([422, 'listen counts at the start only']);
    expect((await failing(new SallyportError('SP1003', 'unknown key'))).status).toBe(422);
  });

  it('that nobody foresaw say nothing to the caller, and all to the log', async () => {
    const seen: unknown[] = [];
    const options = adminOptions(operator, {
      trust: () => {
        throw new TypeError('secret inside');
      },
      onDefect: (error) => seen.push(error),
    });
    const other = await startAdmin(options);
    const { status, text } = await call(other.url, '/api/v1/trust', { token });
    await other.close();
    expect(status).toBe(500);
    expect(text).not.toContain('secret');
    expect(String(seen)).toContain('secret inside');
  });

  it('of the start name the port that is taken', async () => {
    const { port } = new URL(admin.url);
    const again = startAdmin(adminOptions(operator, { listen: { address: '127.0.0.1', port: Number(port) } }));
    await expect(again).rejects.toMatchObject({ code: 'SP7006', message: expect.stringContaining(port) });
  });
});

describe('health and metrics', () => {
  it('answer probes without a token, and say no more than yes or no', async () => {
    const other = await startAdmin(adminOptions(operator, { health: () => ({ live: true, ready: false }) }));
    const live = await call(other.url, '/healthz');
    const ready = await call(other.url, '/readyz');
    await other.close();
    expect([live.status, live.text, ready.status, ready.text]).toEqual([200, 'ok\n', 503, 'not ready\n']);
  });

  it('are told with a token, or without where the configuration says so', async () => {
    expect((await call(admin.url, '/metrics')).status).toBe(401);
    const told = await call(admin.url, '/metrics', { token, headers: { Accept: 'text/plain' } });
    expect([told.status, told.headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const other = await startAdmin(adminOptions(operator, { metricsWithoutToken: true }));
    expect((await call(other.url, '/metrics')).status).toBe(200);
    expect((await call(other.url, '/api/v1/status')).status).toBe(401);
    await other.close();
  });
});

describe('every answer', () => {
  it.each([
    '/',
    '/page/app.js',
    '/api/v1/status',
    '/nothing',
    '/healthz',
  ])('%s is kept from caches and frames', async (path) => {
    const { headers } = await call(admin.url, path);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    const policy = headers['content-security-policy'] as string;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
  });

  it('to HEAD is its head alone', async () => {
    const { status, headers, text } = await call(admin.url, '/', { method: 'HEAD' });
    expect([status, text]).toEqual([200, '']);
    expect(Number(headers['content-length'])).toBeGreaterThan(1000);
  });
});

it('survives what is no HTTP', async () => {
  const { port } = new URL(admin.url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.end('\x16\x03\x01 no http\r\n\r\n'));
    socket.on('close', () => resolve());
    socket.on('error', () => {});
    socket.resume();
  });
  expect((await call(admin.url, '/healthz')).status).toBe(200);
});
