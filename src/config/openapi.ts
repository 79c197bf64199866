/** The OpenAPI document beside a configuration: read here, understood by src/learn/openapi.ts. Nothing is fetched. */
import { parse } from 'yaml';
import { SallyportError } from '../lib/errors.ts';

/** An OpenAPI 3 or Swagger 2 document from JSON or YAML. SallyportError SP1009 where it is none, or has no paths. */
export function parseOpenApi(text: string, file: string): object {
  let document: unknown;
  try {
    // JSON is YAML, so one reader does for both.
    document = parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new SallyportError('SP1009', `${file}: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
  const is = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
  if (!is(document) || !('openapi' in document || 'swagger' in document)) {
    throw new SallyportError('SP1009', `${file}: there is neither "openapi" nor "swagger" in it`);
  }
  if (!is(document.paths)) throw new SallyportError('SP1009', `${file}: there is no "paths" in it`);
  try {
    JSON.stringify(document);
  } catch (error) {
    throw new SallyportError('SP1009', `${file}: a YAML alias stands in what it stands for`, { cause: error });
  }
  return document;
}
