/**
 * What one exchange said, before enrichment: the common ground of every door. A log parser fills one from a line, a
 * proxy from a live request. It is mutable and reused, and its texts are spans into one byte buffer, because at a
 * million lines a second an object with strings per line is what everything else would wait for.
 */

/** The texts an exchange can carry. Each has a start and an end offset in {@link RawExchange.buf}. */
export const FIELDS = [
  'address', // the peer's address as logged, port allowed
  'forwarded', // X-Forwarded-For or Forwarded, whole
  'host', // authority or virtual host
  'method',
  'target', // request target as sent: origin, absolute or authority form, undecoded
  'protocol', // "HTTP/1.1"
  'referrer',
  'agent', // User-Agent
  'principal', // authenticated user
  'session', // session id or cookie value
  'credential', // API key or token id
  'request', // the whole request line, where it could not be split in method, target and protocol
] as const;
export type Field = (typeof FIELDS)[number];

/** Index of a field's start in {@link RawExchange.spans}; its end stands one further. */
export const F = Object.fromEntries(FIELDS.map((name, i) => [name, i * 2])) as { readonly [K in Field]: number };

/** What a logged time means (design, invariant 2). */
export type TimeMeaning = 'start' | 'end';

export const EXCHANGE = 0;
export const BUSINESS = 1;

export class RawExchange {
  /** The bytes that all spans point into. Parsers may unescape in place: what they hand on is final. */
  buf: Uint8Array = new Uint8Array(0);
  /** Start and end per field; start === end means absent. "-" counts as absent: parsers leave it out. */
  readonly spans = new Int32Array(FIELDS.length * 2);
  /** {@link EXCHANGE} or {@link BUSINESS}. */
  kind = EXCHANGE;
  /** Unix time in milliseconds, as logged; NaN when the line carries none. {@link timeMeaning} says of what. */
  timeMs = Number.NaN;
  timeMeaning: TimeMeaning = 'end';
  /** Whole duration of the exchange in milliseconds, −1 when not logged. */
  durationMs = -1;
  /** HTTP status; 0 when not logged or never sent. */
  status = 0;
  /** Response bytes, −1 when not logged. */
  bytes = -1;
  /** For {@link BUSINESS}: the event's name, such as `login.failed`; '' otherwise. */
  business = '';
  /** For {@link BUSINESS}: an amount of money in minor units of its currency, or −1. */
  amountMinor = -1;
  /** The door knows that this principal or credential was accepted before: it need not wait for the answer. */
  proven = false;

  reset(buf: Uint8Array): void {
    this.buf = buf;
    this.spans.fill(0);
    this.kind = EXCHANGE;
    this.timeMs = Number.NaN;
    this.timeMeaning = 'end';
    this.durationMs = -1;
    this.status = 0;
    this.bytes = -1;
    this.business = '';
    this.amountMinor = -1;
    this.proven = false;
  }

  set(field: number, start: number, end: number): void {
    this.spans[field] = start;
    this.spans[field + 1] = end;
  }

  /** A field as a string, '' when absent: for reports and tests, not for the hot path. */
  text(field: number): string {
    return utf8.decode(this.buf.subarray(this.spans[field], this.spans[field + 1]));
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: false });
