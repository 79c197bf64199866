/**
 * How often a backtracking matcher can try the same text, from an automaton: a loop that can be run through in two ways on one
 * text makes it exponential; loops that can share a text between them make it a power of its length. After Weideman, van der
 * Merwe, Berglund and Watson, "Analyzing matching time behavior of backtracking regular expression matchers" (CIAA 2016).
 */
import type { Automaton } from './automaton.ts';
import { common } from './ranges.ts';

/** Steps of one check: patterns that need more are taken for dangerous. */
const MAX_STEPS = 400_000;

/** The power of a text's length that matching may take: 1 for linear, Infinity for exponential. */
export function growth(automaton: Automaton): number {
  return new Check(automaton).growth();
}

class Check {
  private readonly sets: Automaton['sets'];
  private readonly edges: readonly (readonly number[])[];
  private readonly follows: Automaton['follows'];
  private readonly meets = new Map<number, boolean>();
  private steps = 0;

  constructor({ sets, follows }: Automaton) {
    this.sets = sets;
    this.follows = follows;
    this.edges = follows.map((ways) => [...ways.keys()].filter((q) => sets[q].length > 0));
  }

  growth(): number {
    const loops = this.loops();
    if (loops.some((loop) => this.isExponential(loop))) return Number.POSITIVE_INFINITY;
    // Loops come in an order in which later ones never lead to earlier ones once reversed: longest chain by memory.
    const longest = new Map<number, number>();
    const chain = (at: number): number => {
      const known = longest.get(at);
      if (known !== undefined) return known;
      let best = 1;
      longest.set(at, best);
      for (let next = 0; next < loops.length; next++) {
        if (next !== at && this.shares(loops[at], loops[next])) best = Math.max(best, 1 + chain(next));
      }
      longest.set(at, best);
      return best;
    };
    return loops.reduce((most, _, at) => Math.max(most, chain(at)), 1);
  }

  /** Positions that can come back to themselves, by what they can go round with. */
  private loops(): number[][] {
    const reach = this.edges.map((_, p) => this.reachable(p));
    const seen = new Set<number>();
    const loops: number[][] = [];
    for (let p = 0; p < this.edges.length; p++) {
      if (seen.has(p) || !reach[p].has(p)) continue;
      const loop = [...reach[p]].filter((q) => reach[q].has(p));
      for (const q of loop) seen.add(q);
      loops.push(loop);
    }
    return loops;
  }

  private reachable(from: number): Set<number> {
    const found = new Set<number>();
    const open = [...this.edges[from]];
    for (let q = open.pop(); q !== undefined; q = open.pop()) {
      if (found.has(q)) continue;
      found.add(q);
      this.step(1);
      open.push(...this.edges[q]);
    }
    return found;
  }

  /** Can a loop be gone round in two ways that take the same text? */
  private isExponential(loop: readonly number[]): boolean {
    const inside = new Set(loop);
    for (const p of loop) {
      for (const [q, ways] of this.follows[p]) if (inside.has(q) && ways > 1) return true;
    }
    const n = this.edges.length;
    const back = new Map<number, number[]>();
    const open = loop.map((p) => p * n + p);
    const seen = new Set(open);
    for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
      for (const next of this.nextPairs(Math.floor(pair / n), pair % n, inside)) {
        const before = back.get(next);
        if (before === undefined) back.set(next, [pair]);
        else before.push(pair);
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return this.partAndMeet(loop, back, n);
  }

  /** Backwards from two ways that have met: were they ever apart? */
  private partAndMeet(loop: readonly number[], back: ReadonlyMap<number, readonly number[]>, n: number): boolean {
    const open = loop.map((p) => p * n + p);
    const seen = new Set(open);
    for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
      for (const before of back.get(pair) ?? []) {
        if (seen.has(before)) continue;
        if (Math.floor(before / n) !== before % n) return true;
        seen.add(before);
        open.push(before);
      }
    }
    return false;
  }

  private nextPairs(x: number, y: number, inside: ReadonlySet<number>): number[] {
    const n = this.edges.length;
    const next: number[] = [];
    for (const p of this.edges[x]) {
      if (!inside.has(p)) continue;
      for (const q of this.edges[y]) {
        this.step(1);
        if (inside.has(q) && this.meet(p, q)) next.push(p * n + q);
      }
    }
    return next;
  }

  /** Is there a text that goes round one loop, round the other, and from the one to the other? */
  private shares(one: readonly number[], other: readonly number[]): boolean {
    if (!one.some((p) => other.some((q) => this.meet(p, q)))) return false;
    const first = new Set(one);
    const third = new Set(other);
    if (!this.reachable(one[0]).has(other[0])) return false;
    for (const p of one) for (const q of other) if (this.runs(p, q, first, third)) return true;
    return false;
  }

  /** Three walks over one text at once, from (p, p, q) to (p, q, q). */
  private runs(p: number, q: number, first: ReadonlySet<number>, third: ReadonlySet<number>): boolean {
    const n = this.edges.length;
    const goal = (p * n + q) * n + q;
    const open = [(p * n + p) * n + q];
    const seen = new Set(open);
    for (let triple = open.pop(); triple !== undefined; triple = open.pop()) {
      const x = Math.floor(triple / (n * n));
      const y = Math.floor(triple / n) % n;
      const z = triple % n;
      for (const a of this.edges[x]) {
        if (!first.has(a)) continue;
        for (const c of this.edges[z]) {
          if (!third.has(c) || !this.meet(a, c)) continue;
          const both = common(this.sets[a], this.sets[c]);
          for (const b of this.edges[y]) {
            this.step(1);
            if (common(both, this.sets[b]).length === 0) continue;
            const next = (a * n + b) * n + c;
            if (next === goal) return true;
            if (seen.has(next)) continue;
            seen.add(next);
            open.push(next);
          }
        }
      }
    }
    return false;
  }

  private meet(p: number, q: number): boolean {
    const key = p < q ? p * 512 + q : q * 512 + p;
    let known = this.meets.get(key);
    if (known === undefined) {
      known = p === q || common(this.sets[p], this.sets[q]).length > 0;
      this.meets.set(key, known);
    }
    return known;
  }

  private step(count: number): void {
    this.steps += count;
    if (this.steps > MAX_STEPS) throw new RangeError('is too large to be checked');
  }
}
