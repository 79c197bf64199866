/** What machines talk to: GraphQL, webhooks, exports, telemetry, health, and whatever has no name. */
import type { Call } from './call.ts';
import { queryCost } from './graphql.ts';
import { hashText } from './state.ts';

const EXPORT_PAGE = 200;
/** Bytes of a schema told in full. */
const INTROSPECTION_FIELDS = 900;

export function graphql(call: Call): undefined {
  const query = call.text('query');
  const cost = query === '' ? undefined : queryCost(query);
  if (cost === undefined) return call.failAs(400, 200);
  const fields = cost.introspection ? INTROSPECTION_FIELDS : cost.fields;
  call.work = 0.5 + fields / 40 + 0.2 * cost.depth;
  call.ok(hashText(query), {}, 0.5 + fields * 0.5);
}

/** Asks for a signature only where the document knows a refusal. */
export function webhook(call: Call): undefined {
  const { headers } = call.request.client;
  const signed = Object.keys(headers).some((name) => name.includes('signature'));
  if (!signed && call.request.token === undefined && call.documents(401)) return call.fail(401);
  const order = call.text('order');
  if (order !== '' && call.place.state.ownerOf(Number(order)) === undefined && call.documents(404))
    return call.fail(404);
  if (call.request.body?.event === 'payment.settled') call.note('payment.settled', '', `order:${order}`);
  call.ok(0);
}

/** Page after page of records, as many on a page as are asked for: a weakness. */
export function bulk(call: Call): undefined {
  const { products } = call.place.state;
  const page = call.count('page', 1);
  const size = call.count('size', EXPORT_PAGE);
  if (page === undefined || size === undefined) return call.fail(400);
  const records = Math.max(0, Math.min(size, products - (page - 1) * size));
  call.gain = records;
  call.work = 0.3 + records / 120;
  call.ok(page, page * size < products ? { records, next: page + 1 } : { records }, records + 0.2);
}

export function telemetry(call: Call): undefined {
  const { body } = call.request;
  if (body === undefined) return call.fail(400);
  const readings = Object.values(body).find(Array.isArray);
  call.work = 0.8 + (readings?.length ?? 1) / 20;
  call.ok(0);
}

export function health(call: Call): undefined {
  call.ok(0);
}

/** Nothing is known of it but that it is there; a logout ends the login. */
export function other(call: Call): undefined {
  const { request, operation } = call;
  if (/log-?out|sign-?out/i.test(operation.template)) {
    call.place.state.logOut(request.session);
    call.place.state.logOut(request.token);
  } else if (operation.method === 'POST') {
    call.note('resource.provisioned', call.customer?.name ?? '');
  }
  call.ok(hashText(request.target));
}
