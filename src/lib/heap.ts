/** A binary min-heap of numbers. */
export class MinHeap {
  private readonly items: number[] = [];

  get size(): number {
    return this.items.length;
  }
  /** The smallest number; undefined when empty. */
  peek(): number | undefined {
    return this.items[0];
  }

  push(x: number): void {
    const { items } = this;
    let i = items.push(x) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent] <= x) break;
      items[i] = items[parent];
      i = parent;
    }
    items[i] = x;
  }

  pop(): number | undefined {
    const { items } = this;
    const top = items[0];
    const x = items.pop();
    if (items.length === 0 || x === undefined) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1] < items[child]) child++;
      if (items[child] >= x) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = x;
    return top;
  }
}
