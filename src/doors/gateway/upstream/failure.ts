/** What an error on the way to a server means: for the client, for the journal, and for the server's standing. */
import type { Outcome } from '../contract.ts';
import type { Problem } from '../http/problem.ts';
import { CONNECT_TIMEOUT } from './connector.ts';

export interface Failure {
  readonly code: Problem['code'];
  readonly status: number;
  /** For the client: what is of use, nothing about servers. */
  readonly title: string;
  readonly ended: Exclude<Outcome['ended'], ''>;
  /** The server is at fault: counts for ejection and breaker. */
  readonly blame: boolean;
  /** Nothing of an answer came: another try may go better. */
  readonly again: boolean;
}

function failure(code: Failure['code'], status: number, title: string, rest: Partial<Failure> = {}): Failure {
  return { code, status, title, ended: 'upstream', blame: false, again: false, ...rest };
}

const UNREACHABLE = 'The service could not be reached';
const UNAVAILABLE = 'The service is not available now';
const BAD_ANSWER = 'The service gave no usable answer';
const TOO_SLOW = 'The service took too long to answer';

export const FAILURES = {
  unreachable: failure('SP7201', 502, UNREACHABLE, { blame: true, again: true }),
  connectTimeout: failure('SP7202', 504, TOO_SLOW, { blame: true, again: true }),
  badAnswer: failure('SP7203', 502, BAD_ANSWER, { blame: true }),
  deadline: failure('SP7204', 504, TOO_SLOW, { ended: 'deadline', blame: true }),
  /** The time is up, but the client has not even sent its body. */
  slowClient: failure('SP7204', 408, 'The request took too long', { ended: 'deadline' }),
  brokeOff: failure('SP7205', 502, BAD_ANSWER, { blame: true }),
  breakerOpen: failure('SP7206', 503, UNAVAILABLE),
  noServer: failure('SP7207', 503, UNAVAILABLE),
  queueFull: failure('SP7208', 503, UNAVAILABLE, { ended: 'limit' }),
  answerTooLarge: failure('SP7209', 502, BAD_ANSWER, { ended: 'limit' }),
  bodyTooLarge: failure('SP7210', 413, 'The body of the request is too large', { ended: 'limit' }),
  bodyStalled: failure('SP7211', 408, 'The body of the request stopped coming', { ended: 'deadline' }),
  bodyLost: failure('SP7704', 503, 'The body of the request cannot be taken now', { ended: 'limit' }),
  /** It carried what its route does not let go. */
  withheld: failure('SP8001', 502, 'The answer was withheld', { ended: 'limit' }),
  untrusted: failure('SP7212', 502, UNREACHABLE, { blame: true }),
  noSwitch: failure('SP7213', 501, 'The protocol cannot be switched', { ended: 'limit' }),
  noGroup: failure('SP7214', 503, UNAVAILABLE),
  unsendable: failure('SP7215', 400, 'The request cannot be passed on', { ended: 'limit' }),
  internal: failure('SP9001', 502, BAD_ANSWER),
} as const satisfies Record<string, Failure>;

const TLS_CODE = /^(ERR_TLS|ERR_SSL|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|HOSTNAME_MISMATCH)/;

/** Failure that an error of undici or of a socket stands for. `sent` is true once the request was written. */
export function classify(error: unknown, sent: boolean): Failure {
  const { code = '', message = '', name = '' } = error as { code?: string; message?: string; name?: string };
  if (code === CONNECT_TIMEOUT) return FAILURES.connectTimeout;
  if (code === 'UND_ERR_INVALID_ARG' || code === 'UND_ERR_NOT_SUPPORTED') return FAILURES.unsendable;
  if (code === 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH') return FAILURES.unsendable;
  // The parser's errors of undici have a name; their code is often missing. Node's have a code.
  if (name === 'HTTPParserError' || code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW')
    return FAILURES.badAnswer;
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return FAILURES.badAnswer;
  // An unasked 100 or 101, or bytes that nobody asked for.
  if (message === 'bad response' || message === 'bad upgrade') return FAILURES.badAnswer;
  if (!sent && TLS_CODE.test(code)) return FAILURES.untrusted;
  return FAILURES.unreachable;
}

/** Methods that may be sent twice (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/** Answers that say the server behind could not do its work. */
export function isServerFault(status: number): boolean {
  return status >= 502 && status <= 504;
}
