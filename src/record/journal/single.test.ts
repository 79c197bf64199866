import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { COLUMNS, type ColumnName, createBatch, type FactBatch, textOf } from '../../enrich/facts.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import { isJournal, JOURNAL_VERSION, LAYOUT, type RunHeader } from './format.ts';
import { type JournalEvent, JournalWriter, openJournal, packDecision } from './single.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

const HEADER: Omit<RunHeader, 'journal' | 'layout' | 'kind'> = {
  sallyport: '0.0.0-test',
  manifest: { code: 'x' },
  model: EMPTY_MODEL,
  seed: 7,
  lateness_ms: 1000,
  inputs: ['a.log'],
};
const WHOLE = { journal: JOURNAL_VERSION, kind: 'run', layout: LAYOUT, ...HEADER };
const T = 1_709_510_400_000;
const encoder = new TextEncoder();

/** Rows whose every column and text says which row it is. */
function batchOf(count: number, from: number): FactBatch {
  const texts = Array.from({ length: count }, (_, i) => encoder.encode(`/items/${from + i}?token=s${from + i}é`));
  const text = new Uint8Array(texts.reduce((sum, t) => sum + t.length, 0));
  const batch = createBatch(count, text);
  let at = 0;
  texts.forEach((bytes, row) => {
    for (const [i, name] of (Object.keys(COLUMNS) as ColumnName[]).entries())
      if (!name.endsWith('At') && !name.endsWith('Length')) batch[name][row] = (from + row) * 31 + i;
    batch.timeMs[row] = T + from + row;
    text.set(bytes, at);
    batch.targetAt[row] = at;
    batch.targetLength[row] = bytes.length;
    batch.agentAt[row] = at;
    batch.agentLength[row] = 6;
    at += bytes.length;
  });
  batch.count = count;
  return batch;
}

interface Written {
  readonly row: number;
  readonly response: boolean;
  readonly nowMs: number;
  readonly decision: number;
  readonly columns: readonly number[];
  readonly target: string;
  readonly agent: string;
}

const COMPARED = (Object.keys(COLUMNS) as ColumnName[]).filter((name) => !name.endsWith('At'));

function copyOf(
  rows: FactBatch,
  row: number,
  response: boolean,
  nowMs: number,
  decision: number,
): Omit<Written, 'row'> {
  const columns = COMPARED.map((name) => rows[name][row]);
  return { response, nowMs, decision, columns, target: textOf(rows, row, 'target'), agent: textOf(rows, row, 'agent') };
}
const read = (path: string): Omit<Written, 'row'>[] => {
  const journal = openJournal(path);
  const events = [...take(journal.events())];
  journal.close();
  return events;
};
function* take(events: Iterable<JournalEvent>) {
  for (const e of events) yield copyOf(e.rows, e.row, e.response, e.nowMs, e.decision);
}

/** Writes batches whose responses come `lag` requests after their requests; returns what was appended. */
function write(path: string, batches: number, perBatch: number, lag: number): Omit<Written, 'row'>[] {
  const writer = new JournalWriter(path, HEADER);
  const events: Omit<Written, 'row'>[] = [];
  const waiting: { rows: FactBatch; row: number }[] = [];
  const left = new Map<FactBatch, number>();
  let now = T;
  const append = (rows: FactBatch, row: number, response: boolean): void => {
    const decision = (now % 7) - 3;
    events.push(copyOf(rows, row, response, ++now, decision));
    writer.append(rows, row, response, now, decision);
  };
  const respond = (): void => {
    const { rows, row } = waiting.shift() as { rows: FactBatch; row: number };
    append(rows, row, true);
    left.set(rows, (left.get(rows) as number) - 1);
    if (left.get(rows) === 0) writer.forget(rows);
  };
  for (let b = 0; b < batches; b++) {
    const rows = batchOf(perBatch, b * perBatch);
    left.set(rows, perBatch);
    for (let row = 0; row < perBatch; row++) {
      // The order of application is not that of the rows.
      const applied = (row * 7) % perBatch;
      append(rows, applied, false);
      waiting.push({ rows, row: applied });
      if (waiting.length > lag) respond();
    }
  }
  while (waiting.length > 0) respond();
  writer.close();
  return events;
}

const thrown = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof SallyportError ? error.code : `no SallyportError: ${String(error)}`;
  }
  return 'nothing thrown';
};

describe('a journal', () => {
  it.each([
    ['one event pair', 1, 1, 0],
    ['responses at once', 3, 50, 0],
    ['many blocks, responses far behind', 9, 1009, 5000],
    ['exactly a block of rows', 1, 4096, 10],
    ['a block of rows and one', 1, 4097, 4096],
  ])('gives back what was appended: %s', (name, batches, perBatch, lag) => {
    const path = file(`${name}.journal`);
    const written = write(path, batches, perBatch, lag);
    expect(isJournal(path)).toBe(true);
    const journal = openJournal(path);
    expect(journal.header).toEqual(WHOLE);
    journal.close();
    const events = read(path);
    expect(events).toHaveLength(written.length);
    expect(events).toEqual(written);
  });

  it('without events holds none', () => {
    const path = file('empty.journal');
    new JournalWriter(path, HEADER).close();
    expect(read(path)).toEqual([]);
  });

  it('takes secrets out of texts, and keeps every other text whole', () => {
    const path = file('redacted.journal');
    const writer = new JournalWriter(path, HEADER, {
      redact: (name, text) => (name === 'target' ? text.replace(/token=.*/, '***') : text),
    });
    const rows = batchOf(3, 0);
    for (let row = 0; row < 3; row++) writer.append(rows, row, true, T + row, 0);
    writer.close();
    expect(read(path).map((e) => [e.target, e.agent])).toEqual([0, 1, 2].map((i) => [`/items/${i}?***`, '/items']));
    expect(readFileSync(path).includes('token')).toBe(false);
  });

  it('keeps a header of any size and any letters', () => {
    const path = file('large.journal');
    const routes = Array.from({ length: 3000 }, (_, i) => ({
      template: `/größe/${'ü'.repeat(i % 40)}/{id}`,
      routeClass: 1,
      answered: 1,
      requests: i,
      origin: 'learned' as const,
    }));
    const header = { ...HEADER, model: { ...EMPTY_MODEL, routes } };
    new JournalWriter(path, header).close();
    const journal = openJournal(path);
    expect(journal.header).toEqual({ ...WHOLE, model: header.model });
    journal.close();
  });
});

