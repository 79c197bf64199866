/**
 * What every journal has in common: version, headers and the frame around a block.
 *
 * A file is one line of JSON, the header, and then blocks: magic, length, CRC-32 and a deflated payload (`block.ts`). A
 * journal of one run over logs is one file; a live one is a folder of such files, its segments.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { COLUMNS } from '../../enrich/facts.ts';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';

/** Raised whenever a reader of the one before would read something wrong. */
export const JOURNAL_VERSION = 2;
const MAGIC = 0x53504a32; // "SPJ2"
/** Magic, length of the payload and its checksum, 4 bytes each. */
export const FRAME_BYTES = 12;
/** Largest payload, and largest block after inflating, that is believed when reading. */
export const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024;
/** Longest header that is believed, in bytes: the header of a run holds its model. */
const MAX_HEADER_BYTES = 64 * 1024 * 1024;

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Names and types of the columns of facts: rows of another layout cannot be read. */
export const LAYOUT = digest(
  Object.entries(COLUMNS)
    .map(([name, { type }]) => `${name}:${type}`)
    .join(),
);

/** What a journal says of the seed: enough to know it again. */
export const seedHash = (seed: number): string => digest(`sallyport journal seed ${seed}`);

interface CommonHeader {
  readonly journal: number;
  readonly layout: string;
  readonly sallyport: string;
  readonly manifest: Readonly<Record<string, string>>;
  readonly lateness_ms: number;
}

/** Header of a journal of one run over logs. */
export interface RunHeader extends CommonHeader {
  readonly kind: 'run';
  readonly model: LearnedModel;
  readonly seed: number;
  readonly inputs: readonly string[];
}

/** Header of one segment of a live journal. */
export interface SegmentHeader extends CommonHeader {
  readonly kind: 'segment';
  /** Name of the file beside it that holds the model in force at its start. */
  readonly model: string;
  /** The seed itself keys the hashes of everything in here, and stays in the data directory. */
  readonly seed_hash: string;
  /** Events and control records applied before its first record. */
  readonly first_sequence: number;
  /** The two lanes of the decision hash there. */
  readonly lanes: readonly [number, number];
  /** Share of unremarkable exchanges that is kept. */
  readonly sample: number;
}

export type AnyHeader = RunHeader | SegmentHeader;

/** A payload with its frame, in one piece: it is written by one call. */
export function framed(payload: Uint8Array): Uint8Array {
  const out = new Uint8Array(FRAME_BYTES + payload.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, payload.length, true);
  view.setUint32(8, crc32(payload), true);
  out.set(payload, FRAME_BYTES);
  return out;
}

/** The payload of the block at a place of a file; undefined where none stands there whole. */
export function payloadAt(fd: number, at: number): Buffer | undefined {
  const frame = Buffer.alloc(FRAME_BYTES);
  if (readSync(fd, frame, 0, FRAME_BYTES, at) < FRAME_BYTES || frame.readUInt32LE(0) !== MAGIC) return undefined;
  const length = frame.readUInt32LE(4);
  if (length > MAX_PAYLOAD_BYTES) return undefined;
  const payload = Buffer.alloc(length);
  if (readSync(fd, payload, 0, length, at + FRAME_BYTES) < length) return undefined;
  return crc32(payload) === frame.readUInt32LE(8) ? payload : undefined;
}

/** Piece of a file that is searched at once. */
const SEARCH_BYTES = 1024 * 1024;
const MAGIC_BYTES = Buffer.from(Uint32Array.of(MAGIC).buffer);

/** The next place from `at` on where a whole block stands, −1 where there is none: what lies before it is damaged. */
export function nextBlock(fd: number, at: number): number {
  const left = Math.max(0, fstatSync(fd).size - at);
  const chunk = Buffer.alloc(Math.min(left, SEARCH_BYTES));
  for (;;) {
    const n = readSync(fd, chunk, 0, chunk.length, at);
    if (n < MAGIC_BYTES.length) return -1;
    for (let i = chunk.indexOf(MAGIC_BYTES); i >= 0 && i < n; i = chunk.indexOf(MAGIC_BYTES, i + 1))
      if (payloadAt(fd, at + i) !== undefined) return at + i;
    // The magic number may lie across two pieces.
    at += Math.max(1, n - MAGIC_BYTES.length + 1);
  }
}

