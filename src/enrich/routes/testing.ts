/** Paths as bytes, and templates, for tests of routes. Not part of the package. */
import { ROUTE_CLASS } from '../facts.ts';
import type { RouteTemplate } from '../model.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

export const route = (template: string, origin: RouteTemplate['origin'] = 'configured'): RouteTemplate => ({
  template,
  routeClass: ROUTE_CLASS.page,
  answered: 1,
  requests: 1,
  origin,
});
