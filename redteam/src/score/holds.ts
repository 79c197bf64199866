/**
 * Which requests would have met an action. A decision holds after its moment and for its time to live, until a later
 * decision about the same actor replaces it. A request meets the strongest action in force on any of its actors: its
 * address, the networks around it, its session, user, key and agent.
 *
 * Two readings: `written` takes the time to live as it is printed. `renewed` starts it anew with every request of the actor
 * that comes while it holds: where the two differ much, decisions run out while the attack goes on.
 */

import type { Decision } from './actions.ts';
import type { ActorIndex } from './actors.ts';
import type { TruthColumns } from './truth.ts';

/** What a system did: for each row the rank of the strongest action that the request would have met. */
export interface Verdicts {
  readonly name: string;
  readonly level: Uint8Array;
}

export type Reading = 'written' | 'renewed';

/** Ranks a row by row, in one pass over the truth. `decisions` must be in order of time. */
export function holdLevels(
  truth: TruthColumns,
  index: ActorIndex,
  decisions: readonly Decision[],
  reading: Reading,
): Uint8Array {
  const holds = new Holds(index, decisions, reading === 'renewed');
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
  private readonly renew: boolean;
  private readonly decisions: readonly Decision[];
  /** First decision of an actor, and of each decision the next of the same actor; −1 for none. */
  private readonly pending: Int32Array;
  private readonly following: Int32Array;
  private readonly concerned: Uint8Array;
  private readonly rank: Uint8Array;
  private readonly until: Float64Array;
  private readonly ttl: Float64Array;

  constructor(index: ActorIndex, decisions: readonly Decision[], renew: boolean) {
    // Resolving may add actors, so it comes before anything is sized by them.
    const ids = decisions.map((d) => index.resolve(d.actor, { atMs: d.timeMs }));
    const actors = index.actors.length;
    this.renew = renew;
    this.decisions = decisions;
    this.pending = new Int32Array(actors).fill(-1);
    this.following = new Int32Array(decisions.length).fill(-1);
    this.concerned = new Uint8Array(actors);
    this.rank = new Uint8Array(actors);
    this.until = new Float64Array(actors);
    this.ttl = new Float64Array(actors);
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
      this.ttl[id] = decision.ttlMs;
      this.until[id] = decision.timeMs + decision.ttlMs;
      next = this.following[next];
    }
    this.pending[id] = next;
    if (ms >= this.until[id]) return 0;
    if (this.renew) this.until[id] = ms + this.ttl[id];
    return this.rank[id];
  }
}
