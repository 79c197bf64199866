import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMix, MIX_CELLS, MIX_SETTLED } from './mix.ts';
import { AT, bench, MONDAY, spilled } from './testing.ts';

fc.configureGlobal({ seed: 20240304 });

function see(b: ReturnType<typeof bench>, subject: number, readOnly = false) {
  const w = b.at(MONDAY);
  w.subjectHi = 0;
  w.subjectLo = subject;
  w.readOnly = readOnly;
  applyMix(w, AT, 0);
  const [n, divergence, value, now, usual] = w.values;
  return { n, divergence, value, now, usual };
}

describe('mix', () => {
  it('says nothing before it knows what is usual, and little of a steady mix', () => {
    const b = bench(MIX_CELLS);
    for (let i = 1; i < MIX_SETTLED; i++) expect(see(b, 1 + (i % 3)).divergence).toBe(0);
    for (let i = 0; i < 5000; i++) expect(see(b, 1 + (i % 3)).divergence).toBeLessThan(20);
    expect(spilled(b)).toBe(false);
  });

  it('measures a new mix in thousandths of a bit, and names what grew', () => {
    const b = bench(MIX_CELLS);
    for (let i = 0; i < 2000; i++) see(b, i % 200 === 0 ? 9 : 1 + (i % 3));
    let said = see(b, 9);
    for (let i = 0; i < 64; i++) said = see(b, i % 2 === 0 ? 9 : 1);
    expect(said.value).toBe(9);
    expect(said.usual).toBeLessThan(40);
    expect(said.now).toBeGreaterThan(250);
    expect(said.divergence).toBeGreaterThan(100);
    for (let i = 0; i < 300; i++) said = see(b, 9);
    expect(said.divergence).toBeGreaterThan(600);
    expect(said.divergence).toBeLessThanOrEqual(1000);
    expect(said.now).toBeGreaterThan(950);
  });

  it('takes a lasting change for usual at last', () => {
    const b = bench(MIX_CELLS);
    for (let i = 0; i < 3000; i++) see(b, 1);
    let drifted = 0;
    for (let i = 0; i < 40_000; i++) if (see(b, 2).divergence >= 200) drifted++;
    expect(drifted).toBeGreaterThan(2000);
    expect(see(b, 2).divergence).toBeLessThan(200);
  });

  it('puts two mixes with next to nothing in common close to a bit apart', () => {
    const b = bench(MIX_CELLS);
    for (let i = 0; i < 1024; i++) see(b, 1);
    let said = see(b, 2);
    for (let i = 0; i < 1500; i++) said = see(b, 2);
    expect(said.usual).toBeLessThan(250);
    expect(said.divergence).toBeGreaterThan(500);
  });

  it('reads without counting, leaves an absent value out, and keeps within its cells', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.boolean()), { maxLength: 1500 }), (list) => {
        const b = bench(MIX_CELLS);
        for (const [subject, readOnly] of list) {
          const before = readOnly || subject === 0 ? b.cells() : null;
          const said = see(b, subject, readOnly);
          if (before !== null) expect(b.cells()).toEqual(before);
          expect(said.divergence).toBeLessThanOrEqual(1001);
          expect(said.now).toBeLessThanOrEqual(1000);
        }
        expect(spilled(b)).toBe(false);
      }),
      { numRuns: 20 },
    );
  });
});
