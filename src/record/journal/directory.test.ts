import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { ControlRecord } from '../../engine/control.ts';
import { rowsOf } from '../../engine/testing.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { BLOCK_ROWS, EVENT } from './block.ts';
import { JournalDirectory } from './directory.ts';
import { FRAME_BYTES, isJournal, segmentNames } from './format.ts';
import { type JournalEntry, openJournalDirectory, partialReasons } from './reader.ts';
import { recoverJournal } from './recover.ts';
import { appendOne, CONTEXT, eventsOf, FakeEngine, journalOptions, randomRows, rowText, T } from './testing.ts';
import type { ValuesRecord } from './values.ts';

fc.configureGlobal({ seed: 20240304 });

const base = mkdtempSync(join(tmpdir(), 'sallyport-live-journal-'));
afterAll(() => rmSync(base, { recursive: true }));
afterEach(() => vi.useRealTimers());
let folders = 0;
const folder = (): string => join(base, `journal-${folders++}`);

const read = (path: string): { entries: JournalEntry[]; reasons: string[] } => {
  const reader = openJournalDirectory(path);
  const entries = [...reader.entries()];
  return { entries, reasons: partialReasons(reader.completeness()) };
};
/** What an entry says, as plain data: rows as text. */
const plain = (e: JournalEntry): unknown => (e.type === 'event' ? { ...e, rows: rowText(e.rows, e.row), row: 0 } : e);
const thrown = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof SallyportError ? error.code : `no SallyportError: ${String(error)}`;
  }
  return 'nothing thrown';
};
const control = (ref: string): ControlRecord => ({ control: 'label', timeMs: T, ref, data: { ref, n: [1, null] } });

