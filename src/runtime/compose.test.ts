import { describe, expect, it } from 'vitest';
import type { KeyProgram, Program } from '../engine/program.ts';
import { type RowInit, rowsOf } from '../engine/testing.ts';
import { EMPTY_MODEL } from '../enrich/model.ts';
import { composeEngine } from './compose.ts';

const T = Date.UTC(2025, 2, 3, 9);

/** The same program, of which everything is read with every event. */
const greedy = (program: Program): Program => ({
  ...program,
  keys: program.keys.map(
    (key): KeyProgram => ({
      ...key,
      request: key.request.map((o) => ({ ...o, readers: null })),
      response: key.response.map((o) => ({ ...o, readers: null })),
    }),
  ),
});

/** Numbers that look like chance and are the same each time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A few actors that do a bit of everything. */
function rowOf(next: (below: number) => number): RowInit {
  const actor = 1 + next(6);
  const row: Record<string, number> = {
    ipHi: 1,
    ipLo: actor,
    networkHi: 2,
    networkLo: 1 + next(3),
    asn: 1 + next(3),
    fingerprintHi: 3,
    fingerprintLo: 1 + next(3),
    route: next(5),
    routeClass: next(9),
    method: next(4),
    status: [200, 200, 201, 302, 401, 403, 404, 429, 500][next(9)],
    bytes: next(9000),
    objectHi: next(2) === 0 ? 0 : 5,
    objectLo: next(300),
    objectNumber: next(2) === 0 ? -1 : next(500),
    pathHi: 6,
    pathLo: next(400),
    flags: next(1 << 27),
    softwareClass: next(6),
    contentMillinats: next(12) === 0 ? next(9000) : 0,
    probeRule: next(10) === 0 ? 1 + next(4) : 0,
    sensitivity: next(4),
    authScheme: next(6),
    authOutcome: next(6),
    role: next(4),
    cost: next(4) === 0 ? next(5000) : 0,
    objects: next(50) - 1,
    schema: next(4) === 0 ? 1 << next(14) : 0,
    leaks: next(9) === 0 ? 1 : 0,
  };
  if (next(3) > 0) Object.assign(row, { credentialHi: 7, credentialLo: actor });
  if (next(3) > 0) Object.assign(row, { principalHi: 8, principalLo: 1 + next(9) });
  if (next(3) > 0) Object.assign(row, { sessionHi: 9, sessionLo: actor });
  return row as RowInit;
}

describe('an engine with all its detectors', () => {
  it('decides the same whether everything is read or what somebody asks for', () => {
    const told: [number, number][] = [];
    const run = (adapt: (program: Program) => Program): string => {
      const seen = [0, 0] as [number, number];
      const { engine, state, program } = composeEngine({ model: EMPTY_MODEL, seed: 3 }, () => ({
        evidence: () => seen[0]++,
        risk: () => seen[1]++,
      }));
      state.adopt(adapt(program));
      const next = numbers(11);
      for (let i = 0; i < 4000; i++) {
        const rows = rowsOf(rowOf(next));
        engine.step(rows, 0, false, T + i * 700);
        engine.step(rows, 0, true, T + i * 700 + 50);
      }
      told.push(seen);
      return `${engine.hashHi} ${engine.hashLo}`;
    };
    expect(run((program) => program)).toBe(run(greedy));
    expect(told[0]).toEqual(told[1]);
    expect(Math.min(...told[0])).toBeGreaterThan(1000);
  });
});
