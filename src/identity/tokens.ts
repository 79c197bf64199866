/** Settings of issuers, introspection and inner tokens, made ready. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import type { IdentitySettings } from '../config/identity.ts';
import { AUTH_SCHEME, ROLE } from '../enrich/kinds.ts';
import { SallyportError } from '../lib/errors.ts';
import type { ClaimMap } from './claims.ts';
import type { Fetcher } from './http.ts';
import { Issuer } from './jwt/issuer.ts';
import { publicKeys, RemoteKeys } from './jwt/jwks.ts';
import type { MintKey, MintOptions } from './opaque/mint.ts';
import type { OpaqueOptions } from './opaque/opaque.ts';
import type { KeyFiles } from './signed/index.ts';

type JwtSettings = IdentitySettings['jwt'][number];
type IntrospectionSettings = NonNullable<IdentitySettings['introspection']>;
type InnerSettings = NonNullable<IdentitySettings['inner_token']>;

/** What tokens are made ready with. */
export interface TokenParts {
  readonly files: KeyFiles;
  readonly fetch: Fetcher;
  /** Headers that carry keys. */
  readonly keyHeaders: readonly string[];
}

/** Least length of a shared secret for HS256 and the like, in bytes (RFC 7518, 3.2). */
const MIN_SECRET_BYTES = 32;

const wrong = (what: string): SallyportError => new SallyportError('SP7512', what);

function mapOf(settings: JwtSettings | IntrospectionSettings): ClaimMap {
  const roles = new Map(Object.entries(settings.roles).map(([name, role]) => [name, ROLE[role]]));
  return { names: settings.claims, roles, role: ROLE[settings.role], prefix: settings.principal_prefix };
}

export function issuerFrom(parts: TokenParts, settings: JwtSettings): Issuer {
  return new Issuer({
    issuer: settings.issuer,
    audience: settings.audience,
    algorithms: settings.algorithms,
    keys: keysOf(parts, settings),
    toleranceSec: settings.clock_tolerance_s,
    typ: settings.typ,
    maxAgeSec: settings.max_age_s,
    singleUse: settings.single_use,
    map: mapOf(settings),
  });
}

function keysOf({ files, fetch }: TokenParts, settings: JwtSettings): RemoteKeys | JSONWebKeySet | Uint8Array {
  const { secret, jwks, jwks_file, jwks_url, issuer } = settings;
  if (secret !== undefined) {
    const bytes = files.secret(secret);
    if (bytes.length < MIN_SECRET_BYTES)
      throw wrong(`the shared secret of ${issuer} has less than ${MIN_SECRET_BYTES} bytes`);
    return new Uint8Array(bytes);
  }
  if (jwks !== undefined) return keySet(jwks, `the keys of ${issuer}`);
  if (jwks_file !== undefined) return keySet(files.pem(jwks_file), jwks_file);
  return new RemoteKeys({
    jwksUrl: jwks_url,
    issuer,
    fetch,
    timeoutMs: settings.timeout_s * 1000,
    ttlMs: settings.jwks_ttl_s * 1000,
    staleMs: settings.jwks_stale_s * 1000,
    coolDownMs: settings.jwks_cool_down_s * 1000,
  });
}

function keySet(value: unknown, named: string): JSONWebKeySet {
  try {
    const set = publicKeys(typeof value === 'string' ? JSON.parse(value) : value);
    if (set.keys.length > 0) return set;
  } catch {
    // The sentence below says what is wanted.
  }
  throw wrong(`${named}: not a JSON key set with public keys`);
}

/** Times until a key set of signed introspection answers is fetched again, and the longest it goes on, in ms. */
const ANSWER_KEYS = { ttlMs: 600_000, staleMs: 86_400_000, coolDownMs: 30_000 };

export function opaqueFrom(
  { files, fetch }: TokenParts,
  settings: IntrospectionSettings,
  issuers: readonly Issuer[],
): Pick<OpaqueOptions, 'endpoint' | 'map' | 'audience' | 'cacheMs' | 'negativeMs' | 'maxPending'> {
  const { url, auth, client_id: clientId, client_secret, timeout_s, answer, jwks_url: jwksUrl, issuer } = settings;
  const timeoutMs = timeout_s * 1000;
  const keys = jwksUrl === undefined ? null : new RemoteKeys({ jwksUrl, fetch, timeoutMs, ...ANSWER_KEYS });
  const clientSecret = files.secret(client_secret).toString('utf8');
  return {
    endpoint: { url, auth, clientId, clientSecret, timeoutMs, answer, issuers, keys, issuer, fetch },
    map: mapOf(settings),
    audience: settings.audience,
    cacheMs: settings.cache_s * 1000,
    negativeMs: settings.negative_cache_s * 1000,
    maxPending: settings.concurrency,
  };
}

export function mintFrom({ files, keyHeaders }: TokenParts, settings: InnerSettings): MintOptions {
  const { sign_key, sign_algorithm, encrypt_key, encrypt_secret, kid } = settings;
  let encrypt: MintOptions['encrypt'] = null;
  if (encrypt_secret !== undefined)
    encrypt = { key: contentKey(files, encrypt_secret), alg: 'dir', enc: 'A256GCM', kid };
  else if (encrypt_key !== undefined) encrypt = recipient(pemKey(files, encrypt_key, createPublicKey), encrypt_key);
  return {
    sign:
      sign_key === undefined ? null : signer(pemKey(files, sign_key, createPrivateKey), sign_key, sign_algorithm, kid),
    encrypt,
    issuer: settings.issuer,
    audience: settings.audience,
    ttlMs: settings.ttl_s * 1000,
    header: settings.header.toLowerCase(),
    schemes: settings.schemes.map((name) => AUTH_SCHEME[name]),
    outside: ['authorization', 'dpop', ...keyHeaders.map((name) => name.toLowerCase())],
  };
}

function contentKey(files: KeyFiles, source: Parameters<KeyFiles['secret']>[0]): Uint8Array {
  const bytes = Buffer.from(files.secret(source).toString('latin1').trim(), 'base64');
  if (bytes.length !== 32) throw wrong('identity.inner_token.encrypt_secret is not base64 of 32 bytes');
  return new Uint8Array(bytes);
}

function pemKey(files: KeyFiles, name: string, read: (pem: string) => KeyObject): KeyObject {
  const pem = files.pem(name);
  try {
    return read(pem);
  } catch {
    throw wrong(`${name}: not a PEM file with the key that is needed`);
  }
}

const KINDS: Readonly<Record<string, string>> = { ES256: 'ec', EdDSA: 'ed25519', RS256: 'rsa', PS256: 'rsa' };

function signer(key: KeyObject, name: string, alg: string, kid: string): MintKey {
  if (key.asymmetricKeyType !== KINDS[alg]) throw wrong(`${name}: not a key for ${alg}`);
  return { key, alg, kid };
}

function recipient(key: KeyObject, name: string): NonNullable<MintOptions['encrypt']> {
  const type = key.asymmetricKeyType;
  if (type !== 'rsa' && type !== 'ec') throw wrong(`${name}: neither an RSA nor an EC key`);
  // The upstream recognises the key by its hash, whatever it calls it itself.
  const kid = createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url')
    .slice(0, 16);
  return { key, alg: type === 'rsa' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW', enc: 'A256GCM', kid };
}
