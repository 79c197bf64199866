import { createHash } from 'node:crypto';
import { connect as connect2 } from 'node:http2';
import { afterEach, describe, expect, test } from 'vitest';
import type { Inbound } from '../contract.ts';
import { Closing, configOf, front, httpUpstream, later, rawUpstream, talk } from '../upstream/testing.ts';
import { createCollector } from './index.ts';
import { bench, collecting, OPTIONS, post, STORE } from './testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

describe('over HTTP/2', () => {
  const request = async (port: number, body: string[], end = true, headers: Record<string, string> = {}) => {
    const session = connect2(`http://127.0.0.1:${port}`);
    closing.add(() => session.destroy());
    session.on('error', () => {});
    const stream = session.request({ ':method': 'POST', ':path': '/a', ...headers });
    stream.on('error', () => {});
    for (const piece of body) stream.write(piece);
    if (end) stream.end();
    return stream;
  };
  const status = (stream: Awaited<ReturnType<typeof request>>) =>
    new Promise<number>((resolve) => stream.on('response', (headers) => resolve(Number(headers[':status']))));

  test('a small and a large body go on whole', async () => {
    const { port, seen } = await bench(closing, {}, {}, true);
    expect(await status(await request(port, ['hello ', 'world']))).toBe(200);
    expect(await status(await request(port, ['x'.repeat(30_000), 'y'.repeat(30_000)]))).toBe(200);
    expect(seen[0].body).toBe('hello world');
    expect(seen[1].body).toBe('x'.repeat(30_000) + 'y'.repeat(30_000));
  });

  test('a stream that is reset is given up', async () => {
    const { port, collected, collections, connections, front: door } = await bench(closing, {}, {}, true);
    const stream = await request(port, ['hello'], false);
    await new Promise<void>((resolve) => stream.write(' world', () => resolve()));
    // Destroyed with an error it is not ended first, as it would be when closed.
    stream.destroy(new Error('enough'));
    await collections.reach(1);
    expect(collected[0]).toMatchObject({ ok: false, ended: 'client' });
    expect(connections.value + door.count()).toBe(0);
  });

  test('a body that is not as long as it says is none', async () => {
    const { port, collected, collections, connections } = await bench(closing, {}, {}, true);
    const stream = await request(port, ['hello'], true, { 'content-length': '10' });
    stream.resume();
    await collections.reach(1);
    expect(collected[0]).toMatchObject({ ok: false, ended: 'client' });
    expect(connections.value).toBe(0);
  });
});

describe('a request that failed', () => {
  test('is tried again with its whole body where its method allows it', async () => {
    const bodies: string[] = [];
    let first = true;
    const url = await rawUpstream(closing, (socket) => {
      let text = '';
      socket.on('data', (piece: Buffer) => {
        text += piece.toString('latin1');
        if (!text.endsWith('hello')) return;
        bodies.push(text.slice(text.indexOf('\r\n\r\n') + 4));
        if (first) {
          first = false;
          socket.resetAndDestroy();
        } else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const collector = createCollector(STORE);
    const before = collecting(collector);
    const door = await front(closing, configOf(`upstream: ${url}`), { before });
    const { text } = await talk(
      door.port,
      'PUT /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
    );
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(bodies).toEqual(['hello', 'hello']);
    expect((await door.over(1))[0]).toMatchObject({ retries: 1, bodyBytes: 5 });
  });

  test('is not where it may have been carried out', async () => {
    const url = await rawUpstream(closing, (socket) => socket.once('data', () => socket.resetAndDestroy()));
    const collector = createCollector(STORE);
    const before = collecting(collector);
    const door = await front(closing, configOf(`upstream: ${url}`), { before });
    const { text } = await talk(door.port, post('Content-Length: 5', 'hello'));
    expect(text).toMatch(/^HTTP\/1.1 502 /);
    expect((await door.over(1))[0].retries).toBe(0);
  });
});

describe('a body on its way to the server', () => {
  test('stays its own where requests follow one another without waiting', async () => {
    const { port, seen, store } = await bench(closing);
    const one = (body: string) => `POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const bodies = ['first', 'x'.repeat(5000), 'third'];
    const last = post('Content-Length: 4', 'last');
    const { text } = await talk(port, bodies.map(one).join('') + last);
    expect(text.match(/HTTP\/1.1 200 /g)).toHaveLength(4);
    expect(seen.map(({ body }) => body).sort()).toEqual([...bodies, 'last'].sort());
    expect(store.memory).toBe(0);
  });

  test('that is not on disk any more is answered for', async () => {
    const url = await httpUpstream(closing, (req) => req.resume());
    const before = async (inbound: Inbound) => {
      inbound.body = {
        ...{ pieces: [], whole: true, diskBytes: 5, continued: true },
        read: (_position: number, done: (error: Error | null, piece: Buffer) => void) =>
          done(new Error('gone'), Buffer.alloc(0)),
        release: () => {},
      };
      return true;
    };
    const { port } = await front(closing, configOf(`upstream: ${url}`), { before });
    const { text } = await talk(port, post('Content-Length: 5', 'hello'));
    expect(text).toMatch(/^HTTP\/1.1 503 /);
    expect(text).toContain('SP7704');
  });

  test('that is on disk comes whole, and in order', async () => {
    const large = 3 * 1024 * 1024;
    const body = Buffer.alloc(large, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
    const hash = later<string>();
    const url = await httpUpstream(closing, (req, res) => {
      const seen = createHash('sha256');
      req.on('data', (piece: Buffer) => seen.update(piece));
      req.on('end', () => {
        hash.resolve(seen.digest('hex'));
        res.end('ok');
      });
    });
    const collector = createCollector({ memoryBytes: 1_000_000, spoolTotalBytes: large });
    const before = collecting(collector, { ...OPTIONS, beyond: 'spool', spoolBytes: large });
    const { port } = await front(closing, configOf(`upstream: ${url}`), { before });
    const { text } = await talk(port, Buffer.concat([Buffer.from(post(`Content-Length: ${large}`)), body]));
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(await hash.promise).toBe(createHash('sha256').update(body).digest('hex'));
  });
});
