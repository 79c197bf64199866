/**
 * The compiled program: which dimensions have records, how their cells are laid out, which operations an event runs on
 * them, and where judging finds the values. Plain tables: compile.ts builds them, the state and the engine read them.
 */
import type { AggregateKind, Condition, Needs, Phase } from './aggregates.ts';
import type { Detector, Judgement } from './detector.ts';
import type { CusumTable } from './features/cusum.ts';
import type { PathTable } from './features/path.ts';
import type { ActorDimension } from './keys.ts';

/** Cells at the start of every record; the state stores keep them. */
export const HEADER = { hi: 0, lo: 1, lastSec: 2, firstSec: 3, partition: 4, requests: 5, risk: 6, cells: 7 } as const;

/** Values that every key of a batch has, before those of its operations. */
export const KEY_VALUES = { requests: 0, ageSec: 1, level: 2, established: 3, size: 4 } as const;

export const OP = {
  count: 0,
  rate: 1,
  distinct: 2,
  sprt: 3,
  cusum: 4,
  last: 5,
  spread: 6,
  steps: 7,
  top: 8,
  habit: 9,
  mark: 10,
  path: 11,
  pace: 12,
  mix: 13,
  phase: 14,
} as const;
export const GUARD = { none: 0, over: 1, under: 2 } as const;

/** One operation on one key's record. All numbers; every instance has the same shape. */
export interface Operation {
  readonly kind: number;
  readonly phase: Phase;
  /** First cell in the record, first value in the batch's values. */
  readonly cell: number;
  readonly value: number;
  /** Index of the condition to run under, −1 for none; of the condition that makes a hit, −1. */
  readonly when: number;
  readonly hit: number;
  /** Subject as a base dimension index, −1 for none. */
  readonly subject: number;
  readonly guard: number;
  readonly guardValue: number;
  readonly guardThan: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly table: CusumTable | null;
  readonly paths: PathTable | null;
  /** True in the phase that only reads it: its own phase writes. */
  readonly readOnly: boolean;
  /**
   * Conditions of which one holds wherever somebody asks for its values; null where they are always asked for. Where none does, it
   * is passed over unless it writes: what its values are then is nobody's business.
   */
  readonly readers: readonly number[] | null;
  /** True where its values are asked for about every record that has risk, too. */
  readonly risky: boolean;
  readonly source: string;
}

/** One dimension (or combination) with records. */
export interface KeyProgram {
  readonly name: string;
  readonly first: number;
  /** Second base dimension of a combination, −1 for none. */
  readonly second: number;
  /** Cells of a record, header included. */
  readonly stride: number;
  /** Its values: those of the key itself first, then those of its operations. */
  readonly value: number;
  readonly valueEnd: number;
  readonly request: readonly Operation[];
  readonly response: readonly Operation[];
  /** Distinct cells, to be given back when a record goes. */
  readonly distinctCells: readonly number[];
  /**
   * For a population or combination whose operations in a phase all have a condition: those conditions. Where none of
   * them holds the key is left out of the event, so that what is rarely needed costs neither time nor records. Else
   * null.
   */
  readonly requestGates: readonly number[] | null;
  readonly responseGates: readonly number[] | null;
  /**
   * True for a combination of which every operation in the phase waits for a guard on an earlier key: its record is not
   * even looked for before one of them may run.
   */
  readonly requestGuarded: boolean;
  readonly responseGuarded: boolean;
}

/** One detector on one actor dimension. */
export interface Instance {
  readonly index: number;
  readonly detector: Detector;
  /** Places of the detector's class and group in CLASSES and GROUPS. */
  readonly classIndex: number;
  readonly groupIndex: number;
  readonly actor: ActorDimension;
  /** Index of the actor's key in {@link Program.keys}. */
  readonly key: number;
  readonly when: number;
  readonly judgement: Judgement<Needs>;
  /** What its evidence is measured against: baselines it asked for when it was built, or figures of its own. */
  readonly basis: 'learned' | 'prior' | 'fixed';
  readonly handles: Record<string, object>;
  /** Operations whose values this instance reads, by the name it gave them: for explanations. */
  readonly reads: readonly {
    readonly name: string;
    readonly kind: AggregateKind;
    readonly operation: Operation;
    readonly fields: readonly string[];
  }[];
}

/** What decides whether an instance is asked, in flat arrays: most instances are not. */
export interface JudgeOrder {
  /** By instance: its condition, −1 for none, and its key. */
  readonly when: Int32Array;
  readonly key: Int32Array;
  /** By instance: the next one with another condition. */
  readonly next: Int32Array;
}

/** What planning an event of one phase goes through, in flat arrays: most conditions do not hold, most keys stay out. */
export interface PhasePlan {
  /** Conditions that operations or instances of the phase ask about, each before those that are within it. */
  readonly conditions: Int32Array;
  /** By place in {@link conditions}: the place after the last condition within that one. */
  readonly after: Int32Array;
  /** Keys that can take part, in the order of a batch. */
  readonly keys: Int32Array;
  /** By place in {@link keys}: the key's base dimensions, the second −1 where it has none. */
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** By place in {@link keys}, {@link Program.conditionWords} each: its gates as bits; none set where it always takes part. */
  readonly gates: Int32Array;
}

export interface Program {
  readonly keys: readonly KeyProgram[];
  readonly conditions: readonly Condition[];
  /** 32-bit words that a set of conditions takes, one bit each. */
  readonly conditionWords: number;
  readonly requestPlan: PhasePlan;
  readonly responsePlan: PhasePlan;
  /** Values of the batch in work: one array for the life of the program. */
  readonly values: Int32Array;
  readonly request: readonly Instance[];
  readonly response: readonly Instance[];
  readonly instances: readonly Instance[];
  readonly requestOrder: JudgeOrder;
  readonly responseOrder: JudgeOrder;
  /** First value of each builtin aggregate, by name. */
  readonly builtin: Readonly<Record<string, number>>;
  /** Canonical text of everything compiled: part of the manifest. */
  readonly digest: string;
}

/** What must be equal for records to be read by another program: the key, and which cells belong to what. */
export function layoutOf(key: KeyProgram): string {
  const cells = [...key.request, ...key.response].map((o) => `${o.kind}@${o.cell}`);
  return [key.name, key.stride, ...cells].join();
}
