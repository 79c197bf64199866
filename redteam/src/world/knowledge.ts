/** What a visitor knows of the site so far, and what it asks for with that. */
import type { Answer, Role } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { drawQuery } from './graph.ts';
import type { Place } from './journey.ts';
import type { Person } from './people.ts';
import type { Setting } from './setting.ts';
import type { Fill, Route } from './surface.ts';
import { mistyped } from './typing.ts';
import type { Step } from './visit.ts';

/** One object for all requests: they are made one after the other. */
const fill: Fill = {
  id: undefined,
  product: undefined,
  order: undefined,
  name: undefined,
  email: undefined,
  password: undefined,
  code: undefined,
  quote: undefined,
  quantity: undefined,
  price: undefined,
  query: undefined,
  page: undefined,
  size: undefined,
  device: undefined,
  other: undefined,
  variables: undefined,
  operationName: undefined,
};

const KEYS = Object.keys(fill);

function blank(): Fill {
  for (const key of KEYS) fill[key] = undefined;
  return fill;
}

const NO_IDS: readonly number[] = [];

export class Knowledge {
  /** Name and password of an account that was opened in this visit. */
  ownName = '';
  ownPassword = '';
  /** The product that is looked at, what the last list showed, and its next page. */
  private product = 0;
  private ids: readonly number[] = NO_IDS;
  private nextPage = 0;
  private listed: Route | undefined;
  private word = '';
  private quote: unknown;
  private price: unknown;
  private orders: readonly number[] = NO_IDS;
  private ownId: unknown;
  private filesLoaded = false;
  private readonly seen = new Set<number>();
  private readonly setting: Setting;
  private readonly person: Person;
  private readonly random: Random;

  constructor(setting: Setting, person: Person, random: Random) {
    this.setting = setting;
    this.person = person;
    this.random = random;
  }

  /** The operation that leads to a place; undefined if there is none, or nothing to do there. */
  routeTo(to: Place, loggedIn: boolean): Route | undefined {
    const { setting, random } = this;
    if (to === 'back' || to === 'leave') return undefined;
    if (to === 'next-page') return this.nextPage > 0 ? this.listed : undefined;
    if (to === 'signup' && (this.person.account !== undefined || loggedIn)) return undefined;
    if (to === 'checkout' && this.quote === undefined && setting.surface.first('quote') !== undefined) return undefined;
    if (to === 'reset' && this.person.account === undefined) return undefined;
    if (to === 'reset') return setting.surface.of('reset').find((route) => !route.takes('code'));
    const route = setting.journey.route(to, random);
    // Changing a profile is rarer than looking at it.
    if (to === 'profile' && route?.method !== 'GET' && random.chance(0.8)) return setting.surface.first('profile');
    return route;
  }

  /** The request for a place; undefined if what it needs is not known. */
  step(to: Place, route: Route, loggedIn: boolean): Step | undefined {
    const { random } = this;
    const values = blank();
    values.id = this.product || this.pickProduct();
    switch (to) {
      case 'next-page':
        values.page = this.nextPage;
        values.query = this.word === '' ? undefined : this.word;
        break;
      case 'search':
        this.word = this.searchWord();
        values.query = this.word;
        break;
      case 'list':
        this.word = '';
        break;
      case 'detail':
        this.product = this.pickProduct();
        values.id = this.product;
        break;
      case 'order': {
        const orders = this.orders.length > 0 ? this.orders : (this.person.account?.orders ?? NO_IDS);
        if (orders.length === 0) return undefined;
        // The newest is of most interest.
        values.id = orders[Math.max(0, orders.length - random.geometric(1.6))];
        break;
      }
      case 'redeem':
        values.code = this.code();
        break;
      case 'graphql':
        Object.assign(values, drawQuery(random, this.product || this.pickProduct(), this.searchWord(), loggedIn));
        break;
      default:
        this.fillAccount(to, route, values);
    }
    values.product ??= values.id;
    if (route.role === 'list' || route.role === 'search') this.listed = route;
    const target = route.target(values) + (to === 'page' ? this.campaign() : '');
    return { route, target, body: route.body(values) };
  }

