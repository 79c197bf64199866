/**
 * Merges several sources by time: the source that lags most is read next, and one that starts later is opened only when
 * the others have come to its first line. Rotated files so follow each other, and files of several servers interleave.
 */
import type { OrderBuffer } from '../../runtime/order.ts';
import type { StagePool } from './pool.ts';
import type { SourceChunk, Staged } from './stage.ts';

export interface MergeSource {
  readonly source: number;
  /** Time of its first line, from the sample; NaN unknown (opened at once). */
  readonly firstMs: number;
  open(): AsyncIterator<SourceChunk>;
}

interface Open {
  readonly source: number;
  readonly chunks: AsyncIterator<SourceChunk>;
  /** The next chunk, read while the one before is in work. */
  next: Promise<Read>;
  /** It is here already. */
  isReady: boolean;
  /** True while a followed input has nothing new. */
  isIdle: boolean;
  /** Chunks under way: the source is closed when the last has come back. */
  pending: number;
  ended: boolean;
}

interface Read {
  readonly from: Open;
  readonly result: IteratorResult<SourceChunk>;
}

/** Asks for the next chunk ahead of time. A failure is kept for whoever waits for it. */
function readNext(from: Open): void {
  from.isReady = false;
  from.next = from.chunks.next().then((result) => {
    from.isReady = true;
    return { from, result };
  });
  from.next.catch(() => {
    from.isReady = true;
  });
}

/** Reads all sources through the pool into the order buffer. `consumed` is told of every chunk, in order. */
export async function mergeSources(
  sources: readonly MergeSource[],
  pool: StagePool,
  order: OrderBuffer,
  consumed: (staged: Staged) => void | Promise<void>,
  stop: () => boolean,
): Promise<void> {
  const merge = new Merge(sources, pool, order, consumed);
  await merge.run(stop);
}

class Merge {
  private readonly waiting: MergeSource[];
  private readonly open: Open[] = [];
  private readonly inFlight: { readonly from: Open; readonly staged: Staged | Promise<Staged> }[] = [];
  private readonly pool: StagePool;
  private readonly order: OrderBuffer;
  private readonly consumed: (staged: Staged) => void | Promise<void>;

  constructor(sources: readonly MergeSource[], pool: StagePool, order: OrderBuffer, consumed: Merge['consumed']) {
    this.waiting = [...sources].sort((a, b) => (a.firstMs || 0) - (b.firstMs || 0) || a.source - b.source);
    this.pool = pool;
    this.order = order;
    this.consumed = consumed;
  }

  async run(stop: () => boolean): Promise<void> {
    const { open, waiting, inFlight, pool } = this;
    this.admit();
    while ((open.length > 0 || waiting.length > 0 || inFlight.length > 0) && !stop()) {
      const readable = open.filter((o) => !o.ended);
      if (readable.length === 0 || inFlight.length >= pool.depth) await this.settle();
      else await this.take(await this.pick(readable));
    }
    // Not waited for: a pipe that has nothing to say would keep the report from being written.
    if (stop()) for (const o of open) o.chunks.return?.().catch(() => {});
  }

  /** What comes next: from the source that lags most, or from one that had nothing to say and now has. */
  private pick(readable: readonly Open[]): Promise<Read> {
    const idle = readable.filter((o) => o.isIdle);
    const ready = idle.find((o) => o.isReady);
    if (ready !== undefined) return ready.next;
    const busy = readable.filter((o) => !o.isIdle);
    if (busy.length === 0) return Promise.race(idle.map((o) => o.next));
    const { order } = this;
    const lagging = busy.reduce((a, b) => (order.timeOf(b.source) < order.timeOf(a.source) ? b : a));
    return idle.length === 0 ? lagging.next : Promise.race([lagging, ...idle].map((o) => o.next));
  }

  private async take({ from, result }: Read): Promise<void> {
    const { value, done } = result;
    if (done === true) {
      from.ended = true;
      if (from.pending === 0) this.finish(from);
    } else {
      readNext(from);
      from.isIdle = value.idleMs !== undefined;
      if (value.idleMs !== undefined) {
        while (this.inFlight.length > 0) await this.settle();
        this.order.idle(from.source, value.idleMs);
      } else {
        from.pending++;
        this.inFlight.push({ from, staged: this.pool.submit(value) });
      }
    }
    this.admit();
  }

  /** Opens what has come to its turn. */
  private admit(): void {
    const { open, waiting, order } = this;
    const lag = Math.min(...open.filter((o) => !o.ended).map((o) => order.timeOf(o.source)));
    while (
      waiting.length > 0 &&
      (open.every((o) => o.ended) || Number.isNaN(waiting[0].firstMs) || waiting[0].firstMs <= lag)
    ) {
      const { source, firstMs, open: start } = waiting.shift() as MergeSource;
      order.open(source);
      const opened: Partial<Open> = { source, chunks: start(), pending: 0, ended: false, isIdle: false };
      readNext(opened as Open);
      open.push(opened as Open);
      if (!Number.isNaN(firstMs)) break;
    }
  }

  /** Waits for the oldest chunk under way and puts its rows in order. */
  private async settle(): Promise<void> {
    const { from, staged } = this.inFlight.shift() as Merge['inFlight'][number];
    const done = await staged;
    from.pending--;
    for (const batch of done.batches) this.order.add(batch, from.source);
    // A source that begins before the time just read must hold the watermark before it moves on.
    this.admit();
    if (from.ended && from.pending === 0) this.finish(from);
    else this.order.advance();
    await this.consumed(done);
  }

  private finish(from: Open): void {
    this.open.splice(this.open.indexOf(from), 1);
    // Somebody else must hold the watermark before this one lets go of it.
    this.admit();
    this.order.close(from.source);
  }
}
