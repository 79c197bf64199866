/** Who visits: people with a country, a connection, a machine, an account or none, and habits. */
import type { Account, World } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { CarrierNat, drawAddress, isServed, rotateInterface } from '../net/addresses.ts';
import { browser, mobileApp, type Profile, textBrowser } from '../net/clients.ts';
import { countryOf } from '../net/countries.ts';
import type { WorldParameters } from './parameters.ts';
import { Popularity, streamOf } from './popularity.ts';
import type { AppReleases } from './releases.ts';
import { DAY_MS, hourOfWeek, Rhythm } from './rhythm.ts';

/** What a person's cohort is named after. One trait each, so that collateral can be told apart. */
export type Trait = 'plain' | 'nat' | 'vpn' | 'accessibility' | 'forgetful';

/** Shares of people, 0 to 1; those with a trait exclude each other. */
export type Mix = Pick<
  WorldParameters,
  'nat' | 'vpn' | 'office' | 'accessibility' | 'forgetful' | 'ipv6' | 'registered' | 'remembered'
>;

export interface Person {
  readonly index: number;
  readonly country: string;
  readonly trait: Trait;
  readonly profile: Profile;
  /** Where the visit begins. */
  readonly address: string;
  /** Where it goes on when the connection changes. */
  readonly otherAddress: () => string;
  readonly phone: boolean;
  readonly account: Account | undefined;
  /** Loads style sheets, scripts and pictures. */
  readonly assets: boolean;
  /** How slowly it reads, against others. */
  readonly pace: number;
}

export interface PeopleOptions {
  readonly count: number;
  readonly kind: 'web' | 'app';
  readonly mix: Mix;
  readonly parameters: WorldParameters;
  readonly releases?: AppReleases;
  /** Indices of the accounts whose holders live in each country of the market. */
  readonly holders: readonly (readonly number[])[];
}

interface Login {
  readonly session: string | undefined;
  readonly token: string | undefined;
  readonly untilMs: number;
}

const CARRIERS = 3;
/** Whom a line is with is drawn apart from its address: the address may be another one every day. */
const CONTRACT = 0xc0117ac7;

/**
 * A number of people, of whom each is the same whenever he comes: attributes follow from the index, nothing is stored.
 */
export class People {
  readonly count: number;
  readonly rhythm: Rhythm;
  private readonly options: PeopleOptions;
  private readonly world: World;
  private readonly market: WorldParameters['market'];
  /** First index of each country. */
  private readonly first: readonly number[];
  private readonly seed: number;
  /** Seeds of the lines at home: the world's for customers, the population's for others. */
  private readonly homes: readonly [customers: number, others: number];
  private readonly nats = new Map<string, readonly CarrierNat[]>();
  private readonly random: Random;
  private readonly exits: Popularity;
  private readonly logins = new Map<number, Login>();
  private readonly passwords = new Map<string, string>();
  /** Accounts opened in this world, by person. */
  private readonly opened = new Map<number, Account>();

  constructor(world: World, random: Random, options: PeopleOptions) {
    const { parameters, count } = options;
    this.world = world;
    this.options = options;
    this.count = count;
    this.market = parameters.market;
    this.rhythm = new Rhythm(parameters.market, 'people', world.random('world/rhythm'));
    let from = 0;
    this.first = this.market.map(([, share]) => {
      const here = Math.floor(from * count);
      from += share;
      return here;
    });
    this.random = random.fork('people');
    this.seed = this.random.bits();
    this.homes = [world.random('world/homes').bits(), this.random.bits()];
    this.exits = new Popularity(Math.max(20, Math.ceil(count / 150)), 0.6, this.random.fork('exits'));
  }

  /** Somebody of those who are awake at that time; the busy come more often than the others. */
  meet(timeMs: number, random: Random): Person {
    const c = this.rhythm.countryAt(timeMs, random);
    const end = c + 1 < this.first.length ? this.first[c + 1] : this.count;
    const size = Math.max(1, end - this.first[c]);
    const index = Math.min(this.count - 1, this.first[c] + Math.floor(size * random.uniform() ** 1.4));
    return this.person(index, c, timeMs);
  }

