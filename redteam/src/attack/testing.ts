/** A site that is easily had, and a loop that runs a campaign against it: for the tests of this folder. */
import type {
  Account,
  Answer,
  ApiKey,
  Campaign,
  CampaignPlan,
  Exchange,
  Family,
  Handling,
  Inventory,
  Level,
  Operation,
  Request,
  Role,
  Site,
  Visitor,
  World,
} from '../contract.ts';
import { Heap } from '../core/heap.ts';
import { Random } from '../core/random.ts';

export const START = Date.UTC(2025, 2, 4, 7, 13, 21);
export const HOUR = 3_600_000;

type Row = readonly [role: Role, call: string, query: string, body: string, authenticated?: boolean];

const ROWS: readonly Row[] = [
  ['page', 'GET /', '', ''],
  ['asset', 'GET /static/site.css', '', ''],
  ['list', 'GET /things', 'page limit sort', ''],
  ['search', 'GET /find', 'q page', ''],
  ['detail', 'GET /things/{thingId}', '', ''],
  ['login', 'POST /enter', '', 'username password'],
  ['signup', 'POST /join', '', 'username email password'],
  ['reset', 'POST /forgot', '', 'username'],
  ['reset', 'POST /forgot/confirm', '', 'username code password'],
  ['profile', 'GET /people/{personId}', '', '', true],
  ['profile', 'PATCH /people/{personId}', '', 'email', true],
  ['order-list', 'GET /purchases', 'page', '', true],
  ['order', 'GET /purchases/{id}', '', '', true],
  ['quote', 'POST /offers', '', 'product quantity', true],
  ['checkout', 'POST /pay', '', 'quote product quantity price', true],
  ['redeem', 'POST /gifts', '', 'code', true],
  ['redeem', 'GET /gifts/{code}', '', ''],
  ['graphql', 'POST /graph', '', 'query'],
  ['webhook', 'POST /hooks', '', 'event order'],
  ['export', 'GET /bulk', 'page size kind', '', true],
  ['telemetry', 'POST /measure', '', 'device firmware readings', true],
  ['health', 'GET /up', '', ''],
];

const words = (text: string) => text.split(' ').filter((word) => word !== '');

