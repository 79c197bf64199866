/** Where chunks are parsed and enriched: in this thread, or on others while this one keeps the state. */
import { Worker } from 'node:worker_threads';
import { type FactBatch, wrapBatch } from '../../enrich/facts.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { SpareBuffers } from './input/spare.ts';
import { type SourceChunk, Stage, type Staged, type StageSetup } from './stage.ts';
import type { WireStaged } from './worker.ts';

export interface StagePool {
  /** Chunks that may be under way at once. */
  readonly depth: number;
  submit(chunk: SourceChunk): Staged | Promise<Staged>;
  /** Takes back a batch of which every row was applied: its memory is used again. */
  recycle(batch: FactBatch): void;
  close(): Promise<void>;
}

/** A pool for `workers` cores, this thread's included: with one, everything happens here. */
export async function createPool(setup: StageSetup, workers: number, spare: SpareBuffers): Promise<StagePool> {
  if (workers <= 1) {
    return new Here(await Stage.create(setup), spare);
  }
  const threads = await Promise.all(Array.from({ length: workers - 1 }, () => Thread.start(setup)));
  let next = 0;
  return {
    depth: threads.length * 3,
    submit: (chunk) => threads[next++ % threads.length].submit(chunk),
    // What other threads filled has moved here, and would have to move back.
    recycle: () => {},
    close: async () => {
      await Promise.all(threads.map((t) => t.close()));
    },
  };
}

/** This thread alone. */
class Here implements StagePool {
  readonly depth = 1;
  private readonly stage: Stage;
  private readonly spare: SpareBuffers;
  /** By text, how many batches still point into it. */
  private readonly users = new Map<Uint8Array, number>();

  constructor(stage: Stage, spare: SpareBuffers) {
    this.stage = stage;
    this.spare = spare;
  }

  submit(chunk: SourceChunk): Staged {
    const staged = this.stage.process(chunk);
    this.users.set(chunk.buffer, staged.batches.length);
    return staged;
  }

  recycle(batch: FactBatch): void {
    const { text } = batch;
    const users = (this.users.get(text) ?? 0) - 1;
    if (users > 0) this.users.set(text, users);
    else if (this.users.delete(text)) this.spare.give(text as Uint8Array<ArrayBuffer>);
    this.stage.recycle(batch);
  }

  async close(): Promise<void> {}
}

class Thread {
  private readonly worker: Worker;
  private readonly waiting = new Map<number, { resolve: (s: Staged) => void; reject: (e: Error) => void }>();
  private nextId = 0;

  private constructor(worker: Worker) {
    this.worker = worker;
    worker.on('message', (wire: WireStaged) => {
      this.waiting.get(wire.id)?.resolve({
        ...wire,
        batches: wire.batches.map((b) => wrapBatch(b.buffer, b.capacity, b.count, wire.text)),
      });
      this.waiting.delete(wire.id);
    });
    const fail = (error: Error): void => {
      for (const { reject } of this.waiting.values())
        reject(new SallyportError('SP9001', `a parsing thread died: ${error.message}`));
      this.waiting.clear();
    };
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`exit code ${code}`)));
  }

  /** Starts a thread and waits until its tables are loaded. */
  static async start(setup: StageSetup): Promise<Thread> {
    const source = import.meta.url.endsWith('.ts');
    // From source (tests, evaluation) a thread has to be taught TypeScript first: Node 20 hands no loader on to it.
    const entry = new URL(source ? './worker.ts' : './worker.js', import.meta.url);
    const teach = `import('tsx/esm/api').then(({ register }) => { register(); return import('${entry.href}'); })`;
    const worker = source
      ? new Worker(teach, { eval: true, workerData: setup, execArgv: [] })
      : new Worker(entry, { workerData: setup });
    await new Promise<void>((resolve, reject) => {
      worker.once('message', () => resolve());
      worker.once('error', reject);
    });
    return new Thread(worker);
  }

  submit(chunk: SourceChunk): Promise<Staged> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage({ id, chunk }, [chunk.buffer.buffer as ArrayBuffer]);
    });
  }

  async close(): Promise<void> {
    this.worker.removeAllListeners();
    await this.worker.terminate();
  }
}
