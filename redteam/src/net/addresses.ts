/**
 * Where requests come from: addresses of real operators by kind of network, so that whoever looks an address up finds
 * the kind of network that it claims to be.
 */
import type { Random } from '../core/random.ts';
import { MOBILE, OFFICE, RESIDENTIAL } from './networks-access.ts';
import { CRAWLER_SHARES, CRAWLERS, HOSTING, VPN } from './networks-hosting.ts';
import { drawIpv4, drawIpv6, formatIpv4, type Prefix, parsePrefix, rotateInterface } from './prefixes.ts';

export { rotateInterface };

export type NetworkKind = 'hosting' | 'residential' | 'mobile' | 'office' | 'vpn' | 'carrier-nat' | 'search-bot';

interface Operator {
  readonly name: string;
  readonly country: string;
  readonly weight: number;
  readonly ipv4: readonly Prefix[];
  readonly ipv6: readonly Prefix[];
}

const NETWORKS: Readonly<Record<Exclude<NetworkKind, 'search-bot'>, readonly Operator[]>> = {
  hosting: readTable(HOSTING),
  residential: readTable(RESIDENTIAL),
  mobile: readTable(MOBILE),
  office: readTable(OFFICE),
  vpn: readTable(VPN),
  'carrier-nat': readTable(MOBILE),
};

const CRAWLER_PREFIXES: ReadonlyMap<string, Operator> = new Map(
  Object.entries(CRAWLERS).map(([name, text]) => [name, readOperator(name, '', 1, text)]),
);

function readTable(text: string): Operator[] {
  const rows = text.replaceAll('\n  ', ' ').trim().split('\n');
  return rows.map((row) => {
    const match = /^(\w\w) (\d+) ([^:]+): (.+)$/.exec(row);
    if (match === null) throw new SyntaxError(`not a network: ${row}`);
    return readOperator(match[3], match[1], Number(match[2]), match[4]);
  });
}

function readOperator(name: string, country: string, weight: number, text: string): Operator {
  const prefixes = text.split(' ').map(parsePrefix);
  const of = (family: 4 | 6) => prefixes.filter((prefix) => prefix.family === family);
  return { name, country, weight, ipv4: of(4), ipv6: of(6) };
}

/** Cumulative weights of the operators that serve a country and family, so that a draw costs one search. */
interface Choice {
  readonly operators: readonly Operator[];
  readonly cumulative: Float64Array;
}

const choices = new Map<string, Choice>();

function choice(kind: keyof typeof NETWORKS, family: 4 | 6, country: string): Choice {
  const key = `${kind}/${family}/${country}`;
  let found = choices.get(key);
  if (found === undefined) {
    const fitting = NETWORKS[kind].filter((operator) => operator[family === 4 ? 'ipv4' : 'ipv6'].length > 0);
    const there = fitting.filter((operator) => operator.country === country);
    const operators = there.length > 0 ? there : fitting;
    let sum = 0;
    found = { operators, cumulative: Float64Array.from(operators, (operator) => (sum += operator.weight)) };
    choices.set(key, found);
  }
  return found;
}

/**
 * An address in a network of this kind.
 *
 * @param country ISO code: an operator of that country if there is one of the kind and family, otherwise any.
 * @param contract draws the operator: a line that gets another address every day is still with the same one.
 */
export function drawAddress(
  kind: NetworkKind,
  random: Random,
  family: 4 | 6 = 4,
  country = '',
  contract: Random = random,
): string {
  if (kind === 'search-bot') return searchBotAddress(random.weighted(CRAWLER_SHARES), random, family);
  const { operators, cumulative } = choice(kind, kind === 'carrier-nat' ? 4 : family, country);
  const at = contract.uniform() * cumulative[cumulative.length - 1];
  const operator = operators[cumulative.findIndex((sum) => at < sum)];
  if (family === 4 || kind === 'carrier-nat') return drawIpv4(random.pick(operator.ipv4), random);
  const holder = kind === 'mobile' ? 'phone' : kind === 'hosting' || kind === 'vpn' ? 'server' : 'home';
  return drawIpv6(random.pick(operator.ipv6), random, holder);
}

/** An address from which the crawler of that name really comes. @throws RangeError for a crawler that is not known. */
export function searchBotAddress(name: string, random: Random, family: 4 | 6 = 4): string {
  const crawler = CRAWLER_PREFIXES.get(name);
  if (crawler === undefined) throw new RangeError(`no such crawler: ${name}`);
  if (family === 6 && crawler.ipv6.length > 0) return drawIpv6(random.pick(crawler.ipv6), random, 'server');
  return drawIpv4(random.pick(crawler.ipv4), random);
}

/** Is there an operator of this kind in the country that has addresses of the family? */
export function isServed(kind: Exclude<NetworkKind, 'search-bot'>, family: 4 | 6, country: string): boolean {
  return NETWORKS[kind].some((operator) => operator.country === country && operator[`ipv${family}`].length > 0);
}

/** Countries in which there is an operator of this kind. */
export function countriesOf(kind: Exclude<NetworkKind, 'search-bot'>): string[] {
  return [...new Set(NETWORKS[kind].map((operator) => operator.country))];
}

/** Fewest and most people that share one address of a carrier. */
export const PEOPLE_PER_ADDRESS = [100, 10_000] as const;

/**
 * A carrier's translator: people in numbers behind a few neighbouring addresses. Carriers differ in how many they put
 * behind one (log-uniform from 10² to 10⁴), and an address is held for a session, not for a person.
 */
export class CarrierNat {
  /** The pool, neighbours in one network. */
  readonly addresses: readonly string[];
  readonly people: number;
  private readonly random: Random;

  constructor(random: Random, people: number, country = '') {
    this.random = random;
    this.people = people;
    const [fewest, most] = PEOPLE_PER_ADDRESS;
    const share = fewest * (most / fewest) ** random.uniform();
    const size = Math.max(1, Math.round(people / share));
    const first = toNumber(drawAddress('carrier-nat', random, 4, country)) & ~255;
    this.addresses = Array.from({ length: size }, (_, i) =>
      formatIpv4((first + ((i / 254) | 0) * 256 + 1 + (i % 254)) >>> 0),
    );
  }

  /** The address that the next session gets. */
  address(): string {
    return this.addresses[this.random.below(this.addresses.length)];
  }
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
