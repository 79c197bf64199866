/** Documents for tests, and requests as the gateway would hand them over. */
import { BODY_KIND, SCHEMA } from '../../enrich/kinds.ts';
import type { Asked, ParsedBody } from '../contract.ts';
import { createSchemaDesk, type SchemaDesk, type SchemaDocument } from './index.ts';
import { compileSchemas, type SchemaSet } from './set.ts';

/** A part of a document. */
export type Part = Record<string, unknown>;

export const string = { type: 'string' };
export const integer = { type: 'integer' };

const encoder = new TextEncoder();

/** A request without a body, unless one is given. */
export function asked(method: string, target: string, more: Partial<Asked> = {}): Asked {
  return {
    method,
    target,
    host: 'shop.example',
    headers: [],
    mediaType: '',
    encoding: '',
    body: null,
    cut: false,
    routeClass: 2,
    teaches: true,
    ...more,
  };
}

/** A request with a JSON body, and the body taken apart. */
export function askedJson(
  method: string,
  target: string,
  value: unknown,
  more: Partial<Asked> = {},
): [Asked, ParsedBody] {
  const body = encoder.encode(JSON.stringify(value));
  return [asked(method, target, { mediaType: 'application/json', body, ...more }), parsed(value)];
}

export function parsed(value: unknown, more: Partial<ParsedBody> = {}): ParsedBody {
  return { kind: BODY_KIND.json, problem: '', fields: [], value, duplicates: [], bytes: 1, ...more };
}

export function documentOf(paths: Part, more: Part = {}): Part {
  return { openapi: '3.0.3', paths, ...more };
}

/** A desk of one document that is enforced, unless `more` says otherwise. */
export function desk(paths: Part, more: Partial<SchemaDocument> = {}, components: Part = {}): SchemaDesk {
  return createSchemaDesk({ documents: [{ document: documentOf(paths, { components }), mode: 'enforce', ...more }] });
}

/** What departs, as `kind where` in short. */
export function departures(made: SchemaDesk, request: Asked | [Asked, ParsedBody]): string[] {
  const [head, body] = Array.isArray(request) ? request : [request, null];
  return made.check(head, body).violations.map(({ kind, where }) => `${nameOf(kind)} ${where}`);
}

const nameOf = (kind: number): string => Object.entries(SCHEMA).find(([, bit]) => bit === kind)?.[0] ?? String(kind);

/** A document whose one operation, POST /a, takes a body of `schema`. */
export function setOf(schema: unknown, schemas: Part = {}, openapi = '3.0.3'): SchemaSet {
  const requestBody = { content: { 'application/json': { schema } } };
  return compileSchemas(
    { openapi, paths: { '/a': { post: { requestBody } } }, components: { schemas } },
    { undeclared: 'allow' },
  );
}

/** How a body departs from the schema of {@link setOf}. */
export function bodyDepartures(set: SchemaSet, value: unknown): string[] {
  const [head, body] = askedJson('POST', '/a', value);
  return set.check(head, '/a', body).violations.map(({ kind, where, what }) => `${kind} ${where} ${what}`);
}

export const fits = (set: SchemaSet, value: unknown): boolean => bodyDepartures(set, value).length === 0;
