/**
 * Client certificates: from our own TLS, from `Client-Cert` of an edge (RFC 9440), or from Envoy's
 * X-Forwarded-Client-Cert. Who verified the chain is whoever terminated TLS; here only the time is looked at again.
 */
import { hash, X509Certificate } from 'node:crypto';
import type { ClientCertificate } from '../contract.ts';

/** Longest header value that is looked at, in characters. */
export const MAX_CERTIFICATE_HEADER = 16_384;
/** Names of one certificate that are taken over. */
const MAX_NAMES = 100;

/** What a certificate says, from its DER or PEM form as node:tls and node:crypto hold it. */
export function certificateOf(x509: X509Certificate): ClientCertificate {
  return {
    thumbprint: hash('sha256', x509.raw, 'base64url'),
    subject: rfc4514(x509.subject),
    names: namesOf(x509.subjectAltName ?? ''),
    issuer: rfc4514(x509.issuer),
    serial: x509.serialNumber,
    fromMs: Date.parse(x509.validFrom),
    untilMs: Date.parse(x509.validTo),
  };
}

/** OpenSSL's lines, first to last, as RFC 4514 writes them: last to first, parted by commas. */
function rfc4514(lines: string | undefined): string {
  return (lines ?? '').split('\n').filter(Boolean).reverse().join(',');
}

/** `DNS:a.example, URI:spiffe://…, IP Address:…`: what has a comma in it stands in quotes. */
function namesOf(text: string): string[] {
  const names: string[] = [];
  for (const [, kind, quoted, plain] of text.matchAll(/(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g)) {
    if (names.length >= MAX_NAMES) break;
    names.push(`${kind === 'IP Address' ? 'IP' : kind}:${quoted === undefined ? plain : unquoted(quoted)}`);
  }
  return names;
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    return text;
  }
}

/** `Client-Cert: :MIIC…:` (RFC 9440); null where it is none. */
export function fromClientCert(value: string): ClientCertificate | null {
  const match = /^\s*:([A-Za-z0-9+/]+={0,2}):\s*$/.exec(value);
  return match === null ? null : parsed(Buffer.from(match[1], 'base64'));
}

/**
 * The last element of X-Forwarded-Client-Cert: the one that the nearest proxy has written. With `Cert` everything is known;
 * with `Hash` and names alone that much, and the time not at all.
 */
export function fromXfcc(value: string): ClientCertificate | null {
  const pairs = lastElement(value);
  if (pairs === null) return null;
  const first = (name: string): string => pairs.find(([key]) => key === name)?.[1] ?? '';
  const pem = first('cert');
  if (pem !== '') {
    try {
      return parsed(decodeURIComponent(pem));
    } catch {
      return null;
    }
  }
  const hex = first('hash');
  if (!/^[0-9a-f]{64}$/i.test(hex)) return null;
  const names = pairs.flatMap(([key, text]) =>
    key === 'uri' ? [`URI:${text}`] : key === 'dns' ? [`DNS:${text}`] : [],
  );
  return {
    thumbprint: Buffer.from(hex, 'hex').toString('base64url'),
    subject: first('subject'),
    names: names.slice(0, MAX_NAMES),
    issuer: '',
    serial: '',
    fromMs: 0,
    untilMs: 0,
  };
}

function parsed(certificate: Buffer | string): ClientCertificate | null {
  try {
    return certificateOf(new X509Certificate(certificate));
  } catch {
    return null;
  }
}

/** `Key=value;Key="value, with \" quotes",…`: the pairs of the last element, names in small letters; null where it breaks off. */
function lastElement(text: string): readonly (readonly [string, string])[] | null {
  let pairs: (readonly [string, string])[] = [];
  let at = 0;
  while (at < text.length) {
    const equals = text.indexOf('=', at);
    if (equals < 0) return null;
    const name = text.slice(at, equals).trim().toLowerCase();
    let value = '';
    at = equals + 1;
    if (text[at] === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) {
        if (text[at] === '\\') at++;
        value += text[at] ?? '';
      }
      if (text[at] !== '"') return null;
      at++;
    } else {
      const start = at;
      while (at < text.length && text[at] !== ';' && text[at] !== ',') at++;
      value = text.slice(start, at);
    }
    pairs.push([name, value]);
    if (at < text.length && text[at] !== ';' && text[at] !== ',') return null;
    if (text[at] === ',' && at + 1 < text.length) pairs = [];
    at++;
  }
  return pairs.length === 0 ? null : pairs;
}
