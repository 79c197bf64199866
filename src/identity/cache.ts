/**
 * A cache in two generations. What was asked for since the last turn is young; when the young are as many as the bound, they
 * become the old and the old go. A look-up costs one or two Map reads, nothing is reordered, and at most twice the bound is
 * held. Entries end at a time of their own.
 */
export class Cache<V> {
  private young = new Map<string, { readonly value: V; readonly untilMs: number }>();
  private old = new Map<string, { readonly value: V; readonly untilMs: number }>();
  private readonly most: number;

  /** `most`: entries of one generation. */
  constructor(most: number) {
    this.most = Math.max(1, most);
  }

  get(key: string, nowMs: number): V | undefined {
    let entry = this.young.get(key);
    if (entry === undefined) {
      entry = this.old.get(key);
      if (entry === undefined) return undefined;
      if (entry.untilMs > nowMs) this.put(key, entry);
    }
    if (entry.untilMs > nowMs) return entry.value;
    this.delete(key);
    return undefined;
  }

  set(key: string, value: V, untilMs: number): void {
    this.put(key, { value, untilMs });
  }

  delete(key: string): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  /** Entries held, those that have ended among them. */
  get size(): number {
    return this.young.size + this.old.size;
  }

  private put(key: string, entry: { readonly value: V; readonly untilMs: number }): void {
    if (this.young.size >= this.most && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, entry);
  }
}
