/** Tokens: whose JWTs count, who is asked about opaque ones, and what the upstream gets instead. Parts of `identity`. */
import { z } from 'zod';
import { AUTH_SCHEME, ROLE } from '../enrich/kinds.ts';
import { checked, headerName } from './checks.ts';
import { secret } from './signing.ts';

const filePath = z.string().min(1).describe('A path relative to this file.');
const texts = z.array(z.string().min(1)).default([]);
export const role = z.enum(Object.keys(ROLE) as [keyof typeof ROLE, ...(keyof typeof ROLE)[]]);

function askedUrlProblem(text: string): string | null {
  try {
    const url = new URL(text);
    const local = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
    if (url.username !== '' || url.password !== '') return `the URL must not carry a password`;
    if (url.protocol === 'https:' || (url.protocol === 'http:' && local)) return null;
  } catch {
    // The sentence below says what is wanted.
  }
  return `"${text}" must be an https URL (http only for this machine itself)`;
}
const askedUrl = checked(askedUrlProblem, 'An https URL.');

const claims = z
  .strictObject({
    principal: z.string().default('sub'),
    partner: z.string().default('client_id'),
    scopes: z.string().default('scope'),
    roles: z.string().default('roles'),
    plan: z.string().default('plan'),
    session: z.string().default('sid'),
    device: z.string().default('device_id'),
  })
  .prefault({})
  .describe('Names of claims, with dots for nested ones: realm_access.roles.');

const mapping = {
  claims,
  roles: z.record(z.string(), role).default({}).describe('Role as the issuer calls it → role here.'),
  role: role.default('user').describe('Role where no other is mapped.'),
  principal_prefix: z
    .string()
    .max(40)
    .default('')
    .describe('Put before principals, so that issuers cannot name the same one.'),
};

const ALGORITHMS = [
  ...(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const),
  ...(['HS256', 'HS384', 'HS512'] as const),
] as const;

export const jwtIssuer = z
  .strictObject({
    issuer: z.string().min(1).describe('"iss" of its tokens, letter for letter.'),
    audience: z.array(z.string().min(1)).min(1).describe('One of these must be in "aud".'),
    algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'ES256', 'EdDSA']),
    discovery: z
      .boolean()
      .default(false)
      .describe('Keys as the metadata of the issuer say (OpenID Connect, RFC 8414).'),
    jwks_url: askedUrl.optional().describe('Where its keys are.'),
    jwks_file: filePath.optional(),
    jwks: z
      .strictObject({ keys: z.array(z.looseObject({})) })
      .optional()
      .describe('Its public keys themselves.'),
    secret: secret.optional().describe('Shared secret, for HS256 and the like; at least 32 bytes.'),
    jwks_ttl_s: z.number().min(10).max(86_400).default(600),
    jwks_stale_s: z.number().min(0).max(604_800).default(86_400).describe('How long keys go on where nobody answers.'),
    jwks_cool_down_s: z.number().min(1).max(3600).default(30).describe('Shortest time between two questions.'),
    timeout_s: z.number().positive().max(30).default(3),
    clock_tolerance_s: z.number().min(0).max(600).default(30),
    typ: z.string().default('').describe('"typ" that tokens must have, such as at+jwt; any when empty.'),
    max_age_s: z.number().min(0).default(0).describe('Oldest token since "iat"; 0: whatever "exp" says.'),
    single_use: z.boolean().default(false).describe('Every token counts once: its jti is remembered.'),
    ...mapping,
  })
  .superRefine((entry, context) => {
    const { discovery, jwks_url, jwks_file, jwks, secret: shared, algorithms } = entry;
    const sources = [discovery || undefined, jwks_url, jwks_file, jwks, shared].filter(
      (source) => source !== undefined,
    );
    const symmetric = algorithms.filter((name) => name.startsWith('HS'));
    const contradiction = (message: string, at: string) =>
      context.addIssue({ code: 'custom', message, path: [at], params: { code: 'SP1007' } });
    if (sources.length !== 1)
      contradiction('an issuer has one of discovery, jwks_url, jwks_file, jwks, secret', 'issuer');
    if (shared !== undefined ? symmetric.length !== algorithms.length : symmetric.length > 0)
      contradiction('HS256 and the like go with "secret", all others with keys', 'algorithms');
    if (discovery && askedUrlProblem(entry.issuer) !== null)
      contradiction('"discovery" needs an issuer that is an https URL', 'issuer');
  });

export const introspection = z
  .strictObject({
    url: askedUrl.describe('Introspection endpoint (RFC 7662).'),
    client_id: z.string().min(1),
    client_secret: secret,
    auth: z.enum(['basic', 'post', 'bearer']).default('basic').describe('How we show who we are.'),
    answer: z
      .enum(['json', 'signed', 'phantom'])
      .default('json')
      .describe('json: RFC 7662. signed: RFC 9701. phantom: the JWT for the upstream, of an issuer in identity.jwt.'),
    jwks_url: askedUrl.optional().describe('Keys of signed answers.'),
    issuer: z.string().default('').describe('Who signs answers, and whose tokens they are.'),
    audience: texts.describe('One of these must be in "aud"; none when empty.'),
    cache_s: z
      .number()
      .min(0)
      .max(3600)
      .default(60)
      .describe('The longest that a token goes on after its issuer revoked it.'),
    negative_cache_s: z.number().min(0).max(600).default(10),
    timeout_s: z.number().positive().max(30).default(2),
    concurrency: z
      .int()
      .min(1)
      .max(10_000)
      .default(200)
      .describe('Questions under way at once; beyond it: not checked.'),
    ...mapping,
  })
  .refine((entry) => entry.answer !== 'signed' || (entry.jwks_url !== undefined && entry.issuer !== ''), {
    message: 'signed answers need "jwks_url" and "issuer"',
    path: ['answer'],
  })
  .optional()
  .describe('Tokens that only their issuer can read.');

export const innerToken = z
  .strictObject({
    issuer: z.string().min(1).describe('"iss": our name.'),
    audience: z.string().min(1).describe('"aud": the upstream.'),
    sign_key: filePath.optional().describe('PEM file with the private key that signs.'),
    sign_algorithm: z.enum(['ES256', 'EdDSA', 'RS256', 'PS256']).default('ES256'),
    encrypt_key: filePath.optional().describe('PEM file with the public key of the upstream (around a signature).'),
    encrypt_secret: secret.optional().describe('Shared with the upstream: exactly 32 bytes, in base64.'),
    kid: z.string().min(1).default('inner-1'),
    ttl_s: z.int().min(5).max(3600).default(300),
    header: headerName.default('authorization'),
    schemes: z
      .array(z.enum(Object.keys(AUTH_SCHEME).filter((name) => name !== 'none') as [keyof typeof AUTH_SCHEME]))
      .default(['opaque']),
  })
  .superRefine((entry, context) => {
    const { sign_key, encrypt_key, encrypt_secret } = entry;
    const wrong = (message: string) =>
      context.addIssue({ code: 'custom', message, path: ['issuer'], params: { code: 'SP1007' } });
    if (encrypt_key !== undefined && encrypt_secret !== undefined) wrong('one of encrypt_key and encrypt_secret');
    if (encrypt_key !== undefined && sign_key === undefined)
      wrong('anybody can encrypt with a public key: encrypt_key needs sign_key, too');
    if (sign_key === undefined && encrypt_secret === undefined)
      wrong('an inner token needs sign_key or encrypt_secret');
  })
  .optional()
  .describe('A token of ours for the upstream, whatever was shown outside.');
