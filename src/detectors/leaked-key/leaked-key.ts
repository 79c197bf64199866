/** Catalogue 20: a key that has lived in one place with one client is used from another, perhaps while it still lives there. */
import { condition, count, last, type ValuesOf } from '../../engine/aggregates.ts';
import { CAP, defineDetector } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import { SOFTWARE_CLASS } from '../../enrich/facts.ts';
import { AUTH_SCHEME, ROLE, SENSITIVITY } from '../../enrich/kinds.ts';
import { days, minutes } from '../../lib/units.ts';
import { acceptedCredential } from '../conditions.ts';
import {
  clientNovelty,
  FRESH_SEC,
  habitNeeds,
  isStrange,
  listed,
  oneIn,
  placeNeeds,
  placeNovelty,
  placesOf,
  strangeTraits,
} from '../user-novelty/novelty.ts';

const FINDING = 4600;
/** Observations (networks and hours) from which a key has a history. */
const ESTABLISHED = 12;
/** Changes between networks within ten minutes from which a key is in two places at once: one way and back is a move. */
const SWAPS = 2;
const SWAPS_MS = minutes(10);
const OVERLAP = 3000;
/** What a first sensitive request adds that comes with the strangers. */
const SENSITIVE = 2000;
/**
 * How new a place must be for what is done from there to count, in millinats, and from how many places a key may be used so that
 * two at once are news: one that many machines of a customer share is always in several.
 */
const STRANGE_PLACE = 2000;
const FEW_PLACES = 3;
/** A token of a person travels with it. */
const PERSON_MOST = CAP.outlier;

/** What the engine keeps of every key, so that actions about a leaked one can spare its owner. */
export const HOMES = placeNeeds(acceptedCredential);

const sensitive = condition(
  'accepted credential on a sensitive route',
  (f) => f.sensitivity >= SENSITIVITY.money,
  acceptedCredential,
);

/** Tokens that a person carries about; keys, signatures and certificates stand for software. */
function isPersonal(f: Facts): boolean {
  const { role, authScheme } = f;
  if (role === ROLE.service || role === ROLE.partner || f.hasPartner) return false;
  if (authScheme === AUTH_SCHEME.none) return f.hasPrincipal;
  return (
    role === ROLE.user ||
    authScheme === AUTH_SCHEME.jwt ||
    authScheme === AUTH_SCHEME.opaque ||
    authScheme === AUTH_SCHEME.phantom ||
    authScheme === AUTH_SCHEME.cookie
  );
}

function needsOf() {
  const place = last({ key: 'credential', of: 'network', when: acceptedCredential, on: 'response' });
  const sensitiveUses = count({ key: 'credential', windowMs: days(21), when: sensitive, on: 'response' });
  const key = ['all', 'credential'] as const;
  return {
    ...habitNeeds('credential', acceptedCredential),
    sensitiveUses,
    swaps: count({ key, windowMs: SWAPS_MS, when: acceptedCredential, guard: { of: place, is: 'new' } }),
    // So that the record is looked at with every sensitive request, too.
    uses: count({ key, windowMs: days(1), when: sensitive, guard: { of: sensitiveUses, is: 'over', than: 1 } }),
  } as const;
}
type V = ValuesOf<ReturnType<typeof needsOf>>;

/**
 * Two places at once: the new one and the old one take turns. A phone does that wherever it finds a wireless network, so of
 * an app or a browser that the key is used with anyway it says nothing.
 */
const isOverlapping = (v: V, f: Facts): boolean =>
  v.swaps.n >= SWAPS &&
  placesOf(v) <= FEW_PLACES &&
  (clientNovelty(v) > 0 || (f.softwareClass !== SOFTWARE_CLASS.app && f.softwareClass !== SOFTWARE_CLASS.browser));
const isFirstSensitive = (v: V, f: Facts): boolean => f.sensitivity >= SENSITIVITY.money && v.sensitiveUses.n === 1;

/** Evidence in millinats, before it is known whose credential it is. */
function evidence(v: V, f: Facts): number {
  const place = placeNovelty(v);
  if (place <= 0) return 0;
  if (place < STRANGE_PLACE) return place + clientNovelty(v);
  return place + clientNovelty(v) + (isOverlapping(v, f) ? OVERLAP : 0) + (isFirstSensitive(v, f) ? SENSITIVE : 0);
}

export const leakedKey = defineDetector({
  id: 'leaked-key',
  number: 20,
  title: 'Leaked key',
  class: 'leaked-key',
  group: 'identity',
  owasp: ['API2', 'OAT-008'],
  actors: ['credential'],
  on: 'response',
  when: acceptedCredential,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: ({ tune }) => {
    const established = Math.round(tune('established', ESTABLISHED));
    return {
      needs: needsOf(),
      judge(v: V, f: Facts) {
        if (v.network.n < established) return 0;
        const sum = Math.max(0, evidence(v, f));
        return isPersonal(f) ? Math.min(PERSON_MOST, Math.trunc(sum / 2)) : sum;
      },
      say(v: V, f: Facts) {
        const parts = [`new ${strangeTraits(v)} for this key, known from ${v.network.n} visits`];
        if (isOverlapping(v, f)) parts.push(`${v.swaps.n} changes between networks within 10 min`);
        if (isFirstSensitive(v, f)) parts.push('its first request to a sensitive route');
        const ages = [v.asn, v.network].filter((h) => isStrange(h) && h.isNew === 0).map((h) => h.ageSec);
        const since = ages.length > 0 && Math.max(...ages) < FRESH_SEC ? ` (for ${Math.max(...ages)} s)` : '';
        return `${listed(parts)}${since}: ${oneIn(placeNovelty(v) + Math.max(0, clientNovelty(v)))} of its visits`;
      },
    };
  },
});
