/** The certificates that the gateway shows: dates, chain, key, names, strength. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { days } from '../../lib/units.ts';
import { type Examination, type Finding, fail, ok, reasonOf, warn } from './finding.ts';
import { CERTIFICATE_SOON_MS } from './upstreams.ts';

/** Certificates read from one file. */
const MAX_CHAIN = 10;
/** Shorter RSA keys are refused by browsers and by OpenSSL's defaults, in bits. */
const LEAST_RSA_BITS = 2048;

/** Findings about every listener with TLS. */
export function certificateFindings({ loaded, now }: Examination): Finding[] {
  const { listen, clients } = loaded.config;
  const folder = dirname(loaded.file ?? '.');
  const secure = [listen].flat().flatMap((entry) => (typeof entry === 'object' && entry.tls ? [entry] : []));
  if (secure.length === 0) return [ok('tls', 'no listener speaks TLS')];
  return secure.map((entry) => {
    const { cert, key, min_version } = entry.tls as NonNullable<typeof entry.tls>;
    const label = `listener ${entry.address} (${cert})`;
    try {
      const chain = readChain(resolve(folder, cert));
      const secret = createPrivateKey(readFileSync(resolve(folder, key)));
      return judged(label, chain, secret, clients.hosts, min_version, now());
    } catch (error) {
      const advice = 'cert is a PEM file with the certificate first, key a PEM file with its private key.';
      return fail('tls', `${label}: cannot be used (${reasonOf(error)})`, advice);
    }
  });
}

/** The certificates of a PEM file, `most` at most. Throws where there is none, or one cannot be read. */
export function readChain(path: string, most = MAX_CHAIN): X509Certificate[] {
  const blocks = readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('there is no certificate in it');
  return blocks.slice(0, most).map((block) => new X509Certificate(block));
}

/** Day of its end, as 2026-12-31. */
export const endOf = ({ validTo }: X509Certificate): string => new Date(validTo).toISOString().slice(0, 10);

/** What keeps a certificate and its key from being used today; null for nothing. */
export function unusable(
  label: string,
  leaf: X509Certificate,
  secret: KeyObject,
  nowMs: number,
  refused: string,
): Finding | null {
  if (!leaf.checkPrivateKey(secret)) {
    const advice = 'Name the key that the certificate was made for.';
    return fail('tls', `${label}: the key is not that of the certificate`, advice);
  }
  if (Date.parse(leaf.validTo) <= nowMs) return fail('tls', `${label}: ended on ${endOf(leaf)}`, refused);
  if (Date.parse(leaf.validFrom) > nowMs) {
    return fail('tls', `${label}: counts from ${leaf.validFrom} on only`, 'Is the clock of this machine right?');
  }
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < LEAST_RSA_BITS) {
    return fail('tls', `${label}: its key has ${bits} bits`, `Have one made with ${LEAST_RSA_BITS} bits, or ECDSA.`);
  }
  return null;
}

/** That a certificate ends soon; null where it does not. */
export function endsSoon(label: string, leaf: X509Certificate, nowMs: number, advice: string): Finding | null {
  const leftMs = Date.parse(leaf.validTo) - nowMs;
  if (leftMs >= CERTIFICATE_SOON_MS) return null;
  return warn('tls', `${label}: ends on ${endOf(leaf)}, in ${Math.floor(leftMs / days(1))} days`, advice);
}

function judged(
  label: string,
  chain: readonly X509Certificate[],
  secret: KeyObject,
  hosts: readonly string[],
  minVersion: string,
  nowMs: number,
): Finding {
  const [leaf] = chain;
  const pressing =
    unusable(label, leaf, secret, nowMs, 'Renew it: clients refuse it.') ??
    endsSoon(label, leaf, nowMs, 'Renew it now.');
  if (pressing !== null) return pressing;
  const gap = chainGap(chain);
  if (gap !== null) return warn('tls', `${label}: ${gap}`, 'Put the certificates in between behind the first one.');
  const uncovered = hosts.map((host) => host.replace(/:\d+$/, '')).filter((host) => !covers(leaf, host));
  if (uncovered.length > 0) {
    const advice = 'Have a certificate made for these names, or take them out of clients.hosts.';
    return warn('tls', `${label}: is not for ${uncovered.slice(0, 3).join(', ')}`, advice);
  }
  return ok('tls', `${label}: valid until ${endOf(leaf)}, ${minVersion} or newer`);
}

/** A wildcard of ours is covered by the same wildcard of theirs. */
function covers(leaf: X509Certificate, host: string): boolean {
  return leaf.checkHost(host.replace(/^\*\./, 'any.')) !== undefined;
}

/** What is missing between the certificate and an authority; null for nothing, or where it is its own. */
function chainGap(chain: readonly X509Certificate[]): string | null {
  for (let i = 0; i + 1 < chain.length; i++) {
    if (!chain[i].checkIssued(chain[i + 1])) return `certificate ${i + 1} was not issued by the one after it`;
  }
  const last = chain[chain.length - 1];
  if (last.issuer === last.subject) return null;
  // Reading all of them takes some milliseconds: only the doctor does it.
  const known = rootCertificates.some((pem) => new X509Certificate(pem).subject === last.issuer);
  return known ? null : 'its issuer is no authority that clients know, and does not stand in the file';
}
