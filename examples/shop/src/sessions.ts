/** Sessions, bearer tokens and API keys: from what a request carries to who is calling. */
import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Account } from './accounts.ts';
import { Bounded } from './bounded.ts';
import type { Caller } from './http.ts';
import type { InventoryKey } from './inventory.ts';
import type { Tokens } from './tokens.ts';

export const COOKIE = 'session';
const SESSION_LIMIT = 400_000;

/** Both halves of a login, the cookie's value and the token's. They begin with the same id, the part that a log shows. */
export interface Login {
  readonly session: string;
  readonly token: string;
}

export class Sessions {
  private readonly open = new Bounded<string, { readonly account: Account; readonly id: string }>(SESSION_LIMIT);
  private readonly keys: ReadonlyMap<string, InventoryKey>;
  private readonly tokens: Tokens | null;

  /** With `tokens` the second half of a login is a signed one. */
  constructor(keys: readonly InventoryKey[], tokens: Tokens | null = null) {
    this.tokens = tokens;
    this.keys = new Map(keys.map((key) => [key.secret, key]));
  }

  /** Neither half ever expires, which is a weakness. */
  start(account: Account): Login {
    const shown = `s${randomBytes(6).toString('hex')}`;
    const token = this.tokens?.mint(account.name, shown, Date.now()) ?? `${shown}.${secret()}`;
    const login = { session: `${shown}.${secret()}`, token };
    this.open.set(login.session, { account, id: shown });
    this.open.set(login.token, { account, id: shown });
    return login;
  }

  /** Ends what the caller showed, and not its other half: a weakness. */
  end(headers: IncomingHttpHeaders): boolean {
    const shown = [cookieOf(headers), bearerOf(headers)];
    return shown.map((value) => this.open.delete(value)).some(Boolean);
  }

  /** A key is also taken from the query, where logs and referrers carry it away: a weakness. */
  callerOf(headers: IncomingHttpHeaders, query: URLSearchParams): Caller {
    const cookie = cookieOf(headers);
    const bearer = bearerOf(headers);
    const shown = this.open.get(bearer) ? bearer : cookie;
    const header = headers['x-api-key'];
    const key = typeof header === 'string' ? header : (query.get('api_key') ?? bearer);
    const opened = this.open.get(shown);
    return { account: opened?.account, key: this.keys.get(key), session: opened?.id ?? '' };
  }
}

/** What a log may show of a session's value: the part before the dot. */
export function publicPart(value: string): string {
  return value.split('.', 1)[0];
}

/** Lax and HttpOnly, but not Secure: the shop speaks plain HTTP on loopback. */
export function cookieHeader(session: string): string {
  return `${COOKIE}=${session}; Path=/; HttpOnly; SameSite=Lax`;
}

export const EXPIRED_COOKIE = `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;

function secret(): string {
  return randomBytes(18).toString('base64url');
}

function cookieOf(headers: IncomingHttpHeaders): string {
  for (const part of (headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0 && part.slice(0, at).trim() === COOKIE) return part.slice(at + 1).trim();
  }
  return '';
}

function bearerOf(headers: IncomingHttpHeaders): string {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}
