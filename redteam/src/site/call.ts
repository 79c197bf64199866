/** One request on its way through the simulated site, and the reply that is put together for it. */
import type { Answer, ApiKey, Request } from '../contract.ts';
import type { Meaning } from './fields.ts';
import type { SiteOperation } from './openapi.ts';
import { queryValue } from './router.ts';
import type { Sizes } from './sizes.ts';
import type { Customer, State } from './state.ts';

type Event = Answer['events'][number];

export const NO_EVENTS: readonly Event[] = [];
export const NO_BODY: Readonly<Record<string, unknown>> = {};

/** What all operations of a site share. */
export interface Place {
  readonly state: State;
  readonly sizes: Sizes;
  /** Operations that forget to check whose record they show. */
  readonly forgetful: ReadonlySet<SiteOperation>;
  readonly wordRank: ReadonlyMap<string, number>;
}

/** Filled by a handler; used again for every request, so that an answer costs no more objects than it must. */
export class Call {
  readonly place: Place;
  request!: Request;
  operation!: SiteOperation;
  /** Its place in the document. */
  index = 0;
  values: readonly string[] = [];
  nowMs = 0;
  customer: Customer | undefined;
  key: ApiKey | undefined;
  /** What a log shows of the session. */
  session = '';

  status = 200;
  bytes = 0;
  /** Work of this answer against a usual one of its role. */
  work = 1;
  body: Readonly<Record<string, unknown>> = NO_BODY;
  events: readonly Event[] = NO_EVENTS;
  principal = '';
  gain = 0;

  constructor(place: Place) {
    this.place = place;
  }

  begin(request: Request, nowMs: number): void {
    this.request = request;
    this.nowMs = nowMs;
    this.customer = undefined;
    this.key = undefined;
    this.session = '';
    this.principal = '';
    this.work = 1;
    this.body = NO_BODY;
    this.events = NO_EVENTS;
    this.gain = 0;
  }

  /** Succeeds as documented; `key` says which item it is and `rows` how many: see {@link Sizes}. */
  ok(key: number, body: Readonly<Record<string, unknown>> = NO_BODY, rows = 1): undefined {
    const { operation } = this;
    this.status = operation.success;
    this.body = body;
    const empty = operation.success === 204 || this.request.method === 'HEAD';
    this.bytes = empty ? 0 : this.place.sizes.of(operation.role, this.index, key, rows);
  }

  fail(status: number, work = 0.4): undefined {
    this.status = status;
    this.work = work;
    this.bytes = this.place.sizes.error(status, this.index);
  }

  /** Fails with the first of the statuses that the operation documents, or the first. */
  failAs(...statuses: readonly number[]): undefined {
    this.fail(statuses.find((status) => this.documents(status)) ?? statuses[0]);
  }

  documents(status: number): boolean {
    return this.operation.statuses.includes(status);
  }

  note(name: string, principal: string, object?: string): void {
    const event = object === undefined ? { name, principal } : { name, principal, object };
    this.events = this.events === NO_EVENTS ? [event] : [...this.events, event];
  }

  /** A property of the body by what it means; also under that meaning itself where the document names none. */
  given(meaning: Meaning): unknown {
    const { body } = this.request;
    return body?.[this.operation.body[meaning] ?? meaning];
  }

  text(meaning: Meaning): string {
    const value = this.given(meaning);
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  }

  /** A parameter of the query as a whole number from 1; undefined if it is none, `otherwise` if it is not there. */
  count(meaning: 'page' | 'size', otherwise: number): number | undefined {
    const text = queryValue(this.request.target, this.operation.query[meaning]);
    if (text === undefined || text === '') return otherwise;
    return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
  }

  /** Whose account the body speaks of. */
  get named(): string {
    return this.text('name') || this.text('email');
  }
}
