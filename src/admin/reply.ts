/** What handlers give back, and how it is written: JSON, text, and problem documents (RFC 9457). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERRORS, type ErrorCode, SallyportError } from '../lib/errors.ts';

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error that knows with which status it is answered. */
export class AdminError extends SallyportError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: ErrorCode, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, message);
    this.name = 'AdminError';
    this.status = status;
    this.headers = headers;
  }
}

/** Statuses of errors that come out of the operator port. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  SP4007: 404,
  SP4009: 400,
  SP7002: 401,
  SP7003: 400,
  SP7004: 404,
  SP7005: 409,
  SP7609: 409,
  SP7610: 404,
  SP7008: 422,
  SP7020: 429,
  SP7021: 421,
  SP7022: 403,
  SP7023: 503,
};

const PROBLEM_BASE = 'https://sallyport.dev/problems/';

export const json = (value: unknown, status = 200, headers?: Readonly<Record<string, string>>): Reply => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
  headers,
});

/** An error as a problem document. What nobody foresaw says nothing of itself: it may hold anything. */
export function problem(error: unknown): Reply {
  const known = error instanceof SallyportError ? error : new SallyportError('SP9001', 'an unexpected error');
  const status = known instanceof AdminError ? known.status : (statusOf(known.code) ?? 500);
  const headers = known instanceof AdminError ? known.headers : undefined;
  const body = {
    type: `${PROBLEM_BASE}${known.code}`,
    title: ERRORS[known.code].title,
    status,
    detail: known.message,
    code: known.code,
    advice: known.advice,
  };
  return { status, type: 'application/problem+json', body: JSON.stringify(body), headers };
}

/** A configuration that is refused is the caller's to mend: 1 stands for configuration, 6 for policy. */
function statusOf(code: ErrorCode): number | undefined {
  return STATUS[code] ?? (/^SP[16]/.test(code) ? 422 : undefined);
}

/**
 * Sent with everything. Nothing is cached, framed, guessed at, or loaded from elsewhere; scripts and styles are files of
 * ours and never inline, so that no nonce is needed.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Writes a reply. A HEAD request gets its head alone. */
export function send(req: IncomingMessage, res: ServerResponse, reply: Reply): void {
  if (res.headersSent || res.destroyed) return;
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  res.writeHead(reply.status, {
    ...SECURITY_HEADERS,
    ...(reply.type !== '' && { 'Content-Type': withCharset(reply.type) }),
    ...(reply.status !== 204 && { 'Content-Length': String(body.length) }),
    ...reply.headers,
  });
  res.end(req.method === 'HEAD' || reply.status === 204 ? undefined : body);
}

const withCharset = (type: string): string =>
  /^(text\/|application\/(javascript|openmetrics))/.test(type) && !/charset/.test(type)
    ? `${type}; charset=utf-8`
    : type;
