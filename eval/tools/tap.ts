/** Stands between the gateway and the shop and notes which requests get there. It takes their tags off. */
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Book, TAG } from './book.ts';

export interface Tap {
  readonly url: string;
  /** Who is written down where from now on: a run has a book of its own. */
  book: Book;
  close(): Promise<void>;
}

/** Opens a tap before the shop at `port`, on a free port of loopback. */
export async function openTap(port: number, book: Book): Promise<Tap> {
  const agent = new Agent({ keepAlive: true });
  const tap = { url: '', book, close: () => closeServer(server, agent) };
  const server = createServer({ insecureHTTPParser: true, requestTimeout: 0 }, (incoming, outgoing) => {
    const headers = withoutTag(incoming.rawHeaders, (tag) => tap.book.reached(tag, Date.now()));
    passOn(incoming, outgoing, { port, headers, agent });
  });
  server.keepAliveTimeout = 60_000;
  tap.url = `http://127.0.0.1:${await listenOn(server)}`;
  return tap;
}

export interface Onward {
  readonly port: number;
  readonly headers: string[];
  readonly agent: Agent;
  /** The client has its answer, of this status; 0 where it got none. */
  readonly done?: (status: number) => void;
  /** Status that the client is told in place of another. */
  readonly told?: (status: number) => number;
  /** Head and body go out in one piece: there are tools that take a pause between them for the end. */
  readonly whole?: boolean;
}

/** Sends a request on to a port of loopback and its answer back; either side's end is the other's. */
export function passOn(incoming: IncomingMessage, outgoing: ServerResponse, onward: Onward): void {
  const { port, headers, agent, done = () => {}, told = (status: number) => status } = onward;
  const { method, url: path } = incoming;
  const sent = request({
    ...{ host: '127.0.0.1', port, method, path, headers: headers as never, agent, setHost: false },
  });
  sent.on('response', (answer) => {
    const status = answer.statusCode ?? 0;
    outgoing.writeHead(told(status), answer.statusMessage ?? '', endToEnd(answer.rawHeaders) as never);
    if (onward.whole === true) inOnePiece(answer, outgoing);
    else answer.pipe(outgoing);
    answer.once('close', () => done(status));
    answer.once('error', () => outgoing.destroy());
  });
  sent.on('error', () => {
    done(0);
    outgoing.destroy();
  });
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) sent.destroy();
  });
  incoming.once('error', () => sent.destroy());
  incoming.pipe(sent);
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection']);

/** Without what is between two neighbours only (RFC 9110, 7.6.1). */
export function endToEnd(raw: readonly string[]): string[] {
  return raw.filter((_, i) => !HOP_BY_HOP.has(raw[i - (i % 2)].toLowerCase()));
}

function inOnePiece(answer: IncomingMessage, outgoing: ServerResponse): void {
  const parts: Buffer[] = [];
  answer.on('data', (part: Buffer) => parts.push(part));
  answer.once('end', () => outgoing.end(Buffer.concat(parts)));
}

function withoutTag(raw: readonly string[], onTag: (tag: string) => void): string[] {
  const headers: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i].toLowerCase() === TAG) onTag(raw[i + 1]);
    else headers.push(raw[i], raw[i + 1]);
  }
  return headers;
}

/** Listens on a free port of loopback and returns it. */
export function listenOn(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

export function closeServer(server: Server, agent: Agent): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
    agent.destroy();
  });
}
