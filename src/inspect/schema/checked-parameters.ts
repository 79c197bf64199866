/** The parameters of one operation, compiled: reads them out of a request and compares them with what is declared. */
import { SCHEMA } from '../../enrich/kinds.ts';
import type { Asked, Violation } from '../contract.ts';
import {
  deepObject,
  headerValues,
  type Query,
  readCookies,
  readQuery,
  readText,
  rootName,
  type Shape,
  valuesOf,
} from './parameters.ts';
import { isNumeric, propertyNames, shapeOfSchema, typesOf } from './shapes-of.ts';
import type { DeclaredOperation, DeclaredParameter, ParameterPlace, Source } from './source.ts';
import { isTracking } from './tracking.ts';
import type { Check, Validators } from './validators.ts';
import { place, shown, violationOf } from './words.ts';

/** Violations told of one request at most. */
export const MAX_VIOLATIONS = 8;
/** How numbers are written: what else a loose reader takes for one (0x1f, blanks, Infinity) is none. */
const NUMBER = /^[-+]?\d{1,400}(?:\.\d{1,400})?(?:[eE][-+]?\d{1,4})?$/;

/** What a server takes for a step to another place (RFC 3986, 5.2.4), encoded or not, is no value: it asks for another operation. */
const ELSEWHERE = /(?:^|[/\\])\.{1,2}(?:[/\\;]|$)/;

interface Compiled {
  readonly declared: DeclaredParameter;
  readonly where: string;
  readonly shape: Shape;
  readonly numeric: boolean;
  /** Of an object whose properties stand as parameters of their own. */
  readonly members: ReadonlySet<string>;
  readonly check: Check;
}

/** What of a request departs, so far. */
export interface Found {
  readonly violations: Violation[];
  /** Names of query parameters that nothing declares. */
  readonly undeclared: string[];
  /** What else the document does not name, and does not rule out either. */
  readonly beyond: Violation[];
}

export class CheckedParameters {
  private readonly path: readonly Compiled[];
  private readonly query: readonly Compiled[];
  private readonly headers: readonly Compiled[];
  private readonly cookies: readonly Compiled[];
  private readonly names: readonly string[];
  /** Names that a query may have; null where anything may stand in it. */
  private readonly known: ReadonlySet<string> | null;
  /** Links are followed with GET, and links are what others change. */
  private readonly isRead: boolean;
  private readonly holder: { value: unknown } = { value: undefined };

  constructor(operation: DeclaredOperation, names: readonly string[], source: Source, validators: Validators) {
    const of = (where: ParameterPlace): Compiled[] =>
      operation.parameters
        .filter((one) => one.in === where)
        .map((one) => compile(one, source, validators, `${operation.id}/${where}.${one.name}`));
    this.names = names;
    this.isRead = operation.method === 'GET';
    this.path = of('path');
    this.query = of('query');
    this.headers = of('header');
    this.cookies = of('cookie');
    const spread = this.query.filter(isSpread);
    const isOpen = spread.some(({ members }) => members.size === 0);
    const known = [...this.query.map(({ declared }) => declared.name), ...operation.keys];
    for (const { members } of spread) known.push(...members);
    this.known = isOpen ? null : new Set(known.flatMap((name) => [name, rootName(name)]));
  }

  /** Adds what departs. `values` are the path's, by the names of the template. */
  check(asked: Asked, values: readonly string[], found: Found): void {
    for (let i = 0; i < values.length; i++) {
      if (!values[i].includes('.') || !ELSEWHERE.test(values[i])) continue;
      add(found, { kind: SCHEMA.format, where: `path.${this.names[i]}`, what: 'leads to another path' });
    }
    for (const one of this.path) {
      const at = this.names.indexOf(one.declared.name);
      if (at >= 0) this.compare(one, readText(one.declared, one.shape, values[at]), found);
    }
    const mark = asked.target.indexOf('?');
    if (mark >= 0 || this.query.length > 0) this.checkQuery(readQuery(asked.target, mark), found);
    for (const one of this.headers)
      this.checkTexts(one, headerValues(asked.headers, one.declared.name.toLowerCase()), found);
    if (this.cookies.length === 0) return;
    const cookies = readCookies(asked.headers);
    for (const one of this.cookies) this.checkTexts(one, valuesOf(cookies, one.declared.name).slice(0, 1), found);
  }

