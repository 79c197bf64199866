/** Handlers of HTTP as plain functions, and what all of them check first. */
import { hash, timingSafeEqual } from 'node:crypto';

export interface HttpAsked {
  readonly method: string;
  /** What follows the `?` of the target. */
  readonly query?: string;
  /** Names in small letters, as of Node's `headers`. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** At most {@link MAX_BODY} bytes: whoever reads it from a connection stops there. */
  readonly body: string;
}

export interface HttpTold {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Never rejects. */
export type HttpHandler = (asked: HttpAsked) => Promise<HttpTold>;

/** Largest body of a request to these handlers, in bytes. */
export const MAX_BODY = 131_072;

export function told(status: number, value?: unknown, headers: Record<string, string> = {}): HttpTold {
  if (value === undefined) return { status, headers, body: '' };
  const type = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(value) };
}

export function headerAt(asked: HttpAsked, name: string): string {
  const value = asked.headers[name];
  return typeof value === 'string' ? value : '';
}

/** Does the request carry this bearer token? True where none is asked for. Compares in constant time. */
export function isBearer(asked: HttpAsked, token: Buffer | null): boolean {
  if (token === null) return true;
  const given = /^bearer +(\S+) *$/i.exec(headerAt(asked, 'authorization'))?.[1] ?? '';
  return timingSafeEqual(hash('sha256', given, 'buffer'), hash('sha256', token, 'buffer'));
}

/** A refusal as RFC 8935 has them: a word for machines, a sentence for people. */
export const refusal = (status: number, err: string, description: string, headers?: Record<string, string>): HttpTold =>
  told(status, { err, description }, headers);

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A JSON object; null where it is none. */
export function objectOf(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}
