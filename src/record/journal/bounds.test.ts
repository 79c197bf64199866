/** What the journal does where there is no room: on the disk, in memory, within its own bounds. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { ControlRecord } from '../../engine/control.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { BLOCK_ROWS } from './block.ts';
import { type JournalCondition, JournalDirectory } from './directory.ts';
import { segmentNames } from './format.ts';
import { type JournalEntry, openJournalDirectory, partialReasons } from './reader.ts';
import { recoverJournal } from './recover.ts';
import { appendOne, CONTEXT, eventsOf, FakeEngine, journalOptions, randomRows, SmallDisk, T } from './testing.ts';

const base = mkdtempSync(join(tmpdir(), 'sallyport-journal-bounds-'));
afterAll(() => rmSync(base, { recursive: true }));
afterEach(() => vi.useRealTimers());
let folders = 0;
const folder = (): string => join(base, `journal-${folders++}`);

const read = (path: string): { entries: JournalEntry[]; reasons: string[] } => {
  const reader = openJournalDirectory(path);
  const entries = [...reader.entries()];
  return { entries, reasons: partialReasons(reader.completeness()) };
};
const control = (ref: string): ControlRecord => ({ control: 'label', timeMs: T, ref, data: { ref, n: [1, null] } });

describe('bounds', () => {
  it('rotates, and deletes the oldest segments first, with models that nobody needs', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const maxBytes = 1_048_576;
    let journal = JournalDirectory.open(journalOptions(path, engine, { maxBytes, segmentBytes: 131_072 }));
    const text = 4000;
    for (let round = 0; round < 60; round++) {
      journal.inForce({ ...CONTEXT, model: { ...EMPTY_MODEL, version: `m${Math.floor(round / 5)}` } });
      const rows = randomRows(3, round + 1, text);
      for (let row = 0; row < 3; row++) appendOne(journal, engine, rows, row);
      expect(await journal.flush()).toBe(true);
      expect(journal.statistics().bytes).toBeLessThanOrEqual(maxBytes);
      const onDisk = readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
      expect(onDisk).toBeLessThanOrEqual(maxBytes);
    }
    expect(journal.statistics().segmentsDeleted).toBeGreaterThan(5);
    await journal.close();
    const { entries, reasons } = read(path);
    const sequences = entries.filter((e) => e.type === 'event').map((e) => e.sequence);
    expect(sequences).toEqual(Array.from({ length: sequences.length }, (_, i) => 180 - sequences.length + 1 + i));
    expect(reasons).toEqual([`rotated: the first ${180 - sequences.length} records were deleted`]);
    const named = new Set(segmentNames(path).map((name) => openJournalDirectory(join(path, name)).header.model));
    expect(new Set(readdirSync(path).filter((name) => name.endsWith('.json')))).toEqual(named);
    // What was there before counts, too.
    journal = JournalDirectory.open(journalOptions(path, engine, { maxBytes: 262_144, segmentBytes: 65_536 }));
    appendOne(journal, engine, randomRows(1, 1), 0);
    await journal.flush();
    expect(journal.statistics().bytes).toBeLessThanOrEqual(262_144);
    await journal.close();
  });

  it('a control record that is no plain data, or too large, is left out and counted', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine));
    for (const data of [1n, 'x'.repeat(17 * 1024 * 1024), 'fine']) {
      engine.step(1);
      journal.control({ ...control('a'), data });
    }
    await journal.close();
    expect(journal.statistics()).toMatchObject({ controls: 1, dropped: 2 });
    expect(read(path).reasons).toEqual(['dropped: 2 records for want of room']);
  });

  it('does not grow while the disk is slow: what has no room is dropped, counted, and told once', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const conditions: JournalCondition[] = [];
    const disk = new SmallDisk();
    let release!: () => void;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const create = disk.create.bind(disk);
    disk.create = async (file) => {
      await gate;
      return create(file);
    };
    const bufferBytes = 2 * 1024 * 1024;
    const options = journalOptions(path, engine, { files: disk, bufferBytes, onCondition: (c) => conditions.push(c) });
    const journal = JournalDirectory.open(options);
    const rows = randomRows(64, 1);
    for (let i = 0; i < 5 * BLOCK_ROWS; i++) appendOne(journal, engine, rows, i % 64);
    const { dropped, events, waitingBytes } = journal.statistics();
    expect(dropped).toBeGreaterThan(BLOCK_ROWS);
    expect(dropped + events).toBe(5 * BLOCK_ROWS);
    expect(waitingBytes).toBeLessThan(3 * bufferBytes);
    expect(conditions.map((c) => [c.code, c.active])).toEqual([['SP4006', true]]);
    release();
    expect(await journal.flush()).toBe(true);
    appendOne(journal, engine, rows, 0);
    await journal.close();
    expect(conditions.map((c) => [c.code, c.active])).toEqual([
      ['SP4006', true],
      ['SP4006', false],
    ]);
    const { entries, reasons } = read(path);
    expect(entries.filter((e) => e.type === 'event')).toHaveLength(events + 1);
    expect(reasons).toEqual([`dropped: ${dropped} records for want of room`]);
  });
});

describe('a full disk', () => {
  it.each([
    0, 1, 100, 300, 1000, 3000, 7000,
  ])('with room for %i bytes more: stops, counts, says so once, and goes on when there is room', async (room) => {
    const path = folder();
    const engine = new FakeEngine();
    const conditions: JournalCondition[] = [];
    const disk = new SmallDisk();
    const journal = JournalDirectory.open(
      journalOptions(path, engine, { files: disk, onCondition: (c) => conditions.push(c) }),
    );
    const rows = randomRows(20, 4);
    const append = (n: number): void => {
      for (let i = 0; i < n; i++) appendOne(journal, engine, rows, i);
    };
    append(20);
    expect(await journal.flush()).toBe(true);
    disk.room = room;
    append(20);
    expect(await journal.flush()).toBe(false);
    expect(journal.statistics().accepting).toBe(false);
    append(5);
    expect(await journal.flush()).toBe(false);
    append(2);
    expect(journal.statistics()).toMatchObject({ events: 40, dropped: 7 });
    expect(conditions).toMatchObject([{ code: 'SP4005', active: true }]);
    expect(conditions[0].message).toContain('no space left');
    disk.room = Number.POSITIVE_INFINITY;
    expect(await journal.flush()).toBe(true);
    append(3);
    await journal.close();
    expect(conditions.map((c) => c.active)).toEqual([true, false]);
    const { entries, reasons } = read(path);
    const sequences = entries.filter((e) => e.type === 'event').map((e) => e.sequence);
    expect(sequences).toEqual([...Array(40).keys(), 47, 48, 49].map((i) => i + 1));
    expect(reasons).toEqual(['dropped: 7 records for want of room']);
  });

  it('is tried again by itself', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const path = folder();
    const engine = new FakeEngine();
    const disk = new SmallDisk(10);
    const journal = JournalDirectory.open(journalOptions(path, engine, { files: disk, retryMs: 1000 }));
    appendOne(journal, engine, randomRows(1, 1), 0);
    expect(await journal.flush()).toBe(false);
    disk.room = 1e9;
    vi.advanceTimersByTime(1000);
    await vi.waitFor(() => expect(journal.statistics().accepting).toBe(true));
    expect(eventsOf(path)).toHaveLength(1);
    await journal.close();
  });

  it('leaves one file that is begun, and uses it when there is room', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const disk = new SmallDisk(10);
    const journal = JournalDirectory.open(journalOptions(path, engine, { files: disk }));
    appendOne(journal, engine, randomRows(1, 1), 0);
    for (let i = 0; i < 5; i++) expect(await journal.flush()).toBe(false);
    expect(segmentNames(path)).toEqual(['journal-000000000000000.spj']);
    disk.room = Number.POSITIVE_INFINITY;
    expect(await journal.flush()).toBe(true);
    await journal.close();
    expect(recoverJournal(path)).toMatchObject({ position: { sequence: 1 }, cutBytes: 0 });
    // A reader that comes while a segment is begun sees that it is being written.
    writeFileSync(join(path, 'journal-000000000000001.spj'), '{"journal":2,"kin');
    const { entries, reasons } = read(path);
    expect([entries.filter((e) => e.type === 'event').length, reasons]).toEqual([1, []]);
  });

  it('that never gets room again does not keep the journal from closing', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine, { files: new SmallDisk(0) }));
    for (let i = 0; i < 3; i++) appendOne(journal, engine, randomRows(3, 1), i);
    await journal.close();
    expect(journal.statistics()).toMatchObject({ dropped: 3, accepting: false });
    appendOne(journal, engine, randomRows(1, 1), 0);
    expect(journal.statistics().dropped).toBe(4);
    expect(recoverJournal(path).position).toBeNull();
  });

  it('whose cache cannot be made durable is not trusted with the same file again', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const disk = new SmallDisk();
    const conditions: string[] = [];
    const journal = JournalDirectory.open(
      journalOptions(path, engine, { files: disk, sync: 'group', onCondition: (c) => conditions.push(c.message) }),
    );
    const rows = randomRows(2, 1);
    disk.failSync = true;
    appendOne(journal, engine, rows, 0);
    expect(await journal.flush()).toBe(false);
    disk.failSync = false;
    expect(await journal.flush()).toBe(true);
    appendOne(journal, engine, rows, 1);
    await journal.close();
    expect(segmentNames(path)).toHaveLength(2);
    expect(eventsOf(path).map((e) => e.sequence)).toEqual([1, 2]);
    expect(conditions).toHaveLength(2);
  });

  it('and a listener that throws do not reach whoever appends', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const onCondition = (): void => {
      throw new Error('from the listener');
    };
    const journal = JournalDirectory.open(journalOptions(path, engine, { files: new SmallDisk(0), onCondition }));
    appendOne(journal, engine, randomRows(1, 1), 0);
    expect(await journal.flush()).toBe(false);
    await journal.close();
  });
});
