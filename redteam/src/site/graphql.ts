/** What a GraphQL query costs, without a schema: fields, multiplied by the sizes of the lists that they stand in. */

/** More than this is not counted: nothing would answer it. */
const LIMIT = 1e6;

export interface QueryCost {
  /** Fields that the answer holds, about. */
  readonly fields: number;
  readonly depth: number;
  readonly introspection: boolean;
}

/** Undefined for what is no query: unbalanced braces, or none. */
export function queryCost(query: string): QueryCost | undefined {
  const sizes: number[] = [];
  let [size, next, fields, depth] = [1, 1, 0, 0];
  const tokens = /"(?:[^"\\]|\\.)*"|[{}()]|\b(?:first|last|limit|take|per_?page|size)\s*:\s*(\d+)|[A-Za-z_]\w*/gi;
  let inArguments = 0;
  for (const found of query.matchAll(tokens)) {
    const [token, count] = found;
    if (token === '(') inArguments++;
    else if (token === ')') inArguments--;
    else if (count !== undefined) next = Math.max(1, Number(count));
    else if (inArguments > 0) continue;
    else if (token === '{') {
      sizes.push(size);
      size = Math.min(LIMIT, size * next);
      next = 1;
      depth = Math.max(depth, sizes.length);
    } else if (token === '}') {
      if (sizes.length === 0) return undefined;
      size = sizes.pop() as number;
    } else if (sizes.length > 0 && token[0] !== '"') {
      fields = Math.min(LIMIT, fields + size);
      // What is named in the plural and given no size is a page of ten.
      next = token.endsWith('s') ? 10 : 1;
    }
  }
  if (sizes.length > 0 || depth === 0 || inArguments !== 0) return undefined;
  return { fields, depth, introspection: query.includes('__schema') || query.includes('__type(') };
}
