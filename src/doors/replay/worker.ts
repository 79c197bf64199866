/** The thread on which a {@link Stage} runs: chunks come in, batches go out, and their memory moves without a copy. */
import { parentPort, workerData } from 'node:worker_threads';
import { type SourceChunk, Stage, type Staged, type StageSetup } from './stage.ts';

/** A staged chunk as it crosses the threads: the columns' buffers beside their counts. */
export interface WireStaged extends Omit<Staged, 'batches'> {
  readonly id: number;
  readonly text: Uint8Array;
  readonly batches: readonly { readonly buffer: ArrayBuffer; readonly capacity: number; readonly count: number }[];
}

export function toWire(id: number, chunk: SourceChunk, staged: Staged): WireStaged {
  return {
    ...staged,
    id,
    text: chunk.buffer,
    batches: staged.batches.map(({ buffer, capacity, count }) => ({ buffer, capacity, count })),
  };
}

const port = parentPort;
if (port !== null) {
  const stage = await Stage.create(workerData as StageSetup);
  port.on('message', ({ id, chunk }: { id: number; chunk: SourceChunk }) => {
    const wire = toWire(id, chunk, stage.process(chunk));
    port.postMessage(wire, [wire.text.buffer as ArrayBuffer, ...wire.batches.map((b) => b.buffer)]);
  });
  port.postMessage({ ready: true });
}
