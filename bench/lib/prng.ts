/**
 * A seeded generator for made-up traffic (mulberry32, public domain): the same seed gives the same log on every machine.
 * Not for anything secret.
 */
export class Prng {
  private state: number;

  constructor(seed: number) {
    this.state = seed | 0;
  }

  /** A number in [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** A whole number in [0, n). */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  /** A whole number in [0, n), small ones far more often: the cube of a uniform, close to Zipf's law in its head. */
  skewed(n: number): number {
    const u = this.next();
    return Math.floor(u * u * u * n);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)];
  }
}
