/** Names of actors as keyed hashes: the same name has the same hash in this installation, and nobody can go back. */
import { createHmac } from 'node:crypto';
import type { SiemActor, SiemEvent } from './event.ts';

/** Hex digits of a pseudonym: 64 bits tell more actors apart than are ever remembered. */
const DIGITS = 16;
/** Shorter names are not looked for in sentences: they would be found within other words. */
const MIN_NAME = 3;

/** The pseudonym of an actor. `lanes` is the hash that the engine knows it by. */
export function pseudonymOf(key: Buffer, dimension: string, lanes: string): string {
  return createHmac('sha256', key).update(`output\0${dimension}\0${lanes}`).digest('hex').slice(0, DIGITS);
}

/** The event with the pseudonym wherever the name of its actor stood. */
export function pseudonymous(event: SiemEvent): SiemEvent {
  const { actor } = event;
  if (actor === null || isPublic(actor)) return event;
  const { key, pseudonym } = actor;
  const hide = (text: string) => (key.length < MIN_NAME ? text : text.replaceAll(key, pseudonym));
  return {
    ...event,
    title: hide(event.title),
    message: hide(event.message),
    actor: { ...actor, key: pseudonym },
    reasons: event.reasons.map((reason) => ({ ...reason, why: hide(reason.why) })),
    labels: Object.fromEntries(Object.entries(event.labels).map(([name, text]) => [name, hide(text)])),
  };
}

/** Names that are no person's: routes, hosts of our own, operators of networks. */
function isPublic({ dimension }: SiemActor): boolean {
  return dimension === 'route' || dimension === 'tenant' || dimension === 'asn';
}
