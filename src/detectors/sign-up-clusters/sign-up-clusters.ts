/**
 * Catalogue 10: accounts that are made in numbers by one hand. Sign-ups that share two traits are a cluster where so many of
 * them would share the second by chance less than once in a thousand.
 */
import { type Aggregate, condition, count, top, type Values } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, type Detector, defineDetector } from '../../engine/detector.ts';
import type { ActorDimension, Dimension, Key } from '../../engine/keys.ts';
import { METHODS, ROUTE_CLASS } from '../../enrich/facts.ts';
import { BUSINESS_NAMES } from '../../event/events.ts';
import { ln, millinats } from '../../lib/fixed.ts';
import { days, hours } from '../../lib/units.ts';
import { percent } from '../evidence.ts';
import { contentAsked } from '../visits.ts';

const WINDOW_MS = hours(1);
const FINDING = 2300;
/** Linked sign-ups an hour. */
const LINKED = 6;
/**
 * Share in permille of an actor's sign-ups that must share the trait, and how many times as many as among others: traits of
 * people depend on each other too, and of many sign-ups even a slight dependence is beyond chance.
 */
const MAJORITY = 600;
const LIFT = 4;
/** ln 1000: chance may not explain it more often than once in a thousand. */
const RARE = millinats(ln(1000));
/** Evidence is half of what the test says: people of one place and time are more alike than chance makes them. */
const SHARE_OF_TEST = 2;

/** Requests for content from an address before its sign-up counts as somebody's who looked around first. */
const LOOKED_AROUND = 4;
/** Sign-ups of those who did count so much less. */
const DISCOUNT = 10;

/** Share of a trait in permille that is assumed, and for how many sign-ups of a day the assumption stands. */
const ASSUMED = { fingerprint: 200, network: 20, mail: 50, device: 5 } as const;
const ASSUMED_COUNTS = 20;
type Trait = keyof typeof ASSUMED;
/** What was usual for the actor itself, and the sign-ups that this is weighed against: an attack of hours makes nothing usual. */
const PAST_MS = days(7);
const PAST_COUNTS = 200;

const POST = METHODS.indexOf('POST');
const PUT = METHODS.indexOf('PUT');
const COMPLETED = BUSINESS_NAMES.indexOf('signup.completed') + 1;

const signUp = condition(
  'signed up',
  (f) =>
    f.business === COMPLETED ||
    (f.routeClass === ROUTE_CLASS.signup &&
      f.business === 0 &&
      (f.method === POST || f.method === PUT) &&
      f.status >= 200 &&
      f.status < 400),
);
const byExchange = condition('signed up by an exchange', (f) => f.business === 0, signUp);
const byEvent = condition('signed up as an event tells', (f) => f.business !== 0, signUp);

/** What an address asked for before. */
const looked = count({ key: 'ip', windowMs: days(1), when: contentAsked, on: 'response' });
const guard = { of: looked, is: 'under', than: LOOKED_AROUND } as const;

/** The traits that link an actor's sign-ups. */
const LINKS: Readonly<Partial<Record<ActorDimension, readonly Trait[]>>> = {
  mail: ['fingerprint', 'network', 'device'],
  fingerprint: ['mail', 'network'],
  network: ['mail', 'fingerprint'],
  ip: ['mail', 'fingerprint'],
  device: ['mail', 'network'],
};
const NAMES: Readonly<Record<Trait, string>> = {
  fingerprint: 'client software',
  network: 'network',
  mail: 'mail pattern',
  device: 'device',
};

/** Equal combinations are written in one way, so that detectors of both actors share a record. */
const pairKey = (a: Dimension, b: Dimension): Key => (a < b ? [a, b] : [b, a]);

/**
 * Sign-ups of a key. An application may tell each twice, by its answer and as an event, so both are counted apart and the
 * larger counts.
 */
function tally(name: string, key: Key): Record<string, Aggregate> {
  const common = { key, windowMs: WINDOW_MS } as const;
  return {
    [`${name}N`]: count({ ...common, when: byExchange }),
    [`${name}Told`]: count({ ...common, when: byEvent }),
    [`${name}Past`]: count({ key, windowMs: PAST_MS, when: signUp }),
  };
}

function needsOf(actor: ActorDimension, links: readonly Trait[]): Record<string, Aggregate> {
  const own: Key = ['all', actor];
  const needs = {
    ...tally('own', own),
    bareN: count({ key: own, windowMs: WINDOW_MS, when: byExchange, guard }),
    bareTold: count({ key: own, windowMs: WINDOW_MS, when: byEvent, guard }),
  };
  for (const trait of links)
    Object.assign(needs, tally(trait, pairKey(actor, trait)), {
      [`${trait}Share`]: top({ key: ['all', 'all'], of: trait, windowMs: days(1), when: signUp }),
    });
  return needs;
}
type V = Readonly<Record<string, Values['count'] | Values['top']>>;

