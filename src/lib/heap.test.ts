import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MinHeap } from './heap.ts';

fc.configureGlobal({ seed: 20240304 });

it('gives numbers back in order, whatever was pushed and popped between', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer(), { freq: 3 })), (steps) => {
      const heap = new MinHeap();
      const model: number[] = [];
      for (const step of steps) {
        if (step === null) expect(heap.pop()).toBe(model.shift());
        else {
          heap.push(step);
          model.push(step);
          model.sort((a, b) => a - b);
        }
        expect(heap.size).toBe(model.length);
        expect(heap.peek()).toBe(model[0]);
      }
      for (const expected of model) expect(heap.pop()).toBe(expected);
      expect(heap.pop()).toBeUndefined();
    }),
  );
});
