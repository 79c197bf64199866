/**
 * The owner's side of the socket: workers connect, and everything they say goes to one gate, one message after the other.
 * Workers take turns: none of them can keep the others waiting for longer than a few of its own messages take.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { ErrorCode } from '../../lib/errors.ts';
import type { OwnerGate } from '../live/verdict.ts';
import { DEPARTED, departedOf } from './departures.ts';
import { listenPrivately } from './listen.ts';
import { hashOf, Peer, type PeerHost } from './peer.ts';

export interface OwnerServerOptions {
  /** What workers show: long, random, made anew at each start, given to them by their environment. */
  readonly secret: string;
  /** What every worker gets as soon as it is connected: configuration in force, mode. */
  readonly welcome?: () => unknown;
  /** A snapshot that a worker sent. */
  readonly onReport?: (worker: number, name: string, snapshot: unknown) => void;
  /** For the log: a connection that was closed, or a message on which the gate failed. */
  readonly onProblem?: (code: ErrorCode, message: string) => void;
}

export interface OwnerServer {
  readonly path: string;
  /** Sends JSON to all workers; how many it went to. */
  push(message: unknown): number;
  /** Those that are connected. */
  workers(): readonly { readonly worker: number; readonly pid: number; readonly requests: number }[];
  /** Answers what has come, closes all connections, and removes the socket. */
  close(): Promise<void>;
}

/** Messages of one worker before the next has its turn, and of all before the event loop has its own. */
const TURN = 32;
const MESSAGES_A_TICK = 512;
const MAX_CONNECTIONS = 256;
/** A connection that does not say hello within so many ms is closed. */
const HELLO_MS = 5000;

/** Opens the socket at `path` for workers. SallyportError SP7315 where that is not possible. */
export async function serveOwner(path: string, gate: OwnerGate, options: OwnerServerOptions): Promise<OwnerServer> {
  const server = new SocketServer(path, gate, options);
  await server.listen();
  return server;
}

class SocketServer implements OwnerServer, PeerHost {
  readonly path: string;
  readonly gate: OwnerGate;
  readonly secretHash: Buffer;
  private readonly options: OwnerServerOptions;
  private readonly server: Server;
  private readonly peers = new Set<Peer>();
  /** Those that have something to do; in the order in which they get their turn. */
  private queue: Peer[] = [];
  private readonly queued = new Set<Peer>();
  private scheduled = false;
  /** So many there have been. */
  private connections = 0;

  constructor(path: string, gate: OwnerGate, options: OwnerServerOptions) {
    this.path = path;
    this.gate = gate;
    this.options = options;
    this.secretHash = hashOf(options.secret);
    this.server = createServer((socket) => this.connected(socket));
    this.server.maxConnections = MAX_CONNECTIONS;
  }

  async listen(): Promise<void> {
    await listenPrivately(this.server, this.path);
    this.server.on('error', (error) => this.problem('SP7315', error.message));
  }

  welcome(): string {
    return this.options.welcome ? JSON.stringify(this.options.welcome()) : '';
  }

  push(message: unknown): number {
    const json = JSON.stringify(message);
    let reached = 0;
    for (const peer of this.peers) if (peer.push(json)) reached++;
    return reached;
  }

  workers(): { worker: number; pid: number; requests: number }[] {
    return [...this.peers]
      .filter((peer) => peer.worker !== 0 && !peer.ended)
      .map(({ worker, pid, requests }) => ({ worker, pid, requests }))
      .sort((a, b) => a.worker - b.worker);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    while (this.queue.length > 0) this.round();
    for (const peer of this.peers) peer.close();
    await closed;
  }

  ready(peer: Peer): void {
    if (!this.queued.has(peer)) {
      this.queued.add(peer);
      this.queue.push(peer);
    }
    this.schedule();
  }

  gone(peer: Peer): void {
    this.peers.delete(peer);
    if (peer.worker !== 0) this.gate.gone(peer.number);
  }

  report(worker: number, name: string, json: string): void {
    let snapshot: unknown;
    try {
      snapshot = JSON.parse(json);
    } catch {
      this.problem('SP7312', `A report of worker ${worker} is no JSON`);
      return;
    }
    if (name === DEPARTED) this.departed(worker, snapshot);
    else this.options.onReport?.(worker, name, snapshot);
  }

  private departed(worker: number, report: unknown): void {
    const known = departedOf(report);
    if (known === null) this.problem('SP7312', `What worker ${worker} tells for the inventory is none of it`);
    else this.gate.departed(known.endpoint, known.bits, known.names);
  }

  problem(code: ErrorCode, message: string): void {
    this.options.onProblem?.(code, message);
  }

  private connected(socket: Socket): void {
    const peer = new Peer(socket, this, ++this.connections);
    this.peers.add(peer);
    const timer = setTimeout(() => {
      if (peer.worker === 0) peer.refuse('SP7313', 'something that said nothing');
    }, HELLO_MS);
    timer.unref();
    socket.on('close', () => clearTimeout(timer));
  }

  /** After the sockets of this turn of the event loop were read: what came together is answered together. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.tick);
  }

  private readonly tick = (): void => {
    this.scheduled = false;
    let messages = 0;
    const served = new Set<Peer>();
    while (this.queue.length > 0 && messages < MESSAGES_A_TICK) messages += this.round(served);
    for (const peer of served) peer.flush();
    if (this.queue.length > 0) this.schedule();
  };

  /** One turn for each worker that waits. How many messages that were. */
  private round(served?: Set<Peer>): number {
    const { queue } = this;
    this.queue = [];
    let messages = 0;
    for (const peer of queue) {
      const done = peer.work(TURN);
      messages += done;
      served?.add(peer);
      if (done === TURN) this.queue.push(peer);
      else this.queued.delete(peer);
    }
    return messages;
  }
}

/** A path for the socket in a data directory. SallyportError is thrown by {@link serveOwner} where it is too long. */
export function ownerPath(dataDir: string): string {
  return `${dataDir.replace(/\/+$/, '')}/owner.sock`;
}
