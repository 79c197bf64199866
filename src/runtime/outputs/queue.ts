/** What waits to be sent: bounded in events and in bytes, those that are on their way included. */
import type { Severity, SiemKind } from './event.ts';

/** One event, ready to be sent. */
export interface Item {
  /** Without a line break. */
  readonly text: string;
  /** UTF-8 bytes of the text. */
  readonly bytes: number;
  readonly timeMs: number;
  readonly severity: Severity;
  readonly kind: SiemKind;
  readonly id: string;
}

/** Memory that an item takes besides its text, in bytes: so that many small ones are bounded, too. */
const ITEM_BYTES = 256;
/** Places at the front that are free before the rest moves up. */
const COMPACT_AT = 1024;

export interface QueueBounds {
  readonly events: number;
  readonly bytes: number;
  readonly onFull: 'drop-oldest' | 'drop-newest';
}

export class BoundedQueue {
  readonly #bounds: QueueBounds;
  #waiting: (Item | undefined)[] = [];
  #head = 0;
  #flying: readonly Item[] = [];
  #bytes = 0;

  constructor(bounds: QueueBounds) {
    this.#bounds = bounds;
  }

  /** Events in it, those on their way included. */
  get size(): number {
    return this.#waiting.length - this.#head + this.#flying.length;
  }

  /** Bytes they take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an event; gives back how many were dropped for it, itself included. What is on its way is never dropped. */
  push(item: Item): number {
    const { onFull } = this.#bounds;
    let dropped = 0;
    while (!this.#fits(item)) {
      dropped++;
      if (onFull === 'drop-newest' || this.#shift() === undefined) return dropped;
    }
    this.#waiting.push(item);
    this.#bytes += item.bytes + ITEM_BYTES;
    return dropped;
  }

  /** The first ones, in order: on their way until {@link confirm} or {@link putBack}. At least one where there is any. */
  take(events: number, bytes: number): readonly Item[] {
    const batch: Item[] = [];
    let sum = 0;
    while (this.#head < this.#waiting.length && batch.length < events) {
      const item = this.#waiting[this.#head] as Item;
      if (batch.length > 0 && sum + item.bytes > bytes) break;
      sum += item.bytes;
      batch.push(item);
      this.#next();
    }
    this.#flying = batch;
    return batch;
  }

  /** Those on their way have arrived, or will never: they are forgotten. */
  confirm(): void {
    for (const item of this.#flying) this.#bytes -= item.bytes + ITEM_BYTES;
    this.#flying = [];
  }

  /** Those on their way have not arrived: they are the first again. */
  putBack(): void {
    this.#waiting = [...this.#flying, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
    this.#flying = [];
  }

  /** Everything, in order; the queue is empty then. */
  drain(): Item[] {
    const all = [...this.#flying, ...(this.#waiting.slice(this.#head) as Item[])];
    this.#waiting = [];
    this.#head = 0;
    this.#flying = [];
    this.#bytes = 0;
    return all;
  }

  #fits({ bytes }: Item): boolean {
    return this.size < this.#bounds.events && this.#bytes + bytes + ITEM_BYTES <= this.#bounds.bytes;
  }

  #shift(): Item | undefined {
    const item = this.#waiting[this.#head];
    if (item === undefined) return undefined;
    this.#bytes -= item.bytes + ITEM_BYTES;
    this.#next();
    return item;
  }

  #next(): void {
    this.#waiting[this.#head++] = undefined;
    if (this.#head < COMPACT_AT || this.#head * 2 < this.#waiting.length) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#head = 0;
  }
}