  /** What the browser or app still holds of an earlier login. */
  loginOf(person: Person, timeMs: number): Login | undefined {
    const login = this.logins.get(person.index);
    return login !== undefined && login.untilMs > timeMs ? login : undefined;
  }

  remember(person: Person, session: string | undefined, token: string | undefined, timeMs: number): void {
    const own = streamOf(this.seed ^ 0x51ed, person.index);
    if (!own.chance(this.options.mix.remembered)) return;
    this.logins.set(person.index, { session, token, untilMs: timeMs + own.logNormal(14 * DAY_MS, 0.7) });
  }

  /** From the next visit on it is the person's account. */
  openAccount(person: Person, name: string, password: string): void {
    this.opened.set(person.index, { name, password, orders: [] });
  }

  forget(person: Person): void {
    this.logins.delete(person.index);
  }

  passwordOf(account: Account): string {
    return this.passwords.get(account.name) ?? account.password;
  }

  changePassword(account: Account, password: string): void {
    this.passwords.set(account.name, password);
  }

  private person(index: number, c: number, timeMs: number): Person {
    const { mix, kind } = this.options;
    const own = streamOf(this.seed, index);
    const trait = traitOf(own.uniform(), mix);
    const pace = own.logNormal(trait === 'accessibility' ? 1.7 : 1, 0.3);
    const style = own.uniform();
    const [country] = this.market[c];
    const profile = this.profile(own, trait, style, country, timeMs);
    const customer = this.customerOf(index, c, trait === 'forgetful');
    const where: Whereabouts = { index, country, timeMs, customer };
    return {
      index,
      country,
      trait,
      profile,
      pace,
      address: this.address(where, trait, profile, own.uniform()),
      phone: kind === 'app' || /Mobile|iPhone/.test(profile.agent),
      account: this.opened.get(index) ?? (customer < 0 ? undefined : this.world.site.inventory.accounts[customer]),
      // Of those who need help, a third use text browsers, the others a screen reader or neither scripts nor pictures.
      assets: kind === 'web' && (trait !== 'accessibility' || style > 0.85),
      otherAddress: () => (trait === 'vpn' ? this.home(where, false) : this.carrier(where)),
    };
  }

  private profile(own: Random, trait: Trait, style: number, country: string, timeMs: number): Profile {
    const { kind, releases } = this.options;
    if (kind === 'app') {
      const lag = own.uniform();
      return mobileApp(own, releases?.of(lag, timeMs) ?? '1.0.0', { country });
    }
    if (trait !== 'accessibility') return browser(own, { country, timeMs });
    if (style < 0.35) return textBrowser(own, countryOf(country).language.slice(0, 2));
    return browser(own, { country, timeMs, platform: 'windows', engine: own.chance(0.5) ? 'firefox' : 'chrome' });
  }

  /**
   * Index of somebody's account, -1 for none. Accounts are dealt out so that no two people of a population share one,
   * and that an account's holder lives in the same country and house for all populations: one may have the app and a
   * browser.
   */
  private customerOf(index: number, c: number, must: boolean): number {
    const holders = this.options.holders[c];
    const end = c + 1 < this.first.length ? this.first[c + 1] : this.count;
    const size = Math.max(1, end - this.first[c]);
    const place = ((index - this.first[c]) * strideOf(size) + (this.seed % size)) % size;
    const registered = Math.min(holders.length, Math.round(this.options.mix.registered * size));
    if (holders.length === 0 || (place >= registered && !must)) return -1;
    return holders[(place + this.seed) % holders.length];
  }

