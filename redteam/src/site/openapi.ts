/** OpenAPI 3.x, YAML or JSON, as a list of operations with what they are for. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Operation } from '../contract.ts';
import { byMeaning, type Meaning } from './fields.ts';
import { overridden, roleOf } from './roles.ts';

/** An operation with what its document further says of it. */
export interface SiteOperation extends Operation {
  /** Documented statuses, ascending; 2XX counts as 200 and so on, 'default' is left out. */
  readonly statuses: readonly number[];
  /** The first documented success. */
  readonly success: number;
  /** Takes an API key, not a person's login. */
  readonly keyed: boolean;
  /** It answers, and its document does not say so. */
  readonly undocumented?: boolean;
  /** Media type of a success; '' for none. */
  readonly media: string;
  /** Properties that a body must have. */
  readonly required: readonly string[];
  /** Properties of the body and parameters of the query, by what they mean. */
  readonly body: Readonly<Partial<Record<Meaning, string>>>;
  readonly query: Readonly<Partial<Record<Meaning, string>>>;
}

export interface Document {
  readonly operations: readonly SiteOperation[];
  /** Host name of the first server that is not this machine; '' if there is none. */
  readonly host: string;
}

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/**
 * Reads a document from a file.
 * @throws Error naming the file: it cannot be read, is neither YAML nor JSON, or no OpenAPI 3.
 */
export function readDocument(path: string, roles: Readonly<Record<string, string>> = {}): Document {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path}: cannot be read (${(error as Error).message})`);
  }
  try {
    return parseDocument(text, roles);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

/** @throws Error: neither YAML nor JSON, no OpenAPI 3, a reference that leads nowhere, or an unknown role. */
export function parseDocument(text: string, roles: Readonly<Record<string, string>> = {}): Document {
  const root = (text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text)) as Json | null;
  if (!isObject(root) || !/^3\./.test(String(root.openapi))) throw new Error('is no OpenAPI document of version 3');
  const reader = new Reader(root, roles);
  return { operations: reader.operations(), host: reader.host() };
}

class Reader {
  private readonly root: Json;
  private readonly roles: Readonly<Record<string, string>>;

  constructor(root: Json, roles: Readonly<Record<string, string>>) {
    this.root = root;
    this.roles = roles;
  }

  operations(): SiteOperation[] {
    const found: SiteOperation[] = [];
    const base = this.base();
    for (const [path, raw] of entries(this.root.paths)) {
      const item = this.resolve(raw);
      for (const method of METHODS) {
        const operation = this.resolve(item[method]);
        if (item[method] !== undefined) found.push(this.operation(base + path, method.toUpperCase(), operation, item));
      }
    }
    if (found.length === 0) throw new Error('has no paths with operations');
    return found;
  }

  host(): string {
    for (const server of list(this.root.servers)) {
      const host = /^https?:\/\/([^/:{}]+)/.exec(String((server as Json).url))?.[1] ?? '';
      if (host !== '' && !/^(localhost|127\.|\[|0\.0\.0\.0)/.test(host)) return host;
    }
    return '';
  }

  /** Path of the first server, without a slash at its end. */
  private base(): string {
    const url = String((list(this.root.servers)[0] as Json | undefined)?.url ?? '');
    return url.replace(/^[a-z]+:\/\/[^/]*/i, '').replace(/\/+$/, '');
  }

  private operation(template: string, method: string, it: Json, item: Json): SiteOperation {
    const parameters = [...list(item.parameters), ...list(it.parameters)].map((parameter) => this.resolve(parameter));
    const named = (where: string) => [...new Set(parameters.filter((p) => p.in === where).map((p) => String(p.name)))];
    const id = typeof it.operationId === 'string' ? it.operationId : `${method} ${template}`;
    const { bodyProperties, required } = this.requestBody(it.requestBody);
    const { statuses, success, media, many } = this.responses(it.responses);
    const queryParameters = named('query');
    const security = this.security(it);
    const shape = { id, method, template, queryParameters, bodyProperties, authenticated: security.length > 0 };
    const tags = list(it.tags).map(String);
    const given = overridden(this.roles, id, method, template);
    return {
      ...shape,
      role: given ?? roleOf({ ...shape, tags, media, many }),
      // Names as they stand in the template: a document may forget to declare one.
      pathParameters: [...template.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name),
      statuses,
      success,
      media,
      required,
      keyed: security.length > 0 && security.every((scheme) => scheme === 'key'),
      body: byMeaning(bodyProperties),
      query: byMeaning(queryParameters),
    };
  }

  private requestBody(raw: unknown): { bodyProperties: string[]; required: string[] } {
    const schema = this.schema(this.resolve(raw));
    const properties = this.properties(schema);
    const required = [
      ...list(schema.required),
      ...list(schema.allOf).flatMap((part) => list(this.resolve(part).required)),
    ];
    return { bodyProperties: [...new Set(properties)], required: required.map(String) };
  }

  private properties(schema: Json): string[] {
    const own = entries(schema.properties).map(([name]) => name);
    const parts = [...list(schema.allOf), ...list(schema.oneOf), ...list(schema.anyOf)];
    return [...own, ...parts.flatMap((part) => this.properties(this.resolve(part)))];
  }

  private responses(raw: unknown): { statuses: number[]; success: number; media: string; many: boolean } {
    const all = entries(raw).filter(([status]) => /^[1-5](\d\d|XX)$/i.test(status));
    const statuses = all.map(([status]) => Number(status.replace(/x/gi, '0'))).sort((a, b) => a - b);
    const success = statuses.find((status) => status >= 200 && status < 300) ?? 200;
    const [, answer] = all.find(([status]) => Number(status.replace(/x/gi, '0')) === success) ?? ['', {}];
    const response = this.resolve(answer);
    const media = entries(response.content)[0]?.[0] ?? '';
    const schema = this.schema(response);
    const inside = entries(schema.properties).map(([, property]) => this.resolve(property));
    const many = schema.type === 'array' || inside.some((property) => property.type === 'array');
    return { statuses, success, media, many };
  }

  /** What an operation asks for: a person's login, or a key; nothing where it is open or login is optional. */
  private security(it: Json): ('login' | 'key')[] {
    const wanted = list(it.security ?? this.root.security).map((one) => Object.keys(one as Json));
    if (wanted.some((names) => names.length === 0)) return [];
    const schemes = this.resolve(this.resolve(this.root.components).securitySchemes);
    return wanted.flat().map((name) => {
      const scheme = this.resolve(schemes[name]);
      return scheme.type === 'apiKey' && scheme.in !== 'cookie' ? 'key' : 'login';
    });
  }

  private schema(holder: Json): Json {
    return this.resolve(this.resolve(entries(holder.content)[0]?.[1]).schema);
  }

  /** Follows `$ref` within the document. */
  private resolve(value: unknown, depth = 0): Json {
    if (!isObject(value)) return {};
    const { $ref } = value;
    if (typeof $ref !== 'string') return value;
    if (!$ref.startsWith('#/')) throw new Error(`refers to another document, which is not read: ${$ref}`);
    if (depth > 20) throw new Error(`refers to itself in a circle: ${$ref}`);
    let at: unknown = this.root;
    for (const part of $ref.slice(2).split('/')) {
      at = isObject(at) ? at[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')] : undefined;
    }
    if (at === undefined) throw new Error(`refers to something that is not there: ${$ref}`);
    return this.resolve(at, depth + 1);
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entries(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
