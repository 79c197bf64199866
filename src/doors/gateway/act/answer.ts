/**
 * How this room answers: a problem document, a page or a few lines of JSON, over HTTP/1 and HTTP/2 alike, and the report of
 * how it ended, once and only once.
 */
import type { ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { HeaderList, Inbound, Outcome, Res } from '../contract.ts';
import { linger } from '../http/linger.ts';
import { type Problem, sendProblem } from '../http/problem.ts';
import type { Timers } from './settings.ts';

export interface Answer {
  readonly status: number;
  /** Content-Type; '' where there is no body (204). */
  readonly type: string;
  readonly body: string;
  /** Further headers, as names and values in turn; replaces nothing that stands here. */
  readonly headers?: HeaderList;
}

/** A request that this room answers itself. */
export interface Exchange {
  readonly inbound: Inbound;
  /** Code of the registry for the outcome; set by what is answered. */
  code: string;
  readonly refused: (outcome: Outcome) => void;
}

/** True where nobody is left to be answered. */
export function isGone(res: Res): boolean {
  if ('stream' in res) return res.stream?.destroyed ?? true;
  // Not the socket of the answer: a pipelined one has none until those before it are out.
  return res.destroyed || res.req.socket.destroyed;
}

/** Calls `run` when the answer is over or its client goes away; the function given back ends that. */
export function onClose(res: Res, run: () => void): () => void {
  res.once('close', run);
  // A pipelined answer that waits for its turn has no socket, and is not told when there will be none.
  const socket = 'stream' in res || res.socket ? null : res.req.socket;
  socket?.setMaxListeners(0);
  socket?.once('close', run);
  return () => {
    res.off('close', run);
    socket?.off('close', run);
  };
}

/**
 * Tells `refused` how the exchange ended: when the answer is out, or when the client is gone. `bodyBytes` is 0: nothing of
 * the request goes upstream.
 */
export function settle(exchange: Exchange): void {
  const { res } = exchange.inbound;
  let open = true;
  const end = (ended: '' | 'client'): void => {
    if (!open) return;
    open = false;
    off();
    const status = res.headersSent ? res.statusCode : 0;
    const bytes = ended === '' && exchange.inbound.method !== 'HEAD' ? Number(lengthOf(res)) : 0;
    const { code } = exchange;
    exchange.refused({ status, bytes, bodyBytes: 0, ended, code, server: '', retries: 0, firstByteMs: 0 });
  };
  const stream = 'stream' in res ? res.stream : null;
  // Node's HTTP/2 answers "finish" however their stream ended, and with it only.
  const whole = (): boolean =>
    stream ? res.writableEnded && stream.rstCode === constants.NGHTTP2_NO_ERROR : res.writableFinished;
  const over = (): void => end(whole() ? '' : 'client');
  const off = onClose(res, over);
  res.once('finish', over);
  if (isGone(res)) end('client');
}

/** Length of the body as the head told it. */
function lengthOf(res: Res): number {
  const value = res.getHeader('content-length');
  return typeof value === 'number' || typeof value === 'string' ? Number(value) : 0;
}

/** Refuses with a problem document. */
export function refuse(exchange: Exchange, problem: Problem): void {
  exchange.code = problem.code;
  const { res } = exchange.inbound;
  if (isGone(res)) return;
  sendProblem(res, problem);
}

/** Answers with a page or another body. Never throws; where the peer went away in between, nothing is sent. */
export function answer(exchange: Exchange, what: Answer): void {
  const { res } = exchange.inbound;
  if (res.headersSent || res.writableEnded || isGone(res)) return;
  try {
    const extra = what.headers ?? [];
    for (let i = 0; i + 1 < extra.length; i += 2) res.setHeader(extra[i], extra[i + 1]);
    if (what.type !== '') {
      res.setHeader('content-type', what.type);
      res.setHeader('content-length', Buffer.byteLength(what.body));
    }
    if ('stream' in res) endHttp2(res, what);
    else endHttp1(res, what);
  } catch {
    res.destroy();
  }
}

/** What is left unread of a request's body must not hold up the client, nor be taken for the next request. */
function endHttp2(res: Http2ServerResponse, what: Answer): void {
  const { stream } = res;
  if (!res.req.complete) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  res.writeHead(what.status);
  if (res.req.method === 'HEAD' || what.type === '') res.end();
  else res.end(what.body);
}

function endHttp1(res: ServerResponse, what: Answer): void {
  if (!res.req.complete) {
    res.setHeader('connection', 'close');
    linger(res.req.socket);
  }
  res.writeHead(what.status);
  if (res.req.method === 'HEAD' || what.type === '') res.end();
  else res.end(what.body);
}

/** Headers of every page: nothing is kept, nothing is guessed, nobody is told where the reader came from. */
export const PAGE_HEADERS: readonly string[] = [
  'cache-control',
  'no-store',
  'x-content-type-options',
  'nosniff',
  'referrer-policy',
  'same-origin',
];

/** Most of a body that is read here, in bytes. */
export const BODY_BYTES = 4096;
/** Longest wait for such a body, in ms. */
export const BODY_MS = 10_000;

/**
 * Reads a short body. `done` gets null where it is longer than {@link BODY_BYTES}, broken off, or not here in time; it is
 * called once.
 */
export function readBody(inbound: Inbound, timers: Timers, done: (body: Buffer | null) => void): void {
  const { req, res } = inbound;
  if (inbound.bodyLength > BODY_BYTES) {
    done(null);
    return;
  }
  if (inbound.expectsContinue) res.writeContinue();
  const parts: Buffer[] = [];
  let length = 0;
  let open = true;
  const end = (body: Buffer | null): void => {
    if (!open) return;
    open = false;
    timers.clear(timer);
    req.off('data', onData);
    if (body === null) req.pause();
    done(body);
  };
  const onData = (chunk: Buffer): void => {
    length += chunk.length;
    if (length > BODY_BYTES) end(null);
    else parts.push(chunk);
  };
  const timer = timers.set(() => end(null), BODY_MS);
  req.on('data', onData);
  req.once('end', () => end(Buffer.concat(parts)));
  req.once('error', () => end(null));
  req.once('close', () => end(null));
  req.resume();
}

/** The value of a request header, '' where it is missing. */
export function headerOf(inbound: Inbound, name: string): string {
  const value = inbound.req.headers[name];
  return typeof value === 'string' ? value : '';
}

/**
 * True where a person looks at the answer: a browser that navigates. Scripts of a page ask with other modes, and programs
 * do not name text/html.
 */
export function isNavigation(inbound: Inbound): boolean {
  const mode = headerOf(inbound, 'sec-fetch-mode');
  if (mode !== '' && mode !== 'navigate') return false;
  return headerOf(inbound, 'accept').toLowerCase().includes('text/html');
}
