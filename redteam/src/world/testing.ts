/**
 * For tests: a shop and a library as operations, small inventories, and a loop that runs a source against the stand-in
 * site.
 */
import type { Answer, Inventory, Operation, Request, Role, Source, Visitor, World } from '../contract.ts';
import { Heap } from '../core/heap.ts';
import { Random } from '../core/random.ts';
import { PilotSite } from './pilot.ts';

/** A line is: role, method, template, query parameters, body properties; ! for those that ask for a login or key. */
function operations(text: string): Operation[] {
  return text
    .trim()
    .split('\n')
    .map((line, i) => {
      const [role, method, template, query = '-', body = '-'] = line.trim().replace('!', '').split(/\s+/);
      const names = (list: string) => (list === '-' ? [] : list.split(','));
      return {
        id: `operation${i}`,
        role: role as Role,
        method,
        template,
        pathParameters: [...template.matchAll(/\{([^}]*)\}/g)].map(([, name]) => name),
        queryParameters: names(query),
        bodyProperties: names(body),
        authenticated: line.includes('!'),
      };
    });
}

export const SHOP = operations(`
  page GET /
  page GET /about
  page GET /robots.txt
  asset GET /assets/app.css
  asset GET /assets/app.js
  asset GET /images/{productId}.png
  list GET /api/products page,per_page
  detail GET /api/products/{productId}
  search GET /api/search q,page
  signup POST /api/signup - username,email,password
  login POST /api/login - username,password
  other POST /api/logout !
  reset POST /api/password-reset - username
  reset POST /api/password-reset/confirm - username,code,password
  profile GET /api/users/{userId} !
  profile PATCH /api/users/{userId} - email,displayName !
  order-list GET /api/orders page !
  order GET /api/orders/{orderId} !
  redeem POST /api/codes/redeem - code !
  redeem GET /api/gift-cards/{code}
  quote POST /api/quotes - product,quantity !
  checkout POST /api/checkout - quote,product,quantity,price !
  graphql POST /graphql - query,variables,operationName
  export GET /api/partner/export page,limit !
  telemetry POST /api/telemetry - device,firmware,readings !
  health GET /health
`);

/** Another site: no shop, no assets, other words, few roles. */
export const LIBRARY = operations(`
  list GET /v1/books offset,limit
  detail GET /v1/books/{isbn}
  search GET /v1/books/search term
  login POST /v1/sessions - email,password
  profile GET /v1/readers/me !
  other GET /v1/opening-hours
`);

export function inventory(accounts = 2000): Inventory {
  const key = (kind: 'partner' | 'device', i: number) => ({
    id: `${kind}-${i}`,
    secret: `${kind}-secret-${i}`,
    owner: kind === 'partner' ? `firm-${i}` : `store-${Math.floor(i / 4)}`,
    kind,
  });
  return {
    accounts: Array.from({ length: accounts }, (_, i) => ({
      name: `user${i}`,
      password: `Secret${i}pass`,
      orders: i % 3 === 0 ? [] : [10_000 + i],
    })),
    keys: [
      ...Array.from({ length: 6 }, (_, i) => key('partner', i)),
      ...Array.from({ length: 40 }, (_, i) => key('device', i)),
    ],
    products: 800,
    codes: ['BCDFG', 'HJKMN', 'PQRTV'],
    codeAlphabet: 'BCDFGHJKMNPQRTVWXYZ',
    codeLength: 5,
    words: ['shoes', 'lamp', 'chair', 'red lamp'],
  };
}

/** Monday, 5 January 2026. */
export const MONDAY = Date.UTC(2026, 0, 5);

export function worldOf(seed = 1, days = 7, site: readonly Operation[] = SHOP, accounts = 2000): World {
  const base = new Random(seed);
  return {
    site: { operations: site, inventory: inventory(accounts), host: 'shop.example' },
    startMs: MONDAY,
    endMs: MONDAY + days * 86_400_000,
    random: (name) => base.fork(name),
  };
}

export interface Seen {
  readonly timeMs: number;
  readonly request: Request;
  readonly answer: Answer;
  readonly visitor: Visitor;
}

/**
 * Runs a source to the world's end, exchange by exchange in order of their time; `answer` may stand in for the site.
 */
export function* run(
  source: Source,
  world: World,
  answer?: (request: Request, timeMs: number, otherwise: () => Answer) => Answer,
): Generator<Seen> {
  const site = new PilotSite(world.site);
  const waiting = new Heap<Visitor>();
  const arrivals = source.arrivals();
  let next = arrivals.next();
  for (;;) {
    while (!next.done && next.value.nextAt <= waiting.minimum) {
      waiting.push(next.value.nextAt, next.value);
      next = arrivals.next();
    }
    const visitor = waiting.peek();
    if (visitor === undefined || visitor.nextAt >= world.endMs) return;
    const timeMs = visitor.nextAt;
    const request = visitor.send();
    const reply = answer?.(request, timeMs, () => site.answer(request)) ?? site.answer(request);
    visitor.receive(reply, timeMs + reply.durationMs);
    yield { timeMs, request, answer: reply, visitor };
    if (visitor.nextAt < world.endMs) waiting.rekeyTop(visitor.nextAt);
    else waiting.pop();
  }
}

export const plan = (
  name: string,
  requestsPerDay: number,
  options: Readonly<Record<string, number | string | boolean>> = {},
  cohort = '',
) => ({ name, cohort, requestsPerDay, options });
