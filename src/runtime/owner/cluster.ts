/**
 * Starts the processes that do the input and output, and keeps them running: a worker that crashes is started again, ever
 * more slowly while it goes on crashing. The process that calls this owns the state; its workers share the ports.
 */
import cluster, { type Worker } from 'node:cluster';
import { SallyportError } from '../../lib/errors.ts';
import { isFromWorker, type ToWorker, WORKER_VARIABLE } from './worker.ts';

export interface WorkersOptions {
  /** Module that a worker runs; it calls `joinWorkers`. */
  readonly exec: string;
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  /** Environment of a worker beyond this process's own: the path and secret of the owner's socket. */
  readonly env?: (worker: number) => Readonly<Record<string, string>>;
  /** How long a worker that was told to stop may go on with what is under way, in ms. */
  readonly drainMs: number;
  readonly onEvent?: (event: WorkerEvent) => void;
  /**
   * `shared`, the default: workers accept connections themselves, and the kernel decides who gets how many. `round-robin`: the
   * main process accepts and hands them on, evenly, at some 60 µs of its own a connection, which whoever opens many
   * could take from the owner of state. Counts for the first start in a process.
   */
  readonly scheduling?: 'round-robin' | 'shared';
  readonly backoff?: Partial<Backoff>;
}

interface Backoff {
  /** Wait after a first crash in ms, doubled with each further one up to the longest. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A worker that ran for so long has not crashed in a row. */
  readonly steadyMs: number;
}

export type WorkerEvent =
  | { readonly type: 'ready' | 'drained'; readonly worker: number; readonly pid: number }
  | {
      readonly type: 'crashed';
      readonly worker: number;
      readonly pid: number;
      readonly why: string;
      readonly inARow: number;
      readonly againMs: number;
      /** SP7316 from the third crash in a row on. */
      readonly code: 'SP7316' | '';
    };

export interface ReloadResult {
  readonly worker: number;
  /** '' where the worker has taken it over; else why not. */
  readonly error: string;
}

export interface WorkerStatus {
  readonly worker: number;
  readonly pid: number;
  readonly state: 'starting' | 'running' | 'waiting' | 'stopping';
  readonly crashes: number;
}

export interface Workers {
  list(): readonly WorkerStatus[];
  /** Tells every running worker; resolves when all have answered, or the time is over. */
  reload(payload: unknown, timeoutMs?: number): Promise<readonly ReloadResult[]>;
  /** Lets every worker finish what is under way, and ends it. */
  stop(): Promise<void>;
}

const BACKOFF: Backoff = { firstMs: 100, longestMs: 30_000, steadyMs: 30_000 };
/** Crashes in a row from which they are reported as lasting, and after which a first start is given up. */
const CRASHES_LASTING = 3;
const RELOAD_MS = 10_000;
/** Beyond the time to drain, before a worker is killed, in ms. */
const KILL_AFTER_MS = 1000;

/** Starts `count` workers; resolves when all are ready. SallyportError SP7316 where one cannot start. */
export async function startWorkers(count: number, options: WorkersOptions): Promise<Workers> {
  if (Object.keys(cluster.workers ?? {}).length === 0) {
    cluster.schedulingPolicy = options.scheduling === 'round-robin' ? cluster.SCHED_RR : cluster.SCHED_NONE;
  }
  const pool = new WorkerPool(count, options);
  await pool.started();
  return pool;
}

class WorkerPool implements Workers {
  private readonly places: Place[];

  constructor(count: number, options: WorkersOptions) {
    this.places = Array.from({ length: count }, (_, i) => new Place(i + 1, options));
  }

  async started(): Promise<void> {
    try {
      await Promise.all(this.places.map((place) => place.start()));
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  list(): WorkerStatus[] {
    return this.places.map((place) => place.status());
  }

  reload(payload: unknown, timeoutMs = RELOAD_MS): Promise<ReloadResult[]> {
    return Promise.all(this.places.map((place) => place.reload(payload, timeoutMs)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.places.map((place) => place.stop()));
  }
}

/** One worker after the other with the same number. */
class Place {
  private readonly number: number;
  private readonly options: WorkersOptions;
  private readonly backoff: Backoff;
  private worker: Worker | null = null;
  private state: WorkerStatus['state'] = 'waiting';
  private crashes = 0;
  private inARow = 0;
  private startedAt = 0;
  private again: NodeJS.Timeout | null = null;
  /** Of the first start: what to say when it is ready, or will not be. */
  private first: { resolve: () => void; reject: (error: Error) => void } | null = null;
  private nextReload = 1;
  private readonly reloads = new Map<number, (error: string) => void>();

  constructor(number: number, options: WorkersOptions) {
    this.number = number;
    this.options = options;
    this.backoff = { ...BACKOFF, ...options.backoff };
  }

  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.first = { resolve, reject };
      this.fork();
    });
  }

