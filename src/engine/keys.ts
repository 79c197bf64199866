/** Dimensions: what the engine keeps records by. A key is one dimension or a declared combination of two. */

/** Base dimensions in the order in which a batch applies them: populations first, so that actors can be guarded by them. */
export const DIMENSIONS = [
  'all', // the whole installation: one record
  'tenant',
  'route',
  'path',
  'country',
  'asn',
  'network',
  'software',
  'handshake', // how the client begins TLS and HTTP/2
  'fingerprint',
  'agent',
  'mail', // pattern of e-mail addresses
  'password', // a password that was tried
  'partner', // whom credentials belong to
  'ip',
  'device',
  'session',
  'credential',
  'principal',
  'subject', // whom a request says it acts for, or logs in as
  'owner', // of an object
  'object',
  'item', // an object by its id alone, whatever route names it
] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** Dimensions that a finding can name as the actor. */
export type ActorDimension = Exclude<
  Dimension,
  'all' | 'path' | 'object' | 'item' | 'agent' | 'country' | 'software' | 'handshake' | 'subject' | 'owner'
>;

/** Actors that many stand behind: what is held against one of them is not held against its members, nor the other way. */
export const POPULATIONS = [
  'tenant',
  'route',
  'asn',
  'network',
  'fingerprint',
  'mail',
  'password',
] as const satisfies readonly ActorDimension[];

export const isPopulation = (dimension: ActorDimension): boolean =>
  (POPULATIONS as readonly ActorDimension[]).includes(dimension);

export type Key = Dimension | readonly [Dimension, Dimension];

export function keyName(key: Key): string {
  return typeof key === 'string' ? key : `${key[0]}×${key[1]}`;
}
