import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STATE_FILE } from '../../record/snapshot.ts';
import { KeptFile, type KeptFileOptions } from './kept-file.ts';

const NOON = Date.UTC(2025, 5, 2, 12);
const MANIFEST = { sallyport: '1', layout: 'a', seed: 'b' };

/** A state of one number, as small as it says. */
class OneNumber {
  value = 0;
  isSmall = true;
  snapshot = () => ({ value: this.value, cells: Int32Array.of(this.value) });
  restore = (s: Record<string, unknown>) => {
    this.value = s.value as number;
  };
}

describe('what a run leaves to the next', () => {
  let dir: string;
  let state: OneNumber;
  let said: string[];
  let nowMs: number;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sallyport-state-'));
    said = [];
    nowMs = NOON;
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** A run that begins. */
  function begin(more: Partial<KeptFileOptions> = {}): KeptFile {
    state = new OneNumber();
    return new KeptFile({
      path: path(),
      saveEveryMs: 60_000,
      content: state,
      manifest: () => MANIFEST,
      clock: () => nowMs,
      isSmall: () => state.isSmall,
      onFailure: (error) => said.push((error as { code?: string }).code ?? error.message),
      ...more,
    });
  }

  /** A run that leaves a number behind. */
  async function leave(value: number): Promise<void> {
    const file = begin();
    state.value = value;
    await file.close(1, nowMs);
  }

  const path = () => join(dir, STATE_FILE);

  it('begins with nothing, and with what the run before has left', async () => {
    expect([begin().resumed, said]).toEqual([null, []]);
    await leave(7);
    nowMs += 5000;
    expect(begin().resumed).toMatchObject({ savedMs: NOON, lastMs: NOON });
    expect([state.value, said]).toEqual([7, []]);
    // Nobody else may read whom it counts.
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  it('is written when it is time, when something has happened, and when it can be copied in time', async () => {
    const file = begin();
    state.value = 1;
    await file.tick(5, nowMs);
    expect(existsSync(path())).toBe(false);
    nowMs += 60_000;
    await file.tick(0, nowMs);
    expect(existsSync(path())).toBe(false);
    nowMs += 60_000;
    state.isSmall = false;
    await file.tick(5, nowMs);
    expect(existsSync(path())).toBe(false);
    await file.close(5, nowMs);
    begin();
    expect(state.value).toBe(1);
  });

  it('keeps what is there at the moment, not what comes while it is written', async () => {
    const file = begin();
    state.value = 1;
    nowMs += 60_000;
    const writing = file.tick(5, nowMs);
    state.value = 2;
    await writing;
    begin();
    expect(state.value).toBe(1);
  });

  it.each([
    ['damaged', 'SP5001', () => writeFileSync(path(), readFileSync(path()).subarray(0, -1))],
    ['of something else', 'SP5001', () => writeFileSync(path(), 'SPS1 and no more')],
    ['from the future', 'SP5002', () => (nowMs -= 120_000)],
  ])('says that it is %s, and begins with nothing', async (_, code, spoil) => {
    await leave(7);
    spoil();
    expect([begin().resumed, state.value, said]).toEqual([null, 0, [code]]);
    // What cannot be used stands in nobody's way.
    await leave(8);
    begin();
    expect(state.value).toBe(8);
  });

  it('is not read by another version, with another layout, or under another seed', async () => {
    for (const name of Object.keys(MANIFEST)) {
      await leave(7);
      begin({ manifest: () => ({ ...MANIFEST, [name]: 'other' }) });
      expect(state.value).toBe(0);
    }
    expect(said).toEqual(['SP5002', 'SP5002', 'SP5002']);
  });

  it('is compared as far as it had come', async () => {
    const words = ['a'];
    const manifest = (before?: Readonly<Record<string, string>>) => {
      const n = Number(before?.words.split(' ')[0] ?? words.length);
      return { words: `${n} ${words.slice(0, n).join()}` };
    };
    const file = begin({ manifest });
    state.value = 7;
    words.push('b');
    await file.close(1, nowMs);
    words.push('c');
    begin({ manifest });
    expect(state.value).toBe(7);
    words[1] = 'x';
    begin({ manifest });
    expect([state.value, said]).toEqual([0, ['SP5002']]);
  });

  it('says that the disk does not take it, and leaves what was there', async () => {
    await leave(7);
    const file = begin();
    mkdirSync(`${path()}.part`);
    await file.close(9, nowMs);
    expect(said).toEqual(['SP5001']);
    begin();
    expect(state.value).toBe(7);
  });

  it('says that it could not be copied, and stops nothing by that', async () => {
    const file = begin();
    state.snapshot = () => {
      throw new RangeError('no memory');
    };
    await file.close(9, nowMs);
    expect([said, existsSync(path())]).toEqual([['SP5001'], false]);
  });

  it('goes with a journal, and stays there when the next one is written', async () => {
    await leave(7);
    const run = join(dir, 'run');
    mkdirSync(run);
    const file = begin();
    file.copyTo(run, 10);
    expect(existsSync(join(run, STATE_FILE))).toBe(false);
    file.copyTo(run, 10_000);
    const copy = readFileSync(join(run, STATE_FILE));
    state.value = 8;
    await file.close(1, nowMs);
    expect(readFileSync(join(run, STATE_FILE))).toEqual(copy);
    expect(readFileSync(path())).not.toEqual(copy);
    // There is one already, and a folder that is gone.
    begin().copyTo(join(dir, 'gone'), 10_000);
    expect(said).toEqual(['SP5001']);
  });

  it('is nowhere where nothing is to be kept', async () => {
    const file = begin({ path: null });
    await file.close(5, nowMs);
    file.copyTo(dir, 1000);
    expect([file.resumed, existsSync(path())]).toEqual([null, false]);
  });
});
