/**
 * Tells others what was revoked here: security event tokens signed with our key, pushed (RFC 8935) or kept until they are asked
 * for (RFC 8936), with the documents of the Shared Signals Framework 1.0 that receivers find us by.
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { TransmitterSettings } from '../../../config/signing.ts';
import type { Fetcher } from '../../http.ts';
import type { KeyFiles } from '../../signed/index.ts';
import { publicJwks, signingKey } from '../keys.ts';
import { Outbox, type Schedule, type Sent } from '../outbox.ts';
import { EVENT } from './events.ts';
import { type HttpAsked, type HttpHandler, type HttpTold, isBearer, MAX_BODY, objectOf, told } from './http.ts';
import { PollQueue } from './queue.ts';

/** What was revoked here. Left out or '' is what is not known. */
export interface Revoked {
  /** `jti` of a token, where it is one. */
  readonly credential?: string;
  readonly principal?: string;
  readonly session?: string;
  readonly device?: string;
  /** Who issued the token or names the principal; our own subject_issuer when left out. */
  readonly issuer?: string;
  /** For administrators of the receiver, in English. */
  readonly reason: string;
  readonly atMs: number;
  /** `session-revoked` when left out. */
  readonly what?:
    | 'sessionRevoked'
    | 'credentialCompromise'
    | 'accountDisabled'
    | 'accountEnabled'
    | 'tokenClaimsChange';
}

/** How a SET got on. */
export interface TransmitterNews {
  readonly stream: string;
  readonly jti: string;
  readonly outcome: 'done' | 'queued' | 'refused' | 'gave-up' | 'no-room' | 'closed' | 'failed';
  readonly attempts: number;
  /** '' where it went well. */
  readonly code: '' | 'SP7608';
}

export interface TransmitterOptions {
  readonly settings: TransmitterSettings;
  readonly files: KeyFiles;
  readonly fetch: Fetcher;
  readonly now: () => number;
  readonly news?: (news: TransmitterNews) => void;
  readonly schedule?: Schedule;
  readonly random?: () => number;
}

interface Pending {
  readonly jti: string;
  readonly set: string;
}

interface Stream {
  readonly settings: TransmitterSettings['streams'][number];
  readonly token: Buffer | null;
  readonly outbox: Outbox<Pending> | null;
  readonly queue: PollQueue;
}

const ATTEMPTS = 8;
const PUSH_TIMEOUT_MS = 10_000;
/** Longest reason that is told, in characters. */
const MAX_REASON = 200;
const SENT = [
  'sessionRevoked',
  'credentialCompromise',
  'accountDisabled',
  'accountEnabled',
  'tokenClaimsChange',
] as const;
const DELIVERY = { push: 'urn:ietf:rfc:8935', poll: 'urn:ietf:rfc:8936' } as const;

export class EventTransmitter {
  private readonly options: TransmitterOptions;
  private readonly key: KeyObject;
  private readonly streams: readonly Stream[];
  private readonly issuer: string;

  /** SallyportError SP7601 or SP7602 for a token or key that cannot be used. */
  constructor(options: TransmitterOptions) {
    const { settings, files } = options;
    this.options = options;
    this.issuer = settings.issuer.replace(/\/$/, '');
    this.key = signingKey(files.pem(settings.key), settings.key, settings.algorithm);
    this.streams = settings.streams.map((stream) => this.open(stream));
  }

  private open(settings: Stream['settings']): Stream {
    const { files, settings: all, schedule, random } = this.options;
    const { push, token } = settings;
    const pushToken = push?.token ? files.secret(push.token) : null;
    const outbox = push
      ? new Outbox<Pending>({
          capacity: all.queue,
          attempts: ATTEMPTS,
          send: ({ set }) => this.send(push.endpoint, pushToken, set),
          settled: ({ jti }, outcome, attempts) => this.tell({ stream: settings.name, jti, outcome, attempts }),
          ...(schedule && { schedule }),
          ...(random && { random }),
        })
      : null;
    return { settings, token: token ? files.secret(token) : null, outbox, queue: new PollQueue(all.queue) };
  }

