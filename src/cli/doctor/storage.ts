/** Where records are kept: who may read them, whether there is room, how long a write takes until it is durable. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tokenPath } from '../../admin/token.ts';
import { parseListen } from '../../config/listen.ts';
import { isLoopback } from '../../config/warnings.ts';
import { type Examination, type Finding, fail, ok, reasonOf, warn } from './finding.ts';

/** Free space below which nothing works for long, in bytes. */
const LEAST_FREE = 256 * 1024 * 1024;
/** What is written to measure, and how often. */
const PROBE_BYTES = 64 * 1024;
const PROBES = 5;
/** The ledger commits within 50 ms: a disk that takes longer holds every mitigation pending for longer. */
const SLOW_SYNC_MS = 50;
/** Files counted in the data folder. */
const MAX_FILES = 100_000;

const mib = (bytes: number): string =>
  bytes >= 1024 ** 3 ? `${(bytes / 1024 ** 3).toFixed(1)} GiB` : `${Math.round(bytes / 1024 ** 2)} MiB`;

function dataDir({ loaded, cwd }: Examination): string {
  return resolve(loaded.file === null ? cwd : dirname(loaded.file), loaded.config.records.data_dir);
}

/** Permissions of the data folder. */
export function dataDirFindings(examination: Examination): Finding[] {
  const path = dataDir(examination);
  const shown = examination.loaded.config.records.data_dir;
  if (!existsSync(path)) return [ok('data-dir', `${shown} does not exist yet: serve makes it for its user alone`)];
  const stat = statSync(path);
  if (!stat.isDirectory()) return [fail('data-dir', `${shown} is no folder`, 'Name a folder in records.data_dir.')];
  if ((stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8);
    const sentence = `others may read or change ${shown} (mode ${mode}): it holds keys and records of people`;
    return [fail('data-dir', sentence, `chmod 700 ${path}`)];
  }
  const uid = process.getuid?.();
  if (uid !== undefined && uid !== 0 && stat.uid !== uid) {
    return [warn('data-dir', `${shown} belongs to another user`, 'Run the doctor as the user that runs the gateway.')];
  }
  return [ok('data-dir', `${shown} is for its owner alone`)];
}

/** Space, permission to write, time until a write is durable. */
export function diskFindings(examination: Examination): Finding[] {
  const path = dataDir(examination);
  const folder = nearest(path);
  const { max_bytes, enabled } = examination.loaded.config.records.journal;
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const need = enabled ? Math.max(0, max_bytes - sizeOf(path)) : 0;
  const findings: Finding[] = [];
  const advice = 'Make room, lower records.journal.max_bytes, or put records.data_dir on another disk.';
  if (free < LEAST_FREE) findings.push(fail('disk', `${mib(free)} are free`, advice));
  else if (free < need + LEAST_FREE) {
    findings.push(warn('disk', `${mib(free)} are free, but the journal may still grow by ${mib(need)}`, advice));
  } else findings.push(ok('disk', `${mib(free)} are free; the journal may still grow by ${mib(need)}`));
  return [...findings, syncFinding(folder)];
}

function syncFinding(folder: string): Finding {
  let took: number[];
  try {
    took = Array.from({ length: PROBES }, (_, i) => probe(join(folder, `.sallyport-doctor-${process.pid}-${i}`)));
  } catch (error) {
    return fail(
      'disk',
      `nothing can be written to ${folder} (${reasonOf(error)})`,
      'Give it to the user of the gateway.',
    );
  }
  const middle = took.sort((a, b) => a - b)[PROBES >> 1];
  const text = `${middle < 10 ? middle.toFixed(1) : Math.round(middle)} ms until a write is durable`;
  if (middle <= SLOW_SYNC_MS) return ok('disk', text);
  return warn('disk', `${text}: a mitigation stays pending for as long`, 'Put records.data_dir on a faster disk.');
}

/** Milliseconds to write and synchronise a small file, which is removed. */
function probe(path: string): number {
  const startedAt = performance.now();
  // Exclusive: nothing that stands there is written over.
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, Buffer.alloc(PROBE_BYTES));
    fsyncSync(file);
    return performance.now() - startedAt;
  } finally {
    closeSync(file);
    rmSync(path, { force: true });
  }
}

/** The folder itself, or the nearest one above that exists. */
function nearest(path: string): string {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

function sizeOf(path: string): number {
  if (!existsSync(path)) return 0;
  let sum = 0;
  for (const name of readdirSync(path, { recursive: true }).slice(0, MAX_FILES)) {
    sum += statSync(join(path, String(name)), { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}

/** Who reaches the admin listener, and who may read its token. */
export function adminFindings(examination: Examination): Finding[] {
  const { listen } = examination.loaded.config.admin;
  const at = parseListen(listen);
  const findings: Finding[] = [];
  if (at !== null && !isLoopback(at.address)) {
    const advice =
      'Listen on 127.0.0.1 and come over ssh -L, or let a firewall allow only your own networks: it speaks no TLS.';
    findings.push(warn('admin', `the admin listener is open to others at ${listen}`, advice));
  }
  const token = tokenPath(examination.loaded, examination.cwd);
  const stat = statSync(token, { throwIfNoEntry: false });
  if (stat !== undefined && (stat.mode & 0o077) !== 0) {
    findings.push(fail('admin', `others may read the admin token ${token}`, `chmod 600 ${token}, and make a new one.`));
  }
  if (findings.length === 0)
    findings.push(ok('admin', `the admin listener at ${listen} is reached from this machine only`));
  return findings;
}
