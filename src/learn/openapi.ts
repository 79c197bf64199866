/**
 * Route templates from an OpenAPI 3 or Swagger 2 document, already parsed from JSON or YAML. The document is somebody
 * else's: what is not as the specification says is left out, not thrown at.
 */
import { METHODS } from '../enrich/facts.ts';
import type { RouteTemplate } from '../enrich/model.ts';
import { classByName } from '../enrich/routes/classes.ts';
import { compareText } from './sample.ts';

/** Templates taken from one document; the rest is left out. */
export const MAX_OPENAPI_ROUTES = 10_000;

const GET = METHODS.indexOf('GET');
const POST = METHODS.indexOf('POST');
const READS = ['get', 'head', 'options'];
const SENDS = ['post', 'put', 'patch', 'delete', 'trace'];

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The templates of a document's paths, below the base path of each of its servers, sorted. Parameter names stay as the
 * document has them; the query that some documents write behind a path is dropped. RangeError where it has no paths.
 */
export function routesFromOpenApi(document: unknown): RouteTemplate[] {
  if (!isObject(document) || !isObject(document.paths))
    throw new RangeError('not an OpenAPI document: it has no "paths"');
  const common = serverPaths(document.servers) ?? [basePath(document.basePath)];
  const templates = new Map<string, RouteTemplate>();
  for (const [path, item] of Object.entries(document.paths)) {
    if (!path.startsWith('/')) continue;
    const operations = isObject(item) ? item : {};
    const bases = serverPaths(operations.servers) ?? common;
    for (const base of bases) {
      const template = join(base, path);
      if (templates.size < MAX_OPENAPI_ROUTES && !templates.has(template)) {
        templates.set(template, routeOf(template, operations));
      }
    }
  }
  return [...templates.values()].sort((a, b) => compareText(a.template, b.template));
}

function routeOf(template: string, operations: Json): RouteTemplate {
  const reads = READS.some((method) => method in operations);
  const sends = SENDS.some((method) => method in operations);
  const routeClass = nameClass(template, sends && !reads ? POST : GET);
  return { template, routeClass, answered: 1, requests: 0, origin: 'openapi' };
}

function nameClass(template: string, method: number): number {
  const bytes = new TextEncoder().encode(template);
  return classByName(bytes, 0, bytes.length, method);
}

/** Base paths of a `servers` list, null where there is none. */
function serverPaths(servers: unknown): string[] | null {
  if (!Array.isArray(servers) || servers.length === 0) return null;
  const paths = servers.filter(isObject).map((server) => {
    const variables = isObject(server.variables) ? server.variables : {};
    const url = String(server.url ?? '/').replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
      const variable = variables[name];
      return isObject(variable) ? String(variable.default ?? '') : '';
    });
    return basePath(url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '').replace(/^\/\/[^/]*/, ''));
  });
  return [...new Set(paths)];
}

function basePath(path: unknown): string {
  const text = typeof path === 'string' ? path.replace(/[?#].*$/s, '').replace(/\/+$/, '') : '';
  return text === '' || text.startsWith('/') ? text : `/${text}`;
}

function join(base: string, path: string): string {
  const joined = base + path.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  return joined === '' ? '/' : joined;
}
