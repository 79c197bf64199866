/**
 * The inspection of requests as one: the body is decoded and taken apart once, then compared with what is declared, weighed as
 * GraphQL, searched for code and for business fields. Only decompression may have to be waited for.
 */
import { resolve } from 'node:path';
import type { LoadedConfig } from '../config/load.ts';
import { DECOY_VALUES } from '../enrich/content/decoys.ts';
import type { Extras } from '../enrich/extras.ts';
import { FLAG, ROUTE_CLASS } from '../enrich/facts.ts';
import { NOT_LOOKED, ROLE, SCHEMA } from '../enrich/kinds.ts';
import type { Enough, ShapeModel } from '../learn/shapes/model.ts';
import { type BodyReader, bodyLimits, createBodyReader } from './body/index.ts';
import { type ContentInspector, createContentInspector } from './content/index.ts';
import type { Asked, BodyHit, ParsedBody, RequestInsight } from './contract.ts';
import { createFieldReader, type DailySecret, type FieldReader } from './fields/index.ts';
import { createGraphqlDesk, type GraphqlDesk, type GraphqlInsight } from './graphql/index.ts';
import {
  createSchemaDesk,
  type DeskCheck,
  type DeskOperation,
  type SchemaDesk,
  type SchemaDocument,
} from './schema/index.ts';

/** What of a caller inspection asks for: does a request name somebody else? */
export interface Speaker {
  /** User that was proven; '' for none. */
  readonly principal: string;
  /** ROLE. */
  readonly role: number;
}

export interface InspectedRequest extends RequestInsight {
  /** What the schema desk has said: for the inventory. */
  readonly check: DeskCheck;
  /** The refusal in the form of GraphQL, where the client speaks it. */
  readonly graphql: GraphqlInsight | null;
}

export interface InspectionOptions {
  readonly loaded: LoadedConfig;
  /** Keys hashes of passwords. */
  readonly secret: DailySecret;
  /** Text of a file that the configuration names, by its absolute path. */
  readonly readFile: (path: string) => string;
  readonly baseDir: string;
  /** Is a text a value that only our invented answers contain? Left out where none are given. */
  readonly isDecoy?: (text: string) => boolean;
  /** Take down what undeclared requests look like, with hashes under `seed`. */
  readonly sampling?: { readonly seed: number; readonly enough: Enough };
  /** What is usual where nothing is declared; null until it is learned. */
  readonly shapes?: ShapeModel | null;
}

/** Fields of a body that are looked at for values of decoys, and the longest of them in characters. */
const MAX_DECOY_FIELDS = 500;
const MAX_DECOY_LENGTH = 256;

const ANYBODY: Speaker = { principal: '', role: ROLE.unknown };
/** Kinds of routes that nothing is sent to: what comes with a request for one is not looked at. */
const SUPPLY: ReadonlySet<number> = new Set([ROUTE_CLASS.asset, ROUTE_CLASS.feed]);

/** The operations of the documents of a configuration, by the numbers that rows know them by. RangeError as {@link Inspection}. */
export const declaredOperations = (loaded: LoadedConfig): readonly DeskOperation[] =>
  createSchemaDesk({ documents: documentsOf(loaded) }).operations;

const documentsOf = ({ config, schemas }: LoadedConfig): SchemaDocument[] =>
  config.inspection.schemas.map(({ openapi, mode, base_path, undeclared, undeclared_routes, routes }, i) => ({
    document: schemas[i],
    name: openapi,
    mode,
    basePath: base_path,
    undeclared,
    undeclaredRoutes: undeclared_routes,
    routes,
  }));

export class Inspection {
  /** Does the configuration have anything refused for what a request says? */
  readonly refuses: boolean;
  readonly schemas: SchemaDesk;
  readonly graphql: GraphqlDesk;
  private readonly reader: BodyReader;
  private readonly content: ContentInspector;
  private readonly fields: FieldReader;
  private readonly isDecoy: ((text: string) => boolean) | undefined;

  /** Coded errors where schemas, documents or paths of the configuration cannot be used. */
  constructor({ loaded, secret, readFile, baseDir, sampling, shapes }: InspectionOptions) {
    const { inspection, gateway } = loaded.config;
    this.refuses =
      inspection.graphql.mode === 'enforce' ||
      inspection.schemas.some(({ mode, routes }) => [mode, ...routes.map((r) => r.mode)].includes('enforce'));
    this.reader = createBodyReader(bodyLimits(inspection.bodies));
    this.content = createContentInspector();
    this.fields = createFieldReader(gateway.routes, secret);
    this.graphql = createGraphqlDesk(inspection.graphql, { read: (path) => readFile(resolve(baseDir, path)) });
    this.schemas = createSchemaDesk({
      documents: documentsOf(loaded),
      shapes,
      sampling,
    });
  }

