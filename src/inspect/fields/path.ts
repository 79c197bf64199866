/**
 * JSONPath (RFC 9535) over values that strangers have sent. Paths come from the configuration and are checked once; plain ones
 * are walked by our own code under a budget of steps, those with filters by the library, on values of bounded size.
 */
import { query } from 'jsonpath-rfc9535';
import { isMistake, type PathNode as Node, readJsonPath } from '../../config/json-path.ts';
import { SallyportError } from '../../lib/errors.ts';

/** Values looked at for one path, and results given back at most. */
export const MAX_STEPS = 20_000;
const MAX_RESULTS = 10_000;
/** Levels of a value below which paths with filters are not evaluated: the library calls itself. */
const MAX_DEPTH = 128;

/** A part of a path that needs no filter. */
export type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' };

export interface CompiledPath {
  readonly expression: string;
  /** The parts, where all are names, places and stars; null for others. */
  readonly steps: readonly Step[] | null;
  /** Gives one value at most. */
  readonly singular: boolean;
  /** First value of the path; undefined where there is none. Never throws. */
  first(value: unknown): unknown;
  /** All values, up to a bound. Never throws. */
  all(value: unknown): readonly unknown[];
}

interface Selector {
  readonly kind: 'name' | 'index' | 'all' | 'slice' | 'filter';
  readonly name: string;
  readonly index: number;
  readonly slice: readonly [number | null, number | null, number];
}

interface Segment {
  readonly descends: boolean;
  readonly selectors: readonly Selector[];
}

/** Compiles a path. Throws SP8002 where it is none, or where its time could not be bounded. */
export function compilePath(expression: string): CompiledPath {
  const read = readJsonPath(expression);
  if (isMistake(read)) throw new SallyportError('SP8002', `"${expression}": ${read.message}`);
  const segments = read.map(segmentOf);
  const filtered = segments.some((segment) => segment.selectors.some((s) => s.kind === 'filter'));
  const steps = stepsOf(segments);
  const singular = steps?.every((step) => step.kind !== 'all') ?? false;
  if (singular) {
    const walk = (value: unknown): unknown => walkSteps(value, steps as readonly Step[]);
    const all = (value: unknown): readonly unknown[] => {
      const found = walk(value);
      return found === undefined ? [] : [found];
    };
    return { expression, steps, singular, first: walk, all };
  }
  const all = filtered
    ? (value: unknown) => (isSmall(value) ? guarded(value, expression) : [])
    : (value: unknown) => evaluate(value, segments);
  return { expression, steps, singular, first: (value) => all(value)[0], all };
}

function segmentOf(segment: Node): Segment {
  const node = segment.node as Node;
  const selectors = node.type === 'BracketedSelection' ? (node.selectors ?? []) : [node];
  return { descends: segment.type === 'DescendantSegment', selectors: selectors.map(selectorOf) };
}

function selectorOf(node: Node): Selector {
  const none = { name: '', index: 0, slice: [null, null, 1] } as const;
  if (node.type === 'WildcardSelector') return { ...none, kind: 'all' };
  if (node.type === 'IndexSelector') return { ...none, kind: 'index', index: Number(node.value) };
  if (node.type === 'FilterSelector') return { ...none, kind: 'filter' };
  if (node.type === 'SliceSelector')
    return { ...none, kind: 'slice', slice: [node.start ?? null, node.end ?? null, node.step ?? 1] };
  return { ...none, kind: 'name', name: String(node.value) };
}

function stepsOf(segments: readonly Segment[]): readonly Step[] | null {
  const steps: Step[] = [];
  for (const { descends, selectors } of segments) {
    const [only] = selectors;
    if (descends || selectors.length !== 1 || only.kind === 'slice' || only.kind === 'filter') return null;
    if (only.kind === 'name') steps.push({ kind: 'name', name: only.name });
    else if (only.kind === 'index') steps.push({ kind: 'index', index: only.index });
    else steps.push({ kind: 'all' });
  }
  return steps;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function member(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function element(value: unknown, index: number): unknown {
  return Array.isArray(value) ? value.at(index) : undefined;
}

function walkSteps(value: unknown, steps: readonly Step[]): unknown {
  let at = value;
  for (const step of steps) {
    if (step.kind === 'name') at = member(at, step.name);
    else if (step.kind === 'index') at = element(at, step.index);
    if (at === undefined) return undefined;
  }
  return at;
}

/** What is left of the work that one path may make. */
interface Budget {
  steps: number;
}

function evaluate(value: unknown, segments: readonly Segment[]): readonly unknown[] {
  const budget: Budget = { steps: MAX_STEPS };
  let found: unknown[] = [value];
  for (const segment of segments) {
    const next: unknown[] = [];
    for (const each of found) {
      if (segment.descends) descend(each, segment.selectors, next, budget);
      else for (const selector of segment.selectors) select(each, selector, next, budget);
      if (budget.steps <= 0 || next.length > MAX_RESULTS) break;
    }
    found = next;
  }
  return found.slice(0, MAX_RESULTS);
}

function select(value: unknown, selector: Selector, out: unknown[], budget: Budget): void {
  if (selector.kind === 'name' || selector.kind === 'index') {
    budget.steps--;
    const found = selector.kind === 'name' ? member(value, selector.name) : element(value, selector.index);
    if (found !== undefined) out.push(found);
    return;
  }
  const children = selector.kind === 'slice' ? sliceOf(value, selector.slice) : childrenOf(value);
  for (const child of children) {
    if (budget.steps-- <= 0) return;
    out.push(child);
  }
}

function childrenOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}

/** RFC 9535, 2.3.4.2.2, by the places themselves. */
function sliceOf(value: unknown, [from, to, step]: Selector['slice']): readonly unknown[] {
  if (!Array.isArray(value) || step === 0) return [];
  const { length } = value;
  const place = (i: number): number => (i < 0 ? length + i : i);
  const out: unknown[] = [];
  if (step > 0) {
    const end = Math.min(length, place(to ?? length));
    for (let i = Math.max(0, place(from ?? 0)); i < end; i += step) out.push(value[i]);
  } else {
    const end = Math.max(-1, to === null ? -1 : place(to));
    for (let i = Math.min(length - 1, place(from ?? length - 1)); i > end; i += step) out.push(value[i]);
  }
  return out;
}

/** The value and all below it, in the order of the document, without calling itself. */
function descend(value: unknown, selectors: readonly Selector[], out: unknown[], budget: Budget): void {
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && budget.steps > 0) {
    const at = waiting.pop();
    for (const selector of selectors) select(at, selector, out, budget);
    const children = childrenOf(at);
    budget.steps -= children.length;
    for (let i = children.length - 1; i >= 0; i--)
      if (typeof children[i] === 'object' && children[i] !== null) waiting.push(children[i]);
  }
}

/** A value that the library gets through quickly, and without running out of stack. */
function isSmall(value: unknown): boolean {
  const waiting: [unknown, number][] = [[value, 0]];
  let seen = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [at, depth] = next;
    if (depth > MAX_DEPTH) return false;
    const children = childrenOf(at);
    seen += children.length;
    if (seen > MAX_STEPS) return false;
    for (const child of children) if (typeof child === 'object' && child !== null) waiting.push([child, depth + 1]);
  }
  return true;
}

function guarded(value: unknown, expression: string): readonly unknown[] {
  try {
    return query(value as Parameters<typeof query>[0], expression).slice(0, MAX_RESULTS);
  } catch {
    // The expression was checked when it was loaded; what is left are values the library cannot take.
    return [];
  }
}
