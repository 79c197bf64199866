/**
 * People in the shop: they open the front page and what it loads, leaf through lists, search, look at products, log in
 * (sometimes with a slip of the finger), look at their orders, buy. They read between clicks, in a hurry: a run is short.
 */
import { Agent, request } from 'node:http';
import type { Inventory, InventoryAccount } from '../../examples/shop/src/inventory.ts';
import type { Random } from '../../redteam/src/core/random.ts';
import { asking, browser, type Destination, type Profile } from '../../redteam/src/net/clients.ts';
import { type Book, type Cohort, TAG } from './book.ts';

/** Median of the time between two clicks, in ms, and the spread of its logarithm. */
const READING_MS = 2200;
const READING_SPREAD = 0.6;
/** Longest time between two clicks, in ms. */
const READING_MOST_MS = 9000;
/** Share of logins that begin with a mistyped password. */
const SLIP = 0.12;
/** No answer for this long, in ms: people go on. */
const GIVE_UP_MS = 10_000;

export interface UserOptions {
  readonly cohort: Cohort;
  readonly address: string;
  /** Port of the gateway, and the name of the site behind it. */
  readonly gateway: number;
  readonly host: string;
  /** Null: somebody who only looks. */
  readonly account: InventoryAccount | null;
  readonly inventory: Inventory;
  readonly random: Random;
  readonly book: Book;
  /** They use an app in place of the page: with a bearer token, with GraphQL, and they redeem codes. */
  readonly app?: boolean;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

export class User {
  private readonly options: UserOptions;
  private readonly profile: Profile;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 6 });
  private readonly loaded = new Set<string>();
  private session = '';
  private token = '';
  private redeemed = false;
  private page = '/';
  private stopped = false;
  private wake: () => void = () => {};

  constructor(options: UserOptions) {
    this.options = options;
    this.profile = browser(options.random, { timeMs: Date.now() });
  }

  /** Goes on until `stop`. */
  async run(): Promise<void> {
    const { random, account } = this.options;
    await this.open('/');
    const logsInAt = account === null ? -1 : random.below(3);
    for (let click = 0; !this.stopped; click++) {
      await this.read();
      if (this.stopped) break;
      if (click === logsInAt) await this.logIn(account as InventoryAccount);
      else await this.click();
    }
    this.agent.destroy();
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async click(): Promise<void> {
    const { random, inventory } = this.options;
    type Click = readonly [() => Promise<unknown>, number];
    const guest: Click[] = [
      [() => this.list(), 3],
      [() => this.search(), 3],
      [() => this.product(1 + random.below(inventory.products)), 5],
      [() => this.open('/about'), 0.3],
    ];
    const customer: Click[] = [
      [() => this.send('GET', '/api/users/me'), 1],
      [() => this.orders(), 1.5],
      [() => this.buy(), 1],
    ];
    if (this.options.app === true) {
      guest.push([() => this.graph(1 + random.below(inventory.products)), 2]);
      customer.push([() => this.graph(null), 0.5], [() => this.redeem(), this.redeemed ? 0 : 0.8]);
    }
    await random.weighted(this.isIn() ? [...guest, ...customer] : guest)();
  }

  private async list(): Promise<void> {
    await this.open('/');
    const page = 1 + this.options.random.geometric(1.6);
    await this.send('GET', `/api/products?page=${page}&per_page=24`);
    const first = (page - 1) * 24;
    await Promise.all([1, 2, 3, 4].map((i) => this.asset(`/images/${first + i}.png`, 'image')));
  }

  private async search(): Promise<void> {
    const { random, inventory } = this.options;
    const words = Array.from({ length: 1 + random.below(2) }, () => random.pick(inventory.words));
    await this.send('GET', `/api/search?q=${encodeURIComponent(words.join(' '))}`);
  }

  private async product(id: number): Promise<void> {
    await this.send('GET', `/api/products/${id}`);
    await this.asset(`/images/${id}.png`, 'image');
  }

  private async orders(): Promise<void> {
    const answer = await this.send('GET', '/api/orders');
    const { random } = this.options;
    const items = (fieldsOf(answer.body).items ?? []) as { id: number }[];
    if (items.length === 0) return;
    await this.read();
    if (!this.stopped) await this.send('GET', `/api/orders/${random.pick(items).id}`);
  }

  private async buy(): Promise<void> {
    const { random, inventory } = this.options;
    const product = 1 + random.below(inventory.products);
    await this.product(product);
    await this.read();
    if (this.stopped) return;
    const { quote, price } = fieldsOf((await this.send('POST', '/api/quotes', { product, quantity: 1 })).body);
    if (typeof quote !== 'string' || random.chance(0.4)) return;
    await this.read();
    if (!this.stopped) await this.send('POST', '/api/checkout', { quote, product, quantity: 1, price });
  }

  /** A product as an app asks for it, or the own account. */
  private graph(id: number | null): Promise<Answer> {
    const query =
      id === null
        ? 'query Me { me { username credit orders { id status total placed } } }'
        : 'query P($id: Int!) { product(id: $id) { id name price stock related { id name price } reviews { rating text } } }';
    return this.send('POST', '/graphql', { query, variables: id === null ? {} : { id } });
  }

  /** Once, from a voucher on paper: some read it wrongly at first. */
  private async redeem(): Promise<void> {
    const { random, inventory } = this.options;
    this.redeemed = true;
    const code = random.pick(inventory.codes);
    if (random.chance(0.4)) {
      await this.send('POST', '/api/codes/redeem', { code: `${code.slice(0, -1)}0` });
      await this.read();
      if (this.stopped) return;
    }
    await this.send('POST', '/api/codes/redeem', { code });
  }

  private isIn(): boolean {
    return this.session !== '' || this.token !== '';
  }

  private async logIn({ name, password }: InventoryAccount): Promise<void> {
    const { random } = this.options;
    if (random.chance(SLIP)) {
      await this.send('POST', '/api/login', { username: name, password: `${password.slice(0, -1)}x` });
      await this.read();
      if (this.stopped) return;
    }
    const { body } = await this.send('POST', '/api/login', { username: name, password });
    const { token } = fieldsOf(body);
    if (this.options.app === true && typeof token === 'string') this.token = token;
  }

  /** A page and what it loads, as far as the browser has not got it. */
  private async open(path: string): Promise<void> {
    this.page = path;
    await this.send('GET', path, undefined, 'document');
    await Promise.all([
      this.asset('/assets/app.css', 'style'),
      this.asset('/assets/app.js', 'script'),
      this.asset('/assets/logo.svg', 'image'),
      this.asset('/favicon.ico', 'image'),
    ]);
  }

  private async asset(path: string, destination: Destination): Promise<void> {
    if (this.loaded.has(path)) return;
    this.loaded.add(path);
    await this.send('GET', path, undefined, destination);
  }

  private read(): Promise<void> {
    const { random } = this.options;
    const ms = Math.min(READING_MOST_MS, random.logNormal(READING_MS, READING_SPREAD));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private send(method: string, path: string, body?: unknown, destination: Destination = 'fetch'): Promise<Answer> {
    const { book, cohort, gateway } = this.options;
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const tag = book.sent(cohort, `${method} ${path}`, Date.now());
    const headers = this.headers(tag, destination, payload);
    return new Promise((resolve) => {
      const end = (status: number, text: string): void => {
        book.ended(tag, status, Date.now());
        resolve({ status, body: text });
      };
      const sent = request({
        host: '127.0.0.1',
        port: gateway,
        method,
        path,
        headers,
        agent: this.agent,
        setHost: false,
      });
      sent.setTimeout(GIVE_UP_MS, () => sent.destroy());
      sent.on('error', () => end(0, ''));
      sent.on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', () => end(0, ''));
        answer.on('end', () => {
          this.remember(answer.headers['set-cookie']);
          end(answer.statusCode ?? 0, Buffer.concat(parts).toString());
        });
      });
      sent.end(payload);
    });
  }

  private headers(tag: string, destination: Destination, payload: string | undefined): Record<string, string> {
    const { host, address } = this.options;
    const { agent, headers } = asking(this.profile, destination);
    return {
      host,
      ...headers,
      'user-agent': agent,
      ...(destination === 'document' && this.page === '/' ? {} : { referer: `http://${host}${this.page}` }),
      ...(this.session === '' ? {} : { cookie: `session=${this.session}` }),
      ...(this.token === '' ? {} : { authorization: `Bearer ${this.token}` }),
      ...(payload === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
      'x-forwarded-for': address,
      [TAG]: tag,
    };
  }

  private remember(cookies: string[] | undefined): void {
    if (this.options.app === true) return;
    for (const cookie of cookies ?? []) {
      const value = /^session=([^;]+)/.exec(cookie)?.[1];
      if (value !== undefined) this.session = value;
    }
  }
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
