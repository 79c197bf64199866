/**
 * Route templates compiled into a trie over segments. Where several templates fit, the one that is more exact in the
 * first segment in which they differ wins: a literal before a parameter with fixed text around it, that before a
 * parameter of a certain shape, that before one that takes anything.
 *
 * In learned templates a parameter's name says what it takes: `{uuid}`, `{hash}`, `{date}` and `{email}` their own shape,
 * `{id}` whatever looks generated, and words with hyphens or digits (not at the root, where pages have such names),
 * `{slug}` anything but what no well-meant path has and, at the end, names with an extension; `{file}` anything. In
 * configured templates every parameter takes anything, whatever its name.
 */
import { combine, hashBytes, lanes } from '../../lib/hash.ts';
import type { RouteTemplate } from '../model.ts';
import { extensionDot, isValue, SHAPE, shapeOf } from './shape.ts';

/** Paths with more segments match no template. */
export const MAX_SEGMENTS = 32;

const SLASH = 0x2f;
const ANY = -1;
const ID = -2;
const VALUE = -3;
const SLUG = -4;
/** How little each of the four takes, by its negative. */
const STRICTNESS = [0, 0, 2, 3, 1];

interface Node {
  readonly id: number;
  /** Children by literal segment; matching looks them up in {@link Edges}. */
  readonly literals: Map<string, Node>;
  /** In the order in which they are tried: most exact first. */
  readonly parameters: Parameter[];
  /** Route id of the template that ends here, 0 none. */
  route: number;
}

interface Parameter {
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
  /** A SHAPE, or ANY, ID, VALUE, SLUG. */
  readonly accepts: number;
  readonly node: Node;
}

const encoder = new TextEncoder();
const NO_NODE: Node = { id: -1, literals: new Map(), parameters: [], route: 0 };

/** (node, hash of a literal segment) → child, by open addressing: the whole trie's literals in four arrays. */
class Edges {
  private readonly mask: number;
  private readonly parent: Int32Array;
  private readonly hi: Int32Array;
  private readonly lo: Int32Array;
  private readonly child: Node[];

  constructor(nodes: readonly Node[], seed: number) {
    let size = 16;
    while (size < nodes.length * 2) size *= 2;
    this.mask = size - 1;
    this.parent = new Int32Array(size).fill(-1);
    this.hi = new Int32Array(size);
    this.lo = new Int32Array(size);
    this.child = new Array<Node>(size).fill(NO_NODE);
    for (const node of nodes) {
      for (const [segment, child] of node.literals) {
        const bytes = encoder.encode(segment);
        hashBytes(bytes, 0, bytes.length, seed);
        this.insert(node.id, lanes.hi, lanes.lo, child);
      }
    }
  }

  private insert(parent: number, hi: number, lo: number, child: Node): void {
    let slot = (lo ^ Math.imul(parent + 1, 0x9e3779b1)) & this.mask;
    while (this.parent[slot] >= 0) slot = (slot + 1) & this.mask;
    this.parent[slot] = parent;
    this.hi[slot] = hi;
    this.lo[slot] = lo;
    this.child[slot] = child;
  }

  find(parent: number, hi: number, lo: number): Node {
    let slot = (lo ^ Math.imul(parent + 1, 0x9e3779b1)) & this.mask;
    while (this.parent[slot] >= 0) {
      if (this.parent[slot] === parent && this.lo[slot] === lo && this.hi[slot] === hi) return this.child[slot];
      slot = (slot + 1) & this.mask;
    }
    return NO_NODE;
  }
}

export class RouteMatcher {
  /** Hash of the last match's parameter values, in order; (0, 0) where the template has none. */
  objectHi = 0;
  objectLo = 0;
  /** Numeric value of the last parameter of the last match, −1 where it is not a number below 2^53. */
  objectNumber = -1;
  /** Spans of the last match's parameter values: start and end each. */
  readonly values = new Int32Array(MAX_SEGMENTS * 2);
  valueCount = 0;

  private readonly nodes: Node[] = [];
  private readonly root: Node;
  private readonly edges: Edges;
  private readonly seed: number;
  private readonly starts = new Int32Array(MAX_SEGMENTS + 1);
  private segments = 0;
  private buf: Uint8Array = new Uint8Array(0);

  /** Route ids are positions in `routes` plus one. Of two equal templates the first is kept. */
  constructor(routes: readonly RouteTemplate[], seed: number) {
    this.seed = seed;
    this.root = this.newNode();
    for (let i = 0; i < routes.length; i++) if (routes[i].retired !== true) this.add(routes[i], i + 1);
    this.edges = new Edges(this.nodes, seed);
  }

  /** The route id of the decoded path `buf[start, end)` without query, 0 where no template fits. */
  match(buf: Uint8Array, start: number, end: number): number {
    this.valueCount = 0;
    this.objectHi = 0;
    this.objectLo = 0;
    this.objectNumber = -1;
    if (start >= end || buf[start] !== SLASH || !this.split(buf, start, end)) return 0;
    this.buf = buf;
    const route = this.walk(this.root, 0);
    if (route === 0) this.valueCount = 0;
    else this.readValues();
    return route;
  }

