/** Writing an answer to a client over HTTP/1.1 and HTTP/2, and breaking one off so that it cannot be taken for whole. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { HeaderList, Res } from '../contract.ts';
import { linger } from '../http/linger.ts';
import { breakOff } from './sockets.ts';

/** True for answers over HTTP/2. */
export function isHttp2(res: Res): res is Http2ServerResponse {
  return 'stream' in res;
}

/** Reason phrases may hold what Node refuses to write (RFC 9112, 4: tab, space, visible characters, above 0x7f). */
const BAD_REASON = /[^\t\x20-\x7e\x80-\xff]/;

/** Writes the head. Throws where Node finds a header it will not write. */
export function writeHead(res: Res, status: number, reason: string, headers: HeaderList): void {
  if (isHttp2(res)) {
    // HTTP/2 has no reason phrase.
    res.writeHead(status, headers as never);
    return;
  }
  const phrase = BAD_REASON.test(reason) ? (STATUS_CODES[status] ?? '') : reason;
  if (res.getHeaderNames().length === 0) {
    res.writeHead(status, phrase, headers);
    return;
  }
  // Where somebody has set headers before, Node would keep only the last of several Set-Cookie of a list.
  for (let i = 0; i < headers.length; i += 2) res.appendHeader(headers[i], headers[i + 1]);
  res.writeHead(status, phrase);
}

/** Bytes of a body that go out in one piece with the head. Node writes up to 16 KiB of text without further memory. */
const ONE_PIECE = 8192;

/** What Node keeps of an answer whose head was made but not sent yet. */
interface Unsent {
  _header?: unknown;
  _headerSent?: unknown;
}

/**
 * Ends an answer with the last piece of its body. Node would send head, piece and end as three buffers of one gathering
 * write, which costs half as much again as a plain one; so a short body is put behind the head, byte for byte (latin1),
 * while that still waits. Where Node keeps its head in another way than today, the piece goes out as it always did.
 */
export function endWith(res: Res, chunk: Buffer): void {
  const unsent = res as unknown as Unsent;
  if (
    !isHttp2(res) &&
    chunk.length <= ONE_PIECE &&
    unsent._headerSent === false &&
    typeof unsent._header === 'string'
  ) {
    unsent._header += chunk.toString('latin1');
    res.end();
  } else (res as ServerResponse).end(chunk);
}

/**
 * Passes an informational answer on: 103 (RFC 8297) and 102, which is what Node can write. Nothing happens for clients
 * of HTTP/1.0, for whom there are none (RFC 9110, 15.2), or where the hints cannot be written.
 */
export function writeInformational(res: Res, protocol: string, status: number, headers: HeaderList): void {
  if (protocol === 'HTTP/1.0' || res.headersSent) return;
  try {
    if (status === 103) res.writeEarlyHints(hintsOf(headers));
    else if (status === 102 && !isHttp2(res)) res.writeProcessing();
  } catch {
    // Hints are a courtesy: the answer itself is still to come.
  }
}

function hintsOf(headers: HeaderList): Record<string, string | string[]> {
  const hints: Record<string, string | string[]> = Object.create(null);
  const links: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i].toLowerCase();
    if (name === 'link') links.push(headers[i + 1]);
    else hints[name] = headers[i + 1];
  }
  hints.link = links;
  return hints;
}

/** Sets the trailers that `end` will send. Throws where Node finds one it will not write. */
export function writeTrailers(res: Res, pairs: [string, string][]): void {
  if (!isHttp2(res)) {
    res.addTrailers(pairs);
    return;
  }
  const trailers: Record<string, string[]> = Object.create(null);
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    trailers[lower] = [...(trailers[lower] ?? []), value];
  }
  res.addTrailers(trailers as never);
}

/**
 * Breaks an answer off whose head is out. HTTP/2: the stream is reset. HTTP/1.1: the connection is closed before the last
 * chunk, or before as many bytes as were promised. Where the end of the connection is the end of the body (HTTP/1.0),
 * only a reset of the connection tells the difference.
 */
export function cut(res: Res, lengthKnown: boolean): void {
  if (isHttp2(res)) {
    res.stream?.close(constants.NGHTTP2_INTERNAL_ERROR);
    return;
  }
  const { socket } = res;
  if (socket && !res.chunkedEncoding && !lengthKnown) breakOff(socket);
  else res.destroy();
}

/**
 * Ends the exchange with a client that is still sending a body nobody wants any more: its connection is closed after the
 * answer, because what is left of the body would have to be read to get at the next request.
 */
export function closeAfter(res: Res): void {
  if (isHttp2(res)) {
    const stream = res.stream;
    if (stream.writableFinished) stream.close(constants.NGHTTP2_NO_ERROR);
    else stream.once('finish', () => stream.close(constants.NGHTTP2_NO_ERROR));
    return;
  }
  const close = () => closeSocket(res);
  if (res.writableFinished) close();
  else res.once('finish', close);
}

function closeSocket(res: ServerResponse): void {
  const socket = res.req.socket as (Socket & { destroySoon(): void }) | null;
  if (!socket || socket.destroyed) return;
  linger(socket);
  socket.destroySoon();
}
