/** Events, time and receivers for tests of outputs. */
import { createServer as createHttpServer, type IncomingHttpHeaders } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { type OutputSettings, outputs } from '../../config/outputs.ts';
import type { Origin, SiemEvent } from './event.ts';
import type { Item } from './queue.ts';
import type { Timers } from './timers.ts';

export const ORIGIN: Origin = { version: '1.2.3', host: 'gate-1' };
export const NOW_MS = Date.parse('2026-03-04T05:06:07.008Z');

export const MITIGATION: SiemEvent = {
  kind: 'mitigation',
  uid: 'M-0123456789',
  id: `M-0123456789:create:${NOW_MS}`,
  phase: 'create',
  timeMs: NOW_MS,
  startMs: NOW_MS,
  title: 'block for credential-attack',
  message: '203.0.113.7: 41 of 42 logins failed → blocked for 10 min. No known user shares this address.',
  class: 'credential-attack',
  severity: 'critical',
  risk: 0.9712,
  actor: { dimension: 'ip', key: '203.0.113.7', pseudonym: '00ff00ff00ff00ff' },
  reasons: [
    {
      detector: {
        id: 'failure-test',
        number: 4,
        title: 'Failure-ratio test',
        group: 'failure',
        owasp: ['API2', 'OAT-008'],
      },
      nats: 6.21,
      why: '41 of 42 logins failed',
    },
    {
      detector: { id: 'fan-out', number: 6, title: 'Fan-out', group: 'failure', owasp: ['API2', 'OAT-007'] },
      nats: 2.4,
      why: '38 accounts were tried',
    },
  ],
  action: {
    name: 'block',
    mode: 'enforce',
    enforced: true,
    untilMs: NOW_MS + 600_000,
    policy: 'login (v-3f2a)',
    requestsBefore: 42,
    requestsMet: 7,
  },
  status: 'active',
  by: '',
  method: 'POST',
  route: '/login',
  host: 'shop.example',
  related: '',
  labels: {},
};

export const FINDING: SiemEvent = {
  ...MITIGATION,
  kind: 'finding',
  uid: 'F-7c1d2e3f40516273',
  id: `F-7c1d2e3f40516273:update:${NOW_MS}`,
  phase: 'update',
  startMs: NOW_MS - 60_000,
  title: 'Object enumeration',
  message: 'principal ann@example.org: 212 order numbers in a row',
  class: 'enumeration',
  severity: 'medium',
  risk: 0.61,
  actor: { dimension: 'principal', key: 'ann@example.org', pseudonym: '11aa22bb33cc44dd' },
  reasons: [
    {
      detector: {
        id: 'object-enumeration',
        number: 15,
        title: 'Object enumeration',
        group: 'sequence',
        owasp: ['API1'],
      },
      nats: 3.5,
      why: '212 order numbers in a row',
    },
  ],
  action: null,
  status: '',
  method: 'GET',
  route: '/orders/{id}',
  labels: { policy: 'v-3f2a' },
};

export const DECISION: SiemEvent = {
  ...MITIGATION,
  kind: 'decision',
  uid: 'D-1',
  id: 'D-1',
  title: 'would block',
  message: 'POST /login: would block',
  actor: { dimension: 'ip', key: '00ff00ff00ff00ff', pseudonym: '00ff00ff00ff00ff' },
  reasons: [],
  action: {
    name: 'block',
    mode: 'shadow',
    enforced: false,
    untilMs: NOW_MS + 600_000,
    policy: 'v-3f2a',
    requestsBefore: -1,
    requestsMet: -1,
  },
  status: '',
  host: '',
  related: 'M-0123456789',
};

export const LEDGER: SiemEvent = {
  ...DECISION,
  kind: 'ledger',
  uid: 'L-17',
  id: 'L-17:ab12ab12ab12ab12',
  title: 'mode.changed',
  message: 'mode.changed by ops: incident is over',
  class: '',
  severity: 'low',
  risk: -1,
  actor: null,
  action: null,
  by: 'ops',
  method: '',
  route: '',
  related: '',
  labels: { entry: 'mode.changed', seq: '17', data: '{"mode":"observe"}' },
};

