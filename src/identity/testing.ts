/** Support for tests of identity: requests, issuers that answer from memory, and the table of the identity matrix. */
import { generateKeyPairSync, hash, type KeyObject, randomUUID, sign } from 'node:crypto';
import { exportJWK, type JWK, type JWTPayload, SignJWT } from 'jose';
import type { IdentitySettings } from '../config/identity.ts';
import { configSchema } from '../config/schema.ts';
import { FLAG } from '../enrich/facts.ts';
import { AUTH_OUTCOME } from '../enrich/kinds.ts';
import { type IdentityDesk, type IdentityOptions, identityFrom } from './compose.ts';
import type { AccessRefusal, Caller, Desk, Presented } from './contract.ts';
import type { Ask, Fetcher, Told } from './http.ts';

/** When tests happen: 2026-01-15T12:00:00Z. */
export const NOW = Date.UTC(2026, 0, 15, 12);
export const NOW_SEC = NOW / 1000;
export const SECRET = Buffer.from('0123456789abcdef0123456789abcdef');

/** A GET of https://api.example/orders?page=1 with these headers, and whatever else is said. */
export function request(headers: readonly string[] = [], over: Partial<Presented> = {}): Presented {
  return {
    method: 'GET',
    target: '/orders?page=1',
    scheme: 'https',
    host: 'api.example',
    headers: ['Host', 'api.example', 'User-Agent', 'tests', ...headers],
    certificate: null,
    body: null,
    address: '192.0.2.7',
    nowMs: NOW,
    ...over,
  };
}

export const bearer = (token: string, over: Partial<Presented> = {}): Presented =>
  request(['Authorization', `Bearer ${token}`], over);

/** The identity section as a configuration gives it. */
export function settingsOf(identity: unknown): IdentitySettings {
  return configSchema.parse({ identity }).identity;
}

/** A desk of the identity section, with the secret of tests and no folder unless `options` say otherwise. */
export function deskFrom(identity: unknown, options: Partial<IdentityOptions> = {}): IdentityDesk {
  return identityFrom(settingsOf(identity), { baseDir: '.', secret: SECRET, ...options });
}

/** Asks a desk who shows this bearer token. */
export function askerOf(desk: Desk): (token: string, nowMs?: number) => Promise<Caller> {
  return async (token, nowMs = NOW) => desk.identify(bearer(token, { nowMs }));
}

/** A key pair of an issuer or client, with its public half as it is published. */
export interface TestKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
  readonly kid: string;
  readonly alg: string;
}

export async function testKey(alg: 'ES256' | 'RS256' | 'EdDSA' = 'ES256', kid = `${alg}-1`): Promise<TestKey> {
  const { privateKey, publicKey } =
    alg === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : alg === 'EdDSA'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }, kid, alg };
}

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'https://api.example';

/** Settings of {@link ISSUER}, whose keys these are. */
export function issuerOf(...keys: readonly TestKey[]) {
  return { issuer: ISSUER, audience: [AUDIENCE], jwks: { keys: keys.map(({ jwk }) => jwk) } };
}

/** Claims of a good token for an hour; what is given stands instead, undefined leaves out. */
export function goodClaims(over: JWTPayload = {}): JWTPayload {
  const claims = {
    iss: ISSUER,
    aud: AUDIENCE,
    sub: 'user-1',
    jti: randomUUID(),
    iat: NOW_SEC - 10,
    exp: NOW_SEC + 3600,
    scope: 'orders:read orders:write',
  };
  return { ...claims, ...over };
}

export function signed(
  key: TestKey,
  claims: JWTPayload = goodClaims(),
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: key.alg, kid: key.kid, ...header }).sign(key.privateKey);
}

/** A DPoP proof for a request; claims that are given stand instead. */
export async function proofFor(
  key: TestKey,
  token: string,
  presented: Presented,
  over: JWTPayload = {},
  header: Record<string, unknown> = {},
): Promise<string> {
  const { kid: _kid, alg: _alg, use: _use, ...jwk } = key.jwk;
  const claims = {
    jti: randomUUID(),
    htm: presented.method,
    htu: `${presented.scheme}://${presented.host}${presented.target.split('?')[0]}`,
    iat: Math.floor(presented.nowMs / 1000),
    ath: hash('sha256', token, 'base64url'),
  };
  return new SignJWT({ ...claims, ...over })
    .setProtectedHeader({ alg: key.alg, typ: 'dpop+jwt', jwk, ...header })
    .sign(key.privateKey);
}

