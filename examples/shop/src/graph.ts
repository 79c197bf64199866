/** The catalogue and the own account as a graph: as deep and with as many aliases as the caller likes. */
import { buildSchema, defaultFieldResolver, type ExecutionResult, execute, parse, validate } from 'graphql';
import type { Account, Accounts } from './accounts.ts';
import type { Catalogue, Product } from './catalogue.ts';
import type { Codes } from './codes.ts';
import { type Call, json, jsonOf, Problem, type Reply, type Route } from './http.ts';
import { drawn } from './inventory.ts';
import type { Orders } from './orders.ts';
import type { Sessions } from './sessions.ts';

const SCHEMA = buildSchema(`
  type Query {
    product(id: Int!): Product
    products(page: Int = 1, perPage: Int = 24, category: String): [Product!]!
    search(q: String!): [Product!]!
    giftCard(code: String!): GiftCard
    me: User
    order(id: Int!): Order
  }
  type Mutation {
    login(username: String!, password: String!): Login
  }
  type Product {
    id: Int!
    name: String!
    category: String!
    price: Int!
    stock: Int!
    description: String!
    related: [Product!]!
    reviews(first: Int = 3): [Review!]!
  }
  type Review { rating: Int! text: String! product: Product! }
  type GiftCard { code: String! value: Int! }
  type User { id: Int! username: String! email: String! credit: Int! orders: [Order!]! }
  type Order { id: Int! status: String! total: Int! placed: String! }
  type Login { token: String! user: User! }
`);

/**
 * The shop has no limit of depth, aliases or batches. These two are the machine's: beyond them one request would take
 * the process, and everybody else's shop, with it.
 */
const FIELDS = 50_000;
const TOKENS = 10_000;

const OPINIONS = ['As described.', 'Would buy again.', 'Smaller than I thought.'];

interface Graph {
  readonly accounts: Accounts;
  readonly catalogue: Catalogue;
  readonly codes: Codes;
  readonly orders: Orders;
  readonly sessions: Sessions;
}

/** Counts what a request has cost; shared by all queries of a batch. */
interface Cost {
  fields: number;
}

export function graphRoutes(graph: Graph): Route[] {
  return [{ method: 'POST', template: '/graphql', handle: (call) => answer(call, graph) }];
}

/** One query, or a batch of them in an array. */
async function answer(call: Call, graph: Graph): Promise<Reply> {
  const body = jsonOf(call);
  const cost = { fields: 0 };
  if (!Array.isArray(body)) {
    const { status, result } = await run(body, call, graph, cost);
    return json(status, result);
  }
  const results: ExecutionResult[] = [];
  for (const query of body) results.push((await run(query, call, graph, cost)).result);
  return json(200, results);
}

async function run(
  body: unknown,
  call: Call,
  graph: Graph,
  cost: Cost,
): Promise<{ status: number; result: ExecutionResult }> {
  const { query, variables, operationName } = (body ?? {}) as Record<string, unknown>;
  if (typeof query !== 'string') throw new Problem(400, 'Bad request', '"query" is missing.', { field: 'query' });
  try {
    const document = parse(query, { maxTokens: TOKENS });
    const errors = validate(SCHEMA, document);
    if (errors.length > 0) return { status: 400, result: { errors } };
    const result = await execute({
      schema: SCHEMA,
      document,
      rootValue: rootOf(call, graph),
      contextValue: cost,
      variableValues: typeof variables === 'object' ? (variables as Record<string, unknown> | null) : undefined,
      operationName: typeof operationName === 'string' ? operationName : undefined,
      fieldResolver: (source, args, context: Cost, info) => {
        if (++context.fields > FIELDS) throw new Error(`The request resolves more than ${FIELDS} fields.`);
        return defaultFieldResolver(source, args, context, info);
      },
    });
    return { status: 200, result };
  } catch (error) {
    // Unreadable queries, and such as nest so deep that reading them runs out of stack.
    const message = error instanceof Error ? error.message : String(error);
    return { status: 400, result: { errors: [{ message }] as unknown as ExecutionResult['errors'] } };
  }
}

function rootOf(call: Call, graph: Graph): Record<string, unknown> {
  const { catalogue, codes } = graph;
  const { account } = call.caller;
  return {
    product: ({ id }: { id: number }) => nodeOf(catalogue.find(id), catalogue),
    products: ({ page, perPage, category }: { page: number; perPage: number; category?: string }) => {
      const products = catalogue.onSale.filter((product) => !category || product.category === category);
      return products.slice((page - 1) * perPage, page * perPage).map((product) => nodeOf(product, catalogue));
    },
    search: ({ q }: { q: string }) => catalogue.search(q).map((product) => nodeOf(product, catalogue)),
    giftCard: ({ code }: { code: string }) => {
      const card = codes.find(code);
      const found = card?.kind === 'gift';
      call.note(found ? 'code.accepted' : 'code.rejected', { object: code });
      return found ? card : null;
    },
    me: () => account && userOf(account, graph),
    order: ({ id }: { id: number }) => (account?.orders.includes(id) ? graph.orders.find(id) : null),
    login: (given: { username: string; password: string }) => logIn(call, graph, given.username, given.password),
  };
}

/** As many tries in one request as it has aliases: a weakness. */
async function logIn(call: Call, graph: Graph, username: string, password: string): Promise<unknown> {
  const account = await graph.accounts.logIn(username, password);
  call.note(account ? 'login.succeeded' : 'login.failed', { principal: username });
  return account ? { token: graph.sessions.start(account).token, user: userOf(account, graph) } : null;
}

function nodeOf(product: Product | undefined, catalogue: Catalogue): unknown {
  if (!product) return null;
  return {
    ...product,
    related: () => catalogue.related(product).map((other) => nodeOf(other, catalogue)),
    reviews: ({ first }: { first: number }) =>
      Array.from({ length: Math.max(0, Math.min(first, FIELDS)) }, (_, i) => ({
        rating: () => 1 + drawn(`review/${product.id}/${i}`, 5),
        text: () => OPINIONS[drawn(`text/${product.id}/${i}`, OPINIONS.length)],
        product: () => nodeOf(product, catalogue),
      })),
  };
}

function userOf(account: Account, { orders }: Graph): unknown {
  const { id, name, email, credit } = account;
  return { id, username: name, email, credit, orders: () => account.orders.map((order) => orders.find(order)) };
}
