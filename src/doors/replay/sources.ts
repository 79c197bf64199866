/** The inputs of a run: which files there are, which format each is in, and how their lines are read. */
import { existsSync } from 'node:fs';
import type { Config } from '../../config/schema.ts';
import { RawExchange } from '../../event/exchange.ts';
import { BAD_LINE } from '../../event/format.ts';
import { detectFormat, learnSpec } from '../../event/formats/detect.ts';
import { type FormatSpec, formatOf, lineParser } from '../../event/formats/spec.ts';
import { shippedNetworks } from '../../runtime/tables.ts';
import { expandInputs } from './input/expand.ts';
import { openSource, type Source } from './input/source.ts';
import type { SpareBuffers } from './input/spare.ts';
import type { MergeSource } from './merge.ts';
import type { RunOptions } from './run.ts';
import type { SourceChunk } from './stage.ts';

/** Text of a file that its format is found out from. */
const DETECT_BYTES = 256 * 1024;
/** A host that only the generated sample log names. */
const GENERATED_MARK = 'sallyport-sample';

interface Input {
  readonly name: string;
  readonly size: number;
  readonly spec: FormatSpec;
  readonly firstMs: number;
  /** What was read of standard input before the run began; it cannot be read twice. */
  readonly kept: SourceChunk[];
  rest: AsyncIterator<SourceChunk> | undefined;
  bytesRead: number;
  truncated: boolean;
  textBytes: number;
}

export class Sources {
  readonly names: readonly string[];
  readonly specs: readonly FormatSpec[];
  readonly notes: readonly string[];
  /** Compressed bytes of all files; 0 where standard input or a followed file is among them. */
  readonly bytesTotal: number;
  readonly generated: boolean;
  readonly networksDate = shippedNetworks().dataDate;
  private readonly inputs: readonly Input[];
  private readonly follow: boolean;

  private constructor(inputs: readonly Input[], notes: readonly string[], follow: boolean, generated: boolean) {
    this.inputs = inputs;
    this.notes = notes;
    this.follow = follow;
    this.generated = generated;
    this.names = inputs.map((i) => i.name);
    this.specs = inputs.map((i) => i.spec);
    this.bytesTotal = follow || inputs.some((i) => i.name === '-') ? 0 : inputs.reduce((sum, i) => sum + i.size, 0);
  }

