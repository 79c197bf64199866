/** What every check of the doctor gives, and is given. */
import type { LoadedConfig } from '../../config/load.ts';

export type FindingStatus = 'ok' | 'warn' | 'fail';

export interface Finding {
  /** Name of the check, as docs/doctor.md lists it. */
  readonly id: string;
  readonly status: FindingStatus;
  /** What was found, without a full stop at the end. */
  readonly sentence: string;
  /** What to do; '' where there is nothing to do. */
  readonly advice: string;
}

export interface Examination {
  readonly loaded: LoadedConfig;
  /** Folder that paths are relative to where no configuration is named. */
  readonly cwd: string;
  /** Unix ms. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Send one test event to each output. */
  readonly testOutputs?: boolean;
}

export const ok = (id: string, sentence: string): Finding => ({ id, status: 'ok', sentence, advice: '' });
export const warn = (id: string, sentence: string, advice: string): Finding => ({
  id,
  status: 'warn',
  sentence,
  advice,
});
export const fail = (id: string, sentence: string, advice: string): Finding => ({
  id,
  status: 'fail',
  sentence,
  advice,
});

/** The code of a system error, or its message. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message ?? String(error);
}
