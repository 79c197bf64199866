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
  next: Promise<IteratorResult<SourceChunk>>;
  /** Chunks under way: the source is closed when the last has come back. */
  pending: number;
  ended: boolean;
}

/** Asks for the next chunk ahead of time. A failure is kept for whoever waits for it. */
function readNext(chunks: AsyncIterator<SourceChunk>): Promise<IteratorResult<SourceChunk>> {
  const next = chunks.next();
  next.catch(() => {});
  return next;
}

/** Reads all sources through the pool into the order buffer. `consumed` is told of every chunk, in order. */
export async function mergeSources(
  sources: readonly MergeSource[],
  pool: StagePool,
  order: OrderBuffer,
  consumed: (staged: Staged) => void | Promise<void>,
  stop: () => boolean,
): Promise<void> {
  const waiting = [...sources].sort((a, b) => (a.firstMs || 0) - (b.firstMs || 0) || a.source - b.source);
  const open: Open[] = [];
  const inFlight: { from: Open; staged: Staged | Promise<Staged> }[] = [];

  const admit = (): void => {
    const lag = Math.min(...open.filter((o) => !o.ended).map((o) => order.timeOf(o.source)));
    while (
      waiting.length > 0 &&
      (open.every((o) => o.ended) || Number.isNaN(waiting[0].firstMs) || waiting[0].firstMs <= lag)
    ) {
      const next = waiting.shift() as MergeSource;
      order.open(next.source);
      const chunks = next.open();
      open.push({ source: next.source, chunks, next: readNext(chunks), pending: 0, ended: false });
      if (!Number.isNaN(next.firstMs)) break;
    }
  };
  const settle = async (): Promise<void> => {
    const { from, staged } = inFlight.shift() as { from: Open; staged: Staged | Promise<Staged> };
    const done = await staged;
    from.pending--;
    for (const batch of done.batches) order.add(batch, from.source);
    // A source that begins before the time just read must hold the watermark before it moves on.
    admit();
    if (from.ended && from.pending === 0) finish(from);
    else order.advance();
    await consumed(done);
  };
  const finish = (o: Open): void => {
    open.splice(open.indexOf(o), 1);
    // Somebody else must hold the watermark before this one lets go of it.
    admit();
    order.close(o.source);
  };

  admit();
  while ((open.length > 0 || waiting.length > 0 || inFlight.length > 0) && !stop()) {
    const readable = open.filter((o) => !o.ended);
    if (readable.length === 0 || inFlight.length >= pool.depth) {
      await settle();
      continue;
    }
    const lagging = readable.reduce((a, b) => (order.timeOf(b.source) < order.timeOf(a.source) ? b : a));
    const { value, done } = await lagging.next;
    if (done === true) {
      lagging.ended = true;
      if (lagging.pending === 0) finish(lagging);
    } else {
      lagging.pending++;
      lagging.next = readNext(lagging.chunks);
      inFlight.push({ from: lagging, staged: pool.submit(value) });
    }
    admit();
  }
  // Not waited for: a pipe that has nothing to say would keep the report from being written.
  if (stop()) for (const o of open) o.chunks.return?.().catch(() => {});
}
