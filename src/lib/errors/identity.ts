import type { ErrorEntry } from './entry.ts';

/**
 * Who is calling. What clients are told is alike for everything that would help to guess: a credential that nobody knows, a
 * wrong secret, a revoked one and a forged one read the same. Which it was stands in the facts of the request.
 */
export const IDENTITY_ERRORS = {
  SP7501: {
    title: 'This route needs a credential',
    advice:
      'Send one of the credentials that WWW-Authenticate names. gateway.routes[].auth says what a route asks for.',
  },
  SP7502: {
    title: 'The credential is not accepted',
    advice:
      'It is unknown, forged, revoked, used before, or meant for somebody else; clients are not told which. The outcome stands with the request in the journal and in sallyport explain.',
  },
  SP7503: {
    title: 'The credential has expired',
    advice: 'Get a new token or key. Where it has not expired by your clock, compare clocks: clock_tolerance_s helps.',
  },
  SP7504: {
    title: 'The credential does not suffice for this route',
    advice: 'It is good, but has not the scopes or the role that the route asks for: gateway.routes[].auth.',
  },
  SP7505: {
    title: 'Credentials cannot be checked at the moment',
    advice:
      'The issuer of tokens does not answer. Requests are not let in meanwhile; clients wait for Retry-After. Look at the issuer, and at identity.introspection and identity.jwt.',
  },
  SP7506: {
    title: 'The credential cannot be read',
    advice: 'It is longer than allowed, not whole, or stands twice in the request. Nothing was looked up.',
  },
  SP7507: {
    title: 'The credential came without the key that it is bound to',
    advice:
      'A token bound to a certificate (RFC 8705) or a key (RFC 9449) counts only with it. Send a fresh DPoP proof, or the certificate that the token was issued for.',
  },
  SP7510: {
    title: 'A file with API keys cannot be used',
    advice: 'It is YAML or JSON with a list of keys: docs/identity.md. After a reload the keys before stay in force.',
  },
  SP7511: {
    title: 'API keys contradict each other',
    advice: 'The message names the key. Ids and secrets stand once, and a replacement says from when on it counts.',
  },
  SP7512: {
    title: 'A secret or key that identity needs cannot be used',
    advice:
      'The message names it. Shared secrets of tokens have at least 32 bytes, private keys are PEM (PKCS #8), key sets are JSON.',
  },
} as const satisfies Record<string, ErrorEntry>;
