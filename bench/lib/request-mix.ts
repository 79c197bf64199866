/**
 * The requests of `bench gateway`: an ordinary API before customers' programs. 20,000 client addresses behind one trusted
 * proxy, 500 keys, a few programs, a few hundred objects on twelve routes. Each key belongs to one customer with addresses
 * of its own and asks for what is the customer's, so that nobody looks like anything but a user; yet every table of the engine
 * is in use.
 */
import type { Prng } from './prng.ts';

export const ADDRESSES = 20_000;
export const KEYS = 500;
const OBJECTS = 300;
const OWN_OBJECTS = 6;

const AGENTS = [
  'okhttp/4.12.0',
  'ShopApp/7.3.1 (iPhone; iOS 17.5; Scale/3.00)',
  'ShopApp/7.2.0 (Android 14; Pixel 8)',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'axios/1.7.2',
  'warehouse-sync/2.4 (+https://example.com/sync)',
];

/** Collections that everybody reads, and those in which a customer has things of their own. */
const SHARED = ['products', 'categories', 'stores', 'brands', 'articles', 'prices'];
const OWNED = ['orders', 'invoices', 'addresses', 'returns', 'baskets', 'shipments'];

/** The OpenAPI document of that API, as YAML. */
export function openApi(): string {
  const paths = [...SHARED, ...OWNED].map(
    (name) => `  /api/v1/${name}/{id}: { get: {} }\n  /api/v1/${name}: { post: {} }\n`,
  );
  return `openapi: 3.1.0\ninfo: { title: Bench, version: '1' }\npaths:\n${paths.join('')}`;
}

const hex = (n: number): string => n.toString(16).padStart(6, '0');

export class RequestMix {
  private readonly kind: 'get' | 'post';
  private readonly prng: Prng;
  private readonly body: string;

  constructor(kind: 'get' | 'post', prng: Prng) {
    this.kind = kind;
    this.prng = prng;
    this.body = bodyOf(1024);
  }

  /** The text of one request. */
  next(): string {
    const { prng, kind } = this;
    const customer = prng.below(KEYS);
    // A customer has 40 addresses, and nearly always uses one of the first.
    const address = customer * (ADDRESSES / KEYS) + prng.skewed(ADDRESSES / KEYS);
    const owned = prng.below(2) === 1;
    const collection = prng.pick(owned ? OWNED : SHARED);
    const object = 10_000 + (owned ? (customer * 7 + prng.below(OWN_OBJECTS)) % OBJECTS : prng.skewed(OBJECTS));
    const target = kind === 'get' ? `/api/v1/${collection}/${object}` : `/api/v1/${collection}`;
    const head =
      `${kind === 'get' ? 'GET' : 'POST'} ${target} HTTP/1.1\r\nHost: api.shop.example\r\n` +
      `User-Agent: ${AGENTS[customer % AGENTS.length]}\r\nAccept: application/json\r\nAccept-Encoding: gzip, deflate\r\n` +
      `X-Api-Key: sk_live_${hex(customer * 7919)}c0ffee${hex(customer)}5ca1ab1e\r\n` +
      `X-Forwarded-For: ${ipOf(address)}\r\n`;
    if (kind === 'get') return `${head}\r\n`;
    return `${head}Content-Type: application/json\r\nContent-Length: ${this.body.length}\r\n\r\n${this.body}`;
  }
}

/** Spread over many networks, as customers are. The multiplier is odd, so that no two are alike. */
function ipOf(address: number): string {
  const n = Math.imul(address, 0x9e3779b1) >>> 0;
  return `${24 + (n >>> 26)}.${(n >>> 18) & 255}.${(n >>> 10) & 255}.${(n >>> 2) & 255}`;
}

/** An order in JSON of exactly so many bytes. */
function bodyOf(bytes: number): string {
  const line = { sku: 'MUG-350-BLUE', quantity: 2, price: 1490, note: 'gift wrap, please' };
  const order = { customer: 'c-4821', lines: [line, line, line, line, line, line], note: '' };
  const short = JSON.stringify(order).length;
  return JSON.stringify({ ...order, note: 'x'.repeat(bytes - short) });
}
