/** Revocations in a gateway of several processes: decided in one place, in force in all of them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultConfig } from '../../config/load.ts';
import { configSchema } from '../../config/schema.ts';
import { newKey } from '../../identity/keys/format.ts';
import { ecKey } from '../../identity/revocation/testing.ts';
import { Branches } from './offices.ts';
import { serve } from './serve.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

/** One request over a connection of its own, so that any worker may get it. */
function once(url: string, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    request(url, { headers, agent: false }, (res) => {
      let text = '';
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}

describe('with several workers', () => {
  it('a revocation is in force in all of them, and all of them answer for the office', async () => {
    const application = createServer((_, res) => res.end('served'));
    const upstream = `http://127.0.0.1:${await listening(application)}`;
    ends.push(() => application.close());
    const probe = createServer();
    const port = await listening(probe);
    await new Promise((resolve) => probe.close(resolve));
    const dir = mkdtempSync(join(tmpdir(), 'sallyport-offices-'));
    ends.push(() => rmSync(dir, { recursive: true, force: true }));
    writeFileSync(join(dir, 'ssf.pem'), ecKey().pem);
    const { key, hash } = newKey({ id: 'k1', secret: null });
    const config = configSchema.parse({
      mode: 'enforce',
      listen: `127.0.0.1:${port}`,
      admin: { listen: '127.0.0.1:0' },
      upstream,
      records: { data_dir: dir },
      gateway: { workers: 2, drain_s: 1 },
      identity: {
        keys: { entries: [{ id: 'k1', hash }] },
        shared_signals: {
          transmitter: {
            issuer: 'https://api.example',
            key: join(dir, 'ssf.pem'),
            streams: [{ name: 's', audience: 'https://s.example', push: { endpoint: `${upstream}/ssf` } }],
          },
        },
      },
    });
    const notes: string[] = [];
    const serving = await serve({
      load: async () => ({ ...defaultConfig(), config }),
      overrides: {},
      version: 'test',
      ephemeral: false,
      cwd: dir,
      onNote: (text) => notes.push(text),
    });
    ends.push(() => serving.stop());
    const [url] = serving.urls;
    const token = new URL(serving.adminLink).hash.slice(1).replace(/^token=/, '');
    const act = (path: string, body: object) =>
      fetch(serving.admin + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const statuses = async () => {
      const answers = await Promise.all(Array.from({ length: 12 }, () => once(`${url}/x`, { 'x-api-key': key })));
      return [...new Set(answers.map(({ status }) => status))];
    };
    expect(await statuses()).toEqual([200]);
    expect((await act('/api/v1/revocations', { id: 'k1', reason: 'leaked' })).status).toBe(200);
    await vi.waitFor(async () => expect(await statuses()).toEqual([401]));
    const documents = await Promise.all(Array.from({ length: 6 }, () => once(`${url}/ssf/jwks`, {})));
    for (const { status, text } of documents) expect([status, JSON.parse(text).keys.length]).toEqual([200, 1]);
    expect((await act('/api/v1/revocations/restore', { id: 'k1', reason: 'a mistake' })).status).toBe(200);
    await vi.waitFor(async () => expect(await statuses()).toEqual([200]));
    expect(notes).toEqual([]);
  }, 60_000);
});

describe('branches', () => {
  it('are told everything in order, again where one of them did not take it', () => {
    vi.useFakeTimers();
    ends.push(() => vi.useRealTimers());
    const told: unknown[] = [];
    let reached = 2;
    const branches = new Branches(() => {});
    branches.join(null as never, {
      push: (message) => {
        told.push(message);
        return reached;
      },
      workers: () => [1, 2].map((worker) => ({ worker, pid: 0, requests: 0 })),
    });
    const news = (id: string) => ({ change: { do: 'allow', target: { kind: 'credential', id }, by: 'us' } }) as const;
    branches.send(news('a'));
    reached = 1;
    branches.send(news('b'));
    branches.send(news('c'));
    reached = 2;
    vi.advanceTimersByTime(50);
    expect(told).toEqual(['a', 'b', 'b', 'c'].map((id) => ({ office: news(id) })));
    branches.close();
  });

  it('that begin are told the newest of more than there is room for', () => {
    const notes: string[] = [];
    const branches = new Branches((text) => notes.push(text));
    const long = 'x'.repeat(200);
    const standing = Array.from(
      { length: 40_000 },
      (_, i) =>
        ({ do: 'deny', target: { kind: 'credential', id: `${long}${i}` }, terms: { untilMs: 0, by: 'us' } }) as const,
    );
    const news = branches.welcome({ snapshot: () => standing, paths: ['/x'] });
    expect(news.standing?.at(-1)).toBe(standing.at(-1));
    expect(JSON.stringify(news).length).toBeLessThan(9 * 1024 * 1024);
    expect(notes[0]).toMatch(/^SP7612: /);
    expect(branches.welcome({ snapshot: () => standing.slice(0, 5), paths: [] }).standing).toHaveLength(5);
  });
});
