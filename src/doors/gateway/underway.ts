/** The exchanges under way: who has to tell how it stands when it takes long, and how many there are. */
import type { Verdict } from '../../runtime/live/verdict.ts';
import type { Admitted } from './http/admit.ts';

/** An exchange under way, as far as its rooms look at it. */
export interface Underway {
  readonly inbound: Admitted;
  readonly verdict: Verdict;
  readonly traceId: string;
  /** Where it stands in the list that holds it. */
  place: number;
  partial(nowMs: number): void;
}

/**
 * An array in which the last one takes the place of one that goes. A Set would leave each table that it has filled up with
 * comings and goings behind, and the table after it hangs on that one: once it is in the old generation it holds what came
 * later, and the collector copies a quarter of all requests that are long over.
 */
export class UnderwayList {
  private readonly items: Underway[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: Underway): void {
    item.place = this.items.length;
    this.items.push(item);
  }

  /** Takes out one that is in the list. */
  remove(item: Underway): void {
    const last = this.items.pop() as Underway;
    if (last === item) return;
    this.items[item.place] = last;
    last.place = item.place;
  }

  /** Calls each; what is called may end and so leave the list. */
  each(call: (item: Underway) => void): void {
    for (let i = this.items.length - 1; i >= 0; i--) call(this.items[i]);
  }
}
