/**
 * The automaton of a pattern: one position for each place that takes a character (Glushkov), with the number of ways, one or
 * many, in which one position follows another. A backtracking matcher tries each way, also those that take the same text.
 */
import type { Tree } from './parse.ts';
import { ANY, type Ranges } from './ranges.ts';

/** Position → ways to get there: 1, or 2 for several. */
export type Ways = Map<number, number>;

export interface Automaton {
  readonly sets: readonly Ranges[];
  readonly follows: readonly Ways[];
}

/** Positions of one pattern. */
const MAX_POSITIONS = 300;
/** Repetitions that are written out; beyond it a counted repetition is taken for an endless one, which tries no less. */
const WRITTEN_OUT = 8;
/** Of such a repetition, what is written out before the endless part. */
const WRITTEN_BEFORE = 3;

interface Part {
  readonly first: Ways;
  readonly last: Ways;
  /** Ways to take nothing. */
  readonly empty: number;
}

const NOTHING: Part = { first: new Map(), last: new Map(), empty: 1 };

/**
 * The automaton of a tree. `anywhere`: a match may begin at any character. `open`: it may end at any character, so that what
 * has come to an end once cannot fail any more. RangeError where it would be too large.
 */
export function automatonOf(tree: Tree, anywhere: boolean, open: boolean): Automaton {
  const builder = new Builder();
  const whole = builder.part(tree);
  if (open) for (const position of whole.last.keys()) builder.follows[position].clear();
  if (anywhere) {
    const start = builder.position(ANY);
    builder.link(new Map([[start, 1]]), new Map([[start, 1]]));
    builder.link(new Map([[start, 1]]), whole.first);
  }
  return builder;
}

class Builder implements Automaton {
  readonly sets: Ranges[] = [];
  readonly follows: Ways[] = [];

  position(ranges: Ranges): number {
    if (this.sets.length >= MAX_POSITIONS) throw new RangeError('is too large to be checked');
    this.follows.push(new Map());
    return this.sets.push(ranges) - 1;
  }

  link(from: Ways, to: Ways): void {
    for (const [p, a] of from) for (const [q, b] of to) add(this.follows[p], q, a * b);
  }

  part(tree: Tree): Part {
    switch (tree.kind) {
      case 'set': {
        const at = this.position(tree.ranges);
        return { first: new Map([[at, 1]]), last: new Map([[at, 1]]), empty: 0 };
      }
      case 'sequence':
        return tree.parts.reduce<Part>((before, next) => this.joined(before, this.part(next)), NOTHING);
      case 'either':
        return tree.parts.map((one) => this.part(one)).reduce(either);
      case 'repeat':
        return this.repeated(tree.body, tree.least, tree.most);
      default:
        // Anchors and look-arounds take no character; what they cost is counted apart.
        return NOTHING;
    }
  }

  private joined(a: Part, b: Part): Part {
    this.link(a.last, b.first);
    const first = new Map(a.first);
    if (a.empty > 0) for (const [p, ways] of b.first) add(first, p, ways * a.empty);
    const last = new Map(b.last);
    if (b.empty > 0) for (const [p, ways] of a.last) add(last, p, ways * b.empty);
    return { first, last, empty: Math.min(2, a.empty * b.empty) };
  }

  private repeated(body: Tree, least: number, most: number): Part {
    if (most === 0) return NOTHING;
    const finite = most <= WRITTEN_OUT;
    const before = finite ? least : Math.min(least, WRITTEN_BEFORE);
    let whole = NOTHING;
    for (let i = 0; i < before; i++) whole = this.joined(whole, this.part(body));
    if (!finite) return most > before ? this.joined(whole, this.endless(body)) : whole;
    return most > before ? this.joined(whole, this.upTo(body, most - before)) : whole;
  }

  private endless(body: Tree): Part {
    const part = this.part(body);
    this.link(part.last, part.first);
    return { ...part, empty: 1 };
  }

  /** At most so many times: each one only behind the one before it. */
  private upTo(body: Tree, times: number): Part {
    const part = this.part(body);
    const whole = times > 1 ? this.joined(part, this.upTo(body, times - 1)) : part;
    return { ...whole, empty: 1 };
  }
}

function either(a: Part, b: Part): Part {
  const first = new Map(a.first);
  for (const [p, ways] of b.first) add(first, p, ways);
  const last = new Map(a.last);
  for (const [p, ways] of b.last) add(last, p, ways);
  return { first, last, empty: Math.min(2, a.empty + b.empty) };
}

function add(ways: Ways, position: number, more: number): void {
  ways.set(position, Math.min(2, (ways.get(position) ?? 0) + more));
}
