import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Inbound } from '../contract.ts';
import { Closing, configOf, front, httpUpstream, later, listening, rawUpstream, scripted, talk } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

const ASK = 'GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: raw\r\nConnection: Upgrade\r\nX-Mine: 1\r\n\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: Upgrade\r\n\r\n';

/** A server that switches to a protocol of bytes, and hands its sockets over. */
async function switching(onSocket: (socket: Socket, head: string) => void): Promise<string> {
  return rawUpstream(closing, (socket) => {
    socket.once('data', (chunk) => {
      socket.write(SWITCH);
      onSocket(socket, chunk.toString('latin1'));
    });
  });
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('WebSocket', () => {
  async function echo(): Promise<string> {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, req) => {
      socket.send(`${req.url} ${req.headers['sec-websocket-protocol'] ?? ''}`);
      socket.on('message', (data, binary) => socket.send(data, { binary }));
    });
    closing.add(() => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
    });
    return listening(server);
  }

  test('passes messages both ways, small and large, and closes in order', async () => {
    const gate = await front(closing, configOf(`upstream: ${await echo()}`));
    const socket = new WebSocket(`ws://127.0.0.1:${gate.port}/room?x=1`, ['chat'], { perMessageDeflate: true });
    const messages: string[] = [];
    const large = 'l'.repeat(300_000);
    const code = await new Promise<number>((resolve) => {
      socket.on('message', (data) => {
        messages.push(data.toString());
        if (messages.length === 1) socket.send('hello');
        if (messages.length === 2) socket.send(large);
        if (messages.length === 3) socket.close(4001);
      });
      socket.on('close', resolve);
    });
    expect(messages).toEqual(['/room?x=1 chat', 'hello', large]);
    expect(socket.protocol).toBe('chat');
    expect(code).toBe(4001);
    const [outcome] = await gate.over(1);
    expect(outcome).toMatchObject({ status: 101, ended: '', code: '', retries: 0 });
    expect(outcome.bodyBytes).toBeGreaterThan(100);
    expect(outcome.bytes).toBeGreaterThan(100);
    expect(gate.heads[0].status).toBe(101);
  });

  test('that the server refuses is an ordinary answer', async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server, verifyClient: (_info, done) => done(false, 403, 'not you') });
    closing.add(() => {
      sockets.close();
      server.close();
    });
    const gate = await front(closing, configOf(`upstream: ${await listening(server)}`));
    const socket = new WebSocket(`ws://127.0.0.1:${gate.port}/`);
    const [status, body] = await new Promise<[number, string]>((resolve) => {
      socket.on('unexpected-response', (_req, res) => {
        res.on('data', (chunk) => resolve([res.statusCode ?? 0, String(chunk)]));
      });
      socket.on('error', () => {});
    });
    expect([status, body]).toEqual([403, 'not you']);
    expect((await gate.over(1))[0]).toMatchObject({ status: 403, ended: '', bytes: 7 });
  });
});

