/**
 * Certificates besides those of listeners: authorities that clients, upstreams and receivers are verified with, and what the
 * gateway itself shows to receivers of events. From their end on connections fail, and nobody has changed anything.
 */
import { createPrivateKey, type X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { filesOf, type NamedFile } from '../../config/files.ts';
import { pathText } from '../../config/locate.ts';
import { endOf, endsSoon, readChain, unusable } from './certificates.ts';
import { type Examination, type Finding, fail, ok, reasonOf, warn } from './finding.ts';

/** Certificates read from one file. */
const MAX_AUTHORITIES = 1000;
/** A longer list is one of public authorities: some of them have always ended, and others take their place. */
const MAX_OWN = 20;

/** Findings about every such file of the configuration. */
export function authorityFindings({ loaded, now }: Examination): Finding[] {
  const files = filesOf(loaded.config);
  const folder = dirname(loaded.file ?? '.');
  return files.flatMap(({ path, name }) => {
    const key = path.at(-1);
    const label = `${pathText(path)} (${name})`;
    try {
      if (key === 'ca' || key === 'client_ca') return [judged(label, resolve(folder, name), now())];
      if (key !== 'cert' || path[0] === 'listen') return [];
      return [shown(label, resolve(folder, name), resolve(folder, keyOf(files, path)), now())];
    } catch (error) {
      return [fail('tls', `${label}: cannot be used (${reasonOf(error)})`, 'It is a PEM file with certificates.')];
    }
  });
}

/** The private key that is named beside a certificate. */
function keyOf(files: readonly NamedFile[], path: NamedFile['path']): string {
  const beside = pathText([...path.slice(0, -1), 'key']);
  return files.find((file) => pathText(file.path) === beside)?.name ?? '';
}

/** Authorities that others are verified with. */
function judged(label: string, file: string, nowMs: number): Finding {
  const all = readChain(file, MAX_AUTHORITIES);
  const left = all.filter(({ validTo }) => Date.parse(validTo) > nowMs);
  const advice = 'Add the authority that takes its place: what it has signed is refused from its end on.';
  if (left.length === 0) {
    const what = all.length === 1 ? `ended on ${endOf(all[0])}` : `all ${all.length} authorities have ended`;
    return fail('tls', `${label}: ${what}`, advice);
  }
  const next = earliest(left);
  if (all.length > MAX_OWN) return ok('tls', `${label}: ${left.length} of ${all.length} authorities count`);
  if (left.length < all.length) {
    const gone = all.filter((one) => !left.includes(one));
    return warn(
      'tls',
      `${label}: ${gone.length} of ${all.length} ${gone.length === 1 ? 'has' : 'have'} ended (${nameOf(gone[0])})`,
      advice,
    );
  }
  const which = all.length === 1 ? label : `${label}, ${nameOf(next)}`;
  return endsSoon(which, next, nowMs, advice) ?? ok('tls', `${label}: valid until ${endOf(next)}`);
}

/** A certificate that we show. */
function shown(label: string, cert: string, key: string, nowMs: number): Finding {
  const [leaf] = readChain(cert);
  const secret = createPrivateKey(readFileSync(key));
  return (
    unusable(label, leaf, secret, nowMs, 'Renew it: the receiver refuses it.') ??
    endsSoon(label, leaf, nowMs, 'Renew it now: from its end on the receiver takes no event.') ??
    ok('tls', `${label}: valid until ${endOf(leaf)}`)
  );
}

const earliest = (all: readonly X509Certificate[]): X509Certificate =>
  all.reduce((first, one) => (Date.parse(one.validTo) < Date.parse(first.validTo) ? one : first));

/** The common name of its subject, or all of it in one line. */
const nameOf = ({ subject }: X509Certificate): string =>
  /(?:^|\n)CN=(.+)/.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');