  /** Tells every stream that wants it. Never throws; resolves when the events are signed and wait to go out. */
  async revoked(what: Revoked): Promise<void> {
    const subject = this.subjectOf(what);
    if (subject === null) return;
    const type = EVENT[what.what ?? 'sessionRevoked'];
    const reason = what.reason.slice(0, MAX_REASON);
    const payload = {
      event_timestamp: Math.floor(what.atMs / 1000),
      initiating_entity: 'policy',
      ...(reason !== '' && { reason_admin: { en: reason } }),
    };
    for (const stream of this.streams) {
      const { events } = stream.settings;
      if (events.length === 0 || events.includes(type)) await this.emit(stream, type, subject, payload);
    }
  }

  private async emit(stream: Stream, type: string, subject: object, payload: object): Promise<void> {
    const jti = randomUUID();
    const { name, audience } = stream.settings;
    const { settings, now } = this.options;
    try {
      const set = await new SignJWT({ sub_id: subject, events: { [type]: payload } })
        .setProtectedHeader({ alg: settings.algorithm, kid: settings.kid, typ: 'secevent+jwt' })
        .setIssuer(settings.issuer)
        .setAudience(audience)
        .setJti(jti)
        .setIssuedAt(Math.floor(now() / 1000))
        .sign(this.key);
      if (stream.outbox) stream.outbox.offer({ jti, set });
      else {
        const kept = stream.queue.add(jti, set, now());
        this.tell({ stream: name, jti, outcome: kept ? 'queued' : 'no-room', attempts: 0 });
      }
    } catch {
      this.tell({ stream: name, jti, outcome: 'failed', attempts: 0 });
    }
  }

  /** Null where it is about nothing that can be named to others. */
  private subjectOf({
    credential = '',
    principal = '',
    session = '',
    device = '',
    issuer = '',
  }: Revoked): object | null {
    const iss = issuer || this.options.settings.subject_issuer || this.options.settings.issuer;
    const user = principal === '' ? null : { format: 'iss_sub', iss, sub: principal };
    if (session === '' && device === '') {
      return user ?? (credential === '' ? null : { format: 'jwt_id', iss, jti: credential });
    }
    return {
      format: 'complex',
      ...(user && { user }),
      ...(session !== '' && { session: { format: 'opaque', id: session } }),
      ...(device !== '' && { device: { format: 'opaque', id: device } }),
    };
  }

  private async send(endpoint: string, token: Buffer | null, set: string): Promise<Sent> {
    const answer = await this.options.fetch({
      method: 'POST',
      url: endpoint,
      headers: {
        'content-type': 'application/secevent+jwt',
        accept: 'application/json',
        ...(token && { authorization: `Bearer ${token.toString('utf8')}` }),
      },
      body: set,
      timeoutMs: PUSH_TIMEOUT_MS,
    });
    if (answer.status >= 200 && answer.status < 300) return 'done';
    return answer.status >= 500 || answer.status === 429 || answer.status === 408 ? 'again' : 'refused';
  }

  /** What receivers ask us for, by path below the origin of our issuer. */
  handlers(): ReadonlyMap<string, HttpHandler> {
    const base = new URL(this.issuer).pathname.replace(/\/$/, '');
    const { settings } = this.options;
    const jwks = publicJwks(this.key, settings.kid, settings.algorithm);
    const handlers = new Map<string, HttpHandler>([
      [`/.well-known/ssf-configuration${base}`, async ({ method }) => document(method, this.configuration())],
      [`${base}/ssf/jwks`, async ({ method }) => document(method, jwks)],
      [`${base}/ssf/streams`, async (asked) => this.describe(asked)],
      [`${base}/ssf/verify`, (asked) => this.verify(asked)],
    ]);
    for (const stream of this.streams) {
      if (!stream.outbox)
        handlers.set(`${base}/ssf/poll/${stream.settings.name}`, async (asked) => this.poll(stream, asked));
    }
    return handlers;
  }

