/** What others are told of a revocation, whoever has asked for it: a policy or an operator. */
import { resolve } from 'node:path';
import type { IdentitySettings } from '../../../config/identity.ts';
import { AUTH_SCHEME } from '../../../enrich/kinds.ts';
import { readKeyFile } from '../../../identity/keys/file.ts';
import type { Target } from '../../../identity/revocation/list.ts';
import type { Revoked } from '../../../identity/revocation/ssf/transmitter.ts';

/** What is known of a credential besides its name. */
export interface Known {
  /** Who issued it, where it is a token; '' where that is not known. */
  readonly issuer: string;
  /** AUTH_SCHEME; 0 where that is not known, as with operators. */
  readonly scheme: number;
  /** Whom it proves; '' where that is not known. */
  readonly principal: string;
}

export const NOTHING_KNOWN: Known = { issuer: '', scheme: AUTH_SCHEME.none, principal: '' };

/** The part of an announcement that says what it is about. */
export type Subject = Omit<Revoked, 'reason' | 'atMs' | 'initiatedBy'>;

/** `credential_type` of `credential-change` (CAEP 1.0, 3.3.1), where there is a word for it, and our own. */
const TYPES: Readonly<Record<number, string>> = {
  [AUTH_SCHEME.key]: 'api-key',
  [AUTH_SCHEME.certificate]: 'x509',
  [AUTH_SCHEME.hmac]: 'signing-key',
  [AUTH_SCHEME.signature]: 'signing-key',
};
/** SHA-256 in base64url: how certificates are named. */
const THUMBPRINT = /^[A-Za-z0-9_-]{43}$/;
/** How tokens and sessions are named whose real name is a secret: nobody else knows them by it. */
const OUR_NAME = /^(token|session|key)-[A-Za-z0-9_-]{22}$/;

/** What is told of a target; null where it can be named to nobody. */
export function announced(target: Target, known: Known, settings: IdentitySettings, baseDir: string): Subject | null {
  if (target.kind === 'principal') return { principal: target.id, issuer: target.issuer };
  if (target.kind !== 'credential') return { [target.kind]: target.id };
  const { id } = target;
  if (OUR_NAME.test(id)) return null;
  const { scheme, principal } = known;
  if (known.issuer !== '') return { credential: id, issuer: known.issuer };
  const type = TYPES[scheme];
  if (type !== undefined) return changed(id, type, principal);
  // A verdict knows what it was: a cookie, say, that is nothing to anybody else.
  if (scheme !== AUTH_SCHEME.none) return null;
  const key = ownerOf(id, settings, baseDir);
  if (key !== null) return changed(id, 'api-key', key);
  if (settings.certificates !== undefined && THUMBPRINT.test(id)) return changed(id, 'x509', '');
  const issuer = onlyIssuer(settings);
  return issuer === null ? changed(id, 'credential', '') : { credential: id, issuer };
}

const changed = (id: string, type: string, principal: string): Subject => ({
  what: 'credentialChange',
  credential: id,
  changed: { type, name: id },
  ...(principal !== '' && { principal }),
});

/** Whom a key of the configuration proves, '' for nobody; null where there is no such key. Files are read as they are now. */
function ownerOf(id: string, { keys }: IdentitySettings, baseDir: string): string | null {
  const known = keys?.entries.find((entry) => entry.id === id);
  if (known !== undefined) return known.principal ?? '';
  for (const name of keys?.files ?? []) {
    try {
      const found = readKeyFile(resolve(baseDir, name)).find((entry) => entry.id === id);
      if (found !== undefined) return found.principal ?? '';
    } catch {
      // A file that cannot be read is told of at the reload; what is revoked is revoked.
    }
  }
  return null;
}

/** The one that all tokens are of, '' where there are several; null where there are no tokens. */
function onlyIssuer({ jwt, introspection }: IdentitySettings): string | null {
  const issuers = new Set(jwt.map(({ issuer }) => issuer));
  if (introspection !== undefined) issuers.add(introspection.issuer);
  if (issuers.size === 0) return null;
  return issuers.size === 1 ? [...issuers][0] : '';
}
