/**
 * What a request departs from: what is declared for its route, or, where nothing is, what is usual there. One desk for all
 * documents of a gateway.
 *
 *     learn     departures are told for the inventory; nothing comes of them
 *     report    they are facts of the request, too
 *     enforce   requests that break their declaration are refused
 */
import { ROUTE_CLASS } from '../../enrich/facts.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import type { Enough, ShapeModel } from '../../learn/shapes/model.ts';
import type { Asked, InspectRefusal, ParsedBody, Violation } from '../contract.ts';
import { ShapeDesk, type ShapeSample } from '../shapes/desk.ts';
import { Modes, type RouteMode, type SchemaMode } from './modes.ts';
import { compileSchemas, type Operation, type SchemaSet, type SetCheck, type UndeclaredMode } from './set.ts';
import { Strays } from './strays.ts';

/** One document, and what is made of it. */
export interface SchemaDocument {
  /** Parsed from JSON or YAML. */
  readonly document: object;
  /** Name for messages. */
  readonly name?: string;
  readonly mode: SchemaMode;
  readonly basePath?: string;
  readonly undeclared?: UndeclaredMode;
  readonly undeclaredRoutes?: UndeclaredMode;
  /** The first that fits an operation's template, or the path of a request that has none, says its mode. */
  readonly routes?: readonly RouteMode[];
}

export interface SchemaDeskOptions {
  readonly documents: readonly SchemaDocument[];
  /** What is usual where nothing is declared; null until it is learned. */
  readonly shapes?: ShapeModel | null;
  /** Take down what undeclared requests look like, with hashes under `seed`; left out where nothing is learned. */
  readonly sampling?: { readonly seed: number; readonly enough: Enough };
}

/** An operation of one of the documents. */
export interface DeskOperation {
  /** Place in {@link SchemaDesk.operations}: what the inventory knows it by. */
  readonly index: number;
  /** `operationId`, or method and template. */
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly mode: SchemaMode;
  readonly deprecated: boolean;
  /** The document asks for credentials. */
  readonly secured: boolean;
  /** Place of its document in the options. */
  readonly document: number;
}

export interface DeskCheck {
  readonly operation: DeskOperation | null;
  /** Everything that departs, whatever the mode: for the inventory. */
  readonly violations: readonly Violation[];
  /** Bits of SCHEMA for the row of facts: those of {@link violations}, none in mode `learn`. */
  readonly bits: number;
  /** Names of query parameters that nothing declares. */
  readonly undeclared: readonly string[];
  readonly refusal: InspectRefusal | null;
  /** What the request looks like, where nothing declares it and shapes are learned. */
  readonly sample: ShapeSample | null;
}

export interface SchemaDesk {
  readonly operations: readonly DeskOperation[];
  /** Parts of documents that are not checked, in words: SP7904. */
  readonly notes: readonly string[];
  check(asked: Asked, body: ParsedBody | null): DeskCheck;
  /** Compiles a little more of what would else be compiled when the first request comes; false once all is. */
  warm(): boolean;
  /** Goes over to a newer model of what is usual. */
  useShapes(shapes: ShapeModel | null): void;
}

/** Compiles the documents. RangeError, with its name, for one that is no OpenAPI document. */
export function createSchemaDesk(options: SchemaDeskOptions): SchemaDesk {
  return new Desk(options);
}

interface Entry {
  readonly set: SchemaSet;
  readonly modes: Modes;
  readonly document: SchemaDocument;
  /** It lets in nothing that is not declared. */
  readonly closed: boolean;
  readonly operations: readonly DeskOperation[];
  /** By the place of the operation in its set: what a request without departures gets. */
  readonly clean: readonly DeskCheck[];
}

const NOTHING: DeskCheck = { operation: null, violations: [], bits: 0, undeclared: [], refusal: null, sample: null };

class Desk implements SchemaDesk {
  readonly operations: DeskOperation[] = [];
  private readonly entries: Entry[] = [];
  /** Null where shapes are neither known nor learned. */
  private readonly shapes: ShapeDesk | null;
  /** Null where every document lets in what none has. */
  private readonly strays: Strays | null;

  constructor({ documents, shapes = null, sampling }: SchemaDeskOptions) {
    for (const document of documents) this.entries.push(this.entry(document));
    this.strays = this.entries.some(({ closed }) => closed) ? new Strays(this.entries) : null;
    const isOff = shapes === null && sampling === undefined;
    this.shapes = isOff ? null : new ShapeDesk(shapes, sampling?.seed, sampling?.enough);
  }

