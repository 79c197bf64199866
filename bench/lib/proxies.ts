/** The proxies that `bench gateway` compares, each started on the first core. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed, lastJson } from './child.ts';
import { type Running, start } from './processes.ts';
import { openApi } from './request-mix.ts';

const configurations = join(dirname(dirname(fileURLToPath(import.meta.url))), 'gateway');

const NEVER_MS = 600_000;

/** A proxy that runs. */
export interface ProxyUnderTest {
  readonly port: number;
  /** null for the server behind itself. */
  readonly running: Running | null;
  /** Counters of Sallyport's metrics page; null for others. */
  readonly counters: (() => Promise<Counters>) | null;
}

/** What a gateway says about itself: sums over all labels but the named ones. */
export interface Counters {
  readonly requests: number;
  /** Requests that were kept from going on as they came: a tag keeps nobody. */
  readonly held: number;
  readonly journalled: number;
  readonly dropped: number;
  readonly ledgerEntries: number;
  readonly degradation: number;
}

export interface SallyportOptions {
  readonly mode: 'observe' | 'enforce';
  readonly workers?: number;
  /** As in `taskset -c`; any when left out. */
  readonly cores?: string;
}

/** `sallyport serve` as built in `built`, with everything on that is on for its users, and its data in `folder`. */
export async function sallyport(
  built: string,
  folder: string,
  upstream: number,
  options: SallyportOptions,
): Promise<ProxyUnderTest> {
  const { mode, workers = 1, cores } = options;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'openapi.yaml'), openApi());
  const port = await freePort();
  const configuration = {
    upstream: `http://127.0.0.1:${upstream}`,
    listen: `127.0.0.1:${port}`,
    admin: { listen: '127.0.0.1:0' },
    mode,
    routes: { openapi: 'openapi.yaml' },
    clients: { trusted_proxies: ['127.0.0.0/8'] },
    // Scoring is never cut short, however late the event loop runs: what is measured is the whole of it.
    gateway: { workers, overload: { lag_ms: NEVER_MS } },
    records: { data_dir: 'data' },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'sallyport.yaml'), JSON.stringify(configuration, null, 1));
  const flags = (process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== '');
  const args = [...flags, join(built, 'dist', 'cli', 'main.js'), 'serve', '--config', join(folder, 'sallyport.yaml')];
  const running = await start(process.execPath, [...args, '--json'], { cores, cwd: folder });
  const { admin } = lastJson<{ admin: string }>(running.line) ?? { admin: '' };
  const { origin, hash } = new URL(admin);
  const token = hash.replace('#token=', '');
  const counters = async () => {
    const page = await fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    return countersOf(await page.text());
  };
  return { port, running, counters };
}

/** The program of bench/runners that proxies and does nothing else. */
export async function bareNode(built: string, upstream: number, cores: string): Promise<ProxyUnderTest> {
  const path = join(built, 'bench', 'runners', 'gateway-bare.ts');
  const running = await start(process.execPath, ['--import', 'tsx', path, `http://127.0.0.1:${upstream}`], { cores });
  return { port: (JSON.parse(running.line) as { port: number }).port, running, counters: null };
}

/** Other people's proxies: how each is started with its configuration. */
const PEERS = {
  nginx: { file: 'nginx.conf', args: (path: string, folder: string) => ['-c', path, '-p', folder, '-e', 'stderr'] },
  haproxy: { file: 'haproxy.cfg', args: (path: string) => ['-db', '-f', path] },
  caddy: { file: 'Caddyfile', args: (path: string) => ['run', '--adapter', 'caddyfile', '--config', path] },
} as const;

export type PeerName = keyof typeof PEERS;
export const PEER_NAMES = Object.keys(PEERS) as readonly PeerName[];

/** A peer on its port, or why it is not there. */
export async function peer(
  name: PeerName,
  folder: string,
  upstream: number,
  cores: string,
): Promise<ProxyUnderTest | string> {
  if (!installed(name)) return `not installed (apt-get install ${name})`;
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const { file, args } = PEERS[name];
  const template = readFileSync(join(configurations, file), 'utf8');
  const values: Readonly<Record<string, string>> = { port: String(port), upstream: String(upstream), folder };
  const path = join(folder, file);
  writeFileSync(
    path,
    template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key]),
  );
  const words: readonly string[] = args(path, folder);
  try {
    return { port, running: await start(name, words, { cores, cwd: folder, port }), counters: null };
  } catch (error) {
    return `installed, but failed: ${(error as Error).message}`;
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

function countersOf(page: string): Counters {
  const sum = (name: string, keep: (labels: string) => boolean = () => true): number => {
    let total = 0;
    for (const line of page.split('\n')) {
      if (!line.startsWith(name) || !/^[ {]/.test(line.slice(name.length))) continue;
      if (keep(line)) total += Number(line.slice(line.lastIndexOf(' ') + 1));
    }
    return total;
  };
  return {
    requests: sum('sallyport_requests_total'),
    held: sum('sallyport_requests_total', (line) => !/action="(?:allow|tag)"/.test(line)),
    journalled: sum('sallyport_journal_records_total'),
    dropped: sum('sallyport_journal_dropped_total'),
    ledgerEntries: sum('sallyport_ledger_entries_total'),
    degradation: sum('sallyport_degradation_level'),
  };
}
