/**
 * Which keys of a batch have values other than 0. A key that is absent has no record and all its values are 0: nothing of
 * an earlier event may show through. Most keys are absent most of the time, so those that are not are listed.
 */
import type { Batch } from '../engine/batch.ts';
import type { KeyProgram, Program } from '../engine/program.ts';

export class FilledKeys {
  private readonly program: Program;
  private readonly list: Int32Array;
  private readonly isListed: Uint8Array;
  private count = 0;

  constructor(program: Program) {
    program.values.fill(0);
    this.program = program;
    this.list = new Int32Array(program.keys.length);
    this.isListed = new Uint8Array(program.keys.length);
  }

  /** Key `k` is about to get values. */
  add(k: number): void {
    if (this.isListed[k] !== 0) return;
    this.isListed[k] = 1;
    this.list[this.count++] = k;
  }

  /** Clears what the last batch left in keys that this one does not have. */
  clearAbsent(batch: Batch): void {
    const { list } = this;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const k = list[i];
      if (batch.hi[k] !== 0 || batch.lo[k] !== 0) list[kept++] = k;
      else {
        this.clear(this.program.keys[k]);
        this.isListed[k] = 0;
      }
    }
    this.count = kept;
  }

  clear(key: KeyProgram): void {
    const { values } = this.program;
    for (let v = key.value; v < key.valueEnd; v++) values[v] = 0;
  }
}
