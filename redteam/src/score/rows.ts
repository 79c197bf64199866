/** Lists of rows by something, as two flat arrays: millions of rows without an object each. */
import type { Text, TruthColumns } from './truth.ts';

/** Row numbers grouped under ids 0 to n − 1, ascending within each. */
export class RowLists {
  private readonly starts: Uint32Array;
  private readonly rows: Uint32Array;

  /** `each` must call back with the same (id, row) pairs in the same order both times; rows ascending. */
  constructor(ids: number, each: (visit: (id: number, row: number) => void) => void) {
    this.starts = new Uint32Array(ids + 1);
    const { starts } = this;
    each((id) => {
      starts[id + 1]++;
    });
    for (let i = 0; i < ids; i++) starts[i + 1] += starts[i];
    this.rows = new Uint32Array(starts[ids]);
    const { rows } = this;
    const next = starts.slice();
    each((id, row) => {
      rows[next[id]++] = row;
    });
  }

  of(id: number): Uint32Array {
    return this.rows.subarray(this.starts[id], this.starts[id + 1]);
  }
}

/** Rows of each value of a text column. */
export function rowsOfText(truth: TruthColumns, text: Text): RowLists {
  const column = truth[text];
  return new RowLists(truth.texts[text].length, (visit) => {
    for (let row = 0; row < truth.rows; row++) visit(column[row], row);
  });
}

/** How many of ascending `rows` have a time before `ms` (at or before it with `inclusive`). */
export function countBefore(rows: Uint32Array, timeMs: Float64Array, ms: number, inclusive = false): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const t = timeMs[rows[middle]];
    if (t < ms || (inclusive && t === ms)) low = middle + 1;
    else high = middle;
  }
  return low;
}
