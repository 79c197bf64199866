import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashString } from '../../lib/hash.ts';
import { MONDAY } from './testing.ts';
import { TOP_COUNTERS, TopTable } from './top.ts';

fc.configureGlobal({ seed: 20240304 });

const HOUR = 3_600_000;

interface Said {
  readonly share: number;
  readonly usual: number;
  readonly n: number;
  readonly total: number;
}

class Population {
  readonly table = new TopTable();
  readonly exact = new Map<number, number>();
  total = 0;
  private readonly values = new Int32Array(4);
  private readonly hash: (i: number) => { hi: number; lo: number };

  constructor(hash: (i: number) => { hi: number; lo: number } = (i) => hashString(`value ${i}`, 0)) {
    this.hash = hash;
  }

  see(value: number, nowMs = MONDAY): Said {
    const { hi, lo } = this.hash(value);
    this.table.apply(this.values, 0, hi, lo, nowMs, HOUR);
    this.exact.set(value, (this.exact.get(value) ?? 0) + 1);
    this.total++;
    const [share, usual, n, total] = this.values;
    return { share, usual, n, total };
  }

  /** A new window: exact counts start again, as the table's do. */
  next(): void {
    this.exact.clear();
    this.total = 0;
  }
}

/** Numbers that look random and are not. */
function sequence(seed: number): () => number {
  let x = seed;
  return () => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x / 2 ** 32;
  };
}

describe('top', () => {
  it('is exact while there are no more values than counters', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { minLength: 1, maxLength: 300 }), (list) => {
        const p = new Population();
        for (const v of list) {
          const said = p.see(v);
          const n = p.exact.get(v) ?? 0;
          expect(said).toEqual({ share: Math.floor((n * 1000) / p.total), usual: -1, n, total: p.total });
        }
      }),
    );
  });

  const kinds: [string, (i: number) => { hi: number; lo: number }][] = [
    ['hashes', (i) => hashString(`value ${i}`, 0)],
    ['addresses', (i) => ({ hi: 0, lo: (0x0a000000 + i) | 0 })],
    ['networks of IPv6', (i) => ({ hi: 0x20010db8, lo: (i << 16) | 0 })],
  ];
  it.each(kinds)('always finds what has more than 2 % of a flood of %s that come once or twice each', (_, hash) => {
    const p = new Population(hash);
    const random = sequence(7);
    const heavy = new Map<number, Said>();
    for (let i = 0; i < 60_000; i++) {
      const r = random();
      // Five heavy hitters of 2 to 6 % that start at different times; the rest are 20,000 passing values.
      const which = Math.floor(r * 100);
      if (which < 20 && i > (which % 5) * 6000) heavy.set(which % 5, p.see(which % 5));
      else p.see(100 + Math.floor(random() * 20_000));
    }
    for (const [value, said] of heavy) {
      const exact = p.exact.get(value) ?? 0;
      // Too high by what the sketch adds, too low by what passed before it got its counter.
      expect(said.n / exact).toBeGreaterThan(0.95);
      expect(said.n / exact).toBeLessThan(1.15);
    }
  });

  it('never says more than 1 % for any of 50,000 values that come twice', () => {
    const p = new Population((i) => ({ hi: 0, lo: (0x0a000000 + i) | 0 }));
    let most = 0;
    for (let round = 0; round < 2; round++)
      for (let i = 0; i < 50_000; i++) {
        const { share, total } = p.see(i);
        if (total > 5000) most = Math.max(most, share);
      }
    expect(most).toBeLessThan(10);
  });

  it('lets no more of a flood past the sketch when its values are addresses than when they are hashes', () => {
    const admitted = kinds.map(([, hash]) => {
      const p = new Population(hash);
      for (let i = 0; i < TOP_COUNTERS; i++) p.see(i);
      let n = 0;
      for (let i = 0; i < 4000; i++) if (p.see(10_000 + i).n > 0) n++;
      return n;
    });
    // One row of 4,096 counters alone lets through about 1,500 of them, four rows together about 370.
    for (const n of admitted) expect(n).toBeLessThan(800);
  });

  it('takes the first finished window as usual, then moves by a quarter of the difference', () => {
    const p = new Population();
    const fill = (hour: number, of: number): Said => {
      let said: Said | undefined;
      for (let i = 0; i < 1000; i++) {
        const s = p.see(i < of ? 1 : 2, MONDAY + hour * HOUR);
        if (i < of) said = s;
      }
      return said as Said;
    };
    expect(fill(0, 100).usual).toBe(-1);
    expect(fill(1, 500).usual).toBe(100);
    expect(fill(2, 500).usual).toBe(200);
    expect(fill(3, 100).usual).toBe(275);
    expect(fill(4, 100).usual).toBe(275 - 43);
  });

  it('says 1 permille for a value that is new, and learns nothing from a window of few events', () => {
    const p = new Population();
    for (let i = 0; i < 1000; i++) p.see(i % 2, MONDAY);
    for (let i = 0; i < 100; i++) p.see(0, MONDAY + HOUR);
    expect(p.see(9, MONDAY + 2 * HOUR)).toEqual({ share: 1000, usual: 1, n: 1, total: 1 });
    expect(p.see(1, MONDAY + 2 * HOUR).usual).toBe(500);
  });

  it('keeps what is usual for heavy hitters through windows that begin with a flood', () => {
    const p = new Population();
    let passing = 1000;
    for (let hour = 0; hour < 4; hour++) {
      p.next();
      for (let i = 0; i < 20_000; i++) {
        // One event in ten is the heavy hitter's; but every window after the first begins with 500 passing values.
        if ((hour === 0 || i >= 500) && i % 10 === 0) {
          const said = p.see(1, MONDAY + hour * HOUR);
          if (hour > 0) expect(said.usual).toBeGreaterThan(90);
        } else p.see(passing++, MONDAY + hour * HOUR);
      }
    }
  });

  it('counts a late event in the running window', () => {
    const p = new Population();
    for (let i = 0; i < 10; i++) p.see(1, MONDAY + HOUR);
    expect(p.see(1, MONDAY)).toMatchObject({ n: 11, total: 11 });
  });

  it('finds every value again, whatever was pushed out', () => {
    const p = new Population();
    const random = sequence(3);
    // A long tail: what is in the table must be found in it, or it would be placed twice and split its count.
    for (let i = 0; i < 40_000; i++) p.see(Math.floor(TOP_COUNTERS * 3 * random() ** 3));
    for (let v = 0; v < 20; v++) {
      const said = p.see(v);
      expect(Math.abs(said.n - (p.exact.get(v) ?? 0))).toBeLessThanOrEqual(40);
    }
  });

  it('goes on from a snapshot as if it had never stopped', () => {
    const a = new Population();
    const random = sequence(5);
    for (let i = 0; i < 5000; i++) a.see(Math.floor(random() * 3000), MONDAY + i * 1500);
    const b = new Population();
    b.table.restore(structuredClone(a.table.snapshot()));
    for (let i = 0; i < 3000; i++) {
      const value = Math.floor(random() * 3000);
      expect(b.see(value, MONDAY + (5000 + i) * 1500)).toEqual(a.see(value, MONDAY + (5000 + i) * 1500));
    }
  });
});
