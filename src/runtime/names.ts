/** How actors, networks and clients are written for people. */

import { LEVEL } from '../engine/batch.ts';
import type { Facts } from '../engine/facts.ts';
import type { ActorDimension } from '../engine/keys.ts';
import { NETWORK_CLASS, type TextName } from '../enrich/facts.ts';
import type { LearnedModel } from '../enrich/model.ts';
import { countryText, type NetworkLookup, networkClassName } from '../enrich/network.ts';
import { formatIp, formatNetwork } from '../lib/ip.ts';
import type { Actor, NetworkFacts } from './report.ts';

/** Longest text that is taken over from a log into a report, in characters. */
const TEXT_MAX = 200;

const TEXT_OF: Partial<Record<ActorDimension, TextName>> = {
  session: 'session',
  credential: 'credential',
  principal: 'principal',
  fingerprint: 'agent',
  tenant: 'host',
};

/** The actor of an event in one dimension, as an operator would write it; `level` says if its record was collapsed. */
export function actorOf(dimension: ActorDimension, facts: Facts, model: LearnedModel, level: number): Actor {
  const { batch, row } = facts;
  if (dimension === 'network' || (dimension === 'ip' && level === LEVEL.network))
    return { dimension: 'network', key: formatNetwork(batch.networkHi[row], batch.networkLo[row]) };
  if (dimension === 'asn' || (dimension === 'ip' && level === LEVEL.asn))
    return { dimension: 'asn', key: `AS${facts.asn}` };
  if (dimension === 'ip')
    return level === LEVEL.rest
      ? { dimension: 'ip', key: '(addresses without a record of their own)' }
      : { dimension: 'ip', key: formatIp(batch.ipHi[row], batch.ipLo[row]) };
  if (dimension === 'route') return { dimension, key: routeText(facts, model) };
  const text = TEXT_OF[dimension];
  return { dimension, key: text ? facts.text(text).slice(0, TEXT_MAX) : hashOf(dimension, facts) };
}

/** What is known by its keyed hash alone: a device, a partner, a pattern of addresses, a password. */
function hashOf(dimension: ActorDimension, { batch, row }: Facts): string {
  const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, '0');
  if (dimension === 'password') return `password-${hex(batch.password[row])}`;
  if (dimension === 'device') return `device-${hex(batch.deviceHi[row])}${hex(batch.deviceLo[row])}`;
  if (dimension === 'partner') return `partner-${hex(batch.partnerHi[row])}${hex(batch.partnerLo[row])}`;
  return dimension === 'mail' ? `mail-${hex(batch.mailHi[row])}${hex(batch.mailLo[row])}` : '';
}

/** The template of an event's route, or its path where no template was learned. */
export function routeText(facts: Facts, model: LearnedModel): string {
  const template = model.routes[facts.route - 1]?.template;
  return template ?? facts.text('target').split('?')[0].slice(0, TEXT_MAX);
}

export function networkOf(facts: Facts, networks: NetworkLookup): NetworkFacts | null {
  const country = facts.batch.country[facts.row];
  if (facts.asn === 0 && country === 0 && facts.networkClass === NETWORK_CLASS.unknown) return null;
  return {
    asn: facts.asn,
    name: facts.asn === 0 ? '' : networks.asName(facts.asn),
    country: country === 0 ? '' : countryText(country),
    class: networkClassName(facts.networkClass),
  };
}
