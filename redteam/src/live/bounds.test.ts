/** Where a run stops, what it survives, and that it leaves nothing behind. */
import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Exchange, Visitor } from '../contract.ts';
import { runLive } from './index.ts';
import {
  ATTACK,
  CHROME,
  CURL,
  type Listening,
  listen,
  options,
  PEOPLE,
  repeated,
  Scripted,
  sourceOf,
} from './testing.ts';

const GET = { method: 'GET', target: '/api/products' };
const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function server(answer: Parameters<typeof listen>[0]): Promise<Listening> {
  const listening = await listen(answer);
  closing.push(listening.close);
  return listening;
}

const fine = () => server((_request, response) => response.end('ok'));

describe('it refuses', () => {
  const sources: never[] = [];
  test.each([
    'http://192.0.2.1',
    'http://shop.example',
    'http://[2001:db8::1]:80',
    'http://0.0.0.0',
  ])('%s', async (url) => {
    await expect(runLive(options(url, { sources }))).rejects.toThrow(/not a loopback address/);
  });

  test('what is not HTTP', async () => {
    await expect(runLive(options('https://127.0.0.1', { sources }))).rejects.toThrow(/plain HTTP/);
    await expect(runLive(options('file:///etc', { sources }))).rejects.toThrow(/plain HTTP/);
  });

  test.each([
    'requestsPerSecond',
    'inFlight',
    'seconds',
    'requests',
    'timeoutMs',
    'connections',
  ])('a run without a bound of %s', async (name) => {
    for (const value of [0, -1, Number.POSITIVE_INFINITY, Number.NaN]) {
      const limits = { [name]: value };
      await expect(runLive(options('http://127.0.0.1', { sources, limits }))).rejects.toThrow(name);
    }
  });

  test('but takes every loopback address, and others when told to', async () => {
    const { url } = await fine();
    const port = new URL(url).port;
    expect((await runLive(options(`http://localhost:${port}`, { sources }))).ending).toBe('done');
    expect((await runLive(options('http://192.0.2.1', { sources, allowRemote: true }))).sent).toBe(0);
  });
});

describe('it stops', () => {
  test('after so many requests', async () => {
    const { url } = await fine();
    const visitors = [1, 2, 3].map(() => new Scripted(repeated(50, GET)));
    const summary = await runLive(options(url, { sources: [sourceOf(...visitors)], limits: { requests: 20 } }));
    expect(summary).toMatchObject({ ending: 'requests', sent: 20, answered: 20 });
  });

  test('after so much time, cutting off what takes too long', async () => {
    const { url, empty } = await server(() => {});
    const visitor = new Scripted(repeated(5, GET));
    const limits = { seconds: 0.05, timeoutMs: 150 };
    const summary = await runLive(options(url, { sources: [sourceOf(visitor)], limits }));
    expect(summary).toMatchObject({ ending: 'seconds', sent: 1, answered: 0, failures: { timeout: 1 } });
    expect(summary.seconds).toBeLessThan(2);
    await empty();
  });

  test('when told to, at once', async () => {
    const stop = new AbortController();
    const { url, empty } = await server(() => stop.abort());
    const sources = [sourceOf(new Scripted(repeated(9, GET)), new Scripted(repeated(9, GET), ATTACK, 59_000))];
    const summary = await runLive(options(url, { sources, signal: stop.signal }));
    expect(summary).toMatchObject({ ending: 'aborted', sent: 1, failures: { aborted: 1 } });
    await empty();
    expect(await runLive(options(url, { sources, signal: stop.signal }))).toMatchObject({ ending: 'aborted', sent: 0 });
  });

  test('at the end of the world', async () => {
    const { url } = await fine();
    const visitors = [new Scripted(repeated(9, GET), PEOPLE, 0, 22_000), new Scripted([], PEOPLE, 61_000)];
    const summary = await runLive(options(url, { sources: [sourceOf(...visitors)], factor: 150 }));
    expect(summary).toMatchObject({ ending: 'done', sent: 3 });
    expect(visitors[0].times.every((time, i) => time >= i * 22_000)).toBe(true);
  });
});

