/** The head of an answer on its way back: from undici's raw buffers to a list without what is meant for us alone. */
import type { HeaderList, HeadNotes } from '../contract.ts';

export interface AnswerHead extends HeadNotes {
  /** End-to-end headers: order, case and repetition as they came. */
  readonly headers: HeaderList;
  /** Content-Length; −1 where there is none. */
  readonly length: number;
  /** Transfer-Encoding was something else than "chunked": the body is coded in a way nobody here has undone. */
  readonly coded: boolean;
  /** There is a Trailer header: it may only go on where trailers can. */
  readonly announcesTrailers: boolean;
}

/** Headers that are named by Connection go no further (RFC 9110, 7.6.1). */
function withoutNamed(headers: HeaderList, connection: string): HeaderList {
  const named = connection
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'close' && name !== 'keep-alive');
  if (named.length === 0) return headers;
  const kept: HeaderList = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (!named.includes(headers[i].toLowerCase())) kept.push(headers[i], headers[i + 1]);
  }
  return kept;
}

const KIND = { other: 0, hop: 1, connection: 2, coding: 3, length: 4, type: 5, trailer: 6, signal: 7 } as const;
type Kind = (typeof KIND)[keyof typeof KIND];

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ...['keep-alive', 'proxy-connection', 'te', 'upgrade', 'proxy-authenticate', 'proxy-authorization'].map(
    (name) => [name, KIND.hop] as const,
  ),
  ['connection', KIND.connection],
  ['transfer-encoding', KIND.coding],
  ['content-length', KIND.length],
  ['content-type', KIND.type],
  ['trailer', KIND.trailer],
]);

/** A name as a server writes it, and what it means. */
interface Name {
  readonly bytes: Buffer;
  readonly text: string;
  readonly kind: Kind;
}

/** Servers write the same few names again and again: each has its place here, where the next one takes it over. */
const PLACES = 256;
/** Longer names are made anew each time. */
const MAX_NAME = 40;
const names: (Name | undefined)[] = new Array(PLACES);

function nameOf(bytes: Buffer): Name {
  const { length } = bytes;
  if (length === 0 || length > MAX_NAME) return newName(bytes);
  const place = (Math.imul(bytes[0] | 0x20, 31) + Math.imul(bytes[length - 1] | 0x20, 7) + length) & (PLACES - 1);
  const known = names[place];
  if (known !== undefined && isSame(known.bytes, bytes)) return known;
  const name = newName(Buffer.from(bytes));
  names[place] = name;
  return name;
}

function isSame(a: Buffer, b: Buffer): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function newName(bytes: Buffer): Name {
  const text = bytes.toString('latin1');
  const lower = text.toLowerCase();
  return { bytes, text, kind: KINDS.get(lower) ?? (lower.startsWith('sallyport-') ? KIND.signal : KIND.other) };
}

/**
 * Reads a raw head. `bodiless` answers (204) lose a Content-Length that must not be there (RFC 9110, 8.6). Bytes above
 * 0x7f are kept one to one.
 */
export function readHead(raw: readonly Buffer[], bodiless: boolean): AnswerHead {
  let headers: HeaderList = [];
  let length = -1;
  let eventStream = false;
  let coded = false;
  let announcesTrailers = false;
  let signals = false;
  let connection = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const { text, kind } = nameOf(raw[i]);
    if (kind === KIND.hop) continue;
    const value = raw[i + 1].toString('latin1');
    if (kind !== KIND.other) {
      if (kind === KIND.connection) {
        connection = connection === '' ? value : `${connection},${value}`;
        continue;
      }
      if (kind === KIND.coding) {
        if (value.trim().toLowerCase() !== 'chunked') coded = true;
        continue;
      }
      if (kind === KIND.length) {
        if (bodiless) continue;
        length = Number(value);
      } else if (kind === KIND.type) eventStream = value.slice(0, 17).toLowerCase() === 'text/event-stream';
      else if (kind === KIND.trailer) announcesTrailers = true;
      else signals = true;
    }
    headers.push(text, value);
  }
  if (connection !== '' && connection.toLowerCase() !== 'keep-alive') headers = withoutNamed(headers, connection);
  return { headers, length, eventStream, coded, announcesTrailers, signals };
}

/** Takes one header out of a list, in place. */
export function dropHeader(headers: HeaderList, name: string): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    if (headers[i].length === name.length && headers[i].toLowerCase() === name) headers.splice(i, 2);
  }
}

/** Names that must not stand in a trailer: they would change what was already acted on (RFC 9110, 6.5.1). */
const NOT_IN_TRAILERS = new Set([
  ...['transfer-encoding', 'content-length', 'host', 'trailer', 'connection', 'keep-alive', 'te', 'upgrade'],
  ...['content-encoding', 'content-type', 'content-range', 'set-cookie', 'authorization', 'cache-control', 'location'],
  ...['proxy-authenticate', 'proxy-connection', 'www-authenticate', 'age', 'date', 'expires', 'retry-after', 'vary'],
]);

/** Trailers of an answer as pairs, without what must not stand there. */
export function readTrailers(raw: readonly Buffer[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i].toString('latin1');
    if (!NOT_IN_TRAILERS.has(name.toLowerCase())) pairs.push([name, raw[i + 1].toString('latin1')]);
  }
  return pairs;
}
