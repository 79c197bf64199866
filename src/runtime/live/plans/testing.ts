/** Requests and answers for tests of usage plans. Not part of the package. */
import { type Config, configSchema } from '../../../config/schema.ts';
import { createBatch, type FactBatch } from '../../../enrich/facts.ts';
import { AUTH_OUTCOME } from '../../../enrich/kinds.ts';
import { setOutcome } from '../../../enrich/outcome.ts';
import { rawFrom, TEST_TIME, testEnricher } from '../../../enrich/testing.ts';
import type { LimitState } from '../verdict.ts';
import { PlanBook } from './plan-book.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday at noon, UTC. */
export const NOON = TEST_TIME + 12 * HOUR;

export interface Caller {
  readonly credential?: string;
  readonly principal?: string;
  readonly partner?: number;
  readonly address?: string;
  /** Place of the plan + 1; 1 when left out. */
  readonly plan?: number;
  readonly cost?: number;
  readonly target?: string;
  readonly method?: string;
  /** Nobody has accepted what it presents. */
  readonly stranger?: boolean;
}

export const configOf = (plans: readonly object[], more: object = {}): Config => configSchema.parse({ plans, ...more });

export const bookOf = (...plans: object[]): PlanBook => new PlanBook(configOf(plans), 7);

const enricher = testEnricher();

/** The row of a request that comes at a time. */
export function rowOf(caller: Caller, nowMs: number): FactBatch {
  const { credential = '', principal = '', address = '192.0.2.1', target = '/', method = 'GET' } = caller;
  const raw = rawFrom({
    credential,
    principal,
    address,
    target,
    method,
    timeMs: nowMs,
    timeMeaning: 'start',
    status: 0,
  });
  const rows = createBatch(1, raw.buf);
  enricher.row(raw, rows, 0, 0, 1);
  rows.plan[0] = caller.plan ?? 1;
  rows.cost[0] = caller.cost ?? 0;
  rows.partnerLo[0] = caller.partner ?? 0;
  rows.bytes[0] = -1;
  rows.authOutcome[0] = caller.stranger ? AUTH_OUTCOME.unknown : AUTH_OUTCOME.accepted;
  return rows;
}

export function answer(book: PlanBook, rows: FactBatch, nowMs: number, bytes = 0, admitted = true): void {
  setOutcome(rows, 0, { status: 200, bytes, durationMs: 5, claimed: true, admitted });
  book.settle(rows, 0, nowMs, admitted);
}

/** A request and, where it is let through, its answer. */
export function exchange(book: PlanBook, caller: Caller, nowMs: number, bytes = 0): LimitState | null {
  const rows = rowOf(caller, nowMs);
  const state = book.admit(rows, 0, nowMs);
  answer(book, rows, nowMs, bytes, !state?.exceeded);
  return state;
}