describe('damage', () => {
  const whole = file('whole.journal');
  const written = write(whole, 6, 2000, 300);
  const bytes = readFileSync(whole);
  const start = bytes.indexOf(0x0a) + 1;
  /** Where each block begins. */
  const blocks: number[] = [];
  for (let at = start; at < bytes.length; at += 12 + bytes.readUInt32LE(at + 4)) blocks.push(at);

  /** Events that can be read before the damage is noticed, and how it is noticed. */
  function readDamaged(content: Buffer): { events: Omit<Written, 'row'>[]; code: string } {
    const path = file('damaged.journal');
    writeFileSync(path, content);
    const events: Omit<Written, 'row'>[] = [];
    const code = thrown(() => {
      const journal = openJournal(path);
      try {
        for (const e of take(journal.events())) events.push(e);
      } finally {
        journal.close();
      }
    });
    return { events, code };
  }

  it('a torn last block is noticed, and everything before it is good', () => {
    const last = blocks[blocks.length - 1];
    const before = readDamaged(bytes.subarray(0, last)).events;
    expect(before.length).toBeGreaterThan(8000);
    for (const cut of [last + 1, last + 11, last + 12, last + 100, bytes.length - 1]) {
      const { events, code } = readDamaged(bytes.subarray(0, cut));
      expect(code).toBe('SP4002');
      expect(events).toEqual(before);
    }
    expect(before).toEqual(written.slice(0, before.length));
  });

  it('a flipped bit is noticed, wherever it is', () => {
    for (const at of [blocks[1], blocks[1] + 4, blocks[1] + 8, blocks[1] + 12, blocks[1] + 5000, blocks[2] - 1]) {
      const content = Buffer.from(bytes);
      content[at] ^= 4;
      const { events, code } = readDamaged(content);
      expect(code).toBe('SP4002');
      expect(events).toEqual(written.slice(0, events.length));
      expect(events.length).toBeGreaterThan(0);
    }
  });

  it('bytes after the end are noticed', () => {
    const path = file('appended.journal');
    writeFileSync(path, bytes);
    appendFileSync(path, 'x');
    expect(readDamaged(readFileSync(path))).toMatchObject({ code: 'SP4002' });
  });
});

describe('what is no journal', () => {
  const opened = (content: string | Buffer): string => {
    const path = file('other');
    writeFileSync(path, content);
    return thrown(() => openJournal(path));
  };

  it('of another version is refused by number', () => {
    expect(opened('{"journal":1,"model":{}}\n')).toBe('SP4003');
    expect(opened('{"journal":12}\n')).toBe('SP4003');
  });

  it('with other columns of facts is refused, and so is a segment of a live journal', () => {
    expect(opened(`${JSON.stringify({ ...WHOLE, layout: 'other' })}\n`)).toBe('SP4003');
    expect(opened(`${JSON.stringify({ ...WHOLE, kind: 'segment' })}\n`)).toBe('SP4003');
  });

  it('is refused, whatever it is', () => {
    for (const content of [
      '',
      'x',
      '\n',
      'null\n',
      '17\n',
      '[]\n',
      '{}\n',
      '"journal"\n',
      '{"journal":1',
      '127.0.0.1 - - [x] "GET /"\n',
      Buffer.alloc(100_000),
    ])
      expect(opened(content), JSON.stringify(String(content).slice(0, 20))).toBe('SP4002');
    expect(thrown(() => openJournal(file('missing')))).toBe('SP4001');
    expect(thrown(() => new JournalWriter(file('no/such/folder'), HEADER))).toBe('SP4001');
  });

  it('is told from a journal by its beginning, one of another version too', () => {
    const path = file('log');
    writeFileSync(path, '127.0.0.1 - - [x] "GET /"\n');
    expect([isJournal(path), isJournal(file('missing')), isJournal(folder)]).toEqual([false, false, false]);
    writeFileSync(path, '{"journal":1,"sallyport":"0.1.0"}\n');
    expect(isJournal(path)).toBe(true);
  });
});

it('a decision fits in a number', () => {
  expect(packDecision({ action: 5, classIndex: 3, key: -1 })).toBe(0);
  const packed = new Set<number>();
  for (let action = 0; action < 6; action++)
    for (let classIndex = 0; classIndex < 11; classIndex++)
      for (let key = 0; key < 40; key++) packed.add(packDecision({ action, classIndex, key }));
  expect(packed.size).toBe(6 * 11 * 40);
  expect(packed.has(0)).toBe(false);
});