const total = (v: V, name: string): number => Math.max(v[`${name}N`].n, v[`${name}Told`].n);

/** Sign-ups that count: of those who looked around first, one in ten. */
function weighed(v: V): number {
  const all = total(v, 'own');
  const bare = Math.min(all, v.ownTold.n > v.ownN.n ? v.bareTold.n : v.bareN.n);
  return bare + Math.floor((all - bare) / DISCOUNT);
}

/** ln of permille, in millinats. */
const LN = Int32Array.from({ length: 1001 }, (_, x) => (x === 0 ? 0 : millinats(ln(x / 1000))));

/** Share in permille that a trait has among the sign-ups of everybody else. */
function shareElsewhere(v: V, trait: Trait): number {
  const { n, total: all } = v[`${trait}Share`] as Values['top'];
  const here = Math.min(n, total(v, trait));
  const others = Math.max(0, all - total(v, 'own'));
  const share = ((n - here) * 1000 + ASSUMED_COUNTS * ASSUMED[trait]) / (others + ASSUMED_COUNTS);
  return Math.min(999, Math.max(1, Math.round(share)));
}

/** Share in permille that a trait had among the actor's own sign-ups before this hour: icloud.com and iPhones go together. */
function shareBefore(v: V, trait: Trait): number {
  const own = Math.max(0, v.ownPast.n - v.ownN.n - v.ownTold.n);
  const linked = Math.max(0, v[`${trait}Past`].n - v[`${trait}N`].n - v[`${trait}Told`].n);
  return Math.min(999, Math.round((linked * 1000) / (own + PAST_COUNTS)));
}

/**
 * How unlikely it is, in millinats, that so many of an actor's sign-ups share a trait by chance: Chernoff's bound on the tail of a
 * binomial distribution, n · KL(q ‖ p), with the share that the trait has elsewhere or had here before.
 */
function rarity(v: V, trait: Trait): number {
  const own = total(v, 'own');
  const linked = Math.min(own, total(v, trait));
  if (Math.floor((weighed(v) * linked) / Math.max(1, own)) < LINKED) return 0;
  const q = Math.min(1000, Math.round((linked * 1000) / own));
  const p = Math.max(shareElsewhere(v, trait), shareBefore(v, trait));
  if (q < MAJORITY || q < p * LIFT) return 0;
  return Math.floor((weighed(v) * (q * (LN[q] - LN[p]) + (1000 - q) * (LN[1000 - q] - LN[1000 - p]))) / 1000);
}

/** The trait that links most. */
const strongest = (v: V, links: readonly Trait[]): Trait =>
  links.reduce((best, trait) => (rarity(v, trait) > rarity(v, best) ? trait : best));

export const signUpClusters: Detector = defineDetector({
  id: 'sign-up-clusters',
  number: 10,
  title: 'Sign-up clusters',
  class: 'sign-up',
  group: 'population',
  owasp: ['API6', 'OAT-019'],
  actors: ['mail', 'fingerprint', 'network', 'ip', 'device'],
  on: 'response',
  when: signUp,
  cap: CAP.sequential,
  findingAt: FINDING,
  build: ({ actor, tune }: BuildContext) => {
    const links = LINKS[actor] ?? [];
    const least = Math.round(tune('linked', LINKED));
    const judgement = {
      needs: needsOf(actor, links),
      judge(v: V) {
        if (weighed(v) < least) return 0;
        const said = rarity(v, strongest(v, links));
        return said < RARE ? 0 : Math.floor(said / SHARE_OF_TEST);
      },
      say(v: V) {
        const own = total(v, 'own');
        const shared = links
          .filter((trait) => rarity(v, trait) >= RARE)
          .map(
            (trait) =>
              `${total(v, trait)} share one ${NAMES[trait]}, which ${percent(shareElsewhere(v, trait), 1000)} of the others have`,
          );
        const hidden = own - Math.min(own, v.ownTold.n > v.ownN.n ? v.bareTold.n : v.bareN.n);
        const ways = hidden < own ? `; ${own - hidden} came without looking around first` : '';
        return `${own} sign-ups within an hour: ${shared.join('; ')}${ways}`;
      },
    };
    return judgement as unknown as ReturnType<Detector['build']>;
  },
});
