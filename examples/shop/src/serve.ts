/** From a request on a socket to a call, and from the reply back to the socket and into the journal. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Call, Problem, type Reply } from './http.ts';
import type { Entry, Journal } from './journal.ts';
import type { Router } from './router.ts';
import { publicPart, type Sessions } from './sessions.ts';

/** Bytes of a body; what is longer is answered 413 and not read. */
export const BODY_LIMIT = 256 * 1024;
/** nginx logs this for clients that went away before they had an answer. */
const GONE = 499;

export interface Parts {
  readonly router: Router;
  readonly sessions: Sessions;
  readonly journal: Journal;
  /** Tells the proxy before it, in response headers, who was served and what happened. */
  readonly signals: boolean;
  readonly onError: (error: Error) => void;
}

/** Where requests are handed in. */
export class Counter {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const startMs = Date.now();
    const started = performance.now();
    const notes: Parameters<Call['note']>[] = [];
    const target = request.url ?? '/';
    const query = new URLSearchParams(target.includes('?') ? target.slice(target.indexOf('?') + 1) : '');
    const caller = this.parts.sessions.callerOf(request.headers, query);
    let bytes = 0;
    let who = { principal: caller.account?.name ?? '', session: caller.session };
    response.once('close', () => {
      const status = response.writableFinished ? response.statusCode : GONE;
      const durationMs = performance.now() - started;
      const sent = response.writableFinished ? bytes : 0;
      const seen = { ...entryOf(request), ...who, credential: caller.key?.id ?? '' };
      const entry = { ...seen, timeMs: startMs, durationMs, status, bytes: sent };
      this.parts.journal.exchange(entry);
      for (const [name, about] of notes) {
        const principal = about?.principal ?? entry.principal;
        this.parts.journal.business(startMs + Math.round(durationMs), name, entry, { ...about, principal });
      }
    });
    const common = { method: request.method ?? 'GET', query, headers: request.headers, caller };
    const note: Call['note'] = (name, about) => notes.push([name, about]);
    const enter: Call['enter'] = (account, session) => {
      who = { principal: account.name, session: publicPart(session) };
    };
    this.reply(request, { ...common, path: pathOf(target), params: {}, body: Buffer.alloc(0), note, enter })
      .then((reply) => {
        const told = this.parts.signals ? signalsOf(who.principal, notes) : {};
        bytes = send(request, response, { ...reply, headers: { ...reply.headers, ...told } });
      })
      .catch((error: Error) => {
        // Most of all: the client went away while its body was being read.
        if (!request.destroyed) this.parts.onError(error);
        response.destroy();
      });
  }

  private async reply(request: IncomingMessage, call: Call): Promise<Reply> {
    try {
      const body = await bodyOf(request);
      if (call.method === 'OPTIONS') return this.options(call);
      const { route, params } = this.parts.router.find(call.method, call.path);
      return await route.handle({ ...call, params, body });
    } catch (error) {
      if (error instanceof Problem) return this.refusal(error, call);
      if (request.destroyed) throw error;
      this.parts.onError(error as Error);
      return new Problem(500, 'Internal error').reply();
    }
  }

  private options(call: Call): Reply {
    const methods = this.parts.router.methodsOf(call.path);
    if (methods.length === 0) throw new Problem(404, 'Not found', `Nothing at ${call.path}.`);
    const allow = [...methods, 'OPTIONS'].join(', ');
    const preflight = { 'Access-Control-Allow-Methods': allow, 'Access-Control-Allow-Headers': '*' };
    return { status: 204, headers: { Allow: allow, ...preflight } };
  }

  private refusal(problem: Problem, call: Call): Reply {
    const reply = problem.reply();
    const more: Record<string, string> = {};
    if (problem.status === 405) more.Allow = this.parts.router.methodsOf(call.path).join(', ');
    if (problem.status === 413) more.Connection = 'close';
    return { ...reply, headers: { ...reply.headers, ...more } };
  }
}

/** What only the shop knows, for a proxy that reads it and takes it out: RFC 9651 values. */
function signalsOf(principal: string, notes: readonly Parameters<Call['note']>[]): Record<string, string> {
  const text = (value: string) => `"${value.replace(/[^ -~]/g, '_').replace(/["\\]/g, '\\$&')}"`;
  const events = notes.map(([name, about]) => {
    const user = about?.principal ?? principal;
    const parts = [name, ...(user === '' ? [] : [`principal=${text(user)}`])];
    if (about?.object !== undefined) parts.push(`object=${text(about.object)}`);
    if (about?.amount !== undefined) parts.push(`amount=${about.amount}`);
    return parts.join(';');
  });
  return {
    ...(principal === '' ? {} : { 'Sallyport-Principal': text(principal) }),
    ...(events.length === 0 ? {} : { 'Sallyport-Event': events.join(', ') }),
  };
}

/** Bytes of the body, as they are logged. */
function send(request: IncomingMessage, response: ServerResponse, reply: Reply): number {
  const body = Buffer.from(reply.body ?? '');
  const headers: Record<string, string> = {
    // Tells everybody what it runs on, and lets every origin read answers with credentials: weaknesses both.
    Server: 'shop/1.4.0',
    'X-Powered-By': `Node.js ${process.version}`,
    ...reply.headers,
  };
  const { origin } = request.headers;
  if (origin !== undefined) {
    headers['Access-Control-Allow-Origin'] = origin;
    headers['Access-Control-Allow-Credentials'] = 'true';
    headers.Vary = 'Origin';
  }
  const bodiless = reply.status === 204 || reply.status === 304;
  if (!bodiless) headers['Content-Length'] = String(body.length);
  response.writeHead(reply.status, headers);
  const silent = bodiless || request.method === 'HEAD';
  response.end(silent ? undefined : body);
  return silent ? 0 : body.length;
}

/** @throws Problem 413 beyond the limit; Error when the client goes away. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > BODY_LIMIT) throw tooLarge();
  const parts: Buffer[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (part: Buffer) => {
      length += part.length;
      if (length > BODY_LIMIT) {
        request.removeAllListeners('data');
        request.pause();
        reject(tooLarge());
      } else parts.push(part);
    });
    request.once('end', () => resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
    request.once('error', reject);
    request.once('aborted', () => reject(new Error('the client went away')));
  });
}

function tooLarge(): Problem {
  return new Problem(413, 'Content too large', `A body may have ${BODY_LIMIT} bytes.`);
}

/** The path alone; also of a target that names scheme and host, as proxies send it. */
function pathOf(target: string): string {
  const path = target.split('?', 1)[0];
  return path.startsWith('/') ? path : path.replace(/^https?:\/\/[^/]*/i, '') || '/';
}

type Seen = Omit<Entry, 'timeMs' | 'durationMs' | 'principal' | 'session' | 'credential' | 'status' | 'bytes'>;

function entryOf(request: IncomingMessage): Seen {
  const { headers } = request;
  const chain = headers['x-forwarded-for'];
  return {
    address: (request.socket.remoteAddress ?? '-').replace(/^::ffff:/, ''),
    forwardedFor: (Array.isArray(chain) ? chain.join(', ') : chain) ?? '',
    host: headers.host ?? '',
    method: request.method ?? '-',
    target: request.url ?? '-',
    protocol: `HTTP/${request.httpVersion}`,
    referrer: headers.referer ?? '',
    agent: headers['user-agent'] ?? '',
  };
}
