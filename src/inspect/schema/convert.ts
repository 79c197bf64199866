/**
 * Schemas of OpenAPI and Swagger as JSON Schema 2020-12. Only keywords that are known, with values of the right kind, are taken
 * over: what a validator makes code of never comes from the document unseen. References become names of schemas that are
 * converted once; those that come back to themselves are marked, so that checking them can be bounded.
 */

import { isObject, type Json, own } from './json.ts';
import { safePattern } from './pattern/index.ts';
import type { Source } from './source.ts';

/** Schemas converted for one document, and those that make up one of them; what is beyond is not checked. */
const MAX_SCHEMAS = 200_000;
const MAX_WITHIN = 5000;
/** Letters of a place in notes. */
const MAX_PLACE = 120;
/** Schemas written within each other, references not counted. */
const MAX_DEPTH = 64;

/** Keyword that takes a step out of the budget of a check. */
export const COUNTED = 'sallyportCounted';
/** Keyword in the place of `uniqueItems`, in linear time. */
export const UNIQUE = 'sallyportUnique';

/** A schema as it is handed to the validator. */
export type Converted = Record<string, unknown> | boolean;

const TYPES = new Set(['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']);
const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
const COUNTS = [
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minContains',
  'maxContains',
];
const SCHEMAS = [
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'items',
  'additionalProperties',
  'unevaluatedProperties',
  'unevaluatedItems',
];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const MAPS = ['properties', 'dependentSchemas'];

export class Converter {
  /** Name → schema, for references. */
  readonly shared = new Map<string, Converted>();
  private readonly source: Source;
  private readonly names = new Map<string, string>();
  private readonly open = new Set<string>();
  private readonly recursive = new Set<string>();
  /** Schemas that the one at hand stands in: YAML can make one contain itself. */
  private readonly around = new Set<object>();
  private count = 0;
  private within = 0;

  constructor(source: Source) {
    this.source = source;
  }

  note(text: string): void {
    this.source.note(text);
  }

  /** `at` says where the schema stands, for notes. */
  convert(schema: unknown, at: string, depth = 0): Converted {
    if (typeof schema === 'boolean') return schema;
    if (!isObject(schema)) return true;
    if (depth === 0) this.within = 0;
    if (++this.count > MAX_SCHEMAS || ++this.within > MAX_WITHIN || depth > MAX_DEPTH || this.around.has(schema)) {
      this.source.note(`${at.slice(0, MAX_PLACE)}: beyond what is read of a document; not checked`);
      return true;
    }
    if (typeof schema.$ref === 'string') return this.reference(schema, schema.$ref, at, depth);
    this.around.add(schema);
    const converted = this.whole(schema, at, depth);
    this.around.delete(schema);
    return converted;
  }

  private whole(schema: Json, at: string, depth: number): Converted {
    const out: Record<string, unknown> = {};
    this.values(schema, out, at);
    this.strings(schema, out, at);
    this.inner(schema, out, at, depth);
    this.required(schema, out);
    const whole = isObject(schema.discriminator) ? this.discriminated(schema, schema.discriminator, out) : out;
    return this.nullable(schema, whole);
  }

  /** In OpenAPI 3.1 other keywords may stand beside a reference; before it, they say nothing. */
  private reference(schema: Json, ref: string, at: string, depth: number): Converted {
    const target = this.target(ref);
    const { $ref: _, ...beside } = schema;
    if (this.source.dialect !== 'openapi-3.1' || Object.keys(beside).length === 0) return target;
    const more = this.convert(beside, at, depth + 1);
    return more === true || (isObject(more) && Object.keys(more).length === 0) ? target : { allOf: [target, more] };
  }

  private target(ref: string): Converted {
    const known = this.names.get(ref);
    if (known !== undefined) {
      if (this.open.has(ref)) this.recursive.add(ref);
      return { $ref: known };
    }
    const schema = this.source.at(ref);
    if (schema === undefined) return true;
    const name = `https://schemas.invalid/${this.names.size}`;
    this.names.set(ref, name);
    this.open.add(ref);
    const { within } = this;
    const converted = this.convert(schema, ref);
    this.within = within;
    this.open.delete(ref);
    const counted = this.recursive.has(ref) ? { allOf: [{ [COUNTED]: true }, converted] } : converted;
    this.shared.set(name, counted);
    return { $ref: name };
  }

  private values(schema: Json, out: Record<string, unknown>, at: string): void {
    const types = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((type) =>
      TYPES.has(type as string),
    );
    if (types.length > 0) out.type = types.length === 1 ? types[0] : [...new Set(types)];
    else if (schema.type !== undefined && schema.type !== 'file') this.source.note(`${at}: no type is called so`);
    for (const name of NUMBERS) if (typeof schema[name] === 'number') out[name] = schema[name];
    for (const name of COUNTS)
      if (Number.isInteger(schema[name]) && (schema[name] as number) >= 0) out[name] = schema[name];
    if (typeof schema.multipleOf === 'number' && schema.multipleOf > 0) out.multipleOf = schema.multipleOf;
    // Before 3.1 these say of the bound beside them that it is outside.
    for (const [flag, bound] of [
      ['exclusiveMinimum', 'minimum'],
      ['exclusiveMaximum', 'maximum'],
    ]) {
      if (schema[flag] !== true || typeof schema[bound] !== 'number') continue;
      out[flag] = schema[bound];
      delete out[bound];
    }
    if (Array.isArray(schema.enum) && schema.enum.length > 0) out.enum = unique(schema.enum);
    if ('const' in schema) out.const = schema.const;
    if (schema.uniqueItems === true) out[UNIQUE] = true;
  }

