/**
 * The current state as a pure fold of the entries: which mode, policy and model are in force, which mitigations and graces
 * stand, which keys are revoked, which labels were set. Personal fields stay sealed in it, so that a snapshot of the state
 * forgets with the ledger.
 *
 * It depends on nothing but the entries: folding all of them, or a snapshot and the rest, gives the same.
 */
import { canonical, type JsonObject, type JsonValue } from './canonical.ts';
import { hashOf, itemsOf, NO_HASH, type SealedSubject, type StoredEntry } from './entry.ts';
import type { RawEntry } from './store.ts';

/** Of each kind that stands: beyond it the oldest goes. */
export const MAX_STANDING = 20_000;
/** The same in characters of JSON. */
export const MAX_STANDING_CHARS = 32 * 1024 * 1024;
/** What is left where something had to go. */
const KEPT_SHARE = 0.95;
/** What has ended is swept out after so many entries, or after as many as things stand: it looks at all of them. */
const SWEEP_EVERY = 256;
/** Standing things in one part of a snapshot: what is written between two turns of the event loop. */
const ITEMS_A_PART = 500;
const SNAPSHOT_VERSION = 1;

const IN_FORCE = {
  'mode.changed': 'mode',
  'policy.in-force': 'policy',
  'model.in-force': 'model',
  'config.loaded': 'config',
} as const;
type InForceName = (typeof IN_FORCE)[keyof typeof IN_FORCE];

const STANDING = ['mitigations', 'graces', 'revoked', 'labels'] as const;
type StandingName = (typeof STANDING)[number];

export interface FoldedFact {
  readonly seq: number;
  readonly time_ms: number;
  readonly by: string;
  readonly reason: string;
  readonly data: JsonObject;
}

export interface FoldedStanding extends FoldedFact {
  readonly id: string;
  /** null: without an end. */
  readonly until_ms: number | null;
  readonly subject: SealedSubject | null;
  /** Characters of JSON it is counted with. */
  readonly size: number;
}

export interface FoldState {
  seq: number;
  hash: string;
  /** Of the last entry. */
  timeMs: number;
  /** Entry at which what has ended is swept out. */
  sweepAt: number;
  inForce: Partial<Record<InForceName, FoldedFact>>;
  standing: Record<StandingName, Map<string, FoldedStanding>>;
  /** Characters of each map. */
  chars: Record<StandingName, number>;
  dropped: number;
}

/** The state before the first entry. */
export function emptyState(): FoldState {
  return {
    seq: 0,
    hash: NO_HASH,
    timeMs: 0,
    sweepAt: SWEEP_EVERY,
    inForce: {},
    standing: { mitigations: new Map(), graces: new Map(), revoked: new Map(), labels: new Map() },
    chars: { mitigations: 0, graces: 0, revoked: 0, labels: 0 },
    dropped: 0,
  };
}

/** A copy that further entries do not change. What stands in it is immutable and shared. */
export function copyState(state: FoldState): FoldState {
  const { mitigations, graces, revoked, labels } = state.standing;
  return {
    ...state,
    inForce: { ...state.inForce },
    standing: {
      mitigations: new Map(mitigations),
      graces: new Map(graces),
      revoked: new Map(revoked),
      labels: new Map(labels),
    },
    chars: { ...state.chars },
  };
}

/** The state after some more entries; the given one stays as it is. */
export function fold(state: FoldState, entries: Iterable<{ raw: RawEntry; entry: StoredEntry }>): FoldState {
  const next = copyState(state);
  for (const { raw, entry } of entries) applyEntry(next, raw, entry);
  return next;
}

/** Applies one entry in place. Kinds it does not know change nothing but the head. */
export function applyEntry(state: FoldState, raw: RawEntry, entry: StoredEntry): void {
  const name = IN_FORCE[entry.kind as keyof typeof IN_FORCE];
  if (name !== undefined) state.inForce[name] = factOf(entry);
  else applyStanding(state, raw.body.length, entry);
  state.seq = raw.seq;
  state.hash = raw.hash;
  state.timeMs = entry.time_ms;
  if (raw.seq >= state.sweepAt) sweep(state);
}

function applyStanding(state: FoldState, size: number, entry: StoredEntry): void {
  const { data, kind, subject } = entry;
  if (kind === 'mitigation.batch') applyBatch(state, size, entry);
  else if (kind === 'mitigation.undone') {
    for (const id of Array.isArray(data.ids) ? data.ids : []) remove(state, 'mitigations', id);
  } else if (kind.startsWith('mitigation.')) {
    applyMitigation(state, kind.slice('mitigation.'.length), entry, { data, subject, size });
  } else if (kind === 'grace.granted') put(state, 'graces', standingOf(data.id, entry, { data, subject, size }));
  else if (kind === 'key.revoked') put(state, 'revoked', standingOf(data.credential, entry, { data, subject, size }));
  else if (kind === 'key.restored') remove(state, 'revoked', data.credential);
  else if (kind === 'label.set' && data.label === null) remove(state, 'labels', data.target);
  else if (kind === 'label.set') put(state, 'labels', standingOf(data.target, entry, { data, subject, size }));
}