  private add(route: RouteTemplate, id: number): void {
    let node = this.root;
    const text = route.template.replace(/\/+$/, '');
    const segments = text === '' ? [] : text.slice(1).split('/');
    for (let depth = 0; depth < segments.length; depth++) {
      const segment = segments[depth];
      const open = segment.indexOf('{');
      const close = segment.lastIndexOf('}');
      if (open < 0 || close < open) {
        let next = node.literals.get(segment);
        if (next === undefined) {
          next = this.newNode();
          node.literals.set(segment, next);
        }
        node = next;
      } else {
        const accepts = route.origin === 'learned' ? acceptance(segment.slice(open + 1, close), depth) : ANY;
        node = this.parameterNode(node, segment.slice(0, open), segment.slice(close + 1), accepts);
      }
    }
    if (node.route === 0) node.route = id;
  }

  private newNode(): Node {
    const node = { id: this.nodes.length, literals: new Map<string, Node>(), parameters: [], route: 0 };
    this.nodes.push(node);
    return node;
  }

  private parameterNode(parent: Node, before: string, behind: string, accepts: number): Node {
    const prefix = encoder.encode(before);
    const suffix = encoder.encode(behind);
    for (const p of parent.parameters) {
      if (p.accepts === accepts && sameBytes(p.prefix, prefix) && sameBytes(p.suffix, suffix)) return p.node;
    }
    const parameter = { prefix, suffix, accepts, node: this.newNode() };
    parent.parameters.push(parameter);
    parent.parameters.sort((a, b) => exactness(b) - exactness(a) || a.accepts - b.accepts);
    return parameter.node;
  }

  private split(buf: Uint8Array, start: number, end: number): boolean {
    let count = 0;
    if (end - start > 1) {
      this.starts[count++] = start + 1;
      for (let i = start + 1; i < end; i++) {
        if (buf[i] !== SLASH) continue;
        if (count === MAX_SEGMENTS) return false;
        this.starts[count++] = i + 1;
      }
    }
    this.starts[count] = end + 1;
    this.segments = count;
    return true;
  }

  private walk(node: Node, depth: number): number {
    if (depth === this.segments) return node.route;
    const buf = this.buf;
    const start = this.starts[depth];
    const end = this.starts[depth + 1] - 1;
    if (node.literals.size > 0) {
      hashBytes(buf, start, end, this.seed);
      const next = this.edges.find(node.id, lanes.hi, lanes.lo);
      if (next !== NO_NODE) {
        const route = this.walk(next, depth + 1);
        if (route !== 0) return route;
      }
    }
    for (let i = 0; i < node.parameters.length; i++) {
      const parameter = node.parameters[i];
      if (!fits(parameter, buf, start, end)) continue;
      const plain = parameter.accepts === SLUG && parameter.suffix.length === 0;
      if (plain && depth + 1 === this.segments && extensionDot(buf, start, end) >= 0) continue;
      const mark = this.valueCount++;
      this.values[mark * 2] = start + parameter.prefix.length;
      this.values[mark * 2 + 1] = end - parameter.suffix.length;
      const route = this.walk(parameter.node, depth + 1);
      if (route !== 0) return route;
      this.valueCount = mark;
    }
    return 0;
  }

  private readValues(): void {
    let hi = 0;
    let lo = 0;
    for (let i = 0; i < this.valueCount; i++) {
      hashBytes(this.buf, this.values[i * 2], this.values[i * 2 + 1], this.seed);
      if (i > 0) combine(hi, lo, lanes.hi, lanes.lo);
      hi = lanes.hi;
      lo = lanes.lo;
    }
    this.objectHi = hi;
    this.objectLo = lo;
    if (this.valueCount === 0) return;
    const last = this.valueCount * 2 - 2;
    this.objectNumber = numberAt(this.buf, this.values[last], this.values[last + 1]);
  }
}

/** The decimal number `buf[start, end)`, −1 where it is none or has more than 15 digits. */
export function numberAt(buf: Uint8Array, start: number, end: number): number {
  if (end <= start || end - start > 15) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = buf[i] - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function acceptance(name: string, depth: number): number {
  if (name === 'uuid') return SHAPE.uuid;
  if (name === 'hash') return SHAPE.hash;
  if (name === 'date') return SHAPE.date;
  if (name === 'email') return SHAPE.email;
  if (name === 'slug') return SLUG;
  if (name === 'id') return depth === 0 ? VALUE : ID;
  return ANY;
}

function accepted(accepts: number, shape: number): boolean {
  if (accepts === ANY) return true;
  if (accepts === SLUG) return shape !== SHAPE.junk;
  if (accepts === VALUE) return isValue(shape);
  if (accepts === ID) return isValue(shape) || shape === SHAPE.slug;
  // A hash of digits only looks like a number, and a number with hex letters like a hash.
  return accepts === shape || (accepts === SHAPE.hash && shape === SHAPE.number);
}

/** Rank of a parameter among its siblings, most exact first: fixed text in bytes, then how much it accepts. */
function exactness(parameter: Parameter): number {
  const fixed = parameter.prefix.length + parameter.suffix.length;
  const strictness = parameter.accepts >= 0 ? 4 : STRICTNESS[-parameter.accepts];
  return fixed * 8 + strictness;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function fits(parameter: Parameter, buf: Uint8Array, start: number, end: number): boolean {
  const { prefix, suffix, accepts } = parameter;
  if (end - start <= prefix.length + suffix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (buf[start + i] !== prefix[i]) return false;
  const tail = end - suffix.length;
  for (let i = 0; i < suffix.length; i++) if (buf[tail + i] !== suffix[i]) return false;
  return accepts === ANY || accepted(accepts, shapeOf(buf, start + prefix.length, tail));
}