/** Operations of the site; without some roles if a test wants to see who misses them. */
export function operations(without: readonly Role[] = []): Operation[] {
  const rows = ROWS.filter(([role]) => !without.includes(role));
  return rows.map(([role, call, query, body, authenticated = false]) => {
    const [method, template] = call.split(' ');
    return {
      id: call,
      role,
      method,
      template,
      pathParameters: [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      queryParameters: words(query),
      bodyProperties: words(body),
      authenticated,
    };
  });
}

function inventory(): Inventory {
  const random = new Random('inventory');
  const accounts: Account[] = Array.from({ length: 400 }, (_, i) => ({
    name: `person${i}`,
    password: i % 9 === 0 ? 'Password1' : `own-${random.hex(8)}`,
    orders: i % 2 === 0 ? [1000 + i] : [],
  }));
  const key = (kind: ApiKey['kind'], i: number): ApiKey => ({
    id: `${kind}-${i}`,
    secret: `${kind}-secret-${i}`,
    owner: `${kind}s-${i}`,
    kind,
  });
  return {
    accounts,
    keys: [...[1, 2, 3].map((i) => key('partner', i)), ...[1, 2, 3, 4, 5, 6].map((i) => key('device', i))],
    products: 300,
    // One in eight of what there could be, so that whoever guesses finds some.
    codes: Array.from({ length: 64 }, (_, i) => `${'ABCDEFGH'[i >> 3]}${'ABCDEFGH'[i & 7]}${'ABCDEFGH'[(3 * i) & 7]}`),
    codeAlphabet: 'ABCDEFGH',
    codeLength: 3,
    words: ['shoe', 'hat', 'red', 'lamp'],
  };
}

const INVENTORY = inventory();

/** Decides on every request before the site sees it. */
export type Defence = (request: Request, nowMs: number) => Handling;

export class FakeSite implements Site {
  readonly operations: readonly Operation[];
  readonly inventory = INVENTORY;
  readonly host = 'www.things.example';
  private readonly defence: Defence;
  private readonly passwords = new Map<string, string>();
  private readonly sessions = new Map<string, string>();
  private readonly routes = new Map<string, Operation[]>();
  private readonly owners = new Map<number, string>();
  private readonly keys: ReadonlySet<string>;

  constructor(without: readonly Role[] = [], defence: Defence = () => 'served') {
    this.operations = operations(without);
    this.defence = defence;
    for (const { name, password, orders } of this.inventory.accounts) {
      this.passwords.set(name, password);
      for (const order of orders) this.owners.set(order, name);
    }
    for (const operation of this.operations) {
      const parts = operation.template.split('/');
      const key = `${operation.method} ${parts.length} ${parts[1]}`;
      this.routes.set(key, [...(this.routes.get(key) ?? []), operation]);
    }
    this.keys = new Set(this.inventory.keys.map(({ secret }) => secret));
  }

  answer(request: Request, nowMs: number): Answer {
    const handling = this.defence(request, nowMs);
    if (handling === 'refused') return reply(403, handling);
    if (handling === 'challenged' && request.solved !== true) return reply(401, handling);
    const [path] = request.target.split('?');
    const operation = this.find(request.method, path);
    // What nobody documented, and everybody may see.
    if (operation === undefined)
      return /^\/(admin|debug|config|env|metrics|status)$/.test(path) ? reply(200, handling, 1) : reply(404, handling);
    const last = decodeURIComponent(path.split('/').at(-1) ?? '');
    const who = this.sessions.get(request.session ?? request.token ?? '');
    const keyed = this.keys.has(request.token ?? '');
    if (operation.authenticated && who === undefined && !keyed) return reply(401, handling);
    return this.act(operation, request, last, who, handling);
  }

  private find(method: string, path: string): Operation | undefined {
    const parts = path.split('/');
    const routes = this.routes.get(`${method} ${parts.length} ${parts[1]}`) ?? [];
    return routes.find(({ template }) => fits(template, parts));
  }

  private act(
    { role }: Operation,
    request: Request,
    last: string,
    who: string | undefined,
    handling: Handling,
  ): Answer {
    const body = request.body ?? {};
    const name = String(body.username ?? '');
    switch (role) {
      case 'login':
        return this.passwords.get(name) === body.password ? this.enter(name, 200) : reply(401, handling);
      case 'signup':
        if (this.passwords.has(name)) return reply(409, handling);
        this.passwords.set(name, String(body.password));
        return this.enter(name, 201);
      case 'reset':
        if (body.code !== undefined) return reply(400, handling);
        return this.passwords.has(name) ? reply(202, handling, 1) : reply(404, handling);
      case 'profile':
        return last === 'me' || last === who ? reply(200, handling) : reply(403, handling);
      case 'order-list':
        return reply(200, handling, 0, {
          ids: this.inventory.accounts.find((account) => account.name === who)?.orders ?? [],
        });
      case 'order': {
        const owner = this.owners.get(Number(last));
        return owner === undefined ? reply(404, handling) : reply(200, handling, owner === who ? 0 : 1);
      }
      case 'quote':
        return reply(201, handling, 0, { quote: `q${last}`, price: 2000 });
      case 'checkout':
        return reply(201, handling, typeof body.price === 'number' ? Math.max(0, 2000 - body.price) : 0, { order: 7 });
      case 'redeem': {
        const code = String(body.code ?? last);
        return this.inventory.codes.includes(code) ? reply(200, handling, 1, { value: 500 }) : reply(404, handling);
      }
      default:
        return this.records(role, request, last, handling);
    }
  }

  private records(role: Role, { target, body }: Request, last: string, handling: Handling): Answer {
    const parameters = new URLSearchParams(target.split('?')[1] ?? '');
    const page = Number(parameters.get('page') ?? 1);
    switch (role) {
      case 'list':
      case 'search': {
        if (parameters.get('q')?.includes("'") === true) return reply(500, handling, 1);
        const ids = Array.from({ length: 20 }, (_, i) => 20 * (page - 1) + i + 1).filter((id) => id <= 300);
        return reply(200, handling, 0, ids.length === 20 && page < 15 ? { ids, next: page + 1 } : { ids });
      }
      case 'detail':
        return Number(last) >= 1 && Number(last) <= 300
          ? reply(200, handling, 1, { id: Number(last) })
          : reply(404, handling);
      case 'export':
        return reply(200, handling, 50, page < 6 ? { records: 50, next: page + 1 } : { records: 50 });
      case 'graphql':
        return reply(200, handling, String(body?.query ?? '').length / 1000);
      case 'telemetry':
      case 'webhook':
        return reply(202, handling, 1);
      default:
        return reply(200, handling, 1);
    }
  }

  private enter(name: string, status: number): Answer {
    const session = `s-${name}`;
    this.sessions.set(session, name);
    return reply(status, 'served', 1, { session, token: session, id: name });
  }
}

function fits(template: string, path: readonly string[]): boolean {
  return template.split('/').every((part, i) => part.startsWith('{') || part === path[i]);
}

function reply(status: number, handling: Handling, gain = 0, body: Readonly<Record<string, unknown>> = {}): Answer {
  const durationMs = 40;
  return {
    status,
    bytes: 300,
    durationMs,
    handling,
    body,
    principal: '',
    session: '',
    credential: '',
    events: [],
    gain,
  };
}

/** A world of `hours` around a site. */
export function worldOf(site: Site, hours = 24, seed = 'seed'): World {
  const root = new Random(seed);
  return { site, startMs: START, endMs: START + hours * HOUR, random: (name) => root.fork(name) };
}

export function planOf(family: Family, level: Level, more: Partial<CampaignPlan> = {}): CampaignPlan {
  return {
    name: `${family} ${level}`,
    family,
    level,
    startMs: START + HOUR,
    endMs: START + 20 * HOUR,
    budget: { requests: 300, addresses: 500, accounts: 40, solves: 20 },
    options: {},
    ...more,
  };
}

/** Runs a campaign to its end, and returns what it sent in the order of time. */
export function play(campaign: Campaign, site: FakeSite, most = 50_000): Exchange[] {
  const out: Exchange[] = [];
  const visitors = new Heap<Visitor>();
  const arrivals = campaign.arrivals();
  let next = arrivals.next();
  for (let n = 0; n < most; n++) {
    while (next.done !== true && next.value.nextAt <= visitors.minimum) {
      visitors.push(next.value.nextAt, next.value);
      next = arrivals.next();
    }
    const visitor = visitors.peek();
    if (visitor === undefined) return out;
    const timeMs = visitors.minimum;
    const request = visitor.send();
    const answer = site.answer(request, timeMs);
    out.push({ timeMs, request, answer, label: visitor.label });
    visitor.receive(answer, timeMs + answer.durationMs);
    if (visitor.nextAt < timeMs + answer.durationMs) throw new Error(`back in time: ${visitor.nextAt} after ${timeMs}`);
    if (Number.isFinite(visitor.nextAt)) visitors.rekeyTop(visitor.nextAt);
    else visitors.pop();
  }
  throw new Error(`the campaign has no end: ${most} requests`);
}
