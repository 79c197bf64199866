/** What a journal's folder holds when it is opened to be written on: a tail that was torn goes, what is whole stays. */
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { SallyportError } from '../../lib/errors.ts';
import { FOLDER_MODE } from './files.ts';
import {
  FRAME_BYTES,
  isModelFile,
  nextBlock,
  payloadAt,
  readHeader,
  type SegmentHeader,
  segmentNames,
} from './format.ts';
import { inflated } from './single.ts';

/** Where a sequence stands: events and control records applied, and the two lanes of the decision hash after them. */
export interface JournalPosition {
  readonly sequence: number;
  readonly hashHi: number;
  readonly hashLo: number;
}

export interface KnownSegment {
  readonly name: string;
  readonly bytes: number;
  /** Name of the model file it refers to, '' where its header cannot be read. */
  readonly model: string;
}

export interface Recovered {
  /** Where the journal ends; null where it holds nothing. */
  readonly position: JournalPosition | null;
  readonly segments: readonly KnownSegment[];
  /** Bytes of torn tails that were cut off. */
  readonly cutBytes: number;
}

/** Where segments of another version go: they are left to be replayed by that version until the next such change. */
export const OTHER_VERSION = 'other-version';

/**
 * Makes a journal's folder fit to be written on: a torn tail is cut off, a segment that holds nothing goes, segments of
 * another version are put aside. Doing it twice changes nothing. SP4001 where the folder cannot be used.
 */
export function recoverJournal(folder: string): Recovered {
  try {
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    for (const name of readdirSync(folder)) if (name.endsWith('.part')) unlinkSync(join(folder, name));
    return recoverSegments(folder);
  } catch (error) {
    if (error instanceof SallyportError) throw error;
    throw new SallyportError('SP4001', `cannot use ${folder}: ${(error as Error).message}`);
  }
}

function recoverSegments(folder: string): Recovered {
  const names = segmentNames(folder);
  let cutBytes = 0;
  while (names.length > 0) {
    const path = join(folder, names[names.length - 1]);
    const end = endOf(path);
    if (end === 'other version') {
      putAside(folder, names);
      break;
    }
    cutBytes += end.cutBytes;
    if (end.position !== null) {
      const { position } = end;
      const segments = names.map((name) => ({
        name,
        bytes: statSync(join(folder, name)).size,
        model: headerOf(join(folder, name))?.model ?? '',
      }));
      return { position, segments, cutBytes };
    }
    unlinkSync(path);
    names.pop();
  }
  return { position: null, segments: [], cutBytes };
}

function putAside(folder: string, names: readonly string[]): void {
  const aside = join(folder, OTHER_VERSION);
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: FOLDER_MODE });
  const models = readdirSync(folder).filter(isModelFile);
  for (const name of [...names, ...models]) renameSync(join(folder, name), join(aside, name));
}

function headerOf(path: string): SegmentHeader | undefined {
  const fd = openSync(path, 'r');
  try {
    const [header] = readHeader(fd, path);
    return header.kind === 'segment' ? header : undefined;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

type End = { readonly position: JournalPosition | null; readonly cutBytes: number };

/** Where the last whole block of a segment leaves off; what is behind it is cut off. No position: there is no block. */
function endOf(path: string): End | 'other version' {
  const fd = openSync(path, 'r+');
  try {
    const { size } = fstatSync(fd);
    const start = blocksStart(fd, path);
    if (start === 'other version') return start;
    let end = Math.max(start, 0);
    let last: Buffer | undefined;
    for (const { at, payload } of wholeBlocks(fd, start)) {
      last = payload;
      end = at + FRAME_BYTES + payload.length;
    }
    const block = last && inflated(last);
    if (block === undefined) return { position: null, cutBytes: size - end };
    if (end < size) ftruncateSync(fd, end);
    return {
      position: { sequence: block.endSequence, hashHi: block.endHi, hashLo: block.endLo },
      cutBytes: size - end,
    };
  } finally {
    closeSync(fd);
  }
}

/** Where the blocks of a segment begin, −1 where there are none. A damaged header does not hide what is behind it. */
export function blocksStart(fd: number, path: string): number | 'other version' {
  try {
    const [header, start] = readHeader(fd, path);
    return header.kind === 'segment' ? start : 'other version';
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error;
    return error.code === 'SP4003' ? 'other version' : nextBlock(fd, 0);
  }
}

/** Every whole block of a file from a place on; damage in between is passed over. */
export function* wholeBlocks(fd: number, start: number): Generator<{ at: number; payload: Buffer }> {
  for (let at = start; at >= 0; ) {
    const payload = payloadAt(fd, at);
    if (payload === undefined) at = nextBlock(fd, at + 1);
    else {
      yield { at, payload };
      at += FRAME_BYTES + payload.length;
    }
  }
}
