/** One document, compiled: which operation a request is, and how it departs from it. */
import { SCHEMA } from '../../enrich/kinds.ts';
import type { Asked, ParsedBody, Violation } from '../contract.ts';
import { type BodyFound, CheckedBody } from './checked-body.ts';
import { add, CheckedParameters, MAX_VIOLATIONS, undeclaredParameter } from './checked-parameters.ts';
import { Converter } from './convert.ts';
import { readOperations } from './document.ts';
import { KnownNames } from './known.ts';
import { type Found as At, decoded, PathTree } from './paths.ts';
import { documentBases } from './servers.ts';
import { type DeclaredOperation, Source } from './source.ts';
import { beginChecks, Validators } from './validators.ts';

/** What is made of what a document does not name: nothing, a violation, or a violation that is refused where it enforces. */
export type UndeclaredMode = 'allow' | 'report' | 'refuse';

export interface SchemaOptions {
  /** In the place of the paths of its servers. */
  readonly basePath?: string;
  /** Parameters and properties. */
  readonly undeclared?: UndeclaredMode;
  /** Paths, and methods of paths. What is refused of them, {@link Strays} says. */
  readonly undeclaredRoutes?: UndeclaredMode;
}

export interface Operation {
  readonly declared: DeclaredOperation;
  /** Place in {@link SchemaSet.operations}. */
  readonly index: number;
}

export interface SetCheck {
  readonly operation: Operation | null;
  /** Template of the path, '' where the document has none. */
  readonly template: string;
  readonly violations: readonly Violation[];
  /** Query parameters that are not declared, whatever is made of them. */
  readonly undeclared: readonly string[];
  /** Status of a refusal by the violations that count for one; 0 for none. */
  readonly status: 0 | 400 | 415 | 422;
}

export interface SchemaSet {
  readonly operations: readonly Operation[];
  /** What could not be taken over, in words for the operator. */
  readonly notes: readonly string[];
  /** Base paths of the document; '' for all. */
  readonly bases: readonly string[];
  /** Methods that some operation has at a path. */
  methods(path: string): ReadonlySet<string>;
  /** Below which paths its operations stand. */
  covers(path: string): boolean;
  check(asked: Asked, path: string, body: ParsedBody | null): SetCheck;
  /** Compiles one more operation; false once all are. */
  warm(): boolean;
}

const ANSWERED_BY_ALL = new Set(['OPTIONS', 'HEAD', 'TRACE']);
const NOTHING: readonly never[] = [];

/**
 * Compiles a document that was parsed from JSON or YAML. RangeError where it has no paths; everything else that is wrong with it
 * is left out and stands in `notes`.
 */
export function compileSchemas(document: unknown, options: SchemaOptions = {}): SchemaSet {
  return new Compiled(document, options);
}

class CompiledOperation implements Operation {
  readonly declared: DeclaredOperation;
  readonly index: number;
  readonly parameters: CheckedParameters;
  readonly body: CheckedBody;
  readonly clean: SetCheck;

  constructor(declared: DeclaredOperation, index: number, names: readonly string[], parts: Parts) {
    const { source, validators, known } = parts;
    this.declared = declared;
    this.index = index;
    this.parameters = new CheckedParameters(declared, names, source, validators);
    this.body = new CheckedBody(declared, source, validators, known);
    const { template } = declared;
    this.clean = { operation: this, template, violations: NOTHING, undeclared: NOTHING, status: 0 };
  }
}

interface Parts {
  readonly source: Source;
  readonly validators: Validators;
  readonly known: KnownNames;
}

class Compiled implements SchemaSet {
  readonly operations: readonly Operation[];
  private readonly parts: Parts;
  readonly bases: readonly string[];
  private readonly undeclared: UndeclaredMode;
  private readonly recordsRoutes: boolean;
  private readonly tree = new PathTree<number>();
  private readonly compiled: (CompiledOperation | null)[];
  private readonly beginnings: readonly string[];
  private warmed = 0;

  constructor(document: unknown, { basePath, undeclared = 'report', undeclaredRoutes }: SchemaOptions) {
    const source = new Source(document);
    this.parts = { source, validators: new Validators(new Converter(source)), known: new KnownNames(source) };
    this.bases = documentBases(source.root, basePath);
    this.undeclared = undeclared;
    this.recordsRoutes = undeclaredRoutes !== 'allow';
    this.operations = readOperations(source, basePath).map((declared, index) => ({ declared, index }));
    this.compiled = this.operations.map(() => null);
    for (const { declared, index } of this.operations) {
      const { methods } = this.tree.item(declared.template);
      if (!methods.has(declared.method)) methods.set(declared.method, index);
    }
    this.beginnings = beginningsOf(this.operations);
  }

  get notes(): readonly string[] {
    return this.parts.source.notes;
  }

