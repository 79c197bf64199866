/**
 * What a receiver may ask about its stream (SSF 1.0, 8.1): its configuration, its status, whom it is about, and whether events
 * arrive. Streams stand in the configuration of this installation; receivers change what is theirs to change.
 */
import {
  type Fields,
  type HttpAsked,
  type HttpTold,
  isBearer,
  isFields,
  MAX_BODY,
  objectOf,
  refusal,
  told,
} from './http.ts';
import { type Marked, markedOf, type Naming } from './interest.ts';
import {
  type EventStream,
  MAX_SUBJECTS,
  MAX_TYPE,
  MAX_TYPES,
  MAX_WORDS,
  STATUS,
  type StreamState,
  type StreamStore,
} from './stream.ts';

export const DELIVERY = { push: 'urn:ietf:rfc:8935', poll: 'urn:ietf:rfc:8936' } as const;

/** Shortest time between two verifications of one stream, in seconds. */
export const MIN_VERIFY_S = 10;
/** Longest state of a verification, in characters. */
const MAX_STATE = 512;

/** A change that a receiver has made, for the ledger. Subjects stand in it by their marks only. */
export interface StreamNews {
  readonly stream: string;
  readonly change: 'status' | 'configuration' | 'subject-added' | 'subject-removed' | 'verification';
  /** Status, types of events or the mark of a subject, as text. */
  readonly to: string;
  readonly reason: string;
  /** Events that waited and were dropped. */
  readonly dropped: number;
}

export interface ManagementOptions {
  readonly streams: readonly EventStream[];
  /** "iss" of all streams. */
  readonly issuer: string;
  /** Below it are the endpoints. */
  readonly base: string;
  readonly name: Naming;
  readonly now: () => number;
  /** Sends the event that shows that a stream works. */
  readonly verify: (stream: EventStream, payload: object) => Promise<void>;
  readonly store?: StreamStore;
  readonly changed?: (news: StreamNews) => void;
}

export const UNAUTHORIZED = refusal(401, 'authentication_failed', 'a bearer token is needed', {
  'www-authenticate': 'Bearer',
});
const UNKNOWN = refusal(404, 'not_found', 'there is no stream of this id');
const UNREADABLE = refusal(400, 'invalid_request', 'the body is not a JSON object');
const wrong = (description: string): HttpTold => refusal(400, 'invalid_request', description);
const forbidden = (description: string): HttpTold => refusal(403, 'access_denied', description);
const notAllowed = (allow: string): HttpTold => told(405, undefined, { allow });
const TOO_OFTEN = told(429, undefined, { 'retry-after': '1' });
const NOT_KEPT = told(503, undefined, { 'retry-after': '30' });

/** The stream that a request is about, with what its body says; or the refusal. */
type Addressed = { readonly stream: EventStream; readonly body: Fields } | { readonly refused: HttpTold };

export class StreamManagement {
  private readonly options: ManagementOptions;

  constructor(options: ManagementOptions) {
    this.options = options;
  }

  /** The configuration endpoint (8.1.1). */
  readonly configure = async (asked: HttpAsked): Promise<HttpTold> => {
    switch (asked.method) {
      case 'GET':
        return this.describeAll(asked);
      case 'PATCH':
      case 'PUT':
        return this.reconfigure(asked);
      case 'POST':
        // 8.1.1.1: every receiver that shows a token has its stream already.
        if (this.ownedBy(asked).length === 0) return UNAUTHORIZED;
        return refusal(409, 'conflict', 'your stream is there: read and update it');
      case 'DELETE':
        return this.remove(asked);
      default:
        return notAllowed('GET, POST, PATCH, PUT, DELETE');
    }
  };

  /** The status endpoint (8.1.2). */
  readonly status = async (asked: HttpAsked): Promise<HttpTold> => {
    if (asked.method !== 'GET' && asked.method !== 'POST') return notAllowed('GET, POST');
    const addressed = asked.method === 'GET' ? this.named(asked) : this.addressed(asked);
    if ('refused' in addressed) return addressed.refused;
    const { stream, body } = addressed;
    if (asked.method === 'GET') return told(200, statusOf(stream));
    const status = STATUS.find((one) => one === body.status);
    const reason = body.reason ?? '';
    if (status === undefined) return wrong(`"status" is one of ${STATUS.join(', ')}`);
    if (!isWords(reason)) return wrong(`"reason" is a text of at most ${MAX_WORDS} characters`);
    return this.change(stream, (state) => ({ ...state, status, reason }), {
      news: ({ dropped }) => ({ change: 'status', to: status, reason, dropped }),
      answer: () => statusOf(stream),
    });
  };

  /** Adding and removing subjects (8.1.3). */
  readonly addSubject = (asked: HttpAsked): Promise<HttpTold> => this.subject(asked, true);
  readonly removeSubject = (asked: HttpAsked): Promise<HttpTold> => this.subject(asked, false);