function applyBatch(state: FoldState, size: number, entry: StoredEntry): void {
  const items = itemsOf(entry.data);
  const share = Math.ceil(size / Math.max(1, items.length));
  for (const { op, subject, ...data } of items) {
    applyMitigation(state, op, entry, { data, subject: subject as SealedSubject | undefined, size: share });
  }
}

/** What an entry, or one item of it, says about one thing. */
interface Said {
  readonly data: JsonObject;
  readonly subject: SealedSubject | undefined;
  readonly size: number;
}

function applyMitigation(state: FoldState, op: string, entry: StoredEntry, said: Said): void {
  const { id } = said.data;
  const known = state.standing.mitigations.get(String(id));
  if (op === 'ended') remove(state, 'mitigations', id);
  else if (op === 'started') put(state, 'mitigations', standingOf(id, entry, said));
  else if (op === 'renewed' && known) {
    // Who it is about and when it began stay what they were.
    const until_ms = untilOf(said.data) ?? known.until_ms;
    put(state, 'mitigations', { ...known, data: { ...known.data, ...said.data }, until_ms });
  }
}

const factOf = ({ seq, time_ms, by, reason, data }: StoredEntry): FoldedFact => ({ seq, time_ms, by, reason, data });

function untilOf(data: JsonObject): number | null {
  return typeof data.until_ms === 'number' ? data.until_ms : null;
}

function standingOf(id: JsonValue | undefined, entry: StoredEntry, { data, subject, size }: Said): FoldedStanding {
  return { ...factOf(entry), data, id: String(id), until_ms: untilOf(data), subject: subject ?? null, size };
}

function put(state: FoldState, name: StandingName, item: FoldedStanding): void {
  const map = state.standing[name];
  // What is renewed moves to the end: the oldest, which goes first, is the one that was not touched for longest.
  remove(state, name, item.id);
  map.set(item.id, item);
  state.chars[name] += item.size;
  if (map.size > MAX_STANDING || state.chars[name] > MAX_STANDING_CHARS) dropOldest(state, name);
}

/** Many at once: to find the oldest of a map that others were just taken from takes long. */
function dropOldest(state: FoldState, name: StandingName): void {
  const map = state.standing[name];
  for (const id of map.keys()) {
    const fits = map.size <= MAX_STANDING * KEPT_SHARE && state.chars[name] <= MAX_STANDING_CHARS * KEPT_SHARE;
    if (fits || map.size === 1) return;
    remove(state, name, id);
    state.dropped++;
  }
}

function remove(state: FoldState, name: StandingName, id: JsonValue | undefined): void {
  const map = state.standing[name];
  const known = map.get(String(id));
  if (known === undefined) return;
  map.delete(known.id);
  state.chars[name] -= known.size;
}

function sweep(state: FoldState): void {
  let left = 0;
  for (const name of STANDING) {
    const map = state.standing[name];
    for (const { id, until_ms } of map.values()) {
      if (until_ms !== null && until_ms <= state.timeMs) remove(state, name, id);
    }
    left += map.size;
  }
  state.sweepAt = state.seq + Math.max(SWEEP_EVERY, left);
}

/**
 * The parts of a snapshot, as texts: first what is in force, then what stands, {@link ITEMS_A_PART} at a time. Give it a
 * copy where the state goes on while the parts are taken.
 */
export function* snapshotParts(state: FoldState): Generator<string> {
  const { seq, hash, timeMs, sweepAt, inForce, dropped } = state;
  const in_force = inForce as JsonObject;
  yield canonical({ version: SNAPSHOT_VERSION, seq, hash, time_ms: timeMs, sweep_at: sweepAt, in_force, dropped });
  for (const name of STANDING) {
    let items: JsonObject[] = [];
    for (const item of state.standing[name].values()) {
      items.push({ ...item });
      if (items.length === ITEMS_A_PART) {
        yield canonical({ name, items });
        items = [];
      }
    }
    if (items.length > 0) yield canonical({ name, items });
  }
}

/** The digest that the entry `snapshot.made` vouches for. */
export const snapshotDigest = (parts: readonly string[]): string => hashOf(parts.map(hashOf).join(''));

/** The state of a snapshot; null where it is damaged or of another version. */
export function stateOf(parts: readonly string[]): FoldState | null {
  try {
    const [first, ...rest] = parts.map((part) => JSON.parse(part));
    if (first.version !== SNAPSHOT_VERSION) return null;
    const state = emptyState();
    Object.assign(state, {
      seq: first.seq,
      hash: first.hash,
      timeMs: first.time_ms,
      sweepAt: first.sweep_at,
      inForce: first.in_force,
      dropped: first.dropped,
    });
    for (const { name, items } of rest as { name: StandingName; items: FoldedStanding[] }[]) {
      for (const item of items) {
        state.standing[name].set(item.id, item);
        state.chars[name] += item.size;
      }
    }
    return state;
  } catch {
    return null;
  }
}
