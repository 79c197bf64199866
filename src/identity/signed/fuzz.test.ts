import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { ReplayGuard } from '../replay.ts';
import { hmacScheme } from './hmac.ts';
import { messageSignatureScheme } from './message-signatures/scheme.ts';
import { RFC_KEYS } from './message-signatures/testing.ts';
import { asked, filesOf, hmacSettings, messageSettings, NOW, presentedOf, webhookSettings } from './testing.ts';
import { webhookScheme } from './webhooks.ts';

fc.configureGlobal({ seed: 20240304 });

const SECRET = 'a-secret-nobody-guesses';
const FILES = filesOf({ S: SECRET }, RFC_KEYS);
const replay = new ReplayGuard({ capacity: 1000 });
const keys = [{ id: 'k', secrets: [{ env: 'S' }] }];
const SCHEMES = [
  hmacScheme(hmacSettings({ name: 'a', keys }), FILES, replay),
  hmacScheme(hmacSettings({ name: 'b', style: 'aws_sigv4', region: 'r', service: 's', keys }), FILES, replay),
  messageSignatureScheme(
    messageSettings({ name: 'c', keys: [{ id: 'k', algorithm: 'ed25519', public_key: 'test-key-ed25519' }] }),
    FILES,
    replay,
  ),
  ...['github', 'stripe', 'slack', 'shopify', 'twilio', 'standard', 'generic'].map((provider) =>
    webhookScheme(webhookSettings({ name: 'd', path: '/**', provider, secrets: [{ env: 'S' }] }), FILES, replay),
  ),
];

const NAMES = [
  ...[
    'X-Key-Id',
    'X-Timestamp',
    'X-Nonce',
    'X-Signature',
    'Authorization',
    'X-Amz-Date',
    'Signature-Input',
    'Signature',
  ],
  ...['Content-Digest', 'X-Hub-Signature-256', 'Stripe-Signature', 'X-Slack-Signature', 'X-Slack-Request-Timestamp'],
  ...[
    'X-Shopify-Hmac-Sha256',
    'X-Twilio-Signature',
    'Webhook-Id',
    'Webhook-Timestamp',
    'Webhook-Signature',
    'Content-Type',
  ],
];
const time = String(NOW / 1000);
const value = fc.oneof(
  fc.constantFrom('k', time, '20270115T080000Z', `t=${time},v1=aa`, 'v1,AAAA', 'v0=aa', 'sha256=aa', 'AAAA', 'aa'),
  fc.constantFrom(
    'AWS4-HMAC-SHA256 Credential=k/20270115/r/s/aws4_request, SignedHeaders=host;x-amz-date, Signature=aa',
    `s=("@method" "@target-uri" "@query-param";name="a");created=${time};keyid="k"`,
    's=:AAAA:',
    'sha-256=:AAAA:',
    'application/x-www-form-urlencoded',
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const headers = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 12 }).map((pairs) => pairs.flat());
const target = fc.oneof(
  fc.constant('/a?a=1&a=2'),
  fc.string({ maxLength: 30 }).map((text) => `/${text}`),
);

it('whatever is presented, nothing is thrown and nothing unsigned is accepted', async () => {
  await fc.assert(
    fc.asyncProperty(headers, target, fc.uint8Array({ maxLength: 30 }), async (list, path, body) => {
      for (const scheme of SCHEMES) {
        const caller = await asked(scheme, presentedOf({ headers: list, target: path, body }));
        if (caller === null) continue;
        expect(caller.outcome).not.toBe(AUTH_OUTCOME.accepted);
        expect([caller.principal, caller.outcome === AUTH_OUTCOME.none]).toEqual(['', false]);
        expect(JSON.stringify(caller)).not.toContain(SECRET);
      }
    }),
    { numRuns: 300 },
  );
  expect(replay.size).toBe(0);
});
