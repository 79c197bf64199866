/**
 * A batch: what one event asks of the state, and what it gets back. Its keys never depend on values, so it can be sent
 * to a store as one call. One batch object lives as long as its program and is filled anew for each event.
 */
import { DIMENSIONS } from './keys.ts';
import { WEIGHTS } from './measures.ts';
import { GUARD, type KeyProgram, type Program } from './program.ts';
import { RISK } from './risk.ts';

/** How far an address was collapsed because its own record had no room (design, invariant 7). */
export const LEVEL = { own: 0, network: 1, asn: 2, rest: 3 } as const;

export interface Batch {
  readonly program: Program;
  nowMs: number;
  nowSec: number;
  response: boolean;
  /** Keys by index in the program; (0, 0) is absent and skipped. */
  readonly hi: Int32Array;
  readonly lo: Int32Array;
  /** Indexes of the keys that are not absent, in the order of the program. */
  readonly present: Int32Array;
  presentCount: number;
  /** Base dimensions' lanes, two per dimension: subjects of `distinct`, `last` and `top`. */
  readonly lanes: Int32Array;
  /** Outcome of every condition of the program, 0 or 1. */
  readonly conditions: Uint8Array;
  /** The same as bits, 32 conditions a word. */
  readonly conditionBits: Int32Array;
  /** Numeric object id for `steps`, −1 for none. */
  number: number;
  /** What the event counts as, by place in WEIGH; the first is 1. */
  readonly weights: Int32Array;
  /** Amount of money in minor units for `mark`, −1 for none. */
  amount: number;
  /** Step for `path`, 0 for none. */
  step: number;
  /** True where the event proves an identity: its records count as established. */
  authenticated: boolean;
  /** Filled by apply: the first second that its records can tell of, 0 before. */
  bornSec: number;
  /** Filled by apply: the program's values, and per key its risk record ({@link RISK}) where it has one. */
  readonly values: Int32Array;
  readonly risk: Int32Array;
  readonly hasRisk: Uint8Array;
  /** How many keys have a risk record: on most events none, and nothing is left to do. */
  risky: number;
  /** Set by the engine for {@link StatePort.settle}: which keys' risk records are to be written back. */
  readonly dirty: Uint8Array;
}

export function createBatch(program: Program): Batch {
  const keys = program.keys.length;
  return {
    program,
    nowMs: 0,
    nowSec: 0,
    response: false,
    hi: new Int32Array(keys),
    lo: new Int32Array(keys),
    present: new Int32Array(keys),
    presentCount: 0,
    lanes: new Int32Array(DIMENSIONS.length * 2),
    conditions: new Uint8Array(program.conditions.length),
    conditionBits: new Int32Array(program.conditionWords),
    number: -1,
    weights: new Int32Array(WEIGHTS).fill(1),
    amount: -1,
    step: 0,
    authenticated: false,
    bornSec: 0,
    values: program.values,
    risk: new Int32Array(keys * RISK.size),
    hasRisk: new Uint8Array(keys),
    risky: 0,
    dirty: new Uint8Array(keys),
  };
}

/**
 * For a guarded key: may any of its operations run that waits for an earlier key? Those keys' values are there already, of
 * this very event. What waits for an operation of its own key waits with it.
 */
export function isLetIn(key: KeyProgram, batch: Batch): boolean {
  const operations = batch.response ? key.response : key.request;
  for (let i = 0; i < operations.length; i++) {
    const o = operations[i];
    if (batch.conditions[o.when] === 0 || (o.guardValue >= key.value && o.guardValue < key.valueEnd)) continue;
    const reached = batch.values[o.guardValue] >= o.guardThan;
    if (reached === (o.guard === GUARD.over)) return true;
  }
  return false;
}
