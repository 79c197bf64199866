import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FLAG } from '../../enrich/facts.ts';
import { AUTH_OUTCOME, AUTH_SCHEME, ROLE } from '../../enrich/kinds.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { Presented } from '../contract.ts';
import { ReplayGuard } from '../replay.ts';
import { keyFiles } from './parts.ts';
import { asked, filesOf, NOW, presentedOf, webhookSettings } from './testing.ts';
import { webhookScheme } from './webhooks.ts';

const SECRET = 'a-secret-of-the-shop';
const STANDARD = `whsec_${Buffer.from('a-secret-of-24-bytes-abc').toString('base64')}`;
const BODY = '{"event":"paid","id":7}';
const SECONDS = String(NOW / 1000);
const FILES = filesOf({ SECRET, STANDARD, OLD: 'the-secret-before-it' });
const hmac = (secret: string | Buffer, text: string, hash = 'sha256') => createHmac(hash, secret).update(text);

const hook = (provider: string, more: object = {}) =>
  webhookScheme(
    webhookSettings({
      name: 'shop',
      path: '/hooks/shop',
      provider,
      secrets: [{ env: provider === 'standard' ? 'STANDARD' : 'SECRET' }],
      partner: 'shop-inc',
      ...more,
    }),
    FILES,
    new ReplayGuard({ capacity: 100 }),
  );

const delivery = (headers: readonly string[], known: Partial<Presented> = {}) =>
  presentedOf({ target: '/hooks/shop', body: Buffer.from(BODY), headers, ...known });

const stripe = (text: string) => ['Stripe-Signature', text];
const stripeMac = hmac(SECRET, `${SECONDS}.${BODY}`).digest('hex');
const standardMac = hmac(Buffer.from('a-secret-of-24-bytes-abc'), `msg_1.${SECONDS}.${BODY}`).digest('base64');
const standard = (signature: string) => [
  'webhook-id',
  'msg_1',
  'webhook-timestamp',
  SECONDS,
  'webhook-signature',
  signature,
];
const slackMac = hmac(SECRET, `v0:${SECONDS}:${BODY}`).digest('hex');

const GOOD: readonly [string, Presented][] = [
  ['github', delivery(['X-Hub-Signature-256', `sha256=${hmac(SECRET, BODY).digest('hex')}`])],
  ['stripe', delivery(stripe(`t=${SECONDS},v1=${'0'.repeat(64)},v1=${stripeMac},v0=${'1'.repeat(64)}`))],
  ['slack', delivery(['X-Slack-Signature', `v0=${slackMac}`, 'X-Slack-Request-Timestamp', SECONDS])],
  ['shopify', delivery(['X-Shopify-Hmac-Sha256', hmac(SECRET, BODY).digest('base64')])],
  ['standard', delivery(standard(`v1,${Buffer.alloc(32).toString('base64')} v1,${standardMac} v1a,AAAA`))],
  ['generic', delivery(['X-Signature', hmac(SECRET, BODY).digest('base64')])],
];

