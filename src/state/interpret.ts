/** The interpreter of operations: what a batch does to one record, and the values it reads from it. */
import type { Batch } from '../engine/batch.ts';
import type { Work } from '../engine/features/cells.ts';
import { applyCount } from '../engine/features/count.ts';
import { applyCusum } from '../engine/features/cusum.ts';
import { applyDistinct } from '../engine/features/distinct.ts';
import { applyHabit } from '../engine/features/habit.ts';
import { applyLast } from '../engine/features/last.ts';
import { applyMark } from '../engine/features/mark.ts';
import { applyMix } from '../engine/features/mix.ts';
import { applyPace } from '../engine/features/pace.ts';
import { applyPath } from '../engine/features/path.ts';
import { applyPhase } from '../engine/features/phase.ts';
import { applyRate } from '../engine/features/rate.ts';
import { applySpread } from '../engine/features/spread.ts';
import { applySprt } from '../engine/features/sprt.ts';
import { applySteps } from '../engine/features/steps.ts';
import { TopTable } from '../engine/features/top.ts';
import { GUARD, HEADER, OP } from '../engine/program.ts';
import { C, type Code, MODE } from './code.ts';

/** Runs a key's operations on the record whose cells start at `at`; `tops` are the heavy hitters' tables that records refer to. */
export function interpret(code: Code, at: number, batch: Batch, w: Work, tops: TopTable[]): void {
  const { values } = w;
  const { ints, tables } = code;
  const { conditions, conditionBits, weights } = batch;
  for (let o = 0; o < ints.length; o += C.size) {
    const when = ints[o + C.when];
    const mode = ints[o + C.mode];
    // A condition that does not hold still reads where somebody asks what earlier events left.
    let readOnly = (mode & MODE.readOnly) !== 0 || (when >= 0 && conditions[when] === 0);
    const guard = ints[o + C.guard];
    if (guard !== GUARD.none && !readOnly) {
      const reached = values[ints[o + C.guardValue]] >= ints[o + C.guardThan];
      readOnly = reached !== (guard === GUARD.over);
    }
    if (readOnly && !isAskedFor(code.readers, ints[o + C.readers], conditionBits)) {
      if ((mode & MODE.risky) === 0 || w.cells[at + HEADER.risk] === 0) continue;
    }
    w.readOnly = readOnly;
    const subject = ints[o + C.lanes];
    if (subject >= 0) {
      w.subjectHi = batch.lanes[subject];
      w.subjectLo = batch.lanes[subject + 1];
    }
    const cell = at + ints[o + C.cell];
    const value = ints[o + C.value];
    switch (ints[o + C.kind]) {
      case OP.count:
        w.weight = weights[ints[o + C.b]];
        applyCount(w, cell, value, ints[o + C.a]);
        break;
      case OP.rate:
        w.weight = weights[ints[o + C.d]];
        applyRate(w, cell, value, ints[o + C.a], ints[o + C.b], ints[o + C.c]);
        break;
      case OP.distinct:
        applyDistinct(w, cell, value, ints[o + C.a]);
        break;
      case OP.sprt:
        w.hit = conditions[ints[o + C.hit]] !== 0;
        applySprt(w, cell, value, ints[o + C.a], ints[o + C.b], ints[o + C.c], ints[o + C.d]);
        break;
      case OP.cusum:
        w.hit = conditions[ints[o + C.hit]] !== 0;
        applyCusum(w, cell, value, tables[ints[o + C.table]], ints[o + C.a]);
        break;
      case OP.last:
        applyLast(w, cell, value);
        break;
      case OP.spread:
        applySpread(w, cell, value, ints[o + C.a]);
        break;
      case OP.steps:
        applySteps(w, cell, value);
        break;
      default:
        interpretRare(code, o, cell, value, batch, w, tops);
    }
  }
}

/** Does a condition hold under which the values are asked for? */
function isAskedFor(readers: Int32Array, place: number, bits: Int32Array): boolean {
  if (place < 0) return true;
  for (let word = 0; word < bits.length; word++) if ((readers[place + word] & bits[word]) !== 0) return true;
  return false;
}

/** The kinds that few events meet. */
function interpretRare(
  code: Code,
  o: number,
  cell: number,
  value: number,
  batch: Batch,
  w: Work,
  tops: TopTable[],
): void {
  const { ints, paths } = code;
  switch (ints[o + C.kind]) {
    case OP.habit:
      applyHabit(w, cell, value, ints[o + C.a], ints[o + C.b], ints[o + C.c] !== 0);
      break;
    case OP.mark:
      applyMark(w, cell, value, ints[o + C.a]);
      break;
    case OP.path:
      applyPath(w, cell, value, paths[ints[o + C.table]], ints[o + C.a]);
      break;
    case OP.pace:
      applyPace(w, cell, value, batch.weights[ints[o + C.a]]);
      break;
    case OP.mix:
      applyMix(w, cell, value);
      break;
    case OP.phase:
      applyPhase(w, cell, value);
      break;
    case OP.top:
      runTop(w, tops, cell, value, ints[o + C.a]);
      break;
  }
}

function runTop(w: Work, tops: TopTable[], cell: number, value: number, windowMs: number): void {
  const { cells, values, subjectHi, subjectLo, readOnly, nowMs } = w;
  if (readOnly || (subjectHi === 0 && subjectLo === 0)) {
    values[value] = 0;
    values[value + 1] = 0;
    values[value + 2] = 0;
    values[value + 3] = 0;
    return;
  }
  if (cells[cell] === 0) cells[cell] = tops.push(new TopTable());
  tops[cells[cell] - 1].apply(values, value, subjectHi, subjectLo, nowMs, windowMs);
}
