import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap } from './heap.ts';

fc.configureGlobal({ seed: 20240304 });

const keys = fc.array(fc.double({ noNaN: true }), { maxLength: 300 });

describe('Heap', () => {
  it('gives back what was put in, smallest key first', () => {
    fc.assert(
      fc.property(keys, (input) => {
        const heap = new Heap<number>();
        for (const key of input) heap.push(key, key);
        const out: number[] = [];
        while (heap.size > 0) {
          const lowest = heap.minimum;
          const item = heap.pop() as number;
          expect(item).toBe(lowest);
          out.push(item);
        }
        expect(out).toEqual([...input].sort((a, b) => a - b));
      }),
    );
  });

  it('does as a sorted list does under any sequence of operations', () => {
    const operation = fc.tuple(fc.constantFrom('push', 'pop', 'rekey'), fc.integer({ min: -50, max: 50 }));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const heap = new Heap<{ id: number }>();
        const model = new Map<number, number>();
        operations.forEach(([what, key], id) => {
          if (what === 'push') {
            heap.push(key, { id });
            model.set(id, key);
          } else if (heap.size > 0 && what === 'pop') {
            const item = heap.pop() as { id: number };
            expect(model.get(item.id)).toBe(Math.min(...model.values()));
            model.delete(item.id);
          } else if (heap.size > 0) {
            model.set((heap.peek() as { id: number }).id, key);
            heap.rekeyTop(key);
          }
          expect(heap.size).toBe(model.size);
          expect(heap.minimum).toBe(Math.min(...model.values()));
        });
      }),
    );
  });

  it('refuses keys that have no place in an order', () => {
    const heap = new Heap<string>();
    expect(() => heap.push(Number.NaN, 'x')).toThrow(RangeError);
    expect(() => heap.rekeyTop(1)).toThrow(RangeError);
    expect(heap.pop()).toBeUndefined();
    expect(heap.minimum).toBe(Number.POSITIVE_INFINITY);
  });
});