  private address(where: Whereabouts, trait: Trait, { agent }: Profile, share: number): string {
    const { index, country, timeMs } = where;
    if (trait === 'vpn') return drawAddress('vpn', streamOf(this.homes[0] ^ 0x7f, this.exits.draw(this.random)));
    if (trait === 'nat') return this.natAddress(index, country);
    if (/Mobile|iPhone|okhttp|Alamofire/.test(agent)) return share < 0.3 ? this.carrier(where) : this.home(where, true);
    if (share < this.options.mix.office && atWork(country, timeMs)) {
      // Some forty people share the way out of an office.
      return drawAddress('office', streamOf(this.homes[1] ^ 0x0ff1ce, Math.floor(index / 40)), 4, country);
    }
    return this.home(where, true);
  }

  private natAddress(index: number, country: string): string {
    let known = this.nats.get(country);
    if (known === undefined) {
      const share = this.market.find(([code]) => code === country)?.[1] ?? 1;
      const people = Math.ceil((this.count * share * this.options.mix.nat) / CARRIERS);
      const random = this.random.fork(`nat/${country}`);
      known = Array.from({ length: CARRIERS }, (_, i) => new CarrierNat(random.fork(String(i)), people, country));
      this.nats.set(country, known);
      for (const nat of known) this.world.sharedAddresses?.push(...nat.addresses);
    }
    return known[index % known.length].address();
  }

  /**
   * The line at home: shared by a household, new every day with some providers; IPv6 with a new interface id every day.
   */
  private home({ index, country, timeMs, customer }: Whereabouts, ipv6: boolean): string {
    const seed = this.homes[customer < 0 ? 1 : 0];
    const household = Math.floor((customer < 0 ? index : customer) / 1.8);
    const day = Math.floor(timeMs / DAY_MS);
    const line = streamOf(seed, household);
    const six = line.chance(this.options.mix.ipv6) && ipv6 && isServed('residential', 6, country);
    const dynamic = line.chance(0.25);
    const where = dynamic ? streamOf(seed ^ Math.imul(day, 0x85ebca6b), household) : line;
    const contract = streamOf(seed ^ CONTRACT, household);
    if (!six) return drawAddress('residential', where, 4, country, contract);
    return rotateInterface(drawAddress('residential', where, 6, country, contract), streamOf(this.seed ^ day, index));
  }

  /** The phone's own connection: IPv6 where the carrier has it, otherwise a shared address. */
  private carrier({ index, country, timeMs }: Whereabouts): string {
    const sim = streamOf(this.homes[1] ^ 0x51a, index);
    const day = Math.floor(timeMs / DAY_MS);
    if (sim.chance(this.options.mix.ipv6) && isServed('mobile', 6, country)) {
      const contract = streamOf(this.homes[1] ^ CONTRACT, index);
      return rotateInterface(drawAddress('mobile', streamOf(this.homes[1] ^ day, index), 6, country, contract), sim);
    }
    return this.natAddress(index, country);
  }
}

/** Where somebody is to be found. */
interface Whereabouts {
  readonly index: number;
  readonly country: string;
  readonly timeMs: number;
  /** Index of the account, -1 for none. */
  readonly customer: number;
}

function traitOf(at: number, { forgetful, accessibility, vpn, nat }: Mix): Trait {
  if (at < forgetful) return 'forgetful';
  if (at < forgetful + accessibility) return 'accessibility';
  if (at < forgetful + accessibility + vpn) return 'vpn';
  return at < forgetful + accessibility + vpn + nat ? 'nat' : 'plain';
}

function atWork(country: string, timeMs: number): boolean {
  const hour = hourOfWeek(timeMs + countryOf(country).utcOffset * 3_600_000);
  return hour < 120 && hour % 24 >= 8 && hour % 24 < 18;
}

const strides = new Map<number, number>();

/** A stride that visits every number below n once. */
function strideOf(n: number): number {
  const known = strides.get(n);
  if (known !== undefined) return known;
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.max(1, Math.floor(n * 0.618));
  while (divisor(stride, n) !== 1) stride++;
  strides.set(n, stride);
  return stride;
}
