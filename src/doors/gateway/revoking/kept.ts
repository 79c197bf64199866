/**
 * What of shared signals outlives a restart: which security events were taken, so that none of them counts twice, and what
 * receivers have asked of their streams. One line of JSON each, appended and flushed; what has ended goes when the file is
 * written anew. Nothing in it names anybody: events and subjects are keyed hashes.
 */
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { appendFile, open, rename } from 'node:fs/promises';
import type { LastingReplay, ReplayUse } from '../../../identity/replay.ts';
import type { Naming } from '../../../identity/revocation/ssf/interest.ts';
import { MAX_SUBJECTS, type StreamState, type StreamStore } from '../../../identity/revocation/ssf/stream.ts';
import { SallyportError } from '../../../lib/errors.ts';

/** Security events remembered at once, so that none of them counts twice. */
const MAX_EVENTS = 50_000;
/** Streams at once: more than a configuration can have, because streams may be renamed. */
const MAX_STREAMS = 100;
/** Largest file that is read, in bytes. */
const MAX_BYTES = 64 * 1024 * 1024;
/** The file is written anew when it has so many lines more than there is to say. */
const SPARE_LINES = 20_000;
/** Shortest time between two searches for events that have ended, in ms. */
const SWEEP_MS = 1000;
const OWNER_ONLY = 0o600;

interface KeptStream {
  state: StreamState | null;
  readonly subjects: Set<string>;
}

/** A line of the file. */
type Line =
  | { readonly event: string; readonly until_ms: number }
  | { readonly stream: string; readonly state: StreamState }
  | { readonly stream: string; readonly subject: string; readonly kept: boolean };

export class SignalMemory implements LastingReplay, StreamStore {
  private readonly path: string;
  private readonly name: Naming;
  private readonly ends = new Map<string, number>();
  /** Of {@link ends}, those that a restart does not make new. */
  private readonly written = new Set<string>();
  private readonly known = new Map<string, KeptStream>();
  private sweptMs = 0;
  private lines = 0;
  private waiting: string[] = [];
  /** Settled when everything handed over so far is on the disk. */
  private flushed: Promise<void> = Promise.resolve();
  private next: Promise<void> | null = null;

