/**
 * The allowlist as enrichment applies it: its traffic is scored and reported like any other, and never acted on. An
 * entry counts until its expiry, by the time of the event.
 */
import type { AllowlistEntry } from '../config/schema.ts';
import { type FactBatch, FLAG } from '../enrich/facts.ts';
import { CidrSet } from '../lib/cidr.ts';
import { hashString } from '../lib/hash.ts';

/** Agents whose verdict is remembered; beyond it memory starts over. */
const REMEMBERED_AGENTS = 10_000;

export class Allowlist {
  readonly size: number;
  private readonly addresses: readonly { set: CidrSet; until: number }[];
  private readonly principals: readonly { hi: number; lo: number; until: number }[];
  private readonly credentials: readonly { hi: number; lo: number; until: number }[];
  private readonly agents: readonly { text: string; until: number }[];
  private readonly remembered = new Map<number, number>();

  constructor(entries: readonly AllowlistEntry[], seed: number) {
    const until = (e: AllowlistEntry): number => Date.parse(e.expires);
    const hashed = (name: 'principal' | 'credential') =>
      entries.flatMap((e) => (e[name] === undefined ? [] : [{ ...hashString(e[name], seed), until: until(e) }]));
    this.size = entries.length;
    this.addresses = entries.flatMap((e) =>
      e.address === undefined ? [] : [{ set: CidrSet.of([e.address]), until: until(e) }],
    );
    this.principals = hashed('principal');
    this.credentials = hashed('credential');
    this.agents = entries.flatMap((e) =>
      e.agent === undefined ? [] : [{ text: e.agent.toLowerCase(), until: until(e) }],
    );
  }

  /** Flags the row where an entry names it. */
  apply(batch: FactBatch, row: number): void {
    if (this.size > 0 && this.holds(batch, row, batch.timeMs[row])) batch.flags[row] |= FLAG.ALLOWLISTED;
  }

  private holds(batch: FactBatch, row: number, now: number): boolean {
    return (
      this.addresses.some((a) => now < a.until && a.set.hasKey(batch.ipHi[row], batch.ipLo[row])) ||
      this.principals.some(
        (p) => now < p.until && p.hi === batch.principalHi[row] && p.lo === batch.principalLo[row],
      ) ||
      this.credentials.some(
        (c) => now < c.until && c.hi === batch.credentialHi[row] && c.lo === batch.credentialLo[row],
      ) ||
      (this.agents.length > 0 && now < this.agentUntil(batch, row))
    );
  }

  /** Until when the row's agent is allowed, 0 never. */
  private agentUntil(batch: FactBatch, row: number): number {
    const key = (batch.agentHi[row] >>> 0) * 2_097_152 + (batch.agentLo[row] >>> 11);
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const at = batch.agentAt[row];
    const agent = Buffer.from(batch.text.subarray(at, at + batch.agentLength[row]))
      .toString('latin1')
      .toLowerCase();
    const until = Math.max(0, ...this.agents.filter((a) => agent.includes(a.text)).map((a) => a.until));
    if (this.remembered.size >= REMEMBERED_AGENTS) this.remembered.clear();
    this.remembered.set(key, until);
    return until;
  }
}
