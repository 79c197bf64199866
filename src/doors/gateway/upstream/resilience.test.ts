import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { Closing, Count, configOf, front, get, httpUpstream, later, rawUpstream, talk } from './testing.ts';
import { parseMessage } from './testing-message.ts';

const closing = new Closing();
afterEach(() => closing.run());

const statusOf = (text: string) => parseMessage(text).status;
const post = (port: number, body: string) =>
  talk(port, `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);

/** A port where nobody listens. */
async function nobody(): Promise<string> {
  const passing = new Closing();
  const url = await rawUpstream(passing, () => {});
  await passing.run();
  return url;
}

/**
 * A server that answers the first request of each connection, says that it keeps the connection, and closes it when the
 * second request comes: the race that every keep-alive connection can lose. It notes every request that it has read.
 */
async function racing(read: string[]): Promise<string> {
  return rawUpstream(closing, (socket) => {
    let first = true;
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const message = parseMessage(text);
      if (!message.whole) return;
      read.push(message.body === '' ? message.line : message.body);
      text = '';
      if (!first) socket.resetAndDestroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      first = false;
    });
  });
}

describe('nothing that may not be sent twice is sent twice', () => {
  test('a server closes kept connections while POSTs come', async () => {
    const read: string[] = [];
    const config = configOf(`upstreams: [{ name: default, servers: ['${await racing(read)}'], retries: { max: 5 },
      breaker: { enabled: false }, outlier: { enabled: false } }]`);
    const gate = await front(closing, config);
    const sent = Array.from({ length: 120 }, (_, i) => `order-${i}`);
    const statuses: number[] = [];
    for (let i = 0; i < sent.length; i += 4) {
      const answers = await Promise.all(sent.slice(i, i + 4).map((body) => post(gate.port, body)));
      statuses.push(...answers.map((seen) => statusOf(seen.text)));
    }
    expect(read.length).toBe(new Set(read).size);
    expect(new Set(statuses)).toEqual(new Set([200, 502]));
    expect(gate.outcomes.every((outcome) => outcome.retries === 0)).toBe(true);
  });

  test('a server dies after it has read a POST', async () => {
    const read: string[] = [];
    const url = await httpUpstream(closing, (req) => {
      read.push(req.url ?? '');
      req.socket.destroy();
    });
    const second = await httpUpstream(closing, (req, res) => {
      read.push(req.url ?? '');
      res.end();
    });
    const gate = await front(closing, configOf(`upstreams: [{ name: default, servers: ['${url}', '${second}'] }]`));
    const statuses = [statusOf((await post(gate.port, 'x')).text), statusOf((await post(gate.port, 'x')).text)];
    expect(statuses.sort()).toEqual([200, 502]);
    expect(read.length).toBe(2);
  });

  for (const method of ['POST', 'PATCH', 'LOCK']) {
    test(`nor is a ${method} that has no body at all`, async () => {
      let asked = 0;
      const url = await httpUpstream(closing, (req) => {
        asked++;
        req.socket.resetAndDestroy();
      });
      const gate = await front(
        closing,
        configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 5 } }]`),
      );
      const seen = await talk(gate.port, `${method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(statusOf(seen.text)).toBe(502);
      expect(asked).toBe(1);
    });
  }

  test('nor is a PUT whose body has been begun', async () => {
    let puts = 0;
    const url = await rawUpstream(closing, (socket) => {
      socket.once('data', () => {
        puts++;
        socket.resetAndDestroy();
      });
    });
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 5 } }]`),
    );
    const seen = await talk(gate.port, 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    expect(statusOf(seen.text)).toBe(502);
    expect(puts).toBe(1);
  });

  test('nor a GET of whose answer something has come', async () => {
    let gets = 0;
    const url = await rawUpstream(closing, (socket) => {
      socket.once('data', () => {
        gets++;
        socket.write('HTTP/1.1 200', () => socket.resetAndDestroy());
      });
    });
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 5 } }]`),
    );
    expect(statusOf((await get(gate.port)).text)).toBe(502);
    // A reset may overtake the bytes before it; then nothing has come, and trying again is right.
    const [outcome] = await gate.over(1);
    expect(gets).toBe(outcome.retries + 1);
  });
});

describe('trying again', () => {
  test('saves GETs from servers that close kept connections', async () => {
    const read: string[] = [];
    const config = configOf(
      `upstreams: [{ name: default, servers: ['${await racing(read)}'], breaker: { enabled: false } }]`,
    );
    const gate = await front(closing, config);
    for (let i = 0; i < 20; i++) expect(statusOf((await get(gate.port, `/${i}`)).text)).toBe(200);
    expect(gate.outcomes.reduce((sum, outcome) => sum + outcome.retries, 0)).toBeGreaterThan(0);
  });

  test('goes to another server', async () => {
    const well = await httpUpstream(closing, (_req, res) => res.end('ok'));
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${await nobody()}', '${well}'] }]`),
    );
    for (let i = 0; i < 4; i++) expect(statusOf((await get(gate.port)).text)).toBe(200);
    expect(gate.outcomes.map((outcome) => outcome.server)).toEqual([well, well, well, well]);
    expect(gate.outcomes.some((outcome) => outcome.retries === 1)).toBe(true);
  });

  test('ends with the number of tries', async () => {
    const url = await nobody();
    const gate = await front(
      closing,
      configOf(`upstreams: [{ name: default, servers: ['${url}'], retries: { max: 3 } }]`),
    );
    expect(statusOf((await get(gate.port)).text)).toBe(502);
    expect((await gate.over(1))[0]).toMatchObject({ status: 502, code: 'SP7201', retries: 3 });
  });

  test('ends with the budget', async () => {
    const url = await nobody();
    const config = configOf(`upstreams: [{ name: default, servers: ['${url}'], outlier: { enabled: false },
      breaker: { enabled: false }, retries: { max: 5, budget_percent: 10, min_per_second: 0 } }]`);
    const gate = await front(closing, config, { now: () => 1_000 });
    for (let i = 0; i < 40; i++) await get(gate.port);
    const retries = gate.outcomes.reduce((sum, outcome) => sum + outcome.retries, 0);
    expect(retries).toBe(4);
  });
});