describe('webhooks', () => {
  it.each(GOOD)('of %s prove their provider', async (provider, request) => {
    expect(await asked(hook(provider), request)).toMatchObject({
      scheme: AUTH_SCHEME.webhook,
      outcome: AUTH_OUTCOME.accepted,
      principal: 'shop',
      credential: 'webhook:shop',
      partner: 'shop-inc',
      role: ROLE.partner,
      flags: 0,
    });
  });

  it.each(
    GOOD,
  )('of %s are refused with another body, another secret or no secret of ours', async (provider, request) => {
    const refused = { outcome: AUTH_OUTCOME.signature, principal: '' };
    expect(await asked(hook(provider), { ...request, body: Buffer.from('{}') })).toMatchObject(refused);
    expect(await asked(hook(provider, { secrets: [{ env: 'OLD' }] }), request)).toMatchObject(refused);
    const both = hook(provider, {
      secrets: [{ env: 'OLD' }, { env: provider === 'standard' ? 'STANDARD' : 'SECRET' }],
    });
    expect(await asked(both, request)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
  });

  it.each(GOOD)('of %s are refused where their signature cannot be read', async (provider, request) => {
    const garbled = { ...request, headers: request.headers.map((text) => (text.length > 40 ? '§§' : text)) };
    expect(await asked(hook(provider), garbled)).toMatchObject({ outcome: AUTH_OUTCOME.malformed });
    const huge = { ...request, headers: request.headers.map((text) => (text.length > 40 ? 'x'.repeat(5000) : text)) };
    expect(await asked(hook(provider), huge)).toMatchObject({ outcome: AUTH_OUTCOME.oversized });
    expect(await asked(hook(provider), delivery([]))).toBeNull();
  });

  it.each(
    GOOD.filter(([provider]) => ['stripe', 'slack', 'standard'].includes(provider)),
  )('of %s have a time, within which they come once', async (provider, request) => {
    const desk = hook(provider, { tolerance_s: 60 });
    expect(await asked(desk, { ...request, nowMs: NOW + 60_001 })).toMatchObject({ outcome: AUTH_OUTCOME.expired });
    expect(await asked(desk, { ...request, nowMs: NOW - 60_001 })).toMatchObject({ outcome: AUTH_OUTCOME.early });
    expect(await asked(desk, request)).toMatchObject({ outcome: AUTH_OUTCOME.accepted, issuedMs: NOW });
    const again = { outcome: AUTH_OUTCOME.replayed, flags: FLAG.REPLAYED };
    expect(await asked(desk, { ...request, nowMs: NOW + 60_000 })).toMatchObject(again);
  });

  it('without a time pass again, and are marked, or are refused where the configuration says so', async () => {
    const [, request] = GOOD[0];
    const desk = hook('github');
    await asked(desk, request);
    expect(await asked(desk, request)).toMatchObject({ outcome: AUTH_OUTCOME.accepted, flags: FLAG.REPLAYED });
    expect(await asked(desk, { ...request, nowMs: NOW + 3_600_000 })).toMatchObject({ flags: 0 });
    const strict = hook('github', { repeats: 'refuse' });
    await asked(strict, request);
    expect(await asked(strict, request)).toMatchObject({ outcome: AUTH_OUTCOME.replayed, flags: FLAG.REPLAYED });
  });

  it('of Twilio are signed over the URL and a form, or over a hash of another body', async () => {
    const desk = hook('twilio', { url: 'https://www.example.com' });
    const form = 'To=%2B1800&From=%2B1555&Body=a+b';
    const text = 'https://www.example.com/hooks/shopBodya bFrom+1555To+1800';
    const headers = (signed: string, type: string) => [
      'X-Twilio-Signature',
      hmac(SECRET, signed, 'sha1').digest('base64'),
      'Content-Type',
      type,
    ];
    const type = 'application/x-www-form-urlencoded; charset=utf-8';
    const good = delivery(headers(text, type), { body: Buffer.from(form) });
    expect(await asked(desk, good)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(desk, { ...good, body: Buffer.from(`${form}c`) })).toMatchObject({
      outcome: AUTH_OUTCOME.signature,
    });
    const target = `/hooks/shop?bodySHA256=${createHash('sha256').update(BODY).digest('hex')}`;
    const json = delivery(headers(`https://www.example.com${target}`, 'application/json'), { target });
    expect(await asked(desk, json)).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(desk, { ...json, body: Buffer.from('{}') })).toMatchObject({ outcome: AUTH_OUTCOME.signature });
  });

  it('can be signed in other ways over the body', async () => {
    const desk = hook('generic', { header: 'X-Acme', encoding: 'hex', hash: 'sha512', prefix: 'sha512=' });
    const signature = `sha512=${hmac(SECRET, BODY, 'sha512').digest('hex')}`;
    expect(await asked(desk, delivery(['x-acme', signature]))).toMatchObject({ outcome: AUTH_OUTCOME.accepted });
    expect(await asked(desk, delivery(['x-acme', signature, 'x-acme', signature]))).toMatchObject({
      outcome: AUTH_OUTCOME.malformed,
    });
  });
});

describe('secrets', () => {
  it('are read from files and variables, and must be long enough', () => {
    const files = keyFiles(import.meta.dirname, { LONG: 'sixteen-bytes-ok', SHORT: 'short' });
    expect(files.secret({ env: 'LONG' })).toEqual(Buffer.from('sixteen-bytes-ok'));
    expect(files.secret({ file: 'webhooks.test.ts' }).subarray(0, 6).toString()).toBe('import');
    for (const source of [{ env: 'SHORT' }, { env: 'NONE' }, { file: 'none.txt' }]) {
      expect(() => files.secret(source)).toThrow(SallyportError);
      expect(() => files.secret(source)).toThrow(expect.objectContaining({ code: 'SP7601' }));
    }
  });
});
