import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_PIPELINED } from './http1.ts';
import { type Echo, type EchoConfig, eventually, RawClient, startEcho } from './testing.ts';

type Started = Echo & { release(): void };
const HOST = 'Host: a\r\n\r\n';
let echo: Started;
let clients: RawClient[] = [];

async function start(config: EchoConfig = {}, more: Parameters<typeof startEcho>[1] = {}): Promise<Started> {
  echo = await startEcho(config, more);
  return echo;
}

async function open(): Promise<RawClient> {
  const client = await RawClient.open(echo.port);
  clients.push(client);
  return client;
}

afterEach(async () => {
  for (const client of clients) client.socket.destroy();
  clients = [];
  await echo.listeners.close();
});

describe('slow clients', () => {
  it('are answered 408 when their header does not end', async () => {
    await start({ gateway: { header_timeout_s: 0.1 } });
    const client = await open();
    client.send('GET / HTTP/1.1\r\nHost');
    await client.end();
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body).code).toBe('SP7103');
    expect(echo.seen).toHaveLength(0);
    expect(echo.refused).toEqual(['SP7103']);
  });

  it('are cut off without a word when they have not sent anything', async () => {
    await start({ gateway: { header_timeout_s: 0.1 } });
    const client = await open();
    await client.end();
    expect(client.received).toHaveLength(0);
  });

  it('are answered 408 when their body pauses', async () => {
    await start({ gateway: { body_idle_timeout_s: 0.1 } });
    const client = await open();
    client.send(`POST / HTTP/1.1\r\nContent-Length: 10\r\n${HOST}abc`);
    await client.end();
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(408);
    expect(JSON.parse(answer.body).code).toBe('SP7117');
    expect(echo.failed).toEqual(['SP7117']);
  });

  it('are not waited for on a kept-alive connection', async () => {
    await start({ gateway: { idle_timeout_s: 0.05 } });
    const client = await open();
    client.send(`GET / HTTP/1.1\r\n${HOST}`);
    const [answer] = await client.answers(1);
    expect(answer.headers.connection).toBe('keep-alive');
    await client.end();
    expect(client.closed).toBe(true);
  });

  it('are not those that wait for us', async () => {
    await start({ gateway: { body_idle_timeout_s: 0.05, idle_timeout_s: 0.05 } });
    const client = await open();
    client.send(`POST /hold HTTP/1.1\r\nContent-Length: 3\r\n${HOST}abc`);
    await eventually(() => echo.seen.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    echo.release();
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(200);
  });
});

it('a client that does not take its answer is cut off', async () => {
  await start({ gateway: { body_idle_timeout_s: 0.05, idle_timeout_s: 0.1 } });
  const client = await open();
  client.socket.pause();
  // More than the buffers of both sockets hold.
  const length = 9 * 1024 * 1024;
  client.send(`POST / HTTP/1.1\r\nContent-Length: ${length}\r\n${HOST}`);
  client.send(Buffer.alloc(length, 'a'));
  await eventually(() => echo.seen.length === 1);
  await eventually(() => echo.listeners.connections() === 0);
  client.socket.resume();
  await client.end();
  expect(client.received.length).toBeLessThan(length);
});

describe('clients that go away', () => {
  it('end the request of whoever reads its body', async () => {
    await start();
    const client = await open();
    client.send(`POST / HTTP/1.1\r\nContent-Length: 10\r\n${HOST}abc`);
    await eventually(() => echo.seen.length === 1);
    client.socket.destroy();
    await eventually(() => echo.failed.length === 1);
    expect(echo.failed).toEqual(['ECONNRESET']);
    await eventually(() => echo.listeners.connections() === 0);
  });

  it('leave nothing behind in the middle of a header', async () => {
    await start();
    const client = await open();
    client.send('GET / HTTP/1.1\r\nHos');
    await eventually(() => echo.listeners.connections() === 1);
    client.socket.end();
    await client.end();
    expect(client.received).toHaveLength(0);
    expect(echo.seen).toHaveLength(0);
  });
});

describe('pipelining', () => {
  it('is bounded', async () => {
    await start();
    const client = await open();
    const request = `GET /hold HTTP/1.1\r\n${HOST}`;
    client.send(request.repeat(MAX_PIPELINED + 20));
    await eventually(() => echo.refused.length === 1);
    expect(echo.seen).toHaveLength(MAX_PIPELINED + 1);
    echo.release();
    await client.end();
    const answers = await client.answers(MAX_PIPELINED + 2);
    expect(answers.map(({ status }) => status)).toEqual([...Array(MAX_PIPELINED + 1).fill(200), 503]);
  });

  it('closes the connection behind the last answer where an upgrade comes too early', async () => {
    await start();
    const client = await open();
    client.send(`GET /hold HTTP/1.1\r\n${HOST}GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${HOST}`);
    await eventually(() => echo.seen.length === 1);
    echo.release();
    await client.end();
    expect((await client.answers(1)).map(({ status }) => status)).toEqual([200]);
    expect(echo.seen).toHaveLength(1);
  });
});

