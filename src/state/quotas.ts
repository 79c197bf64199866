/** How many records each key may have, by partition. */
import type { KeyProgram } from '../engine/program.ts';
import type { Quota } from './table.ts';

/** Records per key at most. Figures: about 250 bytes a record, so that all full stay under 1 GiB. */
export const QUOTAS: Readonly<Record<string, Quota>> = {
  ip: { anonymous: 1_048_576, established: 131_072, mitigated: 65_536 },
  default: { anonymous: 131_072, established: 65_536, mitigated: 16_384 },
  combination: { anonymous: 262_144, established: 65_536, mitigated: 1024 },
};
/** Risk records: only actors with evidence have one. */
export const RISK_QUOTA: Quota = { anonymous: 65_536, established: 16_384, mitigated: 65_536 };
/** Sketch slots for distinct counts beyond three values. */
export const SKETCH_SLOTS = 262_144;
/** A quota on a smaller or larger machine; never less than 16. */
export function scaled(q: Quota, scale: number): Quota {
  const s = (n: number): number => Math.max(16, Math.round(n * scale));
  return { anonymous: s(q.anonymous), established: s(q.established), mitigated: s(q.mitigated) };
}

export function quotaOf(key: KeyProgram, scale: number): Quota {
  return scaled(key.second >= 0 ? QUOTAS.combination : (QUOTAS[key.name] ?? QUOTAS.default), scale);
}
