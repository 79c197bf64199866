/** The schema's complaints in words: what is there, what is allowed, what was probably meant. */
import type { z } from 'zod';
import type { ErrorCode } from '../lib/errors.ts';
import { type Locate, type Path, pathText } from './locate.ts';
import { hint, type Problem } from './problems.ts';
import { configJsonSchema } from './schema.ts';

/** One issue of the schema as problems with positions: an unknown key each counts for itself. */
export function issueProblems(issue: z.core.$ZodIssue, data: unknown, locate: Locate): Problem[] {
  const { path } = issue;
  const name = pathText(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, locate));
    case 'invalid_key':
      return [unknownKey(path.slice(0, -1), String(path.at(-1)), locate)];
    case 'invalid_type': {
      const value = valueAt(data, path);
      if (value === undefined) return [locate(path, 'SP1006', `"${name}" is missing`)];
      const subject = name === '' ? 'the file' : `"${name}"`;
      return [
        locate(path, 'SP1004', `${subject} must be ${kind(issue.expected)}, not ${kindOf(value, issue.expected)}`),
      ];
    }
    case 'invalid_value': {
      const value = String(valueAt(data, path));
      const allowed = issue.values.map(String);
      const message = `"${name}" is "${value}"; allowed: ${allowed.join(', ')}${hint(value, allowed)}`;
      return [locate(path, 'SP1005', message)];
    }
    case 'too_small':
      return [locate(path, 'SP1005', `"${name}" ${tooSmall(issue)}`)];
    case 'too_big':
      return [locate(path, 'SP1005', `"${name}" must be at most ${issue.maximum}`)];
    case 'invalid_format':
      return [locate(path, 'SP1005', `"${name}" must be ${issue.message}`)];
    case 'invalid_union':
      return unionProblems(issue, data, locate);
    case 'custom': {
      const { code = 'SP1005', at } = (issue.params ?? {}) as { code?: ErrorCode; at?: number };
      return [locate(path, code, `"${name}": ${issue.message}`, 'value', at)];
    }
    default:
      return [locate(path, 'SP1005', `"${name}": ${issue.message}`)];
  }
}

/**
 * A value that may have several forms. Where its kind tells which of them was meant, the complaints of that one count;
 * else all kinds are named.
 */
function unionProblems(issue: z.core.$ZodIssueInvalidUnion, data: unknown, locate: Locate): Problem[] {
  const value = valueAt(data, issue.path);
  if (value === undefined) return [locate(issue.path, 'SP1006', `"${pathText(issue.path)}" is missing`)];
  const forms = flatForms(issue.errors);
  // A word that is none of an enumeration may still be a word of it misspelt; a number or a list cannot.
  const wrongKind = typeof value === 'string' ? ['invalid_type'] : ['invalid_type', 'invalid_value'];
  const meant = forms.find((form) => !form.some(({ code, path }) => wrongKind.includes(code) && path.length === 0));
  if (meant !== undefined) {
    return meant.flatMap((inner) => issueProblems({ ...inner, path: [...issue.path, ...inner.path] }, data, locate));
  }
  const kinds = forms.flatMap((form) => form.map((i) => (i.code === 'invalid_type' ? kind(i.expected) : KINDS.string)));
  const named = [...new Set(kinds)].join(' or ');
  return [locate(issue.path, 'SP1004', `"${pathText(issue.path)}" must be ${named}`)];
}

/** Forms within forms, as one list. */
function flatForms(errors: readonly (readonly z.core.$ZodIssue[])[]): (readonly z.core.$ZodIssue[])[] {
  return errors.flatMap((form) =>
    form.length === 1 && form[0].code === 'invalid_union' && form[0].path.length === 0
      ? flatForms(form[0].errors)
      : [form],
  );
}

function unknownKey(path: Path, key: string, locate: Locate): Problem {
  const name = pathText(path);
  const near = hint(key, keysAt(path));
  const homes = near === '' ? placesOf(key) : [];
  const elsewhere =
    homes.length === 1 ? `; it belongs into ${homes[0] === '' ? 'the top level' : `"${homes[0]}"`}` : '';
  return locate([...path, key], 'SP1003', `unknown key "${key}"${name && ` in "${name}"`}${near}${elsewhere}`, 'key');
}

function tooSmall(issue: z.core.$ZodIssueTooSmall): string {
  if (issue.origin === 'string')
    return Number(issue.minimum) > 1 ? `needs at least ${issue.minimum} characters` : 'is empty';
  return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  null: 'empty',
};

function kind(expected: string): string {
  return KINDS[expected] ?? expected;
}

function kindOf(value: unknown, wanted: string): string {
  if (value === null) return KINDS.null;
  if (typeof value === 'string' && value.length < 40) {
    return wanted === 'array' ? `the text "${value}"; write [${value}]` : `the text "${value}"`;
  }
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) ? KINDS.array : (KINDS[typeof value] ?? typeof value);
}

function valueAt(data: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step], data);
}

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly additionalProperties?: Shape | boolean;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly anyOf?: readonly Shape[];
}

/** All forms that a value may have. */
function formsOf(shape: Shape): readonly Shape[] {
  return shape.anyOf ? shape.anyOf.flatMap(formsOf) : [shape];
}

/** The keys that the schema has at a path. */
function keysAt(path: Path): readonly string[] {
  let shape: Shape = configJsonSchema() as Shape;
  for (const step of path) {
    const forms = formsOf(shape);
    const map = forms.find((form) => form.properties ?? form.additionalProperties) ?? {};
    const rest = typeof map.additionalProperties === 'object' ? map.additionalProperties : {};
    const list = forms.find((form) => form.items)?.items;
    shape = (typeof step === 'number' ? list : (map.properties?.[String(step)] ?? rest)) ?? {};
  }
  shape = formsOf(shape).find((form) => form.properties ?? form.propertyNames) ?? {};
  return shape.propertyNames?.enum ?? Object.keys(shape.properties ?? {});
}

/** The paths under which the schema knows a key, as people write them. */
function placesOf(key: string, shape: Shape = configJsonSchema() as Shape, path = ''): string[] {
  return formsOf(shape)
    .flatMap((form) => Object.entries(form.properties ?? {}))
    .flatMap(([name, inner]) => [
      ...(name === key ? [path] : []),
      ...placesOf(key, inner, path === '' ? name : `${path}.${name}`),
    ]);
}
