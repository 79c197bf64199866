/** The files of a live journal: one open segment that is written on, closed ones that are deleted oldest first. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LearnedModel } from '../../enrich/model.ts';
import type { JournalFile, JournalFiles } from './files.ts';
import { digest, JOURNAL_VERSION, LAYOUT, modelName, type SegmentHeader, segmentName } from './format.ts';
import type { JournalPosition, KnownSegment } from './recover.ts';

/** What was in force when something was recorded: the header of a segment repeats it. */
export interface JournalContext {
  readonly sallyport: string;
  readonly manifest: Readonly<Record<string, string>>;
  readonly model: LearnedModel;
  /** Of {@link seedHash}. */
  readonly seedHash: string;
  readonly latenessMs: number;
}

export interface SegmentOptions {
  readonly folder: string;
  readonly files: JournalFiles;
  /** Bytes of all files together, and of one segment. */
  readonly maxBytes: number;
  readonly segmentBytes: number;
  readonly sync: 'group' | 'none';
  readonly sample: number;
}

/** Segments that a journal has at most: a process that dies again and again must not fill the folder with small ones. */
export const MAX_SEGMENTS = 4096;
/** A segment takes at most this share of all bytes: deleting the oldest must not take most of what there is. */
const SEGMENTS_AT_LEAST = 4;

/** Segments that may begin at one place. */
const MAX_TURNS = 1000;

interface Draft {
  readonly name: string;
  readonly file: JournalFile;
}

interface OpenSegment extends Draft {
  readonly model: string;
  /** Where the next block goes. */
  size: number;
  /** Bytes behind {@link size} that a failed write may have left. */
  torn: boolean;
}

export class Segments {
  /** Segments deleted since the journal was opened. */
  deleted = 0;
  private readonly options: SegmentOptions;
  private readonly limit: number;
  private readonly closed: KnownSegment[];
  private readonly models = new Map<string, number>();
  private open: OpenSegment | undefined;
  /** A file whose header could not be written yet. */
  private draft: Draft | undefined;
  private lastModel: { readonly model: LearnedModel; readonly name: string } | undefined;

  constructor(options: SegmentOptions, existing: readonly KnownSegment[]) {
    this.options = options;
    this.limit = Math.min(options.segmentBytes, Math.floor(options.maxBytes / SEGMENTS_AT_LEAST));
    this.closed = [...existing];
  }

  get count(): number {
    return this.closed.length + (this.open === undefined ? 0 : 1);
  }

  get bytes(): number {
    let sum = this.open?.size ?? 0;
    for (const { bytes } of this.closed) sum += bytes;
    for (const bytes of this.models.values()) sum += bytes;
    return sum;
  }

  /**
   * Writes one framed block, in a segment of its own where the open one is full. `start` and `context` are those of the
   * block's first record. Throws what the file system throws; the block then stands nowhere.
   */
  async write(frame: Uint8Array, start: JournalPosition, context: JournalContext): Promise<void> {
    if (this.open !== undefined && this.open.size + frame.length > this.limit) await this.close();
    if (this.open === undefined) this.open = await this.create(start, context, frame.length);
    else await this.makeRoom(frame.length);
    const { open } = this;
    if (open.torn) await open.file.truncate(open.size);
    open.torn = true;
    await open.file.write(frame, open.size);
    open.torn = false;
    open.size += frame.length;
  }

  /** Comes back when everything written would survive a power cut, if that is asked for. */
  async sync(): Promise<void> {
    if (this.options.sync === 'none' || this.open === undefined) return;
    try {
      await this.open.file.sync();
    } catch (error) {
      // Nobody knows what of this file is on the disk: nothing more is to depend on it.
      await this.close();
      throw error;
    }
  }

  /** Closes all files for good. Never throws. */
  async end(): Promise<void> {
    await this.close();
    const { draft } = this;
    if (draft === undefined) return;
    await draft.file.close().catch(() => undefined);
    await this.options.files.remove(join(this.options.folder, draft.name)).catch(() => undefined);
  }

  /** Closes the open segment. Never throws: what was written is in the file. */
  private async close(): Promise<void> {
    const { open } = this;
    if (open === undefined) return;
    this.open = undefined;
    this.closed.push({ name: open.name, bytes: open.size, model: open.model });
    try {
      if (open.torn) await open.file.truncate(open.size);
      if (this.options.sync === 'group') await open.file.sync();
    } catch {
      // A torn end is cut off when the journal is opened again.
    }
    await open.file.close().catch(() => undefined);
  }

  /** Begins a segment whose first block will take `more` bytes. */
  private async create(start: JournalPosition, context: JournalContext, more: number): Promise<OpenSegment> {
    const { folder, files, sync, sample } = this.options;
    const model = await this.keepModel(context.model);
    const header: SegmentHeader = {
      journal: JOURNAL_VERSION,
      kind: 'segment',
      layout: LAYOUT,
      sallyport: context.sallyport,
      manifest: context.manifest,
      lateness_ms: context.latenessMs,
      model,
      seed_hash: context.seedHash,
      first_sequence: start.sequence,
      lanes: [start.hashHi, start.hashLo],
      sample,
    };
    const line = Buffer.from(`${JSON.stringify(header)}\n`);
    await this.makeRoom(line.length + more, model);
    // Where this fails on a full disk, the file stays to be used by the next try.
    this.draft ??= await this.createFile(start.sequence);
    const { name, file } = this.draft;
    await file.truncate(0);
    await file.write(line, 0);
    if (sync === 'group') await files.syncFolder(folder);
    this.draft = undefined;
    return { name, model, file, size: line.length, torn: false };
  }

  /**
   * Two segments begin at the same place where the first one holds nothing that counts, such as promoted records.
   */
  private async createFile(sequence: number): Promise<Draft> {
    const { folder, files } = this.options;
    for (let turn = 0; ; turn++) {
      const name = segmentName(sequence, turn);
      try {
        return { name, file: await files.create(join(folder, name)) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || turn >= MAX_TURNS) throw error;
      }
    }
  }

  /** Writes the model to a file beside the segments, unless it stands there. Returns the file's name. */
  private async keepModel(model: LearnedModel): Promise<string> {
    const last = this.lastModel;
    if (last?.model === model && this.models.has(last.name)) return last.name;
    const data = Buffer.from(JSON.stringify(model));
    const plain = modelName(model.version, '');
    for (const name of [plain, modelName(model.version, `-${digest(data.toString())}`)]) {
      const path = join(this.options.folder, name);
      const there = existing(path);
      if (there !== undefined && !there.equals(data)) continue;
      if (there === undefined) await this.options.files.put(path, data);
      this.models.set(name, data.length);
      this.lastModel = { model, name };
      return name;
    }
    throw new Error(`${plain} holds another model`);
  }

  /** Deletes the oldest closed segments until `more` bytes fit, and models that nobody refers to any more. */
  private async makeRoom(more: number, needed = this.open?.model): Promise<void> {
    const { folder, files, maxBytes } = this.options;
    while (this.closed.length > 0 && (this.bytes + more > maxBytes || this.count >= MAX_SEGMENTS)) {
      const [oldest] = this.closed;
      // One that cannot be deleted is not counted any more; it is found again when the journal is opened.
      await files.remove(join(folder, oldest.name)).catch(() => undefined);
      this.closed.shift();
      this.deleted++;
      const { model } = oldest;
      if (model === '' || model === needed || this.closed.some((s) => s.model === model)) continue;
      await files.remove(join(folder, model)).catch(() => undefined);
      this.models.delete(model);
    }
  }
}

function existing(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