describe('it keeps', () => {
  test('so many in flight', async () => {
    let open = 0;
    let most = 0;
    const { url } = await server((_request, response) => {
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        response.end();
      });
    });
    const visitors = Array.from({ length: 30 }, () => new Scripted(repeated(3, GET)));
    const summary = await runLive(options(url, { sources: [sourceOf(...visitors)], limits: { inFlight: 4 } }));
    expect(summary).toMatchObject({ sent: 90, answered: 90, peakInFlight: 4 });
    expect(most).toBeLessThanOrEqual(4);
  });

  test('the rate', async () => {
    const times: number[] = [];
    const { url } = await server((_request, response) => {
      times.push(performance.now());
      response.end();
    });
    const visitors = Array.from({ length: 10 }, () => new Scripted(repeated(3, GET)));
    const limits = { requestsPerSecond: 100 };
    const summary = await runLive(options(url, { sources: [sourceOf(...visitors)], limits }));
    expect(summary.sent).toBe(30);
    // 30 requests at 100 a second, of which the first five may go at once.
    expect(times[29] - times[0]).toBeGreaterThan(200);
    expect(summary.latestMs).toBeGreaterThan(50);
  });

  test('one connection for a visitor and machine, and closes it when the visitor is gone', async () => {
    let opened = 0;
    const peers = new Set<string>();
    const {
      url,
      server: listening,
      empty,
    } = await server((request, response) => {
      peers.add(request.socket.remoteAddress ?? '');
      response.end();
    });
    listening.on('connection', () => opened++);
    const step = (client = CURL) => repeated(4, { ...GET, client });
    const visitors = [new Scripted([...step(), ...step(CHROME), ...step()]), new Scripted(step())];
    await runLive(options(url, { sources: [sourceOf(...visitors)] }));
    expect(opened).toBe(3);
    expect(peers.size).toBe(process.platform === 'linux' ? 2 : 1);
    await empty();
  });

  test('so many connections', async () => {
    const { url, connections, server: listening } = await fine();
    let most = 0;
    listening.on('request', async () => {
      most = Math.max(most, await connections());
    });
    const clientOf = (i: number) => ({ ...CURL, address: `198.51.100.${i}` });
    const visitor = new Scripted(Array.from({ length: 30 }, (_, i) => () => ({ ...GET, client: clientOf(i) })));
    const summary = await runLive(options(url, { sources: [sourceOf(visitor)], limits: { connections: 5 } }));
    expect(summary).toMatchObject({ answered: 30, addresses: 30 });
    expect(most).toBeLessThanOrEqual(8);
  });
});

describe('what goes wrong is counted', () => {
  const run = async (url: string, more: Partial<Parameters<typeof options>[1]> = {}) => {
    const visitor = new Scripted(
      repeated(3, { method: 'POST', target: '/api/login', body: { username: 'a' } }),
      ATTACK,
    );
    const exchanges: Exchange[] = [];
    const sources = [sourceOf(visitor)];
    const summary = await runLive(options(url, { sources, sink: (exchange) => exchanges.push(exchange), ...more }));
    return { visitor, summary, exchanges };
  };

  test('nobody listens', async () => {
    const gone = await listen(() => {});
    await gone.close();
    const { summary, visitor, exchanges } = await run(gone.url);
    expect(summary).toMatchObject({ sent: 3, answered: 0, failures: { refused: 3 } });
    expect(summary.labels[0]).toMatchObject({ failed: 3, refused: 0 });
    expect(visitor.answers[0]).toMatchObject({ status: 0, handling: 'refused', body: {} });
    expect(exchanges).toEqual([]);
  });

  test('connections are reset', async () => {
    const { url } = await server((request) => request.socket.resetAndDestroy());
    const { summary, exchanges } = await run(url);
    expect(summary).toMatchObject({ failures: { reset: 3 } });
    expect(exchanges.map(({ answer }) => answer.status)).toEqual([0, 0, 0]);
  });

  test('answers break off', async () => {
    const { url } = await server((_request, response) => {
      response.writeHead(200, { 'Content-Length': '100' });
      response.write('half', () => response.destroy());
    });
    expect((await run(url)).summary).toMatchObject({ answered: 0, failures: { reset: 3 } });
  });

  test('answers never come', async () => {
    const { url } = await server(() => {});
    expect((await run(url, { limits: { timeoutMs: 40 } })).summary).toMatchObject({ failures: { timeout: 3 } });
  });

  test('it is no HTTP', async () => {
    const other = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closing.push(() => void other.close());
    const { port } = other.address() as { port: number };
    expect((await run(`http://127.0.0.1:${port}`)).summary).toMatchObject({ answered: 0, failures: { protocol: 3 } });
  });

  test('a connection that was closed meanwhile is opened again, and not an error', async () => {
    let served = 0;
    const { url } = await server((_request, response) => {
      // Says keep-alive, and hangs up with the answer out of the house.
      response.end('ok', () => setImmediate(() => response.socket?.destroy()));
      served++;
    });
    const { summary } = await run(url);
    expect(summary).toMatchObject({ answered: 3, failures: {} });
    expect(served).toBe(3);
  });

  test('a visitor, a source or a sink that breaks ends nobody else', async () => {
    const { url } = await fine();
    const mute: Visitor = {
      label: PEOPLE,
      nextAt: 0,
      send: () => {
        throw new Error('no idea what to do');
      },
      receive: () => {},
    };
    const broken = {
      name: 'broken',
      arrivals: () => {
        throw new Error('no visitors');
      },
    };
    const good = new Scripted(repeated(3, GET));
    let told = 0;
    const sink = () => {
      told++;
      throw new Error('disk full');
    };
    const sources = [sourceOf(...Array.from({ length: 5000 }, () => mute), good), broken];
    const summary = await runLive(options(url, { sources, sink, limits: { requestsPerSecond: 1e6 } }));
    expect(good.answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(told).toBe(3);
    expect(summary.broken).toEqual({ count: 5004, first: 'no visitors' });
  });
});

test('exchanges are told in the order in which they began', async () => {
  const { url } = await server((request, response) => {
    setTimeout(() => response.end(), request.url?.includes('slow') ? 60 : 0);
  });
  const path = (target: string) => ({ method: 'GET', target });
  const visitors = [
    new Scripted(repeated(1, path('/slow'))),
    ...[1, 2, 3].map((at) => new Scripted(repeated(2, path('/quick')), ATTACK, at)),
  ];
  const exchanges: Exchange[] = [];
  const sink = (exchange: Exchange) => exchanges.push(exchange);
  await runLive(options(url, { sources: [sourceOf(...visitors)], sink, times: 'world' }));
  expect(exchanges.map(({ request }) => request.target)).toEqual(['/slow', ...Array(6).fill('/quick')]);
  const times = exchanges.map(({ timeMs }) => timeMs);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[6]).toBeLessThan(2000);
});

