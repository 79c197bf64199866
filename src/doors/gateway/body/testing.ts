/** A gateway that collects bodies, and a server behind it that tells what it was sent: for tests of this room. */
import type { Inbound } from '../contract.ts';
import { sendProblem } from '../http/problem.ts';
import { type Closing, Count, configOf, type Front, front, httpUpstream } from '../upstream/testing.ts';
import { type Collected, type CollectOptions, type Collector, createCollector } from './index.ts';

export const OPTIONS: CollectOptions = { bytes: 1000, beyond: 'prefix', spoolBytes: 100_000, timeoutMs: 5000 };
export const STORE = { memoryBytes: 1_000_000, spoolTotalBytes: 1_000_000 };

interface Seen {
  readonly method: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

export interface Bench {
  readonly port: number;
  readonly front: Front;
  readonly seen: Seen[];
  readonly collected: Collected[];
  readonly inbounds: Inbound[];
  /** Connections that the server was asked for. */
  readonly connections: Count;
  readonly collections: Count;
  readonly store: { readonly memory: number; readonly disk: number };
}

export async function bench(
  closing: Closing,
  options: Partial<CollectOptions> = {},
  store: Partial<Parameters<typeof createCollector>[0]> = {},
  http2 = false,
): Promise<Bench> {
  const seen: Seen[] = [];
  const connections = new Count();
  const url = await httpUpstream(closing, (req, res) => {
    connections.up();
    const pieces: Buffer[] = [];
    req.on('data', (piece: Buffer) => pieces.push(piece));
    req.on('end', () => {
      seen.push({ method: req.method ?? '', headers: req.headers, body: Buffer.concat(pieces).toString('latin1') });
      res.end('ok');
    });
  });
  const collector = createCollector({ ...STORE, ...store });
  const collected: Collected[] = [];
  const inbounds: Inbound[] = [];
  const collections = new Count();
  const before = async (inbound: Inbound) => {
    inbounds.push(inbound);
    const result = await collector.collect(inbound, { ...OPTIONS, ...options });
    collected.push(result);
    if (result.ok) inbound.body = result.source;
    else if (result.problem !== null) sendProblem(inbound.res, result.problem);
    collections.up();
    return result.ok;
  };
  const door = await front(closing, configOf(`upstream: ${url}`), { before, http2 });
  return { port: door.port, front: door, seen, collected, inbounds, connections, collections, store: collector.store };
}

export const post = (headers: string, body = '') =>
  `POST /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n\r\n${body}`;
export const chunked = (...pieces: string[]) =>
  `${pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('')}0\r\n\r\n`;

/** What the gateway does before a request goes on, where all of it goes well. */
export function collecting(collector: Collector, options: CollectOptions = OPTIONS) {
  return async (inbound: Inbound): Promise<boolean> => {
    const result = await collector.collect(inbound, options);
    if (result.ok) inbound.body = result.source;
    return result.ok;
  };
}
