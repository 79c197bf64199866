/** Opening the embedded ledger: for appending by the one process that serves, or for reading beside it. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SallyportError } from '../../../lib/errors.ts';
import { Appender, type AppenderOptions } from '../appender.ts';
import { HEADS_FILE } from '../heads.ts';
import { masterKeyForReading, masterKeyIn, signingKeyIn } from '../keys.ts';
import type { Ledger } from '../port.ts';
import { LedgerReader } from '../readonly.ts';
import { Vault } from '../vault.ts';
import { LOCK_FILE, takeLock } from './lock.ts';
import { requireFree } from './room.ts';
import { LmdbStore } from './store.ts';

export const DATABASE_FILE = 'ledger.lmdb';

export type LmdbLedgerOptions = Omit<AppenderOptions, 'store' | 'vault' | 'signer' | 'headsFile'> & {
  /** Made where it is missing, for its owner alone. Holds the database, the keys and the exported heads. */
  readonly dataDir: string;
};

/**
 * Opens the ledger of a data directory for appending. Keys are made on the first start. SallyportError SP4102 where another
 * process has it open, SP4107 and SP4111 for keys, SP4109 where it cannot be opened, SP4110 where its chain is broken.
 */
export async function openLedger(options: LmdbLedgerOptions): Promise<Ledger> {
  const dir = resolve(options.dataDir);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SallyportError('SP4109', `${dir}: ${(error as Error).message}`, { cause: error });
  }
  const lock = takeLock(join(dir, LOCK_FILE));
  let store: LmdbStore | null = null;
  try {
    await roomIn(dir);
    store = LmdbStore.open(join(dir, DATABASE_FILE), false);
    const master = masterKeyIn(dir, store.hasSubjects());
    const ledger = await Appender.open({
      ...options,
      store,
      vault: new Vault(master, store),
      signer: signingKeyIn(dir),
      headsFile: join(dir, HEADS_FILE),
    });
    return withRelease(ledger, () => lock.release());
  } catch (error) {
    await store?.close();
    lock.release();
    throw error;
  }
}

async function roomIn(dir: string): Promise<void> {
  try {
    await requireFree(dir);
  } catch (error) {
    throw new SallyportError('SP4109', `${dir}: ${(error as Error).message}`, { cause: error });
  }
}

/** The same ledger, with something to do once it is closed. */
function withRelease(ledger: Appender, release: () => void): Ledger {
  const close = ledger.close.bind(ledger);
  ledger.close = () => close().finally(release);
  return ledger;
}

/**
 * Opens the ledger of a data directory for reading, also while another process appends. Personal fields are locked where
 * the master key is not at hand. SallyportError SP4101 where there is none, SP4109 where it cannot be read.
 */
export function openLedgerForReading(dataDir: string): Ledger {
  const dir = resolve(dataDir);
  const store = LmdbStore.open(join(dir, DATABASE_FILE), true);
  return new LedgerReader(store, new Vault(masterKeyForReading(dir), store));
}

/**
 * Copies the database of a ledger into another folder, as of one moment, also while another process appends. Keys are not
 * copied: a backup that holds the master key, too, opens what was erased since. Gives the copy's path. SallyportError SP4101
 * where there is no ledger, SP9003 where the copy cannot be written or is there already.
 */
export async function backupLedger(dataDir: string, toDir: string): Promise<string> {
  const path = join(resolve(toDir), DATABASE_FILE);
  const part = `${path}.part-${process.pid}`;
  const store = LmdbStore.open(join(resolve(dataDir), DATABASE_FILE), true);
  try {
    mkdirSync(resolve(toDir), { recursive: true, mode: 0o700 });
    if (existsSync(path)) throw new Error('it exists already');
    await store.copyTo(part);
    chmodSync(part, 0o600);
    renameSync(part, path);
    return path;
  } catch (error) {
    rmSync(part, { force: true });
    throw new SallyportError('SP9003', `${path}: ${(error as Error).message}`, { cause: error });
  } finally {
    await store.close();
  }
}
