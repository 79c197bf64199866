/** Requests that are signed, webhooks, and how revocation is told on: `identity.signatures`, `webhooks`, `revocation`, `shared_signals`. */
import { z } from 'zod';
import { ROLE } from '../enrich/kinds.ts';
import { checked, cidr, dateProblem, headerName, shortName } from './checks.ts';

const name = shortName;
const keyId = z.string().regex(/^[\x21-\x7e]{1,200}$/, 'an id without spaces, at most 200 characters');
const path = z
  .string()
  .regex(/^\/[^*?#]*(\*\*)?$/, 'a path such as /hooks/github, or /partner/** for everything below')
  .default('/**');
const roles = Object.keys(ROLE).filter((role) => role !== 'unknown') as [keyof typeof ROLE, ...(keyof typeof ROLE)[]];

function webUrlProblem(text: string): string | null {
  try {
    const url = new URL(text);
    const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url.protocol === 'https:' || (url.protocol === 'http:' && local)) return null;
  } catch {}
  return `"${text}" must be an https URL (http only for this machine itself)`;
}
const webUrl = checked(webUrlProblem, 'An https URL.');

/** A secret never stands in the configuration itself: it is in a file or a variable of the environment. */
export const secret = z
  .union([
    z.strictObject({ file: z.string().min(1).describe('File with the secret; one newline at its end is left out.') }),
    z.strictObject({ env: z.string().regex(/^[A-Za-z_]\w*$/, 'the name of a variable') }),
  ])
  .describe('Where a secret is: {file: …} or {env: …}.');
export type SecretSource = z.infer<typeof secret>;

const tolerance = z.number().positive().max(3600).default(300).describe('Furthest from now, before or after.');

/** Who is proven by a key. */
const owner = {
  principal: z.string().max(200).default('').describe('User or service that the key proves.'),
  partner: z.string().max(200).default(''),
  plan: z.string().max(40).default('').describe('Name of a usage plan.'),
  role: z.enum(roles).default('service'),
  scopes: z.array(z.string().min(1)).default([]),
  expires: checked(dateProblem, 'From when on the key counts no more.').optional(),
  networks: z.array(cidr).default([]).describe('Networks that the key is bound to; any when empty.'),
  certificate: z
    .string()
    .regex(/^[A-Za-z0-9_-]{43}$/, 'SHA-256 of a certificate in base64url')
    .optional()
    .describe('The client certificate (x5t#S256) that the key is bound to.'),
};

const HMAC_PARTS = [
  'method',
  'host',
  'target',
  'path',
  'query',
  'timestamp',
  'nonce',
  'key',
  'body_hash',
  'body',
] as const;

const hmacSignature = z
  .strictObject({
    name,
    path,
    style: z
      .enum(['generic', 'aws_sigv4'])
      .default('generic')
      .describe('generic: parts joined into a text, as said below. aws_sigv4: AWS Signature Version 4.'),
    headers: z
      .strictObject({
        key: headerName.default('x-key-id'),
        timestamp: headerName.default('x-timestamp'),
        nonce: headerName.default('x-nonce'),
        signature: headerName.default('x-signature'),
      })
      .prefault({}),
    parts: z
      .array(z.union([z.enum(HMAC_PARTS), z.strictObject({ header: headerName })]))
      .min(1)
      .max(20)
      .default(['method', 'host', 'target', 'timestamp', 'nonce', 'body_hash'])
      .describe('What is signed, in this order. body_hash is the SHA-256 of the body in hex.'),
    separator: z
      .string()
      .regex(/^[\t\n\r\x20-\x7e]{0,8}$/, 'at most 8 characters of ASCII')
      .default('\n'),
    hash: z.enum(['sha256', 'sha384', 'sha512']).default('sha256'),
    encoding: z.enum(['hex', 'base64', 'base64url']).default('hex'),
    prefix: z.string().max(40).default('').describe('What stands before the signature in its header, such as "v1=".'),
    timestamp: z.enum(['seconds', 'milliseconds', 'iso8601']).default('seconds'),
    nonce: z
      .enum(['required', 'none'])
      .default('required')
      .describe('none: the signature itself may come once only, so two equal requests in a second are one too many.'),
    tolerance_s: tolerance,
    region: z.string().default('').describe('aws_sigv4: region of the credential scope.'),
    service: z.string().default('').describe('aws_sigv4: service of the credential scope.'),
    keys: z
      .array(
        z.strictObject({
          id: keyId,
          secrets: z.array(secret).min(1).max(5).describe('All of these count: two while a secret is being changed.'),
          ...owner,
        }),
      )
      .min(1)
      .max(10_000),
  })
  .superRefine((entry, context) => {
    if (entry.style === 'generic') {
      for (const part of ['timestamp', 'nonce'] as const) {
        if (part === 'nonce' && entry.nonce === 'none') continue;
        if (entry.parts.includes(part)) continue;
        const message = `"parts" must contain ${part}: what is not signed can be changed, and the request replayed`;
        context.addIssue({ code: 'custom', message, path: ['parts'] });
      }
    } else if (entry.region === '' || entry.service === '') {
      context.addIssue({
        code: 'custom',
        message: 'aws_sigv4 needs "region" and "service"',
        params: { code: 'SP1006' },
      });
    }
  });

export const MESSAGE_ALGORITHMS = [
  'rsa-pss-sha512',
  'rsa-v1_5-sha256',
  'hmac-sha256',
  'ecdsa-p256-sha256',
  'ecdsa-p384-sha384',
  'ed25519',
] as const;
export type MessageAlgorithm = (typeof MESSAGE_ALGORITHMS)[number];

const messageSignature = z.strictObject({
  name,
  path,
  tag: z.string().max(100).default('').describe('Only signatures with this tag are looked at; any when empty.'),
  components: z
    .array(
      z.string().regex(/^(@[a-z-]+|[a-z0-9!#$%&'*+.^_`|~-]+)$/, 'a header in small letters, or @method and the like'),
    )
    .min(1)
    .default(['@method', '@target-uri'])
    .describe('Components that a signature must cover.'),
  content_digest: z
    .enum(['required', 'with_body', 'ignored'])
    .default('with_body')
    .describe('Must Content-Digest be signed: always, where there is a body, or never.'),
  max_age_s: z.number().positive().max(86_400).default(300).describe('Oldest "created" that is accepted.'),
  skew_s: z.number().min(0).max(600).default(30).describe('How far clocks may differ.'),
  nonce: z
    .enum(['required', 'optional'])
    .default('optional')
    .describe('optional: without a nonce the signature itself may come once only.'),
  keys: z
    .array(
      z
        .strictObject({
          id: keyId,
          algorithm: z.enum(MESSAGE_ALGORITHMS).describe('The only algorithm that counts with this key.'),
          public_key: z.string().min(1).optional().describe('PEM file with the public key.'),
          secret: secret.optional().describe('For hmac-sha256.'),
          ...owner,
        })
        .refine(
          (key) => (key.algorithm === 'hmac-sha256' ? key.secret && !key.public_key : key.public_key && !key.secret),
          'hmac-sha256 needs "secret", the other algorithms "public_key"',
        ),
    )
    .min(1)
    .max(10_000),
});

export const signatures = z
  .strictObject({
    hmac: z.array(hmacSignature).max(50).default([]).describe('Requests signed with a shared secret.'),
    messages: z.array(messageSignature).max(50).default([]).describe('HTTP message signatures (RFC 9421).'),
    replay_entries: z
      .int()
      .min(100)
      .max(10_000_000)
      .default(300_000)
      .describe('Nonces and signatures remembered at once; beyond it what is new is refused.'),
  })
  .prefault({})
  .describe('Signed requests.');

export const webhooks = z
  .array(
    z.strictObject({
      name,
      path: z.string().regex(/^\/[^*?#]*(\*\*)?$/, 'a path such as /hooks/github, or /hooks/** for everything below'),
      provider: z.enum(['github', 'stripe', 'slack', 'shopify', 'twilio', 'standard', 'generic']),
      secrets: z.array(secret).min(1).max(5).describe('All of these count: two while a secret is being changed.'),
      tolerance_s: tolerance,
      header: headerName.optional().describe('generic: header with the signature over the body.'),
      encoding: z.enum(['hex', 'base64', 'base64url']).default('base64').describe('generic.'),
      prefix: z.string().max(40).default('').describe('generic: what stands before the signature, such as "sha256=".'),
      repeats: z
        .enum(['mark', 'refuse'])
        .default('mark')
        .describe(
          'Providers that sign no time: a delivery that comes again may be their own retry. mark: let it pass.',
        ),
      remember_s: z.number().positive().max(86_400).default(3600).describe('How long such deliveries are remembered.'),
      hash: z.enum(['sha1', 'sha256', 'sha512']).default('sha256').describe('generic.'),
      url: z
        .string()
        .optional()
        .describe('twilio: scheme and host as Twilio knows them, where a proxy changes them: https://api.example.com'),
      principal: z.string().max(200).default('').describe('Who is proven; the name of the provider when left out.'),
      partner: z.string().max(200).default(''),
      plan: z.string().max(40).default(''),
      role: z.enum(roles).default('partner'),
      scopes: z.array(z.string().min(1)).default([]),
    }),
  )
  .max(100)
  .default([])
  .describe('Signatures of webhook providers.');

const clientAuth = z
  .discriminatedUnion('method', [
    z.strictObject({ method: z.literal('basic'), id: z.string().min(1), secret }),
    z.strictObject({
      method: z.literal('private_key_jwt'),
      id: z.string().min(1),
      key: z.string().min(1).describe('PEM file (PKCS #8) with the private key.'),
      kid: z.string().default(''),
      algorithm: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).default('ES256'),
      audience: z.string().default('').describe('"aud" of our assertions; the issuer when left out.'),
    }),
  ])
  .describe('How we prove who we are to the issuer.');

export const revocation = z
  .strictObject({
    entries: z.int().min(100).max(10_000_000).default(100_000).describe('Revocations in force at once.'),
    event_s: z
      .number()
      .positive()
      .default(2_592_000)
      .describe('How long a revocation stands that a security event asked for: longer than any token lives.'),
    issuers: z
      .array(
        z.strictObject({
          issuer: z.string().min(1).describe('As in "iss" of its tokens.'),
          endpoint: webUrl.describe('Its revocation endpoint (RFC 7009).'),
          auth: clientAuth,
        }),
      )
      .max(50)
      .default([])
      .describe('Authorization servers that are told when a token is revoked here.'),
    queue: z.int().min(1).max(100_000).default(1000).describe('Revocations that wait to be told, per issuer.'),
    attempts: z.int().min(1).max(20).default(6),
    timeout_s: z.number().positive().max(60).default(5),
  })
  .prefault({})
  .describe('What counts no more, and who is told.');

const bearer = secret.optional().describe('Bearer token; none when left out.');

const receiver = z.strictObject({
  name,
  issuer: z.string().min(1).describe('"iss" of its events.'),
  audience: z.string().min(1).describe('"aud" that its events must have.'),
  jwks: webUrl.describe('Where its keys are.'),
  algorithms: z
    .array(z.enum(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']))
    .min(1)
    .default(['RS256', 'ES256', 'EdDSA']),
  push_token: bearer.describe('Bearer token that pushes must carry in Authorization.'),
  poll: z
    .strictObject({
      endpoint: webUrl,
      token: bearer,
      interval_s: z.number().min(1).max(3600).default(10),
    })
    .optional()
    .describe('Ask for events (RFC 8936); they are only taken when pushed (RFC 8935) when left out.'),
  max_age_s: z
    .number()
    .positive()
    .max(604_800)
    .default(86_400)
    .describe('Oldest event ("iat") that is still acted on.'),
  principal_prefix: z
    .string()
    .max(100)
    .default('')
    .describe('What stands before names of this issuer here: as in prefix of its tokens.'),
});

const transmitter = z.strictObject({
  issuer: webUrl.describe('Our issuer: the base URL under which the configuration and the keys are found.'),
  key: z.string().min(1).describe('PEM file (PKCS #8) with the private key that signs events.'),
  kid: z.string().min(1).default('ssf-1'),
  algorithm: z.enum(['RS256', 'PS256', 'ES256', 'EdDSA']).default('ES256'),
  subject_issuer: z.string().default('').describe('"iss" of subjects; our own issuer when left out.'),
  default_subjects: z
    .enum(['ALL', 'NONE'])
    .default('ALL')
    .describe('ALL: receivers get events about everybody, and may take subjects out. NONE: only those they add.'),
  streams: z
    .array(
      z
        .strictObject({
          name,
          audience: z.string().min(1),
          events: z.array(z.string().min(1)).default([]).describe('URIs of event types; all that we send when empty.'),
          push: z
            .strictObject({ endpoint: webUrl, token: bearer })
            .optional()
            .describe('RFC 8935; polled when left out.'),
          token: secret.optional().describe('Bearer token with which the receiver polls and manages its stream.'),
        })
        .refine((stream) => stream.push || stream.token, 'a stream without "push" needs "token"'),
    )
    .min(1)
    .max(50),
  queue: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Events that wait per stream; what comes beyond is not sent.'),
});

export const sharedSignals = z
  .strictObject({
    receivers: z.array(receiver).max(50).default([]).describe('Those whose events we act on.'),
    transmitter: transmitter.optional().describe('Tells others what was revoked here.'),
  })
  .prefault({})
  .describe('OpenID Shared Signals (CAEP, RISC).');

export type HmacSettings = z.infer<typeof signatures>['hmac'][number];
export type MessageSettings = z.infer<typeof signatures>['messages'][number];
export type WebhookSettings = z.infer<typeof webhooks>[number];
export type RevocationSettings = z.infer<typeof revocation>;
export type IssuerSettings = RevocationSettings['issuers'][number];
export type SharedSignalsSettings = z.infer<typeof sharedSignals>;
export type ReceiverSettings = SharedSignalsSettings['receivers'][number];
export type TransmitterSettings = NonNullable<SharedSignalsSettings['transmitter']>;
