/** What stood when the last run ended, by the ledger, stands again: mitigations under their own ids, and graces. */
import type { ImposeOrder, KeyRef, UndoOrder } from '../../engine/control.ts';
import { CLASSES } from '../../engine/detector.ts';
import type { ActorDimension } from '../../engine/keys.ts';
import { ACTION, type ActionName } from '../../engine/policy.ts';
import { MILLINATS } from '../../lib/fixed.ts';
import type { Ledger, Standing } from '../../record/ledger/port.ts';
import type { LiveActor, LiveMitigation } from './actors.ts';
import type { Operator } from './operate.ts';
import type { LiveRuntime } from './runtime.ts';
import type { Mode } from './verdict.ts';

/** Nothing is imposed for longer than this, in ms, whatever an entry says. */
const LONGEST_MS = 86_400_000;

/** Imposes what stands at `nowMs`, and shows it to operators as what it was before. */
export async function reinstate(
  runtime: LiveRuntime,
  operator: Operator,
  ledger: Ledger,
  nowMs: number,
): Promise<void> {
  const state = await ledger.state(nowMs);
  for (const grace of state.graces.values()) regrant(runtime, grace, nowMs);
  const taken = new Set<string>();
  // Where several stand about one actor, the one that was renewed last is its own.
  for (const standing of [...state.mitigations.values()].reverse()) {
    // What was erased, or cannot be opened, names nobody any more.
    const lanes = lanesOf(personalOf(standing).lanes);
    if (standing.data.mode === 'shadow' || lanes === null || standing.subject === null) continue;
    const ref = { dimension: standing.subject.dimension as ActorDimension, ...lanes };
    const who = `${ref.dimension} ${ref.hi} ${ref.lo}`;
    if (taken.has(who)) operator.records.superseded(standing.id);
    else impose(runtime, operator, standing, ref, nowMs);
    taken.add(who);
  }
}

/** Nothing is known of anybody yet, so that of an undo only the grace has an effect. */
function regrant(runtime: LiveRuntime, standing: Standing, timeMs: number): void {
  const { id, data, untilMs } = standing;
  const { actors } = personalOf(standing);
  if (!Array.isArray(actors) || !Array.isArray(data.detectors)) return;
  const order: UndoOrder = {
    actors: actors.flatMap(({ dimension, lanes }: { dimension: ActorDimension; lanes: unknown }) => {
      const pair = lanesOf(lanes);
      return pair === null ? [] : [{ dimension, ...pair }];
    }),
    populations: [],
    detectors: data.detectors.map(String),
    untilSec: Math.floor(Math.min(untilMs, timeMs + LONGEST_MS) / 1000),
    events: Number(data.requests ?? 0),
  };
  if (order.actors.length > 0) runtime.control({ control: 'undo', timeMs, ref: id, data: order });
}

function impose(runtime: LiveRuntime, operator: Operator, standing: Standing, actor: KeyRef, timeMs: number): void {
  const { data, untilMs, subject } = standing;
  const order: ImposeOrder = {
    actor,
    action: ACTION[data.action as ActionName] ?? 0,
    classIndex: Math.max(0, CLASSES.indexOf(data.class as (typeof CLASSES)[number])),
    sinceSec: Math.floor(timeMs / 1000),
    untilSec: Math.ceil(Math.min(untilMs, timeMs + LONGEST_MS) / 1000),
  };
  const mitigation = mitigationOf(standing, order);
  const restored = runtime.parts.actors.restore(runtime.parts.engine, {
    ref: actor,
    actor: { dimension: actor.dimension, key: subject?.key ?? '' },
    reasons: reasonsOf(standing),
    mitigation,
  });
  if (restored === null) return;
  operator.restored(restored, mitigation, String(personalOf(standing).sentence ?? ''));
  runtime.control({ control: 'impose', timeMs, ref: standing.id, data: order });
}

const personalOf = ({ data }: Standing): Record<string, unknown> => (data.personal ?? {}) as Record<string, unknown>;

function lanesOf(value: unknown): { hi: number; lo: number } | null {
  return Array.isArray(value) ? { hi: Number(value[0]), lo: Number(value[1]) } : null;
}

function mitigationOf({ id, timeMs, data }: Standing, { action, classIndex, untilSec }: ImposeOrder): LiveMitigation {
  return {
    id,
    action,
    classIndex,
    enforced: true,
    untilSec,
    startedMs: timeMs,
    endedMs: 0,
    status: 'active',
    requestsBefore: 0,
    requestsMet: 0,
    undoneBy: '',
    policy: String(data.policy ?? ''),
    document: String(data.document ?? 'default'),
    mode: data.mode as Mode,
  };
}

/** What the entry says of the evidence: how much, not the words. */
function reasonsOf({ data, timeMs }: Standing): LiveActor['reasons'] {
  const reasons: LiveActor['reasons'] = new Map();
  const given = typeof data.detectors === 'object' && data.detectors !== null ? data.detectors : {};
  for (const [detector, nats] of Object.entries(given))
    reasons.set(detector, { millinats: Number(nats) * MILLINATS, why: 'stood before the restart', heldAt: timeMs });
  return reasons;
}