export const CLOSED: SiemEvent = {
  ...MITIGATION,
  id: `M-0123456789:close:${NOW_MS + 5000}`,
  phase: 'close',
  timeMs: NOW_MS + 5000,
  actor: { dimension: 'ip', key: '2001:db8::7', pseudonym: '00ff00ff00ff00ff' },
  status: 'undone',
  by: 'ops',
};

export const SAMPLES: readonly SiemEvent[] = [MITIGATION, FINDING, CLOSED, DECISION, LEDGER];

/** The settings of one output with its defaults. */
export function settingsOf(some: Record<string, unknown>): OutputSettings {
  return outputs.parse([{ name: 'siem', format: 'json', to: { file: { path: 'events.log' } }, ...some }])[0];
}

export function itemOf(text: string, more: Partial<Item> = {}): Item {
  return {
    text,
    bytes: Buffer.byteLength(text),
    timeMs: NOW_MS,
    severity: 'high',
    kind: 'finding',
    id: text,
    ...more,
  };
}

/** Time that stands still until a test moves it. */
export class FakeTimers implements Timers {
  nowMs = NOW_MS;
  #calls: { atMs: number; call: () => void }[] = [];

  now = (): number => this.nowMs;
  random = (): number => 1;

  after = (ms: number, call: () => void): (() => void) => {
    const entry = { atMs: this.nowMs + ms, call };
    this.#calls.push(entry);
    return () => {
      this.#calls = this.#calls.filter((other) => other !== entry);
    };
  };

  get waiting(): number {
    return this.#calls.length;
  }

  /** Moves time on, call by call, and lets promises go on in between. */
  async pass(ms: number): Promise<void> {
    const end = this.nowMs + ms;
    for (;;) {
      await settled();
      const next = this.#calls.filter(({ atMs }) => atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#calls = this.#calls.filter((other) => other !== next);
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.call();
    }
    this.nowMs = end;
    await settled();
  }
}

/** What was ready to go on has gone on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Waits for a condition that a real server brings about, by turns of the event loop. */
export async function until(done: () => boolean): Promise<void> {
  const endMs = Date.now() + 5000;
  while (!done()) {
    if (Date.now() > endMs) throw new Error('it did not come about');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const opened: { server: Server; sockets: Set<Socket> }[] = [];

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  opened.push({ server, sockets });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Ends all receivers. */
export async function closeReceivers(): Promise<void> {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A receiver of syslog with octet counting, plain or with TLS. */
export async function syslogReceiver(tls?: TlsOptions) {
  const received: string[] = [];
  const errors: Error[] = [];
  const serve = (socket: Socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', (error) => errors.push(error));
    socket.on('data', (data) => {
      rest = Buffer.concat([rest, data]);
      for (;;) {
        const space = rest.indexOf(0x20);
        const length = Number(rest.subarray(0, Math.max(0, space)).toString());
        if (space < 0 || rest.length < space + 1 + length) return;
        received.push(rest.subarray(space + 1, space + 1 + length).toString());
        rest = rest.subarray(space + 1 + length);
      }
    });
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  server.on('tlsClientError', (error: Error) => errors.push(error));
  return { port: await listening(server as Server), received, errors };
}

export interface Posted {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver over HTTP that answers as a test says; 200 unless it says otherwise. */
export async function httpReceiver(tls?: TlsOptions) {
  const posted: Posted[] = [];
  const answers: { status: number; headers?: Record<string, string> }[] = [];
  const handle: Parameters<typeof createHttpServer>[1] = (req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const raw = Buffer.concat(chunks);
      const body = (req.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString();
      posted.push({ path: req.url ?? '', headers: req.headers, body });
      const { status, headers } = answers.shift() ?? { status: 200 };
      res.writeHead(status, headers).end('{}');
    });
  };
  const server = tls === undefined ? createHttpServer(handle) : createHttpsServer(tls, handle);
  return { port: await listening(server as unknown as Server), posted, answers };
}
