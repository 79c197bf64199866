import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { identity } from '../../../config/identity.ts';
import { AUTH_SCHEME } from '../../../enrich/kinds.ts';
import { newKey } from '../../../identity/keys/format.ts';
import { announced, type Known, NOTHING_KNOWN } from './announcing.ts';

const dir = mkdtempSync(join(tmpdir(), 'sallyport-announcing-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const { hash } = newKey({ id: 'k1', secret: null });
writeFileSync(join(dir, 'more.yaml'), `keys:\n  - { id: k2, principal: billing, hash: "${hash}" }\n`);
const IDP = 'https://idp.example';
const jwt = (issuer: string) => ({ issuer, audience: ['us'], jwks_url: `${issuer}/jwks` });
const settings = identity.parse({
  keys: { entries: [{ id: 'k1', hash }], files: ['more.yaml', 'gone.yaml'] },
  jwt: [jwt(IDP)],
  certificates: {},
});
const THUMBPRINT = 'A'.repeat(43);

const ask = (id: string, known: Partial<Known> = {}, from = settings) =>
  announced({ kind: 'credential', id }, { ...NOTHING_KNOWN, ...known }, from, dir);
const changed = (id: string, type: string, more = {}) => ({
  what: 'credentialChange',
  credential: id,
  changed: { type, name: id },
  ...more,
});

it('a verdict and an operator tell the same of a credential', () => {
  const { key, jwt: token, certificate } = AUTH_SCHEME;
  expect(ask('k1')).toEqual(changed('k1', 'api-key'));
  expect(ask('k1', { scheme: key })).toEqual(ask('k1'));
  expect(ask('k2')).toEqual(changed('k2', 'api-key', { principal: 'billing' }));
  expect(ask('k2', { scheme: key, principal: 'billing' })).toEqual(ask('k2'));
  expect(ask('jti-1')).toEqual({ credential: 'jti-1', issuer: IDP });
  expect(ask('jti-1', { scheme: token, issuer: IDP, principal: 'ann' })).toEqual(ask('jti-1'));
  expect(ask(THUMBPRINT)).toEqual(changed(THUMBPRINT, 'x509'));
  expect(ask(THUMBPRINT, { scheme: certificate })).toEqual(ask(THUMBPRINT));
});

it('who issued a token is what is said, the only one there is, or nobody', () => {
  expect(ask('jti-1', { issuer: 'https://other.example' })).toMatchObject({ issuer: 'https://other.example' });
  const two = identity.parse({ jwt: [jwt(IDP), jwt('https://b.example')] });
  expect(ask('jti-1', {}, two)).toEqual({ credential: 'jti-1', issuer: '' });
  expect(ask('what is it', {}, identity.parse({}))).toEqual(changed('what is it', 'credential'));
});

it('what nobody else knows by this name is not told', () => {
  const ours = `token-${'x'.repeat(22)}`;
  expect(ask(ours, { scheme: AUTH_SCHEME.opaque, issuer: IDP })).toBeNull();
  expect(ask(`session-${'x'.repeat(22)}`)).toBeNull();
  expect(ask('c1', { scheme: AUTH_SCHEME.cookie })).toBeNull();
});

it('users, sessions and devices are told by their names', () => {
  const of = (kind: 'session' | 'device') => announced({ kind, id: 'x' }, NOTHING_KNOWN, settings, dir);
  expect([of('session'), of('device')]).toEqual([{ session: 'x' }, { device: 'x' }]);
  const ann = { kind: 'principal', id: 'ann', issuer: IDP } as const;
  expect(announced(ann, NOTHING_KNOWN, settings, dir)).toEqual({ principal: 'ann', issuer: IDP });
});
