/**
 * What really happened, one row an exchange: who it was, from where, what it was worth. Numbers lie in columns and texts in
 * dictionaries, so that five million rows take about 200 MB; as objects they would take ten times that.
 *
 * On disk: `truth.json` says what there is, `<column>.bin` holds a column's numbers (little-endian), `<column>.json` a
 * dictionary.
 */
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Exchange, Handling, Label } from '../contract.ts';

/** Rows that a column grows by. */
const CHUNK = 65_536;

/** Columns that are indexes into a dictionary of texts; '' is always 0. */
export const TEXTS = ['address', 'session', 'principal', 'credential', 'agent'] as const;
export type Text = (typeof TEXTS)[number];

const HANDLINGS: readonly Handling[] = ['served', 'delayed', 'challenged', 'refused'];
const NUMBERS = {
  timeMs: Float64Array,
  loggedMs: Float64Array,
  label: Uint16Array,
  address: Uint32Array,
  session: Uint32Array,
  principal: Uint32Array,
  credential: Uint32Array,
  agent: Uint32Array,
  gain: Float32Array,
  status: Uint16Array,
  flags: Uint8Array,
} as const;

type Name = keyof typeof NUMBERS;
type Column<K extends Name = Name> = InstanceType<(typeof NUMBERS)[K]>;
const NAMES = Object.keys(NUMBERS) as Name[];

/** Rows of a run in the order of their time. Columns are as long as there are rows. */
export type Columns = { readonly [K in Name]: Column<K> };

export interface Truth extends Columns {
  readonly rows: number;
  readonly labels: readonly Label[];
  readonly texts: Readonly<Record<Text, readonly string[]>>;
  /** What the run was: see {@link TruthLog.write}. */
  readonly about: Readonly<Record<string, unknown>>;
}

class Dictionary {
  readonly texts: string[] = [''];
  private readonly indexes = new Map<string, number>([['', 0]]);
  private last = '';
  private lastIndex = 0;

  indexOf(text: string): number {
    if (text === this.last) return this.lastIndex;
    let index = this.indexes.get(text);
    if (index === undefined) {
      index = this.texts.length;
      this.texts.push(text);
      this.indexes.set(text, index);
    }
    this.last = text;
    this.lastIndex = index;
    return index;
  }
}

type Chunk = { [K in Name]: Column<K> };

/** Takes exchanges down as they happen. */
export class TruthLog {
  private readonly chunks: Chunk[] = [];
  private chunk: Chunk = newChunk();
  private at = CHUNK;
  private readonly labels: Label[] = [];
  private readonly labelIndexes = new Map<string, number>();
  /** Visitors of a kind mostly share one label object. */
  private readonly labelObjects = new WeakMap<Label, number>();
  private readonly dictionaries = Object.fromEntries(TEXTS.map((name) => [name, new Dictionary()])) as Record<
    Text,
    Dictionary
  >;

  get rows(): number {
    return this.chunks.length === 0 ? 0 : (this.chunks.length - 1) * CHUNK + this.at;
  }

  /** `loggedMs` is its start as the log has it, in Unix ms: NaN where the log never got the line. */
  add(exchange: Exchange, loggedMs: number = exchange.timeMs): void {
    if (this.at === CHUNK) {
      this.chunk = newChunk();
      this.chunks.push(this.chunk);
      this.at = 0;
    }
    const { chunk, dictionaries, at } = this;
    const { request, answer } = exchange;
    chunk.timeMs[at] = exchange.timeMs;
    chunk.loggedMs[at] = loggedMs;
    chunk.label[at] = this.labelOf(exchange.label);
    chunk.address[at] = dictionaries.address.indexOf(request.client.address);
    chunk.session[at] = dictionaries.session.indexOf(answer.session);
    chunk.principal[at] = dictionaries.principal.indexOf(answer.principal);
    chunk.credential[at] = dictionaries.credential.indexOf(answer.credential);
    chunk.agent[at] = dictionaries.agent.indexOf(request.client.agent);
    chunk.gain[at] = answer.gain;
    chunk.status[at] = answer.status;
    chunk.flags[at] = HANDLINGS.indexOf(answer.handling);
    this.at++;
  }

