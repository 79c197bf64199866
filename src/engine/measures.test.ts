import { describe, expect, it } from 'vitest';
import { Facts } from './facts.ts';
import { WEIGH, WEIGHT_MAX, WEIGHTS, weighEvent } from './measures.ts';
import { type RowInit, rowsOf } from './testing.ts';

function weights(init: RowInit): Record<string, number> {
  const out = new Int32Array(WEIGHTS).fill(1);
  weighEvent(out, new Facts().at(rowsOf({ objects: -1, bytes: -1, amountMinor: -1, ...init }), 0, 0));
  return Object.fromEntries(Object.entries(WEIGH).map(([name, place]) => [name, out[place]]));
}

describe('what an event counts as', () => {
  it('is one where nobody knows, and nothing in time and money', () => {
    expect(weights({})).toEqual({ one: 1, cost: 1, objects: 1, kilobytes: 1, durationMs: 0, amount: 0 });
  });

  it('is what the facts say', () => {
    expect(weights({ cost: 900, objects: 0, bytes: 1025, durationMs: 40, amountMinor: 1999 })).toEqual({
      one: 1,
      cost: 900,
      objects: 0,
      kilobytes: 2,
      durationMs: 40,
      amount: 1999,
    });
  });

  it('stays within a cell', () => {
    const most = weights({ cost: 0x7fffffff, objects: 0x7fffffff, bytes: 1e15, amountMinor: 1e15 });
    for (const name of ['cost', 'objects', 'kilobytes', 'amount']) expect(most[name]).toBe(WEIGHT_MAX);
  });
});
