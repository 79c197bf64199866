/** Lists of names and passwords as they are traded: mostly people who have no account here, a few whose password still fits. */
import type { Account, World } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { NameStyle, password } from './names.ts';

export interface Pair {
  readonly name: string;
  readonly password: string;
}

/** How good a list is. Parts of 1; what is left are people who have no account. */
export interface Quality {
  /** Name and password fit. Reported for fresh lists against a shop: 0.1 to 2 %. */
  readonly valid: number;
  /** The account exists, the password is another one. */
  readonly stale: number;
}

/** Quality of a list as bought: the share that fits is drawn between 0.1 and 2 %, evenly in the logarithm. */
export function drawQuality(random: Random): Quality {
  return { valid: 0.001 * 20 ** random.uniform(), stale: random.between(0.02, 0.1) };
}

/** A list without an end, drawn as it is read. Compilations hold several old passwords of one person, one below the other. */
export class BreachList {
  readonly quality: Quality;
  private readonly accounts: readonly Account[];
  private readonly style: NameStyle;
  private readonly random: Random;
  private readonly unused: Draw;
  private again: { name: string; left: number } | undefined;

  constructor(world: World, quality: Quality, random: Random) {
    this.quality = quality;
    this.accounts = world.site.inventory.accounts;
    this.style = new NameStyle(world.site.inventory);
    this.random = random;
    this.unused = new Draw(this.accounts.length, random.fork('order'));
  }

  next(): Pair {
    const { random, accounts, quality } = this;
    if (this.again !== undefined) {
      const { name } = this.again;
      if (--this.again.left <= 0) this.again = undefined;
      return { name, password: password(random) };
    }
    const draw = random.uniform();
    if (draw < quality.valid) {
      const index = this.unused.next();
      if (index !== undefined) return accounts[index];
    }
    const exists = draw < quality.valid + quality.stale && accounts.length > 0;
    const name = exists ? random.pick(accounts).name : this.style.name(random);
    if (random.chance(0.12)) this.again = { name, left: 1 + random.below(2) };
    return { name, password: password(random) };
  }
}

/**
 * Numbers 0 to n − 1 in random order, each once, without a list of them: walks the group of integers modulo a prime
 * above n, so that a draw out of a million accounts costs no million.
 */
export class Draw {
  private readonly n: number;
  private readonly prime: number;
  private readonly step: number;
  private at: number;
  private left: number;

  constructor(n: number, random: Random) {
    this.n = n;
    this.prime = primeFrom(Math.max(3, n));
    this.step = 1 + random.below(this.prime - 1);
    this.at = random.below(this.prime);
    this.left = this.prime;
  }

  /** The next number; undefined after the last. */
  next(): number | undefined {
    while (this.left > 0) {
      this.left--;
      this.at = (this.at + this.step) % this.prime;
      if (this.at < this.n) return this.at;
    }
    return undefined;
  }
}

function primeFrom(n: number): number {
  for (let candidate = n | 1; ; candidate += 2) {
    let prime = true;
    for (let d = 3; d * d <= candidate && prime; d += 2) prime = candidate % d !== 0;
    if (prime) return candidate;
  }
}
