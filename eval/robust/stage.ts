/** What a scenario plays on: an application that counts, a folder, and a gateway that is started in it again and again. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type GatewayOptions, GatewayProcess } from './gateway.ts';
import { CountingUpstream } from './upstream.ts';

/** Clients of the load come from here: they are scored like everybody, and never held. */
export const LOAD_NETWORK = '10.20.0.0/16';

export interface Setting {
  readonly workers?: number;
  /** Lines of YAML at the top level. */
  readonly more?: string;
  /** Keys of `gateway`, as in `timeout_s: 1`. */
  readonly gateway?: readonly string[];
  /** Keys of the group of servers. */
  readonly group?: readonly string[];
  /** Seconds between two savings of the state. */
  readonly saveSec?: number;
}

export class Stage {
  readonly folder: string;
  readonly upstream: CountingUpstream;
  readonly port: number;
  dataDir: string;
  private readonly command: string;
  private readonly started: GatewayProcess[] = [];

  static async open(command: string, name: string): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), `sallyport-robust-${name}-`));
    return new Stage(command, folder, await CountingUpstream.open(), await freePort());
  }

  private constructor(command: string, folder: string, upstream: CountingUpstream, port: number) {
    this.command = command;
    this.folder = folder;
    this.upstream = upstream;
    this.port = port;
    this.dataDir = join(folder, 'data');
    mkdirSync(this.dataDir, { mode: 0o700 });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get configPath(): string {
    return join(this.folder, 'sallyport.yaml');
  }

  /** The configuration of a scenario. The machine bears clients and application as well: late is not overloaded here. */
  config({ workers = 1, more = '', gateway = [], group = [], saveSec }: Setting = {}): string {
    return [
      'mode: enforce',
      `listen: 127.0.0.1:${this.port}`,
      'upstreams:',
      `  - { name: default, servers: ['${this.upstream.url}']${group.map((key) => `, ${key}`).join('')} }`,
      'admin: { listen: 127.0.0.1:0 }',
      'clients: { trusted_proxies: [127.0.0.0/8] }',
      `records: { data_dir: ${this.dataDir}${saveSec === undefined ? '' : `, state: { save_s: ${saveSec} }`} }`,
      'decoys: [/trap]',
      "routes: { templates: [{ template: '/items/{id}' }, { template: /orders }] }",
      `allowlist: [{ address: ${LOAD_NETWORK}, owner: load, reason: our own clients, expires: 2099-01-01 }]`,
      'policies: [{ name: traps, class: decoy, ladder: [block], at_once: true, ttl_s: [3600], mode: enforce }]',
      'gateway:',
      `  workers: ${workers}`,
      '  overload: { lag_ms: 500 }',
      ...gateway.map((line) => `  ${line}`),
      more,
      '',
    ].join('\n');
  }

  /** Puts a configuration in place in one step: whoever reads it meanwhile reads the one or the other. */
  write(text: string): void {
    writeFileSync(`${this.configPath}.new`, text);
    renameSync(`${this.configPath}.new`, this.configPath);
  }

  /** Starts a gateway with the configuration that was written last. */
  async start(options: Partial<GatewayOptions> = {}): Promise<GatewayProcess> {
    const gateway = await GatewayProcess.start({
      command: this.command,
      words: ['--config', this.configPath],
      ...options,
    });
    this.started.push(gateway);
    return gateway;
  }

  /** Ends everything; `before` runs when nobody uses the folder any more. */
  async close(before: () => void = () => {}): Promise<void> {
    await Promise.all(this.started.map((gateway) => gateway.kill()));
    await this.upstream.close();
    before();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks again and again until it holds, at most `ms`; whether it did. */
export async function holds(ms: number, question: () => boolean | Promise<boolean>): Promise<boolean> {
  const until = performance.now() + ms;
  for (;;) {
    if (await question()) return true;
    if (performance.now() > until) return false;
    await pause(50);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