  private entry(document: SchemaDocument): Entry {
    let set: SchemaSet;
    try {
      set = compileSchemas(document.document, document);
    } catch (error) {
      throw new RangeError(`${document.name ?? 'the OpenAPI document'}: ${(error as Error).message}`, { cause: error });
    }
    const at = this.entries.length;
    const modes = new Modes(document.mode, document.routes);
    const operations = set.operations.map((one) => this.operation(one, modes, at));
    this.operations.push(...operations);
    const closed = document.undeclaredRoutes === 'refuse';
    const clean = operations.map((operation) => ({ ...NOTHING, operation }));
    return { set, modes, document, closed, operations, clean };
  }

  private operation({ declared, index }: Operation, modes: Modes, at: number): DeskOperation {
    const { id, method, template, deprecated, secured } = declared;
    const mode = modes.of(method, template);
    return { index: this.operations.length + index, id, method, template, mode, deprecated, secured, document: at };
  }

  get notes(): readonly string[] {
    return this.entries.flatMap(({ set, document }) =>
      set.notes.map((note) => (document.name === undefined ? note : `${document.name}: ${note}`)),
    );
  }

  warm(): boolean {
    return this.entries.some(({ set }) => set.warm());
  }

  useShapes(shapes: ShapeModel | null): void {
    this.shapes?.use(shapes);
  }

  check(asked: Asked, body: ParsedBody | null): DeskCheck {
    const mark = asked.target.indexOf('?');
    const path = mark < 0 ? asked.target : asked.target.slice(0, mark);
    let missed: { entry: Entry; found: SetCheck } | null = null;
    for (const entry of this.entries) {
      if (!entry.set.covers(path)) continue;
      const found = entry.set.check(asked, path, body);
      if (found.operation !== null) return told(entry, found);
      // A path that one document knows with other methods is nearer than one that it does not know.
      if (missed === null || (missed.found.template === '' && found.template !== '')) missed = { entry, found };
    }
    return this.undeclared(asked, path, body, missed);
  }

  /** What no document has: what is usual there says more. Style sheets, images and feeds are not what an API is documented for. */
  private undeclared(
    asked: Asked,
    path: string,
    body: ParsedBody | null,
    missed: { entry: Entry; found: SetCheck } | null,
  ): DeskCheck {
    const stray = this.strays?.of(asked, path) ?? null;
    if (stray !== null && stray.refusal !== null) return refused(stray.violation, stray.refusal);
    const isAsset = asked.routeClass === ROUTE_CLASS.asset || asked.routeClass === ROUTE_CLASS.feed;
    const ordinary = isAsset || missed === null ? [] : missed.found.violations;
    // What a closed document would refuse is told of everything that it would refuse.
    const declared = stray === null ? ordinary : [stray.violation];
    const sample = isAsset || this.shapes === null ? null : this.shapes.sample(asked, path, body);
    const unusual = sample === null || this.shapes === null ? [] : this.shapes.check(asked, sample);
    if (declared.length === 0 && unusual.length === 0 && sample === null) return NOTHING;
    const mode = stray?.mode ?? missed?.entry.document.mode ?? 'learn';
    const bits = (mode === 'learn' ? 0 : bitsOf(declared)) | bitsOf(unusual);
    return { ...NOTHING, violations: [...declared, ...unusual], bits, sample };
  }
}

function told(entry: Entry, found: SetCheck): DeskCheck {
  const index = (found.operation as Operation).index;
  const { violations, undeclared, status } = found;
  if (violations.length === 0 && undeclared.length === 0) return entry.clean[index];
  const operation = entry.operations[index];
  const bits = operation.mode === 'learn' ? 0 : bitsOf(violations);
  const refusal = operation.mode === 'enforce' && status !== 0 ? refusalOf(status, violations) : null;
  return { operation, violations, bits, undeclared, refusal, sample: null };
}

const refused = (violation: Violation, refusal: InspectRefusal): DeskCheck => ({
  ...NOTHING,
  violations: [violation],
  bits: violation.kind | SCHEMA.refusedRoute,
  refusal,
});

const REFUSALS = {
  400: {
    code: 'SP7901',
    title: 'The request is not as it has to be',
    detail: 'What is wrong with it stands in "errors".',
  },
  415: {
    code: 'SP7902',
    title: 'Unsupported media type',
    detail: 'The body is of a media type that is not accepted here.',
  },
  422: {
    code: 'SP7903',
    title: 'The body is not as it has to be',
    detail: 'What is wrong with it stands in "errors".',
  },
} as const;

/** What a client can mend: that something is going away is none of its mistakes. */
function refusalOf(status: 400 | 415 | 422, violations: readonly Violation[]): InspectRefusal {
  return { status, ...REFUSALS[status], violations: violations.filter(({ kind }) => kind !== SCHEMA.deprecated) };
}

const bitsOf = (violations: readonly Violation[]): number => violations.reduce((bits, { kind }) => bits | kind, 0);
