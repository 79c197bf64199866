/** Names that a configuration uses for what facts hold as numbers. */

/** Route classes that a configuration can name; numbers are those of ROUTE_CLASS in enrich/facts.ts. */
export const ROUTE_CLASS_NAMES = [
  'page',
  'asset',
  'api',
  'login',
  'reset',
  'signup',
  'search',
  'code',
  'lookup',
  'feed',
] as const;
export type RouteClassName = (typeof ROUTE_CLASS_NAMES)[number];
