import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, describe, expect, test } from 'vitest';
import { limitBody } from '../http/body.ts';
import { Closing, configOf, front, get, httpUpstream, later, rawUpstream, talk } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

/** A clock that runs as usual and can be put forward. */
function leaping() {
  let ahead = 0;
  return {
    now: () => performance.now() + ahead,
    leap: (ms: number) => {
      ahead += ms;
    },
  };
}

const DEADLINE = 60_000;
const one = (url: string) => configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 0 } }]`);

describe('time', () => {
  test('is up before there is an answer: 504, and the server is left', async () => {
    const left = later<void>();
    const asked = later<void>();
    const url = await httpUpstream(closing, (_req, res) => {
      asked.resolve();
      res.once('close', () => left.resolve());
    });
    const clock = leaping();
    const gate = await front(closing, one(url), { now: clock.now, route: { timeoutMs: DEADLINE } });
    const seen = get(gate.port);
    await asked.promise;
    clock.leap(DEADLINE);
    expect(parseMessage((await seen).text)).toMatchObject({ status: 504, whole: true });
    await left.promise;
    expect((await gate.over(1))[0]).toMatchObject({ status: 504, ended: 'deadline', code: 'SP7204', server: url });
  });

  test('is up in the middle of an answer: the answer is cut', async () => {
    const url = await httpUpstream(closing, (_req, res) => res.write('half'));
    const clock = leaping();
    const gate = await front(closing, one(url), { now: clock.now, route: { timeoutMs: DEADLINE } });
    const { text } = await talk(gate.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', (sofar) => {
      if (sofar.includes('half')) clock.leap(DEADLINE);
      return false;
    });
    expect(parseMessage(text)).toMatchObject({ status: 200, body: 'half', whole: false });
    expect((await gate.over(1))[0]).toMatchObject({ status: 200, bytes: 4, ended: 'deadline', code: 'SP7204' });
  });

  test('is never up for streams of events', async () => {
    const stream = later<ServerResponse>();
    const url = await httpUpstream(closing, (req, res) => {
      if (req.url !== '/events') return;
      res.writeHead(200, { 'Content-Type': 'Text/Event-Stream; charset=utf-8' });
      res.write('data: 1\n\n');
      stream.resolve(res);
    });
    const clock = leaping();
    const gate = await front(closing, one(url), { now: clock.now, route: { timeoutMs: DEADLINE } });
    const seen = talk(gate.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n', (text) => text.includes('data: 2'));
    const events = await stream.promise;
    // Another request that is begun later and runs out of time shows that the sweep has come by.
    const other = get(gate.port, '/never');
    await gate.begun(2);
    clock.leap(100 * DEADLINE);
    await other;
    expect(gate.outcomes.map((outcome) => outcome.status)).toEqual([504]);
    events.write('data: 2\n\n');
    expect((await seen).closed).toBe('open');
  });

  test('spent by a client that does not send its body is the fault of the client: 408', async () => {
    const url = await httpUpstream(closing, () => {});
    const clock = leaping();
    const gate = await front(closing, one(url), { now: clock.now, route: { timeoutMs: 1_000 } });
    const seen = talk(gate.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await gate.begun(1);
    clock.leap(1_000);
    expect(parseMessage((await seen).text).status).toBe(408);
    expect((await gate.over(1))[0]).toMatchObject({ status: 408, ended: 'deadline', code: 'SP7204' });
    expect(gate.forwarder.servers()[0].state).toBe('up');
  });

  test('between two pieces of a body is limited, too', async () => {
    const aborted = later<void>();
    const asked = later<void>();
    const url = await httpUpstream(closing, (req) => {
      req.on('data', () => asked.resolve());
      req.on('error', () => aborted.resolve());
    });
    const clock = leaping();
    const gate = await front(closing, one(url), { now: clock.now, route: { timeoutMs: 0 } });
    const seen = talk(gate.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await asked.promise;
    const leaps = setInterval(() => clock.leap(31_000), 60);
    closing.add(() => clearInterval(leaps));
    expect(parseMessage((await seen).text).status).toBe(408);
    await aborted.promise;
    expect((await gate.over(1))[0]).toMatchObject({ status: 408, ended: 'deadline', code: 'SP7211', bodyBytes: 4 });
  });

  test('to connect is limited: a server that takes the connection and says no TLS', async () => {
    const url = await rawUpstream(closing, () => {});
    const secure = url.replace('http:', 'https:');
    const gate = await front(
      closing,
      configOf(
        `upstreams: [{ name: default, servers: ['${secure}'], connect_timeout_s: 0.05, retries: { max: 0 }, connections: 1 }]`,
      ),
    );
    expect(parseMessage((await get(gate.port)).text).status).toBe(504);
    expect((await gate.over(1))[0]).toMatchObject({ status: 504, ended: 'upstream', code: 'SP7202' });
    // The connection's place is free again.
    expect(parseMessage((await get(gate.port)).text).status).toBe(504);
  });

  test('to connect does not hold a client that has gone', async () => {
    const connected = later<void>();
    const url = await rawUpstream(closing, () => connected.resolve());
    const secure = url.replace('http:', 'https:');
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${secure}'], connect_timeout_s: 0.2, retries: { max: 0 } }]`),
    );
    const socket = connect(gate.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await connected.promise;
    socket.destroy();
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, ended: 'client', code: '' });
  });
});

