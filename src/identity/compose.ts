/** From the configuration to a desk: the only place that knows all schemes. */
import { resolve } from 'node:path';
import type { IdentitySettings } from '../config/identity.ts';
import { ROLE } from '../enrich/kinds.ts';
import {
  type CertificateRule,
  createCertificateReader,
  createCertificates,
  UNREADABLE,
} from './certificates/certificates.ts';
import { createClaimed } from './claimed.ts';
import type { ClientCertificate, Desk, Presented } from './contract.ts';
import { createCookies } from './cookies/cookies.ts';
import { createDesk, type Watch } from './desk.ts';
import { createForward } from './forward.ts';
import { createFetcher, type Fetcher } from './http.ts';
import { Bindings } from './jwt/binding.ts';
import { Dpop } from './jwt/dpop.ts';
import { createJwt } from './jwt/jwt.ts';
import { readKeyFile } from './keys/file.ts';
import { bearerKeys, createKeys, type KeyScheme } from './keys/keys.ts';
import { type KeyTable, keyTable } from './keys/table.ts';
import { createMint, type MintOptions, publicSet } from './opaque/mint.ts';
import { createOpaque } from './opaque/opaque.ts';
import { Namer } from './pseudonym.ts';
import { ReplayGuard, type ReplayPort } from './replay.ts';
import type { Revocations, Scheme } from './scheme.ts';
import { keyFiles, signedSchemes } from './signed/index.ts';
import { issuerFrom, mintFrom, opaqueFrom, type TokenParts } from './tokens.ts';
import { createFixationWatch } from './watch/fixation.ts';
import { createMovedWatch } from './watch/moved.ts';
import { createRefreshWatch } from './watch/refresh.ts';

