import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine, hashBytes, hashString, lanes, mix32 } from './hash.ts';

fc.configureGlobal({ seed: 20240304 });

const key = (hi: number, lo: number): string => `${hi}:${lo}`;
const seeds = fc.integer({ min: -0x80000000, max: 0x7fffffff });

describe('hashString', () => {
  it('is the hash of the UTF-8 bytes, whatever they are and however many', () => {
    const texts = fc.oneof(fc.string({ maxLength: 400 }), fc.string({ unit: 'grapheme', maxLength: 400 }));
    fc.assert(
      fc.property(texts, seeds, (text, seed) => {
        const bytes = Buffer.from(text, 'utf8');
        hashBytes(bytes, 0, bytes.length, seed);
        const { hi, lo } = lanes;
        expect(hashString(text, seed)).toEqual({ hi, lo });
      }),
    );
  });
});

describe('hashBytes', () => {
  it('gives (0, 0) for nothing, and for nothing else', () => {
    hashBytes(new Uint8Array(8), 3, 3, 7);
    expect([lanes.hi, lanes.lo]).toEqual([0, 0]);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), seeds, (bytes, seed) => {
        hashBytes(bytes, 0, bytes.length, seed);
        expect(lanes.lo).not.toBe(0);
        expect(lanes.hi | 0).toBe(lanes.hi);
        expect(lanes.lo | 0).toBe(lanes.lo);
      }),
      { numRuns: 500 },
    );
  });

  it('looks at its range only', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 20 }),
        fc.uint8Array(),
        fc.uint8Array(),
        (mid, pre, post) => {
          hashBytes(mid, 0, mid.length, 5);
          const alone = key(lanes.hi, lanes.lo);
          hashBytes(Uint8Array.of(...pre, ...mid, ...post), pre.length, pre.length + mid.length, 5);
          expect(key(lanes.hi, lanes.lo)).toBe(alone);
        },
      ),
    );
  });

  it('tells strings of zeros apart by their length', () => {
    const seen = new Set<string>();
    for (let n = 1; n <= 64; n++) {
      hashBytes(new Uint8Array(n), 0, n, 0);
      seen.add(key(lanes.hi, lanes.lo));
    }
    expect(seen.size).toBe(64);
  });

  it('depends on the seed in both lanes', () => {
    const a = hashString('198.51.100.7', 1);
    const b = hashString('198.51.100.7', 2);
    expect(a.hi).not.toBe(b.hi);
    expect(a.lo).not.toBe(b.lo);
    expect(hashString('198.51.100.7', 1)).toEqual(a);
  });

  it('has no collision among 100,000 like names, and one lane alone about as many as chance', () => {
    const both = new Set<string>();
    const low = new Set<number>();
    for (let i = 0; i < 100_000; i++) {
      const { hi, lo } = hashString(`user-${i}`, 0);
      both.add(key(hi, lo));
      low.add(lo);
    }
    expect(both.size).toBe(100_000);
    // n²/2m = 1.2 collisions of 32 bits are expected; 10 would be odds of one in 10⁶.
    expect(100_000 - low.size).toBeLessThan(10);
  });

  it.each(['hi', 'lo'] as const)('spreads evenly in the low and the high bits of lane %s', (lane) => {
    for (const shift of [0, 26]) {
      const buckets = new Int32Array(64);
      for (let i = 0; i < 64_000; i++) buckets[(hashString(`/item/${i}`, 0)[lane] >>> shift) & 63]++;
      const chi = buckets.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
      // 63 degrees of freedom: 130 is beyond p = 1e-6.
      expect(chi).toBeLessThan(130);
    }
  });
});

describe('combine', () => {
  it('tells order, halves and neighbours apart', () => {
    const seen = new Set<string>();
    let zeros = 0;
    for (let a = 0; a < 200; a++)
      for (let b = 0; b < 200; b++) {
        combine(0, a, 0, b);
        seen.add(key(lanes.hi, lanes.lo));
        if (lanes.lo === 0) zeros++;
      }
    expect([seen.size, zeros]).toEqual([40_000, 0]);
  });

  it('uses all four lanes', () => {
    fc.assert(
      fc.property(fc.tuple(seeds, seeds, seeds, seeds), fc.nat(3), fc.nat(31), (values, at, bit) => {
        combine(values[0], values[1], values[2], values[3]);
        const before = key(lanes.hi, lanes.lo);
        const changed = [...values];
        changed[at] ^= 1 << bit;
        combine(changed[0], changed[1], changed[2], changed[3]);
        expect(key(lanes.hi, lanes.lo)).not.toBe(before);
      }),
      { numRuns: 500 },
    );
  });
});

describe('mix32', () => {
  it('is one to one and flips about half of the bits', () => {
    const seen = new Set<number>();
    for (let i = 0; i < 50_000; i++) seen.add(mix32(i));
    expect(seen.size).toBe(50_000);
    let flipped = 0;
    for (let i = 0; i < 32; i++) {
      let x = mix32(0x12345678) ^ mix32(0x12345678 ^ (1 << i));
      for (; x !== 0; x &= x - 1) flipped++;
    }
    expect(flipped / 32).toBeGreaterThan(13);
    expect(flipped / 32).toBeLessThan(19);
  });
});
