import { type ClientHttp2Session, connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import { answerOf, ask } from './http2.testing.ts';
import { CALM_BURST } from './http2.ts';
import { type Echo, type EchoConfig, eventually, RawClient, startEcho } from './testing.ts';

type Started = Echo & { release(): void };

let echo: Started;
let sessions: ClientHttp2Session[] = [];

const H2C = [{ address: '127.0.0.1:0', h2c: true }];

async function start(config: EchoConfig = {}): Promise<void> {
  echo = await startEcho({ listen: H2C, ...config });
}

function session(): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${echo.port}`);
  client.on('error', () => {});
  sessions.push(client);
  return client;
}

const closed = (client: ClientHttp2Session) => new Promise<void>((resolve) => client.once('close', resolve));

afterEach(async () => {
  for (const client of sessions) client.destroy();
  sessions = [];
  await echo.listeners.close();
});

describe('HTTP/2 without TLS', () => {
  it('is spoken to clients that begin with its preface, HTTP/1.1 to others on the same port', async () => {
    await start();
    const answer = await ask(session(), { ':path': '/x?y' });
    expect(JSON.parse(answer.body)).toMatchObject({
      target: '/x?y',
      host: 'a',
      protocol: 'HTTP/2.0',
      scheme: 'http',
      peer: '127.0.0.1',
      bodyLength: 0,
      headers: [],
    });
    const client = await RawClient.open(echo.port);
    client.send('GET / HTTP/1.1\r\n');
    client.send('Host: a\r\n\r\n');
    expect((await client.answers(1))[0].status).toBe(200);
    client.socket.destroy();
  });

  it('takes the preface in pieces, and what only begins like it', async () => {
    await start();
    const client = await RawClient.open(echo.port);
    for (const byte of 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n') {
      client.send(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until(() => client.received.length >= 9);
    // A SETTINGS frame on stream 0.
    expect(client.received[3]).toBe(4);
    client.socket.destroy();
    const other = await RawClient.open(echo.port);
    for (const part of ['P', 'R', 'OPFIND / HTTP/1.1\r\nHost: a\r\n\r\n']) {
      other.send(part);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await other.answers(1))[0].status).toBe(200);
    other.socket.destroy();
  });

  it('is not spoken where it was not asked for', async () => {
    await start({ listen: '127.0.0.1:0' });
    const client = session();
    await closed(client);
    expect(echo.seen).toHaveLength(0);
  });

  it('closes connections that say nothing', async () => {
    await start({ gateway: { header_timeout_s: 0.05 } });
    const client = await RawClient.open(echo.port);
    await client.end();
    expect(client.received).toHaveLength(0);
  });
});

describe('a request over HTTP/2', () => {
  it('has its body, its trailers and its joined cookies', async () => {
    await start();
    const stream = session().request(
      { ':path': '/', ':method': 'POST', ':authority': 'a', cookie: ['a=1', 'b=2'], te: 'trailers' },
      { waitForTrailers: true },
    );
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }));
    const answer = answerOf(stream);
    stream.end('abc');
    const { body } = await answer;
    expect(JSON.parse(body)).toMatchObject({
      body: 'abc',
      bodyLength: -1,
      trailers: ['x-sum', '1'],
      headers: ['cookie', 'a=1; b=2', 'te', 'trailers'],
    });
  });

  it('has the length it says', async () => {
    await start();
    const answer = await ask(session(), { ':path': '/', ':method': 'POST', 'content-length': 3 }, 'abc');
    expect(JSON.parse(answer.body)).toMatchObject({ body: 'abc', bodyLength: 3 });
    const longer = await ask(session(), { ':path': '/', ':method': 'POST', 'content-length': 3 }, 'abcd');
    expect(longer.rst).toBe(constants.NGHTTP2_PROTOCOL_ERROR);
  });

  const refusals: [string, OutgoingHttpHeaders, number, string][] = [
    ['a fragment', { ':path': '/#a' }, 400, 'SP7109'],
    ['another Host', { ':path': '/', host: 'b' }, 400, 'SP7108'],
    ['an invalid authority', { ':path': '/', ':authority': 'u@a' }, 400, 'SP7108'],
    ['a method nobody knows', { ':path': '/', ':method': 'FOO' }, 501, 'SP7110'],
    ['TRACE', { ':path': '/', ':method': 'TRACE' }, 405, 'SP7110'],
    ['a target that is too long', { ':path': `/${'a'.repeat(2100)}` }, 414, 'SP7104'],
    ['a header that is too large', { ':path': '/', 'x-a': 'a'.repeat(5000) }, 431, 'SP7102'],
    ['another expectation', { ':path': '/', expect: 'more' }, 417, 'SP7112'],
  ];
  const LIMITS = { header_bytes: 4096, header_count: 16, target_bytes: 2048, body_limit_bytes: 1024 };

  it.each(refusals)('is refused for %s', async (_, headers, status, code) => {
    await start({ gateway: LIMITS });
    const client = session();
    const answer = await ask(client, headers);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ status, code });
    expect(echo.seen).toHaveLength(0);
    // Other streams of the connection go on.
    expect((await ask(client, { ':path': '/' })).status).toBe(200);
  });

  it.each([
    ['a relative path', { ':path': 'a' }],
    ['a star that is not for OPTIONS', { ':path': '*' }],
    ['a length that is not that of the body', { ':path': '/', ':method': 'POST', 'content-length': 2000 }],
  ])('is reset for %s', async (_, headers) => {
    await start();
    const client = session();
    expect(await ask(client, headers)).toMatchObject({ status: 0, rst: constants.NGHTTP2_PROTOCOL_ERROR });
    expect((await ask(client, { ':path': '/', ':method': 'GET' })).status).toBe(200);
  });

  it('is refused before its body comes, where that is too large', async () => {
    await start({ gateway: LIMITS });
    const stream = session().request({ ':path': '/', ':method': 'POST', ':authority': 'a', 'content-length': 2000 });
    const { status, body } = await answerOf(stream);
    expect({ status, code: JSON.parse(body).code }).toEqual({ status: 413, code: 'SP7105' });
    expect(echo.seen).toHaveLength(0);
  });

  it('is refused for CONNECT', async () => {
    await start();
    const stream = session().request({ ':method': 'CONNECT', ':authority': 'a:443' });
    const answer = answerOf(stream);
    expect((await answer).status).toBe(405);
    expect(echo.seen).toHaveLength(0);
  });

  it('is refused while its body comes in, where that has no end', async () => {
    await start({ gateway: LIMITS });
    const stream = session().request({ ':path': '/', ':method': 'POST', ':authority': 'a' });
    const answer = answerOf(stream);
    stream.write('a'.repeat(1025));
    expect(await answer).toMatchObject({ status: 413 });
    expect(echo.failed).toEqual(['SP7105']);
  });

  it('is refused when its body pauses', async () => {
    await start({ gateway: { body_idle_timeout_s: 0.1 } });
    const stream = session().request({ ':path': '/', ':method': 'POST', ':authority': 'a' });
    const answer = answerOf(stream);
    stream.write('abc');
    expect(await answer).toMatchObject({ status: 408 });
    expect(echo.failed).toEqual(['SP7117']);
  });

  it('waits for 100 Continue', async () => {
    await start();
    const stream = session().request({ ':path': '/', ':method': 'POST', ':authority': 'a', expect: '100-continue' });
    const answer = answerOf(stream);
    await new Promise<void>((resolve) => stream.once('continue', resolve));
    stream.end('abc');
    expect(JSON.parse((await answer).body)).toMatchObject({ body: 'abc', expectsContinue: true });
  });

  it('that a handler throws at ends alone', async () => {
    await start();
    const client = session();
    expect((await ask(client, { ':path': '/throw' })).rst).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    expect((await ask(client, { ':path': '/' })).status).toBe(200);
    expect(echo.refused).toEqual(['SP9001']);
  });
});

describe('floods', () => {
  it('of reset streams end the connection (CVE-2023-44487)', async () => {
    await start();
    const client = session();
    const goaway = new Promise<number>((resolve) => client.once('goaway', resolve));
    client.on('connect', async () => {
      for (let i = 0; i < CALM_BURST * 2 && !client.destroyed; i++) {
        const stream = client.request({ ':path': '/hold', ':authority': 'a' });
        stream.on('error', () => {});
        stream.close(constants.NGHTTP2_CANCEL);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(await goaway).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    await closed(client);
    expect(echo.refused).toContain('SP7121');
    expect(echo.seen.length).toBeLessThanOrEqual(CALM_BURST + 50);
  });

  it('of pings end the connection', async () => {
    await start();
    const client = session();
    const goaway = new Promise<number>((resolve) => client.once('goaway', resolve));
    client.on('connect', async () => {
      for (let i = 0; i < CALM_BURST * 2 && !client.destroyed; i++) {
        await new Promise<void>((resolve) => {
          if (!client.ping(() => resolve())) resolve();
        });
      }
    });
    expect(await goaway).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    expect(echo.refused).toContain('SP7121');
  });
});

describe('draining HTTP/2', () => {
  it('sends GOAWAY, lets streams end and closes', async () => {
    await start();
    const idle = session();
    await ask(idle, { ':path': '/' });
    const busy = session();
    const answer = ask(busy, { ':path': '/hold' });
    await eventually(() => echo.seen.length === 2);
    const goaway = new Promise<number>((resolve) => busy.once('goaway', resolve));
    const drained = echo.listeners.drain(10_000);
    expect(await goaway).toBe(constants.NGHTTP2_NO_ERROR);
    await closed(idle);
    echo.release();
    expect((await answer).status).toBe(200);
    await drained;
    expect(echo.listeners.connections()).toBe(0);
  });
});
