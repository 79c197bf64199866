/** How callers are known: what they present, who vouches for it, what the application says. */
import { z } from 'zod';
import { checked, dateProblem, headerName } from './checks.ts';
import { revocation, type SecretSource, secret, sharedSignals, signatures, webhooks } from './signing.ts';
import { signingFiles } from './signing-files.ts';
import { innerToken, introspection, jwtIssuer, role } from './tokens.ts';

const filePath = z.string().min(1).describe('A path relative to this file.');
const date = checked(dateProblem, 'A date such as 2026-12-31 or 2026-12-31T18:00:00Z.');
const texts = z.array(z.string().min(1)).default([]);

const storedHash = z
  .string()
  .regex(/^(hmac-sha256|sha256):[0-9a-f]{64}$/, 'hmac-sha256: or sha256: and 64 hexadecimal digits')
  .describe('Hash of a key, never the key itself: docs/identity.md says how it is made.');

const keyEntry = z.strictObject({
  id: z.string().regex(/^[\w.:-]{1,100}$/, 'letters, digits, dots, colons, dashes and underscores'),
  owner: z.string().max(200).optional().describe('Who answers for it: a person or team.'),
  principal: z.string().max(200).optional().describe('User or service that it proves.'),
  partner: z.string().max(200).optional(),
  plan: z.string().max(40).optional().describe('Name of a usage plan.'),
  scopes: texts,
  role: role.optional().describe('service when left out.'),
  not_before: date.optional(),
  expires: date.optional(),
  revoked: z.boolean().default(false).describe('It counts no more; the entry stays, so that its use is recognised.'),
  replaces: z.string().optional().describe('Id of the key whose place it takes, from not_before on.'),
  overlap_s: z.int().min(0).default(604_800).describe('How long the replaced key goes on.'),
  hash: storedHash.optional(),
  secrets: z
    .array(z.strictObject({ hash: storedHash, not_before: date.optional(), expires: date.optional() }))
    .max(10)
    .default([])
    .describe('Several secrets of one key, each with its own time.'),
});

/** What a file of keys holds. */
export const keyFile = z.strictObject({ keys: z.array(keyEntry) });

const keys = z
  .strictObject({
    prefix: z
      .string()
      .regex(/^[a-z][a-z0-9]{0,15}$/, 'a short word of small letters and digits')
      .default('sp')
      .describe('How keys begin. A bearer token that begins so is a key.'),
    bearer: z.boolean().default(false).describe('Any bearer token is a key; for keys of another format.'),
    files: z.array(filePath).default([]).describe('Files with further keys, read again at a reload.'),
    entries: z.array(keyEntry).max(100_000).default([]),
  })
  .optional()
  .describe('API keys that are checked here.');

const certificates = z
  .strictObject({
    header: z
      .enum(['none', 'client-cert', 'x-forwarded-client-cert'])
      .default('none')
      .describe('How an edge passes certificates on (RFC 9440, Envoy); counts from clients.trusted_proxies only.'),
    entries: z
      .array(
        z
          .strictObject({
            thumbprint: z
              .string()
              .regex(
                /^([A-Za-z0-9_-]{43}|[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31})$/,
                'SHA-256 in base64url or hexadecimal',
              )
              .optional(),
            subject: z
              .string()
              .min(1)
              .optional()
              .describe('RFC 4514, last part first: CN=shop,O=Acme; * for anything.'),
            name: z.string().min(1).optional().describe('Alternative name: DNS:*.acme.example, URI:spiffe://…'),
            issuer: z.string().min(1).optional(),
            serial: z.string().min(1).optional(),
            principal: z.string().max(200).default('').describe('$cn: the common name of the certificate.'),
            partner: z.string().max(200).default(''),
            plan: z.string().max(40).default(''),
            role: role.default('partner'),
            scopes: texts,
          })
          .refine(
            ({ thumbprint, subject, name, issuer, serial }) =>
              [thumbprint, subject, name, issuer, serial].some((what) => what !== undefined),
            'an entry says which certificates it is about',
          ),
      )
      .max(10_000)
      .default([])
      .describe('Whom certificates stand for; the first entry that fits counts.'),
  })
  .optional()
  .describe('Client certificates (mutual TLS).');

const cookies = z
  .array(
    z.strictObject({
      name: z.string().min(1),
      kind: z.enum(['express', 'hmac']).default('express').describe('express: s:id.signature. hmac: id.signature.'),
      secrets: z.array(secret).min(1).max(5).describe('All of these count: two while a secret is being changed.'),
      proves: z
        .enum(['session', 'login'])
        .default('session')
        .describe('login: only who has logged in has such a cookie. session: the application has to tell.'),
    }),
  )
  .max(20)
  .default([])
  .describe('Session cookies whose signature can be checked.');

