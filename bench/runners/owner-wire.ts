/**
 * What the way to the owner of state costs: `owner-wire.ts [SECONDS] [WORKERS]`. Workers are processes of their own and ask a
 * gate that allows everything, each request followed by its response as in the gateway; so what is measured is the
 * connection alone. One JSON line: busy (64 calls at once a worker) and quiet (one call at a time).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBatch, type FactBatch } from '../../src/enrich/facts.ts';
import { ALLOW, type OwnerGate } from '../../src/runtime/live/verdict.ts';
import { connectOwner, type OwnerClient } from '../../src/runtime/owner/client.ts';
import { serveOwner } from '../../src/runtime/owner/server.ts';
import { quantile } from '../lib/stats.ts';

interface Order {
  readonly path: string;
  readonly secret: string;
  readonly worker: number;
}
interface Result {
  readonly requests: number;
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

const BUSY_CALLS = 64;
const WARM_UP_MS = 1000;
const SECRET = 'of this measurement';
/** Every so many latencies one is kept. */
const KEPT_EVERY = 16;

const encoder = new TextEncoder();

/** A row as a browser's request leaves it. */
function typicalRow(): FactBatch {
  const texts = {
    target: '/api/v1/catalogue/items/48213?currency=EUR&lang=de&page=3',
    agent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0',
    referrer: 'https://shop.example/catalogue/shoes',
    session: '9f1c2b7e4d5a4c0fb3a2',
    host: 'shop.example',
  } as const;
  const text = encoder.encode(Object.values(texts).join(''));
  const rows = createBatch(8, text);
  let at = 0;
  for (const [name, value] of Object.entries(texts)) {
    rows[`${name as keyof typeof texts}At`][0] = at;
    rows[`${name as keyof typeof texts}Length`][0] = value.length;
    at += value.length;
  }
  return rows;
}

function asWorker(): void {
  let client: OwnerClient;
  const rows = typicalRow();
  process.on('message', async (message: Order | { calls: number; ms: number } | 'stop') => {
    if (message === 'stop') {
      await client.close();
      process.disconnect();
    } else if ('path' in message) {
      client = await connectOwner(message.path, { secret: message.secret, worker: message.worker });
      process.send?.('ready');
    } else {
      await drive(client, rows, message.calls, WARM_UP_MS);
      process.send?.(await drive(client, rows, message.calls, message.ms));
    }
  });
}

async function drive(client: OwnerClient, rows: FactBatch, calls: number, ms: number): Promise<Result> {
  const us: number[] = [];
  let requests = 0;
  const before = process.cpuUsage();
  const until = performance.now() + ms;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const at = process.hrtime();
      await client.request(rows, 0, Date.now());
      if (requests++ % KEPT_EVERY === 0) {
        const [s, ns] = process.hrtime(at);
        us.push(s * 1e6 + ns / 1000);
      }
      client.response(rows, 0, Date.now(), true);
    }
  };
  await Promise.all(Array.from({ length: calls }, one));
  const { user, system } = process.cpuUsage(before);
  return { requests, cpuUs: user + system, p50Us: quantile(us, 0.5), p99Us: quantile(us, 0.99) };
}

async function measure(children: readonly ChildProcess[], calls: number, ms: number) {
  const answers = children.map(async (child) => (await once(child, 'message'))[0] as Result);
  for (const child of children) child.send({ calls, ms });
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_MS + 100));
  const before = process.cpuUsage();
  const requestsBefore = asked;
  const started = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms - 200));
  const owner = process.cpuUsage(before);
  const here = asked - requestsBefore;
  const perSecond = (here / (performance.now() - started)) * 1000;
  const results = await Promise.all(answers);
  const requests = results.reduce((sum, r) => sum + r.requests, 0);
  return {
    perSecond: Math.round(perSecond),
    ownerUs: (owner.user + owner.system) / here,
    workerUs: results.reduce((sum, r) => sum + r.cpuUs, 0) / requests,
    p50Us: quantile(
      results.map((r) => r.p50Us),
      0.5,
    ),
    p99Us: Math.max(...results.map((r) => r.p99Us)),
  };
}

let asked = 0;

async function asOwner(seconds: number, workers: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'sp-'));
  const path = join(folder, 'owner.sock');
  const gate: OwnerGate = {
    request() {
      asked++;
      return ALLOW;
    },
    response() {},
    lasts() {},
    gone() {},
    business() {},
    spend: () => 'first',
    solved() {},
    departed() {},
  };
  const server = await serveOwner(path, gate, { secret: SECRET });
  const children = Array.from({ length: workers }, () => fork(fileURLToPath(import.meta.url), ['worker']));
  for (const [i, child] of children.entries()) {
    child.send({ path, secret: SECRET, worker: i + 1 } satisfies Order);
    await once(child, 'message');
  }
  const busy = await measure(children, BUSY_CALLS, seconds * 1000);
  const quiet = await measure(children.slice(0, 1), 1, seconds * 1000);
  for (const child of children) child.send('stop');
  await Promise.all(children.map((child) => once(child, 'exit')));
  await server.close();
  rmSync(folder, { recursive: true, force: true });
  console.log(JSON.stringify({ workers, callsAtOnce: BUSY_CALLS, busy, quiet }));
}

if (process.argv[2] === 'worker') asWorker();
else await asOwner(Number(process.argv[2] ?? '3'), Number(process.argv[3] ?? '1'));
