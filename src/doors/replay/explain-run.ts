/** Runs an input once more for an explanation: the whole of it, or what a live journal keeps of its evidence. */
import type { Engine } from '../../engine/engine.ts';
import { isJournal } from '../../record/journal/format.ts';
import { putBack } from '../../record/journal/values.ts';
import type { Recorder } from '../../runtime/recorder.ts';
import { journalNotes, journalRun } from './journal.ts';
import type { ExplainRunOptions } from './run.ts';
import type { Session } from './session.ts';
import { prepare } from './try.ts';

export type OnEvent = (engine: Engine, response: boolean) => void;

/** Runs the whole input through a session; `watch` may hang itself on the recorder first. */
export async function drive(
  options: ExplainRunOptions,
  watch: (recorder: Recorder) => void,
  onEvent?: OnEvent,
): Promise<{ readonly session: Session; readonly notes: readonly string[] }> {
  if (isOneJournal(options)) {
    const journal = await journalRun(options, { onDecision: wrap(onEvent) });
    watch(journal.session.parts.recorder);
    journal.run();
    return { session: journal.session, notes: journalNotes(journal.summary()) };
  }
  const { session, run } = await prepare(options, { onDecision: wrap(onEvent) });
  watch(session.parts.recorder);
  await run();
  return { session, notes: [] };
}

/**
 * Looks for findings among the values that a live journal keeps, and puts each back into an engine as it was read: where
 * the state before it is not known any more, the finding still is.
 */
export async function readValues(options: ExplainRunOptions, watch: (recorder: Recorder) => void): Promise<void> {
  if (!isOneJournal(options)) return;
  const journal = await journalRun(options);
  const { engine, recorder } = journal.session.parts;
  watch(recorder);
  journal.values((event, record) => {
    engine.sequence = event.sequence - 1;
    for (const e of record.evidence) {
      const instance = putBack(engine, event, e);
      if (instance !== null)
        recorder.evidence(engine, instance, e.millinats, e.millinats >= instance.detector.findingAt);
    }
  });
}

export const isOneJournal = ({ inputs }: ExplainRunOptions): boolean => inputs.length === 1 && isJournal(inputs[0]);

function wrap(onEvent: OnEvent | undefined) {
  if (onEvent === undefined) return undefined;
  return (engine: Engine, _decision: unknown, response: boolean): void => onEvent(engine, response);
}
