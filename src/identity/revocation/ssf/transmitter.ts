/**
 * Tells others what was revoked here: security event tokens signed with our key, pushed (RFC 8935) or kept until they are asked
 * for (RFC 8936), with the documents of the Shared Signals Framework 1.0 that receivers find us by.
 */
import { hash, type KeyObject, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { TransmitterSettings } from '../../../config/signing.ts';
import type { Fetcher } from '../../http.ts';
import type { KeyFiles } from '../../signed/index.ts';
import { publicJwks, signingKey } from '../keys.ts';
import { Outbox, type Schedule, type Sent } from '../outbox.ts';
import { EVENT } from './events.ts';
import {
  type HttpAsked,
  type HttpHandler,
  type HttpTold,
  isBearer,
  MAX_BODY,
  objectOf,
  refusal,
  told,
} from './http.ts';
import { markedOf, type Naming } from './interest.ts';
import { DELIVERY, StreamManagement, type StreamNews, UNAUTHORIZED } from './management.ts';
import { PollQueue } from './queue.ts';
import { EventStream, type Pending, type SentEvent, type StreamStore } from './stream.ts';

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
  readonly what?: SentEvent;
  /** Who wanted it: an operator, or a policy when left out. */
  readonly initiatedBy?: 'admin' | 'policy';
  /** With `credential-change`: what kind of credential was revoked, and by which name it is known. */
  readonly changed?: { readonly type: string; readonly name: string };
}

/** How a SET got on. */
export interface TransmitterNews {
  readonly stream: string;
  readonly jti: string;
  /** `dropped`: its receiver has turned the stream off. */
  readonly outcome: 'done' | 'queued' | 'refused' | 'gave-up' | 'no-room' | 'closed' | 'failed' | 'dropped';
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
  /** Told what receivers have changed. */
  readonly changed?: (news: StreamNews) => void;
  /** Names subjects of streams; SHA-256 without it. */
  readonly name?: Naming;
  /** What receivers have asked of their streams; forgotten at the end of the process without it. */
  readonly store?: StreamStore;
  readonly schedule?: Schedule;
  readonly random?: () => number;
}

const ATTEMPTS = 8;
const PUSH_TIMEOUT_MS = 10_000;
/** Longest reason that is told, in characters. */
const MAX_REASON = 200;
export class EventTransmitter {
  private readonly options: TransmitterOptions;
  private readonly key: KeyObject;
  private readonly streams: readonly EventStream[];
  private readonly issuer: string;
  private readonly name: Naming;
  private readonly management: StreamManagement;
  /** Settled when all events so far are signed. */
  private signing: Promise<void> = Promise.resolve();

  /** SallyportError SP7601 or SP7602 for a token or key that cannot be used. */
  constructor(options: TransmitterOptions) {
    const { settings, files } = options;
    this.options = options;
    this.issuer = settings.issuer.replace(/\/$/, '');
    this.key = signingKey(files.pem(settings.key), settings.key, settings.algorithm);
    this.name = options.name ?? ((text) => hash('sha256', text, 'base64url'));
    this.streams = settings.streams.map((stream) => this.open(stream));
    this.restore();
    this.management = new StreamManagement({
      streams: this.streams,
      issuer: settings.issuer,
      base: this.issuer,
      name: this.name,
      now: options.now,
      verify: (stream, payload) => this.emit(stream, EVENT.verification, streamSubject(stream), payload),
      ...(options.store && { store: options.store }),
      ...(options.changed && { changed: options.changed }),
    });
  }

  /** Streams as their receivers wanted them before a restart. */
  private restore(): void {
    const known = this.options.store?.streams();
    for (const stream of this.streams) {
      const kept = known?.get(stream.settings.name);
      if (kept !== undefined) stream.restore(kept.state, kept.subjects);
    }
  }

  private open(settings: EventStream['settings']): EventStream {
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
    return new EventStream({
      settings,
      token: token ? files.secret(token) : null,
      outbox,
      queue: new PollQueue(all.queue),
      isAll: all.default_subjects === 'ALL',
    });
  }

  /** Names of the streams that {@link revoked} tells of it. */
  listeners(what: Revoked): readonly string[] {
    return this.audience(what, this.subjectOf(what)).map(({ settings }) => settings.name);
  }

