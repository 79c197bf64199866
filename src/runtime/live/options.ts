/** What a running owner of state is told when it is started, and how it tells what goes wrong with its parts. */
import type { LoadedConfig } from '../../config/load.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { JournalCondition } from '../../record/journal/directory.ts';
import type { DeclaredEndpoint } from './inventory.ts';
import type { MakeModel } from './learning.ts';
import type { LiveStatus } from './operator.ts';

export interface LiveOptions {
  readonly loaded: LoadedConfig;
  readonly mode: 'observe' | 'enforce';
  readonly version: string;
  /** Nothing is written to disk. */
  readonly ephemeral?: boolean;
  readonly clock?: () => number;
  readonly facts: () => Pick<LiveStatus, 'workers' | 'upstreams'>;
  readonly onCondition?: (condition: JournalCondition) => void;
  readonly onNote?: (text: string) => void;
  /** Operations of the documents of a configuration, for the inventory; none without it. */
  readonly declared?: (loaded: LoadedConfig) => readonly DeclaredEndpoint[];
  /** Makes models elsewhere than on a thread of its own: for tests. */
  readonly makeModel?: MakeModel;
}

/** Something that an operator should know, and that stops nothing. */
export function note({ onNote }: LiveOptions, error: Error): void {
  const code = error instanceof SallyportError ? error.code : 'SP5005';
  onNote?.(`${code}: ${error.message}`);
}
