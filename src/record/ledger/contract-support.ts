/** What the cases of the contract of a ledger are made with. */
import assert from 'node:assert/strict';
import type { AppenderOptions } from './appender.ts';
import type { EntryKind, KindData } from './kinds.ts';
import type { Ledger, LedgerEntry, NewEntry } from './port.ts';
import type { RawEntry } from './store.ts';

export type Tuning = Partial<
  Pick<
    AppenderOptions,
    'commitMs' | 'snapshotEvery' | 'headEvery' | 'headSeconds' | 'maxQueuedEntries' | 'maxQueuedBytes'
  >
>;

/** A place where one ledger lives, which can be opened more than once. */
export interface LedgerPlace {
  /** For appending, with the same keys each time. */
  open(tuning?: Tuning): Promise<Ledger>;
  /** For reading, also while it is open for appending. */
  reader(): Promise<Ledger>;
  /** Replaces all entries, past the ledger: what a forger does. Not while it is open. */
  forge(edit: (raws: RawEntry[]) => RawEntry[]): Promise<void>;
}

export interface LedgerCase {
  readonly name: string;
  run(place: LedgerPlace): Promise<void>;
}

/** 2024-03-04 00:00 UTC. */
export const START = 1_709_510_400_000;

/** An entry of some kind, `ms` after the start. */
export function entryOf<K extends EntryKind>(kind: K, data: KindData[K], more: Partial<NewEntry<K>> = {}, ms = 0) {
  return { timeMs: START + ms, kind, by: 'test', reason: 'because', data, ...more } satisfies NewEntry<K>;
}

/** An entry that says nothing but a number. */
export const numbered = (n: number): NewEntry<'operator.login'> => entryOf('operator.login', { n }, {}, n);

/** Everything in a range, at once. */
export async function all(ledger: Ledger, from?: number, to?: number): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of ledger.entries(from, to)) entries.push(entry);
  return entries;
}

/** For assert.rejects: the error has this code. */
export const rejectsWith = (code: string) => (error: unknown) => {
  assert.equal((error as { code?: string }).code, code);
  return true;
};
