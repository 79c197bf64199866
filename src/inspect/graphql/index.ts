/** GraphQL requests: what they may cost, and whether they may be asked. */
export { createGraphqlDesk, type GraphqlDesk, type GraphqlInsight } from './desk.ts';
export type { GraphqlRefusal } from './refusals.ts';
export type { GraphqlAsk } from './request.ts';
