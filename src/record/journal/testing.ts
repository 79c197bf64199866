/** Rows, engines and disks for tests of the journal. Not part of the package. */
import { COLUMNS, type ColumnName, createBatch, type FactBatch } from '../../enrich/facts.ts';
import { EMPTY_MODEL } from '../../enrich/model.ts';
import { mix32 } from '../../lib/hash.ts';
import { EVENT } from './block.ts';
import { JournalDirectory, type JournalDirectoryOptions } from './directory.ts';
import { type JournalFile, type JournalFiles, NODE_FILES } from './files.ts';
import { openJournalDirectory, type RecordedEvent } from './reader.ts';
import type { JournalContext } from './segments.ts';
import { TEXTS } from './texts.ts';

export const CONTEXT: JournalContext = {
  sallyport: '0.0.0-test',
  manifest: { code: 'x' },
  model: EMPTY_MODEL,
  seedHash: 'none',
  latenessMs: 0,
};

/** 2024-03-04 00:00 UTC. */
export const T = 1_709_510_400_000;

/** What a journal reads of an engine: a sequence number and two lanes that depend on everything before. */
export class FakeEngine {
  sequence = 0;
  hashHi = 1;
  hashLo = 2;

  step(x: number): void {
    this.sequence++;
    this.hashHi = mix32(this.hashHi ^ x);
    this.hashLo = mix32(this.hashLo + x);
  }
}

const BITS = { u8: 0xff, u16: 0xffff, i32: -1, f64: -1 } as const;

/** Rows whose every column and text follows from `seed`; `text` bytes at most a text. */
export function randomRows(count: number, seed: number, text = 40): FactBatch {
  let x = seed | 1;
  const next = (): number => {
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x6d2b79f5;
    return (x ^ (x >>> 13)) >>> 0;
  };
  const rows = createBatch(count, new Uint8Array(count * TEXTS.length * text));
  for (let i = 0; i < rows.text.length; i++) rows.text[i] = next();
  let at = 0;
  for (let row = 0; row < count; row++) {
    for (const name of Object.keys(COLUMNS) as ColumnName[])
      rows[name][row] = COLUMNS[name].type === 'f64' ? next() / 8 : next() & BITS[COLUMNS[name].type];
    for (const name of TEXTS) {
      const length = next() % (text + 1);
      rows[`${name}At`][row] = at;
      rows[`${name}Length`][row] = length;
      at += length;
    }
  }
  rows.count = count;
  return rows;
}

const COMPARED = (Object.keys(COLUMNS) as ColumnName[]).filter((name) => !name.endsWith('At'));

/** Everything of a row as one text. */
export const rowText = (rows: FactBatch, row: number): string =>
  JSON.stringify([
    COMPARED.map((name) => rows[name][row]),
    TEXTS.map((name) => {
      const at = rows[`${name}At`][row];
      return Buffer.from(rows.text.subarray(at, at + rows[`${name}Length`][row])).toString('latin1');
    }),
  ]);

/** Options for a journal in a folder, everything kept and nothing waited for. */
export function journalOptions(
  path: string,
  position: FakeEngine,
  more: Partial<JournalDirectoryOptions> = {},
): JournalDirectoryOptions {
  const sizes = { maxBytes: 2 ** 30, segmentBytes: 2 ** 26, sample: 1, ringBytes: 0 };
  return { path, position, context: CONTEXT, ...sizes, sync: 'none', retryMs: 3_600_000, ...more };
}

/** Applies one event and appends it; the second half of an exchange where `response`. */
export function appendOne(
  journal: JournalDirectory,
  engine: FakeEngine,
  rows: FactBatch,
  row: number,
  response = false,
  decision = 0,
  flags: number = EVENT.admitted,
): void {
  engine.step(rows.order[row]);
  journal.append(rows, row, response, T + engine.sequence, decision, flags);
}

/** Events of a journal in a folder. */
export const eventsOf = (path: string): RecordedEvent[] =>
  [...openJournalDirectory(path).entries()].filter((e) => e.type === 'event');

/** A disk with so much room: what does not fit is written in part and refused, as a real one does it. */
export class SmallDisk implements JournalFiles {
  room: number;
  /** Refuses to make anything durable. */
  failSync = false;

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  async create(path: string): Promise<JournalFile> {
    const file = await NODE_FILES.create(path);
    return {
      write: async (data, at) => {
        if (data.length > this.room) {
          const part = data.subarray(0, Math.max(0, Math.floor(this.room)));
          await file.write(part, at);
          this.room -= part.length;
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
        }
        this.room -= data.length;
        await file.write(data, at);
      },
      truncate: (bytes) => file.truncate(bytes),
      sync: async () => {
        if (this.failSync) throw Object.assign(new Error('i/o error'), { code: 'EIO' });
        await file.sync();
      },
      close: () => file.close(),
    };
  }

  put = NODE_FILES.put;
  remove = NODE_FILES.remove;
  syncFolder = NODE_FILES.syncFolder;
}

/** The rows that {@link appendForever} appends in one of its rounds. */
export const rowsOfRound = (round: number): FactBatch => randomRows(1 + ((mix32(round) >>> 0) % 20), round + 1, 8);

/**
 * What a process that will be killed runs: appends events without end, and prints the sequence number up to which the
 * journal has said that everything is written.
 */
export async function appendForever(path: string, sequence: number, hashHi: number, hashLo: number): Promise<never> {
  // Whoever started this process may end before it has killed it: it must not write for ever then.
  process.stdin.on('end', () => process.exit(1)).resume();
  const engine = Object.assign(new FakeEngine(), { sequence, hashHi, hashLo });
  const journal = JournalDirectory.open(
    journalOptions(path, engine, { segmentBytes: 65_536, flushMs: 1, bufferBytes: 2 ** 26 }),
  );
  for (let round = sequence; ; round++) {
    const rows = randomRows(1 + ((mix32(round) >>> 0) % 20), round + 1, 8);
    for (let row = 0; row < rows.count; row++) appendOne(journal, engine, rows, row, row % 2 === 1);
    if (await journal.flush()) process.stdout.write(`${engine.sequence}\n`);
  }
}
