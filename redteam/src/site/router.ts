/** From a request line to the operation behind it. */
import type { SiteOperation } from './openapi.ts';

export interface Match {
  readonly operation: SiteOperation;
  /** Its place among the operations. */
  readonly index: number;
  /** Values of the path's parameters in their order, decoded. */
  readonly values: readonly string[];
}

/** No such path, or the path with other methods. */
export type Miss = 'path' | 'method';

interface Pattern {
  readonly segments: readonly (string | RegExp | null)[];
  readonly methods: ReadonlyMap<string, Match>;
  /** Fixed segments: /users/me comes before /users/{id}. */
  readonly fixed: number;
}

const NO_VALUES: readonly string[] = [];

/** Templates without parameters are one look-up; others are compared segment by segment, among those of their length. */
export class Router {
  private readonly fixed = new Map<string, Map<string, Match>>();
  private readonly indexes: ReadonlyMap<SiteOperation, number>;
  private readonly patterns: Pattern[][] = [];

  constructor(operations: readonly SiteOperation[]) {
    const byTemplate = grouped(operations);
    this.indexes = new Map(operations.map((operation, index) => [operation, index]));
    for (const [template, group] of byTemplate) {
      const methods = new Map(group.map((operation) => [operation.method, this.match(operation, NO_VALUES)]));
      if (!template.includes('{')) {
        this.fixed.set(template, methods);
        continue;
      }
      const segments = template.split('/').map(compile);
      const fixed = segments.filter((segment) => typeof segment === 'string').length;
      this.patterns[segments.length] ??= [];
      this.patterns[segments.length].push({ segments, methods, fixed });
    }
    for (const patterns of this.patterns) patterns?.sort((a, b) => b.fixed - a.fixed);
  }

  /** HEAD is answered where GET is. */
  find(method: string, path: string): Match | Miss {
    const asked = method === 'HEAD' ? 'GET' : method;
    const fixed = this.fixed.get(path);
    return fixed === undefined ? this.search(asked, path) : (fixed.get(asked) ?? 'method');
  }

  private match(operation: SiteOperation, values: readonly string[]): Match {
    return { operation, index: this.indexes.get(operation) as number, values };
  }

  private search(method: string, path: string): Match | Miss {
    const parts = path.split('/');
    let miss: Miss = 'path';
    for (const { segments, methods } of this.patterns[parts.length] ?? []) {
      const values = valuesOf(segments, parts);
      if (values === undefined) continue;
      const match = methods.get(method);
      if (match !== undefined) return { operation: match.operation, index: match.index, values };
      miss = 'method';
    }
    return miss;
  }
}

/** Fixed text, null for a parameter alone, or a pattern for a parameter with something around it: '{id}.png'. */
function compile(segment: string): string | RegExp | null {
  if (!segment.includes('{')) return segment;
  if (/^\{[^}]+\}$/.test(segment)) return null;
  const pieces = segment.split(/\{[^}]+\}/).map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pieces.join('(.+)')}$`);
}

function valuesOf(segments: Pattern['segments'], parts: readonly string[]): string[] | undefined {
  const values: string[] = [];
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    const part = parts[i];
    if (segment === null) {
      if (part === '') return undefined;
      values.push(decoded(part));
    } else if (typeof segment === 'string') {
      if (segment !== part) return undefined;
    } else {
      const found = segment.exec(part);
      if (found === null) return undefined;
      for (let k = 1; k < found.length; k++) values.push(decoded(found[k]));
    }
  }
  return values;
}

/** Percent-encoding undone; text with a broken one stays as it is. */
export function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Value of a query parameter, decoded; undefined if it is not there. */
export function queryValue(target: string, name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  let at = target.indexOf('?');
  while (at >= 0) {
    const start = at + 1;
    at = target.indexOf('&', start);
    if (!target.startsWith(name, start) || target[start + name.length] !== '=') continue;
    const value = target.slice(start + name.length + 1, at < 0 ? undefined : at);
    return decoded(value.includes('+') ? value.replaceAll('+', ' ') : value);
  }
  return undefined;
}

function grouped(operations: readonly SiteOperation[]): Map<string, SiteOperation[]> {
  const groups = new Map<string, SiteOperation[]>();
  for (const operation of operations) {
    const group = groups.get(operation.template);
    if (group === undefined) groups.set(operation.template, [operation]);
    else group.push(operation);
  }
  return groups;
}