describe('servers that are not well', () => {
  test('are left out after failures, and taken back in', async () => {
    let now = 1_000;
    let ill = true;
    const first = await httpUpstream(closing, (_req, res) => {
      res.statusCode = ill ? 503 : 200;
      res.end();
    });
    const second = await httpUpstream(closing, (_req, res) => res.end());
    const config = configOf(`upstreams: [{ name: default, servers: ['${first}', '${second}'],
      outlier: { consecutive_failures: 2, ejection_s: 30 }, breaker: { enabled: false } }]`);
    const gate = await front(closing, config, { now: () => now });
    const ask = async (count: number) => {
      const statuses: number[] = [];
      for (let i = 0; i < count; i++) statuses.push(statusOf((await get(gate.port)).text));
      return statuses;
    };
    expect((await ask(4)).sort()).toEqual([200, 200, 503, 503]);
    expect(gate.forwarder.servers().map((server) => server.state)).toEqual(['ejected', 'up']);
    expect(await ask(4)).toEqual([200, 200, 200, 200]);
    now += 30_000;
    ill = false;
    expect(gate.forwarder.servers()[0].state).toBe('up');
    await ask(4);
    expect(gate.outcomes.slice(-4).some((outcome) => outcome.server === first)).toBe(true);
  });

  test('open the breaker: the client is told when to come again, and the server hears nothing', async () => {
    let now = 1_000;
    let asked = 0;
    let ill = true;
    const url = await httpUpstream(closing, (_req, res) => {
      asked++;
      res.statusCode = ill ? 500 + 2 : 200;
      res.end();
    });
    const config = configOf(`upstreams: [{ name: default, servers: ['${url}'],
      breaker: { min_requests: 5, open_s: 5, probe_percent: 10 } }]`);
    const gate = await front(closing, config, { now: () => now });
    for (let i = 0; i < 5; i++) await get(gate.port);
    const refused = await get(gate.port);
    expect(parseMessage(refused.text)).toMatchObject({ status: 503 });
    expect(refused.text.toLowerCase()).toContain('retry-after: 5');
    expect(gate.outcomes[5]).toMatchObject({ status: 503, ended: 'upstream', code: 'SP7206', server: '' });
    expect(gate.forwarder.servers()[0].state).toBe('breaker open');
    expect(asked).toBe(5);
    now += 5_000;
    ill = false;
    expect(gate.forwarder.servers()[0].state).toBe('breaker half open');
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++) statuses.push(statusOf((await get(gate.port)).text));
    expect(statuses.indexOf(200)).toBe(0);
    expect(statuses.filter((status) => status === 200).length).toBe(7);
    expect(gate.forwarder.servers()[0].state).toBe('up');
  });

  test('are found by health checks', async () => {
    const checks = new Count();
    const paths = new Set<string>();
    const url = await httpUpstream(closing, (req, res) => {
      paths.add(req.url ?? '');
      res.statusCode = req.url === '/healthz' ? 500 : 200;
      res.end();
      checks.up();
    });
    const config = configOf(`upstreams: [{ name: default, servers: ['${url}'],
      health: { path: /healthz, interval_s: 0.01, unhealthy_after: 2 } }]`);
    const gate = await front(closing, config);
    // When the third check has come, the second has been counted.
    await checks.reach(3);
    expect(gate.forwarder.servers()[0].state).toBe('down (health)');
    expect(statusOf((await get(gate.port)).text)).toBe(503);
    expect((await gate.over(1))[0]).toMatchObject({ code: 'SP7207', server: '' });
    expect([...paths]).toEqual(['/healthz']);
  });
});

