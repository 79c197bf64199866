/** The GraphQL desk: what an operation may cost and whether it may be asked, before anybody executes it. */
import { type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import type { GraphqlConfig } from '../../config/graphql.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import { compileGlob, type Glob, matchGlob } from '../../enrich/routes/glob.ts';
import type { Violation } from '../contract.ts';
import { documentHash, Learned, readTrusted } from './documents.ts';
import { isTooNested } from './nesting.ts';
import { type GraphqlProblem, type GraphqlRefusal, refusalOf } from './refusals.ts';
import { type GraphqlAsk, type Operation, type ReadResult, readOperations } from './request.ts';
import { type CostSchema, readSchema } from './schema.ts';
import { MAX_FIGURE, type Weight, weigh } from './weigh.ts';

/** Levels at which the usual questions for a schema end: types of fields of arguments, wrapped nine times. */
const MAX_INTROSPECTION_DEPTH = 20;
/** Longest document that is looked at, in characters, over all of a batch. */
const MAX_CHARS = 1_048_576;

/** What a GraphQL request asks for. */
export interface GraphqlInsight {
  /**
   * Units of all its operations: objects that may come, weighed by the schema; 0 where nothing could be weighed. What is larger than
   * what is looked at, or stands there in two versions, counts as a little more than is allowed, so that no limit of units is passed by being unreadable.
   */
  readonly cost: number;
  /** Of the operation that has most of them, as the next ones. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly rootFields: number;
  /** Fields that stand twice in one selection, and directives twice at one place. */
  readonly duplicates: number;
  /** Operations in the request. */
  readonly operations: number;
  readonly introspection: boolean;
  /** The first problem found; '' for none. */
  readonly problem: GraphqlProblem;
  /** Name of the (first) operation; '' where it has none. */
  readonly operationName: string;
  /** `query`, `mutation` or `subscription` of the dearest kind; '' for none. */
  readonly kind: '' | 'query' | 'mutation' | 'subscription';
  /** Bits of SCHEMA. */
  readonly schemaBits: number;
  readonly violations: readonly Violation[];
  /** Where it may not go on. */
  readonly refusal: GraphqlRefusal | null;
}

export interface GraphqlDesk {
  /** Is GraphQL spoken at this target, or with this media type? */
  owns(target: string, mediaType: string): boolean;
  /** Looks at a request. Never throws; time is linear in the request and bounded by the limits. */
  read(ask: GraphqlAsk): GraphqlInsight;
}

export interface GraphqlFiles {
  /** Text of a file that the configuration names. Throws where it cannot be read. */
  read(path: string): string;
}

/** Makes the desk. Throws SP8003 or SP8004 where the schema or the list of documents cannot be used. */
export function createGraphqlDesk(config: GraphqlConfig, files: GraphqlFiles): GraphqlDesk {
  const schema = config.schema === undefined ? null : readSchema(files.read(config.schema));
  const trusted =
    config.documents === undefined ? new Map<string, string>() : readTrusted(files.read(config.documents));
  return new Desk(config, schema, trusted);
}

const encoder = new TextEncoder();

/** What the operations of a request add up to. */
interface Sum {
  cost: number;
  depth: number;
  aliases: number;
  directives: number;
  duplicates: number;
  rootFields: number;
  introspection: boolean;
  problem: GraphqlProblem;
  operationName: string;
  kind: GraphqlInsight['kind'];
  bits: number;
  /** Something in it was not weighed, for its size or because it stands there twice. */
  isCut: boolean;
}

/** Written out: objects made of others are ten times as dear, and one is made for every request. */
const nothing = (problem: GraphqlProblem): Sum => ({
  cost: 0,
  depth: 0,
  aliases: 0,
  directives: 0,
  duplicates: 0,
  rootFields: 0,
  introspection: false,
  problem,
  operationName: '',
  kind: '',
  bits: 0,
  isCut: false,
});

const KIND_ORDER: readonly GraphqlInsight['kind'][] = ['', 'query', 'subscription', 'mutation'];
/** Refused wherever they are found: the configuration has said so in so many words. */
const ALWAYS: ReadonlySet<GraphqlProblem> = new Set(['unsupported', 'untrusted', 'introspection']);

class Desk implements GraphqlDesk {
  private readonly config: GraphqlConfig;
  private readonly globs: readonly Glob[];
  /** A text that every target of a glob contains: most targets contain none of them. */
  private readonly words: readonly string[];
  private readonly schema: CostSchema | null;
  private readonly trusted: ReadonlyMap<string, string>;
  private readonly learned: Learned;

  constructor(config: GraphqlConfig, schema: CostSchema | null, trusted: ReadonlyMap<string, string>) {
    this.config = config;
    this.schema = schema;
    this.trusted = trusted;
    this.learned = new Learned(config.persisted_documents);
    this.globs = config.paths.map(compileGlob);
    this.words = config.paths.map((path) => path.split('/').findLast((part) => !/[*%]/.test(part)) ?? '');
  }

  owns(target: string, mediaType: string): boolean {
    if (this.config.mode === 'off') return false;
    if (mediaType !== '' && /^application\/graphql\b/i.test(mediaType)) return true;
    if (!this.words.some((word) => target.includes(word))) return false;
    const query = target.indexOf('?');
    let end = query < 0 ? target.length : query;
    while (end > 1 && target[end - 1] === '/') end--;
    const path = encoder.encode(target.slice(0, end));
    return this.globs.some((glob) => matchGlob(glob, path, 0, path.length));
  }

  read(ask: GraphqlAsk): GraphqlInsight {
    const result = readOperations(ask, this.config.max_batch);
    const sum = nothing(result.problem);
    sum.isCut = result.isCut;
    let chars = 0;
    for (const [i, operation] of result.operations.entries()) {
      chars += operation.query.length;
      if (chars > MAX_CHARS) {
        sum.problem ||= 'size';
        sum.isCut = true;
        break;
      }
      this.add(sum, operation, i === 0, ask.method === 'GET' || ask.method === 'HEAD');
    }
    if (sum.introspection && this.config.introspection !== 'allow') sum.bits |= SCHEMA.introspection;
    sum.problem ||= this.beyond(sum);
    return this.insight(sum, result, ask.accept);
  }

  private insight(sum: Sum, result: ReadResult, accept: string): GraphqlInsight {
    const { bits, problem } = sum;
    const violations = violationsOf(bits);
    const refused = problem !== '' && (this.config.mode === 'enforce' || ALWAYS.has(problem));
    return {
      cost: sum.isCut ? Math.max(sum.cost, this.config.max_cost + 1) : sum.cost,
      depth: sum.depth,
      aliases: sum.aliases,
      directives: sum.directives,
      rootFields: sum.rootFields,
      duplicates: sum.duplicates,
      operations: result.count,
      introspection: sum.introspection,
      problem,
      operationName: sum.operationName,
      kind: sum.kind,
      schemaBits: bits,
      violations,
      refusal: refused ? refusalOf(problem, accept, violations) : null,
    };
  }

  private add(sum: Sum, operation: Operation, first: boolean, byGet: boolean): void {
    const text = this.textOf(operation, sum);
    if (text === null) return;
    const document = this.parse(text, sum);
    if (document === null) return;
    const chosen = choose(document, operation.operationName);
    if (chosen === null) {
      sum.problem ||= 'operation';
      return;
    }
    if (first) sum.operationName = (chosen.name?.value ?? '').slice(0, 64);
    if (KIND_ORDER.indexOf(chosen.operation) > KIND_ORDER.indexOf(sum.kind)) sum.kind = chosen.operation;
    if (byGet && chosen.operation !== 'query') sum.problem ||= 'method';
    const weight = weigh(document, chosen, operation.variables, {
      schema: this.schema,
      defaultListSize: this.config.default_list_size,
    });
    addWeight(sum, weight);
    if (weight.introspectionDepth > MAX_INTROSPECTION_DEPTH) sum.problem ||= 'depth';
    this.learn(operation, sum);
  }

  /** The document of an operation, by its text or by its hash; null where there is none. */
  private textOf({ query, hash }: Operation, sum: Sum): string | null {
    const { persisted } = this.config;
    if (query === '') {
      const text = this.trusted.get(hash) ?? (persisted === 'allow' ? this.learned.get(hash) : undefined);
      if (text !== undefined) return text;
      sum.problem ||= persisted === 'off' ? 'unsupported' : persisted === 'require' ? 'untrusted' : 'unpersisted';
      sum.bits |= SCHEMA.unknownOperation;
      return null;
    }
    if (hash === '' && this.trusted.size === 0 && persisted !== 'require') return query;
    const actual = documentHash(query);
    // Ids of other kinds than SHA-256 cannot be compared with a text.
    if (/^[0-9a-f]{64}$/i.test(hash) && hash.toLowerCase() !== actual) {
      sum.problem ||= 'hash';
      sum.bits |= SCHEMA.unknownOperation;
    }
    if (persisted === 'require' || this.trusted.size > 0) {
      if (!this.trusted.has(actual)) {
        sum.bits |= SCHEMA.unknownOperation;
        if (persisted === 'require') sum.problem ||= 'untrusted';
      }
    }
    return query;
  }

  private parse(text: string, sum: Sum): DocumentNode | null {
    if (isTooNested(text)) {
      sum.problem ||= 'depth';
      sum.isCut = true;
      return null;
    }
    try {
      return parse(text, { noLocation: true, maxTokens: this.config.max_tokens });
    } catch (error) {
      const isLong = /tokens/.test((error as Error).message);
      sum.problem ||= isLong ? 'tokens' : 'syntax';
      sum.isCut ||= isLong;
      return null;
    }
  }

  private learn({ query, hash }: Operation, sum: Sum): void {
    if (query === '' || hash === '' || sum.problem !== '' || this.config.persisted !== 'allow') return;
    if (/^[0-9a-f]{64}$/.test(hash)) this.learned.add(hash, query);
  }

  private beyond(sum: Sum): GraphqlProblem {
    const { config } = this;
    if (sum.introspection && config.introspection === 'refuse') return 'introspection';
    if (sum.depth > config.max_depth) return 'depth';
    if (sum.aliases > config.max_aliases) return 'aliases';
    if (sum.rootFields > config.max_root_fields) return 'roots';
    if (sum.directives > config.max_directives) return 'directives';
    if (sum.cost > config.max_cost) return 'cost';
    return '';
  }
}

function addWeight(sum: Sum, weight: Weight): void {
  const plus = (a: number, b: number): number => Math.min(MAX_FIGURE, a + b);
  sum.cost = plus(sum.cost, weight.cost);
  sum.depth = Math.max(sum.depth, weight.depth);
  sum.aliases = Math.max(sum.aliases, weight.aliases);
  sum.directives = Math.max(sum.directives, weight.directives);
  sum.rootFields = Math.max(sum.rootFields, weight.rootFields);
  sum.duplicates = plus(sum.duplicates, weight.duplicates + weight.repeated);
  sum.introspection ||= weight.introspects;
  if (weight.problem !== '') sum.problem ||= 'fragments';
  if (weight.unknown > 0) sum.bits |= SCHEMA.undeclaredParameter;
}

/** The operation that would be executed; null where it cannot be told (GraphQL, 6.1). */
function choose(document: DocumentNode, name: string): OperationDefinitionNode | null {
  let found: OperationDefinitionNode | null = null;
  for (const each of document.definitions) {
    if (each.kind !== Kind.OPERATION_DEFINITION) continue;
    if (name === '') {
      if (found !== null) return null;
      found = each;
    } else if (each.name?.value === name) return each;
  }
  return found;
}

function violationsOf(bits: number): readonly Violation[] {
  const out: Violation[] = [];
  const add = (kind: number, what: string): void => {
    if ((bits & kind) !== 0) out.push({ kind, where: 'body$.query', what });
  };
  add(SCHEMA.introspection, 'The document asks for the schema.');
  add(SCHEMA.unknownOperation, 'The document is not one of the known ones.');
  add(SCHEMA.undeclaredParameter, 'The document names fields that the schema does not have.');
  return out;
}
