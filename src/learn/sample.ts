/**
 * A bounded sample of history that does not depend on the order of its lines.
 *
 * The unit is a cell: one actor in one hour. Cells are kept by the smallest hash of (actor, hour), as many as fit into a
 * fixed number of requests, and within a cell the requests of the smallest hash. Because a cell once given up can never
 * come back (the bound only falls), what remains is the same whatever came first; because cells are drawn and not
 * requests, one loud actor is one cell an hour and cannot drown the others.
 */
import { combine, lanes, mix32 } from '../lib/hash.ts';

/** Requests kept in all. About 100 bytes each while learning. */
export const SAMPLE_REQUESTS = 60_000;
/** Requests kept of one actor and hour. */
export const CELL_REQUESTS = 1000;

const HOUR_MS = 3_600_000;

/** One request as it is remembered. Plain values only: equal requests are interchangeable. */
export interface Observation {
  /** Draws the requests of a full cell. */
  readonly key: number;
  /** Decoded path, one char a byte. */
  readonly path: string;
  readonly status: number;
  /** Index in METHODS. */
  readonly method: number;
  /** Minute of its hour. */
  readonly minute: number;
  /** End of the exchange, in ms from the beginning of the hour that it began in. */
  readonly at: number;
  /** Cost units, 0 unknown. */
  readonly cost: number;
  /** Host it was for or, where the log has none and starting with ":", host of its referrer; '' unknown. */
  readonly site: string;
  /** False for requests that say of themselves that they probe: they are counted but teach no route. */
  readonly teaches: boolean;
}

/** What one actor did in one hour. */
export class Cell {
  /** Place in the order in which cells are kept: 53 bits. */
  readonly key: number;
  /** The actor, as 53 bits of its key. */
  readonly actor: number;
  /** Hours since 1970. */
  readonly hour: number;
  /** Requests seen, kept or not. */
  seen = 0;
  /** Highest SOFTWARE_CLASS among those that declare themselves, bot and tool; 0 where nobody did. */
  software = 0;
  requests: Observation[] = [];

  constructor(key: number, actor: number, hour: number) {
    this.key = key;
    this.actor = actor;
    this.hour = hour;
  }

  get kept(): number {
    return Math.min(this.seen, CELL_REQUESTS);
  }

  add(request: Observation): void {
    this.seen++;
    this.requests.push(request);
    // Twice the bound before it is cut: sorting stays cheap per request.
    if (this.requests.length >= CELL_REQUESTS * 2) this.cut();
  }

  cut(): void {
    this.requests.sort(compareRequests);
    if (this.requests.length > CELL_REQUESTS) this.requests.length = CELL_REQUESTS;
  }
}

function compareRequests(a: Observation, b: Observation): number {
  return (
    a.key - b.key ||
    a.at - b.at ||
    a.cost - b.cost ||
    a.status - b.status ||
    a.method - b.method ||
    Number(a.teaches) - Number(b.teaches) ||
    compareText(a.path, b.path) ||
    compareText(a.site, b.site)
  );
}

/** Order of code units: the same in every locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** 53 bits of two lanes, as a number. */
export function wide(hi: number, lo: number): number {
  return (hi >>> 0) * 2_097_152 + (lo >>> 11);
}

const hourOf = (timeMs: number): number => (Number.isNaN(timeMs) ? 0 : Math.floor(timeMs / HOUR_MS));

/** A cell as another thread is told of it. */
export type CellRecord = Pick<Cell, 'key' | 'actor' | 'hour' | 'seen' | 'software' | 'requests'>;

/** The number that stands for an actor in {@link Cell.actor}. */
export function actorNumber(actorHi: number, actorLo: number, seed: number): number {
  combine(actorHi, actorLo, seed, 0);
  return wide(lanes.hi, lanes.lo);
}

export class HistorySample {
  private readonly seed: number;
  private readonly limit: number;
  private readonly byKey = new Map<number, Cell>();
  /** Binary heap, largest key first. */
  private readonly heap: Cell[] = [];
  private kept = 0;
  private bound = Number.POSITIVE_INFINITY;

  constructor(seed: number, limit: number = SAMPLE_REQUESTS) {
    this.seed = seed;
    this.limit = limit;
  }

