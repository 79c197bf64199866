/** The form of the cases of the inbound table, and shorthand to write them in. */
export interface InboundCase {
  readonly name: string;
  /** Bytes, as latin1; several parts are sent in turn. */
  readonly send: string | readonly string[];
  /** Statuses of all answers, in order. 100 counts. */
  readonly status: readonly number[];
  /** Code of the last answer. */
  readonly code?: string;
  /** Targets that reached the handler, in order; where left out: one "/" for each answer below 400. */
  readonly reached?: readonly string[];
  /** The gateway closes the connection; where left out: after an answer from 400. */
  readonly closed?: boolean;
  /** Text that the last answer has in it. */
  readonly has?: string;
  readonly lacks?: string;
  /** How a body ended that did not end well. */
  readonly failed?: string;
  /** The answers have no bodies. */
  readonly head?: boolean;
}

const CRLF = '\r\n';
export const HOST = 'Host: a\r\n';
export const GET = `GET / HTTP/1.1\r\n${HOST}`;
export const POST = `POST / HTTP/1.1\r\n${HOST}`;
export const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;
/** What an attacker would like to be taken for a request of its own. */
export const SMUGGLED = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;

export const get = (...headers: string[]) => `${GET}${headers.map((line) => line + CRLF).join('')}${CRLF}`;
export const post = (headers: readonly string[], body: string) =>
  `${POST}${headers.map((line) => line + CRLF).join('')}${CRLF}${body}`;
export const refused = (name: string, send: string | readonly string[], status: number, code: string): InboundCase => ({
  name,
  send,
  status: [status],
  code,
  reached: [],
  closed: true,
});
/** Refused halfway: the handler has the request, but never a whole body. */
export const broken = (name: string, body: string, code = 'SP7118'): InboundCase => ({
  name,
  send: `${CHUNKED}${body}${SMUGGLED}`,
  status: [400],
  code,
  reached: ['/'],
  closed: true,
  failed: code,
});
export const fine = (
  name: string,
  send: string | readonly string[],
  has?: string,
  more: Partial<InboundCase> = {},
) => ({
  name,
  send,
  status: [200],
  has,
  ...more,
});
