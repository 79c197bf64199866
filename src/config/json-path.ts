/**
 * JSONPath (RFC 9535) as a configuration may write it: read once, and refused where it is none or where its time over values of
 * strangers could not be bounded. What a path gives is evaluated elsewhere.
 */
import parse from 'jsonpath-rfc9535/parser';
import { z } from 'zod';
import { hint } from './problems.ts';

/** Longest path, in characters, and most parts of one. */
const MAX_EXPRESSION = 500;
const MAX_SEGMENTS = 20;
/** Characters of a path that a message repeats before the place of a mistake. */
const MAX_SHOWN = 20;

const FUNCTIONS = ['length', 'count', 'value'];
/** They take regular expressions. */
const UNBOUNDED = ['match', 'search'];

/** What the parser gives, as far as it is looked at. */
export interface PathNode {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly start?: number | null;
  readonly end?: number | null;
  readonly step?: number | null;
  readonly node?: PathNode;
  readonly selectors?: readonly PathNode[];
  readonly segments?: readonly PathNode[];
}

export interface PathMistake {
  /** Characters before the place where it is. */
  readonly at: number;
  /** In words, with that place. */
  readonly message: string;
}

/** The parts of a path, or what is wrong with it. */
export function readJsonPath(expression: string): readonly PathNode[] | PathMistake {
  if (expression.length > MAX_EXPRESSION)
    return { at: MAX_EXPRESSION, message: `a path has at most ${MAX_EXPRESSION} characters` };
  let segments: readonly PathNode[];
  try {
    segments = (parse(expression) as unknown as PathNode).segments ?? [];
  } catch (error) {
    return syntaxMistake(expression, (error as { location?: { start: { offset: number } } }).location?.start.offset);
  }
  return boundMistake(expression, segments) ?? segments;
}

export const isMistake = (read: readonly PathNode[] | PathMistake): read is PathMistake => 'message' in read;

/** A key whose value is a path: SP8002, with the place in it. */
export const jsonPath = () =>
  z.string().superRefine((value, context) => {
    const read = readJsonPath(value);
    if (!isMistake(read)) return;
    context.addIssue({ code: 'custom', message: read.message, params: { code: 'SP8002', at: read.at } });
  });

function syntaxMistake(expression: string, at = 0): PathMistake {
  if (!expression.startsWith('$')) {
    const meant = expression.startsWith('.') || expression.startsWith('[') ? `$${expression}` : `$.${expression}`;
    const near = isPath(meant) ? `; did you mean "${meant}"?` : '';
    return { at: 0, message: `a path begins with $, the whole body${near}` };
  }
  const before = expression.slice(Math.max(0, at - MAX_SHOWN), at);
  const behind = before === '' ? '' : ` behind "${at > MAX_SHOWN ? '…' : ''}${before}"`;
  if (at >= expression.length) {
    const blank = /\s$/.test(expression) ? ': there is a blank at its end' : '';
    return { at: expression.length, message: `the path breaks off${behind}${blank}` };
  }
  return { at, message: `"${expression[at]}" cannot stand${behind}, as character ${at + 1} of the path` };
}

function isPath(expression: string): boolean {
  try {
    parse(expression);
    return true;
  } catch {
    return false;
  }
}

/** What could take too long, or never gives anything. */
function boundMistake(expression: string, segments: readonly PathNode[]): PathMistake | null {
  if (segments.length > MAX_SEGMENTS) return { at: 0, message: `the path has more than ${MAX_SEGMENTS} parts` };
  for (const name of functionsOf(segments)) {
    const at = Math.max(0, expression.indexOf(`${name}(`));
    if (UNBOUNDED.includes(name))
      return { at, message: `"${name}" takes a regular expression, whose time has no bound: it cannot be used` };
    if (!FUNCTIONS.includes(name))
      return {
        at,
        message: `there is no function "${name}"${hint(name, FUNCTIONS)}; functions are length, count, value`,
      };
  }
  const filters = filtersOf(segments);
  if (filters.length === 0) return null;
  const at = expression.indexOf('?');
  // Within a filter every further star multiplies the time by the size of the value.
  if (filters.some((filter) => SEARCHES.test(filter)))
    return { at, message: 'this filter searches: within a filter only names and places may be compared' };
  if (segments.filter(({ type }) => type === 'DescendantSegment').length > 1)
    return { at, message: 'a path with a filter may search at all depths (..) once' };
  return null;
}

const SEARCHES = /"(?:DescendantSegment|WildcardSelector|SliceSelector|FilterSelector)"/;

const functionsOf = (segments: readonly PathNode[]): string[] =>
  [...JSON.stringify(segments).matchAll(/"type":"FunctionExpr","name":"(\w+)"/g)].map(([, name]) => name);

function filtersOf(segments: readonly PathNode[]): string[] {
  return segments
    .flatMap((segment) => segment.node?.selectors ?? [])
    .filter((selector) => selector.type === 'FilterSelector')
    .map((selector) => JSON.stringify(selector.value));
}
