/** Orders: those of the inventory, whose lines follow from their number, and those made since. */
import type { Account, Accounts } from './accounts.ts';
import { Bounded } from './bounded.ts';
import type { Catalogue } from './catalogue.ts';
import { type Call, customerOf, json, Problem, pageFrom, pageOf, type Reply, type Route } from './http.ts';
import { drawn } from './inventory.ts';

const PER_PAGE = 20;
const NEW_LIMIT = 500_000;
const STREETS = ['Mill Lane', 'Station Road', 'Harbour Street', 'Park Row', 'Church Hill', 'Orchard Way'];

export interface Order {
  readonly id: number;
  /** Name of the account. */
  readonly owner: string;
  status: string;
  /** Cents. */
  readonly total: number;
  readonly placed: string;
  readonly lines: readonly { readonly product: number; readonly quantity: number; readonly price: number }[];
  readonly address: string;
}

export class Orders {
  private readonly owners = new Map<number, Account>();
  private readonly known = new Bounded<number, Order>(NEW_LIMIT);
  private readonly catalogue: Catalogue;
  private nextId = 10_000;

  constructor(accounts: Accounts, catalogue: Catalogue) {
    this.catalogue = catalogue;
    for (const account of accounts.all) {
      for (const id of account.orders) {
        this.owners.set(id, account);
        this.nextId = Math.max(this.nextId, id + 1);
      }
    }
  }

  get ids(): number[] {
    return [...this.owners.keys()];
  }

  find(id: number): Order | undefined {
    const known = this.known.get(id);
    if (known) return known;
    const owner = this.owners.get(id);
    return owner && this.old(id, owner);
  }

  /** Numbers are given one after the other, which lets everybody guess them: a weakness. */
  place(account: Account, product: number, quantity: number, total: number, nowMs: number): Order {
    const id = this.nextId++;
    const order = {
      id,
      owner: account.name,
      status: 'paid',
      total,
      placed: new Date(nowMs).toISOString(),
      lines: [{ product, quantity, price: Math.round(total / quantity) }],
      address: addressOf(account.name),
    };
    this.known.set(id, order);
    this.owners.set(id, account);
    account.orders.push(id);
    return order;
  }

  /** False when there is no such order. */
  setStatus(id: number, status: string): boolean {
    const order = this.find(id);
    if (!order) return false;
    order.status = status;
    this.known.set(id, order);
    return true;
  }

  private old(id: number, owner: Account): Order {
    const at = `order/${id}`;
    const { products } = this.catalogue;
    const lines = Array.from({ length: 1 + drawn(`${at}/lines`, 3) }, (_, i) => {
      const product = products[drawn(`${at}/${i}`, products.length)];
      return { product: product.id, quantity: 1 + drawn(`${at}/${i}/quantity`, 2), price: product.price };
    });
    return {
      id,
      owner: owner.name,
      status: ['paid', 'sent', 'delivered', 'delivered', 'returned'][drawn(`${at}/status`, 5)],
      total: lines.reduce((sum, line) => sum + line.quantity * line.price, 0),
      placed: new Date(Date.UTC(2024, 0, 1) + drawn(`${at}/placed`, 31_000_000) * 1000).toISOString(),
      lines,
      address: addressOf(owner.name),
    };
  }
}

function addressOf(name: string): string {
  const street = STREETS[drawn(`street/${name}`, STREETS.length)];
  return `${1 + drawn(`house/${name}`, 120)} ${street}, ${10_000 + drawn(`town/${name}`, 80_000)}`;
}

export function orderRoutes(orders: Orders): Route[] {
  return [
    { method: 'GET', template: '/api/orders', handle: (call) => list(call, orders) },
    { method: 'GET', template: '/api/orders/{orderId}', handle: (call) => detail(call, orders) },
  ];
}

function list(call: Call, orders: Orders): Reply {
  const customer = customerOf(call);
  const ids = [...customer.orders].sort((a, b) => b - a);
  const { items, next } = pageFrom(ids, pageOf(call, 'page', 1), PER_PAGE);
  return json(200, { items: items.map((id) => orders.find(id)), next, total: ids.length });
}

/** The endpoint that forgets to ask whose order it is (API1). */
function detail(call: Call, orders: Orders): Reply {
  customerOf(call);
  const order = orders.find(Number(call.params.orderId));
  call.note(order ? 'lookup.found' : 'lookup.missed', { object: `order:${call.params.orderId}` });
  if (!order) throw new Problem(404, 'Not found', `There is no order ${call.params.orderId}.`);
  return json(200, order);
}
