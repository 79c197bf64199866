/** Products: paging, search, detail. */
import { type Call, json, Problem, pageFrom, pageOf, type Reply, type Route } from './http.ts';
import { drawn, type Inventory } from './inventory.ts';
import { matcher, type Row, StatementError } from './statement.ts';

export interface Product {
  readonly id: number;
  readonly name: string;
  readonly category: string;
  /** Cents. */
  readonly price: number;
  readonly stock: number;
  readonly image: string;
  readonly description: string;
  /** Not yet on sale; the front end never shows such a product. */
  readonly released: boolean;
}

const CATEGORIES = ['living', 'sleeping', 'kitchen', 'office', 'kids', 'outdoor'];
const SORTS: Readonly<Record<string, (a: Product, b: Product) => number>> = {
  name: (a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)),
  price: (a, b) => a.price - b.price,
  '-price': (a, b) => b.price - a.price,
  newest: (a, b) => b.id - a.id,
};
const PER_PAGE = 24;
const SENTENCES = [
  'Made to be used every day.',
  'Comes in one piece; no tools are needed.',
  'Oiled by hand, and easy to care for.',
  'Fits where others are too wide.',
  'Stacks, so that it does not stand in the way.',
  'A favourite of our customers for years.',
];

export class Catalogue {
  readonly products: readonly Product[];
  readonly onSale: readonly Product[];
  /** As the statement of the search sees them. */
  private readonly rows: readonly Row[];

  constructor(inventory: Pick<Inventory, 'products' | 'words'>) {
    this.products = Array.from({ length: inventory.products }, (_, i) => productOf(i + 1, inventory.words));
    this.onSale = this.products.filter((product) => product.released);
    this.rows = this.products.map((it) => ({ ...it, name: it.name.toLowerCase(), released: it.released ? 1 : 0 }));
  }

  find(id: number): Product | undefined {
    return this.products[id - 1];
  }

  /**
   * The search word goes into the statement as it came: an injection, and a weakness.
   * @throws StatementError when it breaks the statement.
   */
  search(word: string): Product[] {
    const matches = matcher(`name LIKE '%${word}%' AND released = 1`);
    return this.products.filter((_, i) => matches(this.rows[i]));
  }

  related(product: Product): Product[] {
    const all = this.products;
    return [1, 7, 31].map((step) => all[(product.id - 1 + step) % all.length]);
  }
}

function productOf(id: number, words: readonly string[]): Product {
  const at = `product/${id}`;
  // The square makes the first words frequent, as the list says they are.
  const word = (name: string) => words[Math.floor((drawn(`${at}/${name}`, 1000) / 1000) ** 2 * words.length)];
  const name = [...new Set([word('a'), word('b'), word('c')])].join(' ');
  const count = 2 + drawn(`${at}/length`, 9);
  return {
    id,
    name: `${name} ${100 + drawn(`${at}/model`, 900)}`,
    category: CATEGORIES[drawn(`${at}/category`, CATEGORIES.length)],
    price: 500 + 10 * Math.floor(40 * (drawn(`${at}/price`, 10_000) / 400) ** 1.7) + 99,
    stock: drawn(`${at}/stock`, 60),
    image: `/images/${id}.png`,
    description: Array.from({ length: count }, (_, i) => SENTENCES[drawn(`${at}/${i}`, SENTENCES.length)]).join(' '),
    released: drawn(`${at}/released`, 50) !== 0,
  };
}

/** What a list shows of a product. */
function card({ id, name, category, price, stock, image }: Product): Record<string, unknown> {
  return { id, name, category, price, stock, image };
}

export function detailOf(product: Product): Record<string, unknown> {
  return { ...card(product), description: product.description };
}

export function catalogueRoutes(catalogue: Catalogue): Route[] {
  return [
    { method: 'GET', template: '/api/products', handle: (call) => list(call, catalogue) },
    { method: 'GET', template: '/api/products/{productId}', handle: (call) => detail(call, catalogue) },
    { method: 'GET', template: '/api/search', handle: (call) => search(call, catalogue) },
  ];
}

/** A page can be as long as the caller wants it: a weakness. */
function list(call: Call, { onSale }: Catalogue): Reply {
  const category = call.query.get('category');
  const sort = call.query.get('sort');
  const order = sort ? SORTS[sort] : undefined;
  if (sort && !order) throw new Problem(400, 'Bad request', `Sort by ${Object.keys(SORTS).join(', ')}.`);
  let products = category ? onSale.filter((product) => product.category === category) : onSale;
  if (order) products = [...products].sort(order);
  return productPage(call, products, pageOf(call, 'per_page', PER_PAGE));
}

function detail(call: Call, catalogue: Catalogue): Reply {
  const product = catalogue.find(Number(call.params.productId));
  if (!product) throw new Problem(404, 'Not found', `There is no product ${call.params.productId}.`);
  return json(200, detailOf(product), { 'Cache-Control': 'public, max-age=60' });
}

function search(call: Call, catalogue: Catalogue): Reply {
  const word = call.query.get('q') ?? '';
  if (word === '') throw new Problem(400, 'Bad request', '"q" is missing.');
  try {
    return productPage(call, catalogue.search(word), PER_PAGE);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    // Verbose on purpose: the caller learns the statement and where it failed.
    const { message, statement, stack } = error;
    throw new Problem(500, 'Search failed', message, { statement, trace: stack?.split('\n').slice(1, 6) });
  }
}

function productPage(call: Call, products: readonly Product[], perPage: number): Reply {
  const page = pageFrom(products.map(card), pageOf(call, 'page', 1), perPage);
  return json(200, { ...page, total: products.length }, { 'Cache-Control': 'public, max-age=30' });
}
