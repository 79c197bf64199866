/** Desks and requests for tests of GraphQL. */
import { parseConfig } from '../../config/parse.ts';
import { createGraphqlDesk, type GraphqlAsk, type GraphqlDesk } from './index.ts';

export const SDL = `
directive @cost(weight: String!) on FIELD_DEFINITION | OBJECT | SCALAR | ARGUMENT_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
interface Node { id: ID! }
type Query {
  me: User
  users(first: Int, last: Int): UserConnection @listSize(slicingArguments: ["first", "last"], sizedFields: ["edges", "nodes"])
  tags: [Tag] @listSize(assumedSize: 50)
  search(page: Page, deep: Boolean @cost(weight: "7")): [User] @listSize(slicingArguments: ["page.size"])
  report: Report
  node: Node
}
input Page { size: Int }
type Report implements Node @cost(weight: "40") { id: ID! pdf: String @cost(weight: "5") }
type UserConnection { edges: [Edge] nodes: [User] total: Int }
type Edge { node: User }
type Tag { name: String }
type User implements Node { id: ID! name: String friends(first: Int): [User] orders: [Order] }
type Order { id: ID total: Float }
type Mutation { rename(name: String): User }
`;

/** A desk that refuses what is beyond its limits; further keys as YAML. */
export function deskOf(yaml = '', files: Record<string, string> = {}): GraphqlDesk {
  const config = parseConfig(
    `inspection:\n  graphql: { ${yaml.includes('mode:') ? '' : 'mode: enforce, '}${yaml} }\n`,
    'test.yaml',
  );
  return createGraphqlDesk(config.inspection.graphql, { read: (path) => files[path] });
}

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
/** A POST with a JSON value, or a text as it is. */
export const ask = (value: unknown, part: Partial<GraphqlAsk> = {}): GraphqlAsk => ({
  ...{ method: 'POST', target: '/graphql', mediaType: 'application/json', accept: '*/*' },
  ...{ body: bytes(value), cut: false, parsed: null },
  ...part,
});
