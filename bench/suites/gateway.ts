/**
 * What a request costs the processor on its way through the gateway, beside a bare proxy of the same library and beside
 * other people's proxies. Proxies have one core, clients and the server behind the other; rounds are interleaved.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeze } from '../lib/built.ts';
import { type Figure, plain } from '../lib/figures.ts';
import { Clients } from '../lib/load.ts';
import { cpuMs, type Running, rssMb, start } from '../lib/processes.ts';
import { bareNode, PEER_NAMES, type ProxyUnderTest, peer, sallyport } from '../lib/proxies.ts';
import { type GatewayPlan, gatewayPlan, only, withPeers } from '../lib/settings.ts';
import { median } from '../lib/stats.ts';
import { type Contender, contender, figures, KINDS, type Kind, show } from './gateway-report.ts';

const PROXY_CORE = '0';
const LOAD_CORE = '1';
/** What a proxy still does after the last answer (journal, garbage) is its cost too: it is waited for so long, in ms. */
const SETTLE_MS = 400;
/** Requests a second at which latency is measured: far below what any of the proxies can do. */
const PACED_PER_S = 400;
/** Paced requests of a round, as a share of the others. */
const PACED_SHARE = 0.1;
/** Interleaved rounds with one and with two workers. */
const WORKER_ROUNDS = 3;

type Print = (text: string) => void;

/** What every part of the suite needs. */
interface Stage {
  readonly built: string;
  readonly folder: string;
  readonly clients: Clients;
  /** Port of the server behind. */
  readonly upstream: number;
  readonly plan: GatewayPlan;
  readonly print: Print;
}

