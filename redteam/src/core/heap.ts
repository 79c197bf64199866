/**
 * A binary heap of items by a numeric key, smallest first. Keys lie apart from the items, so that comparing touches numbers
 * only: the event loop asks for the smallest key once for every exchange.
 */
export class Heap<T> {
  private keys = new Float64Array(64);
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  /** The smallest key; Infinity if there is nothing. */
  get minimum(): number {
    return this.items.length === 0 ? Number.POSITIVE_INFINITY : this.keys[0];
  }

  /** The item with the smallest key; undefined if there is nothing. */
  peek(): T | undefined {
    return this.items[0];
  }

  /** @throws RangeError for a key that cannot be compared */
  push(key: number, item: T): void {
    if (Number.isNaN(key)) throw new RangeError('a key of a heap is a number');
    const at = this.items.length;
    if (at === this.keys.length) this.grow();
    this.items.push(item);
    this.rise(at, key, item);
  }

  /** Takes out the item with the smallest key; undefined if there is nothing. */
  pop(): T | undefined {
    const { items, keys } = this;
    if (items.length === 0) return undefined;
    const top = items[0];
    const last = items.pop() as T;
    if (items.length > 0) this.sink(keys[items.length], last);
    return top;
  }

  /**
   * Gives the smallest item a new key: cheaper than taking it out and putting it back.
   * @throws RangeError for a key that cannot be compared, or an empty heap
   */
  rekeyTop(key: number): void {
    if (Number.isNaN(key) || this.items.length === 0) throw new RangeError('there is nothing to give that key to');
    this.sink(key, this.items[0]);
  }

  private rise(at: number, key: number, item: T): void {
    const { keys, items } = this;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (keys[parent] <= key) break;
      keys[at] = keys[parent];
      items[at] = items[parent];
      at = parent;
    }
    keys[at] = key;
    items[at] = item;
  }

  /** Puts an item in at the top and lets it down to its place. */
  private sink(key: number, item: T): void {
    const { keys, items } = this;
    const n = items.length;
    let at = 0;
    for (let child = 1; child < n; child = 2 * at + 1) {
      if (child + 1 < n && keys[child + 1] < keys[child]) child++;
      if (keys[child] >= key) break;
      keys[at] = keys[child];
      items[at] = items[child];
      at = child;
    }
    keys[at] = key;
    items[at] = item;
  }

  private grow(): void {
    const wider = new Float64Array(this.keys.length * 2);
    wider.set(this.keys);
    this.keys = wider;
  }
}
