import { describe, expect, it } from 'vitest';
import { createBatch } from '../../enrich/facts.ts';
import { OrderBuffer } from '../../runtime/order.ts';
import { mergeSources } from './merge.ts';
import type { StagePool } from './pool.ts';
import type { SourceChunk, Staged } from './stage.ts';

const T = 1_700_000_000_000;

/** A source that hands on what it is told to, when it is told to. The number in `start` stands for a time. */
class Script {
  private readonly queue: (SourceChunk | null)[] = [];
  private wake: (() => void) | undefined;

  say(second: number, idleMs?: number): this {
    this.queue.push({ source: 0, buffer: new Uint8Array(0), start: second, end: 0, idleMs });
    return this.awaken();
  }

  end(): this {
    this.queue.push(null);
    return this.awaken();
  }

  private awaken(): this {
    this.wake?.();
    return this;
  }

  async *read(source: number): AsyncGenerator<SourceChunk> {
    for (;;) {
      const next = this.queue.shift();
      if (next === null) return;
      if (next !== undefined) yield { ...next, source };
      else
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
    }
  }
}

/** A pool in which every chunk is one row at the second in its `start`. */
const pool: StagePool = {
  depth: 1,
  submit: (chunk): Staged => {
    const batch = createBatch(1, chunk.buffer);
    batch.timeMs[0] = T + chunk.start * 1000;
    batch.source[0] = chunk.source;
    batch.count = 1;
    return { source: chunk.source, batches: [batch], lines: 1, reasons: new Int32Array(0), samples: [] };
  },
  recycle: () => {},
  close: async () => {},
};

/** Runs scripts as sources until they end; returns seconds applied, in order. */
async function merged(scripts: readonly Script[], consumed: (second: number) => void = () => {}): Promise<number[]> {
  const applied: number[] = [];
  const order = new OrderBuffer(10_000, (rows, row, response) => {
    if (!response) applied.push((rows.timeMs[row] - T) / 1000);
  });
  await mergeSources(
    scripts.map((script, source) => ({ source, firstMs: Number.NaN, open: () => script.read(source) })),
    pool,
    order,
    (staged) => consumed((staged.batches[0].timeMs[0] - T) / 1000),
    () => false,
  );
  return applied;
}

describe('sources', () => {
  it('are read by turns, the one that lags first', async () => {
    const seen: number[] = [];
    const even = new Script().say(0).say(2).say(4).end();
    const odd = new Script().say(1).say(3).say(5).end();
    expect(await merged([even, odd], (second) => seen.push(second))).toEqual([0, 1, 2, 3, 4, 5]);
    // The first time of a source is believed when its second line confirms it; from then on they take turns.
    expect(seen).toEqual([0, 2, 1, 3, 4, 5]);
  });

  it('go on while another that is followed has nothing to say', async () => {
    const quiet = new Script().say(0).say(0, 500);
    const busy = new Script().say(1).say(20).say(40);
    const seen: number[] = [];
    const applied = await merged([quiet, busy], (second) => {
      seen.push(second);
      // Only now, after all the others, does the quiet one speak again.
      if (second === 40) quiet.say(41).end();
      if (second === 41) busy.end();
    });
    expect(seen).toEqual([0, 1, 20, 40, 41]);
    expect(applied).toEqual([0, 1, 20, 40, 41]);
  });

  it('that fail end the run with their error', async () => {
    const broken = {
      source: 0,
      firstMs: Number.NaN,
      async *open(): AsyncGenerator<SourceChunk> {
        yield { source: 0, buffer: new Uint8Array(0), start: 0, end: 0 };
        throw new Error('the disk is gone');
      },
    };
    const order = new OrderBuffer(0, () => {});
    await expect(
      mergeSources(
        [broken],
        pool,
        order,
        () => {},
        () => false,
      ),
    ).rejects.toThrow('the disk is gone');
  });
});
