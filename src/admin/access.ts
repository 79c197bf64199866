/**
 * Whether a request may be answered: asked for under a name of ours (against DNS rebinding), with the token or a session,
 * and, where it changes something, by a page of ours (against forged requests of other sites).
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { ip, parseIpText } from '../lib/ip.ts';
import { AdminError } from './reply.ts';
import { FailedTries, SESSION_MS, Sessions } from './sessions.ts';
import { sameSecret } from './token.ts';

/** Longest name of whoever acts that is kept, in characters. */
const MOST_NAME = 60;

export interface AccessOptions {
  readonly token: string;
  /** Names beside addresses and localhost under which the listener may be asked for. */
  readonly hosts: readonly string[];
  readonly clock: () => number;
}

/** Who asks: by which proof, until when that holds (Unix ms, Infinity for the token). */
export interface Caller {
  readonly proof: 'token' | 'session';
  readonly untilMs: number;
}

export class Access {
  private readonly options: AccessOptions;
  private readonly sessions: Sessions;
  private readonly tries = new FailedTries();
  private readonly hosts: ReadonlySet<string>;
  /** Browsers send cookies to every port of a host: the name tells two listeners on one machine apart. */
  private cookie = 'sallyport_admin';

  constructor(options: AccessOptions) {
    this.options = options;
    this.sessions = new Sessions(options.token);
    this.hosts = new Set(options.hosts.map((host) => host.toLowerCase()));
  }

  /** Tells the port once it is known. */
  listeningOn(port: number): void {
    this.cookie = `sallyport_admin_${port}`;
  }

  /**
   * A name that leads here by somebody else's DNS would make a stranger's page one of the same origin; an address
   * cannot be led anywhere.
   * @throws AdminError SP7021
   */
  checkHost(req: IncomingMessage): void {
    const host = (req.headers.host ?? '').toLowerCase();
    const name = host.replace(/:\d{1,5}$/, '');
    const bare = name.replace(/^\[(.*)\]$/, '$1');
    if (name === 'localhost' || isIP(bare) !== 0 || this.hosts.has(host) || this.hosts.has(name)) return;
    throw new AdminError(421, 'SP7021', 'the Host header names neither an address, localhost, nor one of admin.hosts');
  }

  /** @throws AdminError SP7022 where a page of another origin sent it. */
  checkOrigin(req: IncomingMessage): void {
    const { origin, host } = req.headers;
    const site = req.headers['sec-fetch-site'];
    const ours = origin === undefined || hostOf(origin) === host?.toLowerCase();
    if (!ours || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
      throw new AdminError(403, 'SP7022', 'the request comes from another origin');
    }
  }

  /** Who asks. @throws AdminError SP7002 or SP7020 where nothing proves it. */
  caller(req: IncomingMessage): Caller {
    const bearer = /^Bearer +(\S+) *$/i.exec(req.headers.authorization ?? '')?.[1];
    if (bearer !== undefined) {
      this.checkToken(req, bearer);
      return { proof: 'token', untilMs: Number.POSITIVE_INFINITY };
    }
    const untilMs = this.sessionEnd(req);
    if (untilMs > 0) return { proof: 'session', untilMs };
    throw new AdminError(401, 'SP7002', 'neither a token nor a session was shown', {
      'WWW-Authenticate': 'Bearer realm="sallyport"',
    });
  }

  /** What a browser sends along by itself proves no intent: a change needs a header that forms and other sites cannot set. */
  checkIntent(req: IncomingMessage, caller: Caller): void {
    if (caller.proof === 'token') return;
    this.checkOrigin(req);
    if (req.headers['x-sallyport'] !== '1') {
      throw new AdminError(403, 'SP7022', 'the header X-Sallyport: 1 is missing');
    }
  }

  /** When the session of a request ends, in Unix ms; 0 for none. */
  sessionEnd(req: IncomingMessage): number {
    return this.sessions.endsAt(this.sessionOf(req), this.options.clock());
  }

  /** Signs a browser in: the header that sets its cookie. @throws AdminError SP7002, SP7020 */
  signIn(req: IncomingMessage, token: string): string {
    this.checkToken(req, token);
    return this.setCookie(req, this.sessions.issue(this.options.clock()), Math.floor(SESSION_MS / 1000));
  }

  /** Signs it out: the header that takes its cookie away. */
  signOut(req: IncomingMessage): string {
    if (this.sessionEnd(req) > 0) this.sessions.revoke(this.sessionOf(req));
    return this.setCookie(req, '', 0);
  }

  private checkToken(req: IncomingMessage, token: string): void {
    const address = tryKey(req.socket.remoteAddress ?? '');
    const nowMs = this.options.clock();
    const waitSec = this.tries.waitSec(address, nowMs);
    if (waitSec > 0) {
      throw new AdminError(429, 'SP7020', 'wait before the next try', { 'Retry-After': String(waitSec) });
    }
    if (sameSecret(token, this.options.token)) return;
    this.tries.failed(address, nowMs);
    throw new AdminError(401, 'SP7002', 'the token is wrong', { 'WWW-Authenticate': 'Bearer realm="sallyport"' });
  }

  private sessionOf(req: IncomingMessage): string {
    for (const pair of (req.headers.cookie ?? '').split(';')) {
      const at = pair.indexOf('=');
      if (pair.slice(0, at).trim() === this.cookie) return pair.slice(at + 1).trim();
    }
    return '';
  }

  private setCookie(req: IncomingMessage, value: string, seconds: number): string {
    const secure = /^https:/.test(req.headers.origin ?? '') ? '; Secure' : '';
    return `${this.cookie}=${value}; Path=/api/v1; Max-Age=${seconds}; HttpOnly; SameSite=Strict${secure}`;
  }
}

/** Name of whoever acts, as it said itself; the token is one for all, so this is a claim and no proof. */
export function claimedName(text: unknown, fallback: string): string {
  if (typeof text !== 'string') return fallback;
  const clean = text.replace(/[^\p{L}\p{N} .@_-]/gu, '').trim();
  return clean === '' ? fallback : clean.slice(0, MOST_NAME);
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return '';
  }
}

/** An IPv6 subscriber holds a /64 and may take any address in it. */
function tryKey(address: string): string {
  if (!parseIpText(address)) return address;
  return ip.v4 ? String(ip.d) : `${ip.a}/${ip.b}`;
}
