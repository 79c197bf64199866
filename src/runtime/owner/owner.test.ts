import { once } from 'node:events';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ALLOW, type Verdict } from '../live/verdict.ts';
import { connectOwner, type OwnerClient, type OwnerClientOptions } from './client.ts';
import { Outbox } from './frames.ts';
import { type OwnerServer, type OwnerServerOptions, ownerPath, serveOwner } from './server.ts';
import { BLOCK, FakeGate, gateContract, rowWith, shortFolder } from './testing.ts';
import { FRAME } from './wire.ts';

const SECRET = 'a secret of this test';

async function inProcess() {
  const gate = new FakeGate();
  return { gate, behind: gate, settled: async () => {}, close: async () => {} };
}

async function overSocket() {
  const folder = shortFolder();
  const path = ownerPath(folder.path);
  const behind = new FakeGate();
  const server = await serveOwner(path, behind, { secret: SECRET });
  const gate = await connectOwner(path, { secret: SECRET, worker: 1 });
  const close = async () => {
    await gate.close();
    await server.close();
    folder.remove();
  };
  return { gate, behind, settled: () => gate.ping(), close };
}

gateContract('in this process', inProcess);
gateContract('over a socket', overSocket);

describe('owner and workers', () => {
  let folder: ReturnType<typeof shortFolder>;
  let path: string;
  let gate: FakeGate;
  let problems: [string, string][];
  const servers: OwnerServer[] = [];
  const clients: OwnerClient[] = [];

  beforeEach(() => {
    folder = shortFolder();
    path = ownerPath(folder.path);
    gate = new FakeGate();
    problems = [];
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    for (const server of servers.splice(0)) await server.close();
    folder.remove();
  });

  const serve = async (options: Partial<OwnerServerOptions> = {}): Promise<OwnerServer> => {
    const onProblem = (code: string, message: string) => problems.push([code, message]);
    const server = await serveOwner(path, gate, { secret: SECRET, onProblem, ...options });
    servers.push(server);
    return server;
  };
  const join1 = async (options: Partial<OwnerClientOptions> = {}): Promise<OwnerClient> => {
    const client = await connectOwner(path, { secret: SECRET, worker: 1, ...options });
    clients.push(client);
    return client;
  };
  /** A client, and promises of its next states. */
  const joinWatched = async (options: Partial<OwnerClientOptions> = {}) => {
    const seen: string[] = [];
    const client = await join1({ ...options, onState: (state) => seen.push(state) });
    const reached = (state: string, times = 1) =>
      vi.waitFor(() => expect(seen.filter((s) => s === state).length).toBeGreaterThanOrEqual(times), {
        timeout: 10_000,
        interval: 5,
      });
    return { client, seen, reached };
  };
  const row = rowWith({}, { target: '/a' });

  describe('the socket', () => {
    it('is open to its own user alone', async () => {
      await serve();
      expect(statSync(path).mode & 0o777).toBe(0o600);
    });

    it('takes the place of one that a killed owner left', async () => {
      // A socket that was moved away is no longer removed when its server closes: a file without a listener, as after a kill.
      const left = createServer().listen(join(folder.path, 'before.sock'));
      await once(left, 'listening');
      renameSync(join(folder.path, 'before.sock'), path);
      await new Promise((resolve) => left.close(resolve));
      expect(existsSync(path)).toBe(true);
      await serve();
      expect(await (await join1()).request(row, 3, 1)).toEqual(ALLOW);
    });

    it('does not take the place of one that is in use, nor of a file', async () => {
      await serve();
      await expect(serveOwner(path, gate, { secret: SECRET })).rejects.toMatchObject({ code: 'SP7315' });
      const file = join(folder.path, 'file.sock');
      writeFileSync(file, 'a file');
      await expect(serveOwner(file, gate, { secret: SECRET })).rejects.toMatchObject({ code: 'SP7315' });
    });

    it('has a path that fits, in a folder that may be written to', async () => {
      const long = join(folder.path, 'x'.repeat(120));
      await expect(serveOwner(long, gate, { secret: SECRET })).rejects.toMatchObject({ code: 'SP7315' });
      const nowhere = join(folder.path, 'none', 'owner.sock');
      await expect(serveOwner(nowhere, gate, { secret: SECRET })).rejects.toMatchObject({ code: 'SP7315' });
    });
  });

  describe('a worker', () => {
    it('is refused without the secret, and says why', async () => {
      await serve();
      const refused = connectOwner(path, { secret: 'guessed', worker: 1 });
      await expect(refused).rejects.toMatchObject({ code: 'SP7313' });
      expect(problems.map(([code]) => code)).toEqual(['SP7313']);
    });

    it('gives up where nobody listens', async () => {
      const nobody = connectOwner(path, { secret: SECRET, worker: 1, connectMs: 60 });
      await expect(nobody).rejects.toMatchObject({ code: 'SP7311' });
    });

    it('waits for an owner that starts later', async () => {
      const client = join1();
      await new Promise(setImmediate);
      await serve();
      expect(await (await client).request(row, 3, 1)).toEqual(ALLOW);
    });

    it('gets the welcome and every push, and its reports arrive', async () => {
      const pushed: unknown[] = [];
      const reports: unknown[] = [];
      const server = await serve({
        welcome: () => ({ mode: 'observe' }),
        onReport: (worker, name, snapshot) => reports.push([worker, name, snapshot]),
      });
      const client = await join1({ worker: 4, onPush: (message) => pushed.push(message) });
      const big = { text: 'é'.repeat(400_000) };
      expect(server.push({ mode: 'enforce' })).toBe(1);
      expect(server.push(big)).toBe(1);
      expect(client.report('metrics', { requests: 3 })).toBe(true);
      await client.ping();
      expect(pushed).toEqual([{ mode: 'observe' }, { mode: 'enforce' }, big]);
      expect(reports).toEqual([[4, 'metrics', { requests: 3 }]]);
      expect(server.workers()).toEqual([{ worker: 4, pid: process.pid, requests: 0 }]);
    });

    it('can ask while others ask', async () => {
      const server = await serve();
      const all = await Promise.all([1, 2, 3].map((worker) => join1({ worker })));
      const answers = await Promise.all(
        all.flatMap((c) => Array.from({ length: 300 }, (_, i) => c.request(row, 3, i))),
      );
      expect(answers).toHaveLength(900);
      expect(server.workers().map((w) => [w.worker, w.requests])).toEqual([
        [1, 300],
        [2, 300],
        [3, 300],
      ]);
    });
  });

  describe('a connection', () => {
    it('is told apart from every other, and the gate learns when it is gone', async () => {
      await serve();
      const [one, two] = [await join1({ worker: 1 }), await join1({ worker: 2 })];
      await one.request(row, 3, 1);
      await two.request(row, 3, 1);
      two.lasts(row, 3, 2, false);
      await one.request(row, 3, 1);
      await two.ping();
      const [a, b] = gate.from;
      expect(a).not.toBe(b);
      expect([...gate.from].sort()).toEqual([a, a, b, b].sort());
      await two.close();
      await vi.waitFor(() => expect(gate.left).toEqual([b]));
      // The same worker, started again, is another.
      const again = await join1({ worker: 2 });
      await again.request(row, 3, 1);
      expect([a, b, 0]).not.toContain(gate.from[4]);
    });

    it('of a stranger is nobody’s', async () => {
      await serve();
      await connectOwner(path, { secret: 'guessed', worker: 1 }).catch(() => {});
      await join1();
      expect(gate.left).toEqual([]);
    });
  });

  describe('fairness', () => {
    it('lets a quiet worker be answered while a busy one has thousands of requests before it', async () => {
      await serve();
      const [busy, quiet] = [await join1({ worker: 1 }), await join1({ worker: 2 })];
      let answered = 0;
      const flood = Array.from({ length: 4000 }, (_, i) => busy.request(row, 3, i).then(() => answered++));
      await quiet.request(row, 3, 1);
      expect(answered).toBeLessThan(2500);
      await Promise.all(flood);
    });
  });

  describe('an owner that is lost', () => {
    it('fails what is under way at once, and everything after it, until it is back', async () => {
      gate.later = () => new Promise(() => {});
      const server = await serve();
      const { client, reached } = await joinWatched();
      const calls = Array.from({ length: 50 }, () => client.request(row, 3, 1).catch((e) => e.code));
      await client.ping();
      await servers.splice(0)[0].close();
      expect(server.workers()).toEqual([]);
      await reached('lost');
      expect(await Promise.all(calls)).toEqual(Array(50).fill('SP7311'));
      await expect(client.request(row, 3, 2)).rejects.toMatchObject({ code: 'SP7311' });
      await expect(client.spend('n', 2)).rejects.toMatchObject({ code: 'SP7311' });
      client.response(row, 3, 3, true);
      client.business(row, 3, 3);
      client.solved('a', 'b', 3);
      expect(client.report('x', {})).toBe(false);
      expect(client.statistics()).toMatchObject({ connected: false, outstanding: 0, failedLost: 52, lostMessages: 4 });
      gate.later = null;
      await serve();
      await reached('connected', 2);
      expect(await client.request(row, 3, 4)).toEqual(ALLOW);
      expect(client.statistics().reconnects).toBeGreaterThan(0);
    });

    it('counts what was not written yet as lost', async () => {
      await serve();
      const { client, reached } = await joinWatched();
      const closed = servers.splice(0)[0].close();
      await reached('lost');
      await closed;
      const before = client.statistics().lostMessages;
      for (let i = 0; i < 10; i++) client.response(row, 3, i, true);
      expect(client.statistics().lostMessages).toBe(before + 10);
    });

    it('is noticed by its silence where its socket stays open', async () => {
      const hung = createServer((socket) => {
        const out = new Outbox();
        out.begin(FRAME.welcome, 1);
        out.word(0);
        out.end();
        socket.write(out.take().chunk);
        socket.on('error', () => {});
        socket.resume();
      });
      hung.listen(path);
      await once(hung, 'listening');
      const { client, reached } = await joinWatched({ silenceMs: 40 });
      const code = await client.request(row, 3, 1).catch((e) => e.code);
      expect(code).toBe('SP7311');
      await reached('lost');
      await client.close();
      await new Promise((resolve) => hung.close(resolve));
    });

    it('that sends what is no message is left', async () => {
      const odd = createServer((socket) => {
        socket.on('error', () => {});
        socket.resume();
        socket.end(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
      });
      odd.listen(path);
      await once(odd, 'listening');
      const refused = connectOwner(path, { secret: SECRET, worker: 1, connectMs: 100 });
      await expect(refused).rejects.toMatchObject({ code: 'SP7311' });
      await new Promise((resolve) => odd.close(resolve));
    });
  });

  describe('back-pressure', () => {
    it('fails calls beyond the bound at once, and tells so', async () => {
      let release: (() => void)[] = [];
      gate.later = (verdict) => new Promise((resolve) => release.push(() => resolve(verdict)));
      await serve();
      const client = await join1({ maxOutstanding: 64 });
      const calls = Array.from({ length: 100 }, () =>
        client.request(row, 3, 1).then(
          () => 'answered',
          (e) => e.code,
        ),
      );
      await client.ping().catch(() => {});
      expect(client.statistics()).toMatchObject({ outstanding: 64, failedBusy: 37 });
      await vi.waitFor(() => expect(release).toHaveLength(64));
      for (const go of release) go();
      release = [];
      const results = await Promise.all(calls);
      expect(results.filter((r) => r === 'answered')).toHaveLength(64);
      expect(results.filter((r) => r === 'SP7314')).toHaveLength(36);
    });

    it('drops outcomes, counted, rather than let them pile up', async () => {
      await serve();
      const client = await join1({ maxQueuedBytes: 20_000 });
      for (let i = 0; i < 1000; i++) client.response(row, 3, i, true);
      const { lostMessages, queuedBytes } = client.statistics();
      expect(lostMessages).toBeGreaterThan(500);
      expect(queuedBytes).toBeLessThan(21_000);
      await vi.waitFor(() => expect(gate.told).toHaveLength(1000 - lostMessages));
      expect(await client.request(row, 3, 1)).toEqual(ALLOW);
    });

    it('keeps rows whole that are answered later, while others come', async () => {
      const waiting: [Verdict, (v: Verdict) => void][] = [];
      gate.later = (verdict) => new Promise((resolve) => waiting.push([verdict, resolve]));
      await serve();
      const client = await join1();
      const calls = Array.from({ length: 200 }, (_, i) => client.request(rowWith({}, { target: `/${i}` }), 3, i));
      await vi.waitFor(() => expect(waiting).toHaveLength(200));
      for (const [verdict, resolve] of waiting.reverse()) resolve(verdict);
      expect((await Promise.all(calls)).map((v) => v.class)).toEqual(calls.map((_, i) => `/${i}`));
    });
  });

  describe('a gate that fails', () => {
    it('fails that call alone', async () => {
      await serve();
      const client = await join1();
      const bad = client.request(rowWith({ flags: -1 }, {}), 3, 1);
      const good = client.request(rowWith({ flags: 1 }, {}), 3, 1);
      await expect(bad).rejects.toMatchObject({ code: 'SP9001' });
      expect(await good).toEqual(BLOCK);
      gate.later = () => Promise.reject(new Error('later'));
      await expect(client.request(row, 3, 1)).rejects.toMatchObject({ code: 'SP9001' });
      expect(problems.map(([code]) => code)).toEqual(['SP9001', 'SP9001']);
    });
  });

  it('ends in good order: what was sent before is answered', async () => {
    await serve();
    const client = await join1();
    for (let i = 0; i < 500; i++) client.response(row, 3, i, true);
    await client.close();
    await servers.splice(0)[0].close();
    expect(gate.told).toHaveLength(500);
    expect(existsSync(path)).toBe(false);
    await expect(client.request(row, 3, 1)).rejects.toMatchObject({ code: 'SP7311' });
  });
});