  private configuration(): object {
    const { issuer } = this;
    return {
      spec_version: '1_0',
      issuer: this.options.settings.issuer,
      jwks_uri: `${issuer}/ssf/jwks`,
      delivery_methods_supported: [DELIVERY.push, DELIVERY.poll],
      configuration_endpoint: `${issuer}/ssf/streams`,
      verification_endpoint: `${issuer}/ssf/verify`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: 'ALL',
    };
  }

  /** The streams whose token a request carries. */
  private streamsOf(asked: HttpAsked): Stream[] {
    return this.streams.filter(({ token }) => token !== null && isBearer(asked, token));
  }

  private describe(asked: HttpAsked): HttpTold {
    if (asked.method !== 'GET') return told(405, undefined, { allow: 'GET' });
    const streams = this.streamsOf(asked);
    if (streams.length === 0) return UNAUTHORIZED;
    const supported = SENT.map((name) => EVENT[name]);
    const described = streams.map(({ settings: { name, audience, events, push } }) => ({
      stream_id: name,
      iss: this.options.settings.issuer,
      aud: audience,
      delivery: push
        ? { method: DELIVERY.push, endpoint_url: push.endpoint }
        : { method: DELIVERY.poll, endpoint_url: `${this.issuer}/ssf/poll/${name}` },
      events_supported: supported,
      events_delivered: events.length === 0 ? supported : events,
    }));
    return told(200, described);
  }

  /** SSF 1.0, 8.1.4: the receiver wants to see that events arrive. */
  private async verify(asked: HttpAsked): Promise<HttpTold> {
    if (asked.method !== 'POST') return told(405, undefined, { allow: 'POST' });
    const streams = this.streamsOf(asked);
    if (streams.length === 0) return UNAUTHORIZED;
    const { stream_id: id, state } = (asked.body.length > MAX_BODY ? null : objectOf(asked.body)) ?? {};
    const stream = streams.find(({ settings }) => settings.name === id);
    if (!stream) return told(404);
    const payload = typeof state === 'string' && state.length <= 512 ? { state } : {};
    await this.emit(stream, EVENT.verification, { format: 'opaque', id: stream.settings.name }, payload);
    return told(204);
  }

  /** POST of RFC 8936: takes acknowledgements, gives what waits. It answers at once, also where nothing waits. */
  private poll(stream: Stream, asked: HttpAsked): HttpTold {
    if (asked.method !== 'POST') return told(405, undefined, { allow: 'POST' });
    if (stream.token === null || !isBearer(asked, stream.token)) return UNAUTHORIZED;
    const question = asked.body.length > MAX_BODY ? null : objectOf(asked.body || '{}');
    if (question === null) return told(400, { err: 'invalid_request', description: 'the body is not a JSON object' });
    for (const { jti, refused } of stream.queue.settle(question)) {
      this.tell({ stream: stream.settings.name, jti, outcome: refused ? 'refused' : 'done', attempts: 1 });
    }
    return told(200, stream.queue.take(question.maxEvents));
  }

  private tell(news: Omit<TransmitterNews, 'code'>): void {
    const good = news.outcome === 'done' || news.outcome === 'queued';
    try {
      this.options.news?.({ ...news, code: good ? '' : 'SP7608' });
    } catch {
      // Whoever listens has a defect; events must go out all the same.
    }
  }

  close(): void {
    for (const { outbox } of this.streams) outbox?.close();
  }
}

const UNAUTHORIZED = told(
  401,
  { err: 'authentication_failed', description: 'a bearer token is needed' },
  { 'www-authenticate': 'Bearer' },
);

function document(method: string, value: object): HttpTold {
  if (method !== 'GET' && method !== 'HEAD') return told(405, undefined, { allow: 'GET, HEAD' });
  return told(200, value, { 'cache-control': 'max-age=3600' });
}