/** An issuer in memory: what it answers by URL, and what it was asked. Questions for anything else are rejected. */
export function fakeIssuer(answers: Record<string, (ask: Ask) => Partial<Told> | Promise<Partial<Told>>>): {
  readonly fetch: Fetcher;
  readonly asked: Ask[];
} {
  const asked: Ask[] = [];
  return {
    asked,
    async fetch(ask) {
      asked.push(ask);
      const answer = answers[ask.url];
      if (answer === undefined) throw new Error(`nobody answers at ${ask.url}`);
      return { status: 200, mediaType: 'application/json', text: '', ...(await answer(ask)) };
    },
  };
}

/** What may go wrong with a credential: columns of the identity matrix. */
export const CASES = [
  'valid',
  'expired',
  'audience',
  'algorithm',
  'replayed',
  'revoked',
  'bound elsewhere',
  'oversized',
  'garbage',
] as const;
export type MatrixCase = (typeof CASES)[number];

/** One cell: what is sent, what the desk is to find, and what a client is to read. */
export interface MatrixCell {
  /** In order; the last one is judged. */
  readonly requests: readonly Presented[];
  /** Called before the last request: revokes what the others have shown. */
  readonly before?: (desk: Desk, earlier: readonly Caller[]) => void;
  /** AUTH_OUTCOME and bits of FLAG. */
  readonly outcome: number;
  readonly flags?: number;
  /** The problem document; null where the request goes on. */
  readonly problem: Pick<AccessRefusal, 'status' | 'code'> | null;
}

/** A cell that makes no sense for a scheme, with the reason. */
export interface NoCell {
  readonly value: null;
  readonly reason: string;
}

/** One row: a scheme. */
export interface MatrixRow {
  readonly scheme: string;
  /** A fresh desk, and the cells for it. */
  make(): Promise<{ readonly desk: Desk; readonly cells: Readonly<Record<MatrixCase, MatrixCell | NoCell>> }>;
}

export const noCell = (reason: string): NoCell => ({ value: null, reason });

/** The problems that the matrix expects. */
export const PROBLEMS = {
  refused: { status: 401, code: 'SP7502' },
  expired: { status: 401, code: 'SP7503' },
  unreadable: { status: 400, code: 'SP7506' },
  bound: { status: 401, code: 'SP7507' },
} as const;

/** What cells come to: the same for most schemes. */
export const COMES_TO = {
  valid: { outcome: AUTH_OUTCOME.accepted, problem: null },
  expired: { outcome: AUTH_OUTCOME.expired, problem: PROBLEMS.expired },
  audience: { outcome: AUTH_OUTCOME.audience, problem: PROBLEMS.refused },
  algorithm: { outcome: AUTH_OUTCOME.algorithm, problem: PROBLEMS.refused },
  forged: { outcome: AUTH_OUTCOME.signature, problem: PROBLEMS.refused },
  unknown: { outcome: AUTH_OUTCOME.unknown, problem: PROBLEMS.refused },
  replayed: { outcome: AUTH_OUTCOME.replayed, flags: FLAG.REPLAYED, problem: PROBLEMS.refused },
  bound: { outcome: AUTH_OUTCOME.binding, flags: FLAG.BOUND_ELSEWHERE, problem: PROBLEMS.bound },
  oversized: { outcome: AUTH_OUTCOME.oversized, problem: PROBLEMS.unreadable },
  garbage: { outcome: AUTH_OUTCOME.malformed, problem: PROBLEMS.unreadable },
} as const;

/** What comes of the last request, if what the first one showed was revoked until then: Unix ms, 0 for ever. */
export function revokedUntil(untilMs: number): Omit<MatrixCell, 'requests'> {
  const before = (desk: Desk, [caller]: readonly Caller[]): void => desk.revoke(caller.credential, untilMs);
  return { before, outcome: AUTH_OUTCOME.revoked, problem: PROBLEMS.refused };
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const { length } = body;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), body]);
}

/** PEM of a certificate that signs itself, made anew: with one common name, for acme.example, until `to` (YYYYMMDDHHMMSSZ). */
export function selfSigned(commonName: string, to = '21200101000000Z'): string {
  const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
  const algorithm = der(0x30, oid('2a8648ce3d040302'));
  const name = der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(commonName)))));
  const names = der(0x30, der(0x82, Buffer.from('acme.example')), der(0x86, Buffer.from('spiffe://acme/billing,1')));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([0x0a, 0xbc])),
    algorithm,
    name,
    der(0x30, der(0x18, Buffer.from('20200101000000Z')), der(0x18, Buffer.from(to))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, der(0x30, oid('551d11'), der(0x04, names)))),
  );
  const bits = Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]);
  const base64 = der(0x30, body, algorithm, der(0x03, bits)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}
