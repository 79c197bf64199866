/**
 * The layout of a program: which aggregates are equal, where their cells and values are, and on which events a key takes
 * part at all. compile.ts drives it.
 */
import { ln, logRatio, MILLINATS, millinats } from '../lib/fixed.ts';
import type { Aggregate, Condition, Phase, Subject } from './aggregates.ts';
import type { CusumTable } from './features/cusum.ts';
import { PathTable } from './features/path.ts';
import { DIMENSIONS, type Key, keyName } from './keys.ts';
import { WEIGH } from './measures.ts';
import { GUARD, HEADER, KEY_VALUES, type KeyProgram, OP, type Operation } from './program.ts';
import { SHAPE } from './shapes.ts';

/** Window numbers are kept in 32 bits: shorter windows would outgrow them. */
const MIN_WINDOW_MS = 1000;

/** One record each: `['all', 'all']` is the one that takes part only in events that concern it. */
const TOP_KEYS: ReadonlySet<string> = new Set(['all', keyName(['all', 'all'])]);

/**
 * Keys whose records count every request, because somebody acts there. The others are populations: they only take part
 * in events that concern them, and so does what is done about them.
 */
const COUNTED: ReadonlySet<string> = new Set(['ip', 'session', 'credential', 'principal', 'fingerprint']);

/** Kinds of which the second value says whether what came is new. */
const KNOWS_NEW: ReadonlySet<Aggregate['kind']> = new Set(['distinct', 'last', 'habit']);

interface KeyDraft {
  key: Key;
  stride: number;
  request: Operation[];
  response: Operation[];
  distinctCells: number[];
  value: number;
  valueEnd: number;
}

/** Gathers declarations, gives each its cells and values, and turns them into operations. */
export class Layout {
  readonly conditions: Condition[] = [];
  readonly keys = new Map<string, KeyDraft>();
  /** Aggregates in the order of declaration, by signature, with the operation each became. */
  readonly operations = new Map<string, Operation>();
  values = 0;
  /** Conditions under which operations' values are asked for, by signature; −1 among them: always. */
  private readonly askers = new Map<string, Set<number>>();
  /** Signatures of operations that are asked for of actors with risk. */
  private readonly askedRisky = new Set<string>();
  private readonly wanted: { aggregate: Aggregate; phase: Phase }[] = [];
  /** Which keys are judged, in which phase and under which condition: they must be part of those events. */
  readonly judged: { actor: string; phase: Phase; when: number }[] = [];
  /** Thresholds in force: judging uses them where no aggregate shows them, so the digest names them. */
  readonly tuned: [string, number][] = [];

  condition(c: Condition | undefined): number {
    if (!c) return -1;
    const known = this.conditions.findIndex((other) => other.name === c.name);
    if (known >= 0) return known;
    // Before its own place, so that the wider condition is known when the narrower one is asked.
    this.condition(c.within);
    this.conditions.push(c);
    return this.conditions.length - 1;
  }

  /** Indexes of the conditions that hold wherever this one does. */
  widerOf(index: number): number[] {
    const wider = this.condition(this.conditions[index].within);
    return wider < 0 ? [] : [wider, ...this.widerOf(wider)];
  }

  /** Declares an aggregate; operations are laid out later, when every key is known. */
  want(aggregate: Aggregate, defaultPhase: Phase): void {
    const phase = aggregate.on ?? defaultPhase;
    if (aggregate.guard) this.want(aggregate.guard.of, phase);
    this.wanted.push({ aggregate, phase });
    this.ensureKey(aggregate.key);
  }

  ensureKey(key: Key): void {
    const name = keyName(key);
    if (!this.keys.has(name))
      this.keys.set(name, {
        key,
        stride: HEADER.cells,
        request: [],
        response: [],
        distinctCells: [],
        value: 0,
        valueEnd: 0,
      });
  }

  /**
   * Keys in the order of a batch: by their last base dimension, so that populations come before actors; combinations
   * with `all` come after everything else, so that a population's rare events can be guarded by what an actor did.
   */
  sortedKeys(): KeyDraft[] {
    const rank = (k: Key): number => {
      if (typeof k === 'string') return DIMENSIONS.indexOf(k) * 100;
      const [low, high] = [DIMENSIONS.indexOf(k[0]), DIMENSIONS.indexOf(k[1])].sort((a, b) => a - b);
      return (low === 0 ? DIMENSIONS.length + high : high) * 100 + 1 + low;
    };
    return [...this.keys.values()].sort((a, b) => rank(a.key) - rank(b.key));
  }

  /** Gives every operation its cells and values. */
  layOut(): void {
    for (const draft of this.sortedKeys()) {
      draft.value = this.values;
      this.values += KEY_VALUES.size;
      for (const { aggregate, phase } of this.wanted)
        if (keyName(aggregate.key) === keyName(draft.key)) this.operation(draft, aggregate, phase);
      draft.valueEnd = this.values;
    }
  }

