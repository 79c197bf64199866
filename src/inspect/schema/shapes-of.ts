/** What a schema says of the kind of value it takes, references and combinations followed: how texts are to be taken apart. */

import { isObject, type Json } from './json.ts';
import type { Shape } from './parameters.ts';
import type { Source } from './source.ts';

/** Schemas looked at for one question. */
const MAX_LOOKED = 64;

/** The types that a schema names anywhere in its own combinations; empty where it names none. */
export function typesOf(source: Source, schema: unknown): ReadonlySet<string> {
  const types = new Set<string>();
  const open: unknown[] = [schema];
  for (let i = 0; i < open.length && i < MAX_LOOKED; i++) {
    const one = source.follow(open[i]);
    if (!isObject(one)) continue;
    for (const type of Array.isArray(one.type) ? one.type : [one.type]) if (typeof type === 'string') types.add(type);
    if (one.type === undefined) for (const type of implied(one)) types.add(type);
    for (const list of ['allOf', 'anyOf', 'oneOf']) if (Array.isArray(one[list])) open.push(...one[list]);
  }
  types.delete('null');
  return types;
}

function implied(schema: Json): readonly string[] {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => (Array.isArray(value) ? 'array' : typeof value));
  if (schema.properties !== undefined) return ['object'];
  if (schema.items !== undefined) return ['array'];
  return [];
}

/** How a parameter of this schema is taken apart. */
export function shapeOfSchema(types: ReadonlySet<string>): Shape {
  if (types.has('array')) return 'list';
  return types.has('object') ? 'object' : 'one';
}

/** Only numbers fit: texts that loose readers would take for numbers are told from them before. */
export const isNumeric = (types: ReadonlySet<string>): boolean =>
  types.size > 0 && [...types].every((type) => type === 'integer' || type === 'number');

/** Properties that a schema of an object names itself or through its combinations. */
export function propertyNames(source: Source, schema: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const open: unknown[] = [schema];
  for (let i = 0; i < open.length && i < MAX_LOOKED; i++) {
    const one = source.follow(open[i]);
    if (!isObject(one)) continue;
    if (isObject(one.properties)) for (const name of Object.keys(one.properties)) names.add(name);
    for (const list of ['allOf', 'anyOf', 'oneOf']) if (Array.isArray(one[list])) open.push(...one[list]);
  }
  return names;
}