  status(): WorkerStatus {
    const { number: worker, state, crashes } = this;
    return { worker, pid: this.worker?.process.pid ?? 0, state, crashes };
  }

  reload(payload: unknown, timeoutMs: number): Promise<ReloadResult> {
    const { number: worker } = this;
    // One that is not running reads the new configuration when it starts.
    if (this.worker === null || this.state !== 'running') return Promise.resolve({ worker, error: '' });
    const id = this.nextReload++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => done(`no answer within ${timeoutMs} ms`), timeoutMs);
      const done = (error: string): void => {
        clearTimeout(timer);
        this.reloads.delete(id);
        resolve({ worker, error });
      };
      this.reloads.set(id, done);
      this.tell({ sallyport: 'reload', id, payload });
    });
  }

  stop(): Promise<void> {
    const { worker } = this;
    const served = this.state === 'running';
    this.state = 'stopping';
    if (this.again !== null) clearTimeout(this.again);
    if (worker === null || worker.isDead()) return Promise.resolve();
    return new Promise((resolve) => {
      const kill = setTimeout(() => worker.process.kill('SIGKILL'), this.options.drainMs + KILL_AFTER_MS);
      worker.once('exit', () => {
        clearTimeout(kill);
        resolve();
      });
      // One that was not ready has nothing under way, and does not listen yet.
      if (served) this.tell({ sallyport: 'drain', ms: this.options.drainMs });
      else worker.process.kill('SIGKILL');
    });
  }

  private tell(message: ToWorker): void {
    // A worker that is just dying has no channel; its exit is what counts then.
    if (this.worker?.isConnected()) this.worker.send(message, () => {});
  }

  private fork(): void {
    const { exec, args, execArgv, env } = this.options;
    // Settings count for forks to come, and another pool may have set its own.
    cluster.setupPrimary({
      exec,
      args: [...(args ?? [])],
      execArgv: [...(execArgv ?? (exec.endsWith('.ts') ? ['--import', 'tsx'] : process.execArgv))],
    });
    const worker = cluster.fork({ ...env?.(this.number), [WORKER_VARIABLE]: String(this.number) });
    this.worker = worker;
    this.state = 'starting';
    this.startedAt = performance.now();
    let why = '';
    worker.on('error', (error) => {
      why = error.message;
      // What could not even be started has no exit to wait for.
      if (worker.process.pid === undefined) this.exited(worker, why);
    });
    worker.on('message', (message: unknown) => this.heard(message));
    worker.on('exit', (code, signal) =>
      this.exited(worker, why || (signal ? `signal ${signal}` : `exit code ${code}`)),
    );
  }

  private heard(message: unknown): void {
    if (!isFromWorker(message)) return;
    if (message.sallyport === 'reloaded') {
      this.reloads.get(message.id)?.(message.error);
      return;
    }
    if (this.state === 'starting') this.state = 'running';
    this.options.onEvent?.({ type: 'ready', worker: this.number, pid: this.worker?.process.pid ?? 0 });
    this.first?.resolve();
    this.first = null;
  }

  private exited(worker: Worker, why: string): void {
    const pid = worker.process.pid ?? 0;
    this.worker = null;
    for (const done of [...this.reloads.values()]) done(why);
    if (this.state === 'stopping') {
      this.options.onEvent?.({ type: 'drained', worker: this.number, pid });
      this.first?.reject(new SallyportError('SP7316', `Worker ${this.number} was stopped before it was ready`));
      return;
    }
    this.crashes++;
    this.inARow = performance.now() - this.startedAt >= this.backoff.steadyMs ? 1 : this.inARow + 1;
    const lasting = this.inARow >= CRASHES_LASTING;
    const againMs = Math.min(this.backoff.longestMs, this.backoff.firstMs * 2 ** (this.inARow - 1));
    const code = lasting ? 'SP7316' : '';
    this.state = 'waiting';
    this.options.onEvent?.({ type: 'crashed', worker: this.number, pid, why, inARow: this.inARow, againMs, code });
    if (lasting && this.first !== null) {
      this.first.reject(new SallyportError('SP7316', `Worker ${this.number} cannot start: ${why}`));
      this.first = null;
      return;
    }
    this.again = setTimeout(() => this.fork(), againMs);
  }
}
