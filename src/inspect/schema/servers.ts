/** Below which paths an API answers, by its `servers` (OpenAPI 3) or `basePath` (Swagger 2). */
import { isObject, type Json, textOr } from './json.ts';

/** Base paths of an operation: its own servers before those of its path, before those of the document. Never empty. */
export function basePaths(root: Json, item: Json, operation: Json): readonly string[] {
  return ofServers(operation.servers) ?? ofServers(item.servers) ?? ofServers(root.servers) ?? [clean(root.basePath)];
}

/** Base paths of a document as a whole, whatever single paths of it say. `basePath` replaces them. Never empty. */
export const documentBases = (root: Json, basePath?: string): readonly string[] =>
  basePath === undefined ? basePaths(root, {}, {}) : [clean(basePath)];

/** A path below a base path, without a slash at the end; '' and '' give '/'. */
export function joinPath(base: string, path: string): string {
  const joined = clean(base) + path.replace(/[?#].*$/s, '').replace(/\/+$/, '');
  return joined === '' && path !== '' ? '/' : joined;
}

function ofServers(servers: unknown): string[] | null {
  if (!Array.isArray(servers) || servers.length === 0) return null;
  const paths = servers.filter(isObject).map((server) => {
    const variables = isObject(server.variables) ? server.variables : {};
    const url = textOr(server.url, '/').replaceAll(/\{([^{}]*)\}/g, (_, name: string) => {
      const variable = Object.hasOwn(variables, name) ? variables[name] : undefined;
      return isObject(variable) ? textOr(variable.default, '') : '';
    });
    return clean(url.replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*/i, ''));
  });
  return [...new Set(paths)];
}

function clean(path: unknown): string {
  const text = textOr(path, '')
    .replace(/[?#].*$/s, '')
    .replace(/\/+$/, '');
  return text === '' || text.startsWith('/') ? text : `/${text}`;
}
