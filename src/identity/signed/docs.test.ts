import { createHash, createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityFiles } from '../../config/identity.ts';
import { parseConfig } from '../../config/parse.ts';
import { AUTH_OUTCOME } from '../../enrich/kinds.ts';
import { ReplayGuard } from '../replay.ts';
import { signedSchemes } from './index.ts';
import { asked, filesOf, NOW, presentedOf } from './testing.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
const examplesOf = (page: string): string[] =>
  [...readFileSync(join(DOCS, page), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text);

describe.each(['signatures.md', 'revocation.md'])('the examples of docs/%s', (page) => {
  it('are good configurations', () => {
    const examples = examplesOf(page);
    expect(examples.length).toBeGreaterThan(3);
    for (const text of examples) expect(() => parseConfig(text, page)).not.toThrow();
  });
});

it('every file that the examples name is looked at before anything listens', () => {
  const named = ['signatures.md', 'revocation.md'].flatMap((page) =>
    examplesOf(page).flatMap((text) => identityFiles(parseConfig(text, page).identity)),
  );
  expect(named.map(({ name, path }) => `${path.join('.')} ${name}`)).toEqual([
    'signatures.hmac.0.keys.0.secrets.0.file secrets/billing',
    'signatures.messages.0.keys.0.public_key keys/bank-2026.pem',
    'webhooks.4.secrets.0.file secrets/mail',
    'revocation.issuers.0.auth.key keys/sallyport.pem',
    'shared_signals.transmitter.key keys/ssf.pem',
  ]);
});

it('a request that is signed as docs/signatures.md tells clients is accepted', async () => {
  const secret = 'the-secret-that-acme-has';
  const { identity } = parseConfig(examplesOf('signatures.md')[0], 'signatures.md');
  const files = filesOf({ ACME_SECRET: secret, ACME_SECRET_BEFORE: 'the-secret-of-last-year' });
  const [scheme] = signedSchemes(identity, files, new ReplayGuard({ capacity: 10 }));
  const time = String(NOW / 1000);
  const digest = createHash('sha256').update('{"amount":5}').digest('hex');
  const text = ['POST', 'api.example.com', '/partner/orders', time, 'abc', digest].join('\n');
  const signature = createHmac('sha256', secret).update(text).digest('hex');
  const headers = ['X-Key-Id', 'acme-1', 'X-Timestamp', time, 'X-Nonce', 'abc', 'X-Signature', signature];
  const request = presentedOf({ target: '/partner/orders', headers, address: '198.51.100.3' });
  expect(await asked(scheme, request)).toMatchObject({ outcome: AUTH_OUTCOME.accepted, principal: 'acme-bot' });
});