describe('a live journal', () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('event' as const), rows: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('control' as const), ref: fc.string() }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('values' as const), why: fc.string({ unit: 'binary' }) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
  );

  it('gives back whatever was appended, in sequence, over flushes, segments and restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.nat(), async (steps, seed) => {
        const path = folder();
        const engine = new FakeEngine();
        const open = () => JournalDirectory.open(journalOptions(path, engine, { segmentBytes: 65_536 }));
        let journal = open();
        const expected: unknown[] = [];
        for (const [i, s] of steps.entries()) {
          if (s.kind === 'flush') expect(await journal.flush()).toBe(true);
          else if (s.kind === 'reopen') {
            await journal.close();
            journal = open();
          } else if (s.kind === 'control') {
            engine.step(i);
            journal.control(control(s.ref));
            expected.push({ type: 'control', sequence: engine.sequence, record: control(s.ref) });
          } else if (s.kind === 'event') {
            const rows = randomRows(s.rows, seed + i);
            for (let row = 0; row < rows.count; row++) {
              const flags = [EVENT.admitted, 0, EVENT.admitted | EVENT.partial, EVENT.keep][row % 4];
              appendOne(journal, engine, rows, row, row % 2 === 1, seed + row, flags);
              expected.push({
                type: 'event',
                sequence: engine.sequence,
                rows: rowText(rows, row),
                row: 0,
                response: row % 2 === 1,
                nowMs: T + engine.sequence,
                decision: (seed + row) | 0,
                admitted: (flags & EVENT.admitted) !== 0,
                partial: (flags & EVENT.partial) !== 0,
                promoted: false,
                weight: 1,
              });
            }
          } else if (steps[i - 1]?.kind === 'event') {
            const record = valuesOf(s.why);
            journal.values(record);
            expected.push({ type: 'values', sequence: engine.sequence, record });
          }
        }
        await journal.close();
        if (expected.length === 0) return;
        const { entries, reasons } = read(path);
        const marks = entries.filter((e) => e.type === 'mark');
        expect(entries.filter((e) => e.type !== 'mark').map(plain)).toEqual(expected);
        expect(marks.at(-1)).toEqual({ type: 'mark', ...engine });
        expect(reasons).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  const valuesOf = (why: string): ValuesRecord => ({
    evidence: [
      {
        detector: 'd',
        actor: 'ip',
        millinats: 5000,
        why,
        key: [1, 2, 0, 0],
        values: { 'a.n': -3 },
        risk: [1],
      },
    ],
  });

  it('copies the row: it may be used again at once', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine));
    const rows = randomRows(1, 5);
    const before = rowText(rows, 0);
    appendOne(journal, engine, rows, 0);
    rows.status[0]++;
    rows.text.fill(0x78);
    const after = rowText(rows, 0);
    appendOne(journal, engine, rows, 0, true);
    await journal.close();
    expect(eventsOf(path).map((e) => rowText(e.rows, e.row))).toEqual([before, after]);
    expect(after).not.toBe(before);
  });

  it('writes by itself within a quarter of a second, without anybody asking', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const path = folder();
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine));
    appendOne(journal, engine, randomRows(1, 1), 0);
    vi.advanceTimersByTime(249);
    expect(journal.statistics().waitingBytes).toBeGreaterThan(0);
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(eventsOf(path)).toHaveLength(1));
    await journal.close();
  });

  it('writes a block that is full at once', async () => {
    const path = folder();
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine, { flushMs: 3_600_000 }));
    const rows = randomRows(100, 3);
    for (let i = 0; i <= BLOCK_ROWS; i++) appendOne(journal, engine, rows, i % 100);
    await vi.waitFor(() => expect(eventsOf(path)).toHaveLength(BLOCK_ROWS), { timeout: 10_000 });
    await journal.close();
    expect(eventsOf(path)).toHaveLength(BLOCK_ROWS + 1);
  });

  it('says what it stands on, and nothing of the seed but a hash; only its owner may read it', async () => {
    const path = folder();
    const engine = Object.assign(new FakeEngine(), { sequence: 41, hashHi: -7, hashLo: 9 });
    const journal = JournalDirectory.open(journalOptions(path, engine, { sample: 0.5 }));
    journal.inForce({ ...CONTEXT, model: { ...EMPTY_MODEL, version: 'm/2' } });
    engine.step(1);
    journal.control(control('a'));
    await journal.close();
    const { header, model, segments } = openJournalDirectory(path);
    expect(header).toMatchObject({
      kind: 'segment',
      first_sequence: 41,
      lanes: [-7, 9],
      sample: 0.5,
      seed_hash: 'none',
    });
    expect(model.version).toBe('m/2');
    expect(segments).toEqual(['journal-000000000000041.spj']);
    expect(header.model).toBe('model-m_2.json');
    for (const name of readdirSync(path)) expect(statSync(join(path, name)).mode & 0o077, name).toBe(0);
    expect(isJournal(path)).toBe(true);
    expect(openJournalDirectory(join(path, segments[0])).header).toEqual(header);
  });

  it('keeps models of one version apart that are not equal', async () => {
    const path = folder();
    const engine = new FakeEngine();
    for (const requests of [1, 2, 1]) {
      const route = { template: '/a', routeClass: 0, answered: 1, requests, origin: 'learned' as const };
      const context = { ...CONTEXT, model: { ...EMPTY_MODEL, routes: [route] } };
      const journal = JournalDirectory.open(journalOptions(path, engine, { context }));
      appendOne(journal, engine, randomRows(1, 1), 0);
      await journal.close();
    }
    const models = segmentNames(path).map((name) => openJournalDirectory(join(path, name)).model.routes[0].requests);
    expect(models).toEqual([1, 2, 1]);
    expect(readdirSync(path).filter((name) => name.endsWith('.json'))).toHaveLength(2);
  });
});