/** Runs the suite. */
export async function gateway(print: Print): Promise<readonly Figure[]> {
  const built = freeze();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-gateway-'));
  const stopping: Running[] = [];
  try {
    const clients = await Clients.start(built, LOAD_CORE);
    stopping.push(clients.running);
    const path = join(built, 'bench', 'runners', 'gateway-upstream.ts');
    const behind = await start(process.execPath, ['--import', 'tsx', path], { cores: LOAD_CORE });
    stopping.push(behind);
    const { port } = JSON.parse(behind.line) as { port: number };
    return await compete({ built, folder, clients, upstream: port, plan: gatewayPlan(), print });
  } finally {
    for (const running of stopping) await running.stop();
    rmSync(built, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

function contenders({ built, folder, upstream }: Stage): Contender[] {
  const ours = (mode: 'observe' | 'enforce') => () =>
    sallyport(built, join(folder, mode), upstream, { mode, cores: PROXY_CORE });
  const list = [
    contender('bare', 'bare Node proxy', () => bareNode(built, upstream, PROXY_CORE)),
    contender('observe', 'sallyport, observe', ours('observe')),
    contender('enforce', 'sallyport, enforce', ours('enforce')),
    contender('direct', 'no proxy', async () => ({ port: upstream, running: null, counters: null })),
  ];
  if (withPeers())
    for (const name of PEER_NAMES)
      list.push(contender(name, name, () => peer(name, join(folder, name), upstream, PROXY_CORE)));
  const wanted = only();
  return list.filter((c) => wanted === null || wanted.has(c.id));
}

async function compete(stage: Stage): Promise<readonly Figure[]> {
  const { plan, print } = stage;
  const all = contenders(stage);
  try {
    for (const c of all) await begin(c, stage);
    const there = all.filter((c) => c.proxy !== null);
    const proxies = there.filter((c) => c.proxy?.running !== null);
    for (let round = 1; round <= plan.rounds; round++) {
      // Who comes after whom must not always be the same.
      for (const kind of KINDS) for (const c of rotated(proxies, round)) await measure(c, kind, round, stage);
      for (const c of rotated(there, round)) await pace(c, round, stage);
      for (const c of proxies) await account(c);
    }
    print(`${plan.rounds} interleaved rounds of ${plan.requests} requests, 32 connections`);
    print(show(all));
  } finally {
    for (const c of all) await c.proxy?.running?.stop();
  }
  return [...figures(all), ...(plan.workers ? await severalWorkers(stage) : [])];
}

const rotated = <T>(items: readonly T[], by: number): T[] => items.map((_, i) => items[(i + by) % items.length]);

/** Starts a contender and lets it run warm: compilers have done their work then, and tables are filled. */
async function begin(c: Contender, { clients, plan, print }: Stage): Promise<void> {
  const proxy = await c.start();
  if (typeof proxy === 'string') {
    c.absent = proxy;
    print(`${c.title}: ${proxy}`);
    return;
  }
  c.proxy = proxy;
  for (const kind of KINDS) await clients.ask({ port: proxy.port, kind, requests: plan.warmUp, seed: 1 });
}

async function measure(c: Contender, kind: Kind, round: number, { clients, plan }: Stage): Promise<void> {
  const { port, running } = c.proxy as ProxyUnderTest;
  const { pid } = running as Running;
  const before = cpuMs(pid);
  const result = await clients.ask({ port, kind, requests: plan.requests, seed: seedOf(kind, round) });
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const cpuUs = ((cpuMs(pid) - before) * 1000) / plan.requests;
  c.cpuUs[kind].push(cpuUs);
  c.perSecond[kind].push(plan.requests / result.wallS);
  c.sent += plan.requests;
  c.notOk += plan.requests - (result.statuses['200'] ?? 0);
  process.stderr.write(`  round ${round}  ${kind}  ${c.title}: ${plain(cpuUs)} µs\n`);
}

/** Every round asks for something else, and every contender of a round for the same. */
const seedOf = (kind: Kind, round: number): number => round * 10 + KINDS.indexOf(kind);

async function pace(c: Contender, round: number, { clients, plan }: Stage): Promise<void> {
  const { port } = c.proxy as ProxyUnderTest;
  const requests = Math.ceil(plan.requests * PACED_SHARE);
  const seed = 1000 + round;
  const result = await clients.ask({ port, kind: 'get', requests, seed, perSecond: PACED_PER_S });
  c.p50Us.push(result.p50Us);
  c.p99Us.push(result.p99Us);
  c.sent += requests;
  c.notOk += requests - (result.statuses['200'] ?? 0);
}

/** What a proxy says about itself after a round. */
async function account(c: Contender): Promise<void> {
  const { running, counters } = c.proxy as ProxyUnderTest;
  c.rssMb = Math.max(c.rssMb, rssMb((running as Running).pid));
  if (counters === null) return;
  const now = await counters();
  if (now.degradation > 0) c.degradedRounds++;
  c.counters = now;
}

/** Throughput with one and with two workers, nobody held to a core: for information. */
async function severalWorkers(stage: Stage): Promise<Figure[]> {
  const { built, folder, upstream, plan } = stage;
  const perSecond = new Map<number, number[]>([
    [1, []],
    [2, []],
  ]);
  const clients = await Clients.start(built);
  const proxies: ProxyUnderTest[] = [];
  try {
    for (const workers of perSecond.keys()) {
      const proxy = await sallyport(built, join(folder, `workers-${workers}`), upstream, { mode: 'enforce', workers });
      proxies.push(proxy);
      await clients.ask({ port: proxy.port, kind: 'get', requests: plan.warmUp, seed: 1 });
    }
    for (let round = 1; round <= WORKER_ROUNDS; round++)
      for (const [i, values] of [...perSecond.values()].entries()) {
        const { port } = proxies[i];
        const result = await clients.ask({ port, kind: 'get', requests: plan.requests, seed: 2000 + round });
        values.push(plan.requests / result.wallS);
      }
  } finally {
    for (const { running } of proxies) await running?.stop();
    await clients.running.stop();
  }
  return [...perSecond].map(([workers, values]) => ({
    suite: 'gateway',
    metric: `get_per_s_${workers}_workers_unpinned`,
    value: median(values),
  }));
}
