/** A doctor's examination in a temporary folder, for tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import type { Examination } from './finding.ts';

/** Checks of a run, as docs/doctor.md lists them beside `config`. */
export const CHECK_IDS = [
  ...['node', 'gateway', 'proxy-trust', 'sharing', 'upstreams', 'outputs', 'clock', 'tls', 'identity', 'ipv6'],
  ...['admin', 'data-dir', 'disk', 'descriptors'],
];

export class Ward {
  readonly folder = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
  private readonly servers: Server[] = [];

  /** Listens on a free port of loopback, which is given back. */
  async started(server: Server): Promise<number> {
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  serving(listener: RequestListener): Promise<number> {
    return this.started(createServer(listener));
  }

  /** Ends the server that was started last. */
  async stop(): Promise<void> {
    const server = this.servers.pop();
    server?.closeAllConnections();
    await new Promise((resolve) => server?.close(resolve));
  }

  file(name: string, content: string, mode = 0o600): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode });
    return path;
  }

  /** The examination of a configuration, at the real time unless another is given. */
  examination(yaml: string, nowMs?: number): Examination {
    return {
      loaded: loadConfig(this.file('sallyport.yaml', yaml)),
      cwd: this.folder,
      now: nowMs === undefined ? Date.now : () => nowMs,
      signal: new AbortController().signal,
    };
  }

  async remove(): Promise<void> {
    while (this.servers.length > 0) await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
