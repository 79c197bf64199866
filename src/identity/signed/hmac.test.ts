import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signatures } from '../../config/signing.ts';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../../enrich/kinds.ts';
import { ReplayGuard } from '../replay.ts';
import { hmacScheme } from './hmac.ts';
import { asked, filesOf, hmacSettings, NOW, presentedOf } from './testing.ts';

const OLD = 'old-secret-of-acme-1';
const NEW = 'new-secret-of-acme-2';
const FILES = filesOf({ OLD, NEW });
const SETTINGS = {
  name: 'partners',
  path: '/partner/**',
  keys: [
    {
      id: 'acme',
      secrets: [{ env: 'NEW' }, { env: 'OLD' }],
      principal: 'acme-bot',
      partner: 'acme',
      plan: 'gold',
      scopes: ['orders'],
    },
    { id: 'ended', secrets: [{ env: 'OLD' }], expires: '2026-01-01' },
    { id: 'home', secrets: [{ env: 'OLD' }], networks: ['198.51.100.0/24'] },
  ],
};

interface Signing {
  readonly key?: string;
  readonly secret?: string;
  readonly atMs?: number;
  readonly nonce?: string;
  readonly body?: string;
  readonly target?: string;
}

/** A request as a client of the default style signs it. */
function signed({
  key = 'acme',
  secret = NEW,
  atMs = NOW,
  nonce = 'n-1',
  body = '{"amount":5}',
  target,
}: Signing = {}) {
  const request = presentedOf({ body: Buffer.from(body), ...(target === undefined ? {} : { target }) });
  const time = String(Math.floor(atMs / 1000));
  const digest = createHash('sha256').update(body).digest('hex');
  const text = [request.method, request.host, request.target, time, nonce, digest].join('\n');
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  return {
    ...request,
    headers: ['X-Key-Id', key, 'X-Timestamp', time, 'X-Nonce', nonce, 'X-Signature', signature],
  };
}

const scheme = (more: object = {}, capacity = 100) =>
  hmacScheme(hmacSettings({ ...SETTINGS, ...more }), FILES, new ReplayGuard({ capacity }));

