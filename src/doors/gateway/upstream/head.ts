/** The head of an answer on its way back: from undici's raw buffers to a list without what is meant for us alone. */
import type { HeaderList } from '../contract.ts';

export interface AnswerHead {
  /** End-to-end headers: order, case and repetition as they came. */
  readonly headers: HeaderList;
  /** Content-Length; −1 where there is none. */
  readonly length: number;
  /** A stream of events: without an end, and to be passed on at once. */
  readonly eventStream: boolean;
  /** Transfer-Encoding was something else than "chunked": the body is coded in a way nobody here has undone. */
  readonly coded: boolean;
  /** There is a Trailer header: it may only go on where trailers can. */
  readonly announcesTrailers: boolean;
}

const NEVER: readonly string[] = [];

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

/** Hop-by-hop headers by length of their name, so that most names are never compared. */
const HOP_BY_LENGTH: readonly (readonly string[])[] = (() => {
  const byLength: string[][] = Array.from({ length: 32 }, () => []);
  const names = ['connection', 'keep-alive', 'proxy-connection', 'te', 'upgrade', 'transfer-encoding'];
  for (const name of [...names, 'proxy-authenticate', 'proxy-authorization']) byLength[name.length].push(name);
  return byLength;
})();

function isHop(name: string): boolean {
  const candidates = HOP_BY_LENGTH[name.length] ?? NEVER;
  return candidates.length > 0 && candidates.includes(name.toLowerCase());
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
  let connection = '';
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i].toString('latin1');
    const value = raw[i + 1].toString('latin1');
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (bodiless) continue;
      length = Number(value);
    } else if (name.length === 12 && name.toLowerCase() === 'content-type') {
      eventStream = value.length >= 17 && value.slice(0, 17).toLowerCase() === 'text/event-stream';
    } else if (isHop(name)) {
      const lower = name.toLowerCase();
      if (lower === 'connection') connection = connection === '' ? value : `${connection},${value}`;
      else if (lower === 'transfer-encoding' && value.trim().toLowerCase() !== 'chunked') coded = true;
      continue;
    }
    if (name.length === 7 && name.toLowerCase() === 'trailer') announcesTrailers = true;
    headers.push(name, value);
  }
  if (connection !== '') headers = withoutNamed(headers, connection);
  return { headers, length, eventStream, coded, announcesTrailers };
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