/** Header of an open file and where its blocks begin. SP4002 where there is none, SP4003 where it is of another kind. */
export function readHeader(fd: number, path: string): [AnyHeader, number] {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const chunk = Buffer.alloc(65_536);
    const n = readSync(fd, chunk, 0, chunk.length, at);
    const newline = chunk.subarray(0, n).indexOf(0x0a);
    pieces.push(chunk.subarray(0, newline < 0 ? n : newline));
    // Decoded as a whole: a letter may lie across two pieces.
    if (newline >= 0) return [parseHeader(Buffer.concat(pieces).toString('utf8'), path), at + newline + 1];
    if (n === 0 || at > MAX_HEADER_BYTES) throw new SallyportError('SP4002', `${path} has no header`);
    at += n;
  }
}

function parseHeader(text: string, path: string): AnyHeader {
  const header = parsed(text);
  if (typeof header?.journal !== 'number') throw new SallyportError('SP4002', `${path} has no readable header`);
  if (header.journal !== JOURNAL_VERSION)
    throw new SallyportError(
      'SP4003',
      `${path} is a journal of version ${String(header.journal)}, expected ${JOURNAL_VERSION}`,
    );
  if (header.layout !== LAYOUT)
    throw new SallyportError('SP4003', `${path} holds other facts than this version: it is of ${header.sallyport}`);
  return header as unknown as AnyHeader;
}

function parsed(text: string): { journal?: unknown; layout?: unknown; sallyport?: unknown } | null {
  try {
    return JSON.parse(text) as ReturnType<typeof parsed>;
  } catch {
    return null;
  }
}

/** SP4002 with the place in the file. */
export const damaged = (path: string, at: number): SallyportError =>
  new SallyportError('SP4002', `${path} is damaged at byte ${at}`);

const SEGMENT = /^journal-(\d{15})(?:-(\d{1,6}))?\.spj$/;

/** `turn` tells segments apart that begin at the same place: one that holds nothing that counts, and the next. */
export const segmentName = (sequence: number, turn: number): string =>
  `journal-${String(sequence).padStart(15, '0')}${turn === 0 ? '' : `-${turn}`}.spj`;

/** File that holds a model beside the segments that refer to it; `twist` tells apart models of one version. */
export const modelName = (version: string, twist: string): string =>
  `model-${version.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 80)}${twist}.json`;
export const isModelFile = (name: string): boolean => /^model-[A-Za-z0-9._-]+\.json$/.test(name);

/** Names of the segments in a folder, oldest first. */
export function segmentNames(folder: string): string[] {
  return readdirSync(folder)
    .flatMap((name) => {
      const match = SEGMENT.exec(name);
      return match === null ? [] : [{ name, sequence: Number(match[1]), turn: Number(match[2] ?? 0) }];
    })
    .sort((a, b) => a.sequence - b.sequence || a.turn - b.turn)
    .map(({ name }) => name);
}

/** Folders of the runs of a data directory: each has begun with an empty state, and so with a journal of its own. */
const RUN = /^run-[0-9A-Za-z-]+$/;

/**
 * The folder of segments that a path stands for: the path itself, or the newest run of a data directory; undefined where
 * there is none.
 */
export const journalFolderAt = (path: string): string | undefined => journalFoldersAt(path)[0];

/** The same with all runs of a data directory, newest first. */
export function journalFoldersAt(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [];
    if (segmentNames(path).length > 0) return [path];
    for (const root of [path, join(path, 'journal')]) {
      if (!existsSync(root)) continue;
      const runs = readdirSync(root).filter((name) => RUN.test(name));
      const folders = runs
        .sort()
        .reverse()
        .map((name) => join(root, name));
      const journals = folders.filter((folder) => segmentNames(folder).length > 0);
      if (journals.length > 0) return journals;
    }
  } catch {
    // Not to be read: not a journal.
  }
  return [];
}

/** True where a path is a journal: a folder of segments, one with such folders, or a file whose first bytes are those of one. */
export function isJournal(path: string): boolean {
  if (journalFolderAt(path) !== undefined) return true;
  try {
    const fd = openSync(path, 'r');
    const head = Buffer.alloc(12);
    const n = readSync(fd, head, 0, head.length, 0);
    closeSync(fd);
    return /^\{"journal":\d/.test(head.subarray(0, n).toString('latin1'));
  } catch {
    return false;
  }
}