  /** Looks at a request; `route` is its place in `gateway.routes`, −1 for none. Never throws, never rejects. */
  request(asked: Asked, route: number, speaker: Speaker = ANYBODY): InspectedRequest | Promise<InspectedRequest> {
    return this.read(asked, (body) => this.parsed(asked, route, speaker, body));
  }

  /**
   * Looks at a request for what the configuration refuses, and at nothing else: where there is too little time. Load must not
   * open what documents and limits of GraphQL close; it may have been made for that. Never throws, never rejects.
   */
  refusing(asked: Asked): InspectedRequest | Promise<InspectedRequest> {
    return this.read(asked, (body) => {
      const check = this.schemas.check(asked, body);
      return inspected(asked, body, {}, null, check, this.graphqlOf(asked, body));
    });
  }

  private read(
    asked: Asked,
    then: (body: ParsedBody | null) => InspectedRequest,
  ): InspectedRequest | Promise<InspectedRequest> {
    if (asked.body === null) return then(null);
    const parsed = this.reader.read(asked);
    return parsed instanceof Promise ? parsed.then(then) : then(parsed);
  }

  private parsed(asked: Asked, route: number, speaker: Speaker, body: ParsedBody | null): InspectedRequest {
    const { target, routeClass } = asked;
    const check = this.schemas.check(asked, body);
    const graphql = this.graphqlOf(asked, body);
    const hit = SUPPLY.has(routeClass) ? null : this.content.request(asked, body);
    const { principal, role } = speaker;
    let named = this.fields.read(route, { target, routeClass, body, principal, role });
    if (body !== null && this.carriesDecoy(body)) named = { ...named, decoy: DECOY_VALUES };
    return inspected(asked, body, named, hit, check, graphql);
  }

  /** Does a body carry a value that was invented for somebody who asked for what is not there? */
  private carriesDecoy({ fields }: ParsedBody): boolean {
    const { isDecoy } = this;
    if (isDecoy === undefined) return false;
    const end = Math.min(fields.length, MAX_DECOY_FIELDS);
    for (let i = 0; i < end; i++) {
      const { type, text } = fields[i];
      if (type === 'string' && text.length <= MAX_DECOY_LENGTH && isDecoy(text)) return true;
    }
    return false;
  }

  private graphqlOf(asked: Asked, parsed: ParsedBody | null): GraphqlInsight | null {
    const { method, target, mediaType, body, cut } = asked;
    if (!this.graphql.owns(target, mediaType)) return null;
    return this.graphql.read({
      method,
      target,
      mediaType,
      accept: headerOf(asked.headers, 'accept'),
      body,
      cut,
      parsed,
    });
  }
}

function inspected(
  asked: Asked,
  body: ParsedBody | null,
  named: Extras,
  hit: BodyHit | null,
  check: DeskCheck,
  graphql: GraphqlInsight | null,
): InspectedRequest {
  return {
    extras: merged(named, asked, body, check, graphql),
    hit,
    violations: check.violations,
    refusal: check.refusal ?? graphql?.refusal ?? null,
    check,
    graphql,
  };
}

function merged(
  named: Extras,
  { cut }: Asked,
  body: ParsedBody | null,
  check: DeskCheck,
  graphql: GraphqlInsight | null,
): Extras {
  let schema = check.bits | (graphql?.schemaBits ?? 0);
  if (body !== null && body.duplicates.length > 0) schema |= SCHEMA.duplicate;
  let flags = named.flags ?? 0;
  if (cut) flags |= FLAG.BODY_CUT;
  const operation = operationOf(check);
  return {
    ...named,
    ...(flags === 0 ? {} : { flags }),
    ...(schema === 0 ? {} : { schema }),
    ...(operation === 0 ? {} : { operation }),
    ...(body === null ? {} : { bodyKind: body.kind }),
    ...(graphql === null || graphql.cost === 0 ? {} : { cost: graphql.cost }),
  };
}

/** What stands in the row. Of operations beyond what it can say nobody is told anything rather than something wrong. */
function operationOf({ operation }: DeskCheck): number {
  return operation === null ? 0 : Math.min(operation.index + 1, NOT_LOOKED);
}

/** Value of the first header of a name in small letters; '' for none. */
function headerOf(headers: readonly string[], name: string): string {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i].length === name.length && headers[i].toLowerCase() === name) return headers[i + 1];
  return '';
}