describe('after a death', () => {
  /** Three blocks of ten events in one segment. */
  async function threeBlocks(
    make = (block: number) => randomRows(10, block + 1, 3),
  ): Promise<{ path: string; segment: string; bytes: Buffer; starts: number[] }> {
    const path = folder();
    const engine = new FakeEngine();
    const journal = JournalDirectory.open(journalOptions(path, engine));
    for (let block = 0; block < 3; block++) {
      const rows = make(block);
      for (let row = 0; row < 10; row++) appendOne(journal, engine, rows, row);
      await journal.flush();
    }
    await journal.close();
    const segment = join(path, segmentNames(path)[0]);
    const bytes = readFileSync(segment);
    const starts = [bytes.indexOf(0x0a) + 1];
    while (starts.length < 3)
      starts.push(starts[starts.length - 1] + FRAME_BYTES + bytes.readUInt32LE(starts[starts.length - 1] + 4));
    return { path, segment, bytes, starts };
  }

  it('a torn tail is noticed and cut off, wherever it was torn', async () => {
    // Rows that compress well: there are as many places to tear a block as it has bytes.
    const alike = rowsOf(...Array.from({ length: 10 }, (_, i) => ({ ipLo: i, status: 200 })));
    const { path, segment, bytes, starts } = await threeBlocks(() => alike);
    const last = starts[2];
    expect(bytes.length - last).toBeGreaterThan(100);
    for (let cut = last; cut < bytes.length; cut++) {
      writeFileSync(segment, bytes.subarray(0, cut));
      const reader = openJournalDirectory(path);
      const events = [...reader.entries()].filter((e) => e.type === 'event');
      expect(events.length, `cut at ${cut}`).toBe(20);
      expect(reader.completeness()).toMatchObject({ torn: cut > last, damaged: 0, missing: 0 });
      const recovered = recoverJournal(path);
      expect([recovered.position?.sequence, recovered.cutBytes]).toEqual([20, cut - last]);
      expect(statSync(segment).size).toBe(last);
    }
  });

  it('goes on where it was cut, and is whole again', async () => {
    const { path, segment, starts } = await threeBlocks();
    truncateSync(segment, starts[2] + 77);
    const { position } = recoverJournal(path);
    const engine = Object.assign(new FakeEngine(), position);
    const journal = JournalDirectory.open(journalOptions(path, engine));
    appendOne(journal, engine, randomRows(1, 9), 0);
    await journal.close();
    const { entries, reasons } = read(path);
    expect(entries.filter((e) => e.type === 'event').map((e) => e.sequence)).toEqual(
      Array.from({ length: 21 }, (_, i) => i + 1),
    );
    expect(entries.at(-1)).toEqual({ type: 'mark', ...engine });
    expect(reasons).toEqual([]);
  });

  it('damage in the middle costs the block it is in, and is told', async () => {
    const { path, segment, bytes, starts } = await threeBlocks();
    const content = Buffer.from(bytes);
    content[starts[1] + 50] ^= 1;
    writeFileSync(segment, content);
    expect(recoverJournal(path)).toMatchObject({ position: { sequence: 30 }, cutBytes: 0 });
    const { entries, reasons } = read(path);
    expect(entries.filter((e) => e.type === 'event').map((e) => e.sequence)).toEqual(
      [...Array(10).keys(), ...Array.from({ length: 10 }, (_, i) => 20 + i)].map((i) => i + 1),
    );
    expect(reasons).toEqual(['missing: 10 records never written or damaged', 'damaged: 1 place cannot be read']);
  });

  it('a segment without a block goes, one whose header is damaged does not take its blocks along', async () => {
    const { path, segment, bytes, starts } = await threeBlocks();
    writeFileSync(join(path, 'journal-000000000000030.spj'), bytes.subarray(0, 40));
    writeFileSync(join(path, 'journal-000000000000030-1.spj'), bytes.subarray(0, starts[0]));
    writeFileSync(join(path, 'model-x.json.part'), 'half');
    const content = Buffer.from(bytes);
    content[2] = 0;
    writeFileSync(segment, content);
    expect(recoverJournal(path)).toMatchObject({ position: { sequence: 30 } });
    expect(segmentNames(path)).toHaveLength(1);
    expect(readdirSync(path)).not.toContain('model-x.json.part');
  });

  it('segments of another version are put aside, those of the change before are given up', async () => {
    const { path, segment, bytes } = await threeBlocks();
    const other = bytes.toString('latin1').replace('"journal":2', '"journal":1');
    for (let round = 0; round < 2; round++) {
      writeFileSync(segment, other, 'latin1');
      expect(recoverJournal(path)).toEqual({ position: null, segments: [], cutBytes: 0 });
      expect(readdirSync(path)).toEqual(['other-version']);
      expect(segmentNames(join(path, 'other-version'))).toEqual(['journal-000000000000000.spj']);
    }
    expect(thrown(() => openJournalDirectory(join(path, 'other-version')))).toBe('SP4003');
  });

  it('an engine that is behind the journal is refused, one ahead of it leaves a gap', async () => {
    const { path } = await threeBlocks();
    const engine = Object.assign(new FakeEngine(), { sequence: 29 });
    expect(thrown(() => JournalDirectory.open(journalOptions(path, engine)))).toBe('SP4011');
    engine.sequence = 35;
    const journal = JournalDirectory.open(journalOptions(path, engine));
    appendOne(journal, engine, randomRows(1, 2), 0);
    await journal.close();
    expect(read(path).reasons).toEqual(['missing: 5 records never written or damaged']);
  });
});

it('a folder that is no journal is told apart', () => {
  expect(isJournal(base)).toBe(false);
  expect(thrown(() => openJournalDirectory(join(base, 'missing')))).toBe('SP4001');
  expect(thrown(() => openJournalDirectory(base))).toBe('SP4001');
  const file = join(base, 'a-file');
  writeFileSync(file, 'x');
  expect(thrown(() => recoverJournal(file))).toBe('SP4001');
});
