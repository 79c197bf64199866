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
    case 'custom': {
      const code = (issue.params as { code?: ErrorCode } | undefined)?.code ?? 'SP1005';
      return [locate(path, code, `"${name}": ${issue.message}`)];
    }
    default:
      return [locate(path, 'SP1005', `"${name}": ${issue.message}`)];
  }
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
}

/** The keys that the schema has at a path. */
function keysAt(path: Path): readonly string[] {
  let shape: Shape = configJsonSchema() as Shape;
  for (const step of path) {
    const rest = typeof shape.additionalProperties === 'object' ? shape.additionalProperties : {};
    shape = (typeof step === 'number' ? shape.items : (shape.properties?.[String(step)] ?? rest)) ?? {};
  }
  return shape.propertyNames?.enum ?? Object.keys(shape.properties ?? {});
}

/** The paths under which the schema knows a key, as people write them. */
function placesOf(key: string, shape: Shape = configJsonSchema() as Shape, path = ''): string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, inner]) => [
    ...(name === key ? [path] : []),
    ...placesOf(key, inner, path === '' ? name : `${path}.${name}`),
  ]);
}
