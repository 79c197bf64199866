/** Errors of the ledger: the one log of what anyone or anything decided. */
import type { ErrorEntry } from './entry.ts';

export const LEDGER_ERRORS = {
  SP4101: {
    title: 'There is no ledger',
    advice:
      'Name the data directory of a Sallyport that has run: --data-dir, or records.data_dir of its configuration.',
  },
  SP4102: {
    title: 'Another process writes this ledger',
    advice:
      'Only one process may append. Ask the running one (its admin listener), or stop it first; verify and show work beside it.',
  },
  SP4103: {
    title: 'Another process has taken the ledger over',
    advice: 'This process appends no more. Two must not share a data directory: stop one of them.',
  },
  SP4104: {
    title: 'The ledger cannot keep up',
    advice: 'The disk is slower than what is decided. Entries were refused, none was lost half-way. Look at the disk.',
  },
  SP4105: {
    title: 'The ledger cannot be written',
    advice: 'Look at space and health of the disk. Nothing was written by half; appending is tried anew every time.',
  },
  SP4106: {
    title: 'An entry cannot stand in the ledger',
    advice: 'The message names the field and what is allowed.',
  },
  SP4107: {
    title: 'The master key of the ledger is missing or damaged',
    advice:
      'Put ledger-master.key back from its backup. To give up all personal fields for good, write a new one: openssl rand -base64 32 > ledger-master.key',
  },
  SP4108: {
    title: 'The ledger is closed',
    advice: 'Sallyport is shutting down; what was acknowledged is kept.',
  },
  SP4109: {
    title: 'The ledger cannot be opened',
    advice: 'Check the path, its permissions and the space left. A ledger of a newer version needs that version.',
  },
  SP4110: {
    title: 'The ledger was altered or is damaged',
    advice:
      'The message names the first entry that is wrong. Keep a copy of the data directory as evidence and restore a backup (docs/ledger.md).',
  },
  SP4111: {
    title: 'The signing key of the ledger cannot be used',
    advice: 'ledger-key.pem must hold an Ed25519 private key (PKCS #8 PEM) that only its owner can read.',
  },
  SP4112: {
    title: 'The subject is not known to the ledger',
    advice: 'Give it as it was recorded, for example --subject ip=203.0.113.7. It may have been erased already.',
  },
  SP4113: {
    title: 'This ledger is open for reading only',
    advice: 'Only the process that appends can do this.',
  },
} as const satisfies Record<string, ErrorEntry>;
