/**
 * How many identities stand behind an actor, and whom an action against it would hurt. Only tables of known networks
 * and established principals count: a variety of agents is what an attacker can make (design, invariant 9).
 */
import { LIMIT } from '../engine/decide.ts';
import type { ActorProfile } from './recorder.ts';
import type { Sharing } from './report.ts';

/** Identities behind an address by kind of network: [low, high, why]. */
const BY_NETWORK: Readonly<Record<string, readonly [number, number, string]>> = {
  hosting: [1, 1, 'a hosting network: one tenant per address'],
  access: [1, 4, 'an access network: usually one household'],
  mobile: [20, 2000, 'a mobile network: carriers put many people behind one address'],
  education: [5, 500, 'a campus or school network'],
  internal: [1, 1000, 'an internal address: perhaps your own proxy, so perhaps everybody (see trusted_proxies)'],
  unknown: [1, 4, 'nothing is known about the network'],
};

export function sharingOf(profile: ActorProfile): Sharing {
  const { actor, network, principals, addresses } = profile;
  if (actor.dimension === 'ip') {
    const [low, high, basis] = BY_NETWORK[network?.class ?? 'unknown'] ?? BY_NETWORK.unknown;
    if (principals > 1)
      return {
        low: principals,
        high: Math.max(high, principals),
        basis: `${principals} established users were seen behind it`,
      };
    return { low, high, basis };
  }
  if (actor.dimension === 'session' || actor.dimension === 'credential' || actor.dimension === 'principal')
    return { low: 1, high: 1, basis: `one ${actor.dimension}` };
  const low = Math.max(1, addresses);
  return {
    low,
    high: low,
    basis: `a population: ${addresses > 0 ? `${addresses} addresses share it today` : 'of unknown size'}`,
  };
}

/** Identities that did nothing themselves and would be hurt if the action fell on the actor. */
export function collateralOf(profile: ActorProfile, sharing: Sharing): number {
  if (profile.actor.dimension === 'ip') return Math.max(0, sharing.low - 1, profile.principals);
  if (
    profile.actor.dimension === 'network' ||
    profile.actor.dimension === 'asn' ||
    profile.actor.dimension === 'fingerprint'
  )
    return Math.max(0, sharing.low - 1);
  return 0;
}

/** Why an actor gets no more than it gets, in words; '' where nothing held the action back. */
export function limitReason(limit: number): string {
  switch (limit) {
    case LIMIT.shared:
      return 'several people share this address, so it gets no more than a throttle';
    case LIMIT.population:
      return 'this is a population, not one actor: acting on it would hurt others';
    case LIMIT.verified:
      return 'its network proves the crawler it says it is, so it is only tagged';
    case LIMIT.allowlisted:
      return 'it is on the allowlist: scored and reported, never acted on';
    case LIMIT.internal:
      return 'the address is internal and may be a proxy of yours: name your proxies under clients.trusted_proxies';
    case LIMIT.collapsed:
      return 'there were too many addresses to keep this one apart from its network';
    default:
      return '';
  }
}
