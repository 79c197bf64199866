/**
 * The inventory of endpoints: which there are by documents, which are called, by how many, with what credentials, and what
 * they give away. It is fed with rows of facts after each answer, and holds a bounded number of endpoints.
 */
import type { FactBatch } from '../../enrich/facts.ts';
import { FLAG, METHODS, textOf } from '../../enrich/facts.ts';
import { NOT_LOOKED } from '../../enrich/kinds.ts';
import { isValue, shapeOf } from '../../enrich/routes/shape.ts';
import { Endpoint, type SavedEndpoint } from './inventory-endpoint.ts';

/** An operation of a document, as the desk of schemas has it. */
export interface DeclaredEndpoint {
  readonly index: number;
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly deprecated: boolean;
  readonly secured: boolean;
}

export interface InventoryOptions {
  readonly endpoints: number;
  readonly declared: readonly DeclaredEndpoint[];
  /** The template of a route of the model in force; '' where it has none. */
  readonly templateOf: (route: number) => string;
}

/** Documented endpoints are numbered from 0; what was learned begins here, at route × methods. */
const LEARNED_FROM = 1 << 24;
/** Paths that fit no route, remembered by their hash. */
const MAX_PATHS = 8192;
/** Longest template of a path that fits no route, and most segments. */
const MAX_TEMPLATE = 256;
const MAX_SEGMENTS = 16;

const encoder = new TextEncoder();

export class Inventory {
  private options: InventoryOptions;
  /** By `METHOD template`. */
  private readonly endpoints = new Map<string, Endpoint>();
  /** By operation or route. */
  private readonly byNumber = new Map<number, Endpoint>();
  /** By the hash of paths that fit no route; null for those that got no place. */
  private readonly byPath = new Map<number, Endpoint>();
  /** Endpoints that there was no room for, since the last that got room. */
  private missed = 0;
  /** Calls that the least called one had when that was last looked for. */
  private fewest = 0;
  /** Counts every change: what is on disk is of which count. */
  changes = 0;

  constructor(options: InventoryOptions, saved: readonly SavedEndpoint[] = []) {
    this.options = options;
    for (const one of saved) {
      const endpoint = new Endpoint(one.method, one.template);
      endpoint.restore(one);
      this.endpoints.set(keyOf(one), endpoint);
    }
    this.shrink();
    this.declare(options.declared);
  }

  /** Goes over to other documents, other bounds, and a model with other routes. */
  use(options: InventoryOptions): void {
    this.options = options;
    this.missed = 0;
    this.fewest = 0;
    this.byNumber.clear();
    this.byPath.clear();
    this.shrink();
    this.declare(options.declared);
  }

  /** Where there are more than there is room for, those that no document has go first, and of these the least called. */
  private shrink(): void {
    const { endpoints, declared } = this.options;
    if (this.endpoints.size <= endpoints) return;
    const documented = new Set(declared.map(keyOf));
    const ranked = [...this.endpoints].sort(
      ([a, { requests }], [b, other]) =>
        Number(documented.has(b)) - Number(documented.has(a)) || other.requests - requests,
    );
    for (const [key] of ranked.slice(endpoints)) this.endpoints.delete(key);
    this.changes++;
  }

  private declare(declared: readonly DeclaredEndpoint[]): void {
    for (const endpoint of this.endpoints.values()) endpoint.operation = -1;
    for (const { index, id, method, template, deprecated, secured } of declared) {
      const endpoint = this.at(method, template);
      if (endpoint === null) continue;
      Object.assign(endpoint, { operation: index, operationId: id, deprecated, secured });
      this.byNumber.set(index, endpoint);
    }
  }

  /** Takes an exchange in, after its answer. */
  observe(batch: FactBatch, row: number): void {
    if ((batch.flags[row] & (FLAG.NOT_ADMITTED | FLAG.MALFORMED)) !== 0) return;
    // Where nobody has looked what it is, it must not count as undeclared.
    if (batch.operation[row] === NOT_LOOKED) return;
    const endpoint = this.endpointOf(batch, row);
    if (endpoint === null) return;
    this.changes++;
    endpoint.add(batch, row);
  }

