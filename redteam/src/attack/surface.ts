/**
 * The site as an attacker sees it: operations by their role, and how a request to one is filled in. What a parameter means
 * is guessed from its name, as a person reading the documentation would.
 */
import type { Family, Operation, Role, World } from '../contract.ts';
import { meaningOf } from '../site/fields.ts';
import type { Move } from './types.ts';

/** Values by meaning: name, email, password, code, id, product, order, quantity, price, quote, query, page, size … */
export type Values = Readonly<Record<string, unknown>>;

/** Meanings that only an attacker has values for. */
const MORE: readonly (readonly [meaning: string, name: RegExp])[] = [
  ['phone', /phone|mobile|msisdn|^tel$/i],
  ['sort', /sort|order_?by/i],
  ['firmware', /firmware|version/i],
  ['readings', /readings?|values|metrics|data|samples/i],
];

/** Bodies of operations that document none, by what their role usually takes. */
const USUAL: Partial<Record<Role, readonly string[]>> = {
  login: ['username', 'password'],
  signup: ['username', 'email', 'password'],
  reset: ['username'],
  redeem: ['code'],
  quote: ['product', 'quantity'],
  checkout: ['quote', 'product', 'quantity'],
  graphql: ['query'],
  telemetry: ['device', 'readings'],
};

interface Compiled {
  /** Fixed text and meanings in turn: text, meaning, text … */
  readonly path: readonly string[];
  readonly query: readonly (readonly [name: string, meaning: string])[];
  readonly body: readonly (readonly [name: string, meaning: string])[];
}

function meaning(name: string): string {
  return meaningOf(name) ?? MORE.find(([, pattern]) => pattern.test(name))?.[0] ?? name;
}

export class Surface {
  readonly operations: readonly Operation[];
  private readonly family: Family;
  private readonly compiled = new Map<Operation, Compiled>();

  constructor(world: World, family: Family) {
    this.operations = world.site.operations;
    this.family = family;
  }

  /** Operations of a role, in the order of the document. */
  all(...roles: readonly Role[]): readonly Operation[] {
    return this.operations.filter((operation) => roles.includes(operation.role));
  }

  /** The first operation of a role that fits. */
  maybe(role: Role, fits: (operation: Operation) => boolean = () => true): Operation | undefined {
    return this.operations.find((operation) => operation.role === role && fits(operation));
  }

  /**
   * The first operation of the first role that the site has.
   * @throws Error naming family and roles if it has none.
   */
  need(...roles: readonly Role[]): Operation {
    for (const role of roles) {
      const found = this.maybe(role);
      if (found !== undefined) return found;
    }
    throw new Error(`${this.family} needs an operation of role ${roles.join(' or ')}, and the site has none`);
  }

  /** Request to an operation. Values that are not given are left out of the query and, where they are no names, of the body. */
  request(operation: Operation, values: Values, more: Partial<Move> = {}): Move {
    let compiled = this.compiled.get(operation);
    if (compiled === undefined) {
      compiled = compile(operation);
      this.compiled.set(operation, compiled);
    }
    const target = path(compiled, values) + query(compiled, values);
    if (compiled.body.length === 0) return { method: operation.method, target, ...more };
    const body: Record<string, unknown> = {};
    for (const [name, what] of compiled.body) {
      const value = filled(what, name, values);
      if (value !== undefined) body[name] = value;
    }
    if (more.body !== undefined) Object.assign(body, more.body);
    return { method: operation.method, target, ...more, body };
  }
}

function compile(operation: Operation): Compiled {
  const pair = (name: string) => [name, meaning(name)] as const;
  const path = operation.template.split(/\{([^}]*)\}/);
  for (let i = 1; i < path.length; i += 2) path[i] = meaning(path[i]) === 'code' ? 'code' : 'id';
  const takesBody = operation.method !== 'GET' && operation.method !== 'HEAD' && operation.method !== 'DELETE';
  const documented = operation.bodyProperties.length > 0 ? operation.bodyProperties : (USUAL[operation.role] ?? []);
  return {
    path,
    query: operation.queryParameters.map(pair),
    body: takesBody ? documented.map(pair) : [],
  };
}

function path({ path: parts }: Compiled, values: Values): string {
  if (parts.length === 1) return parts[0];
  let out = parts[0];
  for (let i = 1; i < parts.length; i += 2) {
    const value = values[parts[i]] ?? values.id ?? 1;
    out += (typeof value === 'number' ? value : encodeURIComponent(String(value))) + parts[i + 1];
  }
  return out;
}

function query({ query: pairs }: Compiled, values: Values): string {
  let out = '';
  for (const [name, what] of pairs) {
    const value = values[what] ?? values[name];
    if (value !== undefined) out += `${out === '' ? '?' : '&'}${name}=${encodeURIComponent(String(value))}`;
  }
  return out;
}

function filled(what: string, name: string, values: Values): unknown {
  const given = values[what] ?? values[name];
  if (given !== undefined) return given;
  if (what === 'email') return values.name;
  if (what === 'name') return values.email;
  return undefined;
}
