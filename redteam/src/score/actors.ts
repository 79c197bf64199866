/**
 * Which exchanges an actor stands for. The system under test names its actors as an operator would write them: an
 * address, a /24 or /64, a session, a user, a key with most of it hidden, a User-Agent. Here these become row numbers.
 */
import type { Actor } from './actions.ts';
import { addressDigits, parsePrefix, prefixOf } from './addresses.ts';
import { countBefore, RowLists, rowsOfText } from './rows.ts';
import type { Text, TruthColumns } from './truth.ts';

/** A text column, and for each of its values the actor that it belongs to (−1 for none). */
export interface Slot {
  readonly column: Text;
  readonly of: Int32Array;
}

/** What is known of an actor besides its key; tells apart keys that look the same once most of them is hidden. */
export interface Hint {
  /** When it was seen first. */
  readonly firstSeenMs?: number;
  /** A moment at which it had just done something. */
  readonly atMs?: number;
}

/** Dimensions of the system under test that name a value of a column. */
const COLUMNS: Readonly<Record<string, Text>> = {
  session: 'session',
  principal: 'principal',
  credential: 'credential',
  fingerprint: 'agent',
  agent: 'agent',
};

/** "key-lo… (17 characters)": a secret of which only the beginning and the length are shown. */
const HIDDEN = /^(.*)…(?: \((\d+) characters\))?$/s;

/** Resolves actors to ids, and knows for each row of the truth which of them it touches. */
export class ActorIndex {
  readonly slots: Slot[] = [];
  /** Actors that were resolved, by id. */
  readonly actors: Actor[] = [];
  private readonly truth: TruthColumns;
  private readonly asOf: ((address: string) => number) | undefined;
  private readonly slotOf = new Map<string, Slot>();
  private readonly valueMaps = new Map<string, Map<string, number[]>>();
  private readonly columnRows = new Map<Text, RowLists>();
  private readonly memo = new Map<string, readonly number[]>();

  /** @param asOf number of the autonomous system of an address, 0 for unknown; without it no such actor is resolved */
  constructor(truth: TruthColumns, asOf?: (address: string) => number) {
    this.truth = truth;
    this.asOf = asOf;
  }

  /** Id of an actor, or −1 where the truth knows no such one. The same actor has the same id. */
  resolve(actor: Actor, hint: Hint = {}): number {
    const memoKey = `${actor.dimension}\n${actor.key}`;
    let ids = this.memo.get(memoKey);
    if (!ids) {
      ids = this.candidates(actor);
      this.memo.set(memoKey, ids);
    }
    if (ids.length === 0) return -1;
    return ids.length === 1 ? ids[0] : this.likeliest(actor, ids, hint);
  }

  /** Rows of every actor resolved so far. */
  rows(): RowLists {
    const { truth, slots } = this;
    return new RowLists(this.actors.length, (visit) => {
      for (let row = 0; row < truth.rows; row++) {
        for (const slot of slots) {
          const id = slot.of[truth[slot.column][row]];
          if (id >= 0) visit(id, row);
        }
      }
    });
  }

  /** Ids of everybody whom this key may mean: several only where most of it is hidden. */
  private candidates(actor: Actor): readonly number[] {
    const column = COLUMNS[actor.dimension];
    if (column)
      return this.valuesOf(column, actor.key).map((value) => this.claim(`=${column}`, column, [value], actor));
    if (actor.dimension === 'ip' || actor.dimension === 'network') {
      const parsed = parsePrefix(actor.key);
      if (!parsed) return [];
      const name = `prefix ${parsed.family}/${parsed.bits}`;
      const values = this.grouped(name, (address) => {
        const digits = addressDigits(address);
        return digits?.family === parsed.family ? prefixOf(digits, parsed.bits) : '';
      }).get(parsed.prefix);
      return values ? [this.claim(name, 'address', values, actor)] : [];
    }
    if (actor.dimension === 'asn' && this.asOf) {
      const number = /\d+/.exec(actor.key)?.[0] ?? '';
      const values = this.grouped('asn', (address) => String(this.asOf?.(address) || ''));
      const members = values.get(number);
      return members ? [this.claim('asn', 'address', members, actor)] : [];
    }
    return [];
  }

  private valuesOf(column: Text, key: string): readonly number[] {
    const exact = this.grouped(`text ${column}`, (text) => text, column).get(key);
    if (exact) return exact;
    const hidden = HIDDEN.exec(key);
    if (!hidden) return [];
    const [, head, length] = hidden;
    const values: number[] = [];
    for (const [value, text] of this.truth.texts[column].entries()) {
      if (value > 0 && text.startsWith(head) && (length === undefined || text.length === Number(length))) {
        values.push(value);
      }
    }
    return values;
  }

  /** Values of a column by what `keyOf` makes of their text; '' is left out. */
  private grouped(name: string, keyOf: (text: string) => string, column: Text = 'address'): Map<string, number[]> {
    const known = this.valueMaps.get(name);
    if (known) return known;
    const groups = new Map<string, number[]>();
    for (const [value, text] of this.truth.texts[column].entries()) {
      const key = text === '' ? '' : keyOf(text);
      if (key === '') continue;
      const group = groups.get(key);
      if (group) group.push(value);
      else groups.set(key, [value]);
    }
    this.valueMaps.set(name, groups);
    return groups;
  }

  /** The actor that stands for these values in the slot of that name. */
  private claim(name: string, column: Text, values: readonly number[], actor: Actor): number {
    let slot = this.slotOf.get(name);
    if (!slot) {
      slot = { column, of: new Int32Array(this.truth.texts[column].length).fill(-1) };
      this.slotOf.set(name, slot);
      this.slots.push(slot);
    }
    if (slot.of[values[0]] >= 0) return slot.of[values[0]];
    const id = this.actors.push(actor) - 1;
    for (const value of values) slot.of[value] = id;
    return id;
  }

  /** Of actors whose keys look the same: who was seen first just then, or who acted last before then. */
  private likeliest(actor: Actor, ids: readonly number[], hint: Hint): number {
    const column = COLUMNS[actor.dimension];
    let rows = this.columnRows.get(column);
    if (!rows) {
      rows = rowsOfText(this.truth, column);
      this.columnRows.set(column, rows);
    }
    const values = this.valuesOf(column, actor.key);
    const { timeMs } = this.truth;
    let best = 0;
    let bestDistance = Number.POSITIVE_INFINITY;
    for (const [i, value] of values.entries()) {
      const own = rows.of(value);
      let distance = Number.POSITIVE_INFINITY;
      if (hint.firstSeenMs !== undefined) distance = Math.abs(timeMs[own[0]] - hint.firstSeenMs);
      else if (hint.atMs !== undefined) {
        const before = countBefore(own, timeMs, hint.atMs, true);
        if (before > 0) distance = hint.atMs - timeMs[own[before - 1]];
      }
      if (distance < bestDistance) [best, bestDistance] = [i, distance];
    }
    return ids[best];
  }
}
