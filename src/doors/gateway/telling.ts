/** Tells the owner of state how an exchange ended: the response event, and the business events that came with the answer. */
import type { AnswerInsight } from '../../inspect/contract.ts';
import type { InspectedRequest } from '../../inspect/inspection.ts';
import type { Outcome } from './contract.ts';
import type { Admitted } from './http/admit.ts';
import type { Rooms } from './rooms.ts';
import type { Slot } from './rows.ts';
import { loginOf, type Signal } from './signals.ts';

/** What an exchange has come to know by its end. */
export interface KnownAtEnd {
  readonly inbound: Admitted;
  readonly slot: Slot;
  readonly signal: Signal | null;
  /** It reached the application. */
  readonly admitted: boolean;
  /** Bits of FLAG that only the answer has shown. */
  readonly lateFlags: number;
  readonly insight: InspectedRequest | null;
  readonly told: AnswerInsight | null;
}

/** `goesOn`: it is told of early, and its end follows by {@link tellEnd}. */
export function tellOwner(rooms: Rooms, known: KnownAtEnd, outcome: Outcome, nowMs: number, goesOn: boolean): void {
  const { inbound, slot, signal, admitted, lateFlags, insight, told } = known;
  const { observer, gate } = rooms;
  observer.response(slot, inbound, outcome, signal, admitted, nowMs);
  if (lateFlags !== 0) observer.add(slot, { flags: lateFlags });
  if (told !== null) observer.add(slot, told.extras);
  gate.response(slot.batch, slot.row, nowMs, admitted, goesOn);
  if (!admitted) return;
  rooms.lessons.take(inbound.method, slot.batch, slot.row, insight?.check);
  const events = signal?.events ?? [];
  for (const event of events.concat(loginOf(slot, told, insight))) {
    const row = observer.business(slot, inbound, event, nowMs);
    if (row === null) continue;
    gate.business(row.batch, row.row, nowMs);
    rooms.pool.give(row);
  }
}

/** The end of an exchange that was told of early: its place among those under way, and what it has sent. */
export function tellEnd({ gate }: Rooms, { batch, row }: Slot, outcome: Outcome, nowMs: number): void {
  batch.bytes[row] = outcome.bytes;
  gate.lasts(batch, row, nowMs, true);
}

/** An answer that its route kept from leaving: the upstream has done nothing wrong. */
const WITHHELD = 'SP8001';

/** Was the upstream at fault? */
export const hasFailed = ({ ended, status, code }: Outcome): boolean =>
  ended === 'upstream' || ended === 'deadline' || (status >= 500 && code !== WITHHELD);

/** Of an exchange that has come to nothing, or not yet to its end. */
export const NOTHING: Outcome = {
  status: 0,
  bytes: -1,
  bodyBytes: 0,
  ended: '',
  code: '',
  server: '',
  retries: 0,
  firstByteMs: 0,
};
