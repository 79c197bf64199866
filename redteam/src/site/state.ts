/** What a site remembers: accounts, sessions, orders, quotes, codes. */
import type { ApiKey, Inventory } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { FIRST_ORDER } from './inventory.ts';

export interface Customer {
  /** From 1. */
  readonly id: number;
  readonly name: string;
  password: string;
  readonly orders: number[];
}

interface Quote {
  readonly price: number;
  readonly product: number;
  readonly untilMs: number;
}

interface Login {
  readonly customer: Customer;
  /** The part of the session's value that a log shows. */
  readonly shown: string;
}

const QUOTE_MS = 15 * 60_000;
const RESET_MS = 30 * 60_000;

export class State {
  readonly customers: Customer[];
  readonly products: number;
  /** Owner of each order, from {@link FIRST_ORDER} on. */
  private readonly owners: Customer[] = [];
  private readonly byName = new Map<string, Customer>();
  private readonly logins = new Map<string, Login>();
  private readonly keys: ReadonlyMap<string, ApiKey>;
  private readonly quotes = new Map<string, Quote>();
  private readonly resets = new Map<Customer, { readonly code: string; readonly untilMs: number }>();
  private readonly codes: Map<string, number>;
  private readonly random: Random;

  constructor(inventory: Inventory, random: Random) {
    this.random = random;
    this.products = inventory.products;
    this.customers = inventory.accounts.map(({ name, password, orders }, i) => {
      const customer = { id: i + 1, name, password, orders: [...orders] };
      this.byName.set(name.toLowerCase(), customer);
      for (const order of orders) this.owners[order - FIRST_ORDER] = customer;
      return customer;
    });
    this.keys = new Map(inventory.keys.map((key) => [key.secret, key]));
    // Gift codes of 10 to 100 in steps of 5, in cents.
    this.codes = new Map(inventory.codes.map((code) => [code, 500 * (2 + random.below(19))]));
  }

  named(name: string): Customer | undefined {
    return this.byName.get(name) ?? this.byName.get(name.toLowerCase());
  }

  /** By number or by name. */
  found(text: string): Customer | undefined {
    return /^\d+$/.test(text) ? this.customers[Number(text) - 1] : this.named(text);
  }

  loginOf(sessionOrToken: string | undefined): Login | undefined {
    return sessionOrToken === undefined ? undefined : this.logins.get(sessionOrToken);
  }

  keyOf(secret: string | undefined): ApiKey | undefined {
    return secret === undefined ? undefined : this.keys.get(secret);
  }

  signUp(name: string, password: string): Customer {
    const customer: Customer = { id: this.customers.length + 1, name, password, orders: [] };
    this.customers.push(customer);
    this.byName.set(name.toLowerCase(), customer);
    return customer;
  }

  /** Cookie and token of a new login, and what a log shows of them. */
  logIn(customer: Customer): { session: string; token: string; shown: string } {
    const shown = `s${this.random.hex(12)}`;
    const session = `${shown}.${this.random.hex(16)}`;
    const token = `t${this.random.hex(32)}`;
    const login = { customer, shown };
    this.logins.set(session, login);
    this.logins.set(token, login);
    return { session, token, shown };
  }

  logOut(sessionOrToken: string | undefined): void {
    if (sessionOrToken !== undefined) this.logins.delete(sessionOrToken);
  }

  ownerOf(order: number): Customer | undefined {
    return this.owners[order - FIRST_ORDER];
  }

  placeOrder(customer: Customer): number {
    const order = FIRST_ORDER + this.owners.length;
    this.owners.push(customer);
    customer.orders.push(order);
    return order;
  }

  /** What a product costs, in cents: between a few and a few hundred units of money, skewed. */
  priceOf(product: number): number {
    const z = hash01(product * 7 + 3) + hash01(product * 11 + 5) + hash01(product * 13 + 7) - 1.5;
    return Math.round(3_500 * Math.exp(1.6 * z)) + 49;
  }

  quote(product: number, quantity: number, nowMs: number): { quote: string; price: number } {
    if (this.quotes.size > 50_000) this.forgetQuotes(nowMs);
    const quote = `q${this.random.hex(14)}`;
    const price = this.priceOf(product) * quantity;
    this.quotes.set(quote, { price, product, untilMs: nowMs + QUOTE_MS });
    return { quote, price };
  }

  /** The quote's price, once; undefined if there is no such quote or not any more. */
  useQuote(quote: string, nowMs: number): number | undefined {
    const found = this.quotes.get(quote);
    if (found === undefined || found.untilMs < nowMs) return undefined;
    this.quotes.delete(quote);
    return found.price;
  }

  /** Cents on a code; 0 when it was used up, undefined when there is none. */
  valueOf(code: string): number | undefined {
    return this.codes.get(code);
  }

  /** Takes what is on a code. */
  redeem(code: string): void {
    this.codes.set(code, 0);
  }

  /** The code that is sent to the customer's mailbox. */
  requestReset(customer: Customer, nowMs: number): string {
    const code = String(this.random.below(100_000)).padStart(5, '0');
    this.resets.set(customer, { code, untilMs: nowMs + RESET_MS });
    return code;
  }

  confirmReset(customer: Customer, code: string, password: string, nowMs: number): boolean {
    const reset = this.resets.get(customer);
    if (reset === undefined || reset.code !== code || reset.untilMs < nowMs) return false;
    this.resets.delete(customer);
    customer.password = password;
    return true;
  }

  private forgetQuotes(nowMs: number): void {
    for (const [quote, { untilMs }] of this.quotes) if (untilMs < nowMs) this.quotes.delete(quote);
  }
}

/** A number in [0, 1) that always belongs to the same integer. */
export function hash01(n: number): number {
  let h = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}

/** A number in [0, 2³²) that always belongs to the same text. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}
