/** What differs from world to world: drawn anew for every seed, so that nothing is learned by heart. */
import type { World } from '../contract.ts';
import type { Random } from '../core/random.ts';

export interface WorldParameters {
  /** Countries that the visitors come from, with their shares; the home market is the first. */
  readonly market: readonly (readonly [country: string, share: number])[];
  /** Visits that one visit leads to, by sharing and coming back, and after how many minutes on average. */
  readonly excitation: number;
  readonly excitationMinutes: number;
  /** Visits a week of somebody who comes at all. */
  readonly visitsPerWeek: number;
  /** Exponents of Zipf's law for products and for search words. */
  readonly productExponent: number;
  readonly wordExponent: number;
  /**
   * How long people stay on a page against the usual (factor), and the spread of that time (deviation of its
   * logarithm).
   */
  readonly dwell: number;
  readonly dwellSpread: number;
  /** Chance of leaving after a step, against the usual. */
  readonly leaving: number;
  /** How far each road of a journey differs from the usual (deviation of the logarithm of its weight). */
  readonly roads: number;
  /** Part of those with a quote who do not buy, against the usual. */
  readonly abandoning: number;
  /** Part of the people who have an account, and of those who stay logged in between visits. */
  readonly registered: number;
  readonly remembered: number;
  /** Chance that a password is mistyped. */
  readonly typos: number;
  /** Shares of people by what is special about them. */
  readonly forgetful: number;
  readonly nat: number;
  readonly vpn: number;
  readonly office: number;
  readonly accessibility: number;
  /** Share of connections over IPv6, where the provider has it. */
  readonly ipv6: number;
  /** Chance that a phone changes from wifi to the carrier during a visit. */
  readonly handover: number;
  /** Pictures that a page of products shows without scrolling. */
  readonly thumbnails: number;
  /** Chance that a page fetches data as soon as it is there. */
  readonly autoload: number;
  /** Releases of the shop's app, days between them. */
  readonly releaseDays: number;
}

const HOME = ['DE', 'US', 'GB', 'FR', 'JP', 'BR', 'AU', 'PL', 'IT', 'ES', 'IN', 'KR', 'NL', 'ZA', 'CA', 'SE'] as const;
const ABROAD = [
  'DE',
  'US',
  'GB',
  'FR',
  'AT',
  'CH',
  'NL',
  'BE',
  'ES',
  'IT',
  'PL',
  'CA',
  'AU',
  'JP',
  'BR',
  'IN',
  'SE',
] as const;

/** Parameters of a world; times, shares and factors in the units that {@link WorldParameters} names. */
export function drawWorldParameters(random: Random): WorldParameters {
  return {
    market: drawMarket(random.fork('market')),
    excitation: random.between(0.15, 0.45),
    excitationMinutes: random.logNormal(12, 0.4),
    visitsPerWeek: random.between(1.2, 3.5),
    productExponent: random.between(0.7, 1.1),
    wordExponent: random.between(0.8, 1.2),
    dwell: random.logNormal(1, 0.2),
    dwellSpread: random.between(0.8, 1.2),
    leaving: random.logNormal(1, 0.2),
    roads: random.between(0.2, 0.5),
    abandoning: random.logNormal(1, 0.25),
    registered: random.between(0.35, 0.7),
    remembered: random.between(0.3, 0.75),
    typos: random.between(0.03, 0.09),
    forgetful: 0.05,
    nat: random.between(0.08, 0.2),
    vpn: random.between(0.03, 0.1),
    office: random.between(0.06, 0.14),
    accessibility: random.between(0.005, 0.02),
    ipv6: random.between(0.3, 0.55),
    handover: random.between(0.02, 0.07),
    thumbnails: 2 + random.below(6),
    autoload: random.between(0.2, 0.9),
    releaseDays: random.between(7, 21),
  };
}

function drawMarket(random: Random): (readonly [string, number])[] {
  const home = random.pick(HOME);
  const domestic = random.between(0.5, 0.85);
  const others = random.shuffled(ABROAD.filter((country) => country !== home)).slice(0, 5 + random.below(6));
  const weights = others.map(() => random.exponential(1) + 0.05);
  const sum = weights.reduce((a, b) => a + b, 0);
  return [[home, domestic], ...others.map((country, i) => [country, ((1 - domestic) * weights[i]) / sum] as const)];
}

/** The parameters of this world: the same for all its populations. */
export function parametersOf(world: World): WorldParameters {
  return drawWorldParameters(world.random('world/parameters'));
}