  private checkQuery({ pairs, isCut }: Query, found: Found): void {
    if (isCut) add(found, { kind: SCHEMA.range, where: 'query', what: 'has more parameters than are looked at' });
    for (const one of this.query) {
      if (isSpread(one)) this.checkSpread(one, pairs, found);
      else if (one.declared.style === 'deepObject') {
        const value = deepObject(pairs, one.declared.name);
        if (value !== undefined) this.compare(one, value, found);
        else if (one.declared.required) missing(one, found);
      } else this.checkTexts(one, named(pairs, one), found);
    }
    if (this.known === null) return;
    for (let i = 0; i < pairs.length && found.undeclared.length < MAX_VIOLATIONS; i += 2) {
      const name = pairs[i];
      if (this.known.has(name) || this.known.has(rootName(name)) || found.undeclared.includes(name)) continue;
      if (isTracking(name) && this.isRead) continue;
      found.undeclared.push(name);
    }
  }

  /** An object whose properties each are a parameter. */
  private checkSpread(one: Compiled, pairs: readonly string[], found: Found): void {
    const entries: [string, string][] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      if (one.members.size === 0 || one.members.has(pairs[i])) entries.push([pairs[i], pairs[i + 1]]);
    }
    if (entries.length > 0) this.compare(one, Object.fromEntries(entries), found);
    else if (one.declared.required) missing(one, found);
  }

  private checkTexts(one: Compiled, texts: readonly string[], found: Found): void {
    const { declared, shape } = one;
    if (texts.length === 0) {
      if (declared.required) missing(one, found);
      return;
    }
    if (declared.deprecated) add(found, { kind: SCHEMA.deprecated, where: one.where, what: 'is going away' });
    if (shape === 'list' && declared.in === 'query' && declared.explode) {
      this.compare(one, [...texts], found);
      return;
    }
    if (texts.length > 1 && declared.in === 'query') {
      add(found, { kind: SCHEMA.duplicate, where: one.where, what: 'stands more than once' });
      // Who reads the first and who reads the last must both be content.
      for (const text of texts.slice(0, MAX_VIOLATIONS)) this.compare(one, readText(declared, shape, text), found);
      return;
    }
    const text = texts.length > 1 ? texts.join(', ') : texts[0];
    if (text === '' && declared.allowEmpty) return;
    this.compare(one, readText(declared, shape, text), found);
  }

  private compare(one: Compiled, value: unknown, found: Found): void {
    if (found.violations.length >= MAX_VIOLATIONS) return;
    if (one.numeric && typeof value === 'string' && !NUMBER.test(value)) {
      add(found, { kind: SCHEMA.type, where: one.where, what: 'is not of the declared type (number)' });
      return;
    }
    const { holder } = this;
    holder.value = value;
    const error = one.check(holder);
    if (error !== null) add(found, violationOf(error, one.where, 1));
  }
}

function compile(declared: DeclaredParameter, source: Source, validators: Validators, at: string): Compiled {
  const types = typesOf(source, declared.schema);
  const shape = shapeOfSchema(types);
  const schema = { type: 'object', properties: { value: declared.schema ?? {} } };
  const isJson = declared.style === 'json';
  return {
    declared,
    where: place(declared.in, [declared.name]),
    shape,
    numeric: shape === 'one' && isNumeric(types) && !isJson,
    members: shape === 'object' ? propertyNames(source, declared.schema) : new Set(),
    check: isJson ? validators.value(schema, at) : validators.text(schema, at),
  };
}

const isSpread = ({ declared, shape }: Compiled): boolean =>
  shape === 'object' && declared.in === 'query' && declared.style === 'form' && declared.explode;

/** Lists are often sent as `ids[]=1`, whatever the document says. */
function named(pairs: readonly string[], { declared, shape }: Compiled): string[] {
  const values = valuesOf(pairs, declared.name);
  return shape === 'list' && values.length === 0 ? valuesOf(pairs, `${declared.name}[]`) : values;
}

function missing(one: Compiled, found: Found): void {
  add(found, { kind: SCHEMA.missing, where: one.where, what: 'is missing' });
}

/** Adds a violation, up to the bound, and each but once. */
export function add(found: Found, violation: Violation): void {
  const { violations } = found;
  if (violations.length >= MAX_VIOLATIONS) return;
  const { kind, where } = violation;
  if (!violations.some((one) => one.kind === kind && one.where === where)) violations.push(violation);
}

/** A query parameter that nothing declares, as a violation. */
export const undeclaredParameter = (name: string): Violation => ({
  kind: SCHEMA.undeclaredParameter,
  where: place('query', [shown(name)]),
  what: 'is not declared',
});
