/** A client of HTTP/2 for tests, and frames by hand. */
import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  readonly rst: number;
}

/** Collects what comes on a stream until it is closed. */
export function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: Record<string, unknown> = {};
  let body = '';
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('error', () => {});
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    body += chunk;
  });
  return new Promise((resolve) => {
    stream.on('close', () =>
      resolve({ status: Number(headers[':status'] ?? 0), headers, body, rst: stream.rstCode ?? 0 }),
    );
  });
}

/** Asks for `a` on a connection and waits for the end of the stream. */
export function ask(client: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: string): Promise<Answer> {
  const stream = client.request({ ':authority': 'a', ...headers }, { endStream: body === undefined });
  const answer = answerOf(stream);
  if (body !== undefined) stream.end(body);
  return answer;
}

/** What a client says first (RFC 9113, 3.4). */
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** One frame (RFC 9113, 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
