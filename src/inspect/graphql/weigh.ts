/**
 * What one operation may take, found by walking its document once: every fragment is weighed a single time, however often it is
 * spread, so that the time is linear in the document while the figures are those of the whole, expanded operation.
 *
 * Costs follow the GraphQL Cost Directives specification (IBM): every object that may come costs the weight of its type, fields and
 * arguments what @cost says. Without a schema, names and arguments tell which fields are lists.
 */
import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { CostSchema, FieldInfo } from './schema.ts';

/** Figures stop here: the column `cost` has 31 bits. */
export const MAX_FIGURE = 2_147_483_647;
/** Longest list that somebody can ask for, in elements. */
const MAX_LIST = 1_000_000;
/** Fragments within fragments; tools nest a few. */
export const MAX_FRAGMENT_CHAIN = 100;
/** What a question for the schema costs, in units: servers answer it from memory. */
const INTROSPECTION_COST = 100;

/** What an operation takes. All figures are those of the expanded operation, and stop at {@link MAX_FIGURE}. */
export interface Weight {
  /** Fields within fields, without introspection. */
  depth: number;
  introspectionDepth: number;
  aliases: number;
  directives: number;
  /** Directives that stand twice at one place. */
  repeated: number;
  /** Fields that stand twice in one selection. */
  duplicates: number;
  fields: number;
  rootFields: number;
  cost: number;
  introspects: boolean;
  /** Fields that the schema does not know. */
  unknown: number;
  /** The document cannot be weighed: a cycle, a fragment that does not exist, a chain of them beyond measure. */
  problem: '' | 'cycle' | 'fragment' | 'chain';
}

/** Weight of a selection, while it is not known how long the lists around its fields are. */
interface Part extends Weight {
  /** Field → what one element of it costs, for lists whose length the surrounding field says. */
  sized: Map<string, number> | null;
}

export interface WeighOptions {
  readonly schema: CostSchema | null;
  readonly defaultListSize: number;
}

/** Arguments that bound the length of lists, where no schema says which. */
const SLICING: ReadonlySet<string> = new Set(
  'first last limit size count take top max pageSize page_size perPage per_page maxResults max_results'.split(' '),
);
/** Fields that hold the elements of a connection: their length is that of the field around them. */
const ELEMENTS: ReadonlySet<string> = new Set('edges nodes items results records rows entries list hits'.split(' '));

/** Weighs one operation of a document. `variables` are as the request gave them. Linear in the size of the document. */
export function weigh(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  options: WeighOptions,
): Weight {
  return new Weigher(document, operation, variables, options).weigh();
}

const nothing = (): Part => ({
  depth: 0,
  introspectionDepth: 0,
  aliases: 0,
  directives: 0,
  repeated: 0,
  duplicates: 0,
  fields: 0,
  rootFields: 0,
  cost: 0,
  introspects: false,
  unknown: 0,
  problem: '',
  sized: null,
});

const capped = (figure: number): number => (figure < MAX_FIGURE ? figure : MAX_FIGURE);

class Weigher {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly weighed = new Map<string, Part>();
  private readonly open = new Set<string>();
  private readonly operation: OperationDefinitionNode;
  private readonly variables: Readonly<Record<string, unknown>>;
  private readonly schema: CostSchema | null;
  private readonly defaultSize: number;
  private problem: Weight['problem'] = '';

