/** An application that counts: how often each order reached it, and how often it answered one. It can be made to misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * `ok` answers; `hang` takes requests and says nothing; `reset` cuts the connection after the request; `half` cuts it in the
 * middle of the answer; `fail` answers 503; `dead` does not listen.
 */
export const MOODS = ['ok', 'hang', 'reset', 'half', 'fail', 'dead'] as const;
export type Mood = (typeof MOODS)[number];

const BODY = JSON.stringify({ item: 'a thing', note: 'x'.repeat(400) });
/** RFC 6455, 1.3. */
const WEBSOCKET_KEY = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class CountingUpstream {
  /** Orders that came, by their id, and those answered with 201. */
  readonly came = new Map<string, number>();
  readonly served = new Map<string, number>();
  requests = 0;
  mood: Mood = 'ok';
  /** Called with the path of every request when it comes. */
  onRequest: ((path: string) => void) | null = null;
  private server: Server | null = null;
  private port = 0;
  private readonly sockets = new Set<Socket>();
  private readonly waiting = new Set<ServerResponse>();
  private readonly slow = new Map<string, ServerResponse>();

  static async open(): Promise<CountingUpstream> {
    const upstream = new CountingUpstream();
    await upstream.listen();
    return upstream;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Changes what it does, to those as well who are waiting. */
  async be(mood: Mood): Promise<void> {
    const before = this.mood;
    this.mood = mood;
    if (mood === 'dead') await this.close();
    else if (before === 'dead') await this.listen();
    if (before === 'hang') for (const res of [...this.waiting]) res.destroy();
  }

  /** Answers a request for /slow/NAME that waits. */
  finish(name: string): void {
    this.slow.get(name)?.end('at last');
    this.slow.delete(name);
  }

  /** Orders that came more than once. */
  twice(): string[] {
    return [...this.came].flatMap(([id, n]) => (n > 1 ? [id] : []));
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  private listen(): Promise<void> {
    const server = createServer((req, res) => this.take(req, res));
    this.server = server;
    server.keepAliveTimeout = 60_000;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on('upgrade', (req, socket) => echo(req, socket));
    return new Promise((resolve) =>
      server.listen(this.port, '127.0.0.1', () => {
        this.port = (server.address() as AddressInfo).port;
        resolve();
      }),
    );
  }

  private take(req: IncomingMessage, res: ServerResponse): void {
    const path = (req.url ?? '').split('?', 1)[0];
    this.requests++;
    this.onRequest?.(path);
    const id = String(req.headers['x-order'] ?? '');
    if (req.method === 'POST' && id !== '') this.came.set(id, (this.came.get(id) ?? 0) + 1);
    req.resume();
    req.on('error', () => {});
    if (path === '/events') stream(res);
    else if (path.startsWith('/slow/')) this.slow.set(path.slice(6), res);
    // A POST is answered when all of it has come, as an application would.
    else if (req.method === 'POST') req.once('end', () => this.answer(res, id));
    else this.answer(res, '');
  }

  private answer(res: ServerResponse, order: string): void {
    const { mood } = this;
    if (mood === 'hang') {
      this.waiting.add(res);
      res.once('close', () => this.waiting.delete(res));
    } else if (mood === 'reset') res.socket?.resetAndDestroy();
    else if (mood === 'half') {
      res.writeHead(200, { 'content-length': BODY.length });
      res.write(BODY.slice(0, 100), () => res.socket?.resetAndDestroy());
    } else if (mood === 'fail') res.writeHead(503, { 'content-length': 0 }).end();
    else {
      if (order !== '') this.served.set(order, (this.served.get(order) ?? 0) + 1);
      const type = { 'content-type': 'application/json', 'content-length': BODY.length };
      res.writeHead(order === '' ? 200 : 201, type).end(BODY);
    }
  }
}

/** Three events, then the end. */
function stream(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let i = 1; i <= 3; i++) res.write(`data: event ${i}\n\n`);
  res.end();
}

/** A WebSocket that sends back every byte after the handshake as it came. */
function echo(req: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1').update(`${req.headers['sec-websocket-key']}${WEBSOCKET_KEY}`).digest('base64');
  socket.on('error', () => {});
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  socket.pipe(socket);
}
