/**
 * What the server behind learns about the way a request took: X-Forwarded-*, Forwarded (RFC 7239), Via (RFC 9110, 7.6.3)
 * and Host. What a peer says counts only if it is one of our own proxies; what strangers say about themselves is replaced.
 */
import type { Caller } from '../../../identity/contract.ts';
import type { HeaderList } from '../contract.ts';
import type { Admitted } from './admit.ts';
import { equalsFolded, KIND, kindOf } from './names.ts';

/** How this gateway calls itself in Via: a pseudonym, because its host name is nobody's business. */
export const VIA_NAME = 'sallyport';

/** What trusted proxies said. One object, filled again for each request. */
const said = { forwardedFor: '', proto: '', host: '', forwarded: '', via: '' };

/**
 * The headers the upstream is to see, as a new list: those of the request that are end to end, with one Host, and the
 * forwarding headers set anew (stranger) or added to (trusted proxy).
 */
export function upstreamHeaders(inbound: Admitted): HeaderList {
  const from = inbound.headers;
  const out: HeaderList = [];
  said.forwardedFor = '';
  said.proto = '';
  said.host = '';
  said.forwarded = '';
  said.via = '';
  if (inbound.host !== '') out.push('host', inbound.host);
  for (let i = 0; i + 1 < from.length; i += 2) {
    const name = from[i];
    const kind = kindOf(name);
    if (kind === KIND.other || kind === KIND.cookie || kind === KIND.contentLength || kind === KIND.te) {
      const value = kind === KIND.cookie ? withoutOurs(from[i + 1]) : from[i + 1];
      if (value !== '' || from[i + 1] === '') out.push(name, value);
    } else if (kind !== KIND.host) note(kind, name, from[i + 1], inbound.trusted, out);
  }
  write(inbound, out);
  return out;
}

/** Cookies know no ports: a browser that is signed in to the admin listener would show its session to the upstream. */
function withoutOurs(cookies: string): string {
  if (cookies.indexOf('sallyport_admin') < 0) return cookies;
  return cookies
    .split(/;\s*/)
    .filter((cookie) => !cookie.startsWith('sallyport_admin'))
    .join('; ');
}

function joined(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}

/** Keeps what counts of a forwarding header; the rest is dropped. */
function note(kind: number, name: string, value: string, trusted: boolean, out: HeaderList): void {
  if (kind === KIND.via) said.via = joined(said.via, value);
  if (!trusted) return;
  // An underscore where a dash belongs: no proxy writes that, but an application may believe it.
  if (name.indexOf('_') >= 0) return;
  if (kind === KIND.forwardedFor) said.forwardedFor = joined(said.forwardedFor, value);
  else if (kind === KIND.forwarded) said.forwarded = joined(said.forwarded, value);
  else if (kind === KIND.forwardedProto) said.proto = said.proto === '' ? value : said.proto;
  else if (kind === KIND.forwardedHost) said.host = said.host === '' ? value : said.host;
  else if (kind === KIND.forwardedOther) out.push(name, value);
}

function write(inbound: Admitted, out: HeaderList): void {
  const { peer, host, scheme } = inbound;
  // Where a proxy tells the way in one of both notations only, a new header in the other would begin with the proxy, and
  // an application that prefers it would take the proxy for the client.
  const onlyNew = said.forwarded !== '' && said.forwardedFor === '';
  const onlyOld = said.forwardedFor !== '' && said.forwarded === '';
  if (!onlyNew) out.push('x-forwarded-for', joined(said.forwardedFor, peer));
  out.push('x-forwarded-proto', protoOf(said.proto, scheme));
  const forwardedHost = said.host === '' ? host : said.host;
  if (forwardedHost !== '') out.push('x-forwarded-host', forwardedHost);
  if (!onlyOld) out.push('forwarded', joined(said.forwarded, element(peer, host, scheme)));
  out.push('via', joined(said.via, viaEntry(inbound.protocol)));
}

/** A proxy may say http or https; anything else would be passed to applications that build links from it. */
function protoOf(value: string, scheme: string): string {
  return equalsFolded(value, 'https') || equalsFolded(value, 'http') ? value : scheme;
}

/** One element of Forwarded. Addresses with colons and hosts with ports are quoted (RFC 7239, 6). */
function element(peer: string, host: string, scheme: string): string {
  const node = peer.indexOf(':') < 0 ? (peer === '' ? 'unknown' : peer) : `"[${peer}]"`;
  if (host === '') return `for=${node};proto=${scheme}`;
  const quoted = host.indexOf(':') < 0 ? host : `"${host}"`;
  return `for=${node};host=${quoted};proto=${scheme}`;
}

/** This hop as an element of Via, for a message received in `protocol` (`HTTP/1.1`). */
export function viaEntry(protocol: string): string {
  if (protocol === 'HTTP/1.1') return VIA_1_1;
  return protocol === 'HTTP/2.0' ? VIA_2 : VIA_1_0;
}

const VIA_1_0 = `1.0 ${VIA_NAME}`;
const VIA_1_1 = `1.1 ${VIA_NAME}`;
const VIA_2 = `2 ${VIA_NAME}`;

/** What the upstream sees of a request whose caller we know: what was proven, and not what proved it. */
export function dressed(headers: HeaderList, { added, removed }: Caller): HeaderList {
  if (removed.length === 0 && added.length === 0) return headers;
  const kept = headers.filter((_, i) => !removed.includes(headers[i - (i % 2)].toLowerCase()));
  return [...kept, ...added];
}
