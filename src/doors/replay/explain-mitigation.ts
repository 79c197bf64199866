/**
 * What a mitigation rests on. The journal of a live run says where each one began; what is explained is the strongest
 * evidence that there was against its actor until then, or — where it was derived — against who came with it.
 */
import { CLASSES, type FindingClass } from '../../engine/detector.ts';
import type { Engine } from '../../engine/engine.ts';
import { DIMENSIONS } from '../../engine/keys.ts';
import { ACTIONS } from '../../engine/policy.ts';
import { SallyportError } from '../../lib/errors.ts';
import { journalFoldersAt } from '../../record/journal/format.ts';
import type { BegunRecord } from '../../record/journal/values.ts';
import type { ExplainedMitigation } from '../../runtime/explanation.ts';
import type { FindingRecord, Recorder } from '../../runtime/recorder.ts';
import type { Action } from '../../runtime/report.ts';
import { isOneJournal } from './explain-run.ts';
import { journalRun } from './journal.ts';
import type { ExplainRunOptions } from './run.ts';

export const isMitigation = (id: string): boolean => id.startsWith('M-');

/** Where a mitigation began. */
export interface Begun {
  readonly record: BegunRecord;
  /** The run's journal: a data directory has several. */
  readonly folder: string;
  /** Place in the sequence of the event it began with, and that event's time in Unix ms. */
  readonly sequence: number;
  readonly timeMs: number;
}

/**
 * Looks through all runs of a data directory, the newest first. SP6003 where none holds a mitigation of that id; where a run
 * could not be looked through, that run's error.
 */
export async function beginningOf(options: ExplainRunOptions): Promise<Begun> {
  let refused: unknown;
  for (const folder of isOneJournal(options) ? journalFoldersAt(options.inputs[0]) : []) {
    try {
      const found = await beginningIn(folder, options);
      if (found !== undefined) return found;
    } catch (error) {
      refused ??= error;
    }
  }
  throw refused ?? new SallyportError('SP6003', `${options.inputs.join(', ')} holds no mitigation ${options.finding}`);
}

async function beginningIn(folder: string, options: ExplainRunOptions): Promise<Begun | undefined> {
  let found: Begun | undefined;
  const journal = await journalRun({ ...options, inputs: [folder] });
  journal.values(({ sequence, nowMs: timeMs }, { begun = [] }) => {
    for (const record of begun) if (record.id === options.finding) found = { record, folder, sequence, timeMs };
  });
  return found;
}

/** Hangs itself on a recorder and tells of each evidence that is stronger than what was told before. */
export function watchEvidence(
  { record, sequence }: Begun,
  tell: (engine: Engine, finding: FindingRecord) => void,
): (recorder: Recorder) => void {
  const lane = DIMENSIONS.indexOf(record.actor.dimension) * 2;
  const wanted: FindingClass = CLASSES[record.classIndex];
  let strongest = -1;
  return (recorder) => {
    recorder.everything = true;
    recorder.onFinding = (engine, finding, millinats) => {
      const { batch } = engine;
      const { instance } = finding;
      if (engine.sequence >= sequence || instance.detector.class !== wanted) return;
      if (batch.lanes[lane] !== record.actor.hi || batch.lanes[lane + 1] !== record.actor.lo) return;
      // Evidence of its own counts before that of who came with it.
      const own = instance.actor === record.actor.dimension ? 1_000_000 : 0;
      if (own + millinats < strongest) return;
      strongest = own + millinats;
      tell(engine, finding);
    };
  };
}

export function explained({ record, timeMs }: Begun): ExplainedMitigation {
  return {
    id: record.id,
    action: ACTIONS[record.action] as Action,
    class: CLASSES[record.classIndex],
    started_at: new Date(timeMs).toISOString(),
    until: new Date(record.untilSec * 1000).toISOString(),
  };
}