  /** The keys as they run, once it is known what each phase reads of the other. */
  keyPrograms(): KeyProgram[] {
    for (const o of this.operations.values()) if (o.guard !== GUARD.none) this.askGuard(o);
    return this.sortedKeys().map((draft) => ({
      name: keyName(draft.key),
      first: DIMENSIONS.indexOf(typeof draft.key === 'string' ? draft.key : draft.key[0]),
      second: typeof draft.key === 'string' ? -1 : DIMENSIONS.indexOf(draft.key[1]),
      stride: draft.stride,
      value: draft.value,
      valueEnd: draft.valueEnd,
      request: draft.request.map((o) => this.withReaders(o)),
      response: draft.response.map((o) => this.withReaders(o)),
      distinctCells: draft.distinctCells,
      requestGates: this.gatesOf(draft, 'request'),
      responseGates: this.gatesOf(draft, 'response'),
      requestGuarded: this.isGuarded(draft, 'request'),
      responseGuarded: this.isGuarded(draft, 'response'),
    }));
  }

  /** Conditions of which one must hold for the key to be part of an event; null where it always is. */
  private gatesOf(draft: KeyDraft, phase: Phase): readonly number[] | null {
    const operations = draft[phase];
    const name = keyName(draft.key);
    const judged = this.judged.filter((j) => j.actor === name && j.phase === phase).map((j) => j.when);
    const asked = new Set([...operations.map((o) => o.when), ...judged]);
    if (COUNTED.has(name) || asked.has(-1)) return null;
    return [...asked].filter((index) => !this.widerOf(index).some((wider) => asked.has(wider)));
  }

  /** Operations guarded by one of their own key wait with it; what only reads would have to find the record. */
  private isGuarded(draft: KeyDraft, phase: Phase): boolean {
    const operations = draft[phase];
    return (
      typeof draft.key !== 'string' &&
      operations.length > 0 &&
      operations.every((o) => o.guard !== GUARD.none && !o.readOnly && o.when >= 0)
    );
  }

  private operation(draft: KeyDraft, aggregate: Aggregate, phase: Phase): Operation {
    const source = signature(aggregate, phase);
    const known = this.operations.get(source);
    if (known) return known;
    const shape = SHAPE[aggregate.kind];
    const guard = aggregate.guard;
    const guarding = guard ? this.operations.get(signature(guard.of, phase)) : undefined;
    refuse(aggregate, phase, source, guarding);
    const operation: Operation = {
      kind: OP[aggregate.kind],
      phase,
      cell: draft.stride,
      value: this.values,
      when: this.condition(aggregate.when),
      hit: 'hit' in aggregate ? this.condition(aggregate.hit) : -1,
      subject: 'of' in aggregate ? DIMENSIONS.indexOf(aggregate.of as Subject) : -1,
      guard: guard ? (guard.is === 'new' || guard.is === 'over' ? GUARD.over : GUARD.under) : GUARD.none,
      guardValue: guarding ? guarding.value + (guard?.is === 'new' || guard?.is === 'seen' ? 1 : 0) : -1,
      guardThan: guard ? (guard.is === 'new' || guard.is === 'seen' ? 1 : (guard.than ?? 1)) : 0,
      ...parameters(aggregate),
      readOnly: false,
      readers: null,
      risky: false,
      source,
    };
    draft.stride += shape.cells;
    this.values += shape.values.length;
    if (aggregate.kind === 'distinct') draft.distinctCells.push(operation.cell);
    (phase === 'request' ? draft.request : draft.response).push(operation);
    this.operations.set(source, operation);
    return operation;
  }

  /** Somebody asks for an operation's values wherever condition `when` holds (−1: always). */
  ask(operation: Operation | undefined, when: number): void {
    if (operation === undefined) return;
    const askers = this.askers.get(operation.source) ?? new Set();
    this.askers.set(operation.source, askers.add(when));
  }

  /** Makes an aggregate's values readable in both phases about actors that have risk: for the others it costs next to nothing. */
  askRisky(aggregate: Aggregate): void {
    const phase = aggregate.on ?? 'request';
    // Without its condition, which the other phase then need not ask about: it only reads there.
    this.readIn(phase === 'request' ? 'response' : 'request', aggregate, phase, { when: -1 });
    this.askedRisky.add(signature(aggregate, phase));
  }

  /** Signature of the operation that a value belongs to. */
  private owner(value: number): string {
    let owner = '';
    let nearest = -1;
    for (const o of this.operations.values())
      if (o.value <= value && o.value > nearest) {
        nearest = o.value;
        owner = o.source;
      }
    return owner;
  }

  /** What waits for a guard asks for the guard's values. */
  private askGuard(o: Operation): void {
    this.ask(this.operations.get(this.owner(o.guardValue)), o.when);
  }

  private withReaders(o: Operation): Operation {
    const askers = this.askers.get(o.source) ?? new Set();
    const widest = [...askers].filter((index) => index < 0 || !this.widerOf(index).some((wider) => askers.has(wider)));
    return { ...o, risky: this.askedRisky.has(o.source), readers: askers.has(-1) ? null : widest };
  }

