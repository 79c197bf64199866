/** What an attacker's means cost, so that the score is money per gain. */
import type { Level, Spend } from '../contract.ts';

/** A price in US cents: the figure that is used, and the range that is reported. */
export interface Price {
  readonly cents: number;
  readonly low: number;
  readonly high: number;
  /** Where such prices are reported. */
  readonly source: string;
}

const RESIDENTIAL: Price = {
  cents: 0.03,
  low: 0.005,
  high: 0.3,
  source: 'residential proxies at 0.9 to 8 dollars a GB (vendors’ lists), 50 to 100 kB through an address',
};

/** Rough market prices; README.md says how they were come by. Addresses by level, because each level buys another kind. */
export const PRICES: {
  readonly request: Price;
  readonly address: Readonly<Record<Level, Price>>;
  readonly account: Price;
  readonly solve: Price;
} = {
  request: {
    cents: 0.0001,
    low: 0.00001,
    high: 0.001,
    source: 'traffic and machine time of a rented server, 10 to 50 kB a request',
  },
  address: {
    E0: { cents: 500, low: 300, high: 2000, source: 'a small rented server, a month (hosters’ lists)' },
    E1: { cents: 60, low: 10, high: 250, source: 'a shared data-centre proxy, a month (vendors’ lists)' },
    E2: RESIDENTIAL,
    E3: { ...RESIDENTIAL, cents: 0.15, low: 0.03, high: 1, source: `${RESIDENTIAL.source}, kept for a whole visit` },
    E4: { ...RESIDENTIAL, cents: 0.1, low: 0.01, high: 1, source: 'a mixture of hosting, residential and mobile' },
  },
  account: {
    cents: 60,
    low: 5,
    high: 500,
    source: 'phone-verified and aged accounts (Thomas et al., CCS 2014; COTSI, Cambridge 2025, for the SMS alone)',
  },
  solve: { cents: 0.15, low: 0.05, high: 0.3, source: 'solving services at 0.5 to 3 dollars a thousand (their lists)' },
};

/** Price of what was spent, in US cents. Without a level, addresses count as residential ones. */
export function costCents(spend: Readonly<Spend>, level: Level = 'E2'): number {
  return (
    spend.requests * PRICES.request.cents +
    spend.addresses * PRICES.address[level].cents +
    spend.accounts * PRICES.account.cents +
    spend.solves * PRICES.solve.cents
  );
}
