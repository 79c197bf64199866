/** Applies a control event to an engine: the same at its place in a live sequence and in the replay of it. */
import type { ControlRecord, ImposeOrder, UndoEffect, UndoOrder } from '../engine/control.ts';
import type { Engine } from '../engine/engine.ts';
import type { Program } from '../engine/program.ts';
import type { LearnedModel } from '../enrich/model.ts';
import { compileBook } from '../policy/book.ts';
import type { PolicySource } from '../policy/source.ts';

/** Compiles the engine's program anew, measured against another model. */
export type Recompile = (model: LearnedModel) => Program;

/**
 * Gives back what an undo did; null for every other control. A `model` needs `recompile`: it carries the whole model, so that
 * whoever replays the sequence has it where it is needed. RangeError where its program cannot read the records.
 */
export function applyControl(
  engine: Engine,
  record: ControlRecord,
  seed: number,
  recompile?: Recompile,
): UndoEffect | null {
  let effect: UndoEffect | null = null;
  if (record.control === 'policy' || record.control === 'mode') {
    const { base, book } = compileBook(record.data as PolicySource, seed);
    engine.policy = base;
    engine.policies = book;
  } else if (record.control === 'undo') effect = engine.undo(record.data as UndoOrder);
  else if (record.control === 'model') {
    if (recompile === undefined)
      throw new Error('a model is to be taken over by an engine that cannot be compiled anew');
    engine.adopt(recompile(record.data as LearnedModel));
  } else if (record.control === 'impose') engine.impose(record.data as ImposeOrder);
  engine.controlled(`${record.control} ${record.ref}`);
  return effect;
}
