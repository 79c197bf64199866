/**
 * What the engine does goes on record in batches: automatic mitigations are short-lived and many, and none of them waits
 * for the disk. A mitigation acts at once and is `pending` until its entry is durable.
 */

import type { UndoEffect, UndoOrder } from '../../engine/control.ts';
import { CLASSES } from '../../engine/detector.ts';
import { ACTIONS } from '../../engine/policy.ts';
import { SallyportError } from '../../lib/errors.ts';
import { MILLINATS } from '../../lib/fixed.ts';
import type { BatchItem } from '../../record/ledger/kinds.ts';
import type { Ledger, LedgerEntry, NewEntry } from '../../record/ledger/port.ts';
import type { LiveActor, LiveMitigation } from './actors.ts';

/** Items of one entry, and items that wait at most: beyond it the oldest renewals are left out. */
const ITEMS_PER_ENTRY = 400;
const MAX_WAITING = 20_000;
/** The disk is full, or too many entries wait: a matter of time. */
const LATER: ReadonlySet<string> = new Set(['SP4104', 'SP4105']);
/** Entries of undos that wait for the disk at most. */
const MAX_UNDONE = 1000;

/** An undo that has taken effect. */
interface Undone {
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly nowMs: number;
  readonly order: UndoOrder;
  readonly effect: UndoEffect;
  readonly lifted: readonly string[];
  /** Whose mitigation it was. */
  readonly target: LiveActor;
}

export class MitigationRecords {
  private readonly ledger: Ledger;
  private waiting: { item: BatchItem; mitigation: LiveMitigation | null }[] = [];
  private readonly undos: NewEntry[] = [];
  /** Items that could not be put on record: the ledger refused them, or too many waited. */
  lost = 0;
  private readonly onDurable: (mitigation: LiveMitigation) => void;

  constructor(ledger: Ledger, onDurable: (mitigation: LiveMitigation) => void) {
    this.ledger = ledger;
    this.onDurable = onDurable;
  }

  add(op: 'started' | 'renewed' | 'ended', actor: LiveActor, m: LiveMitigation, sentence: string): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.lost++;
      return;
    }
    const item: BatchItem =
      op === 'ended'
        ? { op, id: m.id }
        : {
            op,
            id: m.id,
            until_ms: m.untilSec * 1000,
            action: ACTIONS[m.action],
            class: CLASSES[m.classIndex],
            mode: m.mode,
            policy: m.policy,
            document: m.document,
            // How much was held against it, in nats: what an undo after a restart takes back.
            detectors: Object.fromEntries([...actor.reasons].map(([id, r]) => [id, r.millinats / MILLINATS])),
            subject: { dimension: actor.ref.dimension, key: actor.actor.key },
            personal: { sentence, lanes: [actor.ref.hi, actor.ref.lo] },
          };
    this.waiting.push({ item, mitigation: op === 'started' ? m : null });
  }

  /** Another mitigation stands in its place. */
  superseded(id: string): void {
    this.waiting.push({ item: { op: 'ended', id }, mitigation: null });
  }

  /**
   * Puts an undo and its grace on record; the sequence number of the undo's entry. Rejects where the ledger refuses it: as it has
   * taken effect, it is then put on record as soon as that is possible.
   */
  async undone(undo: Undone): Promise<number> {
    // What was lifted may still wait to be put on record: its beginning has to stand before its end.
    const recorded = this.flush(undo.nowMs);
    const entries: readonly NewEntry[] = [undoneEntry(undo), graceEntry(undo)];
    const [[undone]] = await Promise.all([Promise.all(entries.map((entry) => this.enter(entry))), recorded]);
    return undone.seq;
  }

  private async enter(entry: NewEntry): Promise<LedgerEntry> {
    try {
      return await this.ledger.append(entry);
    } catch (error) {
      if (isForLater(error) && this.undos.length < MAX_UNDONE) this.undos.push(entry);
      else this.lost++;
      throw error;
    }
  }

  /** Hands over what waits. Resolves when all of it is durable or refused. */
  async flush(nowMs: number): Promise<void> {
    const pending: Promise<void>[] = [];
    while (this.waiting.length > 0) {
      const part = this.waiting.splice(0, ITEMS_PER_ENTRY);
      pending.push(this.append(part, nowMs));
    }
    for (const entry of this.undos.splice(0)) pending.push(this.enter(entry).then(noted, noted));
    await Promise.all(pending);
  }

  private async append(part: MitigationRecords['waiting'], nowMs: number): Promise<void> {
    try {
      await this.ledger.append({
        timeMs: nowMs,
        kind: 'mitigation.batch',
        by: 'engine',
        reason: 'decided by the policies in force',
        data: { items: part.map((p) => p.item) },
      });
      for (const { mitigation } of part) if (mitigation?.status === 'pending') this.onDurable(mitigation);
    } catch (error) {
      this.refused(part, error);
    }
  }

  /** The mitigations stand all the same. What the disk refused is tried again; anything else is counted as lost. */
  private refused(part: MitigationRecords['waiting'], error: unknown): void {
    // What was taken back meanwhile has to stay so.
    const again = isForLater(error) ? part.filter(({ mitigation }) => mitigation?.status !== 'undone') : [];
    const room = Math.max(0, MAX_WAITING - this.waiting.length);
    this.waiting.unshift(...again.slice(0, room));
    this.lost += part.length - Math.min(again.length, room);
  }
}

const isForLater = (error: unknown): boolean => error instanceof SallyportError && LATER.has(error.code);

/** How it went is known to whoever asked first, and waits again where it has to. */
const noted = (): void => {};

const undoneEntry = ({ id, by, reason, nowMs, effect, lifted }: Undone): NewEntry<'mitigation.undone'> => ({
  timeMs: nowMs,
  kind: 'mitigation.undone',
  by,
  refs: [id],
  reason,
  data: { ids: [...lifted], cleared: [...effect.cleared], restarted: [...effect.restarted] },
});

const graceEntry = ({ id, by, nowMs, order, target }: Undone): NewEntry<'grace.granted'> => ({
  timeMs: nowMs,
  kind: 'grace.granted',
  by,
  subject: { dimension: target.ref.dimension, key: target.actor.key },
  refs: [id],
  reason: 'its mitigation was taken back',
  data: {
    id: `G-${id.slice(2)}`,
    until_ms: order.untilSec * 1000,
    detectors: [...order.detectors],
    requests: order.events,
    personal: { actors: order.actors.map(({ dimension, hi, lo }) => ({ dimension, lanes: [hi, lo] })) },
  },
});