describe('a door before the site', () => {
  test('refuses, challenges and delays; each is told from the site’s own answers', async () => {
    let count = 0;
    const { url } = await server((request, response) => {
      const answer = (status: number, type: string, body: string, more = {}) => {
        response.writeHead(status, { 'Content-Type': type, ...more }).end(body);
      };
      const own = { Server: 'shop/1' };
      const problem = 'application/problem+json';
      if (count++ < 12) answer(200, 'application/json', '{"ids":[]}', own);
      else if (request.url === '/limited') answer(429, problem, '{"status":429}');
      else if (request.url === '/barred') answer(403, problem, '{"status":403}');
      else if (request.url === '/private') answer(403, problem, '{"status":403}', own);
      else if (request.url === '/prove') answer(401, problem, '{"challenge":{"bits":18}}');
      else if (request.url === '/page') answer(403, 'text/html', '<p>Checking your browser</p>');
      else setTimeout(() => answer(200, 'application/json', '{}', own), 80);
    });
    const steps = [
      ...repeated(12, GET),
      ...['/limited', '/barred', '/private', '/prove', '/page', GET.target].map((target) => () => ({
        method: 'GET',
        target,
      })),
    ];
    const visitor = new Scripted(steps, ATTACK);
    const summary = await runLive(options(url, { sources: [sourceOf(visitor)], delayMs: 40 }));
    expect(visitor.answers.slice(12).map(({ handling }) => handling)).toEqual([
      'refused',
      'refused',
      'served',
      'challenged',
      'challenged',
      'delayed',
    ]);
    expect(summary.labels[0]).toMatchObject({ served: 13, refused: 2, challenged: 2, delayed: 1 });
  });

  test('sees what a proxy would forward, and a campaign’s name only if told to', async () => {
    const seen: string[][] = [];
    const { url } = await server((request, response) => {
      seen.push(request.rawHeaders);
      response.end();
    });
    const liar = { ...CURL, headers: { ...CURL.headers, 'x-forwarded-for': '192.0.2.9' } };
    const steps = () => new Scripted([() => ({ ...GET, client: liar })], ATTACK);
    await runLive(options(url, { sources: [sourceOf(steps())] }));
    await runLive(options(url, { sources: [sourceOf(steps())], markCampaigns: true, forwarded: false }));
    expect(seen[0].join('|')).toContain('X-Forwarded-For|192.0.2.9, 198.51.100.7|');
    expect(seen[0]).not.toContain('X-Redteam-Campaign');
    expect(seen[1].join('|')).toContain('X-Forwarded-For|192.0.2.9|');
    expect(seen[1].join('|')).toContain('X-Redteam-Campaign|try');
  });
});
