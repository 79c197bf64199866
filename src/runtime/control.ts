/** Applies a control event to an engine: the same at its place in a live sequence and in the replay of it. */
import type { ControlRecord, ImposeOrder, UndoEffect, UndoOrder } from '../engine/control.ts';
import type { Engine } from '../engine/engine.ts';
import { compileBook } from '../policy/book.ts';
import type { PolicySource } from '../policy/source.ts';

/** Gives back what an undo did; null for every other control. */
export function applyControl(engine: Engine, record: ControlRecord, seed: number): UndoEffect | null {
  let effect: UndoEffect | null = null;
  if (record.control === 'policy' || record.control === 'mode') {
    const { base, book } = compileBook(record.data as PolicySource, seed);
    engine.policy = base;
    engine.policies = book;
  } else if (record.control === 'undo') effect = engine.undo(record.data as UndoOrder);
  else if (record.control === 'impose') engine.impose(record.data as ImposeOrder);
  engine.controlled(`${record.control} ${record.ref}`);
  return effect;
}
