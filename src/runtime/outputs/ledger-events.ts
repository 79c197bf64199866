/** Entries of the ledger as events: what was done, by whom and why, without the fields that could name a person. */
import type { LedgerEntry } from '../../record/ledger/port.ts';
import { type SiemActor, type SiemEvent, short } from './event.ts';

/** Somebody has done something that changes what is acted on, or has looked at what is kept. */
const NOTABLE: ReadonlySet<string> = new Set([
  'mode.changed',
  'mitigation.undone',
  'grace.granted',
  'key.revoked',
  'key.restored',
  'capture.read',
  'subject.erased',
]);
/** Members of an entry that may hold personal fields, at any depth. */
const PERSONAL: ReadonlySet<string> = new Set(['personal', 'subject']);
const MAX_REFS = 10;

/** The event of one entry. */
export function ledgerEvent(entry: LedgerEntry, pseudonym: (dimension: string, key: string) => string): SiemEvent {
  const { seq, hash, kind, by, reason, refs, timeMs, subject } = entry;
  const id = `L-${seq}`;
  const why = reason === '' ? '' : `: ${reason}`;
  const actor = subject === null ? null : actorOf(subject, pseudonym);
  return {
    kind: 'ledger',
    uid: id,
    // The hash tells entries apart that two ledgers gave the same number.
    id: `${id}:${hash.slice(0, 16)}`,
    phase: 'create',
    timeMs,
    startMs: timeMs,
    title: kind,
    message: short(`${kind} by ${by || 'nobody'}${why}`),
    class: '',
    severity: NOTABLE.has(kind) ? 'low' : 'informational',
    risk: -1,
    actor,
    reasons: [],
    action: null,
    status: '',
    by: short(by, 200),
    method: '',
    route: '',
    host: '',
    related: short(refs[0] ?? '', 100),
    labels: {
      entry: kind,
      seq: String(seq),
      hash,
      ...(refs.length > 0 && { refs: short(refs.slice(0, MAX_REFS).join(' ')) }),
      data: short(JSON.stringify(entry.data, (key, value) => (PERSONAL.has(key) ? undefined : value))),
    },
  };
}

/** Who an entry is about is sealed in the ledger, so only a hash of it leaves. */
function actorOf(
  subject: NonNullable<LedgerEntry['subject']>,
  pseudonym: (dimension: string, key: string) => string,
): SiemActor {
  const { dimension, key } = subject;
  const hash = typeof key === 'string' ? pseudonym(dimension, key) : '';
  return { dimension, key: hash || 'erased', pseudonym: hash };
}