  /** The verification endpoint (8.1.4): the receiver wants to see that events arrive. */
  readonly verify = async (asked: HttpAsked): Promise<HttpTold> => {
    if (asked.method !== 'POST') return notAllowed('POST');
    const addressed = this.addressed(asked);
    if ('refused' in addressed) return addressed.refused;
    const { stream, body } = addressed;
    const { state } = body;
    if (state !== undefined && (typeof state !== 'string' || state.length > MAX_STATE))
      return wrong(`"state" is a text of at most ${MAX_STATE} characters`);
    // A 204 says that the event is sent, or will be: over a stream that is off it never is.
    if (stream.state.status === 'disabled') return wrong('the stream is disabled');
    const nowMs = this.options.now();
    const waitMs = stream.verifiedMs + MIN_VERIFY_S * 1000 - nowMs;
    if (waitMs > 0) return told(429, undefined, { 'retry-after': String(Math.ceil(waitMs / 1000)) });
    stream.verifiedMs = nowMs;
    await this.options.verify(stream, state === undefined ? {} : { state });
    this.tell(stream, { change: 'verification', to: '', reason: '', dropped: 0 });
    return told(204);
  };

  /** The streams whose token a request carries. */
  private ownedBy(asked: HttpAsked): EventStream[] {
    return this.options.streams.filter(({ token }) => token !== null && isBearer(asked, token));
  }

  /** The stream that the query names. */
  private named(asked: HttpAsked): Addressed {
    const owned = this.ownedBy(asked);
    if (owned.length === 0) return { refused: UNAUTHORIZED };
    const id = new URLSearchParams(asked.query ?? '').get('stream_id');
    if (id === null) return { refused: wrong('"stream_id" is needed') };
    const stream = owned.find(({ settings }) => settings.name === id);
    return stream === undefined ? { refused: UNKNOWN } : { stream, body: {} };
  }

  /** The stream that the body names. */
  private addressed(asked: HttpAsked): Addressed {
    const owned = this.ownedBy(asked);
    if (owned.length === 0) return { refused: UNAUTHORIZED };
    const body = asked.body.length > MAX_BODY ? null : objectOf(asked.body);
    if (body === null) return { refused: UNREADABLE };
    if (typeof body.stream_id !== 'string') return { refused: wrong('"stream_id" is needed') };
    const stream = owned.find(({ settings }) => settings.name === body.stream_id);
    return stream === undefined ? { refused: UNKNOWN } : { stream, body };
  }

  private describeAll(asked: HttpAsked): HttpTold {
    const id = new URLSearchParams(asked.query ?? '').get('stream_id');
    const owned = this.ownedBy(asked);
    if (owned.length === 0) return UNAUTHORIZED;
    const described = owned.map((stream) => this.described(stream));
    if (id === null) return told(200, described);
    const one = described.find(({ stream_id }) => stream_id === id);
    return one === undefined ? UNKNOWN : told(200, one);
  }

  private described({ settings: { name, audience, push }, supported, delivered, state }: EventStream) {
    const { description, events } = state;
    return {
      stream_id: name,
      iss: this.options.issuer,
      aud: audience,
      delivery: push
        ? { method: DELIVERY.push, endpoint_url: push.endpoint }
        : { method: DELIVERY.poll, endpoint_url: `${this.options.base}/ssf/poll/${name}` },
      events_supported: supported,
      ...(events !== null && { events_requested: events }),
      events_delivered: delivered,
      min_verification_interval: MIN_VERIFY_S,
      ...(description !== '' && { description }),
    };
  }

  private remove(asked: HttpAsked): HttpTold {
    const addressed = this.named(asked);
    if ('refused' in addressed) return addressed.refused;
    return forbidden('streams stand in the configuration of the transmitter: set the status to disabled instead');
  }

  private async reconfigure(asked: HttpAsked): Promise<HttpTold> {
    const addressed = this.addressed(asked);
    if ('refused' in addressed) return addressed.refused;
    const { stream, body } = addressed;
    const refused = this.mismatch(stream, body) ?? wishOf(body);
    if ('status' in refused) return refused;
    const isWhole = asked.method === 'PUT';
    if (isWhole && stream.settings.push && body.delivery === undefined) return wrong('"delivery" is needed');
    const { events = isWhole ? null : undefined, description = isWhole ? '' : undefined } = refused;
    const next = (state: StreamState): StreamState => ({
      ...state,
      ...(events !== undefined && { events }),
      ...(description !== undefined && { description }),
    });
    return this.change(stream, next, {
      news: () => ({ change: 'configuration', to: stream.delivered.join(' '), reason: '', dropped: 0 }),
      answer: () => this.described(stream),
    });
  }

