/**
 * JA4 of a TLS client (FoxIO, "JA4: TLS Client Fingerprinting", BSD 3-Clause): a short text that is the same for one client
 * software however it shuffles its extensions. It proves nothing about who somebody is; it can show that software is not
 * what it calls itself. The other fingerprints of that family have no open licence and are not made here.
 */
import { createHash } from 'node:crypto';
import { HANDSHAKE_CLASS } from '../../enrich/kinds.ts';
import { type ClientHello, isGrease } from './client-hello.ts';

const VERSIONS: Readonly<Record<number, string>> = {
  772: '13',
  771: '12',
  770: '11',
  769: '10',
  768: 's3',
  2: 's2',
};
const SERVER_NAME = 0x0000;
const ALPN = 0x0010;
const NOTHING = '000000000000';

/** `t13d1516h2_8daaf6152771_e5627efa2ab1` of a connection over TCP. */
export function ja4(hello: ClientHello): string {
  const ciphers = hello.ciphers.filter((c) => !isGrease(c));
  const extensions = hello.extensions.filter((e) => !isGrease(e));
  const head = [
    't',
    VERSIONS[hello.version] ?? '00',
    hello.hasServerName ? 'd' : 'i',
    two(ciphers.length),
    two(extensions.length),
    alpnOf(hello.alpn),
  ].join('');
  const counted = extensions.filter((e) => e !== SERVER_NAME && e !== ALPN);
  const signatures = hello.signatureAlgorithms.filter((s) => !isGrease(s)).map(hex);
  const tail = [sorted(counted), ...(signatures.length > 0 ? [signatures.join(',')] : [])].join('_');
  return `${head}_${short(sorted(ciphers))}_${counted.length === 0 ? NOTHING : short(tail)}`;
}

const two = (n: number): string => String(Math.min(99, n)).padStart(2, '0');
const hex = (n: number): string => n.toString(16).padStart(4, '0');
const sorted = (values: readonly number[]): string => values.map(hex).sort().join(',');
const short = (text: string): string =>
  text === '' ? NOTHING : createHash('sha256').update(text).digest('hex').slice(0, 12);

/** First and last character of the first name; where they are no letters or digits, of its hexadecimal form. */
function alpnOf(name: string): string {
  if (name === '') return '00';
  const ends = name[0] + name[name.length - 1];
  if (/^[0-9A-Za-z]{2}$/.test(ends)) return ends;
  const text = Buffer.from(name, 'latin1').toString('hex');
  return text[0] + text[text.length - 1];
}

/** Extensions that only Firefox sends together: delegated credentials and a record size limit. */
const FIREFOX = [0x0022, 0x001c];

/**
 * Which kind of software shakes hands like this, by what libraries do not do by themselves. A browser behind a proxy that
 * opens TLS looks like that proxy's library: that is why this is evidence of inconsistency and no more.
 */
export function handshakeClass(hello: ClientHello): number {
  const { extensions } = hello;
  if (hello.grease || FIREFOX.every((e) => extensions.includes(e))) return HANDSHAKE_CLASS.browser;
  return HANDSHAKE_CLASS.library;
}

/** What a trusted edge passed on: a JA4, or nothing. Its parts must have the form of one; hashes may be the raw lists. */
export function readJa4(text: string): string {
  return /^[tqd][0-9sd]{2}[di]\d{4}[0-9a-zA-Z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/.test(text) ? text : '';
}