describe('an upgrade', () => {
  it('hands over the socket, with what has come already', async () => {
    await start();
    const client = await open();
    client.send(`GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n${HOST}early`);
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(101);
    expect(echo.seen[0]).toMatchObject({ upgrade: 'websocket', headers: ['Host', 'a'] });
    client.send(' late');
    await client.until(() => client.received.toString().endsWith('early late'));
    expect(client.closed).toBe(false);
  });

  it('survives a client that resets the connection', async () => {
    await start();
    const client = await open();
    client.send(`GET /ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${HOST}`);
    await client.answers(1);
    client.socket.resetAndDestroy();
    await eventually(() => echo.listeners.connections() === 0);
    expect(echo.seen).toHaveLength(1);
  });
});

describe('too many connections', () => {
  it('are refused without an answer', async () => {
    await start({ gateway: { connections: 2 } });
    const first = await open();
    const second = await open();
    const third = await open();
    await third.end();
    expect(third.received).toHaveLength(0);
    for (const client of [first, second]) {
      client.send(`GET / HTTP/1.1\r\n${HOST}`);
      expect((await client.answers(1))[0].status).toBe(200);
    }
  });

  it('are counted over all listeners', async () => {
    await start({
      listen: ['127.0.0.1:0', { address: '127.0.0.1:0', h2c: true }, '127.0.0.1:0'],
      gateway: { connections: 1 },
    });
    await open();
    await eventually(() => echo.listeners.connections() === 1);
    for (const { port } of echo.listeners.addresses.slice(1)) {
      const client = await RawClient.open(port);
      clients.push(client);
      await client.end();
      expect(client.received).toHaveLength(0);
    }
    expect(echo.refused).toEqual(['SP7115', 'SP7115']);
  });
});

describe('draining', () => {
  it('closes idle connections at once and lets answers under way end', async () => {
    await start();
    const idle = await open();
    idle.send(`GET / HTTP/1.1\r\n${HOST}`);
    await idle.answers(1);
    const unused = await open();
    const busy = await open();
    busy.send(`GET /hold HTTP/1.1\r\n${HOST}`);
    await eventually(() => echo.seen.length === 2 && echo.listeners.connections() === 3);
    const drained = echo.listeners.drain(10_000);
    await idle.end();
    await unused.end();
    expect(busy.closed).toBe(false);
    echo.release();
    await drained;
    const [answer] = await busy.answers(1);
    expect(answer.status).toBe(200);
    expect(answer.headers.connection).toBe('close');
    expect(echo.listeners.connections()).toBe(0);
    await expect(RawClient.open(echo.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('answers a request whose header was on its way', async () => {
    await start();
    const client = await open();
    client.send('GET / HTTP/1.1\r\nHost');
    await eventually(() => echo.listeners.connections() === 1);
    await eventually(() => client.socket.bytesWritten > 0);
    // The server has read it once a second connection's request has been answered.
    const other = await open();
    other.send(`GET / HTTP/1.1\r\n${HOST}`);
    await other.answers(1);
    const drained = echo.listeners.drain(10_000);
    client.send(': a\r\n\r\n');
    const [answer] = await client.answers(1);
    expect(answer.status).toBe(200);
    expect(answer.headers.connection).toBe('close');
    await drained;
  });

  it('cuts what is still open in the end', async () => {
    await start();
    const client = await open();
    client.send(`GET /hold HTTP/1.1\r\n${HOST}`);
    await eventually(() => echo.seen.length === 1);
    await echo.listeners.drain(50);
    await client.end();
    expect(client.received).toHaveLength(0);
    expect(echo.listeners.connections()).toBe(0);
  });
});

describe('opening', () => {
  it('names the address that cannot be had, and leaves nothing open', async () => {
    await start();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await expect(startEcho({ listen: ['127.0.0.1:0', `127.0.0.1:${port}`] })).rejects.toMatchObject({
      code: 'SP7119',
      message: expect.stringContaining(`http://127.0.0.1:${port}`),
    });
    await new Promise((resolve) => taken.close(resolve));
  });

  it('names the certificate that cannot be read', async () => {
    await start();
    const baseDir = mkdtempSync(join(tmpdir(), 'listen-'));
    const listen = [{ address: '127.0.0.1:0', tls: { cert: 'none.pem', key: 'none.key' } }];
    await expect(startEcho({ listen }, { baseDir })).rejects.toMatchObject({ code: 'SP7120' });
  });

  it('tells where it listens', async () => {
    await start({ listen: ['127.0.0.1:0', '[::1]:0'] });
    const [v4, v6] = echo.listeners.addresses;
    expect(v4).toMatchObject({ address: '127.0.0.1', tls: false, url: `http://127.0.0.1:${v4.port}` });
    expect(v6.url).toBe(`http://[::1]:${v6.port}`);
  });
});