  /** What we say of a stream has to be what the receiver takes it for; null where it is. */
  private mismatch(stream: EventStream, body: Fields): HttpTold | null {
    const { delivery, ...is } = this.described(stream);
    for (const key of ['iss', 'events_supported', 'events_delivered', 'min_verification_interval'] as const)
      if (body[key] !== undefined && !sameTexts(body[key], is[key])) return wrong(`"${key}" is another one`);
    if (body.aud !== undefined && !sameTexts([body.aud].flat(), [is.aud])) return wrong('"aud" is another one');
    if (body.delivery === undefined) return null;
    if (!isFields(body.delivery)) return wrong('"delivery" is not an object');
    const { method, endpoint_url: url = delivery.endpoint_url } = body.delivery;
    // Where events go is for the operator to say: the receiver's token is ours to send with them.
    if (method === delivery.method && url === delivery.endpoint_url) return null;
    return forbidden('delivery stands in the configuration of the transmitter');
  }

  private async subject(asked: HttpAsked, add: boolean): Promise<HttpTold> {
    if (asked.method !== 'POST') return notAllowed('POST');
    const addressed = this.addressed(asked);
    if ('refused' in addressed) return addressed.refused;
    const { stream, body } = addressed;
    const marked = markedOf(body.subject, this.options.name);
    if (marked === null) return wrong('"subject" is not a subject identifier');
    if (body.verified !== undefined && typeof body.verified !== 'boolean') return wrong('"verified" is true or false');
    return this.inTurn(stream, () => this.list(stream, marked, add));
  }

  /** Who is not known here is answered as everybody else: nobody learns whom we know. */
  private async list(stream: EventStream, marked: Marked, add: boolean): Promise<HttpTold> {
    const step = stream.changes(marked, add);
    const done = add ? told(200) : told(204);
    if (step === 'nothing') return done;
    if (step === 'more' && stream.subjects.size >= MAX_SUBJECTS)
      return forbidden('the stream has no room for subjects');
    if (!stream.mayChange(this.options.now())) return TOO_OFTEN;
    await this.options.store?.keepSubject(stream.settings.name, marked.mark, step === 'more');
    if (step === 'more') stream.subjects.add(marked);
    else stream.subjects.delete(marked);
    this.tell(stream, { change: add ? 'subject-added' : 'subject-removed', to: marked.mark, reason: '', dropped: 0 });
    return done;
  }

  /** Keeps the new state and then has it in force: a crash leaves the one before, or this one. */
  private change(
    stream: EventStream,
    next: (state: StreamState) => StreamState,
    done: {
      readonly news: (how: { readonly dropped: number }) => Omit<StreamNews, 'stream'>;
      readonly answer: () => object;
    },
  ): Promise<HttpTold> {
    return this.inTurn(stream, async () => {
      const state = next(stream.state);
      if (JSON.stringify(state) === JSON.stringify(stream.state)) return told(200, done.answer());
      if (!stream.mayChange(this.options.now())) return TOO_OFTEN;
      await this.options.store?.keepState(stream.settings.name, state);
      const dropped = stream.become(state);
      this.tell(stream, done.news({ dropped }));
      return told(200, done.answer());
    });
  }

  /** One change of a stream after the other. What could not be kept has not happened. */
  private inTurn(stream: EventStream, run: () => Promise<HttpTold>): Promise<HttpTold> {
    const changed = stream.turn.then(run).catch(() => NOT_KEPT);
    stream.turn = changed;
    return changed;
  }

  private tell(stream: EventStream, news: Omit<StreamNews, 'stream'>): void {
    try {
      this.options.changed?.({ stream: stream.settings.name, ...news });
    } catch {
      // Whoever listens has a defect; the stream is as its receiver wants it.
    }
  }
}

const statusOf = ({ settings, state: { status, reason } }: EventStream): object => ({
  stream_id: settings.name,
  status,
  ...(reason !== '' && { reason }),
});

const isWords = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_WORDS;

/** What a receiver wants of its stream; undefined for what it does not say. */
function wishOf(body: Fields): { readonly events?: string[]; readonly description?: string } | HttpTold {
  const { events_requested: events, description } = body;
  if (description !== undefined && typeof description !== 'string') return wrong('"description" is not a text');
  if (events !== undefined && !isTypes(events))
    return wrong(`"events_requested" has at most ${MAX_TYPES} URIs of ${MAX_TYPE} characters`);
  return {
    ...(events !== undefined && { events }),
    // 8.1.1: it may be cut where it is too long.
    ...(description !== undefined && { description: description.slice(0, MAX_WORDS) }),
  };
}

const isTypes = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length <= MAX_TYPES &&
  value.every((type) => typeof type === 'string' && type.length <= MAX_TYPE);

/** Equal, or lists of the same texts in any order. */
function sameTexts(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((one) => b.includes(one));
}
