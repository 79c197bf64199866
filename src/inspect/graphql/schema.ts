/** What a schema says about costs: types of fields, which are lists, and the directives of the IBM GraphQL Cost specification. */
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type FieldDefinitionNode,
  Kind,
  type ListValueNode,
  parse,
  type TypeNode,
} from 'graphql';
import { SallyportError } from '../../lib/errors.ts';

/** `@listSize`: how long the list may be, or those in the fields named. */
export interface ListSize {
  /** 0: not said. */
  readonly assumed: number;
  /** Arguments whose value bounds the length. */
  readonly slicing: readonly string[];
  /** Fields of the object returned that have this length, instead of the field itself. */
  readonly sized: readonly string[];
}

export interface FieldInfo {
  /** Name of the type without list and non-null marks. */
  readonly type: string;
  readonly list: boolean;
  /** `@cost` of the field; 0 where it has none. */
  readonly cost: number;
  /** Arguments that cost something. */
  readonly argumentCosts: ReadonlyMap<string, number>;
  readonly listSize: ListSize | null;
}

export interface TypeInfo {
  /** `@cost` of the type, or what the specification presets: 1 for objects, 0 for values. */
  weight: number;
  readonly fields: Map<string, FieldInfo>;
}

export interface CostSchema {
  readonly types: ReadonlyMap<string, TypeInfo>;
  /** Names of the types of query, mutation and subscription. */
  /** Names of all fields that some `@listSize` gives a length to. */
  readonly sizedNames: ReadonlySet<string>;
  readonly roots: Readonly<Record<'query' | 'mutation' | 'subscription', string>>;
}

/** Most words of a schema: it comes from the operator, but a wrong file should not hold the start up. */
const MAX_SCHEMA_TOKENS = 2_000_000;

type Fielded = Extract<DefinitionNode, { fields?: readonly unknown[] }>;

/** Reads a schema in SDL. Throws SP8003 where it cannot be read. */
export function readSchema(sdl: string): CostSchema {
  let definitions: readonly DefinitionNode[];
  try {
    ({ definitions } = parse(sdl, { noLocation: true, maxTokens: MAX_SCHEMA_TOKENS }));
  } catch (error) {
    throw new SallyportError('SP8003', (error as Error).message);
  }
  const types = new Map<string, TypeInfo>();
  const roots = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };
  const abstracts: [string, string][] = [];
  for (const definition of definitions) {
    if (definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION) {
      for (const each of definition.operationTypes ?? []) roots[each.operation] = each.type.name.value;
    } else addType(definition, types, abstracts);
  }
  if (!types.has(roots.query)) throw new SallyportError('SP8003', `the schema has no type ${roots.query}`);
  // Whoever asks for an interface or union may get the dearest of its types.
  for (const [abstract, concrete] of abstracts) {
    const whole = types.get(abstract);
    if (whole !== undefined) whole.weight = Math.max(whole.weight, types.get(concrete)?.weight ?? 1);
  }
  const fields = [...types.values()].flatMap((type) => [...type.fields.values()]);
  return { types, roots, sizedNames: new Set(fields.flatMap((field) => field.listSize?.sized ?? [])) };
}

function addType(definition: DefinitionNode, types: Map<string, TypeInfo>, abstracts: [string, string][]): void {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
      for (const each of definition.interfaces ?? []) abstracts.push([each.name.value, definition.name.value]);
      addFields(definition, types);
      return;
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION:
      addFields(definition, types);
      return;
    case Kind.UNION_TYPE_DEFINITION:
    case Kind.UNION_TYPE_EXTENSION:
      for (const each of definition.types ?? []) abstracts.push([definition.name.value, each.name.value]);
      typeOf(types, definition.name.value, costOf(definition.directives) ?? 1);
      return;
    case Kind.SCALAR_TYPE_DEFINITION:
    case Kind.ENUM_TYPE_DEFINITION:
      typeOf(types, definition.name.value, costOf(definition.directives) ?? 0);
      return;
    default:
  }
}

function typeOf(types: Map<string, TypeInfo>, name: string, weight: number): TypeInfo {
  let type = types.get(name);
  if (type === undefined) {
    type = { weight, fields: new Map() };
    types.set(name, type);
  }
  return type;
}

function addFields(definition: Fielded & { readonly name: { readonly value: string } }, types: Map<string, TypeInfo>) {
  const weight = costOf(definition.directives);
  const type = typeOf(types, definition.name.value, weight ?? 1);
  if (weight !== null) type.weight = weight;
  for (const field of (definition.fields ?? []) as readonly FieldDefinitionNode[])
    type.fields.set(field.name.value, fieldOf(field));
}

function fieldOf(field: FieldDefinitionNode): FieldInfo {
  const argumentCosts = new Map<string, number>();
  for (const argument of field.arguments ?? []) {
    const cost = costOf(argument.directives);
    if (cost !== null && cost > 0) argumentCosts.set(argument.name.value, cost);
  }
  const { name, list } = named(field.type);
  return {
    type: name,
    list,
    cost: costOf(field.directives) ?? 0,
    argumentCosts,
    listSize: listSizeOf(field.directives),
  };
}

function named(type: TypeNode): { name: string; list: boolean } {
  let list = false;
  let at = type;
  while (at.kind !== Kind.NAMED_TYPE) {
    if (at.kind === Kind.LIST_TYPE) list = true;
    at = at.type;
  }
  return { name: at.name.value, list };
}

function argumentOf(directives: readonly ConstDirectiveNode[] | undefined, directive: string, name: string) {
  const found = directives?.find((each) => each.name.value === directive);
  return found?.arguments?.find((each) => each.name.value === name)?.value;
}

/** `@cost(weight: "2.5")`: a decimal in a text. Weights below zero, which the specification allows, count as none. */
function costOf(directives: readonly ConstDirectiveNode[] | undefined): number | null {
  const value = argumentOf(directives, 'cost', 'weight');
  if (value === undefined || !('value' in value)) return null;
  const weight = Number(value.value);
  return Number.isFinite(weight) ? Math.max(0, weight) : null;
}

function listSizeOf(directives: readonly ConstDirectiveNode[] | undefined): ListSize | null {
  if (!directives?.some((each) => each.name.value === 'listSize')) return null;
  const assumed = argumentOf(directives, 'listSize', 'assumedSize');
  return {
    assumed: assumed?.kind === Kind.INT ? Number(assumed.value) : 0,
    slicing: texts(argumentOf(directives, 'listSize', 'slicingArguments')),
    sized: texts(argumentOf(directives, 'listSize', 'sizedFields')),
  };
}

function texts(value: { readonly kind: string } | undefined): readonly string[] {
  if (value?.kind !== Kind.LIST) return [];
  return (value as ListValueNode).values.flatMap((each) => (each.kind === Kind.STRING ? [each.value] : []));
}
