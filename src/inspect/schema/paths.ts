/**
 * Paths of a document as a tree over segments. Where several templates fit, the more exact one counts: in the first segment in
 * which they differ, fixed text before a parameter with fixed text around it, and that before a bare parameter.
 */

/** Paths with more segments match nothing. */
const MAX_SEGMENTS = 64;
/** Ways that are tried for one path at most: templates that overlap in every segment must not multiply. */
const MAX_TRIES = 512;

/** One template and whatever stands at it. */
export interface PathItem<T> {
  readonly template: string;
  /** Names of its parameters, in order. */
  readonly names: readonly string[];
  readonly methods: Map<string, T>;
}

interface Node<T> {
  readonly literals: Map<string, Node<T>>;
  readonly open: Open<T>[];
  item: PathItem<T> | null;
}

/** A segment with parameters: the fixed texts around them. One more text than parameters. */
interface Open<T> {
  readonly texts: readonly string[];
  readonly node: Node<T>;
}

export interface Found<T> {
  readonly item: PathItem<T>;
  /** Decoded segments' parts, in the order of {@link PathItem.names}. */
  readonly values: readonly string[];
}

const newNode = <T>(): Node<T> => ({ literals: new Map(), open: [], item: null });
const NO_VALUES: readonly string[] = [];

export class PathTree<T> {
  private readonly root = newNode<T>();
  /** Templates without parameters, by their whole path. */
  private readonly fixed = new Map<string, Found<T>>();
  private tries = 0;

  /** The item of a template; a new one where there is none. */
  item(template: string): PathItem<T> {
    let node = this.root;
    const names: string[] = [];
    for (const segment of segmentsOf(template)) {
      const parts = segment.split(/\{([^{}]*)\}/);
      const texts = parts.filter((_, i) => i % 2 === 0).map(decoded);
      names.push(...parts.filter((_, i) => i % 2 === 1));
      node = texts.length === 1 ? literal(node, texts[0]) : open(node, texts);
    }
    node.item ??= { template, names, methods: new Map() };
    if (names.length === 0) this.fixed.set(template, { item: node.item, values: NO_VALUES });
    return node.item;
  }

  /** The most exact template of a path that has `method`; where none has it, the most exact one; null for none at all. */
  find(path: string, method: string): Found<T> | null {
    const fixed = this.fixed.get(path);
    if (fixed?.item.methods.has(method)) return fixed;
    const segments = segmentsOf(path);
    if (segments.length > MAX_SEGMENTS) return null;
    for (let i = 0; i < segments.length; i++) segments[i] = decoded(segments[i]);
    this.tries = 0;
    return this.walk(this.root, segments, 0, [], method) ?? this.walk(this.root, segments, 0, [], '');
  }

  /** Methods of every template that fits a path. */
  methods(path: string): ReadonlySet<string> {
    const found = new Set<string>();
    const segments = segmentsOf(path);
    this.tries = 0;
    if (segments.length <= MAX_SEGMENTS) this.gather(this.root, segments.map(decoded), 0, found);
    return found;
  }

  private gather(node: Node<T>, segments: readonly string[], at: number, found: Set<string>): void {
    if (at === segments.length) {
      for (const method of node.item?.methods.keys() ?? []) found.add(method);
      return;
    }
    if (++this.tries > MAX_TRIES) return;
    const next = node.literals.get(segments[at]);
    if (next !== undefined) this.gather(next, segments, at + 1, found);
    for (const { texts, node: child } of node.open)
      if (cut(segments[at], texts, [])) this.gather(child, segments, at + 1, found);
  }

  private walk(
    node: Node<T>,
    segments: readonly string[],
    at: number,
    values: string[],
    method: string,
  ): Found<T> | null {
    if (at === segments.length) {
      const { item } = node;
      return item !== null && (method === '' || item.methods.has(method)) ? { item, values: [...values] } : null;
    }
    if (++this.tries > MAX_TRIES) return null;
    const next = node.literals.get(segments[at]);
    const found = next === undefined ? null : this.walk(next, segments, at + 1, values, method);
    if (found !== null) return found;
    for (const { texts, node: child } of node.open) {
      const { length } = values;
      if (!cut(segments[at], texts, values)) continue;
      const below = this.walk(child, segments, at + 1, values, method);
      if (below !== null) return below;
      values.length = length;
    }
    return null;
  }
}

function literal<T>(node: Node<T>, text: string): Node<T> {
  let child = node.literals.get(text);
  if (child === undefined) {
    child = newNode<T>();
    node.literals.set(text, child);
  }
  return child;
}

function open<T>(node: Node<T>, texts: readonly string[]): Node<T> {
  const same = node.open.find((one) => one.texts.join('\0') === texts.join('\0'));
  if (same !== undefined) return same.node;
  const child = newNode<T>();
  node.open.push({ texts, node: child });
  const fixed = (one: Open<T>): number => one.texts.reduce((sum, text) => sum + text.length, 0);
  node.open.sort((a, b) => fixed(b) - fixed(a));
  return child;
}

/** Adds the parts of a segment that stand between fixed texts; false, and nothing added, where it does not fit. */
function cut(segment: string, texts: readonly string[], values: string[]): boolean {
  const last = texts.length - 1;
  const end = segment.length - texts[last].length;
  if (!segment.startsWith(texts[0]) || !segment.endsWith(texts[last])) return false;
  const { length } = values;
  let at = texts[0].length;
  for (let i = 1; i <= last; i++) {
    // A parameter has at least one character: an empty segment is no value of it.
    const next = i === last ? end : segment.indexOf(texts[i], at + 1);
    if (next <= at || next > end) {
      values.length = length;
      return false;
    }
    values.push(segment.slice(at, next));
    at = next + texts[i].length;
  }
  return true;
}

/** Segments of a path; one slash at the end says nothing. */
function segmentsOf(path: string): string[] {
  const end = path.length > 1 && path.endsWith('/') ? path.length - 1 : path.length;
  return end <= 1 ? [] : path.slice(1, end).split('/', MAX_SEGMENTS + 1);
}

/** A text without percent signs is itself; one that cannot be decoded, too. */
export function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
