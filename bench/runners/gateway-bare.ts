/**
 * A reverse proxy as a good engineer writes it by hand in an afternoon: node:http in front, undici's pool behind, both
 * bodies streamed with back-pressure, hop-by-hop headers removed, aborts passed on. Nothing else. It is what the gateway
 * is measured against, so it uses the fastest interface of undici and takes no step that can be left out.
 *
 *     tsx bench/runners/gateway-bare.ts http://127.0.0.1:9000 [port]
 *
 * Prints one line of JSON with its port when it listens.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Dispatcher, Pool } from 'undici';

/** Connections to the server behind; the gateway's default. */
const CONNECTIONS = 128;

const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'expect'],
  ...['proxy-authenticate', 'proxy-authorization', 'trailer'],
]);

const pool = new Pool(process.argv[2], { connections: CONNECTIONS, pipelining: 1 });

function requestHeaders(req: IncomingMessage): string[] {
  const headers: string[] = [];
  const raw = req.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    if (!HOP_BY_HOP.has(raw[i].toLowerCase())) headers.push(raw[i], raw[i + 1]);
  }
  headers.push('X-Forwarded-For', req.socket.remoteAddress ?? '');
  return headers;
}

class Exchange implements Dispatcher.DispatchHandler {
  private readonly res: ServerResponse;
  private abort: ((error?: Error) => void) | null = null;
  private over = false;

  constructor(res: ServerResponse) {
    this.res = res;
    res.on('close', () => {
      if (this.over) return;
      this.over = true;
      this.abort?.(new Error('the client has gone'));
    });
  }

  onConnect(abort: (error?: Error) => void): void {
    if (this.over) abort(new Error('the client has gone'));
    else this.abort = abort;
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, reason: string): boolean {
    if (status < 200) return true;
    const headers: string[] = [];
    for (let i = 0; i < raw.length; i += 2) {
      const name = raw[i].toString('latin1');
      if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, raw[i + 1].toString('latin1'));
    }
    this.res.writeHead(status, reason, headers);
    this.res.on('drain', resume);
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.res.write(chunk);
  }

  onComplete(): void {
    this.over = true;
    this.res.end();
  }

  onError(): void {
    if (this.over) return;
    this.over = true;
    if (this.res.headersSent) this.res.destroy();
    else this.res.writeHead(502).end();
  }
}

const server = createServer((req, res) => {
  const hasBody = req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
  pool.dispatch(
    {
      path: req.url ?? '/',
      method: req.method as Dispatcher.HttpMethod,
      headers: requestHeaders(req),
      body: hasBody ? req : null,
    },
    new Exchange(res),
  );
});

server.listen(Number(process.argv[3] ?? 0), '127.0.0.1', () => {
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
});
