/** What Swagger 2 says in another way: parameters that are schemas themselves, bodies among the parameters. */

import { isObject, type Json, listOf } from './json.ts';
import type { DeclaredBody, DeclaredParameter, ParameterStyle, Source } from './source.ts';

const STYLE_OF: Readonly<Record<string, ParameterStyle>> = {
  csv: 'form',
  multi: 'form',
  ssv: 'spaceDelimited',
  pipes: 'pipeDelimited',
};
const URL_ENCODED = 'application/x-www-form-urlencoded';

/** Style and schema of a parameter in path, query or header. */
export function parameterOfSwagger(given: Json): Pick<DeclaredParameter, 'style' | 'explode' | 'schema'> {
  const format = String(given.collectionFormat ?? 'csv');
  const style = given.in === 'query' ? (STYLE_OF[format] ?? 'form') : 'simple';
  return { style, explode: format === 'multi', schema: given };
}

/** The body that `in: body` and `in: formData` declare, under the media types of `consumes`. */
export function bodyOfSwagger(source: Source, operation: Json, parameters: readonly Json[]): DeclaredBody | null {
  const stated = Array.isArray(operation.consumes) ? operation.consumes : listOf(source.root.consumes);
  const types = stated
    .filter((type) => typeof type === 'string')
    .map((type) => type.replace(/;.*$/s, '').toLowerCase());
  const body = parameters.find((one) => one.in === 'body');
  if (body !== undefined) {
    const media = (types.length > 0 ? types : ['application/json']).map((type) => ({ type, schema: body.schema }));
    return { required: body.required === true, media };
  }
  const fields = parameters.filter((one) => one.in === 'formData');
  if (fields.length === 0) return null;
  const required = fields.filter((one) => one.required === true).map((one) => one.name);
  const schema = {
    type: 'object',
    properties: Object.fromEntries(fields.map((one) => [one.name, isObject(one) && one.type === 'file' ? {} : one])),
    ...(required.length > 0 && { required }),
  };
  const forms = types.filter((type) => type === URL_ENCODED || type === 'multipart/form-data');
  const media = (forms.length > 0 ? forms : [URL_ENCODED, 'multipart/form-data']).map((type) => ({ type, schema }));
  return { required: required.length > 0, media };
}
