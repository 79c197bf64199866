import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Closing, configOf, front, later, rawUpstream, talk } from '../upstream/testing.ts';
import { createCollector } from './index.ts';
import { bench, chunked, collecting, post, STORE } from './testing.ts';

const closing = new Closing();
afterEach(() => closing.run());

describe('a body that fits', () => {
  test('goes on in one piece, with its length', async () => {
    const { port, seen, collected } = await bench(closing);
    await talk(port, post('Transfer-Encoding: chunked', chunked('hello ', 'world')));
    expect(seen[0].body).toBe('hello world');
    expect(seen[0].headers['content-length']).toBe('11');
    expect(collected[0]).toMatchObject({ ok: true, whole: true });
    expect(collected[0].ok && collected[0].head.toString()).toBe('hello world');
  });

  test('that is empty after all is sent as empty', async () => {
    const { port, seen } = await bench(closing);
    await talk(port, post('Transfer-Encoding: chunked', chunked()));
    expect(seen[0]).toMatchObject({ body: '', headers: { 'content-length': '0' } });
  });

  test('takes no connection to a server while it is slow', async () => {
    const { port, connections, seen, front: door } = await bench(closing);
    const slow = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => slow.on('close', resolve));
    slow.resume();
    slow.write(post('Content-Length: 11', 'hello'));
    // Others pass by while it waits.
    await talk(port, post('Content-Length: 2', 'ok'));
    expect(connections.value).toBe(1);
    expect(door.count()).toBe(1);
    slow.write(' world');
    await ended;
    expect(seen.map(({ body }) => body)).toEqual(['ok', 'hello world']);
  });

  test('keeps its trailers for those who look', async () => {
    const { port, collected } = await bench(closing);
    await talk(port, post('Transfer-Encoding: chunked', '2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n'));
    expect(collected[0].ok && collected[0].trailers).toEqual(['X-Sum', '7']);
  });

  test('gives its memory back when the exchange is over', async () => {
    const { port, inbounds, store } = await bench(closing);
    const closed = later<void>();
    const answer = talk(port, post('Content-Length: 5', 'hello'));
    await answer;
    if (inbounds[0].res.closed) closed.resolve();
    else inbounds[0].res.once('close', () => closed.resolve());
    await closed.promise;
    expect(store.memory).toBe(0);
  });
});

describe('a larger body', () => {
  const large = 'x'.repeat(50_000);

  test('goes on after its beginning was looked at', async () => {
    const { port, seen, collected } = await bench(closing);
    await talk(port, post(`Content-Length: ${large.length}`, large));
    expect(seen[0].body).toBe(large);
    expect(collected[0]).toMatchObject({ ok: true, whole: false });
    expect(collected[0].ok && collected[0].head.length).toBe(1000);
  });

  test('of unknown length does so, too', async () => {
    const { port, seen } = await bench(closing);
    await talk(port, post('Transfer-Encoding: chunked', chunked(large, 'end')));
    expect(seen[0].body).toBe(`${large}end`);
    expect(seen[0].headers['content-length']).toBeUndefined();
  });

  test('is refused by its length before it is sent', async () => {
    const { port, connections } = await bench(closing, { beyond: 'refuse' });
    const { text } = await talk(port, post(`Content-Length: ${large.length}\r\nExpect: 100-continue`));
    expect(text).toMatch(/^HTTP\/1.1 413 /);
    expect(text).toContain('SP7701');
    expect(connections.value).toBe(0);
  });

  test('is refused when too much has come', async () => {
    const { port, connections, store } = await bench(closing, { beyond: 'refuse' });
    const { text } = await talk(port, post('Transfer-Encoding: chunked', chunked(large)));
    expect(text).toMatch(/^HTTP\/1.1 413 /);
    expect(connections.value).toBe(0);
    expect(store.memory).toBe(0);
  });

  test('is kept on disk until it has come, and leaves no file', async () => {
    const spoolDir = await mkdtemp(join(tmpdir(), 'spool-'));
    closing.add(() => rm(spoolDir, { recursive: true }));
    const { port, seen, collected, connections, collections, store } = await bench(
      closing,
      { beyond: 'spool' },
      { spoolDir },
    );
    const slow = connect(port, '127.0.0.1');
    const ended = new Promise((resolve) => slow.on('close', resolve));
    slow.resume();
    slow.write(post(`Content-Length: ${large.length}`, large.slice(0, 49_000)));
    await talk(port, post('Content-Length: 2', 'ok'));
    expect(connections.value).toBe(1);
    slow.write(large.slice(49_000));
    await collections.reach(2);
    expect(readdirSync(spoolDir)).toEqual([]);
    expect(collected[1]).toMatchObject({ ok: true, whole: true });
    await ended;
    expect(seen[1].body).toBe(large);
    expect(seen[1].headers['content-length']).toBe(String(large.length));
    expect(store.disk).toBe(0);
  });

  test('is refused where the disk is to hold less', async () => {
    const { port } = await bench(closing, { beyond: 'spool', spoolBytes: 40_000 });
    const told = await talk(port, post(`Content-Length: ${large.length}`));
    expect(told.text).toContain('SP7702');
    const found = await talk(port, post('Transfer-Encoding: chunked', chunked(large)));
    expect(found.text).toContain('SP7702');
  });

  test('is refused where disk space for all is used up, or the folder is not there', async () => {
    const full = await bench(closing, { beyond: 'spool' }, { spoolTotalBytes: 10_000 });
    expect((await talk(full.port, post('Transfer-Encoding: chunked', chunked(large)))).text).toContain('SP7703');
    const gone = await bench(closing, { beyond: 'spool' }, { spoolDir: '/nonexistent/folder' });
    expect((await talk(gone.port, post('Transfer-Encoding: chunked', chunked(large)))).text).toContain('SP7704');
    expect(gone.store).toMatchObject({ memory: 0, disk: 0 });
  });
});

