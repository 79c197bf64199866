/** A site that answers as a real one would, without a network: it keeps accounts, orders and codes, and has bad minutes. */
import type { Answer, Inventory, Operation, Request, Role, Site } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { Call, NO_BODY, NO_EVENTS, type Place } from './call.ts';
import * as catalogue from './catalogue.ts';
import * as machines from './machines.ts';
import type { SiteOperation } from './openapi.ts';
import * as people from './people.ts';
import { Router } from './router.ts';
import { Sizes } from './sizes.ts';
import { State } from './state.ts';
import { durationOf, Faults, Load, type Outage, slowness } from './timing.ts';
import * as trade from './trade.ts';

/** What a site is made of; see `readSite`. */
export interface SiteModel {
  readonly operations: readonly SiteOperation[];
  readonly inventory: Inventory;
  readonly host: string;
}

export interface SiteOptions {
  /** Answers that can be worked on at once (24); Infinity for a site that never gets slow. */
  readonly workers?: number;
  /** Part of the answers that fail for no reason that could be seen (0.0004); with 0 there are no bad minutes either. */
  readonly errorRate?: number;
  readonly outages?: readonly Outage[];
  /** Endpoints that answer and stand in no document. */
  readonly undocumented?: readonly Undocumented[];
  /** Ids of operations that forget to check whose record they show, instead of those found by {@link forgetfulOf}. */
  readonly forgetful?: readonly string[];
}

/** An endpoint that a document misses: nobody can look it up, and those who try paths may find it. */
export interface Undocumented {
  readonly method: string;
  readonly path: string;
  /** What it does; 'other' without it. */
  readonly role?: Role;
}

const HANDLERS: Readonly<Record<Role, (call: Call) => undefined>> = {
  page: catalogue.page,
  asset: catalogue.asset,
  search: catalogue.search,
  list: catalogue.list,
  detail: catalogue.detail,
  login: people.login,
  signup: people.signup,
  reset: people.reset,
  profile: people.profile,
  'order-list': trade.orderList,
  order: trade.order,
  quote: trade.quote,
  checkout: trade.checkout,
  redeem: trade.redeem,
  graphql: machines.graphql,
  webhook: machines.webhook,
  export: machines.bulk,
  telemetry: machines.telemetry,
  health: machines.health,
  other: machines.other,
};

export class SimulatedSite implements Site {
  readonly operations: readonly Operation[];
  readonly inventory: Inventory;
  readonly host: string;
  private readonly router: Router;
  private readonly place: Place;
  private readonly call: Call;
  private readonly load: Load;
  private readonly faults: Faults;
  private readonly random: Random;
  private readonly paces: readonly number[];

  /** `random` is used up by the site alone: the same one gives the same answers to the same requests. */
  constructor(model: SiteModel, random: Random, options: SiteOptions = {}) {
    const { inventory } = model;
    const operations = [...model.operations, ...(options.undocumented ?? []).map(undocumented)];
    this.operations = model.operations;
    this.inventory = inventory;
    this.host = model.host;
    this.router = new Router(operations);
    this.random = random.fork('answers');
    this.paces = operations.map(() => random.logNormal(1, 0.3));
    this.load = new Load(options.workers ?? 24);
    this.faults = new Faults(
      random.fork('faults'),
      operations.length,
      options.errorRate ?? 4e-4,
      options.outages ?? [],
    );
    const forgetful = options.forgetful?.map((id) => named(operations, id)) ?? forgetfulOf(operations);
    this.place = {
      state: new State(inventory, random.fork('state')),
      sizes: new Sizes(operations.length, random.fork('sizes')),
      forgetful: new Set(forgetful),
      wordRank: new Map(inventory.words.map((word, rank) => [word.toLowerCase(), rank])),
    };
    this.call = new Call(this.place);
  }

  answer(request: Request, nowMs: number): Answer {
    const { call, random } = this;
    call.begin(request, nowMs);
    const role = this.route(call);
    const [median, sigma] = durationOf(role ?? 'health');
    const pace = role === undefined ? 1 : this.paces[call.index];
    const work = median * call.work * pace * Math.exp(sigma * random.normal());
    const load = this.load.add(work, nowMs);
    if (load > 1 && random.chance(1 - 1 / load)) this.break(503);
    return {
      status: call.status,
      bytes: call.bytes,
      durationMs: Math.min(60_000, Math.round(10 * work * slowness(load)) / 10),
      handling: 'served',
      body: call.body,
      principal: call.principal,
      session: call.session,
      credential: call.key === undefined ? '' : call.key.id,
      events: call.events,
      gain: call.gain,
    };
  }

