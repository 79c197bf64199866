import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Book, TAG } from './book.ts';
import { forwarded, openDoor, Pace } from './door.ts';
import { listenOn, openTap } from './tap.ts';
import { openWire, proxyHeader, statusOf } from './wire.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const it of open.splice(0).reverse()) await it.close();
});

/** A shop that answers with what it was asked. */
async function shop(status = 401): Promise<number> {
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const asked = {
      method: incoming.method,
      url: incoming.url,
      headers: incoming.headers,
      body: `${Buffer.concat(parts)}`,
    };
    outgoing.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(asked));
  });
  open.push(server);
  return listenOn(server);
}

async function ask(port: number, path: string, headers: Record<string, string> = {}, body?: string) {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method: body === undefined ? 'GET' : 'POST',
    headers,
    agent: false,
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return { status: answer.statusCode, asked: JSON.parse(`${Buffer.concat(parts)}`) };
}

describe('a door and a tap', () => {
  it('see one request at both ends, and hide the tag from the shop', async () => {
    const book = new Book();
    const tap = await openTap(await shop(), book);
    const gateway = Number(new URL(tap.url).port);
    const door = await openDoor({
      ...{ gateway, addresses: ['203.0.113.9'], host: 'shop.example', book, perSec: 1000, told: { 401: 400 } },
    });
    open.push(tap, door);
    const { status, asked } = await ask(door.port, '/a?b=c', { 'user-agent': 'x', connection: 'close' }, 'text');
    expect(status).toBe(400);
    expect(asked).toMatchObject({ method: 'POST', url: '/a?b=c', body: 'text' });
    expect(asked.headers).toMatchObject({ 'user-agent': 'x', host: 'shop.example', 'x-forwarded-for': '203.0.113.9' });
    expect(asked.headers[TAG]).toBeUndefined();
    const [attempt] = book.of('tool');
    expect(attempt).toMatchObject({ what: 'POST /a?b=c', status: 401 });
    expect(attempt.reachedMs).toBeGreaterThanOrEqual(attempt.sentMs);
  });

  it('give requests several addresses in turn', async () => {
    const gateway = await shop(200);
    const addresses = ['203.0.113.9', '198.51.100.4'];
    const door = await openDoor({
      ...{ gateway, addresses, host: 'shop.example', book: new Book(), perSec: 1000, told: {} },
    });
    open.push(door);
    const seen: unknown[] = [];
    for (let i = 0; i < 3; i++) seen.push((await ask(door.port, '/')).asked.headers['x-forwarded-for']);
    expect(seen).toEqual([...addresses, addresses[0]]);
  });

  it('write down that nobody answered', async () => {
    const book = new Book();
    const server = createTcpServer((socket) => socket.destroy());
    open.push(server);
    const gateway = await listenOn(server as never);
    const door = await openDoor({
      ...{ gateway, addresses: ['203.0.113.9'], host: 'shop.example', book, perSec: 1000, told: {} },
    });
    open.push(door);
    await expect(ask(door.port, '/')).rejects.toThrow(/hang up|reset/);
    expect(book.of('tool')).toMatchObject([{ reachedMs: null, status: 0 }]);
    expect(book.of('tool')[0].endedMs).not.toBeNull();
  });
});

describe('what a door passes on', () => {
  const by = { host: 'shop.example', address: '203.0.113.9', tag: 'abc' };

  it('has our host, our word about the address behind any other, and the tag', () => {
    const raw = ['Host', '127.0.0.1:1', 'X-Forwarded-For', '1.2.3.4', 'Accept', '*/*'];
    expect(forwarded(raw, by)).toEqual([
      ...['Host', 'shop.example', 'Accept', '*/*', 'X-Forwarded-For', '1.2.3.4, 203.0.113.9', TAG, 'abc'],
    ]);
  });

  it('goes on evenly', () => {
    const pace = new Pace(100);
    expect([0, 0, 0, 25, 100].map((now) => pace.wait(now))).toEqual([0, 10, 20, 5, 0]);
  });
});

describe('a wire', () => {
  it('says where from, puts the tag behind the first line, and lets all else through', async () => {
    const book = new Book();
    let seen = Buffer.alloc(0);
    const server = createTcpServer((socket) => {
      socket.on('data', (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        if (seen.includes('X-Slow: 1\r\n')) socket.end('HTTP/1.1 408 Request Timeout\r\n\r\n');
      });
    });
    open.push(server);
    const wire = await openWire({ gateway: await listenOn(server as never), address: '203.0.113.9', book });
    open.push(wire);
    const client = connect(wire.port, '127.0.0.1');
    client.resume();
    client.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: 1\r\n');
    await once(client, 'close');
    const header = proxyHeader('203.0.113.9', 0);
    expect(seen.subarray(0, 24)).toEqual(header.subarray(0, 24));
    const text = seen.subarray(header.length).toString();
    expect(text).toMatch(/^GET \/ HTTP\/1\.1\r\nx-request-tag: [0-9a-f]{16}\r\nHost: x\r\nX-Slow: 1\r\n$/);
    book.reached(/[0-9a-f]{16}/.exec(text)?.[0] as string, 1);
    expect(book.of('tool')).toMatchObject([{ what: 'connection', reachedMs: 1, status: 408 }]);
  });

  it('writes the header of the PROXY protocol, version 2', () => {
    const header = proxyHeader('203.0.113.9', 0x1234);
    expect(header.toString('hex')).toBe('0d0a0d0a000d0a515549540a2111000ccb0071097f00000112340050');
  });

  it('knows the status of an answer', () => {
    expect(['HTTP/1.1 403 Forbidden', 'HTTP/1.0 200 OK', 'HTTP/2 200', ''].map(statusOf)).toEqual([403, 200, 0, 0]);
  });
});
