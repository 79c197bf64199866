/**
 * Canonical JSON in the manner of RFC 8785 (JCS): members sorted by UTF-16 code units, no white space, numbers and strings
 * as ECMAScript writes them. One value has exactly one text, so that its hash can be computed anywhere.
 */

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** Members that are undefined are left out, as JSON.stringify does. */
export interface JsonObject {
  readonly [name: string]: JsonValue | undefined;
}

/** Levels of arrays and objects within each other: what is deeper is a mistake, or a circle. */
export const MAX_JSON_DEPTH = 32;

/** Says where in a value it is that JSON cannot hold. */
export class CanonicalError extends Error {
  readonly path: string;

  constructor(path: string, what: string) {
    super(`${path || 'the value'} ${what}`);
    this.name = 'CanonicalError';
    this.path = path;
  }
}

/**
 * The one text of a value. CanonicalError for what JSON does not know (NaN, bigints, functions, dates, maps) and for what
 * is nested deeper than {@link MAX_JSON_DEPTH}. RFC 8785 refuses strings with lone surrogates; here they become U+FFFD,
 * because an entry must not be lost over a broken character.
 */
export function canonical(value: JsonValue): string {
  return write(value, '', 0);
}

function write(value: JsonValue | undefined, path: string, depth: number): string {
  switch (typeof value) {
    case 'string':
      return text(value);
    case 'number':
      if (!Number.isFinite(value)) throw new CanonicalError(path, `is ${value}, which JSON has no number for`);
      // JSON.stringify writes -0 as 0, as RFC 8785 wants it.
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    default:
      throw new CanonicalError(path, `is ${value === undefined ? 'undefined' : `a ${typeof value}`}`);
  }
  if (value === null) return 'null';
  if (depth >= MAX_JSON_DEPTH) throw new CanonicalError(path, `is nested deeper than ${MAX_JSON_DEPTH} levels`);
  return Array.isArray(value) ? array(value, path, depth + 1) : object(value as JsonObject, path, depth + 1);
}

function array(values: readonly JsonValue[], path: string, depth: number): string {
  let out = '[';
  for (let i = 0; i < values.length; i++) out += (i > 0 ? ',' : '') + write(values[i], `${path}[${i}]`, depth);
  return `${out}]`;
}

function object(value: JsonObject, path: string, depth: number): string {
  const prototype = Object.getPrototypeOf(value);
  // A Date or a Map would silently become {} or a string.
  if (prototype !== Object.prototype && prototype !== null) throw new CanonicalError(path, 'is no plain object');
  let out = '{';
  // The default order of sort() is the one RFC 8785 asks for: by UTF-16 code units.
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    if (LONE.test(name)) throw new CanonicalError(path, 'has a name that is not well-formed');
    out += `${out.length > 1 ? ',' : ''}${JSON.stringify(name)}:${write(member, path ? `${path}.${name}` : name, depth)}`;
  }
  return `${out}}`;
}

const LONE = /\p{Surrogate}/u;
const EVERY_LONE = /\p{Surrogate}/gu;

const text = (value: string): string => JSON.stringify(LONE.test(value) ? value.replace(EVERY_LONE, '\uFFFD') : value);