describe('HMAC-signed requests', () => {
  it('prove the owner of the key, with either of its secrets', async () => {
    const desk = scheme();
    expect(await asked(desk, signed())).toMatchObject({
      scheme: AUTH_SCHEME.hmac,
      outcome: AUTH_OUTCOME.accepted,
      principal: 'acme-bot',
      credential: 'acme',
      partner: 'acme',
      plan: 'gold',
      role: ROLE.service,
      scopes: ['orders'],
    });
    expect(await asked(desk, signed({ secret: OLD, nonce: 'n-2' }))).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
  });

  it('are looked at on their paths only', async () => {
    expect(await asked(scheme(), signed({ target: '/public' }))).toBeNull();
    expect(await asked(scheme(), presentedOf())).toBeNull();
    expect(await asked(scheme({ path: '/partner/orders' }), signed())).not.toBeNull();
    expect(await asked(scheme({ path: '/partner' }), signed())).toBeNull();
  });

  it.each([
    ['a changed body', { ...signed(), body: Buffer.from('{"amount":6}') }, AUTH_OUTCOME.signature],
    ['a changed target', { ...signed(), target: '/partner/orders?dry=0' }, AUTH_OUTCOME.signature],
    ['a changed method', { ...signed(), method: 'PUT' }, AUTH_OUTCOME.signature],
    ['another host', { ...signed(), host: 'other.example.com' }, AUTH_OUTCOME.signature],
    ['another secret', signed({ secret: 'a-secret-of-nobody' }), AUTH_OUTCOME.signature],
    ['an unknown key', signed({ key: 'nobody' }), AUTH_OUTCOME.unknown],
    ['an old time', signed({ atMs: NOW - 301_000 }), AUTH_OUTCOME.expired],
    ['a time ahead', signed({ atMs: NOW + 301_000 }), AUTH_OUTCOME.early],
    ['an expired key', signed({ key: 'ended', secret: OLD }), AUTH_OUTCOME.expired],
    ['a key from elsewhere', signed({ key: 'home', secret: OLD }), AUTH_OUTCOME.binding],
    ['a huge nonce', signed({ nonce: 'n'.repeat(201) }), AUTH_OUTCOME.oversized],
    ['no time', { ...signed(), headers: signed().headers.toSpliced(2, 2) }, AUTH_OUTCOME.malformed],
    ['two keys', { ...signed(), headers: [...signed().headers, 'x-key-id', 'acme'] }, AUTH_OUTCOME.malformed],
    ['a signature that is not hex', { ...signed(), headers: signed().headers.with(7, 'zz') }, AUTH_OUTCOME.malformed],
  ])('with %s are refused', async (_, request, outcome) => {
    const caller = await asked(scheme(), request);
    expect(caller).toMatchObject({ outcome, principal: '' });
    expect(caller?.detail).not.toBe('');
  });

  it('count once, however their signature is written', async () => {
    const desk = scheme();
    const request = signed();
    expect(await asked(desk, request)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    const upper = { ...request, headers: request.headers.with(7, request.headers[7].toUpperCase()) };
    const replayed = { outcome: AUTH_OUTCOME.replayed, flags: FLAG.REPLAYED, principal: '', credential: 'acme' };
    expect(await asked(desk, upper)).toMatchObject(replayed);
    expect(await asked(desk, { ...request, nowMs: NOW + 300_000 })).toMatchObject(replayed);
    expect(await asked(desk, { ...request, nowMs: NOW + 300_001 })).toMatchObject({ outcome: AUTH_OUTCOME.expired });
  });

  it('without nonces count once by their signature', async () => {
    const desk = scheme({
      nonce: 'none',
      parts: ['method', 'host', 'target', 'timestamp', { header: 'x-nonce' }, 'body_hash'],
    });
    const request = signed();
    expect(await asked(desk, request)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    const upper = { ...request, headers: request.headers.with(7, request.headers[7].toUpperCase()) };
    expect(await asked(desk, upper)).toMatchObject({ outcome: AUTH_OUTCOME.replayed });
  });

  it('are refused where nonces cannot be remembered, and forged ones take no room', async () => {
    const desk = scheme({}, 1);
    await asked(desk, signed({ secret: 'a-secret-of-nobody', nonce: 'forged' }));
    expect(await asked(desk, signed({ nonce: 'a' }))).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(desk, signed({ nonce: 'b' }))).toMatchObject({ outcome: AUTH_OUTCOME.unavailable });
  });

  it('can be signed in the ways of other services', async () => {
    const desk = scheme({
      headers: { key: 'X-Api', timestamp: 'X-When', signature: 'X-Sig' },
      parts: ['timestamp', 'path', 'query', 'key', 'body'],
      separator: '.',
      hash: 'sha512',
      encoding: 'base64',
      prefix: 'v1=',
      timestamp: 'iso8601',
      nonce: 'none',
    });
    const when = new Date(NOW).toISOString();
    const text = `${when}./partner/orders.dry=1.acme.{"amount":5}`;
    const signature = `v1=${createHmac('sha512', NEW).update(text).digest('base64')}`;
    const headers = ['X-Api', 'acme', 'X-When', when, 'X-Sig', signature];
    expect(await asked(desk, presentedOf({ headers }))).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
  });

  it('must sign what makes them unique', () => {
    const result = signatures.safeParse({ hmac: [{ ...SETTINGS, parts: ['method', 'timestamp'] }] });
    expect(result.error?.issues[0].message).toContain('nonce');
  });
});

describe('AWS Signature Version 4', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
  const desk = () =>
    hmacScheme(
      hmacSettings({
        name: 'aws',
        style: 'aws_sigv4',
        region: 'us-east-1',
        service: 'service',
        keys: [{ id: 'AKIDEXAMPLE', secrets: [{ env: 'AWS' }], principal: 'cron' }],
      }),
      filesOf({ AWS: secret }),
      new ReplayGuard({ capacity: 10 }),
    );
  const vector = (target: string, signature: string, scope = 'us-east-1/service') =>
    presentedOf({
      method: 'GET',
      target,
      host: 'example.amazonaws.com',
      body: null,
      nowMs: Date.parse('2015-08-30T12:36:00Z'),
      headers: [
        'X-Amz-Date',
        '20150830T123600Z',
        'Authorization',
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/${scope}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
      ],
    });
  // get-vanilla and get-vanilla-query-order-key-case of AWS's published test suite.
  const vanilla = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
  const query = 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500';

  it.each([
    ['/', vanilla],
    ['/?Param2=value2&Param1=value1', query],
  ])('accepts the published signature of %s', async (target, signature) => {
    expect(await asked(desk(), vector(target, signature))).toMatchObject({
      outcome: AUTH_OUTCOME.accepted,
      principal: 'cron',
      credential: 'AKIDEXAMPLE',
    });
  });

  it.each([
    ['another target', vector('/other', vanilla), AUTH_OUTCOME.signature],
    ['another service', vector('/', vanilla, 'us-east-1/s3'), AUTH_OUTCOME.audience],
    ['a later hour', { ...vector('/', vanilla), nowMs: Date.parse('2015-08-30T13:36:00Z') }, AUTH_OUTCOME.expired],
    ['half an Authorization', { ...vector('/', ''), nowMs: NOW }, AUTH_OUTCOME.malformed],
  ])('refuses %s', async (_, request, outcome) => {
    expect(await asked(desk(), request)).toMatchObject({ outcome });
  });
});
