/**
 * The last line of defence of a process that others depend on: what nobody has caught is said, and the process goes on with
 * everybody else's requests. A process that goes on failing is better started anew.
 */
import process from 'node:process';
import { EXIT } from '../exit.ts';

/** Uncaught errors within so many ms from which the process ends. */
const MOST_DEFECTS = 20;
const WITHIN_MS = 60_000;

/** What of a process is needed. */
type Watched = Pick<NodeJS.Process, 'on' | 'off' | 'exit'>;

/** Watches over the process from now on; the function given back ends it. `onNote` gets code and stack of each error. */
export function surviveDefects(
  onNote: (text: string) => void,
  watched: Watched = process,
  now: () => number = () => performance.now(),
): () => void {
  const times: number[] = [];
  const survive = (error: unknown): void => {
    onNote(`SP9001: not caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const at = now();
    times.push(at);
    while (at - times[0] > WITHIN_MS) times.shift();
    if (times.length >= MOST_DEFECTS) watched.exit(EXIT.defect);
  };
  watched.on('uncaughtException', survive);
  watched.on('unhandledRejection', survive);
  return () => {
    watched.off('uncaughtException', survive);
    watched.off('unhandledRejection', survive);
  };
}
