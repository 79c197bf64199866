/** What is asked for most: Zipf's law over products and words, with the ranks dealt out anew in every world. */
import { Random, Zipf } from '../core/random.ts';

/** Ids beyond the most popular ones of this number are drawn alike: nobody could tell the tail's ranks apart. */
const RANKED = 50_000;

export class Popularity {
  private readonly zipf: Zipf;
  private readonly ids: Int32Array;

  /** Ids 1 to n, ranked by chance. */
  constructor(n: number, exponent: number, random: Random) {
    const ranked = Math.max(1, Math.min(n, RANKED));
    this.zipf = new Zipf(ranked, exponent);
    this.ids = Int32Array.from({ length: ranked }, (_, i) => i + 1);
    for (let i = ranked - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [this.ids[i], this.ids[j]] = [this.ids[j], this.ids[i]];
    }
  }

  draw(random: Random): number {
    return this.ids[this.zipf.draw(random)];
  }
}

/** The n-th stream of a seed: cheap to make, the same whenever it is asked for. */
export function streamOf(seed: number, n: number): Random {
  return new Random((seed ^ Math.imul(n + 1, 0x9e3779b1)) >>> 0);
}
