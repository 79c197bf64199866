/** What an answer was worth, and what the application would have reported: the truth of a live run, as far as it is seen. */
import type { Answer, Family, Label, Operation, Request } from '../contract.ts';
import { Loot } from '../simulate/gain.ts';
import { meaningOf } from '../site/fields.ts';
import type { Router } from '../site/router.ts';
import { rowsOf } from './read.ts';

type Event = Answer['events'][number];

/** One answer with what is known about it. */
export interface Seen {
  readonly operation: Operation;
  readonly request: Request;
  readonly status: number;
  /** Fields that the visitor is given. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Who sent it; '' for nobody who is logged in. */
  readonly principal: string;
}

const NONE: readonly Event[] = [];
const PRODUCTS_KNOWN = 50_000;
const QUOTES_KNOWN = 50_000;

/** Prices that the site itself has named: what a purchase should have cost. */
export class Prices {
  private readonly products = new Map<string, number>();
  private readonly quotes = new Map<string, number>();

  /** Learns from lists, products and quotes. */
  learn({ operation, request, fields }: Seen, json: unknown): void {
    const { role } = operation;
    if (role === 'list' || role === 'search') for (const row of rowsOf(json)) this.product(row.id, row.price);
    else if (role === 'detail') this.product(fields.id, fields.price);
    else if (role === 'quote' && typeof fields.quote === 'string' && typeof fields.price === 'number') {
      if (this.quotes.size < QUOTES_KNOWN) this.quotes.set(fields.quote, fields.price);
      this.product(given(request, 'product'), fields.price / piecesOf(request));
    }
  }

  /** What a purchase should have cost; undefined where nothing was heard of it. */
  honest(request: Request): number | undefined {
    const quoted = this.quotes.get(String(given(request, 'quote') ?? ''));
    if (quoted !== undefined) return quoted;
    const each = this.products.get(String(given(request, 'product') ?? ''));
    return each === undefined ? undefined : each * piecesOf(request);
  }

  private product(id: unknown, price: unknown): void {
    if (id === undefined || typeof price !== 'number' || this.products.size >= PRODUCTS_KNOWN) return;
    this.products.set(String(id), price);
  }
}

/** What campaigns have got so far: each thing once, and only what a campaign came for, as in simulated time. */
export class Loots {
  private readonly byCampaign = new Map<string, Loot>();
  private readonly site: ConstructorParameters<typeof Loot>[1];

  constructor(router: Router) {
    this.site = {
      operationOf({ method, target }) {
        const match = router.find(method, target.split('?', 1)[0]);
        if (typeof match === 'string') return undefined;
        const { operation } = match;
        // Operations that were written by hand document no statuses.
        return operation.statuses === undefined ? { ...operation, statuses: [] } : operation;
      },
    };
  }

  take(label: Label, request: Request, answer: Answer): number {
    let loot = this.byCampaign.get(label.campaign);
    if (!loot) {
      loot = new Loot(label.family as Family, this.site);
      this.byCampaign.set(label.campaign, loot);
    }
    return loot.take(request, answer);
  }
}

/**
 * Worth of a success to whoever wants such things: an account, a record of somebody else, a code that has something on it, cents not paid.
 * For purchases a lower bound: the run knows only prices that its visitors have seen.
 */
export function gainOf({ operation, request, status, fields, principal }: Seen, prices: Prices): number {
  if (status < 200 || status >= 300) return 0;
  switch (operation.role) {
    case 'login':
    case 'signup':
    case 'detail':
      return 1;
    case 'reset':
      return given(request, 'password') === undefined ? 0 : 1;
    case 'profile':
    case 'order':
      return fields.owner !== undefined && fields.owner !== principal ? 1 : 0;
    case 'redeem':
      return Number(fields.value) > 0 ? 1 : 0;
    case 'export':
      return Number(fields.records ?? 0);
    case 'checkout': {
      const honest = prices.honest(request);
      return honest === undefined || typeof fields.price !== 'number' ? 0 : Math.max(0, honest - fields.price);
    }
    default:
      return 0;
  }
}

/** Business events by the names of the application's log. */
export function eventsOf({ operation, request, status, fields, principal }: Seen): readonly Event[] {
  const fine = status >= 200 && status < 300;
  const name = nameIn(request);
  switch (operation.role) {
    case 'login':
      if (!fine && status !== 401 && status !== 403) return NONE;
      return [{ name: fine ? 'login.succeeded' : 'login.failed', principal: name }];
    case 'signup':
      return fine ? [{ name: 'signup.completed', principal: name }] : NONE;
    case 'reset':
      return resetEvents(request, status, name);
    case 'redeem':
      return redeemEvents(request, status, principal);
    case 'order':
    case 'profile': {
      if ((!fine && status !== 403 && status !== 404) || (fine && fields.owner === principal)) return NONE;
      const object = `${operation.role === 'order' ? 'order' : 'user'}:${lastSegment(request)}`;
      return [{ name: status === 404 ? 'lookup.missed' : 'lookup.found', principal, object }];
    }
    case 'checkout':
      return fine ? [{ name: 'payment.settled', principal, object: `order:${fields.order}` }] : NONE;
    default:
      return NONE;
  }
}

function resetEvents(request: Request, status: number, principal: string): readonly Event[] {
  const fine = status >= 200 && status < 300;
  if (given(request, 'password') !== undefined) {
    return status < 500 ? [{ name: fine ? 'code.accepted' : 'code.rejected', principal }] : NONE;
  }
  if (!fine && status !== 404) return NONE;
  const asked = { name: 'reset.requested', principal };
  return status === 404 ? [asked, { name: 'lookup.missed', principal }] : [asked];
}

function redeemEvents(request: Request, status: number, principal: string): readonly Event[] {
  const fine = status >= 200 && status < 300;
  if (!fine && status !== 404 && status !== 409) return NONE;
  const object = String(given(request, 'code') ?? lastSegment(request));
  const tried = { name: fine ? 'code.accepted' : 'code.rejected', principal, object };
  return fine && request.method !== 'GET' ? [tried, { name: 'promo.redeemed', principal, object }] : [tried];
}

/** Whose account a body speaks of; '' if it does not say. */
export function nameIn(request: Request): string {
  return String(given(request, 'name') ?? given(request, 'email') ?? '');
}

/** A property of the body by what its name means. */
function given({ body }: Request, meaning: NonNullable<ReturnType<typeof meaningOf>>): unknown {
  for (const property of Object.keys(body ?? {})) if (meaningOf(property) === meaning) return body![property];
  return undefined;
}

function piecesOf(request: Request): number {
  const quantity = Number(given(request, 'quantity') ?? 1);
  return quantity >= 1 ? quantity : 1;
}

function lastSegment({ target }: Request): string {
  const path = target.split('?', 1)[0];
  return path.slice(path.lastIndexOf('/') + 1);
}
