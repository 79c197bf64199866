/** A worker's side of being one of several: says when it is ready, takes over configurations, stops in good order. */

/** Environment variable with the number of the worker, from 1. */
export const WORKER_VARIABLE = 'SALLYPORT_WORKER';

export type ToWorker =
  | { readonly sallyport: 'reload'; readonly id: number; readonly payload: unknown }
  | { readonly sallyport: 'drain'; readonly ms: number };

export type FromWorker =
  | { readonly sallyport: 'ready' }
  | { readonly sallyport: 'reloaded'; readonly id: number; readonly error: string };

export interface WorkerHandlers {
  /** Takes over a configuration; throws or rejects where it cannot, and the one before stays in force. */
  readonly reload: (payload: unknown) => void | Promise<void>;
  /** Stops listening and resolves when nothing is under way any more. The process ends then, or after `ms`. */
  readonly drain: (ms: number) => void | Promise<void>;
}

/** Number of this worker, 0 where this process is none. */
export function workerNumber(env: NodeJS.ProcessEnv = process.env): number {
  const number = Number(env[WORKER_VARIABLE] ?? '0');
  return Number.isInteger(number) && number > 0 ? number : 0;
}

/**
 * Tells the main process that this worker is ready, and does what it says from now on. When the main process is gone the
 * worker ends at once: without the owner of state it could do nothing but let everything through for ever.
 */
export function joinWorkers(handlers: WorkerHandlers): void {
  let draining = false;
  const drain = (ms: number): void => {
    if (draining) return;
    draining = true;
    const end = (): never => process.exit(0);
    setTimeout(end, ms).unref();
    Promise.resolve()
      .then(() => handlers.drain(ms))
      .then(end, end);
  };
  process.on('message', (message: unknown) => {
    if (!isToWorker(message)) return;
    if (message.sallyport === 'drain') drain(message.ms);
    else void reload(handlers, message.id, message.payload);
  });
  // Ctrl-C reaches every process of the group; the main process decides, and tells its workers.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => drain(SIGNAL_DRAIN_MS));
  send({ sallyport: 'ready' });
}

/** How long a worker drains that was told to stop by a signal of its own, in ms. */
const SIGNAL_DRAIN_MS = 10_000;

async function reload(handlers: WorkerHandlers, id: number, payload: unknown): Promise<void> {
  try {
    await handlers.reload(payload);
    send({ sallyport: 'reloaded', id, error: '' });
  } catch (error) {
    send({ sallyport: 'reloaded', id, error: error instanceof Error ? error.message : String(error) });
  }
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

function isToWorker(message: unknown): message is ToWorker {
  return kindOf(message) === 'reload' || kindOf(message) === 'drain';
}

/** Whether a message of a worker is one of these: applications may send others. */
export function isFromWorker(message: unknown): message is FromWorker {
  return kindOf(message) === 'ready' || kindOf(message) === 'reloaded';
}

function kindOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'sallyport' in message ? message.sallyport : '';
}
