/** What stood when the last run ended, by the ledger, stands again: mitigations under their own ids, and graces. */
import type { ImposeOrder, KeyRef, UndoOrder } from '../../engine/control.ts';
import { CLASSES } from '../../engine/detector.ts';
import { type ActorDimension, DIMENSIONS } from '../../engine/keys.ts';
import { ACTION, type ActionName } from '../../engine/policy.ts';
import { MILLINATS } from '../../lib/fixed.ts';
import type { Ledger, Standing } from '../../record/ledger/port.ts';
import type { StandingRecord } from '../../state/kept.ts';
import type { MemoryState } from '../../state/memory.ts';
import type { LiveActor, LiveMitigation } from './actors.ts';
import type { KeptFile } from './kept-file.ts';
import type { Operator } from './operate.ts';
import type { LiveRuntime } from './runtime.ts';
import type { Mode } from './verdict.ts';

/** Nothing is imposed for longer than this, in ms, whatever an entry says. */
const LONGEST_MS = 86_400_000;

/** Of the live parts what is needed here; `file.resumed` is null where nothing is known of anybody yet. */
interface Parts {
  readonly runtime: LiveRuntime;
  readonly operator: Operator;
  readonly state: Pick<MemoryState, 'standing'>;
  readonly file: Pick<KeptFile, 'resumed'>;
}

/**
 * Imposes what stands at `nowMs`, and shows it to operators as what it was before. Where the state of the run before is there,
 * it is brought in line: the ledger says what stands, and what was undone after that state was kept is undone in it, too.
 */
export async function reinstate(parts: Parts, ledger: Ledger, nowMs: number): Promise<void> {
  const { runtime, operator } = parts;
  const state = await ledger.state(nowMs);
  const known = standingRecords(parts, nowMs);
  const taken = new Set<string>();
  const impositions: (() => void)[] = [];
  // Where several stand about one actor, the one that was renewed last is its own.
  for (const standing of [...state.mitigations.values()].reverse()) {
    // What was erased, or cannot be opened, names nobody any more.
    const lanes = lanesOf(personalOf(standing).lanes);
    if (lanes === null || standing.subject === null) continue;
    const ref = { dimension: standing.subject.dimension as ActorDimension, ...lanes };
    const who = nameOf(ref);
    const before = known.get(who);
    known.delete(who);
    // What was only watched is not imposed: it stands on where the kept state says so.
    if (standing.data.mode === 'shadow' && before === undefined) continue;
    if (taken.has(who)) operator.records.superseded(standing.id);
    else impositions.push(() => impose(parts, standing, ref, nowMs, before));
    taken.add(who);
  }
  // Whoever is let go of loses its graces with its records: those come after.
  for (const { ref } of known.values()) letGo(runtime, ref, nowMs);
  for (const grace of state.graces.values()) regrant(parts, grace, nowMs);
  for (const one of impositions) one();
}

/** A record of the kept state about which something stands. */
interface Known {
  readonly ref: KeyRef;
  readonly record: StandingRecord;
}

function standingRecords({ runtime, state, file }: Parts, nowMs: number): Map<string, Known> {
  const known = new Map<string, Known>();
  if (file.resumed === null) return known;
  const { keys } = runtime.parts.engine.program;
  for (const record of state.standing(Math.floor(nowMs / 1000), ACTION.throttle)) {
    const key = keys[record.key];
    if (key.second >= 0) continue;
    const ref = { dimension: DIMENSIONS[key.first] as ActorDimension, hi: record.hi, lo: record.lo };
    known.set(nameOf(ref), { ref, record });
  }
  return known;
}

const nameOf = ({ dimension, hi, lo }: KeyRef): string => `${dimension} ${hi} ${lo}`;

/** The ledger does not know that anything stands about it: it was undone after the state was kept, or never acknowledged. */
function letGo(runtime: LiveRuntime, ref: KeyRef, timeMs: number): void {
  const untilSec = Math.floor(timeMs / 1000);
  const order: UndoOrder = { actors: [ref], populations: [], detectors: [], untilSec, events: 0 };
  runtime.control({ control: 'undo', timeMs, ref: nameOf(ref), data: order });
}

/** Of an undo that the kept state has seen, and of all where there is none, only the grace has an effect. */
function regrant({ runtime, file }: Parts, standing: Standing, timeMs: number): void {
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
    ...(file.resumed !== null && standing.timeMs <= file.resumed.savedMs && { recordsStay: true }),
  };
  if (order.actors.length > 0) runtime.control({ control: 'undo', timeMs, ref: id, data: order });
}

function impose(parts: Parts, standing: Standing, actor: KeyRef, timeMs: number, before: Known | undefined): void {
  const { runtime, operator } = parts;
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
  // Its record says so already, and more: how it was climbed to.
  const stands = before?.record.action === order.action && before.record.untilSec === order.untilSec;
  if (stands || data.mode === 'shadow') return;
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
    enforced: data.mode !== 'shadow',
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
