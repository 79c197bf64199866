/** Calls and replies: what a room of the shop sees of HTTP. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from './accounts.ts';
import type { InventoryKey } from './inventory.ts';

/** Who is calling, as far as cookie, token and key say. */
export interface Caller {
  readonly account?: Account;
  readonly key?: InventoryKey;
  /** Public part of the session's or token's value; '' without one. */
  readonly session: string;
}

/** One request on its way through the shop. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Values of the path's parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly caller: Caller;
  /** From now on it is this customer who calls: somebody has just logged in. */
  enter(account: Account, session: string): void;
  /** Tells the journal what only the shop knows; the names stand in the README. */
  note(name: string, about?: Note): void;
}

export interface Note {
  readonly principal?: string;
  readonly object?: string;
  /** Money in cents. */
  readonly amount?: number;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export type Handler = (call: Call) => Reply | Promise<Reply>;

export interface Route {
  readonly method: string;
  /** Path with parameters in braces: /products/{id}. */
  readonly template: string;
  readonly handle: Handler;
}

/** An outcome that is no success, thrown from anywhere; answered as application/problem+json (RFC 9457). */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, title: string, detail = '', more: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.more = more;
  }

  reply(): Reply {
    const { status, title, message, more } = this;
    const body = { type: 'about:blank', title, status, ...(message === '' ? {} : { detail: message }), ...more };
    const headers: Record<string, string> = { 'Content-Type': 'application/problem+json' };
    if (status === 401) headers['WWW-Authenticate'] = 'Bearer realm="shop"';
    return { status, headers, body: JSON.stringify(body) };
  }
}

/** JSON that nobody may keep. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(value),
  };
}

/**
 * The body as a JSON object.
 * @throws Problem 400 when it is none.
 */
export function objectOf(call: Call): Record<string, unknown> {
  const value = jsonOf(call);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Problem(400, 'Bad request', 'The body must be a JSON object.');
}

/** @throws Problem 400 when the body is not JSON. */
export function jsonOf(call: Call): unknown {
  try {
    return JSON.parse(call.body.toString('utf8'));
  } catch {
    throw new Problem(400, 'Bad request', 'The body is not JSON.');
  }
}

/** @throws Problem 400 when the field is missing, or no text of that length. */
export function textOf(body: Readonly<Record<string, unknown>>, field: string, min = 1, max = 256): string {
  const value = body[field];
  if (typeof value === 'string' && value.length >= min && value.length <= max) return value;
  throw new Problem(400, 'Bad request', `"${field}" must be a text of ${min} to ${max} characters.`, { field });
}

/** @throws Problem 400 when the field is there and no whole number from `min`. */
export function countOf(body: Readonly<Record<string, unknown>>, field: string, min: number): number | undefined {
  const value = body[field];
  if (value === undefined || value === null) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw new Problem(400, 'Bad request', `"${field}" must be a whole number from ${min}.`, { field });
}

/** @throws Problem 400 when the query parameter is there and no whole number from 1. */
export function pageOf(call: Call, field: string, preset: number): number {
  const text = call.query.get(field);
  if (text === null || text === '') return preset;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new Problem(400, 'Bad request', `"${field}" must be a whole number from 1.`, { field });
}

/** @throws Problem 401 when nobody is logged in. */
export function customerOf(call: Call): Account {
  if (call.caller.account) return call.caller.account;
  throw new Problem(401, 'Unauthorized', 'Log in first.');
}

/** One page of a list; `next` is absent on the last. */
export function pageFrom<T>(items: readonly T[], page: number, perPage: number): { items: T[]; next?: number } {
  const from = (page - 1) * perPage;
  const part = items.slice(from, from + perPage);
  return from + perPage < items.length ? { items: part, next: page + 1 } : { items: part };
}
