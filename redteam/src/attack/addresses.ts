/** Where a campaign's addresses come from, each bought once. */
import type { Random } from '../core/random.ts';
import { CarrierNat, drawAddress, type NetworkKind } from '../net/addresses.ts';
import type { Purse } from './purse.ts';

/** Parts of the addresses that are IPv6, where a network sells both. */
const SIXES: Readonly<Record<NetworkKind, number>> = {
  hosting: 0.05,
  residential: 0.3,
  mobile: 0.35,
  office: 0.05,
  vpn: 0.02,
  'carrier-nat': 0,
  'search-bot': 0,
};

export class AddressBook {
  private readonly random: Random;
  private readonly purse: Purse;
  private readonly bought = new Set<string>();
  private readonly pool: string[] = [];
  private readonly neighbours: readonly string[];
  private nat: CarrierNat | undefined;

  /** `neighbours`: addresses that benign people share, as far as they are known; without any he rents lines at a carrier. */
  constructor(random: Random, purse: Purse, neighbours: readonly string[] = []) {
    this.random = random;
    this.purse = purse;
    this.neighbours = neighbours;
  }

  /** An address that the campaign never used before; undefined if no more can be bought. */
  fresh(kind: NetworkKind, country = '', purse: Purse = this.purse): string | undefined {
    if (kind === 'carrier-nat') return this.shared(purse);
    const { random } = this;
    let address = '';
    for (let tries = 0; tries < 20; tries++) {
      address = drawAddress(kind, random, random.chance(SIXES[kind]) ? 6 : 4, country);
      if (!this.bought.has(address)) break;
    }
    return this.paid(address, purse);
  }

  /** One of a pool of rented addresses, which grows as it is used, up to `size` or what the budget allows. */
  rotated(kind: NetworkKind, size: number): string | undefined {
    const { random, pool } = this;
    const slot = random.below(Math.max(1, size));
    if (slot < pool.length) return pool[slot];
    const address = this.fresh(kind);
    if (address !== undefined) pool.push(address);
    return address ?? (pool.length > 0 ? random.pick(pool) : undefined);
  }

  /** An address that it shares with people who know nothing of it. */
  shared(purse: Purse = this.purse): string | undefined {
    const { random, neighbours } = this;
    if (neighbours.length > 0) return this.paid(random.pick(neighbours), purse);
    this.nat ??= new CarrierNat(random.fork('carrier'), 2000);
    return this.paid(this.nat.address(), purse);
  }

  private paid(address: string, purse: Purse): string | undefined {
    if (this.bought.has(address)) return address;
    if (!purse.buy('addresses')) return undefined;
    this.bought.add(address);
    return address;
  }
}
