/**
 * How a client begins HTTP/2: what it sets (RFC 9113, 6.5.2), how large a window it gives the whole connection, in which order
 * it names what a request is about (8.3.1). The protocol leaves all of it to the software, which does it the same every time.
 * The form of the text is our own; what goes into it is what Shuster, Gal and others measured for Akamai ("Passive
 * Fingerprinting of HTTP/2 Clients", Black Hat Europe 2017), but for frames of priority and the order of settings, which Node
 * does not tell.
 */
import { hash } from 'node:crypto';

/** Settings of the other side, with their defaults filled in: Node's `remoteSettings`. */
export interface PeerSettings {
  readonly headerTableSize?: number;
  readonly enablePush?: boolean;
  readonly maxConcurrentStreams?: number;
  readonly initialWindowSize?: number;
  readonly maxFrameSize?: number;
  readonly maxHeaderListSize?: number;
  readonly enableConnectProtocol?: boolean;
}

/** How a client has begun a connection of HTTP/2. */
export interface Http2Start {
  /** `h2_masp_1f0c…`: the order, and 12 hexadecimal digits of SHA-256 over settings and window. */
  readonly fingerprint: string;
  /** Order of pseudo-header fields, a letter each: `masp` for :method, :authority, :scheme, :path. */
  readonly order: string;
}

/** Digits of the hash, as many as JA4 has. */
const DIGITS = 12;
/** Most pseudo-header fields that are looked at: there are four, and `:protocol`. */
const MAX_FIELDS = 6;

/**
 * `windowBytes`: what may be sent on the connection before any of it was acknowledged. `headers`: names and values in turn, as
 * they came.
 */
export function http2Start(settings: PeerSettings, windowBytes: number, headers: readonly string[]): Http2Start {
  const values = [
    settings.headerTableSize,
    settings.enablePush === undefined ? undefined : Number(settings.enablePush),
    settings.maxConcurrentStreams,
    settings.initialWindowSize,
    settings.maxFrameSize,
    settings.maxHeaderListSize,
  ];
  // By their numbers in the protocol; 7 is nothing, 8 is of RFC 8441.
  const texts = values.map((value, i) => `${i + 1}:${value ?? ''}`);
  const text = `${texts.join(',')},8:${Number(settings.enableConnectProtocol ?? false)};${windowBytes}`;
  const order = orderOf(headers);
  return { fingerprint: `h2_${order}_${hash('sha256', text, 'hex').slice(0, DIGITS)}`, order };
}

/** Pseudo-header fields come before all others (RFC 9113, 8.3). */
function orderOf(headers: readonly string[]): string {
  let order = '';
  for (let i = 0; i < headers.length && order.length < MAX_FIELDS; i += 2) {
    const name = headers[i];
    if (name.charCodeAt(0) !== COLON) break;
    order += LETTERS[name] ?? 'x';
  }
  return order;
}

const COLON = 58;
const LETTERS: Readonly<Record<string, string>> = {
  ':method': 'm',
  ':authority': 'a',
  ':scheme': 's',
  ':path': 'p',
  ':protocol': 'r',
};

/**
 * Chrome and Edge, and nothing else that has their name in its agent: Edge before 79, UC and others have other engines.
 * Chromium, `net/spdy/spdy_http_utils.cc`: :method, :authority, :scheme, :path.
 */
const CHROMIUM =
  /^Mozilla\/5\.0 \([^()]{1,200}\) AppleWebKit\/537\.36 \(KHTML, like Gecko\) Chrome\/[\d.]{1,20}( Mobile)? Safari\/537\.36( Edg\/[\d.]{1,20})?$/;
/** Firefox, `netwerk/protocol/http/Http2Compression.cpp`: :method, :path, :authority, :scheme. */
const FIREFOX = /^Mozilla\/5\.0 \([^()]{1,200}; rv:[\d.]{1,10}\) Gecko\/[\d.]{1,20} Firefox\/[\d.]{1,20}$/;
const CHROMIUM_ORDER = 'masp';
const FIREFOX_ORDER = 'mpas';

/**
 * Does a request begin as the browser that its User-Agent names never does? Both orders stand in the source of these engines,
 * and have since they speak HTTP/2. Of what else calls itself a browser nothing is said. A proxy that opens TLS begins as
 * its own software, whoever stands behind it: weak evidence, as with TLS.
 */
export function http2Unlike(agent: string, { order }: Http2Start): boolean {
  if (!agent.startsWith('Mozilla/5.0 (')) return false;
  if (CHROMIUM.test(agent)) return order !== CHROMIUM_ORDER;
  return FIREFOX.test(agent) && order !== FIREFOX_ORDER;
}
