/**
 * Which events a journal keeps that is not to keep all. Of those who did nothing remarkable a share, chosen by actor, so
 * that what is kept of them is whole; of everybody else everything.
 *
 * An event kept by chance has weight 1 ÷ share, one kept in any case 1, one promoted later 0. Sums of weights are then
 * without bias: the choice does not depend on what an actor will do.
 */
import type { FactBatch } from '../../enrich/facts.ts';
import { mix32 } from '../../lib/hash.ts';
import { EVENT } from './block.ts';

/** Actors of whom everything is kept; beyond it the one marked first is forgotten. */
export const MAX_REMARKABLE = 100_000;

/** A pair of lanes as one number of 53 bits. Mixed first: an IPv4 address is in the low bits of one lane alone. */
export function idOf(hi: number, lo: number): number {
  const a = mix32(lo ^ mix32(hi));
  return (a >>> 0) * 2_097_152 + (mix32(hi ^ a) >>> 11);
}

/** Columns with what one actor is known by, session first. */
export const IDENTITIES = [
  ['sessionHi', 'sessionLo'],
  ['principalHi', 'principalLo'],
  ['credentialHi', 'credentialLo'],
  ['ipHi', 'ipLo'],
] as const;

/** Bits of a packed decision that hold the action. */
const ACTION_BITS = 0xfe;

export class Sampler {
  readonly share: number;
  private readonly threshold: number;
  private readonly key: number;
  private readonly remarkable = new Set<number>();

  /** `share` of actors to keep, 0 to 1. `key`: a secret number, so that nobody can choose to be left out. */
  constructor(share: number, key: number) {
    this.share = share;
    this.threshold = Math.round(share * 2 ** 32);
    this.key = key | 0;
  }

  /** From now on everything about this actor is kept. */
  mark(hi: number, lo: number): void {
    const id = idOf(hi, lo);
    if (this.remarkable.has(id)) return;
    if (this.remarkable.size >= MAX_REMARKABLE) this.remarkable.delete(this.remarkable.values().next().value as number);
    this.remarkable.add(id);
  }

  /** What an event counts for, 0 where it is left out. */
  weight(rows: FactBatch, row: number, decision: number, flags: number): number {
    if (this.share >= 1) return 1;
    // What is done about a request must have its answer beside it: both carry the same session or address.
    const hi = rows.sessionLo[row] === 0 ? rows.ipHi[row] : rows.sessionHi[row];
    const lo = rows.sessionLo[row] === 0 ? rows.ipLo[row] : rows.sessionLo[row];
    if ((decision & ACTION_BITS) !== 0 || (flags & EVENT.keep) !== 0) {
      this.mark(hi, lo);
      return 1;
    }
    if ((flags & EVENT.admitted) === 0 || this.isRemarkable(rows, row)) return 1;
    return this.share > 0 && mix32(lo ^ mix32(hi ^ this.key)) >>> 0 < this.threshold ? 1 / this.share : 0;
  }

  private isRemarkable(rows: FactBatch, row: number): boolean {
    if (this.remarkable.size === 0) return false;
    for (const [hi, lo] of IDENTITIES)
      if ((rows[hi][row] | rows[lo][row]) !== 0 && this.remarkable.has(idOf(rows[hi][row], rows[lo][row]))) return true;
    return false;
  }
}