describe('any other protocol', () => {
  test('gets the request as it was, and every byte that follows', async () => {
    const head = later<string>();
    const url = await switching((socket, text) => {
      head.resolve(text);
      socket.on('data', (chunk) => socket.write(`<${chunk}>`));
      socket.on('end', () => socket.end('bye'));
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const client = connect({ port: gate.port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    client.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.endsWith('<early>')) client.write('late');
      if (text.endsWith('<late>')) client.end();
    });
    // Bytes that come with the request belong to the new protocol.
    client.write(`${ASK}early`);
    await closed(client);
    const message = parseMessage(text);
    expect(message.status).toBe(101);
    expect(message.headers.map((line) => line.toLowerCase())).toContain('upgrade: raw');
    // The client has ended its side; the server still had something to say.
    expect(message.body).toBe('<early><late>bye');
    const seen = await head.promise;
    expect(seen).toMatch(/^GET \/chat HTTP\/1.1\r\n/);
    for (const line of ['Host: a', 'X-Mine: 1', 'Upgrade: raw', 'Connection: Upgrade']) expect(seen).toContain(line);
    expect((await gate.over(1))[0]).toMatchObject({ status: 101, ended: '', bodyBytes: 9, bytes: 16 });
  });

  test('ends on both sides when the client breaks', async () => {
    const gone = later<void>();
    const url = await switching((socket) => {
      socket.on('data', () => client.resetAndDestroy());
      // Not an end in good order: the server sees a break, too.
      socket.once('error', () => gone.resolve());
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const client = connect(gate.port, '127.0.0.1');
    client.once('data', () => client.write('x'));
    client.write(ASK);
    await gone.promise;
    expect((await gate.over(1))[0]).toMatchObject({ status: 101, ended: 'client' });
  });

  test('ends on both sides when the server breaks', async () => {
    const url = await switching((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const client = connect(gate.port, '127.0.0.1');
    client.on('error', () => {});
    client.once('data', () => client.write('x'));
    client.write(ASK);
    await closed(client);
    expect((await gate.over(1))[0]).toMatchObject({ status: 101, ended: 'upstream' });
  });

  test('is ended when nothing passes for too long', async () => {
    const url = await switching(() => {});
    const gate = await front(closing, configOf(`upstream: ${url}`), { tunnelIdleMs: 30 });
    const client = connect(gate.port, '127.0.0.1');
    client.write(ASK);
    client.resume();
    await closed(client);
    expect((await gate.over(1))[0]).toMatchObject({ status: 101, ended: 'deadline' });
  });
});

describe('what is not switched', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const one = (url: string) => configOf(`upstreams: [{ name: default, servers: ['${url}'], connect_timeout_s: 0.1 }]`);

  for (const token of ['h2c', 'HTTP/2.0', 'TLS/1.2']) {
    test(`${token}: behind it requests would go unseen`, async () => {
      let asked = 0;
      const url = await httpUpstream(closing, () => asked++);
      const gate = await front(closing, one(url));
      const seen = await talk(gate.port, ASK.replace('raw', token));
      expect(parseMessage(seen.text)).toMatchObject({ status: 501, whole: true });
      expect((await gate.over(1))[0]).toMatchObject({ status: 501, ended: 'limit', code: 'SP7213', server: '' });
      expect(asked).toBe(0);
    });
  }

  test('a request with a body', async () => {
    const gate = await front(closing, one('http://127.0.0.1:1'));
    const seen = await talk(gate.port, ASK.replace('X-Mine: 1', 'Content-Length: 2'));
    expect(parseMessage(seen.text).status).toBe(501);
  });

  test('a server that answers as if nothing had been asked', async () => {
    const gate = await front(closing, one(await scripted(closing, OK, 'keep')));
    const seen = await talk(gate.port, ASK);
    expect(parseMessage(seen.text)).toMatchObject({ status: 200, body: 'ok', whole: true });
    expect(seen.closed).toBe('end');
  });

  test('a server that switches to something else', async () => {
    const gate = await front(closing, one(await scripted(closing, SWITCH.replace('raw', 'cooked'), 'keep')));
    expect(parseMessage((await talk(gate.port, ASK)).text).status).toBe(502);
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, code: 'SP7203' });
  });

  test('a server that talks nonsense', async () => {
    const gate = await front(closing, one(await scripted(closing, 'nonsense\r\n\r\n', 'keep')));
    expect(parseMessage((await talk(gate.port, ASK)).text).status).toBe(502);
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, code: 'SP7203' });
  });

  test('a server that is not there', async () => {
    const passing = new Closing();
    const url = await rawUpstream(passing, () => {});
    await passing.run();
    const gate = await front(closing, one(url));
    expect(parseMessage((await talk(gate.port, ASK)).text).status).toBe(502);
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, ended: 'upstream', code: 'SP7201', server: url });
  });

  test('a server whose refusal breaks off: the client sees that', async () => {
    const half = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nhalf';
    const gate = await front(closing, one(await scripted(closing, half, 'end')));
    expect(parseMessage((await talk(gate.port, ASK)).text).whole).toBe(false);
    expect((await gate.over(1))[0]).toMatchObject({ status: 403, ended: 'upstream', code: 'SP7205' });
  });

  test('a server that does not answer in time', async () => {
    const gone = later<void>();
    const url = await rawUpstream(closing, (socket) => {
      socket.resume();
      socket.once('end', () => gone.resolve()).once('close', () => gone.resolve());
    });
    const gate = await front(closing, one(url), { route: { timeoutMs: 30 } });
    expect(parseMessage((await talk(gate.port, ASK)).text).status).toBe(504);
    await gone.promise;
    expect((await gate.over(1))[0]).toMatchObject({ status: 504, ended: 'deadline', code: 'SP7204' });
  });

  test('a client that leaves before the server has answered', async () => {
    const gone = later<void>();
    const url = await rawUpstream(closing, (socket) => {
      socket.once('data', () => client.destroy());
      socket.once('end', () => gone.resolve()).once('close', () => gone.resolve());
    });
    const gate = await front(closing, one(url));
    const client = connect(gate.port, '127.0.0.1');
    client.write(ASK);
    await gone.promise;
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, ended: 'client' });
  });

  test('a client that has left before its request goes on', async () => {
    const url = await switching(() => {});
    const left = later<void>();
    const before = ({ req }: Inbound): Promise<boolean> => {
      // Whatever looks at the connection meanwhile reads its end.
      req.socket?.resume().once('end', () => left.resolve());
      return left.promise.then(() => true);
    };
    const gate = await front(closing, one(url), { before });
    connect(gate.port, '127.0.0.1').end(ASK);
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, ended: 'client' });
  });
});
