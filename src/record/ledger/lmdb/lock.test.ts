import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeLock } from './lock.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-lock-'));
  path = join(dir, 'ledger.lock');
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** What this process writes into a lock. */
function mine(): { pid: number; host: string; started: string; boot: string } {
  const lock = takeLock(path);
  const holder = JSON.parse(readFileSync(path, 'utf8'));
  lock.release();
  return holder;
}

const leave = (change: Partial<ReturnType<typeof mine>>) =>
  writeFileSync(path, JSON.stringify({ ...mine(), ...change }));
const locked = expect.objectContaining({ code: 'SP4102' });
const age = (seconds: number) => {
  const time = new Date(Date.now() - seconds * 1000);
  utimesSync(path, time, time);
};

describe('the lock of a ledger', () => {
  it('is held once, and can be taken again after it was released', () => {
    const lock = takeLock(path);
    expect(() => takeLock(path)).toThrow(locked);
    lock.release();
    lock.release();
    expect(existsSync(path)).toBe(false);
    takeLock(path).release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('names the process that lives and has it', () => {
    leave({ pid: process.ppid, started: '' });
    expect(() => takeLock(path)).toThrow(new RegExp(`process ${process.ppid} writes`));
  });

  it('of a process that is gone is taken over', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    leave({ pid });
    takeLock(path).release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('of an earlier process with the same id is taken over', () => {
    leave({ pid: process.ppid, started: '1' });
    takeLock(path).release();
    leave({ started: '1' });
    takeLock(path).release();
  });

  it('from before the machine was started is taken over', () => {
    leave({ pid: process.ppid, boot: 'another' });
    takeLock(path).release();
  });

  it('of another host counts as long as it gives signs of life', () => {
    leave({ host: `not-${hostname()}`, pid: 1 });
    expect(() => takeLock(path)).toThrow(/on not-/);
    age(60);
    takeLock(path).release();
  });

  it('that cannot be read is taken over', () => {
    writeFileSync(path, '{"pid":');
    takeLock(path).release();
  });

  it('says so where its folder cannot be written', () => {
    expect(() => takeLock(join(dir, 'no/such/folder'))).toThrow(expect.objectContaining({ code: 'SP4109' }));
  });

  it('that somebody else has taken over is not removed', () => {
    const lock = takeLock(path);
    writeFileSync(path, '{"pid":1,"host":"another"}');
    lock.release();
    expect(existsSync(path)).toBe(true);
  });
});