describe('size', () => {
  test('of an answer, known beforehand: 502 instead of it', async () => {
    const url = await httpUpstream(closing, (_req, res) => res.end('x'.repeat(2_000)));
    const gate = await front(closing, one(url), { route: { responseLimitBytes: 1_000 } });
    expect(parseMessage((await get(gate.port)).text).status).toBe(502);
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, ended: 'limit', code: 'SP7209' });
    expect(gate.heads).toEqual([]);
  });

  test('of an answer, found out on the way: cut', async () => {
    const url = await httpUpstream(closing, (_req, res) => {
      for (let i = 0; i < 20; i++) res.write('x'.repeat(100));
    });
    const gate = await front(closing, one(url), { route: { responseLimitBytes: 1_000 } });
    expect(parseMessage((await get(gate.port)).text).whole).toBe(false);
    const [outcome] = await gate.over(1);
    expect(outcome).toMatchObject({ status: 200, ended: 'limit', code: 'SP7209' });
    expect(outcome.bytes).toBeLessThanOrEqual(1_000);
  });

  test('of an answer as large as the limit is no offence', async () => {
    const url = await httpUpstream(closing, (_req, res) => res.end('x'.repeat(1_000)));
    const gate = await front(closing, one(url), { route: { responseLimitBytes: 1_000 } });
    expect(parseMessage((await get(gate.port)).text)).toMatchObject({ status: 200, whole: true });
  });

  test('of a body, known beforehand: 413, and the server hears nothing of it', async () => {
    let asked = 0;
    const url = await httpUpstream(closing, () => {
      asked++;
    });
    const gate = await front(closing, one(url), { route: { bodyLimitBytes: 10 } });
    const seen = await talk(gate.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world');
    expect(parseMessage(seen.text)).toMatchObject({ status: 413, whole: true });
    expect((await gate.over(1))[0]).toMatchObject({ status: 413, ended: 'limit', code: 'SP7210', server: '' });
    expect(asked).toBe(0);
  });

  test('of a body, found out on the way: 413, and the server sees it break off', async () => {
    const begun = later<void>();
    const broken = later<void>();
    const url = await httpUpstream(closing, (req) => {
      req.once('data', () => begun.resolve());
      req.on('error', () => broken.resolve());
    });
    const gate = await front(closing, one(url), { route: { bodyLimitBytes: 10 } });
    const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n';
    const socket = connect(gate.port, '127.0.0.1');
    const answered = later<string>();
    socket.on('data', (chunk) => answered.resolve(chunk.toString('latin1')));
    socket.write(chunked);
    await begun.promise;
    socket.write('8\r\n12345678\r\n8\r\n');
    await broken.promise;
    expect(parseMessage(await answered.promise)).toMatchObject({ status: 413, whole: true });
    socket.destroy();
    const [outcome] = await gate.over(1);
    expect(outcome).toMatchObject({ status: 413, ended: 'limit', code: 'SP7210' });
    expect(outcome.bodyBytes).toBeLessThanOrEqual(10);
  });

  test('of a body that another room refuses: its answer stands, and the server sees the body break off', async () => {
    const begun = later<void>();
    const broken = later<void>();
    const url = await httpUpstream(closing, (req) => {
      req.once('data', () => begun.resolve());
      req.on('error', () => broken.resolve());
    });
    const gate = await front(closing, one(url), { onRequest: (req, res) => limitBody(req, res, 10) });
    const socket = connect(gate.port, '127.0.0.1');
    const answered = later<string>();
    socket.on('data', (chunk) => answered.resolve(chunk.toString('latin1')));
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n12345678\r\n');
    await begun.promise;
    socket.write('8\r\n12345678\r\n8\r\n');
    await broken.promise;
    expect(parseMessage(await answered.promise)).toMatchObject({ status: 413, whole: true });
    const [outcome] = await gate.over(1);
    expect(outcome).toMatchObject({ status: 413, ended: 'limit', bodyBytes: 8 });
    expect(outcome.code).toMatch(/^SP71/);
    socket.destroy();
  });
});
