import type { ErrorEntry } from './entry.ts';

/** What can go wrong with GraphQL requests, business fields and the inspection of answers. */
export const ANSWER_ERRORS = {
  SP8001: {
    title: 'An answer was withheld',
    advice:
      'It carried what gateway.routes.answer.withhold names, and the head had not been sent. The exchange says which kinds; mend the server, or take the kind out of the list.',
  },
  SP8002: {
    title: 'A JSONPath in the configuration cannot be used',
    advice:
      'Paths are those of RFC 9535: $.items[*].id. Filters may compare singular paths with values; functions with regular expressions, and searches within filters, are refused because their time has no bound.',
  },
  SP8003: {
    title: 'The GraphQL schema cannot be used',
    advice: 'inspection.graphql.schema names a file in the schema language (SDL), as tools print it.',
  },
  SP8004: {
    title: 'The list of trusted GraphQL documents cannot be used',
    advice:
      'It is JSON: either a manifest with "operations" ({id, body}), or one object from the SHA-256 of a document to its text.',
  },
  SP8010: {
    title: 'The GraphQL request cannot be read',
    advice: 'The body is to be JSON with "query", or a document of its own with application/graphql.',
  },
  SP8011: {
    title: 'The GraphQL document is too complex',
    advice: 'inspection.graphql has the limits: max_depth, max_aliases, max_root_fields, max_directives, max_tokens.',
  },
  SP8012: {
    title: 'The GraphQL request may cost too much',
    advice:
      'The bound counts the objects that may come. Ask for shorter lists, or raise inspection.graphql.max_cost; a schema with @listSize makes the bound tighter.',
  },
  SP8013: {
    title: 'The GraphQL batch is too long',
    advice: 'inspection.graphql.max_batch is the largest number of operations in one request.',
  },
  SP8014: {
    title: 'GraphQL introspection is refused',
    advice: 'inspection.graphql.introspection says whether the schema may be asked for.',
  },
  SP8015: {
    title: 'The persisted GraphQL document is not known here',
    advice: 'Clients of automatic persisted queries send the whole document once, and it is known from then on.',
  },
  SP8016: {
    title: 'The GraphQL document is not one of the trusted ones',
    advice: 'inspection.graphql.persisted is "require": add the document to the list, or allow others.',
  },
  SP8017: {
    title: 'The GraphQL operation is not in the document',
    advice: 'A document with several operations needs operationName, and it has to name one of them.',
  },
  SP8018: {
    title: 'The hash of the persisted GraphQL document is wrong',
    advice: 'sha256Hash is the SHA-256 of the text of the document, in hexadecimal.',
  },
  SP8019: {
    title: 'GraphQL over GET may only ask',
    advice: 'Mutations and subscriptions by GET could be sent by any page: use POST.',
  },
} as const satisfies Record<string, ErrorEntry>;
