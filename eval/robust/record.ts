/** What a gateway that was killed has left on disk, read with the tools that users have, and entry by entry. */
import { spawn } from 'node:child_process';
import { journalFolderAt } from '../../src/record/journal/format.ts';
import { openLedgerForReading } from '../../src/record/ledger/lmdb/open.ts';

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly complaints: string;
}

/** Runs a verb of the command line to its end. */
export function run(command: string, words: readonly string[]): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let complaints = '';
    child.stdout.on('data', (chunk) => {
      out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      complaints += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, complaints }));
  });
}

/** Follows a ledger over the lives of the gateways that write it. */
export class LedgerBook {
  /** Ids of mitigations that were put on record, and of those taken back, with the entry that says so. */
  readonly started = new Set<string>();
  readonly undone = new Map<string, number>();
  /** Reasons that operators gave for whatever they did. */
  readonly reasons = new Set<string>();
  entries = 0;

  /** Reads what is new. */
  async read(dataDir: string): Promise<void> {
    const ledger = openLedgerForReading(dataDir);
    try {
      for await (const { seq, kind, data, reason } of ledger.entries(this.entries + 1)) {
        this.entries = seq;
        this.reasons.add(reason);
        if (kind === 'mitigation.batch')
          for (const item of data.items as { op: string; id: string }[])
            if (item.op === 'started') this.started.add(item.id);
        if (kind === 'mitigation.undone') for (const id of data.ids as string[]) this.undone.set(id, seq);
      }
    } finally {
      await ledger.close();
    }
  }
}

/** '' where `sallyport ledger verify` finds nothing wrong; else what it says. */
export async function verifyLedger(command: string, dataDir: string): Promise<string> {
  const { code, out, complaints } = await run(command, ['ledger', 'verify', '--data-dir', dataDir, '--json']);
  return code === 0 ? '' : `${code}: ${out}${complaints}`.slice(0, 400);
}

export interface Replayed {
  /** '' where it could be replayed and decided as the live run did. */
  readonly problem: string;
  readonly events: number;
  /** Its end was torn off. */
  readonly torn: boolean;
}

/** Replays the newest journal of a data directory with the configuration that was in force. */
export async function replayJournal(command: string, dataDir: string, config: string): Promise<Replayed> {
  const folder = journalFolderAt(dataDir);
  if (folder === undefined || folder === null) return { problem: 'there is no journal', events: 0, torn: false };
  const { code, out, complaints } = await run(command, ['replay', '--quiet', '--config', config, dataDir]);
  const last = out.trim().split('\n').at(-1) ?? '';
  try {
    const { journal } = JSON.parse(last) as {
      journal: { events: number; torn: boolean; partial: string[]; same_as_live: boolean };
    };
    const problem = journal.same_as_live ? '' : journal.partial.join('; ');
    // 3: nobody had come yet.
    const fine = code === 0 || (code === 3 && journal.events === 0);
    return {
      problem: fine ? problem : `exit code ${code}`,
      events: journal.events,
      torn: journal.torn,
    };
  } catch {
    return { problem: `exit code ${code}: ${complaints.slice(-300)}`, events: 0, torn: false };
  }
}
