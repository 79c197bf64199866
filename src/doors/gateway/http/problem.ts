/**
 * The one writer of refusals: application/problem+json (RFC 9457) over HTTP/1.1, HTTP/2 and bare sockets. A problem says
 * what the client may know: never a threshold, never what stands behind.
 */
import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../../lib/errors.ts';
import type { HeaderList, Res } from '../contract.ts';
import { linger } from './linger.ts';

/** Where problem types are described unless the configuration says otherwise (`answers.problem_base`). */
export const DEFAULT_PROBLEM_BASE = 'https://sallyport.dev/problems/';

export interface Problem {
  /** 400 to 599. */
  readonly status: number;
  readonly code: ErrorCode;
  /** What kind of problem it is: one short sentence without a full stop, the same every time. */
  readonly title: string;
  /** What it was this time, in words the client may read. */
  readonly detail?: string;
  /** Seconds; becomes Retry-After (RFC 9110, 10.2.3), rounded up. */
  readonly retryAfterSec?: number;
  /** Further headers, as names and values in turn. */
  readonly headers?: HeaderList;
  /** Further members of the document; the standard ones cannot be replaced. */
  readonly extra?: Readonly<Record<string, unknown>>;
  /** Id of this occurrence, a URI; a new urn:uuid where it is left out. */
  readonly instance?: string;
  /** Sent in place of the document, to clients that speak something else. */
  readonly as?: { readonly body: string; readonly type: string };
  /** Closes the HTTP/1 connection even where the request has no body left to read. */
  readonly close?: boolean;
}

let problemBase = DEFAULT_PROBLEM_BASE;

/** Sets the base of problem types for the whole process: one process has one gateway. */
export function setProblemBase(base: string): void {
  problemBase = base;
}

/** The document as JSON text, with the instance it tells. */
export function problemBody(problem: Problem, instance: string): string {
  const body = {
    ...problem.extra,
    type: problemBase + problem.code,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    instance,
  };
  return JSON.stringify(problem.detail === undefined ? body : { ...body, detail: problem.detail });
}

/** Retry-After in whole seconds, at least 1: a zero would invite a client to hammer. */
function retryAfter(seconds: number): string {
  return String(Math.max(1, Math.ceil(seconds)));
}

/**
 * Answers with a problem document and ends the exchange. Where the request's body has not been read to its end, an
 * HTTP/1 connection is closed after the answer (what is left of the body could be taken for the next request) and an
 * HTTP/2 stream is closed without error (RFC 9113, 8.1). Where the head of another answer is already on its way the
 * connection is cut instead. Gives back the id of the occurrence, '' where nothing could be said. Never throws.
 */
export function sendProblem(res: Res, problem: Problem): string {
  if (res.headersSent || res.writableEnded) {
    if (!res.writableEnded) abort(res);
    return '';
  }
  // An answer that waits behind another one (pipelining) has no socket yet; its request has.
  const socket = isHttp2(res) ? res.socket : res.req.socket;
  if (!socket || socket.destroyed) return '';
  const instance = problem.instance ?? `urn:uuid:${randomUUID()}`;
  const text = problem.as?.body ?? problemBody(problem, instance);
  try {
    // Whatever was prepared for another answer would describe the wrong body.
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    setHeaders(res, problem, text);
    if (isHttp2(res)) endHttp2(res, problem.status, text);
    else endHttp1(res, problem, text);
  } catch {
    // The peer went away in between, or a header of the caller's is not sendable: nobody is left to be told.
    abort(res);
    return '';
  }
  return instance;
}

function setHeaders(res: Res, problem: Problem, text: string): void {
  const extra = problem.headers;
  if (extra) for (let i = 0; i + 1 < extra.length; i += 2) appendHeader(res, extra[i], extra[i + 1]);
  res.setHeader('content-type', problem.as?.type ?? 'application/problem+json');
  res.setHeader('content-length', Buffer.byteLength(text));
  res.setHeader('cache-control', 'no-store');
  if (problem.retryAfterSec !== undefined) res.setHeader('retry-after', retryAfter(problem.retryAfterSec));
}

function appendHeader(res: Res, name: string, value: string): void {
  const before = res.getHeader(name);
  if (before === undefined) res.setHeader(name, value);
  else res.setHeader(name, Array.isArray(before) ? [...before, value] : [String(before), value]);
}

function isHttp2(res: Res): res is Http2ServerResponse {
  return 'stream' in res;
}

function endHttp2(res: Http2ServerResponse, status: number, text: string): void {
  const stream = res.stream;
  const head = res.req.method === 'HEAD';
  if (!res.req.complete) stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
  res.writeHead(status);
  if (head) res.end();
  else res.end(text);
}

function endHttp1(res: Exclude<Res, Http2ServerResponse>, problem: Problem, text: string): void {
  const req: IncomingMessage = res.req;
  if (problem.close || (!req.complete && mayHaveBody(req))) {
    res.setHeader('connection', 'close');
    linger(req.socket);
  }
  res.writeHead(problem.status);
  if (req.method === 'HEAD') res.end();
  else res.end(text);
}

/** `complete` is still false while the handler of a request without a body runs: its framing headers tell sooner. */
function mayHaveBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length'];
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

function abort(res: Res): void {
  if (isHttp2(res)) res.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
  else res.socket?.destroy();
}

/**
 * The same as bytes of an HTTP/1.1 answer that closes its connection, for where there is no response object: requests
 * that could not be parsed, and refused upgrades. `head` leaves the body out.
 */
export function problemBytes(problem: Problem, head = false): string {
  const text = problemBody(problem, problem.instance ?? `urn:uuid:${randomUUID()}`);
  let out = `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? 'Error'}\r\n`;
  out += `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  out += `cache-control: no-store\r\ndate: ${new Date().toUTCString()}\r\nconnection: close\r\n`;
  if (problem.retryAfterSec !== undefined) out += `retry-after: ${retryAfter(problem.retryAfterSec)}\r\n`;
  const extra = problem.headers;
  if (extra) for (let i = 0; i + 1 < extra.length; i += 2) out += `${extra[i]}: ${extra[i + 1]}\r\n`;
  return head ? `${out}\r\n` : `${out}\r\n${text}`;
}

/** Writes {@link problemBytes} to a socket and closes it, reading on for a moment so that the answer arrives. Never throws. */
export function sendRawProblem(socket: Duplex, problem: Problem, head = false): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  linger(socket);
  socket.write(problemBytes(problem, head));
  (socket as Duplex & { destroySoon(): void }).destroySoon();
}
