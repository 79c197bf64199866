/**
 * The way somebody goes through an API, as steps from route to route, and how surprising it is to a learned model of second
 * order with back-off (Katz 1987; Dirichlet smoothing after MacKay and Peto 1995). Probabilities were turned into
 * millinats when the model was learned: here integers are looked up and added.
 * Cells: [step before the last, last step, seconds of it, steps, sum of surprise, worst of them, from, to, its age].
 */
import { mix32 } from '../../lib/hash.ts';
import { CELL_MAX, type Work } from './cells.ts';

export const PATH_CELLS = 9;

/** Before the first step, and a step that leads to no known route. */
export const STEP = { start: 0, elsewhere: 1 } as const;
/** Steps that a sum remembers: older ones fade. */
export const PATH_MEMORY = 16;
/** The most that one step can say, in millinats: it happens once in e^12 = 160,000. */
export const SURPRISE_MAX = 12_000;

/** A learned model of transitions; steps are {@link stepOf}, figures millinats. */
export interface Transitions {
  /** Equal for equal models: stands for them in the program's text. */
  readonly version: string;
  /** Surprise of a step that was never seen at all. */
  readonly unseen: number;
  /** [step, surprise, back-off] in turn. */
  readonly steps: readonly number[];
  /** [from, to, surprise]. */
  readonly pairs: readonly number[];
  /** [before, from, back-off]. */
  readonly contexts: readonly number[];
  /** [before, from, to, surprise]. */
  readonly triples: readonly number[];
}

/** Nothing was learned: no step surprises. */
export const NO_TRANSITIONS: Transitions = {
  version: 'none',
  unseen: 0,
  steps: [],
  pairs: [],
  contexts: [],
  triples: [],
};

/** Number of a step: a route of the model, read or written. */
export const stepOf = (route: number, writes: boolean): number => route * 2 + (writes ? 1 : 0);

/** Three integers → one, in flat memory: a Map would make a text of every key. */
class Lookup {
  private readonly cells: Int32Array;
  private readonly mask: number;

  constructor(entries: number) {
    let size = 16;
    while (size < entries * 2) size *= 2;
    this.cells = new Int32Array(size * 4).fill(-1);
    this.mask = size - 1;
  }

  set(a: number, b: number, c: number, value: number): void {
    const at = this.place(a, b, c);
    this.cells[at] = a;
    this.cells[at + 1] = b;
    this.cells[at + 2] = c;
    this.cells[at + 3] = value;
  }

  /** −1 where there is none. */
  get(a: number, b: number, c: number): number {
    return this.cells[this.place(a, b, c) + 3];
  }

  private place(a: number, b: number, c: number): number {
    const { cells, mask } = this;
    let slot = mix32(Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b) ^ c) & mask;
    for (;;) {
      const at = slot * 4;
      if (cells[at] === -1) return at;
      if (cells[at] === a && cells[at + 1] === b && cells[at + 2] === c) return at;
      slot = (slot + 1) & mask;
    }
  }
}

/** Transitions as they are looked up. */
export class PathTable {
  private readonly triples: Lookup;
  private readonly contexts: Lookup;
  private readonly pairs: Lookup;
  private readonly backOff: Lookup;
  private readonly steps: Lookup;
  private readonly unseen: number;

  constructor(model: Transitions) {
    this.unseen = model.unseen;
    this.steps = new Lookup(model.steps.length / 3);
    this.backOff = new Lookup(model.steps.length / 3);
    for (let i = 0; i < model.steps.length; i += 3) {
      this.steps.set(0, 0, model.steps[i], model.steps[i + 1]);
      this.backOff.set(0, 0, model.steps[i], model.steps[i + 2]);
    }
    this.pairs = new Lookup(model.pairs.length / 3);
    for (let i = 0; i < model.pairs.length; i += 3)
      this.pairs.set(0, model.pairs[i], model.pairs[i + 1], model.pairs[i + 2]);
    this.contexts = new Lookup(model.contexts.length / 3);
    for (let i = 0; i < model.contexts.length; i += 3)
      this.contexts.set(0, model.contexts[i], model.contexts[i + 1], model.contexts[i + 2]);
    this.triples = new Lookup(model.triples.length / 4);
    for (let i = 0; i < model.triples.length; i += 4)
      this.triples.set(model.triples[i], model.triples[i + 1], model.triples[i + 2], model.triples[i + 3]);
  }

  /** −ln p(to | before, from) in millinats, at most {@link SURPRISE_MAX}. */
  surprise(before: number, from: number, to: number): number {
    const known = this.triples.get(before, from, to);
    if (known >= 0) return known;
    let sum = Math.max(0, this.contexts.get(0, before, from));
    const pair = this.pairs.get(0, from, to);
    if (pair >= 0) sum += pair;
    else {
      const step = this.steps.get(0, 0, to);
      sum += Math.max(0, this.backOff.get(0, 0, from)) + (step >= 0 ? step : this.unseen);
    }
    return sum > SURPRISE_MAX ? SURPRISE_MAX : sum;
  }
}

export function applyPath(w: Work, at: number, value: number, table: PathTable, breakMs: number): void {
  const { cells, values } = w;
  if (!w.readOnly && w.step !== STEP.start) {
    const gapSec = w.nowSec - (cells[at + 2] >>> 0);
    // After a pause somebody begins anew: what came before is no context for it.
    if (gapSec * 1000 > breakMs) cells.fill(0, at, at + PATH_CELLS);
    const before = cells[at];
    const from = cells[at + 1];
    if (from !== STEP.start) note(cells, at, from, w.step, table.surprise(before, from, w.step));
    cells[at] = from;
    cells[at + 1] = w.step;
    if (gapSec > 0) cells[at + 2] = w.nowSec;
  }
  const n = cells[at + 3];
  values[value] = n;
  values[value + 1] = n === 0 ? 0 : Math.floor(cells[at + 4] / Math.min(n, PATH_MEMORY));
  values[value + 2] = cells[at + 5];
  values[value + 3] = cells[at + 6];
  values[value + 4] = cells[at + 7];
}

function note(cells: Int32Array, at: number, from: number, to: number, surprise: number): void {
  const n = cells[at + 3];
  cells[at + 4] += surprise - (n >= PATH_MEMORY ? Math.floor(cells[at + 4] / PATH_MEMORY) : 0);
  if (n < CELL_MAX) cells[at + 3] = n + 1;
  cells[at + 8]++;
  if (surprise < cells[at + 5] && cells[at + 8] < PATH_MEMORY) return;
  cells[at + 5] = surprise;
  cells[at + 6] = from;
  cells[at + 7] = to;
  cells[at + 8] = 0;
}