  constructor(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Readonly<Record<string, unknown>>,
    { schema, defaultListSize }: WeighOptions,
  ) {
    this.operation = operation;
    this.variables = variables;
    this.schema = schema;
    this.defaultSize = defaultListSize;
    for (const each of document.definitions)
      if (each.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(each.name.value, each);
  }

  weigh(): Weight {
    const { operation } = this;
    const root = this.schema?.roots[operation.operation] ?? null;
    const part = this.selection(operation.selectionSet, root);
    countDirectives(part, operation.directives);
    const cost = capped(Math.ceil(this.resolve(part, 0, null)));
    const { sized: _, ...weight } = part;
    return { ...weight, cost: Math.max(1, cost), problem: this.problem };
  }

  private selection(set: SelectionSetNode, type: string | null): Part {
    const part = nothing();
    const seen = new Set<string>();
    for (const each of set.selections) {
      countDirectives(part, each.directives);
      if (each.kind === Kind.FIELD) {
        const key = (each.alias ?? each.name).value;
        if (seen.has(key)) part.duplicates = capped(part.duplicates + 1);
        seen.add(key);
        this.field(part, each, type);
      } else if (each.kind === Kind.INLINE_FRAGMENT) {
        merge(part, this.selection(each.selectionSet, each.typeCondition?.name.value ?? type));
      } else merge(part, this.fragment(each.name.value));
    }
    return part;
  }

  private fragment(name: string): Part {
    const known = this.weighed.get(name);
    if (known !== undefined) return known;
    const fragment = this.fragments.get(name);
    if (fragment === undefined) this.problem ||= 'fragment';
    else if (this.open.has(name)) this.problem ||= 'cycle';
    else if (this.open.size >= MAX_FRAGMENT_CHAIN) this.problem ||= 'chain';
    else {
      this.open.add(name);
      const part = this.selection(fragment.selectionSet, fragment.typeCondition.name.value);
      countDirectives(part, fragment.directives);
      this.open.delete(name);
      this.weighed.set(name, part);
      return part;
    }
    return nothing();
  }

  private field(part: Part, node: FieldNode, type: string | null): void {
    const name = node.name.value;
    part.fields = capped(part.fields + 1);
    part.rootFields = capped(part.rootFields + 1);
    if (node.alias !== undefined) part.aliases = capped(part.aliases + 1);
    if (name === '__typename') {
      part.depth = Math.max(part.depth, 1);
      return;
    }
    const info = type === null ? undefined : this.schema?.types.get(type)?.fields.get(name);
    const child = node.selectionSet === undefined ? null : this.selection(node.selectionSet, info?.type ?? null);
    if (name === '__schema' || name === '__type') {
      part.introspects = true;
      part.introspectionDepth = Math.max(part.introspectionDepth, 1 + (child?.depth ?? 0));
      part.cost = capped(part.cost + INTROSPECTION_COST);
      if (child !== null) addCounts(part, child);
      return;
    }
    // Where the type itself is unknown, its fields are not held against anybody.
    if (info === undefined && type !== null && this.schema?.types.has(type)) part.unknown = capped(part.unknown + 1);
    part.depth = Math.max(part.depth, 1 + (child?.depth ?? 0));
    if (child !== null) {
      addCounts(part, child);
      part.introspects ||= child.introspects;
      part.introspectionDepth = Math.max(part.introspectionDepth, child.introspectionDepth);
    }
    this.addCost(part, node, info, child);
  }

  private addCost(part: Part, node: FieldNode, info: FieldInfo | undefined, child: Part | null): void {
    const name = node.name.value;
    const size = this.sizeOf(node, info);
    const weight = this.typeWeight(info, child);
    let own = info?.cost ?? 0;
    if (info !== undefined && info.argumentCosts.size > 0)
      for (const argument of node.arguments ?? []) own += info.argumentCosts.get(argument.name.value) ?? 0;
    part.cost = capped(part.cost + own);
    const sizedFields = info?.listSize?.sized ?? [];
    const passesOn = size > 0 && (sizedFields.length > 0 || (info?.list !== true && holdsElements(child)));
    const element = weight + (child === null ? 0 : this.resolve(child, passesOn ? size : 0, sizedFields));
    if (element === 0) return;
    if (passesOn) part.cost = capped(part.cost + element);
    else if (size > 0 && info?.list !== false) part.cost = capped(part.cost + size * element);
    else if (info === undefined ? child !== null && isPlural(name) : info.list) {
      // Only names that a field around them may give a length to have to wait for it: there are few, whatever is sent.
      if (this.mayWait(name)) {
        part.sized ??= new Map();
        part.sized.set(name, capped((part.sized.get(name) ?? 0) + element));
      } else part.cost = capped(part.cost + this.defaultSize * element);
    } else part.cost = capped(part.cost + element);
  }

  private mayWait(name: string): boolean {
    return ELEMENTS.has(name) || this.schema?.sizedNames.has(name) === true;
  }

  private typeWeight(info: FieldInfo | undefined, child: Part | null): number {
    const preset = child === null ? 0 : 1;
    return info === undefined ? preset : (this.schema?.types.get(info.type)?.weight ?? preset);
  }

  /** Cost of a selection under a field that says `size` (0 for nothing) about the fields named, or about those that hold elements. */
  private resolve(part: Part, size: number, named: readonly string[] | null): number {
    let { cost } = part;
    if (part.sized === null) return cost;
    for (const [name, element] of part.sized) {
      const takes = size > 0 && (named !== null && named.length > 0 ? named.includes(name) : ELEMENTS.has(name));
      cost = capped(cost + (takes ? size : this.defaultSize) * element);
    }
    return cost;
  }

  /** Length that arguments or the schema give the list; 0 where neither does. */
  private sizeOf(node: FieldNode, info: FieldInfo | undefined): number {
    const listSize = info?.listSize;
    const slicing = listSize != null && listSize.slicing.length > 0 ? listSize.slicing : null;
    let size = 0;
    for (const argument of node.arguments ?? []) {
      const { value: name } = argument.name;
      if (slicing === null ? !SLICING.has(name) : !slicing.some((path) => path === name || path.startsWith(`${name}.`)))
        continue;
      const path = slicing?.find((each) => each.startsWith(`${name}.`));
      const value = path === undefined ? argument.value : inner(argument.value, path.split('.').slice(1));
      // Of several, the largest bounds the list.
      size = Math.max(size, this.lengthOf(value));
    }
    return size > 0 ? size : (listSize?.assumed ?? 0);
  }

  private lengthOf(value: ValueNode | null): number {
    if (value === null) return 0;
    if (value.kind === Kind.INT) return bounded(Number(value.value));
    if (value.kind !== Kind.VARIABLE) return 0;
    const { value: name } = value.name;
    const given = Object.hasOwn(this.variables, name) ? this.variables[name] : undefined;
    if (typeof given === 'number') return bounded(given);
    if (typeof given === 'string' && /^-?\d{1,15}$/.test(given)) return bounded(Number(given));
    if (given !== undefined) return 0;
    const definition = this.operation.variableDefinitions?.find((each) => each.variable.name.value === name);
    return definition?.defaultValue?.kind === Kind.INT ? bounded(Number(definition.defaultValue.value)) : 0;
  }
}

/** Below zero some servers give all there is. */
const bounded = (length: number): number => {
  if (!Number.isFinite(length) || length < 0) return MAX_LIST;
  return Math.min(MAX_LIST, Math.floor(length));
};

function inner(value: ValueNode, path: readonly string[]): ValueNode | null {
  let at: ValueNode | undefined = value;
  for (const name of path) {
    if (at?.kind !== Kind.OBJECT) return null;
    at = at.fields.find((field) => field.name.value === name)?.value;
  }
  return at ?? null;
}

function isPlural(name: string): boolean {
  return ELEMENTS.has(name) || (name.length > 3 && name.endsWith('s') && !/(?:ss|us|is)$/.test(name));
}

function holdsElements(child: Part | null): boolean {
  if (child === null || child.sized === null) return false;
  for (const name of child.sized.keys()) if (ELEMENTS.has(name)) return true;
  return false;
}

function countDirectives(part: Part, directives: readonly DirectiveNode[] | undefined): void {
  if (directives === undefined || directives.length === 0) return;
  part.directives = capped(part.directives + directives.length);
  if (directives.length > 1) {
    const names = new Set(directives.map((each) => each.name.value));
    part.repeated = capped(part.repeated + directives.length - names.size);
  }
}

/** Adds what counts wherever it stands. */
function addCounts(part: Part, other: Part): void {
  part.aliases = capped(part.aliases + other.aliases);
  part.directives = capped(part.directives + other.directives);
  part.repeated = capped(part.repeated + other.repeated);
  part.duplicates = capped(part.duplicates + other.duplicates);
  part.fields = capped(part.fields + other.fields);
  part.unknown = capped(part.unknown + other.unknown);
}

/** Adds a selection that stands at the same place. */
function merge(part: Part, other: Part): void {
  addCounts(part, other);
  part.rootFields = capped(part.rootFields + other.rootFields);
  part.depth = Math.max(part.depth, other.depth);
  part.introspectionDepth = Math.max(part.introspectionDepth, other.introspectionDepth);
  part.introspects ||= other.introspects;
  part.cost = capped(part.cost + other.cost);
  if (other.sized === null) return;
  part.sized ??= new Map();
  for (const [name, cost] of other.sized) part.sized.set(name, capped((part.sized.get(name) ?? 0) + cost));
}
