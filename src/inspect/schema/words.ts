/** What is wrong with a value, in a sentence that holds nothing of the value. */
import type { ErrorObject } from 'ajv/dist/2020.js';
import { SCHEMA } from '../../enrich/kinds.ts';
import type { Violation } from '../contract.ts';
import { COUNTED, UNIQUE } from './convert.ts';

/** Names that come from requests are shown up to so many characters. */
const MAX_NAME = 60;
/** Longest place. */
const MAX_WHERE = 200;

type Parameters = Readonly<Record<string, unknown>>;
type Say = (params: Parameters) => string;

/** Keyword → bit of SCHEMA and sentence. */
const WORDS: Readonly<Record<string, readonly [number, Say]>> = {
  type: [SCHEMA.type, ({ type }) => `is not of the declared type (${[type].flat().join(' or ')})`],
  enum: [SCHEMA.range, () => 'is none of the declared values'],
  const: [SCHEMA.range, () => 'is not the declared value'],
  minimum: [SCHEMA.range, ({ limit }) => `is less than ${limit}`],
  maximum: [SCHEMA.range, ({ limit }) => `is more than ${limit}`],
  exclusiveMinimum: [SCHEMA.range, ({ limit }) => `is not more than ${limit}`],
  exclusiveMaximum: [SCHEMA.range, ({ limit }) => `is not less than ${limit}`],
  multipleOf: [SCHEMA.range, ({ multipleOf }) => `is no multiple of ${multipleOf}`],
  minLength: [SCHEMA.range, ({ limit }) => `is shorter than ${limit} characters`],
  maxLength: [SCHEMA.range, ({ limit }) => `is longer than ${limit} characters`],
  minItems: [SCHEMA.range, ({ limit }) => `has fewer than ${limit} items`],
  maxItems: [SCHEMA.range, ({ limit }) => `has more than ${limit} items`],
  minProperties: [SCHEMA.range, ({ limit }) => `has fewer than ${limit} properties`],
  maxProperties: [SCHEMA.range, ({ limit }) => `has more than ${limit} properties`],
  contains: [SCHEMA.range, () => 'lacks an item that has to be in it'],
  items: [SCHEMA.range, ({ limit }) => `has more than ${limit} items`],
  unevaluatedItems: [SCHEMA.range, () => 'has more items than declared'],
  [UNIQUE]: [SCHEMA.duplicate, () => 'has an item twice'],
  pattern: [SCHEMA.format, () => 'does not have the declared pattern'],
  format: [SCHEMA.format, ({ format }) => `does not have the declared format (${format})`],
  additionalProperties: [SCHEMA.undeclaredParameter, () => 'is not declared, and nothing else may be there'],
  unevaluatedProperties: [SCHEMA.undeclaredParameter, () => 'is not declared, and nothing else may be there'],
  propertyNames: [SCHEMA.undeclaredParameter, () => 'has a property whose name may not be'],
  'false schema': [SCHEMA.undeclaredParameter, () => 'may not be there'],
  required: [SCHEMA.missing, () => 'is missing'],
  dependentRequired: [SCHEMA.missing, ({ property }) => `is missing, and has to be there beside ${property}`],
  oneOf: [
    SCHEMA.type,
    ({ passingSchemas }) =>
      passingSchemas === null ? 'fits none of the declared forms' : 'fits several forms at once',
  ],
  anyOf: [SCHEMA.type, () => 'fits none of the declared forms'],
  not: [SCHEMA.type, () => 'has a form that is ruled out'],
  [COUNTED]: [SCHEMA.range, () => 'takes too long to compare with its declaration'],
};

/** The property that an error is about, where it is not the value at its path itself. */
const PROPERTY: readonly string[] = ['missingProperty', 'additionalProperty', 'unevaluatedProperty'];

/** An error of the validator as a violation. `root` is what stands before the path: `query.page`, `body$`. */
export function violationOf(error: ErrorObject, root: string, pointerFrom = 0): Violation {
  const params = error.params as Parameters;
  const [kind, say] = WORDS[error.keyword] ?? [SCHEMA.type, () => 'does not fit its declaration'];
  const inner = PROPERTY.map((name) => params[name]).find((name) => typeof name === 'string') as string | undefined;
  const steps = error.instancePath.split('/').slice(1 + pointerFrom);
  const names = steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (inner !== undefined) names.push(inner);
  return { kind, where: place(root, names), what: say(params) };
}

/** A place below another one, as JSONPath writes it. */
export function place(root: string, names: readonly string[]): string {
  const path = names.reduce((text, name) => {
    if (/^\d{1,9}$/.test(name)) return `${text}[${name}]`;
    return /^[A-Za-z_][\w-]{0,59}$/.test(name) ? `${text}.${name}` : `${text}['${shown(name)}']`;
  }, root);
  return path.length <= MAX_WHERE ? path : `${path.slice(0, MAX_WHERE)}…`;
}

/** A name from a request, cut and without anything that could be more than a letter to whoever shows it. */
export const shown = (name: string): string =>
  name.slice(0, MAX_NAME).replace(/[^\p{L}\p{N} _.:@$[\]-]/gu, '?') + (name.length > MAX_NAME ? '…' : '');