  /** What rows do not say of requests to a documented endpoint (`GET /users/{id}`): {@link Gate.departed}. */
  departed(key: string, bits: number, undeclared: readonly string[]): void {
    const endpoint = this.endpoints.get(key);
    if (endpoint === undefined || endpoint.operation < 0) return;
    this.changes++;
    endpoint.schema |= bits;
    endpoint.addUndeclared(undeclared);
  }

  /** All endpoints. `nowMs`: those that are documented were so until now. */
  list(nowMs: number): readonly Endpoint[] {
    const all = [...this.endpoints.values()];
    for (const endpoint of all) {
      if (endpoint.operation < 0) continue;
      if (endpoint.documentedFromMs === 0) endpoint.documentedFromMs = nowMs;
      endpoint.documentedUntilMs = nowMs;
    }
    return all;
  }

  private endpointOf(batch: FactBatch, row: number): Endpoint | null {
    const operation = batch.operation[row] - 1;
    if (operation >= 0) return this.byNumber.get(operation) ?? null;
    const route = batch.route[row];
    if (route > 0) {
      const number = LEARNED_FROM + route * METHODS.length + batch.method[row];
      return this.byNumber.get(number) ?? this.learned(batch, row, number, this.options.templateOf(route));
    }
    const hash = batch.pathLo[row] + (batch.method[row] << 20) * 2 ** 20;
    return this.byPath.get(hash) ?? this.unknown(batch, row, hash);
  }

  /** An endpoint that is seen for the first time. What was not answered is no endpoint: scanners ask for anything. */
  private learned(batch: FactBatch, row: number, number: number, template: string): Endpoint | null {
    const method = METHODS[batch.method[row]];
    const known = template === '' ? undefined : this.endpoints.get(`${method} ${template}`);
    if (template === '' || (known === undefined && !isAnswered(batch.status[row]))) return null;
    const endpoint = known ?? this.at(method, template);
    if (endpoint !== null) this.byNumber.set(number, endpoint);
    return endpoint;
  }

  private unknown(batch: FactBatch, row: number, hash: number): Endpoint | null {
    if (!isAnswered(batch.status[row])) return null;
    const endpoint = this.at(METHODS[batch.method[row]], templateOfPath(textOf(batch, row, 'target')));
    if (endpoint === null) return null;
    if (this.byPath.size >= MAX_PATHS) this.byPath.clear();
    this.byPath.set(hash, endpoint);
    return endpoint;
  }

  /** The endpoint of a method and template; a new one, if there is room. */
  private at(method: string, template: string): Endpoint | null {
    const key = keyOf({ method, template });
    const known = this.endpoints.get(key);
    if (known !== undefined) return known;
    if (this.endpoints.size >= this.options.endpoints && !this.displace()) return null;
    const endpoint = new Endpoint(method, template);
    this.endpoints.set(key, endpoint);
    return endpoint;
  }

  /** Gives away the place of the least called endpoint that no document has, once more calls went without one than it had. */
  private displace(): boolean {
    // Looking through all of them is not for every request.
    if (++this.missed <= this.fewest) return false;
    let least: Endpoint | null = null;
    for (const endpoint of this.endpoints.values()) {
      if (endpoint.operation < 0 && (least === null || endpoint.requests < least.requests)) least = endpoint;
    }
    this.fewest = least?.requests ?? Number.POSITIVE_INFINITY;
    if (least === null || this.missed <= this.fewest) return false;
    this.endpoints.delete(keyOf(least));
    for (const numbered of [this.byNumber, this.byPath]) {
      for (const [number, endpoint] of numbered) if (endpoint === least) numbered.delete(number);
    }
    this.missed = 0;
    this.fewest = 0;
    return true;
  }
}

const keyOf = ({ method, template }: { readonly method: string; readonly template: string }): string =>
  `${method} ${template}`;

const isAnswered = (status: number): boolean => status >= 200 && status < 400;

/** A path with what looks like a value in it replaced, where no model knows better. */
export function templateOfPath(target: string): string {
  const path = target.replace(/[?#].*$/s, '').slice(0, MAX_TEMPLATE);
  const segments = path.split('/').slice(0, MAX_SEGMENTS);
  const open = segments.map((segment) => {
    const bytes = encoder.encode(segment);
    return isValue(shapeOf(bytes, 0, bytes.length)) ? '{id}' : segment;
  });
  return open.join('/') || '/';
}
