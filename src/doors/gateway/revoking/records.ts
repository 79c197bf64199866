/** Revocations as they stand in the ledger: what is in force, who wanted it, who was told. */
import type { Change, Target, Terms } from '../../../identity/revocation/list.ts';
import type { OthersTold, StandingRevocation } from '../../../identity/revocation/port.ts';
import type { JsonObject } from '../../../record/ledger/canonical.ts';
import type { NewEntry, Standing } from '../../../record/ledger/port.ts';

/** Who does something, and why. */
export interface Act {
  readonly by: string;
  readonly reason: string;
  readonly mitigation: string;
  /** Streams that are told of it. */
  readonly streams?: readonly string[];
}

export const EVENT: Act = { by: 'signals', reason: 'a security event', mitigation: '' };
export const NOBODY_TOLD: OthersTold = { issuers: [], streams: [] };

export interface Kept extends StandingRevocation {
  readonly terms: Terms;
}

export const whoOf = ({ by, reason, mitigation }: Act): Act => ({ by, reason, mitigation });

/** Who is told now, and who was told when it was revoked before. */
export function toldBy({ streams = [] }: Act, before: Kept | undefined): OthersTold {
  const { issuers, streams: earlier } = before?.told ?? NOBODY_TOLD;
  return { issuers, streams: [...new Set([...earlier, ...streams])] };
}

interface Entry extends Act {
  readonly timeMs: number;
  /** Keyed hash of the target. */
  readonly credential: string;
  readonly told: OthersTold;
}

/** The entry of one change. */
export function entryOf(change: Change, entry: Entry): NewEntry<'key.revoked'> | NewEntry<'key.restored'> {
  const { timeMs, by, reason, mitigation, credential, told } = entry;
  const about = { timeMs, by, reason, ...(mitigation !== '' && { refs: [mitigation] }) };
  // Whoever was told stands with it: that does not come back with the rest.
  const data = {
    credential,
    ...(told.issuers.length > 0 && { told_issuers: [...told.issuers] }),
    ...(told.streams.length > 0 && { told_streams: [...told.streams] }),
  };
  if (change.do === 'allow') return { ...about, kind: 'key.restored', data };
  const { target, terms } = change;
  const { untilMs, by: side, issuedUntilMs = 0 } = terms;
  const personal: JsonObject = { target: { ...target }, issued_until_ms: issuedUntilMs };
  const end = untilMs === 0 ? {} : { until_ms: untilMs };
  return {
    ...about,
    kind: 'key.revoked',
    subject: { dimension: target.kind, key: target.id },
    data: { ...data, ...end, side, mitigation, personal },
  };
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((text): text is string => typeof text === 'string') : [];

/** What an entry of the ledger has in force; null where its subject was erased, or it is none of ours. */
export function keptOf({ data, untilMs, timeMs, by, reason }: Standing): Kept | null {
  const { target, issued_until_ms: issued } = (data.personal ?? {}) as { target?: Target; issued_until_ms?: number };
  if (typeof target !== 'object' || typeof target?.id !== 'string') return null;
  const end = Number.isFinite(untilMs) ? untilMs : 0;
  const side = data.side === 'others' ? 'others' : 'us';
  return {
    target,
    terms: { untilMs: end, by: side, ...(issued ? { issuedUntilMs: issued } : {}) },
    untilMs: end,
    sinceMs: timeMs,
    by,
    reason,
    mitigation: typeof data.mitigation === 'string' ? data.mitigation : '',
    told: { issuers: texts(data.told_issuers), streams: texts(data.told_streams) },
  };
}