const dpop = z
  .strictObject({
    algorithms: z
      .array(z.enum(['ES256', 'ES384', 'EdDSA', 'Ed25519', 'PS256', 'RS256']))
      .min(1)
      .default(['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']),
    max_age_s: z.number().min(1).max(600).default(60),
    future_s: z.number().min(0).max(60).default(5),
    nonce: z.boolean().default(false).describe('Proofs must carry a nonce that we hand out.'),
    origins: z.array(z.url()).default([]).describe('Origins clients know this API by; what requests say when empty.'),
  })
  .optional()
  .describe('Proof of possession of a key (RFC 9449).');

const refresh = z
  .strictObject({
    token_endpoints: z.array(z.string().startsWith('/')).default([]).describe('Paths at which tokens are refreshed.'),
    remember_s: z.int().min(60).default(2_592_000),
    grace_s: z.number().min(0).max(600).default(10).describe('A client whose answer was lost may ask again so long.'),
  })
  .prefault({})
  .describe('Only where refresh tokens are rotated: one that is used again was copied.');

const forward = z
  .strictObject({
    principal: headerName.optional(),
    partner: headerName.optional(),
    scopes: headerName.optional(),
    role: headerName.optional(),
    credential: headerName.optional(),
  })
  .prefault({})
  .describe('Headers that tell the upstream who was proven. Whatever clients send under these names is taken out.');

export const identity = z
  .strictObject({
    session_cookies: z
      .array(z.string().min(1))
      .default(['session', 'sessionid', 'sid', 'connect.sid', 'PHPSESSID', 'JSESSIONID']),
    credential_headers: z
      .array(headerName)
      .default(['x-api-key', 'api-key'])
      .describe('Headers that carry a key. A bearer token in Authorization counts, too.'),
    signals: z
      .boolean()
      .default(true)
      .describe('Read Sallyport-Principal and Sallyport-Event from answers of the upstream, and take them out.'),
    step_up: z
      .boolean()
      .default(false)
      .describe('The upstream asks for a second factor when it is told Sallyport-Step-Up: required.'),
    principal_header: headerName.optional().describe('Another response header in which the upstream names the user.'),
    device_header: headerName.optional().describe('Header in which clients name their device.'),
    token_bytes: z.int().min(256).max(65_536).default(8192).describe('Longest token that is looked at.'),
    cached_tokens: z.int().min(100).max(1_000_000).default(20_000).describe('Verified tokens kept.'),
    keys,
    jwt: z.array(jwtIssuer).max(50).default([]).describe('Issuers whose JWTs count.'),
    introspection,
    inner_token: innerToken,
    certificates,
    cookies,
    dpop,
    refresh,
    forward,
    signatures,
    webhooks,
    revocation,
    shared_signals: sharedSignals,
  })
  .prefault({})
  .describe('How callers are known.');

export type IdentitySettings = z.output<typeof identity>;

/** Files that this section names, with their places in it: what signs and checks tokens, and secrets in files. */
export function identityFiles(
  settings: IdentitySettings,
): { readonly path: (string | number)[]; readonly name: string }[] {
  const files: { path: (string | number)[]; name: string }[] = [];
  const add = (name: string | undefined, ...path: (string | number)[]): void => {
    if (name !== undefined) files.push({ path, name });
  };
  const addSecret = (source: SecretSource | undefined, ...path: (string | number)[]): void => {
    if (source !== undefined && 'file' in source) add(source.file, ...path, 'file');
  };
  const { keys: known, jwt, introspection: asked, inner_token: inner, cookies: jar } = settings;
  for (const [i, name] of known?.files.entries() ?? []) add(name, 'keys', 'files', i);
  for (const [i, entry] of jwt.entries()) {
    add(entry.jwks_file, 'jwt', i, 'jwks_file');
    addSecret(entry.secret, 'jwt', i, 'secret');
  }
  addSecret(asked?.client_secret, 'introspection', 'client_secret');
  for (const key of ['sign_key', 'encrypt_key'] as const) add(inner?.[key], 'inner_token', key);
  addSecret(inner?.encrypt_secret, 'inner_token', 'encrypt_secret');
  for (const [i, { secrets }] of jar.entries())
    for (const [k, source] of secrets.entries()) addSecret(source, 'cookies', i, 'secrets', k);
  files.push(...signingFiles(settings));
  return files;
}
