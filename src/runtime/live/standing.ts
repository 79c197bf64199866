/**
 * What still counts when nothing is scored any more: who was stopped stays stopped. It looks at what stands about the request's
 * own key, session, user and address, and at nothing else. What stands about crowds needs the request to be judged, so it rests.
 */
import { SHARED_PRINCIPALS } from '../../engine/decide.ts';
import type { Engine } from '../../engine/engine.ts';
import type { ActorDimension } from '../../engine/keys.ts';
import { BOT_STATUS, type FactBatch, FLAG } from '../../enrich/facts.ts';
import type { ActorBook, LiveActor } from './actors.ts';

type Column = 'credential' | 'session' | 'principal' | 'ip';
const COLUMNS: readonly (Column & ActorDimension)[] = ['credential', 'session', 'principal', 'ip'];

/** Whoever of this request is stopped by a policy that is enforced, the harshest; null for nobody. */
export function stoppedActor(
  engine: Engine,
  actors: ActorBook,
  rows: FactBatch,
  row: number,
  nowMs: number,
): LiveActor | null {
  if ((rows.flags[row] & FLAG.ALLOWLISTED) !== 0 || rows.botStatus[row] === BOT_STATUS.verified) return null;
  let harshest: LiveActor | null = null;
  for (const dimension of COLUMNS) {
    const hi = rows[`${dimension}Hi`][row];
    const lo = rows[`${dimension}Lo`][row];
    if (hi === 0 && lo === 0) continue;
    const actor = actors.about(engine, dimension, hi, lo);
    const mitigation = actor?.mitigation;
    if (!actor || !mitigation || mitigation.mode !== 'enforce' || mitigation.untilSec * 1000 <= nowMs) continue;
    if (dimension === 'ip' && actor.users >= SHARED_PRINCIPALS) continue;
    if (mitigation.action > (harshest?.mitigation?.action ?? 0)) harshest = actor;
  }
  return harshest;
}
