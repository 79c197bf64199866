/**
 * An OpenAPI 3.0 or 3.1, or Swagger 2 document, read into operations. The document is somebody else's: what is not as its
 * specification says is left out and said so, never thrown at. References are followed inside the document only.
 */
import { isObject, type Json, listOf, own, textOr } from './json.ts';
import { basePaths, joinPath } from './servers.ts';
import type {
  DeclaredBody,
  DeclaredOperation,
  DeclaredParameter,
  ParameterPlace,
  ParameterStyle,
  Source,
} from './source.ts';
import { bodyOfSwagger, parameterOfSwagger } from './swagger.ts';

/** Operations taken from one document; the rest is left out. */
export const MAX_OPERATIONS = 10_000;
/** Parameters of one operation; the rest is left out. */
const MAX_PARAMETERS = 256;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;
/** Headers that are described elsewhere: OpenAPI has parameters of these names ignored. */
const ELSEWHERE: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization']);
const PLACES: ReadonlySet<string> = new Set(['path', 'query', 'header', 'cookie']);
const STYLES: Readonly<Record<ParameterPlace, readonly ParameterStyle[]>> = {
  path: ['simple', 'label', 'matrix'],
  query: ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'],
  header: ['simple'],
  cookie: ['form'],
};

/** All operations of a document. `basePath` replaces the paths of its servers. */
export function readOperations(source: Source, basePath?: string): DeclaredOperation[] {
  const operations: DeclaredOperation[] = [];
  const { root } = source;
  for (const [path, given] of Object.entries(root.paths as Json)) {
    const item = source.follow(given);
    if (!path.startsWith('/') || !isObject(item)) continue;
    for (const method of METHODS) {
      const operation = own(item, method);
      if (!isObject(operation)) continue;
      for (const base of basePath === undefined ? basePaths(root, item, operation) : [joinPath(basePath, '')]) {
        if (operations.length >= MAX_OPERATIONS) {
          source.note(`there are more than ${MAX_OPERATIONS} operations: the rest is left out`);
          return operations;
        }
        operations.push(operationOf(source, item, operation, method.toUpperCase(), joinPath(base, path)));
      }
    }
  }
  return operations;
}

function operationOf(source: Source, item: Json, operation: Json, method: string, template: string): DeclaredOperation {
  const security = Array.isArray(operation.security) ? operation.security : listOf(source.root.security);
  const given = parametersOf(source, item, operation);
  const swagger = source.dialect === 'swagger-2';
  return {
    id: textOr(operation.operationId, `${method} ${template}`).slice(0, 200),
    method,
    template,
    deprecated: operation.deprecated === true,
    secured: security.length > 0 && security.every((one) => isObject(one) && Object.keys(one).length > 0),
    parameters: given.flatMap((one) => declared(source, one) ?? []),
    body: swagger ? bodyOfSwagger(source, operation, given) : bodyOf(source, operation),
    keys: security.flatMap((one) => (isObject(one) ? Object.keys(one) : [])).flatMap((name) => keyName(source, name)),
  };
}

/** Parameters of an operation, references followed: those of its path, replaced by its own of the same place and name. */
function parametersOf(source: Source, item: Json, operation: Json): Json[] {
  const byName = new Map<string, Json>();
  for (const given of [...listOf(item.parameters), ...listOf(operation.parameters)]) {
    const one = source.follow(given);
    if (!isObject(one) || typeof one.name !== 'string' || byName.size >= MAX_PARAMETERS) continue;
    byName.set(`${one.in} ${one.name}`, one);
  }
  return [...byName.values()];
}

function declared(source: Source, given: Json): DeclaredParameter | null {
  const place = given.in as ParameterPlace;
  const name = given.name as string;
  if (!PLACES.has(place) || (place === 'header' && ELSEWHERE.has(name.toLowerCase()))) return null;
  const common = {
    name,
    in: place,
    required: given.required === true || place === 'path',
    deprecated: given.deprecated === true,
    allowEmpty: given.allowEmptyValue === true,
  };
  if (source.dialect === 'swagger-2') return { ...common, ...parameterOfSwagger(given) };
  const content = isObject(given.content) ? Object.entries(given.content)[0] : undefined;
  if (content !== undefined) {
    const schema = isObject(content[1]) ? content[1].schema : undefined;
    return { ...common, style: isJson(content[0]) ? 'json' : 'simple', explode: false, schema };
  }
  const style = STYLES[place].find((one) => one === given.style) ?? STYLES[place][0];
  const explode = typeof given.explode === 'boolean' ? given.explode : style === 'form';
  return { ...common, style, explode, schema: given.schema };
}

const isJson = (type: string): boolean => /^[^;]*\bjson\b/i.test(type);

function bodyOf(source: Source, operation: Json): DeclaredBody | null {
  const body = source.follow(operation.requestBody);
  if (!isObject(body)) return null;
  const media = Object.entries(isObject(body.content) ? body.content : {}).map(([type, one]) => ({
    type: type.replace(/;.*$/s, '').trim().toLowerCase(),
    schema: isObject(one) ? one.schema : undefined,
  }));
  return { required: body.required === true, media };
}

/** The name of the query parameter of a security scheme, if it has one. */
function keyName(source: Source, scheme: string): string[] {
  const { components, securityDefinitions } = source.root;
  const schemes = isObject(components) ? components.securitySchemes : securityDefinitions;
  const one = isObject(schemes) ? source.follow(own(schemes, scheme)) : undefined;
  return isObject(one) && one.type === 'apiKey' && one.in === 'query' && typeof one.name === 'string' ? [one.name] : [];
}
