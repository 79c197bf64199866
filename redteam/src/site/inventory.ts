/** What there is on a site, drawn from a seed: customers with the passwords that people have, keys, codes, orders. */
import type { Account, ApiKey, Inventory } from '../contract.ts';
import { type Random, Zipf } from '../core/random.ts';
import { COMMON_PASSWORDS, FAMILY, GIVEN, PASSWORD_STEMS, QUALITIES, THINGS } from './vocabulary.ts';

/** How much there is. */
export interface InventorySize {
  readonly accounts: number;
  readonly products: number;
  readonly codes: number;
  readonly partners: number;
  readonly devices: number;
  /** Characters of a code, and of what. */
  readonly codeLength: number;
  readonly codeAlphabet: string;
}

export const INVENTORY_SIZE: InventorySize = {
  accounts: 20_000,
  products: 5_000,
  codes: 4_000,
  partners: 8,
  devices: 400,
  codeLength: 5,
  codeAlphabet: 'BCDFGHJKMNPQRTVWXYZ23467',
};

/** Orders are numbered from here, as a shop does that does not want to look new. */
export const FIRST_ORDER = 10_001;

/** @throws RangeError: more codes than could ever be hit by chance and still be told apart */
export function drawInventory(random: Random, size: Partial<InventorySize> = {}): Inventory {
  const wanted = { ...INVENTORY_SIZE, ...size };
  const { codeAlphabet, codeLength, products } = wanted;
  return {
    accounts: drawAccounts(random.fork('accounts'), wanted.accounts),
    keys: [
      ...drawKeys(random.fork('partners'), 'partner', wanted.partners),
      ...drawKeys(random.fork('devices'), 'device', wanted.devices),
    ],
    products,
    codes: drawCodes(random.fork('codes'), wanted.codes, codeAlphabet, codeLength),
    codeAlphabet,
    codeLength,
    words: drawWords(random.fork('words')),
  };
}

/**
 * Two in three have ordered before, a few very often; the numbers of one account lie apart, because all order at the
 * same counter.
 */
function drawAccounts(random: Random, n: number): Account[] {
  const counts = Array.from({ length: n }, () => (random.chance(0.65) ? Math.min(60, random.geometric(2.2)) : 0));
  const owners = random.shuffled(counts.flatMap((count, index) => new Array<number>(count).fill(index)));
  const orders = counts.map((): number[] => []);
  for (let i = 0; i < owners.length; i++) orders[owners[i]].push(FIRST_ORDER + i);
  const popular = new Zipf(COMMON_PASSWORDS.length, 0.8);
  const taken = new Set<string>();
  return orders.map((own) => {
    const [given, family] = [random.pick(GIVEN), random.pick(FAMILY)];
    return { name: freeName(random, given, family, taken), password: password(random, given, popular), orders: own };
  });
}

function freeName(random: Random, given: string, family: string, taken: Set<string>): string {
  for (let tries = 0; ; tries++) {
    const name = nameOf(random, given, family) + (tries > 3 ? random.below(10 ** Math.min(tries, 7)) : '');
    if (taken.has(name)) continue;
    taken.add(name);
    return name;
  }
}

/** How people call themselves where names must be unique. */
function nameOf(random: Random, given: string, family: string): string {
  const year = 50 + random.below(56);
  const digits = random.chance(0.5) ? String(year % 100).padStart(2, '0') : String(random.below(1000));
  const style = random.uniform();
  if (style < 0.3) return `${given}.${family}${random.chance(0.35) ? digits : ''}`;
  if (style < 0.5) return `${given[0]}${family}${random.chance(0.6) ? digits : ''}`;
  if (style < 0.7) return `${given}${digits}`;
  if (style < 0.85) return `${given}_${family[0]}${random.chance(0.6) ? digits : ''}`;
  return `${family}.${given}${random.chance(0.3) ? digits : ''}`;
}

/**
 * One in ten is on every list (their ranks by Zipf's law, as Wang et al. found them in leaks), a third a name or word with
 * digits behind, a fifth two words, the rest made up by a machine or unlike any other.
 */
function password(random: Random, given: string, popular: Zipf): string {
  const kind = random.uniform();
  if (kind < 0.1) return COMMON_PASSWORDS[popular.draw(random)];
  if (kind < 0.45) return decorated(random, random.chance(0.3) ? given : random.pick(PASSWORD_STEMS));
  if (kind < 0.65) return decorated(random, random.pick(PASSWORD_STEMS) + random.pick(PASSWORD_STEMS));
  if (kind < 0.8) return text(random, 'abcdefghijklmnopqrstuvwxyz0123456789', 8 + random.below(3));
  return text(random, 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_!', 14 + random.below(7));
}

function decorated(random: Random, word: string): string {
  const stem = random.chance(0.45) ? word[0].toUpperCase() + word.slice(1) : word;
  const year = random.chance(0.5) ? 1955 + random.below(55) : 2015 + random.below(11);
  const tail = random.weighted([
    [String(year), 4],
    [String(random.below(100)), 4],
    ['123', 2],
    ['1', 2],
    ['!', 1],
    [`${year}!`, 1],
    [String(random.below(10_000)).padStart(4, '0'), 1],
  ] as const);
  return (stem + tail).padEnd(6, '0');
}

function drawKeys(random: Random, kind: ApiKey['kind'], n: number): ApiKey[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `${kind}-${i + 1}`,
    secret: `${kind === 'partner' ? 'pk' : 'dk'}_${random.hex(32)}`,
    owner: kind === 'partner' ? `${random.pick(FAMILY)}-${random.pick(THINGS)}` : `store-${1 + Math.floor(i / 4)}`,
    kind,
  }));
}

function drawCodes(random: Random, n: number, alphabet: string, length: number): string[] {
  if (n > alphabet.length ** length / 20) throw new RangeError(`${n} codes of ${length} characters are too many`);
  const codes = new Set<string>();
  while (codes.size < n) codes.add(text(random, alphabet, length));
  return [...codes];
}

/** Single things first, in an order of their own for every seed, then things with a quality. */
function drawWords(random: Random): string[] {
  // Moved by a few places only: shoes stay popular in every world.
  const rank = THINGS.map((thing, i) => ({ thing, at: i + 12 * random.normal() }));
  const things = rank.sort((a, b) => a.at - b.at).map(({ thing }) => thing);
  const pairs = things.slice(0, 50).flatMap((thing) => {
    return Array.from({ length: 4 }, () => `${random.pick(QUALITIES)} ${thing}`);
  });
  return [...new Set([...things, ...pairs])];
}

function text(random: Random, alphabet: string, length: number): string {
  let out = '';
  for (let i = 0; i < length; i++) out += alphabet[random.below(alphabet.length)];
  return out;
}
