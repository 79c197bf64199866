/** The words of facts that only some doors know: how callers prove who they are, what bodies are, what answers carry. */

/** How a caller says who it is. */
export const AUTH_SCHEME = {
  none: 0,
  key: 1, // API key
  jwt: 2,
  opaque: 3, // token that only its issuer can read (RFC 7662)
  phantom: 4,
  certificate: 5, // mutual TLS
  cookie: 6, // session of the application
  hmac: 7, // request signed with a shared secret
  signature: 8, // HTTP message signature (RFC 9421)
  webhook: 9, // signature of a provider
} as const;

/** What came of it. `claimed`: nobody but the application can tell. */
export const AUTH_OUTCOME = {
  none: 0,
  claimed: 1,
  accepted: 2,
  missing: 3, // the route asks for one
  malformed: 4,
  oversized: 5,
  unknown: 6,
  expired: 7,
  early: 8, // not valid yet
  audience: 9,
  issuer: 10,
  algorithm: 11,
  signature: 12,
  replayed: 13,
  revoked: 14,
  binding: 15, // bound to another key or certificate
  scope: 16, // valid, and not enough for this route
  unavailable: 17, // nobody could be asked
} as const;

export const ROLE = { unknown: 0, anonymous: 1, user: 2, service: 3, partner: 4, support: 5, admin: 6 } as const;

/** What an exchange of a route is worth to somebody who should not have it. */
export const SENSITIVITY = { normal: 0, personal: 1, money: 2, secret: 3, admin: 4 } as const;

export const HANDSHAKE_CLASS = { unknown: 0, browser: 1, library: 2, tool: 3, proxy: 4 } as const;

export const BODY_KIND = {
  none: 0,
  json: 1,
  form: 2,
  multipart: 3,
  xml: 4,
  graphql: 5,
  grpc: 6,
  text: 7,
  binary: 8,
  broken: 9, // is not what it says
} as const;

/** In the column `operation`: nobody has looked which one it is. */
export const NOT_LOOKED = 0xffff;

/** How a request departs from what is declared for its route, or usual there. */
export const SCHEMA = {
  undeclaredRoute: 1 << 0,
  undeclaredMethod: 1 << 1,
  undeclaredParameter: 1 << 2,
  missing: 1 << 3, // something required is not there
  type: 1 << 4,
  range: 1 << 5, // a number or length out of bounds, an unknown value of an enumeration
  format: 1 << 6,
  mediaType: 1 << 7,
  shape: 1 << 8, // a value unlike all that were seen for its parameter
  duplicate: 1 << 9, // a name stands twice
  deprecated: 1 << 10, // declared as going away
  introspection: 1 << 11, // GraphQL: asks for the schema
  unknownOperation: 1 << 12, // GraphQL: not one of the persisted operations
  refusedRoute: 1 << 13, // an undeclared path or method where a document lets nothing else in: it was turned away
} as const;

/** Kinds of secrets and personal data in an answer. */
export const LEAK = {
  email: 1 << 0,
  phone: 1 << 1,
  card: 1 << 2,
  iban: 1 << 3,
  nationalId: 1 << 4,
  privateKey: 1 << 5,
  accessKey: 1 << 6, // of a cloud or a service
  token: 1 << 7, // JWT and the like
  passwordHash: 1 << 8,
  stackTrace: 1 << 9,
  databaseError: 1 << 10,
  address: 1 << 11, // postal address or coordinates
  directory: 1 << 12, // listing of files
} as const;
