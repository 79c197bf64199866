/** Hands a sample over to the thread that makes a model of it, a piece at a time, so that requests come in between. */
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { LearnedModel } from '../../enrich/model.ts';
import { SallyportError } from '../../lib/errors.ts';
import type { LearningOrder, LearningPiece } from './learning-thread.ts';

/** Longest time that a model may take, in ms, and the memory its thread may have, in MB. */
const LONGEST_MS = 120_000;
const THREAD_MB = 256;

/** Makes the model that follows the one in force. SallyportError SP5005 where that fails; `signal` gives it up. */
export async function learnInThread(
  order: LearningOrder,
  pieces: Iterable<LearningPiece>,
  signal: AbortSignal,
): Promise<LearnedModel> {
  const worker = startThread(order);
  const end = (): void => void worker.terminate();
  signal.addEventListener('abort', end, { once: true });
  try {
    const model = answerOf(worker);
    // A thread that dies while pieces are under way is heard of below.
    model.catch(() => undefined);
    for (const piece of pieces) {
      if (signal.aborted) break;
      worker.postMessage(piece);
      await setImmediate();
    }
    worker.postMessage(null);
    return await model;
  } finally {
    signal.removeEventListener('abort', end);
    await worker.terminate();
  }
}

function startThread(workerData: LearningOrder): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: THREAD_MB };
  const source = import.meta.url.endsWith('.ts');
  const entry = new URL(source ? './learning-thread.ts' : './learning-thread.js', import.meta.url);
  if (!source) return new Worker(entry, { workerData, resourceLimits });
  // From source a thread has to be taught TypeScript first: Node 20 hands no loader on to it.
  const teach = `import('tsx/esm/api').then(({ register }) => { register(); return import('${entry.href}'); })`;
  return new Worker(teach, { eval: true, workerData, resourceLimits, execArgv: [] });
}

function answerOf(worker: Worker): Promise<LearnedModel> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new SallyportError('SP5005', `the learning thread ${why}`));
    const timer = setTimeout(() => fail(`took longer than ${LONGEST_MS / 1000} s`), LONGEST_MS);
    timer.unref();
    worker.once('message', (model: LearnedModel) => {
      clearTimeout(timer);
      resolve(model);
    });
    worker.once('error', (error) => fail(`failed: ${error.message}`));
    worker.once('exit', () => {
      clearTimeout(timer);
      fail('ended early');
    });
  });
}