  covers(path: string): boolean {
    // An encoded letter must not lead past a document.
    const plain = path.includes('%') ? withPlainBeginning(path) : path;
    return this.beginnings.some((beginning) => isBelow(plain, beginning));
  }

  methods(path: string): ReadonlySet<string> {
    return this.tree.methods(path);
  }

  warm(): boolean {
    if (this.warmed >= this.operations.length) return false;
    const { declared, index } = this.operations[this.warmed++];
    this.operation(index, this.tree.item(declared.template).names).body.warm();
    return true;
  }

  check(asked: Asked, path: string, body: ParsedBody | null): SetCheck {
    const at = this.tree.find(path, asked.method === 'HEAD' ? 'GET' : asked.method) ?? NOWHERE;
    const index = methodOf(at, asked.method);
    if (index === undefined) return elsewhere(asked, at, this.recordsRoutes);
    const operation = this.operation(index, at.item.names);
    const found: BodyFound = { violations: [], undeclared: [], beyond: [], isMedia: false, isBroken: false };
    beginChecks();
    const { deprecated } = operation.declared;
    if (deprecated) add(found, { kind: SCHEMA.deprecated, where: 'path', what: 'is going away' });
    operation.parameters.check(asked, at.values, found);
    const before = found.violations.length;
    operation.body.check(asked, body, this.undeclared !== 'allow', found);
    const { violations, undeclared, beyond } = found;
    if (violations.length + undeclared.length + beyond.length === 0) return operation.clean;
    return this.told(operation, found, before);
  }

  private told(operation: CompiledOperation, found: BodyFound, inParameters: number): SetCheck {
    const { undeclared, beyond } = found;
    const isRefused = this.undeclared === 'refuse';
    let status = statusOf(found, inParameters);
    if (status === 0 && isRefused && undeclared.length + beyond.length > 0) status = undeclared.length > 0 ? 400 : 422;
    const more = this.undeclared === 'allow' ? NOTHING : [...undeclared.map(undeclaredParameter), ...beyond];
    const violations = [...found.violations, ...more].slice(0, MAX_VIOLATIONS);
    return { operation, template: operation.declared.template, violations, undeclared, status };
  }

  /** Compiled when it is first asked for. */
  private operation(index: number, names: readonly string[]): CompiledOperation {
    const known = this.compiled[index];
    if (known !== null) return known;
    const operation = new CompiledOperation(this.operations[index].declared, index, names, this.parts);
    this.compiled[index] = operation;
    return operation;
  }
}

function statusOf({ violations, isMedia, isBroken }: BodyFound, inParameters: number): SetCheck['status'] {
  const counts = ({ kind }: Violation): boolean => kind !== SCHEMA.deprecated;
  if (isMedia) return 415;
  if (isBroken || violations.slice(0, inParameters).some(counts)) return 400;
  return violations.some(counts) ? 422 : 0;
}

const NOWHERE: At<number> = { item: { template: '', names: [], methods: new Map() }, values: [] };

/** HEAD is answered by what answers GET. */
function methodOf({ item }: At<number>, method: string): number | undefined {
  return item.methods.get(method) ?? (method === 'HEAD' ? item.methods.get('GET') : undefined);
}

export const UNKNOWN_ROUTE: Violation = { kind: SCHEMA.undeclaredRoute, where: 'path', what: 'is not declared' };
export const UNKNOWN_METHOD: Violation = {
  kind: SCHEMA.undeclaredMethod,
  where: 'method',
  what: 'is not declared for this path',
};

function elsewhere(asked: Asked, { item }: At<number>, isRecorded: boolean): SetCheck {
  const { template } = item;
  // Servers answer these by themselves, and browsers ask them before anything else.
  const isPlain = template !== '' && ANSWERED_BY_ALL.has(asked.method);
  const violation = template === '' ? UNKNOWN_ROUTE : UNKNOWN_METHOD;
  const violations = isPlain || !isRecorded ? NOTHING : [violation];
  return { operation: null, template, violations, undeclared: NOTHING, status: 0 };
}

/** Is a path `base`, or below it? '' is above all. */
export const isBelow = (path: string, base: string): boolean =>
  path.startsWith(base) && (path.length === base.length || base === '' || path.charCodeAt(base.length) === SLASH);

const SLASH = 0x2f;

function withPlainBeginning(path: string): string {
  const end = path.indexOf('/', 1);
  return end < 0 ? decoded(path) : decoded(path.slice(0, end)) + path.slice(end);
}

/** First segments of all operations; '' where one begins with a parameter, or where there are too many to tell them apart. */
function beginningsOf(operations: readonly Operation[]): string[] {
  const first = operations.map(({ declared }) => decoded(/^(?:\/[^/{]+)?/.exec(declared.template)?.[0] ?? ''));
  const beginnings = [...new Set(first)];
  return beginnings.includes('') || beginnings.length > 16 ? [''] : beginnings;
}
