/**
 * A site's operations by role, and requests to them: templates are taken apart once, so that filling one in is cheap.
 */
import type { Operation, Role, Site } from '../contract.ts';
import { meaningOf } from '../site/fields.ts';

/**
 * Values for parameters and properties, by name or by meaning ('product', 'order', 'name', 'page' …). Path parameters
 * without a meaning take `id`, body properties without one take `other`.
 */
export type Fill = Record<string, unknown>;

type Named = readonly [name: string, meaning: string];

/** How a browser comes to ask for it. */
export type Access = 'document' | 'fetch' | 'script' | 'style' | 'image';

export class Route {
  readonly operation: Operation;
  readonly role: Role;
  readonly method: string;
  readonly authenticated: boolean;
  readonly access: Access;
  /** The whole path, where it has no parameters. */
  private readonly text: readonly string[];
  private readonly path: readonly Named[];
  private readonly query: readonly Named[];
  private readonly properties: readonly Named[];

  constructor(operation: Operation) {
    const named = (name: string): Named => [name, meaningOf(name) ?? 'id'];
    this.operation = operation;
    this.role = operation.role;
    this.method = operation.method;
    this.authenticated = operation.authenticated;
    this.access = accessOf(operation);
    this.text = operation.template.split(/\{[^}]*\}/);
    this.path = operation.pathParameters.map(named);
    this.query = operation.queryParameters.map(named);
    this.properties = operation.bodyProperties.map(named);
  }

  /** Whether its path names something. */
  get parametrised(): boolean {
    return this.path.length > 0;
  }

  /** Whether a body property or query parameter has this meaning. */
  takes(meaning: string): boolean {
    return [...this.properties, ...this.query, ...this.path].some(([, known]) => known === meaning);
  }

  target(fill: Fill): string {
    let out = this.text[0];
    for (let i = 0; i < this.path.length; i++) {
      const [name, meaning] = this.path[i];
      const value = fill[name] ?? fill[meaning] ?? fill.id;
      out += (typeof value === 'number' ? value : encodeURIComponent(String(value))) + this.text[i + 1];
    }
    let separator = '?';
    for (const [name, meaning] of this.query) {
      const value = fill[name] ?? (meaning === 'id' ? undefined : fill[meaning]);
      if (value === undefined) continue;
      out += `${separator}${name}=${typeof value === 'number' ? value : encodeURIComponent(String(value))}`;
      separator = '&';
    }
    return out;
  }

  /** Undefined for an operation that takes none. */
  body(fill: Fill): Record<string, unknown> | undefined {
    if (this.properties.length === 0) return undefined;
    const out: Record<string, unknown> = {};
    for (const [name, meaning] of this.properties) {
      const value = fill[name] ?? fill[meaning === 'id' ? 'other' : meaning];
      if (value !== undefined) out[name] = value;
    }
    return out;
  }
}

function accessOf({ role, method, template }: Operation): Access {
  if (role === 'page') return 'document';
  if (role === 'asset') return /\.css$/.test(template) ? 'style' : /\.m?js$/.test(template) ? 'script' : 'image';
  // Whatever is under /api or the like is fetched by a script; other readable paths are pages of their own.
  const api = /(^|\/)(api|graphql|gql|rest|v\d+)(\/|$)/.test(template);
  return method === 'GET' && !api ? 'document' : 'fetch';
}

/** What no visitor goes to by himself: robots' files, the operators' own corners, and what deletes. */
const HIDDEN = /admin|internal|debug|metrics|robots\.txt|sitemap|security\.txt/i;

export class Surface {
  readonly routes: readonly Route[];
  readonly host: string;
  private readonly byRole = new Map<Role, Route[]>();

  constructor(site: Pick<Site, 'operations' | 'host'>) {
    this.routes = site.operations.map((operation) => new Route(operation));
    this.host = site.host;
    for (const route of this.routes) {
      if (HIDDEN.test(route.operation.template) || route.method === 'DELETE') continue;
      const known = this.byRole.get(route.role);
      if (known === undefined) this.byRole.set(route.role, [route]);
      else known.push(route);
    }
  }

  /** Operations of a role that visitors use, in the order of the document. */
  of(role: Role): readonly Route[] {
    return this.byRole.get(role) ?? [];
  }

  /** The first operation of the first role that the site has. */
  first(...roles: readonly Role[]): Route | undefined {
    for (const role of roles) {
      const [found] = this.of(role);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The file that tells crawlers what to leave alone. */
  get robots(): Route | undefined {
    return this.routes.find(({ operation }) => operation.template.endsWith('/robots.txt'));
  }
}
