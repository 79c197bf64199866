/** What clients are told about a GraphQL request that does not go on: a problem document, or GraphQL's own errors. */
import type { ErrorCode } from '../../lib/errors.ts';
import type { InspectRefusal, Violation } from '../contract.ts';

export type GraphqlProblem =
  | ''
  | 'syntax'
  | 'size' // longer than what is looked at
  | 'batch'
  | 'depth'
  | 'aliases'
  | 'roots'
  | 'directives'
  | 'tokens'
  | 'fragments' // a cycle, one that does not exist, or a chain beyond measure
  | 'cost'
  | 'introspection'
  | 'operation' // operationName names none, or is missing
  | 'method' // a change by GET
  | 'unpersisted' // a hash that is not known
  | 'unsupported' // a hash, where they are switched off
  | 'untrusted' // not one of the list
  | 'hash'; // a hash that is not that of the document

interface Words {
  readonly code: ErrorCode;
  readonly title: string;
  /** `extensions.code`, as servers in use have it. */
  readonly kind: string;
}

const words = (code: ErrorCode, kind: string, title: string): Words => ({ code, kind, title });
const COMPLEX = 'QUERY_TOO_COMPLEX';

const PROBLEMS: Readonly<Record<Exclude<GraphqlProblem, ''>, Words>> = {
  syntax: words('SP8010', 'GRAPHQL_PARSE_FAILED', 'The GraphQL request cannot be read'),
  size: words('SP8010', COMPLEX, 'The GraphQL request is too long'),
  tokens: words('SP8011', COMPLEX, 'The GraphQL document is too long'),
  depth: words('SP8011', COMPLEX, 'The GraphQL document nests too deep'),
  aliases: words('SP8011', COMPLEX, 'The GraphQL document has too many aliases'),
  roots: words('SP8011', COMPLEX, 'The GraphQL document asks for too many things at once'),
  directives: words('SP8011', COMPLEX, 'The GraphQL document has too many directives'),
  fragments: words('SP8010', 'GRAPHQL_VALIDATION_FAILED', 'The fragments of the GraphQL document do not fit together'),
  cost: words('SP8012', COMPLEX, 'The GraphQL request may return too much'),
  batch: words('SP8013', COMPLEX, 'The GraphQL batch is too long'),
  introspection: words('SP8014', 'GRAPHQL_VALIDATION_FAILED', 'GraphQL introspection is not allowed'),
  unpersisted: words('SP8015', 'PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound'),
  unsupported: words('SP8015', 'PERSISTED_QUERY_NOT_SUPPORTED', 'PersistedQueryNotSupported'),
  untrusted: words('SP8016', 'PERSISTED_QUERY_REQUIRED', 'Only known GraphQL documents are allowed here'),
  operation: words(
    'SP8017',
    'OPERATION_RESOLUTION_FAILURE',
    'operationName does not name an operation of the document',
  ),
  hash: words('SP8018', 'BAD_REQUEST', 'The hash given is not that of the document'),
  method: words('SP8019', 'BAD_REQUEST', 'GET may only ask, not change'),
};

/** A refusal in both forms. */
export interface GraphqlRefusal extends InspectRefusal {
  /** `{"errors":[…]}` for clients that speak GraphQL. */
  readonly body: string;
  /** Media type to send `body` with; '' where the client wants the problem document. */
  readonly bodyType: string;
}

const GRAPHQL_RESPONSE = 'application/graphql-response+json';

/**
 * The refusal of a problem. GraphQL clients look for `errors`, so everybody who takes JSON gets them; only who asks for
 * application/problem+json gets the problem document. (GraphQL over HTTP, 6.4: status 400 for what was not executed.)
 */
export function refusalOf(
  problem: Exclude<GraphqlProblem, ''>,
  accept: string,
  violations: readonly Violation[],
): GraphqlRefusal {
  const { code, title, kind } = PROBLEMS[problem];
  const status = problem === 'size' ? 413 : 400;
  const body = JSON.stringify({ errors: [{ message: title, extensions: { code: kind, problem: code } }] });
  return { status, code, title, detail: '', violations, body, bodyType: bodyTypeFor(accept) };
}

function bodyTypeFor(accept: string): string {
  const wanted = accept.toLowerCase();
  if (wanted.includes(GRAPHQL_RESPONSE)) return GRAPHQL_RESPONSE;
  if (wanted.includes('application/problem+json')) return '';
  return wanted === '' || /application\/json|\*\/\*|application\/\*/.test(wanted)
    ? 'application/json; charset=utf-8'
    : '';
}