  /** The operation that a request would reach; undefined where nothing is. */
  operationOf(request: Request): SiteOperation | undefined {
    const match = this.router.find(request.method, pathOf(request.target));
    return typeof match === 'string' ? undefined : match.operation;
  }

  /** Hands the request to whom it concerns, and returns the role; undefined where nothing is. */
  private route(call: Call): Role | undefined {
    const { request, nowMs } = call;
    if (this.faults.down(nowMs)) return this.break(503);
    const path = pathOf(request.target);
    const match = this.router.find(request.method, path);
    if (match === 'method' && request.method === 'OPTIONS') return this.short(204, 0);
    if (match === 'method') return this.short(405, 92);
    if (match === 'path') return this.missing(request, path);
    call.operation = match.operation;
    call.values = match.values;
    call.index = match.index;
    this.identify(call);
    if (this.allowed(call)) HANDLERS[match.operation.role](call);
    const strike = match.operation.role === 'asset' ? 0 : this.faults.strike(call.index, nowMs);
    if (strike !== 0) {
      this.break(strike);
      if (strike === 504) call.work *= 50;
    }
    return match.operation.role;
  }

  private identify(call: Call): void {
    const { request } = call;
    const { state } = this.place;
    if (request.session === undefined && request.token === undefined) return;
    const login = state.loginOf(request.session) ?? state.loginOf(request.token);
    if (login !== undefined) {
      call.customer = login.customer;
      call.principal = login.customer.name;
      call.session = login.shown;
    }
    call.key = state.keyOf(request.token);
  }

  private allowed(call: Call): boolean {
    const { operation, key, customer, request } = call;
    if (operation.authenticated) {
      if (operation.keyed) {
        if (key === undefined) call.fail(401);
        else if (operation.role === 'export' && key.kind !== 'partner') call.failAs(403, 401);
        else if (operation.role === 'telemetry' && key.kind !== 'device') call.failAs(403, 401);
        else return this.complete(call);
        return false;
      }
      if (customer === undefined && (key === undefined || request.session !== undefined)) call.fail(401);
      else return this.complete(call);
      return false;
    }
    return this.complete(call);
  }

  /** Whether a body has what it must have. */
  private complete(call: Call): boolean {
    const { required } = call.operation;
    for (const property of required) {
      if (call.request.body?.[property] !== undefined) continue;
      call.failAs(400, 422);
      return false;
    }
    return true;
  }

  /** A path that is nowhere; one slash too many is put right by a redirect. */
  private missing(request: Request, path: string): undefined {
    const tidy = path.replace(/\/{2,}/g, '/').replace(/(.)\/$/, '$1');
    if (tidy !== path && typeof this.router.find(request.method, tidy) !== 'string') return this.short(301, 162);
    return this.short(request.target.length > 8000 ? 414 : 404, 134);
  }

  private short(status: number, bytes: number): undefined {
    const { call } = this;
    call.status = status;
    call.bytes = bytes;
    this.identify(call);
    return undefined;
  }

  /** Nothing of what was done is told. */
  private break(status: number): undefined {
    const { call } = this;
    call.status = status;
    call.bytes = status === 500 ? 141 : 497;
    call.body = NO_BODY;
    call.events = NO_EVENTS;
    call.gain = 0;
    return undefined;
  }
}

/**
 * Operations that show any order or profile to everybody who is logged in: those that ask for a login and an id and know
 * no refusal (403). If a document knows none anywhere it says nothing; then the first of them forgets, and the others check.
 */
export function forgetfulOf(operations: readonly SiteOperation[]): SiteOperation[] {
  const owned = operations.filter((operation) => {
    const { role, authenticated, pathParameters, method } = operation;
    return (role === 'order' || role === 'profile') && authenticated && pathParameters.length > 0 && method === 'GET';
  });
  if (!operations.some(({ statuses }) => statuses.includes(403))) return owned.slice(0, 1);
  return owned.filter(({ statuses }) => !statuses.includes(403));
}

function undocumented({ method, path, role = 'other' }: Undocumented): SiteOperation {
  const pathParameters = [...path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name);
  const shape = { id: `undocumented ${method} ${path}`, method, template: path, role, pathParameters };
  const nothing = { queryParameters: [], bodyProperties: [], required: [], statuses: [], body: {} };
  const query = { page: 'page', size: 'limit' };
  return {
    ...shape,
    ...nothing,
    query,
    authenticated: false,
    keyed: false,
    success: 200,
    media: '',
    undocumented: true,
  };
}

function named(operations: readonly SiteOperation[], id: string): SiteOperation {
  const found = operations.find((operation) => operation.id === id);
  if (found === undefined) throw new Error(`the site has no operation "${id}"`);
  return found;
}

function pathOf(target: string): string {
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}
