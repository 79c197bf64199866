/** Under which key a request is counted. */
import { type FactBatch, FLAG, textOf } from '../../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../../enrich/kinds.ts';
import { combine, hashString, lanes } from '../../../lib/hash.ts';
import type { By } from './compiled.ts';

export interface AccountKey {
  /** What it is: `credential`, `partner`, `principal`, `plan`, or `address` for whom nothing better is known. */
  readonly dimension: By | 'address';
  readonly hi: number;
  readonly lo: number;
}

type Proven = 'partner' | 'principal' | 'credential';

/** What is looked for, in this order, where a plan counts by … */
const ORDER: Readonly<Record<Proven, readonly Proven[]>> = {
  credential: ['credential', 'principal', 'partner'],
  partner: ['partner', 'credential', 'principal'],
  principal: ['principal', 'credential', 'partner'],
};

/**
 * The key of a request. Only what was proven counts: a key that nobody has accepted can be made up anew for each request, and
 * would bring a fresh quota every time.
 */
export function keyOf(by: By, rows: FactBatch, row: number): AccountKey {
  if (by === 'plan') return { dimension: 'plan', hi: 0, lo: 0 };
  if (rows.authOutcome[row] === AUTH_OUTCOME.accepted || (rows.flags[row] & FLAG.AUTHENTICATED) !== 0) {
    for (const dimension of ORDER[by]) {
      const hi = rows[`${dimension}Hi`][row];
      const lo = rows[`${dimension}Lo`][row];
      if (hi !== 0 || lo !== 0) return { dimension, hi, lo };
    }
  }
  return { dimension: 'address', hi: rows.ipHi[row], lo: rows.ipLo[row] };
}

/** Rules that count different things apart never share an account, even where both have to make do with the same key. */
export const accountId = (plan: string, by: By, { dimension, hi, lo }: AccountKey): string =>
  `${plan}/${by}/${dimension}:${hi}:${lo}`;

const MAX_LABEL = 40;

/** How operators see a key: the pseudonym that stands in reports for credentials, a keyed hash for everything else. */
export function labelOf(key: AccountKey, rows: FactBatch, row: number, seed: number): string {
  if (key.dimension === 'plan') return 'all';
  if (key.dimension === 'credential' && rows.credentialLength[row] > 0) {
    return textOf(rows, row, 'credential').slice(0, MAX_LABEL);
  }
  if (key.dimension !== 'address') return `${key.dimension}-${hex(key.hi)}${hex(key.lo)}`;
  // Lanes of an address are the address itself.
  const hashed = hashString(`${key.hi}:${key.lo}`, seed);
  return `address-${hex(hashed.hi)}${hex(hashed.lo)}`;
}

const LOW = 0x1fffff;

/**
 * Tells exchanges under way apart: the same for a request and its answer, whatever was found out in between. Those of equal
 * numbers are alike in everything that counts.
 */
export function exchangeNumber(rows: FactBatch, row: number): number {
  const time = rows.timeMs[row];
  combine(rows.ipHi[row], rows.ipLo[row], Math.floor(time / 2 ** 32), time | 0);
  combine(lanes.hi, lanes.lo, rows.credentialHi[row], rows.credentialLo[row]);
  combine(lanes.hi, lanes.lo, rows.pathHi[row], rows.pathLo[row]);
  combine(lanes.hi, lanes.lo, rows.agentHi[row], rows.sessionLo[row] ^ rows.tenantLo[row]);
  return (lanes.hi >>> 0) * (LOW + 1) + (lanes.lo & LOW);
}

const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
