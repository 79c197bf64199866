import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Closing, configOf, front, get, httpUpstream, later, rawUpstream, talk } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

/** One server and one connection to it: whoever does not give it back is found out by the next request. */
const narrow = (url: string) =>
  configOf(`upstreams: [{ name: default, servers: ['${url}'], connections: 1, retries: { max: 0 } }]`);

function closed(target: { once(event: 'close', listener: () => void): unknown }): Promise<void> {
  return new Promise((resolve) => target.once('close', () => resolve()));
}

/** A server that streams for ever at `/forever`, never answers at `/never`, and answers at once elsewhere. */
async function endless() {
  const gone = later<void>();
  const asked = later<void>();
  let pulled = 0;
  const url = await httpUpstream(closing, (req, res) => {
    asked.resolve();
    if (req.url === '/forever') {
      const more = () => {
        while (!res.destroyed && res.write(Buffer.alloc(65_536))) pulled += 65_536;
      };
      res.on('drain', more);
      more();
    } else if (req.url !== '/never') {
      res.end('well');
      return;
    }
    res.once('close', () => gone.resolve());
  });
  return { url, gone: gone.promise, asked: asked.promise, pulled: () => pulled };
}

describe('a client that goes away', () => {
  test('closes a stream that would never end, and leaves the connection to others', async () => {
    const server = await endless();
    const gate = await front(closing, narrow(server.url));
    await talk(gate.port, 'GET /forever HTTP/1.1\r\nHost: a\r\n\r\n', (text) => text.length > 200_000);
    await server.gone;
    expect((await gate.over(1))[0]).toMatchObject({ status: 200, ended: 'client', code: '' });
    expect((await get(gate.port)).text).toContain('well');
  });

  test('takes a request back that has no answer yet', async () => {
    const server = await endless();
    const gate = await front(closing, narrow(server.url));
    const socket = connect(gate.port, '127.0.0.1');
    socket.write('GET /never HTTP/1.1\r\nHost: a\r\n\r\n');
    await server.asked;
    socket.destroy();
    await server.gone;
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, bytes: 0, ended: 'client', firstByteMs: 0 });
    expect((await get(gate.port)).text).toContain('well');
  });

  test('again and again wedges nothing', async () => {
    const server = await endless();
    const config = configOf(`upstreams: [{ name: default, servers: ['${server.url}'], connections: 3 }]`);
    const gate = await front(closing, config);
    for (let round = 0; round < 10; round++) {
      const leave = (text: string) => text.length > 50_000;
      const clients = Array.from({ length: 3 }, () =>
        talk(gate.port, 'GET /forever HTTP/1.1\r\nHost: a\r\n\r\n', leave),
      );
      await Promise.all(clients);
    }
    const outcomes = await gate.over(30);
    expect(outcomes.every((outcome) => outcome.ended === 'client')).toBe(true);
    expect((await get(gate.port)).text).toContain('well');
  });

  test('gives up its place in the queue, and its request is never sent', async () => {
    const seen: string[] = [];
    const first = later<ServerResponse>();
    const url = await httpUpstream(closing, (req, res) => {
      seen.push(req.url ?? '');
      if (req.url === '/first') first.resolve(res);
      else res.end('ok');
    });
    const gate = await front(closing, narrow(url));
    const holding = get(gate.port, '/first');
    const held = await first.promise;
    const socket = connect(gate.port, '127.0.0.1');
    socket.write('POST /second HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok');
    await gate.begun(2);
    const third = get(gate.port, '/third');
    await gate.begun(3);
    socket.destroy();
    expect((await gate.over(1))[0]).toMatchObject({ status: 0, ended: 'client', bodyBytes: 0 });
    held.end('ok');
    await Promise.all([holding, third]);
    expect(seen).toEqual(['/first', '/third']);
  });

  test('in the middle of its body never looks like one that has sent it all', async () => {
    const partial = later<string>();
    const url = await rawUpstream(closing, (socket) => {
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.includes('part')) client.destroy();
      });
      socket.once('close', () => partial.resolve(text));
      socket.once('end', () => socket.end());
    });
    const gate = await front(closing, narrow(url));
    const client = connect(gate.port, '127.0.0.1');
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npart\r\n');
    const message = parseMessage(await partial.promise);
    expect(message.body).toBe('part');
    expect(message.whole).toBe(false);
    expect((await gate.over(1))[0]).toMatchObject({ ended: 'client', bodyBytes: 4 });
  });

  test('whose pipelined request waits for its turn takes that one back, too', async () => {
    const gone: Promise<void>[] = [];
    const both = later<void>();
    const url = await httpUpstream(closing, (_req, res) => {
      gone.push(closed(res));
      if (gone.length === 2) both.resolve();
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const socket = connect(gate.port, '127.0.0.1');
    socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
    await both.promise;
    socket.destroy();
    await Promise.all(gone);
    expect((await gate.over(2)).map((outcome) => outcome.ended)).toEqual(['client', 'client']);
  });
});

