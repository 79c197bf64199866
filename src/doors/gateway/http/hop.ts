/** Hop-by-hop header fields (RFC 9110, 7.6.1): they mean one connection, and a gateway does not pass them on. */
import type { HeaderList } from '../contract.ts';
import { equalsFolded, KIND, kindOf } from './names.ts';

/** Names that one `Connection` may list. Browsers send one or two. */
export const MAX_CONNECTION_OPTIONS = 16;

/** What a `Connection` header says. */
export interface ConnectionOptions {
  close: boolean;
  upgrade: boolean;
  /** Names of fields in small letters that go no further, besides the known ones; null for none. */
  names: string[] | null;
  /** Too many options, or one that would take away the framing or the host of the message. */
  invalid: boolean;
}

export function createConnectionOptions(): ConnectionOptions {
  return { close: false, upgrade: false, names: null, invalid: false };
}

/** Reads one `Connection` value into `out`, adding to what is there. */
export function readConnection(value: string, out: ConnectionOptions): void {
  // Nearly all requests have one of three values.
  if (equalsFolded(value, 'keep-alive')) return;
  if (equalsFolded(value, 'close')) out.close = true;
  else if (equalsFolded(value, 'upgrade')) out.upgrade = true;
  else readOptions(value, out);
}

function readOptions(value: string, out: ConnectionOptions): void {
  const options = value.toLowerCase().split(',', MAX_CONNECTION_OPTIONS + 1);
  if (options.length > MAX_CONNECTION_OPTIONS) out.invalid = true;
  for (const option of options) {
    const name = option.trim();
    if (name === '' || name === 'keep-alive') continue;
    if (name === 'close') out.close = true;
    else if (name === 'upgrade') out.upgrade = true;
    else addName(name, out);
  }
}

function addName(name: string, out: ConnectionOptions): void {
  const kind = kindOf(name);
  // Known ones are removed anyway; taking these away would change where the message ends or for whom it is.
  if (kind === KIND.host || kind === KIND.contentLength || kind === KIND.transferEncoding) {
    out.invalid = true;
  } else if (kind !== KIND.hop && kind !== KIND.te) {
    if (out.names === null) out.names = [name];
    else out.names.push(name);
  }
}

/** Removes the fields that `names` (in small letters) lists, in place. */
export function removeNamed(headers: HeaderList, names: readonly string[]): void {
  let to = 0;
  for (let i = 0; i < headers.length; i += 2) {
    if (names.includes(headers[i].toLowerCase())) continue;
    headers[to++] = headers[i];
    headers[to++] = headers[i + 1];
  }
  headers.length = to;
}

const options = createConnectionOptions();

/**
 * Takes the hop-by-hop fields out of an answer's headers, in place: the known ones and those that its `Connection` lists.
 * Content-Length stays: it is end to end. Allocates nothing unless `Connection` lists names.
 */
export function stripHopByHop(headers: HeaderList): void {
  options.names = null;
  let to = 0;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const kind = kindOf(headers[i]);
    if (kind === KIND.connection) readConnection(headers[i + 1], options);
    else if (!isHop(kind)) {
      headers[to++] = headers[i];
      headers[to++] = headers[i + 1];
    }
  }
  headers.length = to;
  if (options.names !== null) removeNamed(headers, options.names);
}

function isHop(kind: number): boolean {
  return kind === KIND.hop || kind === KIND.te || kind === KIND.upgrade || kind === KIND.transferEncoding;
}

/** True where a `TE` value says that trailers are welcome (RFC 9110, 10.1.4). */
export function wantsTrailers(value: string): boolean {
  if (equalsFolded(value, 'trailers')) return true;
  return value
    .toLowerCase()
    .split(',')
    .some((item) => item.trim() === 'trailers');
}

/** Joins the crumbs that HTTP/2 may cut a cookie into, as HTTP/1.1 wants it (RFC 9113, 8.2.3), in place. */
export function joinCookies(headers: HeaderList): void {
  let first = -1;
  let to = 0;
  for (let i = 0; i < headers.length; i += 2) {
    if (kindOf(headers[i]) === KIND.cookie) {
      if (first >= 0) {
        headers[first + 1] += `; ${headers[i + 1]}`;
        continue;
      }
      first = to;
    }
    headers[to++] = headers[i];
    headers[to++] = headers[i + 1];
  }
  headers.length = to;
}
