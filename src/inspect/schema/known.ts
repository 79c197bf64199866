/**
 * Which properties a body may have by its declaration, beside what its schema forbids: most schemas leave the door open to names
 * that they do not know, and what comes in by it is how fields are set that nobody meant to be set (OWASP API3).
 */

import { isObject, type Json, own } from './json.ts';
import type { Source } from './source.ts';

/** Values of one body that are looked at. */
const MAX_VALUES = 2000;
/** Names told of one body. */
const MAX_NAMES = 8;
/** Schemas that are merged into one. */
const MAX_FORMS = 64;

/** Where an undeclared property stands, and whether it is declared for answers only. */
export interface Undeclared {
  readonly path: readonly string[];
  readonly readOnly: boolean;
}

/** Everything that some form of a schema says about the properties of one place. */
interface Names {
  readonly open: boolean;
  readonly properties: ReadonlyMap<string, readonly unknown[]>;
  readonly items: readonly unknown[];
  readonly readOnly: ReadonlySet<string>;
}

export class KnownNames {
  private readonly source: Source;
  /** By the schemas that were merged: references come to the same objects again. */
  private readonly memory = new WeakMap<object, Names>();

  constructor(source: Source) {
    this.source = source;
  }

  /** Properties of a body that its schema does not name; the first few. */
  undeclared(schema: unknown, value: unknown): Undeclared[] {
    const found: Undeclared[] = [];
    this.look([schema], value, [], found, { left: MAX_VALUES });
    return found;
  }

  private look(
    schemas: readonly unknown[],
    value: unknown,
    path: readonly string[],
    found: Undeclared[],
    budget: { left: number },
  ): void {
    if (typeof value !== 'object' || value === null || --budget.left < 0 || found.length >= MAX_NAMES) return;
    const names = this.namesOf(schemas);
    if (Array.isArray(value)) {
      if (names.items.length === 0) return;
      for (let i = 0; i < value.length && budget.left > 0; i++)
        this.look(names.items, value[i], [...path, String(i)], found, budget);
      return;
    }
    // A schema without properties describes none of them.
    const isDescribed = names.properties.size > 0 && !names.open;
    for (const [name, inner] of Object.entries(value)) {
      const declared = names.properties.get(name);
      if (found.length >= MAX_NAMES) return;
      if (names.readOnly.has(name)) found.push({ path: [...path, name], readOnly: true });
      else if (declared !== undefined) this.look(declared, inner, [...path, name], found, budget);
      else if (isDescribed) found.push({ path: [...path, name], readOnly: false });
    }
  }

  private namesOf(schemas: readonly unknown[]): Names {
    const [first] = schemas;
    const key = schemas.length === 1 && isObject(first) ? first : null;
    const known = key === null ? undefined : this.memory.get(key);
    if (known !== undefined) return known;
    const names = this.merged(schemas);
    if (key !== null) this.memory.set(key, names);
    return names;
  }

  private merged(schemas: readonly unknown[]): Names {
    const properties = new Map<string, unknown[]>();
    const readOnly = new Set<string>();
    const items: unknown[] = [];
    let open = false;
    const forms: unknown[] = [...schemas];
    const seen = new Set<unknown>();
    for (let i = 0; i < forms.length && i < MAX_FORMS; i++) {
      const schema = this.source.follow(forms[i]);
      if (!isObject(schema) || seen.has(schema)) continue;
      seen.add(schema);
      for (const list of ['allOf', 'anyOf', 'oneOf']) if (Array.isArray(schema[list])) forms.push(...schema[list]);
      for (const one of ['then', 'else', 'if']) if (isObject(schema[one])) forms.push(schema[one]);
      if (isObject(schema.discriminator) && isObject(schema.discriminator.mapping)) open = true;
      if (isOpen(schema)) open = true;
      if (isObject(schema.items)) items.push(schema.items);
      for (const name of Object.keys(isObject(schema.properties) ? schema.properties : {})) {
        const property = own(schema.properties as Json, name);
        const followed = this.source.follow(property);
        if (isObject(followed) && followed.readOnly === true) readOnly.add(name);
        const declared = properties.get(name);
        if (declared === undefined) properties.set(name, [property]);
        else declared.push(property);
      }
    }
    return { open: open || forms.length > MAX_FORMS, properties, items, readOnly };
  }
}

/** Says itself that there may be other properties. */
function isOpen(schema: Json): boolean {
  const { additionalProperties, patternProperties, unevaluatedProperties } = schema;
  return (
    additionalProperties === true ||
    isObject(additionalProperties) ||
    isObject(patternProperties) ||
    unevaluatedProperties === true
  );
}
