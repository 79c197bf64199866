/** What each kind of aggregate takes in a record and gives to judging. */
import type { AggregateKind } from './aggregates.ts';
import { COUNT_CELLS } from './features/count.ts';
import { CUSUM_CELLS } from './features/cusum.ts';
import { DISTINCT_CELLS } from './features/distinct.ts';
import { HABIT_CELLS } from './features/habit.ts';
import { LAST_CELLS } from './features/last.ts';
import { MARK_CELLS } from './features/mark.ts';
import { MIX_CELLS } from './features/mix.ts';
import { PACE_CELLS } from './features/pace.ts';
import { PATH_CELLS } from './features/path.ts';
import { PHASE_CELLS } from './features/phase.ts';
import { RATE_CELLS } from './features/rate.ts';
import { SPREAD_CELLS } from './features/spread.ts';
import { SPRT_CELLS } from './features/sprt.ts';
import { STEPS_CELLS } from './features/steps.ts';

/** Cells and values per aggregate kind, in the order in which `Values` names them. */
export const SHAPE: Record<AggregateKind, { cells: number; values: readonly string[] }> = {
  count: { cells: COUNT_CELLS, values: ['n'] },
  rate: { cells: RATE_CELLS, values: ['aheadMs', 'perPeriod'] },
  distinct: { cells: DISTINCT_CELLS, values: ['n', 'isNew'] },
  sprt: { cells: SPRT_CELLS, values: ['llr', 'n', 'hits'] },
  cusum: { cells: CUSUM_CELLS, values: ['s', 'n', 'hits', 'p0'] },
  last: { cells: LAST_CELLS, values: ['known', 'changed', 'gapMs'] },
  spread: { cells: SPREAD_CELLS, values: ['n', 'meanMs', 'deviation'] },
  steps: { cells: STEPS_CELLS, values: ['n', 'same', 'short'] },
  // The table itself stands beside the record: a population is one key, its counters are 30 KiB.
  top: { cells: 1, values: ['share', 'usual', 'n', 'total'] },
  habit: { cells: HABIT_CELLS, values: ['n', 'isNew', 'seen', 'kinds', 'ageSec', 'once'] },
  mark: { cells: MARK_CELLS, values: ['known', 'gapMs', 'n', 'comparable', 'amountDelta', 'sinceSec'] },
  path: { cells: PATH_CELLS, values: ['n', 'mean', 'worst', 'from', 'to'] },
  pace: { cells: PACE_CELLS, values: ['n', 'usual', 'ofWeek', 'hours', 's', 'peak'] },
  mix: { cells: MIX_CELLS, values: ['n', 'divergence', 'value', 'now', 'usual'] },
  phase: { cells: PHASE_CELLS, values: ['n', 'share', 'second', 'minutes'] },
};

/**
 * One class per kind of aggregate, with a getter per value on its prototype: judging reads `needs.misses.llr` and the
 * engine sees one hidden class per kind.
 */
type HandleClass = new (values: Int32Array, at: number) => object;
export const HANDLES = Object.fromEntries(
  Object.entries(SHAPE).map(([kind, { values: fields }]) => {
    class Handle {
      readonly values: Int32Array;
      readonly at: number;
      constructor(values: Int32Array, at: number) {
        this.values = values;
        this.at = at;
      }
    }
    fields.forEach((field, i) => {
      Object.defineProperty(Handle.prototype, field, {
        get(this: Handle) {
          return this.values[this.at + i];
        },
      });
    });
    return [kind, Handle];
  }),
) as Record<AggregateKind, HandleClass>;
