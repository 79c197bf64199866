/** Queries that a shop's own pages and app send: few, always the same, with other variables. */
import type { Random } from '../core/random.ts';

export interface GraphQuery {
  readonly operationName: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

const QUERIES: readonly (readonly [name: string, text: string, needs: 'product' | 'word' | 'page' | 'login'])[] = [
  ['Product', 'query Product($id: Int!) { product(id: $id) { id name price stock description } }', 'product'],
  ['Related', 'query Related($id: Int!) { product(id: $id) { id related { id name price } } }', 'product'],
  ['Reviews', 'query Reviews($id: Int!) { product(id: $id) { id reviews(first: 5) { rating text } } }', 'product'],
  ['Home', 'query Home($page: Int) { products(page: $page, perPage: 12) { id name price } }', 'page'],
  ['Suggest', 'query Suggest($q: String!) { search(q: $q) { id name } }', 'word'],
  ['Me', 'query Me { me { id username credit } }', 'login'],
];

export function drawQuery(random: Random, product: number, word: string, loggedIn: boolean): GraphQuery {
  const last = loggedIn ? QUERIES.length : QUERIES.length - 1;
  const [operationName, query, needs] = QUERIES[random.below(last)];
  switch (needs) {
    case 'product':
      return { operationName, query, variables: { id: product } };
    case 'word':
      return { operationName, query, variables: { q: word } };
    case 'page':
      return { operationName, query, variables: { page: 1 } };
    case 'login':
      return { operationName, query, variables: {} };
  }
}