  /** The cell of an actor and time, null where it is not in the sample. A new cell counts once a request is added. */
  cellFor(actorHi: number, actorLo: number, timeMs: number): Cell | null {
    const key = this.keyOf(actorHi, actorLo, timeMs);
    if (key >= this.bound) return null;
    const hour = hourOf(timeMs);
    let cell = this.byKey.get(key);
    if (cell === undefined) {
      cell = new Cell(key, actorNumber(actorHi, actorLo, this.seed), hour);
      this.byKey.set(key, cell);
      this.push(cell);
    }
    return cell;
  }

  /** False where {@link cellFor} would say no. */
  wants(actorHi: number, actorLo: number, timeMs: number): boolean {
    return this.keyOf(actorHi, actorLo, timeMs) < this.bound;
  }

  private keyOf(actorHi: number, actorLo: number, timeMs: number): number {
    combine(actorHi, actorLo, this.seed, mix32(hourOf(timeMs) ^ this.seed));
    return wide(lanes.hi, lanes.lo);
  }

  add(cell: Cell, request: Observation): void {
    const before = cell.kept;
    cell.add(request);
    this.kept += cell.kept - before;
    while (this.kept > this.limit && this.heap.length > 1) this.dropLargest();
  }

  get requests(): number {
    return this.kept;
  }

  /** Gives up the cells that are named, as if their actors had never come. */
  drop(isUnwanted: (cell: Cell) => boolean): void {
    const stay = this.heap.filter((cell) => !isUnwanted(cell));
    if (stay.length === this.heap.length) return;
    this.heap.length = 0;
    this.byKey.clear();
    this.kept = 0;
    for (const cell of stay) this.restore(cell);
  }

  /**
   * The cells as they are, in pieces of about so many requests: what another thread is sent, a piece at a time, while this
   * one goes on sampling.
   */
  *pieces(size: number): Generator<CellRecord[]> {
    let piece: CellRecord[] = [];
    let requests = 0;
    for (const cell of [...this.heap]) {
      if (cell.requests.length > CELL_REQUESTS) cell.cut();
      const { key, actor, hour, seen, software } = cell;
      piece.push({ key, actor, hour, seen, software, requests: cell.requests });
      requests += cell.requests.length;
      if (requests < size) continue;
      yield piece;
      piece = [];
      requests = 0;
    }
    if (piece.length > 0) yield piece;
  }

  /** All of it as plain data; requests are shared. */
  snapshot(): { readonly bound: number; readonly cells: readonly CellRecord[] } {
    return { bound: this.bound, cells: [...this.pieces(Number.POSITIVE_INFINITY)].flat() };
  }

  /** Goes on from what {@link snapshot} gave. */
  resume({ bound, cells }: ReturnType<HistorySample['snapshot']>): void {
    this.bound = bound;
    this.load(cells);
  }

  /** Takes over what {@link pieces} gave. */
  load(records: readonly CellRecord[]): void {
    for (const record of records) this.restore(Object.assign(new Cell(record.key, record.actor, record.hour), record));
  }

  private restore(cell: Cell): void {
    this.byKey.set(cell.key, cell);
    this.kept += cell.kept;
    this.push(cell);
  }

  /** All cells in the order of their keys, their requests in order: the same for the same history. */
  cells(): Cell[] {
    const cells = [...this.heap].sort((a, b) => a.key - b.key);
    for (const cell of cells) cell.cut();
    return cells;
  }

  private dropLargest(): void {
    const largest = this.heap[0];
    this.bound = largest.key;
    this.kept -= largest.kept;
    this.byKey.delete(largest.key);
    const last = this.heap.pop() as Cell;
    if (this.heap.length > 0) this.sink(last);
  }

  private push(cell: Cell): void {
    const heap = this.heap;
    let at = heap.length;
    heap.push(cell);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent].key >= cell.key) break;
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = cell;
  }

  /** Puts `cell` at the top and lets it sink to its place. */
  private sink(cell: Cell): void {
    const heap = this.heap;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1].key > heap[child].key) child++;
      if (heap[child].key <= cell.key) break;
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = cell;
  }
}