describe('a server that is', () => {
  test('answering before it has read the body is heard, and the body is not read to its end', async () => {
    const url = await httpUpstream(closing, (_req, res) => {
      res.writeHead(413, { 'Content-Length': 3, Connection: 'close' });
      res.end('big');
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const seen = await talk(
      gate.port,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n${'x'.repeat(100_000)}`,
    );
    expect(parseMessage(seen.text)).toMatchObject({ status: 413, body: 'big', whole: true });
    const [outcome] = await gate.over(1);
    expect(outcome).toMatchObject({ status: 413, ended: '', code: '' });
    expect(outcome.bodyBytes).toBeLessThanOrEqual(100_000);
  });

  test('asked again and again over one connection of a client gets one connection, too', async () => {
    const ports = new Set<number>();
    const url = await httpUpstream(closing, (req, res) => {
      ports.add(req.socket.remotePort ?? 0);
      res.end('ok');
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    const seen = await talk(gate.port, `${one}${one}GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(seen.text.split('HTTP/1.1 200 OK').length - 1).toBe(3);
    await gate.over(3);
    ports.clear();
    for (let i = 0; i < 5; i++) await get(gate.port);
    expect(ports.size).toBe(1);
  });

  test('closing after each answer is asked over new connections', async () => {
    const url = await httpUpstream(closing, (_req, res) => {
      res.setHeader('Connection', 'close');
      res.end('ok');
    });
    const gate = await front(closing, narrow(url));
    for (let i = 0; i < 5; i++) expect(parseMessage((await get(gate.port)).text)).toMatchObject({ status: 200 });
  });

  test('sending events is passed on event by event', async () => {
    const stream = later<ServerResponse>();
    const url = await httpUpstream(closing, (_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.flushHeaders();
      stream.resolve(res);
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    let sent = 0;
    const res = stream.promise;
    // Each event is sent only when the one before it has arrived: whoever holds one back stops the test.
    const seen = await talk(gate.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', (text) => {
      const arrived = text.split('data: ').length - 1;
      if (arrived === sent) void res.then((to) => to.write(`data: ${++sent}\n\n`));
      return arrived === 5;
    });
    expect(seen.text).toContain('data: 5');
  });

  test('slow with its body has its head passed on at once', async () => {
    const url = await httpUpstream(closing, (_req, res) => {
      res.writeHead(200, { 'X-Early': '1' });
      res.flushHeaders();
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const seen = await talk(gate.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', (text) => text.includes('\r\n\r\n'));
    expect(seen.text).toContain('X-Early: 1');
  });
});

describe('the head of an answer', () => {
  test('is shown once and may be changed before it is sent', async () => {
    const url = await httpUpstream(closing, (_req, res) => {
      res.setHeader('Sallyport-Principal', 'ann');
      res.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']);
      res.end('ok');
    });
    const gate = await front(closing, configOf(`upstream: ${url}`), {
      onHead: (_status, headers) => {
        headers.splice(headers.indexOf('Sallyport-Principal'), 2);
        headers.push('RateLimit', '"default";r=9');
      },
    });
    const { text } = await get(gate.port);
    expect(text).not.toContain('Sallyport-Principal');
    expect(text).toContain('RateLimit: "default";r=9');
    expect(gate.heads.map((head) => head.status)).toEqual([201]);
  });

  test('is not taken from a hook that throws: the client gets an error, and the next one its answer', async () => {
    const url = await httpUpstream(closing, (_req, res) => res.end('ok'));
    let calls = 0;
    const onHead = () => {
      if (calls++ === 0) throw new TypeError('a defect elsewhere');
    };
    const gate = await front(closing, narrow(url), { onHead });
    expect((await get(gate.port)).text).toContain('502 Bad Gateway');
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, code: 'SP9001' });
    expect((await get(gate.port)).text).toContain('200 OK');
  });
});

describe('a client that waits for 100 Continue', () => {
  const ask = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\nConnection: close\r\n\r\n';

  test('gets it when the server is about to take the body', async () => {
    const heads: string[][] = [];
    const url = await httpUpstream(closing, (req, res) => {
      heads.push(req.rawHeaders);
      req.pipe(res);
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const socket = connect(gate.port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hello');
    });
    socket.write(ask);
    await closed(socket);
    expect(parseMessage(text)).toMatchObject({ status: 200, body: 'hello', before: ['HTTP/1.1 100 Continue'] });
    expect(heads[0].map((name) => name.toLowerCase())).not.toContain('expect');
  });

  test('does not get it where no server can be reached', async () => {
    const url = await rawUpstream(closing, (socket) => socket.destroy());
    await closing.run();
    const gate = await front(closing, narrow(url));
    const seen = await talk(gate.port, ask);
    expect(parseMessage(seen.text)).toMatchObject({ status: 502, before: [] });
    expect((await gate.over(1))[0]).toMatchObject({ code: 'SP7201', bodyBytes: 0 });
  });
});

describe('what needs no server', () => {
  test('OPTIONS * is about the gateway itself', async () => {
    const gate = await front(closing, configOf('upstream: http://127.0.0.1:1'));
    const seen = await talk(gate.port, 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(parseMessage(seen.text)).toMatchObject({ status: 200, body: '', whole: true });
    expect((await gate.over(1))[0]).toMatchObject({ status: 200, server: '' });
  });

  test('a route to a group that does not exist is answered with 503', async () => {
    const gate = await front(closing, configOf('upstream: http://127.0.0.1:1'), { route: { upstream: 'other' } });
    expect(parseMessage((await get(gate.port)).text).status).toBe(503);
    expect((await gate.over(1))[0]).toMatchObject({ status: 503, code: 'SP7214', server: '' });
  });

  test('a second, pipelined request whose server is gone is answered in its turn', async () => {
    const first = later<ServerResponse>();
    const url = await httpUpstream(closing, (req, res) => {
      if (req.url === '/1') first.resolve(res);
      else req.socket.destroy();
    });
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 0 } }]`),
    );
    const answers = talk(
      gate.port,
      'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    await gate.over(1);
    (await first.promise).end('one');
    const { text } = await answers;
    expect(text.indexOf('200 OK')).toBeGreaterThanOrEqual(0);
    expect(text.indexOf('502 Bad Gateway')).toBeGreaterThan(text.indexOf('200 OK'));
  });
});