  private audience(what: Revoked, subject: object | null): EventStream[] {
    const marked = subject === null ? null : markedOf(subject, this.name);
    if (marked === null) return [];
    const type = EVENT[what.what ?? 'sessionRevoked'];
    return this.streams.filter((stream) => stream.wants(type, marked));
  }

  /**
   * Tells every stream that wants it, in the order in which it was called. Never throws; resolves when the events are signed and
   * wait to go out.
   */
  revoked(what: Revoked): Promise<void> {
    const subject = this.subjectOf(what);
    if (subject === null) return Promise.resolve();
    const audience = this.audience(what, subject);
    const { changed, initiatedBy = 'policy' } = what;
    const reason = what.reason.slice(0, MAX_REASON);
    const payload = {
      event_timestamp: Math.floor(what.atMs / 1000),
      initiating_entity: initiatedBy,
      ...(reason !== '' && { reason_admin: { en: reason } }),
      ...(changed && { credential_type: changed.type, change_type: 'revoke', friendly_name: changed.name }),
    };
    const type = EVENT[what.what ?? 'sessionRevoked'];
    this.signing = this.signing.then(async () => {
      for (const stream of audience) await this.emit(stream, type, subject, payload);
    });
    return this.signing;
  }

  private async emit(stream: EventStream, type: string, subject: object, payload: object): Promise<void> {
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
      // Its receiver may have turned it off meanwhile.
      if (stream.state.status === 'disabled') return;
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
    changed,
  }: Revoked): object | null {
    const iss = issuer || this.options.settings.subject_issuer || this.options.settings.issuer;
    const user = principal === '' ? null : { format: 'iss_sub', iss, sub: principal };
    if (session === '' && device === '') {
      if (user !== null || credential === '') return user;
      // A key is nothing that receivers could look up by its issuer; its name is all there is.
      return changed ? { format: 'opaque', id: credential } : { format: 'jwt_id', iss, jti: credential };
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
      [`${base}/ssf/streams`, this.management.configure],
      [`${base}/ssf/status`, this.management.status],
      [`${base}/ssf/subjects:add`, this.management.addSubject],
      [`${base}/ssf/subjects:remove`, this.management.removeSubject],
      [`${base}/ssf/verify`, this.management.verify],
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
      status_endpoint: `${issuer}/ssf/status`,
      add_subject_endpoint: `${issuer}/ssf/subjects:add`,
      remove_subject_endpoint: `${issuer}/ssf/subjects:remove`,
      verification_endpoint: `${issuer}/ssf/verify`,
      authorization_schemes: [{ spec_urn: 'urn:ietf:rfc:6750' }],
      default_subjects: this.options.settings.default_subjects,
    };
  }

  /** POST of RFC 8936: takes acknowledgements, gives what waits. It answers at once, also where nothing waits. */
  private poll(stream: EventStream, asked: HttpAsked): HttpTold {
    if (asked.method !== 'POST') return told(405, undefined, { allow: 'POST' });
    if (stream.token === null || !isBearer(asked, stream.token)) return UNAUTHORIZED;
    const question = asked.body.length > MAX_BODY ? null : objectOf(asked.body || '{}');
    if (question === null) return refusal(400, 'invalid_request', 'the body is not a JSON object');
    for (const { jti, refused } of stream.queue.settle(question)) {
      this.tell({ stream: stream.settings.name, jti, outcome: refused ? 'refused' : 'done', attempts: 1 });
    }
    // 8.1.2.1: over a stream that is paused nothing goes out; what waits for it is held.
    if (stream.state.status !== 'enabled') return told(200, { sets: {}, moreAvailable: false });
    return told(200, stream.queue.take(question.maxEvents));
  }

  private tell(news: Omit<TransmitterNews, 'code'>): void {
    const good = GOOD.has(news.outcome);
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

const GOOD: ReadonlySet<string> = new Set(['done', 'queued', 'dropped']);

const streamSubject = ({ settings }: EventStream): object => ({ format: 'opaque', id: settings.name });

function document(method: string, value: object): HttpTold {
  if (method !== 'GET' && method !== 'HEAD') return told(405, undefined, { allow: 'GET, HEAD' });
  return told(200, value, { 'cache-control': 'max-age=3600' });
}