  private fillAccount(to: Place, route: Route, values: Fill): void {
    const { random } = this;
    const name = this.person.account?.name ?? this.ownName;
    if (to === 'profile') {
      values.id = this.ownId ?? name;
      values.name = values.id;
      if (route.method !== 'GET') {
        values.email = `${name || 'me'}@example.com`;
        values.other = name || 'me';
      }
    } else if (to === 'signup') {
      const { accounts } = this.setting.world.site.inventory;
      const like = accounts.length > 0 ? random.pick(accounts).name : 'visitor';
      this.ownName = `${like.replace(/[\d]+$/, '')}${1000 + random.below(90_000)}`;
      this.ownPassword = `${like.slice(0, 5)}-${random.hex(6)}`;
      values.name = this.ownName;
      values.email = `${this.ownName}@example.com`;
      values.password = this.ownPassword;
      values.other = this.ownName;
    } else if (to === 'reset') {
      values.name = name;
      values.email = name.includes('@') ? name : `${name}@example.com`;
    } else if (to === 'quote') {
      if (this.product === 0) this.product = this.pickProduct();
      values.id = this.product;
      values.quantity = random.chance(0.8) ? 1 : random.geometric(2);
      values.other = 'standard';
    } else if (to === 'checkout') {
      values.quote = this.quote;
      values.price = this.price;
      values.quantity = 1;
      values.other = 'standard';
    }
  }

  learn(role: Role, { body }: Answer): void {
    switch (role) {
      case 'list':
      case 'search':
        this.ids = numbers(body.ids);
        this.nextPage = typeof body.next === 'number' ? body.next : 0;
        break;
      case 'order-list':
        this.orders = numbers(body.ids);
        break;
      case 'quote':
        this.quote = body.quote;
        this.price = body.price;
        break;
      case 'checkout':
        this.quote = undefined;
        if (typeof body.order === 'number') this.orders = [...this.orders, body.order];
        break;
      case 'login':
      case 'signup':
        this.ownId = body.id;
        break;
    }
  }

  /** Adds what the answer makes a browser load to the queue. */
  parts(route: Route, queue: Step[], _nowMs: number): void {
    const { setting, random } = this;
    if (route.access === 'document' && setting.kind === 'web' && !this.filesLoaded) this.files(queue);
    const [picture] = setting.pictures;
    if (picture === undefined) return;
    const ids =
      route.role === 'detail' ? [this.product] : route.role === 'list' || route.role === 'search' ? this.ids : NO_IDS;
    for (let i = 0; i < ids.length && i < setting.parameters.thumbnails; i++) {
      if (this.seen.has(ids[i])) continue;
      this.seen.add(ids[i]);
      const values = blank();
      values.id = ids[i];
      queue.push({ route: picture, target: picture.target(values), again: random.chance(0.03) });
    }
  }

  /** Style sheets, scripts and logos: not again within a visit, and mostly not for those who were here before. */
  private files(queue: Step[]): void {
    const { random, setting } = this;
    this.filesLoaded = true;
    const returning = random.chance(0.45);
    for (const route of setting.files) {
      const at = random.uniform();
      if (returning && at < 0.75) continue;
      queue.push({ route, target: route.target(blank()), again: returning && at < 0.95 });
    }
  }

  private pickProduct(): number {
    const { random } = this;
    // From the top of the list more often than from its end; now and then something that was not on it.
    if (this.ids.length > 0 && random.chance(0.85)) {
      return this.ids[Math.min(this.ids.length - 1, Math.floor(this.ids.length * random.uniform() ** 1.7))];
    }
    return this.setting.products.draw(random);
  }

  private searchWord(): string {
    const { random, setting } = this;
    const { words } = setting.world.site.inventory;
    if (words.length === 0) return 'new';
    const word = words[setting.words.draw(random) % words.length];
    return random.chance(0.06) ? mistyped(word, random) : word;
  }

  /** A code that was given away, typed in as well as it goes. */
  private code(): string {
    const { random } = this;
    const { codes, codeAlphabet } = this.setting.world.site.inventory;
    if (codes.length === 0) return 'WELCOME';
    const code = random.pick(codes);
    if (!random.chance(0.12)) return code;
    const at = random.below(code.length);
    return code.slice(0, at) + codeAlphabet[random.below(codeAlphabet.length)] + code.slice(at + 1);
  }

  /** Advertisements and newsletters mark their links. */
  private campaign(): string {
    if (this.setting.kind !== 'web' || !this.random.chance(0.05)) return '';
    return this.random.pick(['?utm_source=newsletter', '?utm_source=google&utm_medium=cpc', '?fbclid=IwAR0x']);
  }
}

function numbers(value: unknown): readonly number[] {
  return Array.isArray(value) ? (value as number[]) : NO_IDS;
}
