/**
 * Raw requests of the routes that are captured: head and the beginning of the body, as the client sent them, without what
 * proves who it is. The body is looked at while it goes upstream, piece by piece; nothing is read for it, held back or sent on
 * earlier, so a request that is not passed on has no body here.
 */
import type { Config } from '../../config/schema.ts';
import type { CaptureSink } from '../../runtime/live/captures.ts';
import { redactor, redactTarget } from '../../runtime/redact.ts';
import type { BodyTap, Inbound, Outcome } from './contract.ts';

/** Requests under way that are being captured: each may hold the beginning of a body in memory. */
export const MAX_DRAFTS = 512;
/** Longest text of the head that is kept, in characters. */
const MAX_TEXT = 8192;

const HIDDEN = '***';
/** Headers whose whole value proves something, besides those of the configuration; and those with a scheme before it. */
const SECRET_HEADERS = ['x-csrf-token', 'x-xsrf-token'];
const SCHEMES = new Set(['authorization', 'proxy-authorization']);
/** Headers with the URL of a page, which may carry tokens as a target does. */
const URLS = new Set(['referer', 'x-original-url', 'x-rewrite-url']);

/** What is taken out of a head. */
export class CaptureRules {
  private readonly secret: ReadonlySet<string>;
  private readonly parameters: ReadonlySet<string>;
  private readonly patterns: (text: string) => string;

  constructor({ identity, privacy }: Pick<Config, 'identity' | 'privacy'>) {
    this.secret = new Set([...SECRET_HEADERS, ...identity.credential_headers.map((name) => name.toLowerCase())]);
    this.parameters = new Set(privacy.redact_parameters.map((name) => name.toLowerCase()));
    this.patterns = redactor(privacy.redact_patterns);
  }

  target(target: string): string {
    return this.patterns(redactTarget(target.slice(0, MAX_TEXT), this.parameters));
  }

  /** Names and values in turn: all names stay, and of secrets what says which kind they are. */
  headers(raw: readonly string[]): string[] {
    const kept: string[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) kept.push(raw[i], this.value(raw[i].toLowerCase(), raw[i + 1]));
    return kept;
  }

  private value(name: string, given: string): string {
    const value = given.slice(0, MAX_TEXT);
    if (this.secret.has(name)) return HIDDEN;
    if (SCHEMES.has(name)) return schemeOf(value);
    if (name === 'cookie') return cookieNames(value);
    // The path of HTTP/2 stands among its headers.
    if (name === ':path' || URLS.has(name)) return this.target(value);
    return this.patterns(value);
  }
}

/** "Bearer ***". A value without a scheme is all secret. */
function schemeOf(value: string): string {
  const scheme = /^[A-Za-z][A-Za-z0-9-]{0,30}(?= )/.exec(value)?.[0];
  return scheme === undefined ? HIDDEN : `${scheme} ${HIDDEN}`;
}

/** "sid=***; theme=***": which cookies there were tells something, what is in them is a session. */
function cookieNames(value: string): string {
  return value
    .split(';')
    .map((pair) => {
      const at = pair.indexOf('=');
      return at < 0 ? HIDDEN : `${pair.slice(0, at).trim()}=${HIDDEN}`;
    })
    .join('; ');
}

/** One request that is being captured. */
export class CaptureDraft implements BodyTap {
  bodyBytes = 0;
  private room: number;
  private readonly pieces: Buffer[] = [];

  constructor(bodyBytes: number) {
    this.room = bodyBytes;
  }

  take(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
    if (this.room === 0) return;
    // A copy: what comes from a socket is a piece of something larger, which would stay in memory with it.
    const piece = Buffer.from(chunk.subarray(0, this.room));
    this.room -= piece.length;
    this.pieces.push(piece);
  }

  get body(): string {
    return Buffer.concat(this.pieces).toString('base64');
  }
}

export class Capturing {
  rules: CaptureRules;
  private readonly sink: CaptureSink;
  private drafts = 0;

  constructor(sink: CaptureSink, rules: CaptureRules) {
    this.sink = sink;
    this.rules = rules;
  }

  /** Begins to capture a request of a route that asks for it; null where it is over, or too many are under way. */
  begin(inbound: Inbound): CaptureDraft | null {
    const { capture } = inbound.route;
    if (capture === null || !(capture.untilMs > inbound.startedMs)) return null;
    if (this.drafts >= MAX_DRAFTS) {
      this.sink.leftOut();
      return null;
    }
    this.drafts++;
    const draft = new CaptureDraft(capture.bodyBytes);
    inbound.tap = draft;
    return draft;
  }

  /** The exchange is over: what was seen of the request is kept. */
  end(draft: CaptureDraft, inbound: Inbound, { status }: Outcome): void {
    this.drafts--;
    inbound.tap = null;
    const { capture, name } = inbound.route;
    if (capture === null) return;
    const { rules } = this;
    const { method, protocol, peer, startedMs: timeMs } = inbound;
    const head = { route: name, reason: capture.reason, timeMs, method, status, peer, protocol };
    const target = rules.target(inbound.target);
    const headers = rules.headers(inbound.req.rawHeaders);
    const { body, bodyBytes } = draft;
    this.sink.write({ ...head, target, headers, body, bodyBytes }, capture.untilMs);
  }
}
