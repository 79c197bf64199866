/** What machines call: partners, devices, the payment provider, monitors. And what was forgotten. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Accounts } from './accounts.ts';
import { Bounded } from './bounded.ts';
import { type Catalogue, detailOf } from './catalogue.ts';
import { profileOf } from './customers.ts';
import {
  type Call,
  countOf,
  customerOf,
  json,
  objectOf,
  Problem,
  pageFrom,
  pageOf,
  type Reply,
  type Route,
  textOf,
} from './http.ts';
import type { InventoryKey } from './inventory.ts';
import type { Orders } from './orders.ts';

const EXPORT_RECORDS = 200;
const LEGACY_PER_PAGE = 50;
const DEVICE_LIMIT = 50_000;
const OUTCOMES: Readonly<Record<string, string>> = {
  'payment.settled': 'paid',
  'payment.failed': 'unpaid',
  'payment.refunded': 'refunded',
};

export interface Stock {
  readonly accounts: Accounts;
  readonly catalogue: Catalogue;
  readonly orders: Orders;
}

export function machineRoutes(stock: Stock, webhookSecret: string): Route[] {
  const devices = new Bounded<string, unknown>(DEVICE_LIMIT);
  const startedMs = Date.now();
  const health = () =>
    json(200, { status: 'ok', version: '1.4.0', uptime: Math.round((Date.now() - startedMs) / 1000) });
  return [
    { method: 'GET', template: '/health', handle: health },
    { method: 'GET', template: '/api/partner/export', handle: (call) => exported(call, stock) },
    { method: 'POST', template: '/api/telemetry', handle: (call) => telemetry(call, devices) },
    {
      method: 'POST',
      template: '/api/webhooks/payments',
      handle: (call) => webhook(call, stock.orders, webhookSecret),
    },
    { method: 'GET', template: '/api/admin/report', handle: (call) => report(call, stock) },
    { method: 'GET', template: '/api/v0/customers', handle: (call) => legacyCustomers(call, stock) },
  ];
}

/** Any partner gets everything of everybody, as much at once as it asks for: weaknesses both. */
function exported(call: Call, { catalogue, orders }: Stock): Reply {
  keyOf(call, 'partner');
  const page = pageOf(call, 'page', 1);
  const limit = pageOf(call, 'limit', EXPORT_RECORDS);
  const kind = call.query.get('kind') ?? 'products';
  if (kind === 'products') {
    const { items, next } = pageFrom(catalogue.products, page, limit);
    return json(200, { records: items.map(detailOf), next });
  }
  if (kind !== 'orders') throw new Problem(400, 'Bad request', '"kind" is products or orders.', { field: 'kind' });
  const { items, next } = pageFrom(orders.ids, page, limit);
  return json(200, { records: items.map((id) => orders.find(id)), next });
}

/** A key may report for any device, not only for its own: a weakness. */
function telemetry(call: Call, devices: Bounded<string, unknown>): Reply {
  keyOf(call, 'device');
  const body = objectOf(call);
  const device = textOf(body, 'device', 1, 128);
  const readings = body.readings ?? [];
  if (!Array.isArray(readings)) throw new Problem(400, 'Bad request', '"readings" is a list.', { field: 'readings' });
  devices.set(device, readings.at(-1));
  return json(202, { accepted: readings.length });
}

function keyOf(call: Call, kind: InventoryKey['kind']): InventoryKey {
  const { key } = call.caller;
  if (!key) throw new Problem(401, 'Unauthorized', 'Send your key as X-Api-Key.');
  if (key.kind !== kind) throw new Problem(403, 'Forbidden', `This is for keys of a ${kind}.`);
  return key;
}

/** The signature is looked at only where there is one: a weakness. */
function webhook(call: Call, orders: Orders, secret: string): Reply {
  const shown = call.headers['x-signature'];
  if (typeof shown === 'string' && !signed(call.body, shown, secret)) {
    throw new Problem(401, 'Unauthorized', 'The signature does not fit the body.');
  }
  const body = objectOf(call);
  const status = OUTCOMES[textOf(body, 'event')];
  if (!status)
    throw new Problem(400, 'Bad request', `"event" is ${Object.keys(OUTCOMES).join(', ')}.`, { field: 'event' });
  const order = countOf(body, 'order', 0);
  if (order === undefined || !orders.setStatus(order, status)) {
    throw new Problem(404, 'Not found', 'There is no such order.');
  }
  if (status === 'paid')
    call.note('payment.settled', { object: `order:${order}`, amount: countOf(body, 'amount', 0) ?? 0 });
  return json(202, { status });
}

function signed(body: Buffer, shown: string, secret: string): boolean {
  const right = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(shown, 'hex');
  return given.length === right.length && timingSafeEqual(given, right);
}

/** Meant for the staff, and open to every customer: a weakness. */
function report(call: Call, { accounts, orders }: Stock): Reply {
  customerOf(call);
  const best = [...accounts.all].sort((a, b) => b.orders.length - a.orders.length).slice(0, 20);
  const customers = best.map(({ name, email, orders: made }) => ({ username: name, email, orders: made.length }));
  return json(200, { accounts: accounts.all.length, orders: orders.ids.length, customers });
}

/** An old endpoint that nobody took down, and the document does not know: every customer, without a login. */
function legacyCustomers(call: Call, { accounts }: Stock): Reply {
  const { items, next } = pageFrom(accounts.all, pageOf(call, 'page', 1), LEGACY_PER_PAGE);
  return json(200, { customers: items.map(profileOf), next });
}
