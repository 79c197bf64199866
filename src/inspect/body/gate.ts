/** How many bodies are decompressed at once: each holds memory until it is done. */

/** Bodies that may wait for their turn. */
const MAX_WAITING = 256;

export class Gate {
  private readonly limit: number;
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Does it now, or in its turn; null where too many wait. What is done at once takes no turn. */
  run<T>(work: () => T | Promise<T>): T | Promise<T> | null {
    if (this.running < this.limit) return this.begin(work);
    if (this.waiting.length >= MAX_WAITING) return null;
    return new Promise<T>((resolve, reject) => {
      this.waiting.push(() => {
        try {
          resolve(this.begin(work));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  private begin<T>(work: () => T | Promise<T>): T | Promise<T> {
    const result = work();
    if (!(result instanceof Promise)) return result;
    this.running++;
    return result.finally(() => {
      this.running--;
      this.next();
    });
  }

  private next(): void {
    if (this.running >= this.limit || this.waiting.length === 0) return;
    this.waiting.shift()?.();
    // What was done at once leaves its place to the one behind it, when others have had their turn.
    if (this.running < this.limit && this.waiting.length > 0) setImmediate(() => this.next());
  }
}
