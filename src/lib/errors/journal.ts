/** Errors of the live journal, its seed and raw capture. */
import type { ErrorEntry } from './entry.ts';

export const JOURNAL_ERRORS = {
  SP4004: {
    title: 'The seed is not the one that the journal was written with',
    advice: 'Give it with --seed, or leave the journal in its data directory, where serve keeps the file seed.secret.',
  },
  SP4005: {
    title: 'The journal cannot be written',
    advice:
      'Look for room and permissions in the data directory. Requests go on; what is not kept is counted, and writing goes on by itself.',
  },
  SP4006: {
    title: 'The journal is slower than the traffic',
    advice:
      'The disk does not keep up. What was left out is counted; records.journal.sample below 1 keeps less of what is unremarkable.',
  },
  SP4007: {
    title: 'No such capture',
    advice: 'Captures are deleted when they expire. The list of captures shows what is still there.',
  },
  SP4008: {
    title: 'The capture cannot be opened',
    advice:
      'It needs the file "capture.key" of the data directory that it was written in, and must not have been changed.',
  },
  SP4009: {
    title: 'Reading a capture needs a name and a reason',
    advice: 'Say who reads it and why: both go into the ledger before anything is shown.',
  },
  SP4010: {
    title: 'The model of a journal is missing',
    advice: 'Copy a journal as a whole folder: the files model-*.json belong to its segments.',
  },
  SP4011: {
    title: 'The journal is ahead of the state',
    advice: 'Start from the sequence number at which the journal ends, or move the journal away to begin a new one.',
  },
  SP4012: {
    title: 'Requests were not captured',
    advice:
      'There are too many at once or too many in all. Narrow the route that is captured, or let captures expire sooner (docs/captures.md).',
  },
} as const satisfies Record<string, ErrorEntry>;