  private strings(schema: Json, out: Record<string, unknown>, at: string): void {
    if (typeof schema.format === 'string' && /^[\w-]{1,40}$/.test(schema.format)) out.format = schema.format;
    if (typeof schema.pattern === 'string' && this.isSafe(schema.pattern, at)) out.pattern = schema.pattern;
  }

  private isSafe(pattern: string, at: string): boolean {
    try {
      safePattern(pattern);
      return true;
    } catch (error) {
      this.source.note(`${at}: the pattern ${pattern.slice(0, 80)} ${(error as Error).message}; left out`);
      return false;
    }
  }

  private inner(schema: Json, out: Record<string, unknown>, at: string, depth: number): void {
    const inner = (value: unknown, name: string): Converted => this.convert(value, `${at}/${name}`, depth + 1);
    for (const name of SCHEMAS) {
      const value = schema[name];
      if (isObject(value) || typeof value === 'boolean') out[name] = inner(value, name);
    }
    for (const name of LISTS) {
      const value = schema[name];
      if (Array.isArray(value) && value.length > 0) out[name] = value.map((one, i) => inner(one, `${name}/${i}`));
    }
    // Before 2020-12 a list of items was what prefixItems is now.
    if (Array.isArray(schema.items)) out.prefixItems = schema.items.map((one, i) => inner(one, `items/${i}`));
    for (const name of MAPS) {
      const value = schema[name];
      if (isObject(value)) out[name] = mapped(value, (one, key) => inner(one, `${name}/${key}`));
    }
    if (isObject(schema.patternProperties)) {
      const safe = Object.entries(schema.patternProperties).filter(([pattern]) => this.isSafe(pattern, at));
      out.patternProperties = mapped(Object.fromEntries(safe), (one, key) => inner(one, `patternProperties/${key}`));
      // Names that the pattern would have allowed must not be taken for unknown ones.
      if (safe.length < Object.keys(schema.patternProperties).length) delete out.additionalProperties;
    }
    if (isObject(schema.dependentRequired)) {
      const lists = Object.entries(schema.dependentRequired).filter(([, list]) => isNames(list));
      out.dependentRequired = Object.fromEntries(lists);
    }
  }

  /** What only answers carry cannot be asked of requests. */
  private required(schema: Json, out: Record<string, unknown>): void {
    if (!isNames(schema.required)) return;
    const properties = isObject(schema.properties) ? schema.properties : {};
    const asked = schema.required.filter((name) => {
      const property = this.source.follow(own(properties, name));
      return !(isObject(property) && property.readOnly === true);
    });
    if (asked.length > 0) out.required = [...new Set(asked)];
  }

  private nullable(schema: Json, out: Record<string, unknown>): Converted {
    if (schema.nullable !== true && schema['x-nullable'] !== true) return out;
    const { type } = out;
    if (type !== undefined && out.allOf === undefined && out.const === undefined && out.oneOf === undefined) {
      out.type = [...new Set([...(Array.isArray(type) ? type : [type]), 'null'])];
      if (Array.isArray(out.enum) && !out.enum.includes(null)) out.enum = [...out.enum, null];
      return out;
    }
    return { anyOf: [{ type: 'null' }, out] };
  }

  /** One form, chosen by the value of a property, instead of trying all of them. */
  private discriminated(schema: Json, discriminator: Json, out: Record<string, unknown>): Record<string, unknown> {
    const property = discriminator.propertyName;
    const forms = Array.isArray(schema.oneOf) ? schema.oneOf : schema.anyOf;
    if (typeof property !== 'string' || !Array.isArray(forms)) return out;
    const refs = forms.map((one) => (isObject(one) && typeof one.$ref === 'string' ? one.$ref : ''));
    if (refs.includes('')) return out;
    const byValue = new Map<string, string>();
    const mapping = isObject(discriminator.mapping) ? discriminator.mapping : {};
    for (const [value, name] of Object.entries(mapping)) {
      if (typeof name !== 'string') continue;
      const ref = name.includes('/') ? name : `#/components/schemas/${name}`;
      if (refs.includes(ref)) byValue.set(value, ref);
    }
    for (const ref of refs) {
      if (![...byValue.values()].includes(ref)) byValue.set(ref.slice(ref.lastIndexOf('/') + 1), ref);
    }
    const { oneOf: _, anyOf: __, ...rest } = out;
    const chosen = [...byValue].map(([value, ref]) => ({
      if: { not: { required: [property], properties: { [property]: { const: value } } } },
      else: this.target(ref),
    }));
    const known = { required: [property], properties: { [property]: { enum: [...byValue.keys()] } } };
    return { ...rest, allOf: [...((rest.allOf as unknown[]) ?? []), known, ...chosen] };
  }
}

const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const unique = (values: readonly unknown[]): unknown[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
];

function mapped(map: Json, convert: (value: unknown, key: string) => Converted): Record<string, Converted> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, convert(value, key)]));
}
