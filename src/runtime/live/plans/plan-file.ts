/**
 * Counters of plans on disk: `plans.jsonl`. A line is one account as it stood, a later line counts before an earlier one, so
 * that writing takes as long as there were changes. The whole is written anew beside it and put in its place when there are
 * too many lines that no longer count; half a line at the end is what a process left that was killed.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../../../lib/errors.ts';
import { type Account, accountFrom, savedAccount } from './account.ts';
import type { PlanBook } from './plan-book.ts';

const FILE = 'plans.jsonl';
const HEAD = { sallyport: 'plans', version: 1 };
const OWNER_ONLY = 0o600;
/** Between two writings, in ms: what a process that is killed loses at most. */
export const WRITE_EVERY_MS = 2000;
/** Larger files are not ours. */
const MAX_BYTES = 384 * 1024 * 1024;
/** Accounts that are turned into text without a pause for requests. */
const SLICE = 500;
/** Lines for each account from which on the file is written anew, and the least of them. */
const LINES_PER_ACCOUNT = 2;
const LEAST_LINES = 10_000;

/** Counters of one book, read at the start and written now and then. */
export class PlanFile {
  private readonly path: string | null;
  private readonly book: PlanBook;
  private handle: FileHandle | null = null;
  private lines = 0;
  private writing: Promise<void> | null = null;
  private writtenMs: number;

  /** `dataDir` null: nothing is kept. SallyportError SP8205 where what is there cannot be read. */
  constructor(dataDir: string | null, book: PlanBook, nowMs: number) {
    this.path = dataDir === null ? null : join(dataDir, FILE);
    this.book = book;
    this.writtenMs = nowMs;
    if (this.path === null) return;
    for (const account of readAccounts(this.path)) if (!account.isOver(nowMs)) book.accounts.restore(account);
  }

  /** Writes what has changed, where it is time. Rejects with SP8206 where the disk does not take it. */
  async tick(nowMs: number): Promise<void> {
    const { book } = this;
    if (this.path === null) book.changed.clear();
    if (this.writing !== null || book.changed.size === 0 || nowMs - this.writtenMs < WRITE_EVERY_MS) return;
    await this.save(nowMs);
  }

  /** Writes what has changed now, and lets go of the file. */
  async close(nowMs: number): Promise<void> {
    await this.writing?.catch(() => {});
    try {
      if (this.path !== null && this.book.changed.size > 0) await this.save(nowMs);
    } finally {
      await this.handle?.close();
      this.handle = null;
    }
  }

  private async save(nowMs: number): Promise<void> {
    this.writtenMs = nowMs;
    const changed = [...this.book.changed];
    this.book.changed.clear();
    for (const account of changed) account.changed = false;
    const most = Math.max(LEAST_LINES, this.book.accounts.size * LINES_PER_ACCOUNT);
    const isAnew = this.handle === null || this.lines + changed.length > most;
    this.writing = isAnew ? this.writeAnew(nowMs) : this.append(changed);
    try {
      await this.writing;
    } catch (error) {
      // Those that were pushed out meanwhile need not be kept.
      const kept = new Set(this.book.accounts.all());
      for (const account of changed) if (kept.has(account)) this.book.changed.add(account);
      await this.handle?.close().catch(() => {});
      this.handle = null;
      throw new SallyportError('SP8206', `${this.path}: ${(error as Error).message}`, { cause: error });
    } finally {
      this.writing = null;
    }
  }

  private async append(accounts: readonly Account[]): Promise<void> {
    const handle = this.handle as FileHandle;
    await writeLines(handle, accounts);
    await handle.datasync();
    this.lines += accounts.length;
  }

  /** Everything, without what is over: the one before or this one, never a half. */
  private async writeAnew(nowMs: number): Promise<void> {
    const { accounts } = this.book;
    const path = this.path as string;
    const all: Account[] = [];
    for (const account of accounts.all()) {
      if (account.isOver(nowMs)) accounts.remove(account);
      else all.push(account);
    }
    const next = await open(`${path}.part`, 'w', OWNER_ONLY);
    try {
      await next.write(`${JSON.stringify(HEAD)}\n`);
      await writeLines(next, all);
      await next.datasync();
      await rename(`${path}.part`, path);
    } catch (error) {
      await next.close();
      throw error;
    }
    await this.handle?.close();
    this.handle = next;
    this.lines = all.length;
  }
}

async function writeLines(handle: FileHandle, accounts: readonly Account[]): Promise<void> {
  for (let i = 0; i < accounts.length; i += SLICE) {
    const part = accounts.slice(i, i + SLICE);
    await handle.appendFile(part.map((account) => `${JSON.stringify(savedAccount(account))}\n`).join(''));
  }
}

function readAccounts(path: string): Account[] {
  if (!existsSync(path)) return [];
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('it is larger than any such file');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SallyportError('SP8205', `${path}: ${(error as Error).message}`, { cause: error });
  }
  const [head, ...lines] = text.split('\n');
  // After the last line's end nothing follows; something is half a line.
  lines.pop();
  if (head !== JSON.stringify(HEAD)) throw new SallyportError('SP8205', `${path} holds no counters of this version`);
  const accounts = new Map<string, Account>();
  for (const [i, line] of lines.entries()) {
    const account = accountFrom(parsed(line));
    if (account === null) throw new SallyportError('SP8205', `${path}: line ${i + 2} is no account`);
    accounts.delete(account.id);
    accounts.set(account.id, account);
  }
  return [...accounts.values()];
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
