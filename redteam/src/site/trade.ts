/** Orders, quotes, purchases, codes. */
import type { Call } from './call.ts';
import { productOf } from './catalogue.ts';
import { FIRST_ORDER } from './inventory.ts';
import type { Customer } from './state.ts';

const ORDERS_A_PAGE = 20;

export function orderList(call: Call): undefined {
  const { customer } = call;
  const page = call.count('page', 1);
  if (page === undefined) return call.failAs(400, 404);
  const orders = customer?.orders ?? [];
  const end = orders.length - (page - 1) * ORDERS_A_PAGE;
  const ids = end > 0 ? orders.slice(Math.max(0, end - ORDERS_A_PAGE), end).reverse() : [];
  const more = end > ORDERS_A_PAGE;
  call.ok(customer?.id ?? 0, more ? { ids, next: page + 1 } : { ids }, ids.length + 0.25);
}

/** An order, or something that belongs to it: looked up by the first number in the path. */
export function order(call: Call): undefined {
  const text = call.values[0] ?? '';
  const own = call.customer;
  const owner = /^\d{1,9}$/.test(text) ? call.place.state.ownerOf(Number(text)) : undefined;
  if (owner === undefined) {
    call.note('lookup.missed', own?.name ?? '', `order:${text}`);
    return call.failAs(404, 400);
  }
  call.note('lookup.found', own?.name ?? '', `order:${text}`);
  if (owner !== own) {
    if (!call.place.forgetful.has(call.operation)) return call.failAs(403, 404);
    call.gain = 1;
  }
  call.ok(Number(text) - FIRST_ORDER, { id: Number(text), owner: owner.name });
}

export function quote(call: Call): undefined {
  const product = productOf(call, call.text('product'));
  const quantity = quantityOf(call);
  if (quantity === 0) return call.failAs(400, 422);
  if (product === 0) return call.failAs(call.text('product') === '' ? 400 : 404, 400, 422);
  const { quote: id, price } = call.place.state.quote(product, quantity, call.nowMs);
  call.ok(product, { quote: id, price });
}

/**
 * Buys what was quoted. Where the document has a price in the body, the site believes it when there is no quote: the
 * buyer's gain is what was not paid.
 */
export function checkout(call: Call): undefined {
  const { customer } = call;
  const given = call.text('quote');
  if (customer === undefined) return call.fail(401);
  let total: number | undefined;
  if (given !== '') {
    total = call.place.state.useQuote(given, call.nowMs);
    if (total === undefined) return call.failAs(400, 409, 404);
  } else {
    total = believed(call);
    if (total === undefined) return;
  }
  const id = call.place.state.placeOrder(customer);
  call.note('payment.settled', customer.name, `order:${id}`);
  call.ok(id, { order: id, id, price: total });
}

function believed(call: Call): number | undefined {
  const product = productOf(call, call.text('product'));
  const quantity = quantityOf(call);
  if (product === 0 || quantity === 0) {
    call.failAs(400, 422, 404);
    return undefined;
  }
  const honest = call.place.state.priceOf(product) * quantity;
  const price = call.operation.body.price === undefined ? undefined : call.given('price');
  if (price === undefined) return honest;
  if (typeof price !== 'number' || !Number.isFinite(price)) {
    call.failAs(400, 422);
    return undefined;
  }
  call.gain = Math.max(0, honest - price);
  return price;
}

/** Pieces, at least 1; 0 for what is no such number. */
function quantityOf(call: Call): number {
  const quantity = call.given('quantity') ?? 1;
  return typeof quantity === 'number' && Number.isInteger(quantity) && quantity >= 1 && quantity <= 1e6 ? quantity : 0;
}

/** Redeems a code (POST), or says what is left on it. Wrong codes cost nothing: a weakness. */
export function redeem(call: Call): undefined {
  const { state } = call.place;
  const code = (call.values.at(-1) ?? call.text('code')).toUpperCase();
  if (code === '') return call.failAs(400, 422, 404);
  const principal = call.customer?.name ?? '';
  const value = state.valueOf(code);
  const takes = call.request.method !== 'GET' && call.request.method !== 'HEAD';
  if (value === undefined || (takes && value === 0)) {
    call.note('code.rejected', principal, code);
    return value === undefined ? call.failAs(404, 422, 400) : call.failAs(409, 404, 422, 400);
  }
  call.note('code.accepted', principal, code);
  if (value > 0) call.gain = 1;
  if (takes) take(call, code, call.customer);
  call.ok(0, { value });
}

function take(call: Call, code: string, customer: Customer | undefined): void {
  call.place.state.redeem(code);
  call.note('promo.redeemed', customer?.name ?? '', code);
}
