/** Mutual TLS: certificates and whom they stand for. */
import { AUTH_OUTCOME, AUTH_SCHEME } from '../../enrich/kinds.ts';
import { Cache } from '../cache.ts';
import type { Caller, ClientCertificate, Presented } from '../contract.ts';
import { digestOf } from '../pseudonym.ts';
import { headerOf } from '../read.ts';
import { callerOf, type Scheme } from '../scheme.ts';
import { fromClientCert, fromXfcc, MAX_CERTIFICATE_HEADER } from './read.ts';

/** Whom certificates stand for. All that is given has to fit; texts may contain * for anything. */
export interface CertificateRule {
  readonly thumbprint: string;
  readonly subject: string;
  readonly name: string;
  readonly issuer: string;
  readonly serial: string;
  readonly principal: string;
  readonly partner: string;
  readonly plan: string;
  readonly role: number;
  readonly scopes: readonly string[];
}

/** How an edge passes certificates on; '' where nothing does. */
export type EdgeHeader = '' | 'client-cert' | 'x-forwarded-client-cert';

/** Certificates kept parsed, in one generation, and how long, in ms. */
const MAX_PARSED = 5000;
const PARSED_MS = 3_600_000;
/** A header that could not be read. */
export const UNREADABLE = Symbol('unreadable');

/**
 * The client's certificate of a request: the one TLS has proven, else the one that an edge tells of. `trustsEdge`: every
 * connection comes from an edge; else only those with `trustedPeer`.
 */
export function createCertificateReader(
  header: EdgeHeader,
  trustsEdge: boolean,
): (presented: Presented) => ClientCertificate | null | typeof UNREADABLE {
  const cache = new Cache<ClientCertificate | typeof UNREADABLE>(MAX_PARSED);
  return (presented) => {
    if (presented.certificate !== null || header === '') return presented.certificate;
    if (!trustsEdge && presented.trustedPeer !== true) return null;
    const value = headerOf(presented.headers, header);
    if (value === '') return null;
    if (value.length > MAX_CERTIFICATE_HEADER) return UNREADABLE;
    const digest = digestOf(value);
    const known = cache.get(digest, presented.nowMs);
    if (known !== undefined) return known;
    const read = (header === 'client-cert' ? fromClientCert(value) : fromXfcc(value)) ?? UNREADABLE;
    cache.set(digest, read, presented.nowMs + PARSED_MS);
    return read;
  };
}

const { accepted, malformed, oversized, unknown, expired, early } = AUTH_OUTCOME;
const fails = (outcome: number, detail: string): Caller => callerOf(AUTH_SCHEME.certificate, outcome, { detail });
const MALFORMED = fails(malformed, 'the certificate cannot be read');
const OVERSIZED = fails(oversized, 'the certificate is too long');

/** The scheme `certificates`. */
export function createCertificates(options: {
  readonly rules: readonly CertificateRule[];
  readonly header: EdgeHeader;
  readonly read: (presented: Presented) => ClientCertificate | null | typeof UNREADABLE;
}): Scheme {
  const rules = options.rules.map((rule) => ({ rule, fits: fitter(rule) }));
  const known = new Cache<Caller>(MAX_PARSED);
  return {
    name: 'certificates',
    companion: true,
    present: (presented) => options.read(presented) !== null,
    identify(presented) {
      const certificate = options.read(presented);
      if (certificate === null) return fails(AUTH_OUTCOME.missing, '');
      if (certificate === UNREADABLE) {
        const long = headerOf(presented.headers, options.header).length > MAX_CERTIFICATE_HEADER;
        return long ? OVERSIZED : MALFORMED;
      }
      const { thumbprint, fromMs, untilMs } = certificate;
      const credential = thumbprint;
      if (untilMs !== 0 && untilMs <= presented.nowMs)
        return { ...fails(expired, 'the certificate has expired'), credential };
      if (fromMs > presented.nowMs) return { ...fails(early, 'the certificate is not valid yet'), credential };
      let caller = known.get(thumbprint, presented.nowMs);
      if (caller === undefined) {
        const rule = rules.find(({ fits }) => fits(certificate))?.rule;
        caller =
          rule === undefined
            ? { ...fails(unknown, 'the certificate stands for nobody here'), credential }
            : mapped(rule, certificate);
        known.set(thumbprint, caller, presented.nowMs + PARSED_MS);
      }
      return caller;
    },
    close() {},
  };
}

function mapped(rule: CertificateRule, { thumbprint, subject, untilMs }: ClientCertificate): Caller {
  const common = /(?:^|,)CN=((?:[^,\\]|\\.)*)/.exec(subject)?.[1] ?? '';
  const { partner, plan, role, scopes } = rule;
  const principal = rule.principal === '$cn' ? common : rule.principal;
  return callerOf(AUTH_SCHEME.certificate, accepted, {
    principal,
    credential: thumbprint,
    partner,
    plan,
    role,
    scopes,
    untilMs,
  });
}

function fitter(rule: CertificateRule): (certificate: ClientCertificate) => boolean {
  const subject = globOf(rule.subject);
  const name = globOf(rule.name);
  const issuer = globOf(rule.issuer);
  const serial = rule.serial.replace(/[: ]/g, '').toUpperCase();
  return (certificate) =>
    (rule.thumbprint === '' || rule.thumbprint === certificate.thumbprint) &&
    (subject === null || subject(certificate.subject)) &&
    (name === null || certificate.names.some(name)) &&
    (issuer === null || issuer(certificate.issuer)) &&
    (serial === '' || serial === certificate.serial.toUpperCase());
}

/** * stands for anything. In linear time: the parts between stars are looked for one after the other. */
function globOf(pattern: string): ((text: string) => boolean) | null {
  if (pattern === '') return null;
  const parts = pattern.split('*');
  if (parts.length === 1) return (text) => text === pattern;
  const [head] = parts;
  const tail = parts[parts.length - 1];
  const inner = parts.slice(1, -1);
  return (text) => {
    if (text.length < head.length + tail.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    const end = text.length - tail.length;
    let at = head.length;
    for (const part of inner) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}
