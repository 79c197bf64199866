/**
 * A stand-in for the site: answers by role as a healthy one would. Populations rehearse against it to learn how many
 * requests a visit makes, and tests use it where no real site is needed.
 */
import type { Answer, Inventory, Operation, Request, Role, Site, Visitor } from '../contract.ts';

const NOTHING: readonly never[] = [];
const PAGE_SIZE = 24;

export class PilotSite implements Site {
  readonly operations: readonly Operation[];
  readonly inventory: Inventory;
  readonly host: string;
  private readonly fixed = new Map<string, Operation>();
  private readonly patterns: (readonly [RegExp, Operation])[] = [];
  private readonly passwords: ReadonlyMap<string, string>;
  private readonly own = new Map<string, string>();
  private readonly secrets: ReadonlySet<string>;
  private counter = 0;

  constructor({ operations, inventory, host }: Pick<Site, 'operations' | 'inventory' | 'host'>) {
    this.operations = operations;
    this.inventory = inventory;
    this.host = host;
    this.passwords = new Map(inventory.accounts.map(({ name, password }) => [name, password]));
    this.secrets = new Set(inventory.keys.map(({ secret }) => secret));
    for (const operation of operations) {
      if (operation.pathParameters.length === 0) this.fixed.set(`${operation.method} ${operation.template}`, operation);
      else this.patterns.push([patternOf(operation.template), operation]);
    }
  }

  /** The operation that a request reaches; undefined for none. */
  operationOf({ method, target }: Pick<Request, 'method' | 'target'>): Operation | undefined {
    const end = target.indexOf('?');
    const path = end < 0 ? target : target.slice(0, end);
    const fixed = this.fixed.get(`${method} ${path}`);
    if (fixed !== undefined) return fixed;
    return this.patterns.find(([pattern, operation]) => operation.method === method && pattern.test(path))?.[1];
  }

  answer(request: Request): Answer {
    const operation = this.operationOf(request);
    if (operation === undefined) return reply(404);
    if (operation.authenticated && !this.knows(request)) return reply(401);
    return this.byRole(operation.role, request);
  }

  /** Sessions and tokens end in the number of their login. */
  private knows({ session, token }: Request): boolean {
    if (token !== undefined && this.secrets.has(token)) return true;
    const number = /^[st](\d{1,9})$/.exec(session ?? token ?? '')?.[1];
    return number !== undefined && Number(number) <= this.counter;
  }

  private byRole(role: Role, request: Request): Answer {
    const page = Number(/[?&](?:page|offset)=(\d+)/.exec(request.target)?.[1] ?? 1);
    const { products } = this.inventory;
    switch (role) {
      case 'list':
        return reply(200, rows((page - 1) * PAGE_SIZE, products, page));
      case 'search':
        return reply(200, found(request.target, products, page));
      case 'login':
        return this.login(request);
      case 'signup': {
        const [name, password] = credentials(request);
        if (this.passwords.has(name) || this.own.has(name)) return reply(409);
        this.own.set(name, password);
        return reply(201, this.enter());
      }
      case 'reset':
        return request.body?.code === undefined ? reply(202, { mail: '12345' }) : this.changed(request);
      case 'quote':
        return reply(201, { quote: `q${++this.counter}`, price: 1999 });
      case 'checkout':
        return reply(201, { order: 500_000 + ++this.counter });
      case 'detail':
        return Number(/(\d+)$/.exec(request.target)?.[1] ?? 1) > products ? reply(404) : reply(200);
      case 'export':
        return reply(200, page < 20 ? { records: 200, next: page + 1 } : { records: 200 });
      default:
        return reply(200);
    }
  }

  private login(request: Request): Answer {
    const [name, password] = credentials(request);
    const right = this.own.get(name) ?? this.passwords.get(name);
    return right !== undefined && right === password ? reply(200, this.enter()) : reply(401);
  }

  private changed(request: Request): Answer {
    const [name, password] = credentials(request);
    this.own.set(name, password);
    return reply(204);
  }

  private enter(): Record<string, unknown> {
    const id = ++this.counter;
    return { session: `s${id}`, token: `t${id}`, id };
  }
}

function patternOf(template: string): RegExp {
  const parts = template.split(/\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('([^/]+)')}$`);
}

function credentials({ body = {} }: Request): [name: string, password: string] {
  let name = '';
  let password = '';
  for (const [key, value] of Object.entries(body)) {
    if (/pass|pwd/i.test(key)) password = String(value);
    else if (name === '' && /name|user|login|mail/i.test(key)) name = String(value);
  }
  return [name, password];
}

function rows(from: number, total: number, page: number): Record<string, unknown> {
  const ids: number[] = [];
  for (let id = from + 1; id <= Math.min(total, from + PAGE_SIZE); id++) ids.push(id);
  return from + PAGE_SIZE < total ? { ids, next: page + 1 } : { ids };
}

/** Ids that belong to a query, all over the range: about as many hits as a shop has for a word. */
function found(target: string, products: number, page: number): Record<string, unknown> {
  let hash = 7;
  for (let i = 0; i < target.length; i++) hash = (Math.imul(hash, 31) + target.charCodeAt(i)) >>> 0;
  const hits = hash % 60;
  const ids = Array.from({ length: Math.max(0, Math.min(PAGE_SIZE, hits - (page - 1) * PAGE_SIZE)) }, (_, i) => {
    return 1 + ((hash + i * 101) % Math.max(1, products));
  });
  return page * PAGE_SIZE < hits ? { ids, next: page + 1 } : { ids };
}

function reply(status: number, body: Record<string, unknown> = {}): Answer {
  return {
    status,
    bytes: 1000,
    durationMs: 30,
    handling: 'served',
    body,
    principal: '',
    session: '',
    credential: '',
    events: NOTHING,
    gain: 0,
  };
}

/** Requests that visitors make from first to last, each against the stand-in; `limit` ends those that never leave. */
export function rehearse(visitor: Visitor, site: PilotSite, limit = 5000): number {
  let n = 0;
  for (; n < limit && visitor.nextAt < Number.POSITIVE_INFINITY; n++) {
    const at = visitor.nextAt;
    const request = visitor.send();
    visitor.receive(site.answer(request), at + 30);
  }
  return n;
}

/** Mean requests of `n` visits, made one after the other. */
export function meanRequests(
  site: Pick<Site, 'operations' | 'inventory' | 'host'>,
  n: number,
  visit: (index: number) => Visitor,
): number {
  const pilot = new PilotSite(site);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += rehearse(visit(i), pilot);
  return sum / n;
}