  /** Expands names, reads the beginning of each input and finds out its format. */
  static async open(options: RunOptions & { follow?: boolean }, config: Config): Promise<Sources> {
    const named = options.inputs.length > 0 ? options.inputs : config.inputs.paths;
    const files = await expandInputs(named);
    const notes = new Set<string>();
    const inputs: Input[] = [];
    let generated = false;
    for (const [source, file] of files.entries()) {
      const { pieces, kept, rest } = await beginning(file.path, source);
      const { spec, said } = specOf(options, config, pieces);
      for (const note of said) notes.add(files.length > 1 ? `${file.path}: ${note}` : note);
      generated ||= pieces.some((p) =>
        Buffer.from(p.buffer, p.byteOffset, Math.min(p.length, 4096)).includes(GENERATED_MARK),
      );
      const firstMs = firstTime(spec, pieces);
      inputs.push({
        name: file.path,
        size: file.size,
        spec,
        firstMs,
        kept,
        rest,
        bytesRead: 0,
        truncated: false,
        textBytes: 0,
      });
    }
    return new Sources(inputs, [...notes], options.follow === true, generated);
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  bytesRead(): number {
    return this.inputs.reduce((sum, i) => sum + i.bytesRead, 0);
  }

  describe(source: number): { format: string; time_meaning: 'start' | 'end'; bytes: number; truncated: boolean } {
    const { spec, textBytes, truncated } = this.inputs[source];
    const format = formatOf(spec);
    const prefix = spec.prefix === 'none' ? '' : ` behind ${spec.prefix}`;
    return { format: `${format.id}${prefix}`, time_meaning: format.timeMeaning, bytes: textBytes, truncated };
  }

  /** Each source from its beginning, to learn from; what cannot be read twice is kept and given as copies. */
  beginnings(): AsyncIterable<SourceChunk>[] {
    return this.inputs.map((input, source) => this.beginning(input, source));
  }

  private async *beginning(input: Input, source: number): AsyncGenerator<SourceChunk> {
    if (input.name !== '-') {
      for await (const chunk of openSource(input.name)) yield { ...chunk, source };
      return;
    }
    // Standard input goes on only while more is asked for; a followed pipe is judged as it comes.
    for (let i = 0; ; i++) {
      if (i === input.kept.length) {
        if (this.follow || input.rest === undefined) return;
        const { value, done } = await input.rest.next();
        if (done === true) {
          input.rest = undefined;
          return;
        }
        input.kept.push({ ...value, source });
      }
      yield { ...input.kept[i], buffer: input.kept[i].buffer.slice() };
    }
  }

  /** The sources as the merge reads them. */
  merge(signal?: AbortSignal, spare?: SpareBuffers): MergeSource[] {
    return this.inputs.map((input, source) => ({
      source,
      firstMs: input.firstMs,
      open: () => this.read(input, source, signal, spare),
    }));
  }

  private async *read(
    input: Input,
    source: number,
    signal: AbortSignal | undefined,
    spare: SpareBuffers | undefined,
  ): AsyncGenerator<SourceChunk> {
    if (input.name === '-') {
      for (const chunk of input.kept.splice(0)) yield this.count(input, chunk);
      while (input.rest !== undefined) {
        const { value, done } = await input.rest.next();
        if (done === true) return;
        yield this.count(input, { ...value, source });
      }
      return;
    }
    const opened: Source = openSource(input.name, { ...(this.follow && { follow: {} }), signal, spare });
    for await (const chunk of opened) {
      input.bytesRead = chunk.bytesRead;
      yield this.count(input, { ...chunk, source });
    }
    input.truncated = opened.truncated;
  }

  private count(input: Input, chunk: SourceChunk): SourceChunk {
    input.textBytes += chunk.end - chunk.start;
    return chunk;
  }
}

async function beginning(path: string, source: number) {
  const pieces: Uint8Array[] = [];
  const kept: SourceChunk[] = [];
  const iterator = openSource(path)[Symbol.asyncIterator]();
  let bytes = 0;
  while (bytes < DETECT_BYTES) {
    const { value, done } = await iterator.next();
    if (done === true) break;
    const piece = value.buffer.slice(value.start, Math.min(value.end, value.start + DETECT_BYTES));
    pieces.push(piece);
    bytes += piece.length;
    if (path === '-') kept.push({ ...value, source });
  }
  if (path === '-') return { pieces, kept, rest: iterator as AsyncIterator<SourceChunk> };
  await iterator.return?.();
  return { pieces, kept, rest: undefined };
}

function specOf(
  options: RunOptions,
  config: Config,
  pieces: readonly Uint8Array[],
): { spec: FormatSpec; said: readonly string[] } {
  const pattern = options.pattern ?? config.inputs.pattern;
  if (pattern !== undefined) return { spec: learnSpec({ id: 'pattern', prefix: 'none', pattern }, pieces), said: [] };
  const id = options.format ?? config.inputs.format;
  const { fields } = config.inputs;
  if (Object.keys(fields).length > 0)
    return { spec: learnSpec({ id: id ?? 'json', prefix: 'none', mapping: fields }, pieces), said: [] };
  if (id !== undefined) return { spec: learnSpec({ id, prefix: 'none' }, pieces), said: [] };
  if (pieces.length === 0) return { spec: { id: 'combined', prefix: 'none' }, said: ['The input is empty.'] };
  const { spec, notes } = detectFormat(pieces);
  return { spec, said: notes };
}

/** Time of the first line that has one, NaN where none of the sample has. */
function firstTime(spec: FormatSpec, pieces: readonly Uint8Array[]): number {
  const parse = lineParser(spec);
  const raw = new RawExchange();
  for (const piece of pieces) {
    const copy = piece.slice();
    for (let at = 0; at < copy.length; ) {
      const newline = copy.indexOf(0x0a, at);
      const end = newline < 0 ? copy.length : newline;
      raw.reset(copy);
      if (parse(copy, at, end, raw) === BAD_LINE.ok && !Number.isNaN(raw.timeMs)) return raw.timeMs;
      at = end + 1;
    }
  }
  return Number.NaN;
}
