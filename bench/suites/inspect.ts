/**
 * What inspection of a whole request costs — target, headers, body taken apart, all of it searched for code — beside nginx
 * with ModSecurity and the Core Rule Set on the same requests. Ours is measured in process; theirs is the processor time of
 * nginx with the rules less that without them. Neither has a network in it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createJudge } from '../../eval/inspected.ts';
import { atMost, type Figure, plain, table } from '../lib/figures.ts';
import { inspectedMix, type MixedRequest } from '../lib/inspected-mix.ts';
import { cpuMs, type Running, start } from '../lib/processes.ts';
import { freePort } from '../lib/proxies.ts';
import { rounds } from '../lib/settings.ts';
import { median } from '../lib/stats.ts';

const SUITE = 'inspect';
/** Share of the peer's cost that ours may be. */
const COST_RATIO = 0.05;
const MODULE = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so';
const ENGINE = '/usr/share/nginx/docs/modsecurity/modsecurity.conf';
const MAPPING = '/usr/share/nginx/docs/modsecurity/unicode.mapping';
const RULES = '/usr/share/modsecurity-crs';
/** Requests of each kind and round; the bare proxy gets more, because it costs less than a tick of the clock. */
const OURS = 2000;
const WITH_RULES = 150;
const WITHOUT = 1500;
const WARM_UP = 3000;
const WARM_UP_PEER = 100;
const CONNECTIONS = 8;

type Print = (text: string) => void;
interface Cost {
  readonly bytes: number;
  readonly ours: number[];
  readonly theirs: number[];
}

export async function inspect(print: Print): Promise<readonly Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-inspect-'));
  const running: Running[] = [];
  const costs = new Map(inspectedMix(1).map((r) => [r.kind, { bytes: bytesOf(r), ours: [], theirs: [] } as Cost]));
  try {
    const peers = await startPeers(folder, running, print);
    const judge = createJudge();
    for (const kind of costs.keys()) await inProcess(judge, kind, WARM_UP);
    for (const peer of peers) for (const kind of costs.keys()) await peer.run(kind, WARM_UP_PEER);
    const count = Math.max(5, rounds());
    for (let round = 0; round < count; round++)
      for (const [kind, cost] of costs) {
        cost.ours.push(await inProcess(judge, kind, OURS));
        if (peers.length === 2) {
          const without = await peers[0].run(kind, WITHOUT);
          cost.theirs.push((await peers[1].run(kind, WITH_RULES)) - without);
        }
      }
    print(`${count} interleaved rounds; processor time on one core`);
  } finally {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return report(costs, print);
}

function bytesOf({ method, target, headers, body }: MixedRequest): number {
  return method.length + target.length + headers.join('').length + Buffer.byteLength(body);
}

/** Microseconds of processor time a request, garbage collection and compilers included. */
async function inProcess(judge: ReturnType<typeof createJudge>, kind: string, count: number): Promise<number> {
  const requests = Array.from({ length: 50 }, (_, n) => only(kind, n));
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await judge(requests[i % requests.length]);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

function only(kind: string, n: number): MixedRequest {
  const found = inspectedMix(n).find((r) => r.kind === kind);
  if (found === undefined) throw new RangeError(kind);
  return found;
}

interface Peer {
  /** Microseconds of processor time a request. */
  run(kind: string, count: number): Promise<number>;
}

/** nginx without and with the rules; nothing, with the reason printed, where a part is missing. */
async function startPeers(folder: string, running: Running[], print: Print): Promise<Peer[]> {
  const missing = [MODULE, ENGINE, RULES].filter((path) => !existsSync(path));
  if (missing.length > 0) {
    print(
      `nginx + ModSecurity + CRS not measured: no ${missing.join(', ')} (libnginx-mod-http-modsecurity, modsecurity-crs)`,
    );
    return [];
  }
  const rules = join(folder, 'rules.conf');
  const engine = readFileSync(ENGINE, 'utf8')
    .replace(/^SecAuditEngine .*$/m, 'SecAuditEngine Off')
    .replace(/unicode\.mapping/, MAPPING);
  writeFileSync(rules, `${engine}\nInclude /etc/modsecurity/crs/crs-setup.conf\nInclude ${RULES}/rules/*.conf\n`);
  const peers: Peer[] = [];
  for (const on of [false, true]) {
    const own = mkdtempSync(join(folder, 'nginx-'));
    const port = await freePort();
    const config = join(own, 'nginx.conf');
    const text = readFileSync(new URL('../gateway/nginx-rules.conf', import.meta.url), 'utf8')
      .replaceAll('{{folder}}', own)
      .replaceAll('{{port}}', String(port))
      .replace('{{module}}', on ? `load_module ${MODULE};` : '')
      .replace('{{rules}}', on ? `modsecurity on; modsecurity_rules_file ${rules};` : '');
    writeFileSync(config, text);
    const nginx = await start('nginx', ['-c', config, '-p', own], { cores: '0', port });
    running.push(nginx);
    peers.push(peerOf(nginx, port));
  }
  return peers;
}

function peerOf({ pid }: Running, port: number): Peer {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  return {
    async run(kind, count) {
      const before = cpuMs(pid);
      let next = 0;
      const one = async (): Promise<void> => {
        while (next < count) await ask(agent, port, only(kind, next++ % 50));
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, one));
      return ((cpuMs(pid) - before) * 1000) / count;
    },
  };
}

function ask(agent: Agent, port: number, { method, target, headers, body }: MixedRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? [] : ['Content-Length', String(Buffer.byteLength(body))];
    const request = send(
      { agent, port, host: '127.0.0.1', method, path: target, headers: [...headers, ...length] as never },
      (answer) => {
        answer.resume().on('end', resolve).on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function report(costs: ReadonlyMap<string, Cost>, print: Print): Figure[] {
  let ours = 0;
  let theirs = 0;
  let bytes = 0;
  const rows = [...costs].map(([kind, cost]) => {
    const own = median(cost.ours);
    const peer = median(cost.theirs);
    ours += own;
    theirs += peer;
    bytes += cost.bytes;
    return [
      kind,
      String(cost.bytes),
      plain(own),
      plain((own / cost.bytes) * 1024),
      Number.isNaN(peer) ? '-' : plain(peer),
      Number.isNaN(peer) ? '-' : plain(own / peer),
    ];
  });
  print(table(['request', 'bytes', 'µs', 'µs/KB', 'ModSecurity + CRS µs', 'ratio'], rows));
  const measured = !Number.isNaN(theirs);
  return [
    { suite: SUITE, metric: 'us_per_request', value: ours / costs.size, note: 'mean of the kinds' },
    { suite: SUITE, metric: 'us_per_kb', value: (ours / bytes) * 1024 },
    { suite: SUITE, metric: 'modsecurity_us_per_request', value: measured ? theirs / costs.size : null },
    {
      suite: SUITE,
      metric: 'cost_ratio',
      value: measured ? ours / theirs : null,
      target: atMost(COST_RATIO),
      note: measured ? 'of nginx + ModSecurity + CRS' : 'the packages are not installed',
    },
  ];
}
