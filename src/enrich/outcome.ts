/**
 * A live exchange becomes known in two steps: what was asked, and later how it ended. The second step fills in a row that
 * {@link Enricher.row} has written; it leaves everything else as it is.
 */
import { hashBytes, lanes, mix32 } from '../lib/hash.ts';
import { type FactBatch, FLAG, ROUTE_CLASS } from './facts.ts';

const MAX_DURATION_MS = 2_147_483_647;

export interface RowOutcome {
  /** 0 where nobody was answered, or the answer was ours. */
  readonly status: number;
  /** −1 where unknown. */
  readonly bytes: number;
  readonly durationMs: number;
  /** The caller presented a principal or credential that counts once the application accepts it. */
  readonly claimed: boolean;
  /** False where we kept the request from the application. */
  readonly admitted: boolean;
}

/** Writes how an exchange ended. */
export function setOutcome(batch: FactBatch, row: number, outcome: RowOutcome): void {
  const status = outcome.admitted ? outcome.status : 0;
  batch.status[row] = status;
  batch.bytes[row] = outcome.admitted ? outcome.bytes : -1;
  batch.durationMs[row] = Math.min(MAX_DURATION_MS, Math.round(outcome.durationMs));
  let flags = batch.flags[row] & ~(FLAG.ASSUMED_DURATION | FLAG.AUTHENTICATED | FLAG.NOT_ADMITTED);
  const refused =
    status === 0 ||
    status === 401 ||
    status === 403 ||
    status === 407 ||
    (batch.routeClass[row] === ROUTE_CLASS.login && status >= 400);
  if (outcome.claimed && !refused) flags |= FLAG.AUTHENTICATED;
  if (!outcome.admitted) flags |= FLAG.NOT_ADMITTED;
  batch.flags[row] = flags;
  batch.order[row] = mix32(batch.order[row] ^ Math.imul(status + 1, 0x9e3779b1) ^ (outcome.bytes | 0)) | 0;
}

/** Names the user of an exchange, as the application told: `batch.text[at, at + length)`. */
export function setPrincipal(batch: FactBatch, row: number, at: number, length: number, seed: number): void {
  hashBytes(batch.text, at, at + length, seed);
  batch.principalHi[row] = lanes.hi;
  batch.principalLo[row] = lanes.lo;
  batch.principalAt[row] = at;
  batch.principalLength[row] = length;
}