  /** Makes an aggregate's values readable in the other phase too, where its own phase has written them. */
  readIn(phase: Phase, aggregate: Aggregate, defaultPhase: Phase, other: Partial<Operation> = {}): void {
    const operation = this.operations.get(signature(aggregate, defaultPhase));
    const draft = this.keys.get(keyName(aggregate.key));
    if (operation === undefined || draft === undefined || operation.phase === phase) return;
    const list = phase === 'request' ? draft.request : draft.response;
    if (!list.some((o) => o.source === operation.source)) list.push({ ...operation, phase, readOnly: true, ...other });
  }
}

/** Throws where a declaration cannot be kept. */
function refuse(aggregate: Aggregate, phase: Phase, source: string, guarding: Operation | undefined): void {
  const { guard } = aggregate;
  // A table of heavy hitters takes 60 KiB: one per host would let anybody allocate them by the Host header.
  if (aggregate.kind === 'top' && !TOP_KEYS.has(keyName(aggregate.key)))
    throw new Error("heavy hitters are kept for 'all' and ['all', 'all'] only");
  if (guard && !guarding)
    throw new Error(`aggregate ${source}: its guard is applied later in the batch; use a key that comes earlier`);
  if (guarding && guarding.phase !== phase)
    throw new Error(`aggregate ${source}: its guard is updated in the other phase`);
  if (guard && (guard.is === 'new' || guard.is === 'seen') && !KNOWS_NEW.has(guard.of.kind))
    throw new Error(`aggregate ${source}: only distinct, last and habit know what is new`);
  if ('windowMs' in aggregate && !(aggregate.windowMs >= MIN_WINDOW_MS))
    throw new Error(`aggregate ${source}: a window has at least ${MIN_WINDOW_MS} ms`);
}

/** Signatures that were asked for, by phase: one declaration is looked up many times while it is compiled. */
const SIGNED: Readonly<Record<Phase, WeakMap<Aggregate, string>>> = { request: new WeakMap(), response: new WeakMap() };

/** Text that is equal for equal aggregates, in whatever order they were written down. Conditions go by name. */
export function signature(aggregate: Aggregate, phase: Phase): string {
  const known = SIGNED[phase].get(aggregate);
  if (known !== undefined) return known;
  const signed = sign(aggregate, phase);
  SIGNED[phase].set(aggregate, signed);
  return signed;
}

function sign(aggregate: Aggregate, phase: Phase): string {
  const { when, guard, ...rest } = aggregate;
  const flat: Record<string, unknown> = {
    ...rest,
    key: keyName(aggregate.key),
    on: aggregate.on ?? phase,
    ...(when && { when: when.name }),
    ...('hit' in aggregate && { hit: aggregate.hit.name }),
    ...('transitions' in aggregate && { transitions: aggregate.transitions.version }),
    ...(guard && { guard: { is: guard.is, than: guard.than, of: signature(guard.of, aggregate.on ?? phase) } }),
  };
  return JSON.stringify(Object.fromEntries(Object.entries(flat).sort(([a], [b]) => (a < b ? -1 : 1))));
}

function parameters(g: Aggregate): Pick<Operation, 'a' | 'b' | 'c' | 'd' | 'table' | 'paths'> {
  const none = { a: 0, b: 0, c: 0, d: 0, table: null, paths: null };
  switch (g.kind) {
    case 'count':
      return { ...none, a: g.windowMs, b: WEIGH[g.weigh ?? 'one'] };
    case 'distinct':
    case 'top':
    case 'mark':
      return { ...none, a: g.windowMs };
    case 'rate':
      return {
        ...none,
        a: Math.max(1, Math.round(g.limit)),
        b: Math.round(g.periodMs),
        c: Math.round(g.burst),
        d: WEIGH[g.weigh ?? 'one'],
      };
    case 'path':
      return { ...none, a: g.breakMs, paths: new PathTable(g.transitions) };
    case 'pace':
      return { ...none, a: WEIGH[g.weigh ?? 'one'] };
    case 'sprt':
      return { ...none, a: logRatio(g.p1, g.p0), b: logRatio(1 - g.p1, 1 - g.p0), c: g.floor, d: g.ceiling };
    case 'cusum':
      return { ...none, a: g.ceiling, table: cusumTable(g.p0, g.oddsRatio) };
    case 'spread':
      return { ...none, a: g.breakMs };
    case 'habit':
      return { ...none, a: g.from, b: g.most, c: g.of === 'hour' ? 1 : 0 };
    default:
      return none;
  }
}

function cusumTable(p0: readonly number[], oddsRatio: number): CusumTable {
  const p1 = p0.map((p) => (oddsRatio * p) / (1 + (oddsRatio - 1) * p));
  return {
    hit: Int32Array.from(p0, (p, i) => logRatio(p1[i], p)),
    miss: Int32Array.from(p0, (p, i) => millinats(ln((1 - p1[i]) / (1 - p)))),
    p0Permille: Int32Array.from(p0, (p) => Math.round(p * MILLINATS)),
  };
}
