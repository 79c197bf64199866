/**
 * Which requests would have met an action. Where the system tells it of each request, that is it. Else its decisions are read: one
 * holds after its moment and for its time to live, until a later one about the same actor replaces it, and a request meets the
 * strongest action in force on any of its actors: its address, the networks around it, its session, user, key and agent.
 */

import type { Decision, Held } from './actions.ts';
import type { ActorIndex } from './actors.ts';
import type { Decisions } from './said.ts';
import type { TruthColumns } from './truth.ts';

/** What a system did: for each row the rank of the strongest action that the request would have met. */
export interface Verdicts {
  readonly name: string;
  readonly level: Uint8Array;
}

/** Ranks by row of what the system said: of each request where it did, else of its decisions. */
export function levelsOf(truth: TruthColumns, index: ActorIndex, { list, held }: Decisions): Uint8Array {
  return held === null ? holdLevels(truth, index, list) : toldLevels(truth, index, held);
}

/** Ranks of requests that were told one by one: known by their address and by when they began, as the log has it. */
export function toldLevels(truth: TruthColumns, index: ActorIndex, held: readonly Held[]): Uint8Array {
  const ranks = new Map<number, Map<number, number>>();
  for (const { address, timeMs, rank } of held) {
    const id = index.resolve({ dimension: 'ip', key: address });
    if (id < 0) continue;
    const own = ranks.get(id) ?? new Map<number, number>();
    ranks.set(id, own.set(timeMs, Math.max(rank, own.get(timeMs) ?? 0)));
  }
  const level = new Uint8Array(truth.rows);
  const slots = index.slots.filter((slot) => slot.column === 'address');
  for (let row = 0; row < truth.rows; row++)
    for (const slot of slots) {
      const rank = ranks.get(slot.of[truth.address[row]])?.get(truth.loggedMs[row]) ?? 0;
      if (rank > level[row]) level[row] = rank;
    }
  return level;
}

/** Ranks a row by row, in one pass over the truth. `decisions` must be in order of time. */
export function holdLevels(truth: TruthColumns, index: ActorIndex, decisions: readonly Decision[]): Uint8Array {
  const holds = new Holds(index, decisions);
  const level = new Uint8Array(truth.rows);
  const columns = index.slots.map((slot) => truth[slot.column]);
  const members = index.slots.map((slot) => slot.of);
  const { timeMs } = truth;
  for (let row = 0; row < truth.rows; row++) {
    let most = 0;
    for (let s = 0; s < members.length; s++) {
      const id = members[s][columns[s][row]];
      if (id < 0 || !holds.has(id)) continue;
      const rank = holds.rankAt(id, timeMs[row]);
      if (rank > most) most = rank;
    }
    level[row] = most;
  }
  return level;
}

/** The decisions of each actor on its own line of time, with a cursor: asked in order of time, each is looked at once. */
class Holds {
  private readonly decisions: readonly Decision[];
  /** First decision of an actor, and of each decision the next of the same actor; −1 for none. */
  private readonly pending: Int32Array;
  private readonly following: Int32Array;
  private readonly concerned: Uint8Array;
  private readonly rank: Uint8Array;
  private readonly until: Float64Array;

  constructor(index: ActorIndex, decisions: readonly Decision[]) {
    // Resolving may add actors, so it comes before anything is sized by them.
    const ids = decisions.map((d) => index.resolve(d.actor, { atMs: d.timeMs }));
    const actors = index.actors.length;
    this.decisions = decisions;
    this.pending = new Int32Array(actors).fill(-1);
    this.following = new Int32Array(decisions.length).fill(-1);
    this.concerned = new Uint8Array(actors);
    this.rank = new Uint8Array(actors);
    this.until = new Float64Array(actors);
    for (let i = decisions.length - 1; i >= 0; i--) {
      const id = ids[i];
      if (id < 0) continue;
      this.following[i] = this.pending[id];
      this.pending[id] = i;
      this.concerned[id] = 1;
    }
  }

  has(id: number): boolean {
    return this.concerned[id] === 1;
  }

  rankAt(id: number, ms: number): number {
    let next = this.pending[id];
    // The request at the very moment of a decision is the one that it was made from: it was served.
    while (next >= 0 && this.decisions[next].timeMs < ms) {
      const decision = this.decisions[next];
      this.rank[id] = decision.rank;
      this.until[id] = decision.timeMs + decision.ttlMs;
      next = this.following[next];
    }
    this.pending[id] = next;
    return ms >= this.until[id] ? 0 : this.rank[id];
  }
}
