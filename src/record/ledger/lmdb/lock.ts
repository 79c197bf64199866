/**
 * Who may append: a file that names the process. It makes a clear error of what would else be a fight; what makes a fork
 * of the chain impossible is that every commit names the head it expects.
 */
import {
  closeSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { SallyportError } from '../../../lib/errors.ts';

export const LOCK_FILE = 'ledger.lock';

/** How often the holder says that it still lives, for those who cannot see its process: other containers, other hosts. */
const BEAT_MS = 5_000;
/** Without a beat for so long, the lock of a process that cannot be seen is stale. */
const STALE_MS = 30_000;
/** Of taking over a stale lock while others do the same. */
const TRIES = 5;

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in ticks since boot, and the boot: process ids are used again. '' where not known. */
  readonly started: string;
  readonly boot: string;
}

export interface Lock {
  release(): void;
}

/** Locks that this process holds: its own process id in a file says nothing else. */
const held = new Set<string>();

/** Takes the lock or says who has it. SallyportError SP4102, or SP4109 where no file can be written. */
export function takeLock(path: string): Lock {
  if (held.has(path)) throw new SallyportError('SP4102', `${path}: this process has opened it already`);
  const mine = `${path}.${process.pid}`;
  try {
    const file = openSync(mine, 'w', 0o600);
    writeSync(file, JSON.stringify(self()));
    closeSync(file);
    acquire(path, mine);
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError('SP4109', `${path}: ${(error as Error).message}`, { cause: error });
  } finally {
    remove(mine);
  }
  held.add(path);
  const beat = setInterval(() => touch(path), BEAT_MS).unref();
  return {
    release: () => {
      clearInterval(beat);
      if (held.delete(path) && isMine(path)) remove(path);
    },
  };
}

/** A hard link appears whole or not at all, and only where nothing has the name. */
function acquire(path: string, mine: string): void {
  for (let i = 0; i < TRIES; i++) {
    try {
      linkSync(mine, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = read(path);
    if (holder !== null && lives(holder, path)) {
      const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
      throw new SallyportError('SP4102', `${path}: process ${holder.pid}${where} writes this ledger`);
    }
    discard(path, holder);
  }
  throw new SallyportError('SP4102', `${path}: others are taking the ledger over at this moment`);
}

/** Takes a stale lock away, unless somebody else has put a new one there in between. */
function discard(path: string, stale: Holder | null): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
    if (JSON.stringify(read(aside)) !== JSON.stringify(stale)) linkSync(aside, path);
  } catch {
    // Somebody else was faster, which the next try finds out.
  }
  remove(aside);
}

function lives(holder: Holder, path: string): boolean {
  const me = self();
  // Held by this process it would stand in the set: a container that restarts gives out the same id again.
  if (holder.host === me.host && holder.pid === me.pid) return false;
  if (holder.host === me.host && holder.boot !== me.boot) return false;
  if (holder.host === me.host && isRunning(holder)) return true;
  return holder.host !== me.host && Date.now() - modified(path) < STALE_MS;
}

function isRunning({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = startOf(pid);
  return now === '' || started === '' || now === started;
}

const self = (): Holder => ({
  pid: process.pid,
  host: hostname(),
  started: startOf(process.pid),
  boot: textOf('/proc/sys/kernel/random/boot_id').trim(),
});

/** Field 22 of /proc/PID/stat (proc(5)); '' where there is no /proc. The name of the program may hold blanks. */
function startOf(pid: number): string {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function read(path: string): Holder | null {
  try {
    const holder = JSON.parse(textOf(path)) as Holder;
    return Number.isSafeInteger(holder.pid) && typeof holder.host === 'string' ? holder : null;
  } catch {
    return null;
  }
}

function isMine(path: string): boolean {
  return JSON.stringify(read(path)) === JSON.stringify(self());
}

function modified(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function touch(path: string): void {
  try {
    if (isMine(path)) utimesSync(path, new Date(), new Date());
  } catch {
    // The next commit will tell whether the ledger is still ours.
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone already.
  }
}
