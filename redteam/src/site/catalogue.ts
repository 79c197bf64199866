/** What everybody may see: pages, files, products. */
import type { Call } from './call.ts';
import { queryValue } from './router.ts';
import { hash01, hashText } from './state.ts';

const PAGE_SIZE = 24;

export function page(call: Call): undefined {
  if (unchanged(call)) return;
  call.ok(call.values.length > 0 ? hashText(call.values[0]) : 0);
}

/** A file; one for each product where its name has a parameter. */
export function asset(call: Call): undefined {
  const [value] = call.values;
  if (value !== undefined && productOf(call, value) === 0) return call.fail(404);
  if (!unchanged(call)) call.ok(value === undefined ? 0 : Number(value));
}

export function detail(call: Call): undefined {
  const id = productOf(call, call.values.at(-1) ?? '');
  if (id === 0) return call.fail(404);
  if (unchanged(call)) return;
  call.gain = 1;
  call.ok(id, { id });
}

export function list(call: Call): undefined {
  const { products } = call.place.state;
  const [at, size] = [call.count('page', 1), call.count('size', PAGE_SIZE)];
  if (at === undefined || size === undefined) return call.fail(400);
  const first = (at - 1) * size + 1;
  const last = Math.min(products, first + size - 1);
  const ids: number[] = [];
  for (let id = first; id <= last; id++) ids.push(id);
  answerRows(call, ids, last < products ? at + 1 : undefined);
}

/** Words that the site knows find products by how popular they are, others mostly nothing. */
export function search(call: Call): undefined {
  const { request, operation, place } = call;
  const query = queryValue(request.target, operation.query.query) ?? call.text('query');
  const at = call.count('page', 1);
  if (at === undefined || (query === '' && call.documents(400))) return call.fail(400);
  // A quote that is not closed reaches the database where an error of the server is documented.
  if (call.documents(500) && (query.split("'").length & 1) === 0) return call.fail(500, 1);
  const size = call.count('size', PAGE_SIZE) ?? PAGE_SIZE;
  const words = query.trim().toLowerCase();
  const hash = hashText(words);
  const hits = hitsOf(words, hash, call);
  const ids: number[] = [];
  const step = 1 + (hash % 997);
  for (let i = (at - 1) * size; i < Math.min(hits, at * size); i++) {
    ids.push(1 + ((hash + i * step) % place.state.products));
  }
  answerRows(call, ids, at * size < hits ? at + 1 : undefined);
}

function hitsOf(words: string, hash: number, { place }: Call): number {
  const rank = place.wordRank.get(words);
  const { products } = place.state;
  if (rank !== undefined) return Math.max(1, Math.round((products * (0.2 + hash01(hash))) / (8 + rank)));
  const first = place.wordRank.get(words.split(' ')[0]);
  if (first !== undefined) return Math.round((products * hash01(hash)) / (60 + first));
  return hash % 10 < 2 ? hash % 4 : 0;
}

function answerRows(call: Call, ids: readonly number[], next: number | undefined): undefined {
  call.work = 0.6 + ids.length / 60;
  call.ok(ids.length === 0 ? 0 : ids[0], next === undefined ? { ids } : { ids, next }, ids.length + 0.2);
}

/** The product that a text names; 0 for none. */
export function productOf(call: Call, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) return 0;
  const id = Number(text);
  return id <= call.place.state.products ? id : 0;
}

/** Who asks whether something changed is told that it did not, unless it did in the last days: one in ten. */
function unchanged(call: Call): boolean {
  const { headers } = call.request.client;
  if (headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined) return false;
  if (hash01(hashText(call.request.target) + Math.floor(call.nowMs / 604_800_000)) < 0.1) return false;
  call.fail(304, 0.3);
  return true;
}