  /**
   * `path`: the file; '' for nothing kept. `name` keys the hashes. SallyportError SP7613 where the file cannot be read or written;
   * a last line that was cut off by a crash is passed over.
   */
  constructor(path: string, name: Naming, nowMs: number) {
    this.path = path;
    this.name = name;
    if (path === '') return;
    try {
      for (const line of linesOf(path)) this.read(line, nowMs);
      this.rewriteNow();
    } catch (error) {
      throw new SallyportError('SP7613', `${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  firstUse(key: string, untilMs: number, nowMs: number): ReplayUse {
    if (this.ends.size >= MAX_EVENTS || nowMs - this.sweptMs >= SWEEP_MS * 60) this.sweep(nowMs);
    const event = this.name(key);
    const end = this.ends.get(event);
    if (end !== undefined && end > nowMs) return 'seen';
    if (end === undefined && this.ends.size >= MAX_EVENTS) return 'full';
    this.ends.set(event, untilMs);
    return 'first';
  }

  async keep(key: string, untilMs: number): Promise<void> {
    const event = this.name(key);
    await this.append({ event, until_ms: untilMs });
    this.written.add(event);
  }

  streams(): ReadonlyMap<string, { readonly state: unknown; readonly subjects: readonly string[] }> {
    return new Map(
      Array.from(this.known, ([name, { state, subjects }]) => [name, { state, subjects: Array.from(subjects) }]),
    );
  }

  async keepState(stream: string, state: StreamState): Promise<void> {
    await this.append({ stream, state });
    this.streamOf(stream).state = state;
  }

  async keepSubject(stream: string, subject: string, kept: boolean): Promise<void> {
    await this.append({ stream, subject, kept });
    this.list(stream, subject, kept);
  }

  /** Everything handed over is on the disk. */
  async close(): Promise<void> {
    await this.flushed.catch(() => {});
  }

  private streamOf(name: string): KeptStream {
    let stream = this.known.get(name);
    if (stream === undefined) {
      stream = { state: null, subjects: new Set() };
      this.known.set(name, stream);
    }
    return stream;
  }

  private list(stream: string, subject: string, kept: boolean): void {
    const { subjects } = this.streamOf(stream);
    if (!kept) subjects.delete(subject);
    else if (subjects.size < MAX_SUBJECTS) subjects.add(subject);
  }

  private sweep(nowMs: number): void {
    // Where it is full of what has not ended, looking through all of it each time would take too long.
    if (nowMs - this.sweptMs < SWEEP_MS) return;
    this.sweptMs = nowMs;
    for (const [event, end] of this.ends) {
      if (end > nowMs) continue;
      this.ends.delete(event);
      this.written.delete(event);
    }
  }

  /** Takes over a line of before. What is not one of ours is passed over. */
  private read(text: string, nowMs: number): void {
    const line = lineOf(text);
    if (line === null) return;
    if ('event' in line) {
      if (line.until_ms <= nowMs || this.ends.size >= MAX_EVENTS) return;
      this.ends.set(line.event, line.until_ms);
      this.written.add(line.event);
      return;
    }
    if (!this.known.has(line.stream) && this.known.size >= MAX_STREAMS) return;
    if ('state' in line) this.streamOf(line.stream).state = line.state;
    else this.list(line.stream, line.subject, line.kept);
  }

  /** All that there is to say. */
  private text(): string[] {
    const lines: Line[] = [];
    for (const event of this.written) {
      const end = this.ends.get(event);
      if (end !== undefined) lines.push({ event, until_ms: end });
    }
    for (const [stream, { state, subjects }] of this.known) {
      if (state !== null) lines.push({ stream, state });
      for (const subject of subjects) lines.push({ stream, subject, kept: true });
    }
    return lines.map((line) => `${JSON.stringify(line)}\n`);
  }

  /** At the start, when nothing else goes on. */
  private rewriteNow(): void {
    const lines = this.text();
    const file = openSync(`${this.path}.part`, 'w', OWNER_ONLY);
    try {
      writeSync(file, lines.join(''));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    chmodSync(`${this.path}.part`, OWNER_ONLY);
    renameSync(`${this.path}.part`, this.path);
    this.lines = lines.length;
  }

  /** Lines that come while the disk is busy go together with the next flush. */
  private append(line: Line): Promise<void> {
    if (this.path === '') return Promise.resolve();
    this.waiting.push(`${JSON.stringify(line)}\n`);
    this.next ??= this.flushed.then(
      () => this.flush(),
      () => this.flush(),
    );
    this.flushed = this.next;
    return this.next;
  }

  private async flush(): Promise<void> {
    this.next = null;
    const lines = this.waiting;
    this.waiting = [];
    if (this.lines > this.written.size + this.listed() + SPARE_LINES) {
      await this.rewrite(lines);
      return;
    }
    try {
      await appendFile(this.path, lines.join(''), { mode: OWNER_ONLY, flush: true });
      this.lines += lines.length;
    } catch (error) {
      // Half a line may stand there now.
      this.lines = Number.POSITIVE_INFINITY;
      throw error;
    }
  }

  private listed(): number {
    let count = this.known.size;
    for (const { subjects } of this.known.values()) count += subjects.size;
    return count;
  }

  /** The file before, or this one, never a half. `more`: lines that are not in memory before they are kept. */
  private async rewrite(more: readonly string[]): Promise<void> {
    const lines = [...this.text(), ...more];
    const file = await open(`${this.path}.part`, 'w', OWNER_ONLY);
    try {
      await file.writeFile(lines.join(''));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${this.path}.part`, this.path);
    this.lines = lines.length;
  }
}

function linesOf(path: string): string[] {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  if (content.length > MAX_BYTES) throw new Error(`it has ${content.length} bytes, and at most ${MAX_BYTES} are read`);
  return content.toString('utf8').split('\n');
}

function lineOf(text: string): Line | null {
  let line: Partial<Record<string, unknown>>;
  try {
    line = JSON.parse(text) ?? {};
  } catch {
    return null;
  }
  const { event, until_ms, stream, subject, kept, state } = line;
  if (typeof event === 'string' && typeof until_ms === 'number') return { event, until_ms };
  if (typeof stream !== 'string') return null;
  if (typeof subject === 'string' && typeof kept === 'boolean') return { stream, subject, kept };
  return typeof state === 'object' && state !== null ? { stream, state: state as StreamState } : null;
}