describe('connections', () => {
  test('are no more than allowed: others wait', async () => {
    let most = 0;
    const held: ServerResponse[] = [];
    const url = await httpUpstream(closing, (_req, res) => {
      most = Math.max(most, held.push(res));
      // Nobody is answered before there are three.
      if (held.length === 3) for (const each of held.splice(0)) each.end();
    });
    const gate = await front(closing, configOf(`upstreams: [{ name: default, servers: ['${url}'], connections: 3 }]`));
    const seen = await Promise.all(Array.from({ length: 39 }, () => get(gate.port)));
    expect(seen.every((each) => statusOf(each.text) === 200)).toBe(true);
    expect(most).toBe(3);
  });

  test('are replaced with their group, without a request lost', async () => {
    const old = later<ServerResponse>();
    const first = await httpUpstream(closing, (_req, res) => old.resolve(res));
    const second = await httpUpstream(closing, (_req, res) => res.end('new'));
    const gate = await front(closing, configOf(`upstream: ${first}`));
    const begun = get(gate.port);
    const held = await old.promise;
    gate.forwarder.update(configOf(`upstream: ${second}`));
    expect(parseMessage((await get(gate.port)).text).body).toBe('new');
    held.end('old');
    expect(parseMessage((await begun).text)).toMatchObject({ status: 200, body: 'old' });
    expect(gate.forwarder.servers().map((server) => server.url)).toEqual([second]);
  });

  test('are kept where their group did not change', async () => {
    const ports = new Set<number>();
    const url = await httpUpstream(closing, (req, res) => {
      ports.add(req.socket.remotePort ?? 0);
      res.end();
    });
    const gate = await front(closing, configOf(`upstream: ${url}`));
    await get(gate.port);
    gate.forwarder.update(configOf(`{ upstream: '${url}', gateway: { body_idle_timeout_s: 5 } }`));
    await get(gate.port);
    expect(ports.size).toBe(1);
  });

  test('stay where a new configuration cannot be used', async () => {
    const url = await httpUpstream(closing, (_req, res) => res.end('still'));
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const bad = configOf("upstreams: [{ name: default, servers: ['https://a'], tls: { ca: nowhere/ca.pem } }]");
    expect(() => gate.forwarder.update(bad)).toThrow(expect.objectContaining({ code: 'SP1008' }));
    expect(parseMessage((await get(gate.port)).text).body).toBe('still');
  });

  test('are closed at the end, after what is under way', async () => {
    const held = later<ServerResponse>();
    const url = await httpUpstream(closing, (_req, res) => held.resolve(res));
    const gate = await front(closing, configOf(`upstream: ${url}`));
    const seen = get(gate.port);
    const res = await held.promise;
    let done = false;
    const closed = gate.forwarder.close().then(() => {
      done = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    res.end('ok');
    await closed;
    expect(statusOf((await seen).text)).toBe(200);
  });
});