describe('a client', () => {
  test('that waits is told to go on once, when its body is read', async () => {
    const { port, seen } = await bench(closing);
    let socket: Socket | null = null;
    const all = new Promise<string>((resolve) => {
      let text = '';
      const client = connect(port, '127.0.0.1', () => client.write(post('Content-Length: 2\r\nExpect: 100-continue')));
      socket = client;
      client.on('data', (piece) => {
        text += piece.toString('latin1');
        if (text === 'HTTP/1.1 100 Continue\r\n\r\n') client.write('ok');
      });
      client.on('close', () => resolve(text));
    });
    expect((await all).match(/100 Continue/g)).toHaveLength(1);
    expect(socket).not.toBeNull();
    expect(seen[0].body).toBe('ok');
  });

  test('that goes away is not waited for', async () => {
    const { port, collected, collections, connections, store } = await bench(closing);
    const client = connect(port, '127.0.0.1', () =>
      client.write(post('Content-Length: 10', 'hello'), () => client.destroy()),
    );
    await collections.reach(1);
    expect(collected[0]).toMatchObject({ ok: false, ended: 'client', problem: null });
    expect(connections.value).toBe(0);
    expect(store.memory).toBe(0);
  });

  test('that is too slow is refused', async () => {
    const { port, connections } = await bench(closing, { timeoutMs: 40 });
    const { text } = await talk(port, post('Content-Length: 10', 'hello'));
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    expect(text).toContain('SP7705');
    expect(connections.value).toBe(0);
  });

  test('is not looked at where memory is used up, but served', async () => {
    const { port, collected, seen } = await bench(closing, {}, { memoryBytes: 3 });
    await talk(port, post('Content-Length: 5', 'hello'));
    expect(collected[0]).toMatchObject({ ok: true, skipped: true });
    expect(seen[0].body).toBe('hello');
    const refusing = await bench(closing, { beyond: 'refuse' }, { memoryBytes: 3 });
    expect((await talk(refusing.port, post('Content-Length: 5', 'hello'))).text).toMatch(/^HTTP\/1.1 503 /);
  });

  test('that streams messages need not send the second before the first is answered', async () => {
    const first = later<void>();
    const url = await rawUpstream(closing, (socket) => {
      let text = '';
      socket.on('data', (piece: Buffer) => {
        text += piece.toString('latin1');
        if (text.includes('first')) first.resolve();
      });
    });
    const collector = createCollector(STORE);
    const before = collecting(collector);
    const { port } = await front(closing, configOf(`upstream: ${url}`), { before });
    const client = connect(port, '127.0.0.1');
    closing.add(() => client.destroy());
    client.on('error', () => {});
    const message = '\0\0\0\0\x05first';
    client.write(post('Content-Type: application/grpc\r\nTransfer-Encoding: chunked', `a\r\n${message}\r\n`), 'latin1');
    await first.promise;
  });
});