export interface IdentityOptions {
  /** Folder of the configuration: paths are relative to it. */
  readonly baseDir: string;
  /** The installation's secret: at least 16 bytes. */
  readonly secret: Buffer;
  /** How issuers are asked; over undici when left out. */
  readonly fetch?: Fetcher;
  /** Every connection comes from an edge of ours; else only those with `trustedPeer` of {@link Presented}. */
  readonly trustsEdge?: boolean;
  /** What was used once: of this process when left out. */
  readonly replay?: ReplayPort;
  /** What counts no more: a list of this process when left out. */
  readonly revocations?: Revocations;
  /** Further schemes: they come first. */
  readonly schemes?: readonly Scheme[];
  /** What else looks at requests, such as what remembers tokens to revoke them at their issuer. */
  readonly watches?: readonly Watch[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onDefect?: (scheme: string, error: unknown) => void;
}

/** A desk with what only its composer can do. */
export interface IdentityDesk extends Desk {
  /**
   * Reads API keys again, from this configuration and its files: what is not there any more counts no more with the next
   * request. SallyportError SP7510 or SP7511 leaves the keys before in force. Everything else needs a new desk.
   */
  update(settings: IdentitySettings): void;
  /** Public keys of inner tokens, for upstreams that check them. */
  innerKeys(): Promise<{ readonly keys: readonly object[] }>;
}

/** What several schemes are made with. */
interface Parts extends TokenParts {
  readonly settings: IdentitySettings;
  readonly options: IdentityOptions;
  readonly namer: Namer;
  readonly replay: ReplayPort;
  readonly bindings: Bindings;
  readonly isKey: (token: string) => boolean;
}

/**
 * Puts the desk together. SallyportError SP7510 or SP7511 for API keys, SP7512 for keys and secrets that cannot be used, and
 * what schemes of signed requests raise (SP76xx).
 */
export function identityFrom(settings: IdentitySettings, options: IdentityOptions): IdentityDesk {
  const files = keyFiles(options.baseDir, options.env ?? process.env);
  const own = options.fetch === undefined ? createFetcher() : null;
  const replay = options.replay ?? new ReplayGuard();
  const { certificates } = settings;
  const header = certificates === undefined || certificates.header === 'none' ? '' : certificates.header;
  const read = createCertificateReader(header, options.trustsEdge ?? false);
  const certificate = (presented: Presented): ClientCertificate | null => {
    const found = read(presented);
    return found === UNREADABLE ? null : found;
  };
  const parts: Parts = {
    settings,
    options,
    files,
    keyHeaders: settings.credential_headers,
    fetch: options.fetch ?? (own as ReturnType<typeof createFetcher>).fetch,
    namer: new Namer(options.secret),
    replay,
    bindings: new Bindings({ dpop: dpopFrom(settings, options.secret, replay), certificate }),
    isKey: settings.keys === undefined ? () => false : bearerKeys(settings.keys.prefix, settings.keys.bearer),
  };
  const keys = keysFrom(parts);
  const mint = settings.inner_token === undefined ? null : mintFrom(parts, settings.inner_token);
  const schemes: Scheme[] = [
    ...(options.schemes ?? []),
    ...signedSchemes(settings, files, replay),
    ...tokenSchemes(parts),
  ];
  if (keys !== null) schemes.push(keys);
  if (certificates !== undefined)
    schemes.push(createCertificates({ rules: certificates.entries.map(ruleOf), header, read }));
  schemes.push(cookiesFrom(parts), createClaimed(parts.namer));
  const desk = createDesk({
    schemes,
    watches: [...watchesFrom(parts, certificate), ...(options.watches ?? [])],
    revocations: options.revocations,
    keyHeaders: settings.credential_headers,
    removed: removedFrom(settings, header),
    dress: dressFrom(settings, mint),
    onDefect: options.onDefect,
  });
  return composed(desk, keys, mint, parts, own);
}

function composed(
  desk: Desk,
  keys: KeyScheme | null,
  mint: MintOptions | null,
  { options }: Parts,
  own: ReturnType<typeof createFetcher> | null,
): IdentityDesk {
  return {
    needsBody: (presented) => desk.needsBody(presented),
    identify: (presented) => desk.identify(presented),
    answered: (presented, caller, answer) => desk.answered(presented, caller, answer),
    revoke: (credential, untilMs) => desk.revoke(credential, untilMs),
    restore: (credential) => desk.restore(credential),
    update: (settings) => keys?.update(tableFrom(settings, options)),
    innerKeys: () => publicSet(mint?.sign ?? null),
    async close() {
      await desk.close();
      await own?.close();
    },
  };
}

function tableFrom(settings: IdentitySettings, { baseDir, secret }: IdentityOptions): KeyTable {
  const { keys } = settings;
  if (keys === undefined) return new Map();
  return keyTable([...keys.entries, ...keys.files.flatMap((name) => readKeyFile(resolve(baseDir, name)))], secret);
}

function keysFrom({ settings, options, isKey }: Parts): KeyScheme | null {
  const { keys } = settings;
  if (keys === undefined) return null;
  return createKeys({ table: tableFrom(settings, options), secret: options.secret, prefix: keys.prefix, isKey });
}

/** JWTs first: what looks like one is never asked about elsewhere. */
function tokenSchemes(parts: Parts): Scheme[] {
  const { settings, bindings, replay, namer, isKey } = parts;
  const issuers = settings.jwt.map((entry) => issuerFrom(parts, entry));
  const schemes: Scheme[] = [];
  const name = (token: string): string => namer.name('token', token);
  const only = settings.introspection === undefined;
  const common = { bindings, name, isKey, maxBytes: settings.token_bytes, cached: settings.cached_tokens };
  if (issuers.length > 0) schemes.push(createJwt({ ...common, issuers, replay, only }));
  if (settings.introspection !== undefined)
    schemes.push(createOpaque({ ...common, ...opaqueFrom(parts, settings.introspection, issuers) }));
  return schemes;
}

function dpopFrom({ dpop }: IdentitySettings, secret: Buffer, replay: ReplayPort): Dpop | null {
  if (dpop === undefined) return null;
  const { algorithms, max_age_s, future_s, origins, nonce } = dpop;
  return new Dpop({
    algorithms,
    maxAgeMs: max_age_s * 1000,
    futureMs: future_s * 1000,
    origins,
    nonce,
    secret,
    replay,
  });
}

function cookiesFrom({ settings, files, namer }: Parts): Scheme {
  const signed = settings.cookies.map(({ name, kind, proves, secrets }) => {
    const texts = secrets.map((source) => files.secret(source));
    return [name, { kind, proves, secrets: texts }] as const;
  });
  const names = [...new Set([...signed.map(([name]) => name), ...settings.session_cookies])];
  return createCookies({ names, signed: new Map(signed), namer, cached: settings.cached_tokens });
}

function watchesFrom(parts: Parts, certificate: (presented: Presented) => ClientCertificate | null): Watch[] {
  const { settings, namer } = parts;
  const { refresh, device_header, session_cookies, cookies } = settings;
  const watches: Watch[] = [
    createFixationWatch([...new Set([...cookies.map(({ name }) => name), ...session_cookies])]),
    createMovedWatch({ certificate, deviceHeader: device_header?.toLowerCase() ?? '' }),
  ];
  const { token_endpoints: endpoints, remember_s, grace_s } = refresh;
  if (endpoints.length > 0)
    watches.push(createRefreshWatch({ endpoints, rememberMs: remember_s * 1000, graceMs: grace_s * 1000, namer }));
  return watches;
}

/** Headers that only we or an edge may write. */
function removedFrom({ forward }: IdentitySettings, edgeHeader: string): string[] {
  const names = Object.values(forward).filter((name) => name !== undefined);
  return [...names, ...(edgeHeader === '' ? [] : [edgeHeader])].map((name) => name.toLowerCase());
}

function dressFrom({ forward }: IdentitySettings, mint: MintOptions | null): Parameters<typeof createDesk>[0]['dress'] {
  const told = Object.values(forward).some((name) => name !== undefined) ? createForward(forward) : null;
  const minted = mint === null ? null : createMint(mint);
  if (told === null && minted === null) return undefined;
  return (caller, nowMs) => {
    const dressed = minted === null ? caller : minted(caller, nowMs);
    if (told === null) return dressed;
    return dressed instanceof Promise ? dressed.then(told) : told(dressed);
  };
}

function ruleOf(entry: NonNullable<IdentitySettings['certificates']>['entries'][number]): CertificateRule {
  const { thumbprint = '', subject = '', name = '', issuer = '', serial = '', role, ...rest } = entry;
  const hex = /^[A-Za-z0-9_-]{43}$/.test(thumbprint) ? '' : thumbprint.replaceAll(':', '');
  const digest = hex === '' ? thumbprint : Buffer.from(hex, 'hex').toString('base64url');
  return { ...rest, thumbprint: digest, subject, name, issuer, serial, role: ROLE[role] };
}
