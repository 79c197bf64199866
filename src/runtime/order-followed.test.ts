import { describe, expect, it } from 'vitest';
import { createBatch, type FactBatch } from '../enrich/facts.ts';
import { OrderBuffer } from './order.ts';

const T = 1_700_000_000_000;
const LATENESS = 10_000;

/** A batch with one request at `t`. */
function at(t: number): FactBatch {
  const batch = createBatch(1);
  batch.timeMs[0] = T + t;
  batch.count = 1;
  return batch;
}

function orderOf(...sources: number[]): { readonly order: OrderBuffer; readonly applied: number[] } {
  const applied: number[] = [];
  const order = new OrderBuffer(LATENESS, (rows, row, response) => {
    if (!response) applied.push(rows.timeMs[row] - T);
  });
  for (const source of sources) order.open(source);
  return { order, applied };
}

describe('sources that are followed', () => {
  it('hold nobody back while they have nothing to say', () => {
    const { order, applied } = orderOf(0, 1);
    order.add(at(0), 0);
    order.add(at(1), 0);
    order.add(at(2), 1);
    order.add(at(LATENESS * 2), 1);
    order.advance();
    expect(applied).toEqual([]);
    order.idle(0, 500);
    expect(applied).toEqual([0, 1, 2]);
  });

  it('let time go on when all of them are idle for as long as the bound, and no earlier', () => {
    const { order, applied } = orderOf(0);
    order.add(at(0), 0);
    order.idle(0, LATENESS);
    expect(applied).toEqual([]);
    order.idle(0, LATENESS + 1000);
    expect(applied).toEqual([0]);
  });

  it('hold the others back again once they speak', () => {
    const { order, applied } = orderOf(0);
    order.add(at(0), 0);
    order.idle(0, LATENESS + 1000);
    order.add(at(LATENESS + 1500), 0);
    order.add(at(LATENESS + 1600), 0);
    order.advance();
    expect(applied).toEqual([0]);
    expect(order.late).toBe(0);
  });

  it('are not carried away by one wrong clock while they rest', () => {
    const { order, applied } = orderOf(0);
    order.add(at(0), 0);
    order.add(at(10), 0);
    order.add(at(86_400_000), 0);
    order.idle(0, LATENESS + 1000);
    expect(applied).toEqual([0, 10]);
  });
});
