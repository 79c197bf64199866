/**
 * Named conditions that several detectors share. The engine evaluates each once per event and shares by name: equal names
 * must be equal predicates, and every condition costs all events a little.
 */

import { condition } from '../engine/aggregates.ts';
import type { Facts } from '../engine/facts.ts';
import { BOT_STATUS, FLAG, ROUTE_CLASS } from '../enrich/facts.ts';
import { BUSINESS } from '../event/exchange.ts';

const isExchange = (f: Facts): boolean => f.kind !== BUSINESS;

/** What pages pull in by themselves, and what is polled by design, says nothing about pace. */
const isPaced = (f: Facts): boolean => {
  const { routeClass } = f;
  return (
    routeClass !== ROUTE_CLASS.asset &&
    routeClass !== ROUTE_CLASS.feed &&
    f.botStatus !== BOT_STATUS.verified &&
    isExchange(f)
  );
};

/** A request that counts towards limits: no asset, no feed or health check, no verified crawler. */
export const paced = condition('paced request', isPaced);

/** The same from somebody without an accepted identity; who has one is limited by it, not by the address. */
export const pacedAnonymous = condition('paced anonymous request', (f) => !f.has(FLAG.AUTHENTICATED), paced);

/** Any exchange without an accepted identity, assets included. */
export const anonymous = condition('anonymous exchange', (f) => !f.has(FLAG.AUTHENTICATED) && isExchange(f));

/** A request that counts towards what a population usually does: crawlers that declare themselves left out. */
export const populationRequest = condition('population request', (f) => f.botStatus !== BOT_STATUS.declared, paced);

/** The client's request was refused: 4xx. Server errors are the server's. */
export const refused = condition('refused request', (f) => f.status >= 400 && f.status < 500, paced);

/** An accepted identity of a person or a service. */
export const acceptedPrincipal = condition(
  'accepted principal',
  (f) => f.has(FLAG.AUTHENTICATED) && f.hasPrincipal && f.status < 400,
);

/** An accepted API key or token. */
export const acceptedCredential = condition(
  'accepted credential',
  (f) => f.has(FLAG.AUTHENTICATED) && f.batch.credentialLo[f.row] !== 0 && f.status < 400,
);
