/** Bodies as the body room gives them, for tests. */
import { BODY_KIND } from '../../enrich/kinds.ts';
import type { BodyField, ParsedBody } from '../contract.ts';

/** A JSON value, taken apart. */
export function bodyOf(value: unknown, duplicates: readonly string[] = []): ParsedBody {
  const fields: BodyField[] = [];
  collect(value, '$', '', fields);
  return { kind: BODY_KIND.json, problem: '', fields, value, duplicates, bytes: JSON.stringify(value).length };
}

function collect(value: unknown, path: string, name: string, out: BodyField[]): void {
  if (Array.isArray(value)) {
    for (const [i, each] of value.entries()) collect(each, `${path}[${i}]`, name, out);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) collect(each, `${path}.${key}`, key, out);
  } else {
    const type = value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean');
    out.push({ path, name, type, text: String(value) });
  }
}
