/** What a GraphQL request asks for, in whichever way it is sent: JSON, a batch of it, a document, multipart, or a query string. */
import type { ParsedBody } from '../contract.ts';

/** A request, as far as GraphQL reads it. */
export interface GraphqlAsk {
  readonly method: string;
  /** Origin form: /path?query. */
  readonly target: string;
  /** Value of Content-Type; '' for none. */
  readonly mediaType: string;
  /** Value of Accept; '' for none. */
  readonly accept: string;
  /** The decoded body, or its beginning; null where there is none. */
  readonly body: Uint8Array | null;
  readonly cut: boolean;
  /** The same, taken apart, where somebody has done so. */
  readonly parsed: ParsedBody | null;
}

export interface Operation {
  readonly query: string;
  readonly operationName: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** SHA-256 of the document in hexadecimal, or the id of a trusted one; '' for none. */
  readonly hash: string;
}

export type ReadProblem = '' | 'syntax' | 'size' | 'batch';

export interface ReadResult {
  readonly operations: readonly Operation[];
  /** Operations asked for; those beyond the limit are not among `operations`. */
  readonly count: number;
  readonly problem: ReadProblem;
  /** There may be more in it than was read: too much, or in two versions. */
  readonly isCut: boolean;
}

const NO_VARIABLES: Readonly<Record<string, unknown>> = Object.freeze({});
const NONE: ReadResult = { operations: [], count: 0, problem: '', isCut: false };
const BROKEN: ReadResult = { operations: [], count: 0, problem: 'syntax', isCut: false };
/** Longest id of a trusted document, in characters. */
const MAX_HASH = 256;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Reads the operations of a request, up to `maxBatch`. Never throws. */
export function readOperations(ask: GraphqlAsk, maxBatch: number): ReadResult {
  const byUrl = urlOperation(ask.target);
  const byBody = ask.method === 'GET' || ask.method === 'HEAD' ? NONE : bodyOperations(ask, maxBatch);
  if (byUrl === null) return { ...BROKEN, count: byBody.count };
  if (byUrl === undefined) return byBody;
  // Some servers read the query string of a POST, too: whichever they take has to be within the limits.
  return { ...byBody, operations: [byUrl, ...byBody.operations], count: byBody.count + 1 };
}

function urlOperation(target: string): Operation | null | undefined {
  const at = target.indexOf('?');
  if (at < 0) return undefined;
  const search = new URLSearchParams(target.slice(at + 1));
  const query = search.get('query') ?? '';
  const extensions = jsonOf(search.get('extensions'));
  const variables = jsonOf(search.get('variables'));
  if (extensions === undefined || variables === undefined) return null;
  const operation = operationOf({
    ...{ query, extensions, variables, operationName: search.get('operationName') ?? undefined },
    documentId: search.get('documentId') ?? undefined,
  });
  return operation === null || (operation.query === '' && operation.hash === '') ? undefined : operation;
}

/** Value of a JSON text; null for none, undefined for what is no JSON. */
function jsonOf(text: string | null): unknown {
  if (text === null || text === '') return null;
  try {
    return JSON.parse(text) ?? null;
  } catch {
    return undefined;
  }
}

function bodyOperations(ask: GraphqlAsk, maxBatch: number): ReadResult {
  const { body, mediaType, parsed } = ask;
  if (body === null || body.length === 0) return NONE;
  const type = mediaType.split(';', 1)[0].trim().toLowerCase();
  if (type === 'multipart/form-data') {
    // Files follow the operations (GraphQL multipart request specification), so that the beginning of a body is enough.
    const field = parsed?.fields.find((each) => each.path === 'operations' || each.name === 'operations');
    return field === undefined ? BROKEN : fromValue(jsonOf(field.text), maxBatch);
  }
  if (ask.cut) return { ...BROKEN, problem: 'size', isCut: true };
  if (type === 'application/graphql') {
    const query = decode(body);
    return query === null ? BROKEN : fromValue({ query }, maxBatch);
  }
  // Two documents in one request: which of them is executed depends on who reads it.
  if (parsed?.duplicates.some((path) => /^\$(?:\[\d+\])?\.(?:query|variables|operationName|extensions)$/.test(path)))
    return { ...BROKEN, isCut: true };
  if (parsed?.value !== undefined && parsed.problem === '') return fromValue(parsed.value, maxBatch);
  const text = decode(body);
  return text === null ? BROKEN : fromValue(jsonOf(text), maxBatch);
}

function decode(body: Uint8Array): string | null {
  try {
    return utf8.decode(body);
  } catch {
    return null;
  }
}

function fromValue(value: unknown, maxBatch: number): ReadResult {
  const all = Array.isArray(value) ? value : [value];
  const operations: Operation[] = [];
  for (const each of all.slice(0, maxBatch)) {
    const operation = operationOf(each);
    if (operation === null || (operation.query === '' && operation.hash === ''))
      return { ...BROKEN, count: all.length };
    operations.push(operation);
  }
  const isCut = all.length > maxBatch;
  return { operations, count: all.length, problem: isCut ? 'batch' : '', isCut };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function operationOf(value: unknown): Operation | null {
  if (!isRecord(value)) return null;
  const { query, variables, operationName } = value;
  if (query !== undefined && query !== null && typeof query !== 'string') return null;
  return {
    query: query ?? '',
    operationName: typeof operationName === 'string' ? operationName : '',
    variables: isRecord(variables) ? variables : NO_VARIABLES,
    hash: hashOf(value),
  };
}

/** The hash of automatic persisted queries, or the id of a trusted document as several clients send it. */
function hashOf({ extensions, documentId, id, doc_id: docId }: Record<string, unknown>): string {
  const persisted = isRecord(extensions) ? extensions.persistedQuery : undefined;
  const given = isRecord(persisted) ? persisted.sha256Hash : (documentId ?? docId ?? id);
  if (typeof given !== 'string' || given.length > MAX_HASH) return '';
  return given.startsWith('sha256:') ? given.slice(7) : given;
}