  /** Everything in one piece, for whoever scores it in the same process. */
  finish(about: Readonly<Record<string, unknown>> = {}): Truth {
    const columns = {} as Record<Name, Column>;
    for (const name of NAMES) columns[name] = this.column(name);
    const texts = Object.fromEntries(TEXTS.map((name) => [name, this.dictionaries[name].texts])) as Record<
      Text,
      string[]
    >;
    return { ...(columns as unknown as Columns), rows: this.rows, labels: this.labels, texts, about };
  }

  /**
   * Writes everything into a directory, which is made; `about` (scenario, seed, campaigns with what they spent) goes into
   * `truth.json` with it.
   */
  write(directory: string, about: Readonly<Record<string, unknown>> = {}): void {
    mkdirSync(directory, { recursive: true });
    for (const name of NAMES) {
      const file = openSync(join(directory, `${name}.bin`), 'w');
      for (let i = 0; i < this.chunks.length; i++) {
        const part = this.chunks[i][name].subarray(0, i === this.chunks.length - 1 ? this.at : CHUNK);
        writeSync(file, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
      }
      closeSync(file);
    }
    for (const name of TEXTS) writeJson(join(directory, `${name}.json`), this.dictionaries[name].texts);
    writeJson(join(directory, 'truth.json'), { version: 2, rows: this.rows, labels: this.labels, about });
  }

  private labelOf(label: Label): number {
    const known = this.labelObjects.get(label);
    if (known !== undefined) return known;
    const key = `${label.cohort}\n${label.campaign}\n${label.family}\n${label.level}`;
    let index = this.labelIndexes.get(key);
    if (index === undefined) {
      index = this.labels.length;
      if (index > 65_535) throw new RangeError('more labels than a column can tell apart');
      this.labels.push(label);
      this.labelIndexes.set(key, index);
    }
    this.labelObjects.set(label, index);
    return index;
  }

  private column(name: Name): Column {
    const whole = new NUMBERS[name](this.rows);
    for (let i = 0; i < this.chunks.length; i++) {
      const part = this.chunks[i][name].subarray(0, i === this.chunks.length - 1 ? this.at : CHUNK);
      whole.set(part, i * CHUNK);
    }
    return whole;
  }
}

/**
 * Reads what {@link TruthLog.write} wrote.
 * @throws Error naming the directory: something is missing, or columns have not as many rows as they should
 */
export function readTruth(directory: string): Truth {
  const path = (name: string) => join(directory, name);
  const about = readJson<{ version: number; rows: number; labels: Label[]; about: Truth['about'] }>(path('truth.json'));
  if (about.version !== 2) throw new Error(`${path('truth.json')}: version ${about.version} is not known`);
  const columns = {} as Record<Name, Column>;
  for (const name of NAMES) {
    const bytes = readFileSync(path(`${name}.bin`));
    const Numbers = NUMBERS[name];
    if (bytes.byteLength !== about.rows * Numbers.BYTES_PER_ELEMENT) {
      throw new Error(`${path(`${name}.bin`)}: does not hold ${about.rows} rows`);
    }
    columns[name] = new Numbers(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer,
    );
  }
  const texts = Object.fromEntries(TEXTS.map((name) => [name, readJson<string[]>(path(`${name}.json`))]));
  return {
    ...(columns as unknown as Columns),
    rows: about.rows,
    labels: about.labels,
    texts: texts as Record<Text, string[]>,
    about: about.about,
  };
}

function newChunk(): Chunk {
  return Object.fromEntries(NAMES.map((name) => [name, new NUMBERS[name](CHUNK)])) as unknown as Chunk;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(path, `${JSON.stringify(value)}\n`);
}

function readJson<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
