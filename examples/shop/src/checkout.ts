/** A quote, then the purchase; but the purchase believes its caller. */
import { randomBytes } from 'node:crypto';
import { Bounded } from './bounded.ts';
import type { Catalogue } from './catalogue.ts';
import { type Call, countOf, customerOf, json, objectOf, Problem, type Reply, type Route, textOf } from './http.ts';
import type { Orders } from './orders.ts';

const QUOTE_MS = 15 * 60_000;
const QUOTE_LIMIT = 100_000;

interface Quote {
  readonly product: number;
  readonly quantity: number;
  /** Cents for all pieces. */
  readonly price: number;
  readonly untilMs: number;
}

export function checkoutRoutes(catalogue: Catalogue, orders: Orders): Route[] {
  const quotes = new Bounded<string, Quote>(QUOTE_LIMIT);
  return [
    { method: 'POST', template: '/api/quotes', handle: (call) => quote(call, catalogue, quotes) },
    { method: 'POST', template: '/api/checkout', handle: (call) => checkOut(call, catalogue, quotes, orders) },
  ];
}

function quote(call: Call, catalogue: Catalogue, quotes: Bounded<string, Quote>): Reply {
  customerOf(call);
  const body = objectOf(call);
  const wanted = wantedOf(body, catalogue);
  const id = `q_${randomBytes(9).toString('base64url')}`;
  const untilMs = Date.now() + QUOTE_MS;
  quotes.set(id, { ...wanted, untilMs });
  return json(201, { quote: id, ...wanted, expires: new Date(untilMs).toISOString() });
}

/**
 * Weaknesses: the quote may be left out, used again, or be somebody else's; a price in the body is taken as the price; and
 * nobody looks at the stock.
 */
function checkOut(call: Call, catalogue: Catalogue, quotes: Bounded<string, Quote>, orders: Orders): Reply {
  const customer = customerOf(call);
  const body = objectOf(call);
  const quoted = body.quote === undefined ? undefined : quotes.get(textOf(body, 'quote'));
  if (body.quote !== undefined && !quoted) throw new Problem(404, 'Not found', 'There is no such quote.');
  if (quoted && quoted.untilMs < Date.now()) throw new Problem(400, 'Bad request', 'The quote has expired.');
  const { product, quantity, price } = quoted ?? wantedOf(body, catalogue);
  const total = countOf(body, 'price', 0) ?? price;
  const credit = Math.max(0, Math.min(customer.credit, total));
  customer.credit -= credit;
  const order = orders.place(customer, product, quantity, total, Date.now());
  call.note('payment.settled', { principal: customer.name, object: `order:${order.id}`, amount: total - credit });
  return json(201, { order: order.id, total, credit, paid: total - credit }, { Location: `/api/orders/${order.id}` });
}

function wantedOf(body: Record<string, unknown>, catalogue: Catalogue): Omit<Quote, 'untilMs'> {
  const id = countOf(body, 'product', 1);
  if (id === undefined) throw new Problem(400, 'Bad request', '"product" is missing.', { field: 'product' });
  const product = catalogue.find(id);
  if (!product) throw new Problem(404, 'Not found', `There is no product ${id}.`);
  const quantity = countOf(body, 'quantity', 1) ?? 1;
  const price = product.price * quantity;
  if (!Number.isSafeInteger(price)) throw new Problem(400, 'Bad request', '"quantity" is too large.');
  return { product: product.id, quantity, price };
}
