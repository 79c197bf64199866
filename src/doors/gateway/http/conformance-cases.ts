/**
 * What the gateway makes of requests, sound and unsound, byte by byte. Each case is a whole connection: what the client sends,
 * what it is answered, and which requests reached the handler, so that nothing can be smuggled past the table.
 */
import { CONNECTIONS, UPGRADES } from './conformance-connections.ts';
import { CODINGS, LENGTHS } from './conformance-framing.ts';
import { FIELDS, HOSTS, METHODS, TARGETS } from './conformance-heads.ts';
import type { InboundCase } from './conformance-kit.ts';

export const INBOUND_CASES: Readonly<Record<string, readonly InboundCase[]>> = {
  lengths: LENGTHS,
  'transfer codings': CODINGS,
  fields: FIELDS,
  hosts: HOSTS,
  targets: TARGETS,
  'methods and versions': METHODS,
  connections: CONNECTIONS,
  upgrades: UPGRADES,
};
