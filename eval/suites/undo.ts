/**
 * Ten mistaken mitigations taken back through the operator's API: the same actor goes on with the same traffic and is left
 * alone for as long as the grace lasts, what was derived falls with it, and neither a different attack by the same actor
 * nor the same attack by somebody else gets through meanwhile.
 */
import { atLeast, atMost, exactly, type Figure, table } from '../../bench/lib/figures.ts';
import { GRACE_SEC } from '../../src/runtime/live/operate.ts';
import type { Mitigation, UndoReceipt } from '../../src/runtime/live/operator.ts';
import { type Acting, MISTAKES, type Mistake, type Step } from '../live/mistakes.ts';
import { openWorld, type World } from '../live/world.ts';

const SUITE = 'undo';
/** Requests after which a mistake that was not held is given up. */
const MOST_MISTAKES = 2500;
/** Requests until an attack must be held, and pause between them in ms. */
const MOST_ATTACK = 200;
const ATTACK_PAUSE_MS = 1000;
/** Requests of the same traffic after the undo, and again late in the grace, at most. */
const AGAIN = 400;
const MINUTE_MS = 60_000;
/** The grace is an hour. In minutes: how long each part goes on, when the second begins, and when all evidence has faded. */
const PART = 10;
const LATE = 40;
const OVER = 480;

interface Outcome {
  readonly mistake: Mistake;
  /** Requests until the first was held; −1 where none was. */
  readonly until: number;
  readonly undone: Mitigation | null;
  readonly receipt: UndoReceipt | null;
  /** Mitigations that still stood right after the undo. */
  readonly left: number;
  /** Requests held after it, of the same traffic and of who had only come with it. */
  readonly heldAgain: number;
  readonly derivedHeld: number;
  readonly differentUntil: number;
  readonly otherUntil: number;
  /** The same traffic, once the grace is over. */
  readonly afterUntil: number;
  /** The ledger verifies and has the entry that the receipt names. */
  readonly onRecord: boolean;
}

export async function undo(print: (text: string) => void): Promise<readonly Figure[]> {
  const outcomes: Outcome[] = [];
  const only = process.env.UNDO_ONLY;
  for (const [i, mistake] of MISTAKES.entries()) {
    if (only !== undefined && !only.split(',').includes(String(i + 1))) continue;
    const world = await openWorld(`undo-${i}`, mistake.settings);
    try {
      outcomes.push(await play(world, mistake));
    } finally {
      await world.close();
    }
  }
  print(tableOf(outcomes));
  print('');
  for (const { mistake, receipt } of outcomes) if (receipt !== null) print(`${mistake.name}: ${wordsOf(receipt)}`);
  return figuresOf(outcomes);
}

async function play(world: World, mistake: Mistake): Promise<Outcome> {
  const acting = await mistake.prepare(world);
  const until = await untilHeld(world, acting.mistake, acting.pauseMs, MOST_MISTAKES);
  const derivedBefore = acting.derived === undefined ? 0 : await heldOf(world, acting.derived, 100, 30);
  const standing = (await world.mitigations()).filter((m) => m.mode === 'enforce');
  // Of two of a kind the one that has reasons of its own: the other was derived from it.
  const undone =
    standing
      .filter((m) => m.actor.dimension === mistake.actor)
      .sort((a, b) => b.reasons.length - a.reasons.length)[0] ?? null;
  if (acting.derived !== undefined && (derivedBefore === 0 || standing.every((m) => m.derived_from === '')))
    throw new Error(`${mistake.name}: nobody was held along with somebody else`);
  if (undone === null) return { ...NOTHING, mistake, until };
  const receipt = await world.undo(undone.id, 'a mistake');
  const undoneMs = world.nowMs();
  const left = (await world.mitigations()).length;
  const again = await goOn(world, acting, 0);
  world.wait(undoneMs + LATE * MINUTE_MS - world.nowMs());
  const late = await goOn(world, acting, AGAIN);
  const differentUntil = await untilHeld(world, acting.different, ATTACK_PAUSE_MS, MOST_ATTACK);
  const otherUntil = await untilHeld(world, acting.other, acting.pauseMs, MOST_MISTAKES);
  const inGrace = world.nowMs() < undoneMs + GRACE_SEC * 1000;
  world.wait(Math.max(0, undoneMs + OVER * MINUTE_MS - world.nowMs()));
  const afterUntil = await untilHeld(world, (n) => acting.mistake(n + 3 * AGAIN), acting.pauseMs, MOST_MISTAKES);
  return {
    mistake,
    until,
    undone,
    receipt,
    left,
    heldAgain: again.held + late.held,
    derivedHeld: again.derived + late.derived,
    differentUntil: inGrace ? differentUntil : -1,
    otherUntil: inGrace ? otherUntil : -1,
    afterUntil,
    onRecord: await isOnRecord(world, receipt),
  };
}

const NOTHING: Omit<Outcome, 'mistake' | 'until'> = {
  undone: null,
  receipt: null,
  left: 0,
  heldAgain: 0,
  derivedHeld: 0,
  differentUntil: -1,
  otherUntil: -1,
  afterUntil: -1,
  onRecord: false,
};

/** The traffic goes on as before; so do those who were held only because of it. */
async function goOn(world: World, { mistake, pauseMs, derived }: Acting, from: number) {
  const requests = Math.min(AGAIN, Math.ceil((PART * MINUTE_MS) / pauseMs));
  const held = await heldOf(world, (i) => mistake(i + from), pauseMs, requests);
  return { held, derived: derived === undefined ? 0 : await heldOf(world, derived, 100, 30) };
}

async function heldOf(world: World, step: Step, pauseMs: number, n: number): Promise<number> {
  let held = 0;
  for (let i = 0; i < n; i++) {
    if ((await step(i)).held) held++;
    world.wait(pauseMs);
  }
  return held;
}

async function untilHeld(world: World, step: Step, pauseMs: number, most: number): Promise<number> {
  for (let i = 0; i < most; i++) {
    const { held } = await step(i);
    world.wait(pauseMs);
    if (held) return i;
  }
  return -1;
}

async function isOnRecord(world: World, receipt: UndoReceipt): Promise<boolean> {
  const { ledger } = world.house.live;
  const report = await ledger.verify();
  for await (const entry of ledger.entries(receipt.ledger, receipt.ledger))
    return report.ok && entry.kind === 'mitigation.undone' && entry.refs.includes(receipt.mitigation);
  return false;
}

function tableOf(outcomes: readonly Outcome[]): string {
  const requests = (n: number): string => (n < 0 ? 'never' : String(n));
  return table(
    ['mistake', 'actor', 'class', 'held after', 'lifted', 'held again', 'different', 'others', 'after grace'],
    outcomes.map((o) => [
      o.mistake.name,
      o.mistake.actor,
      o.undone === null ? '-' : `${o.undone.class}, ${o.undone.action}`,
      requests(o.until),
      o.receipt === null ? '-' : String(o.receipt.lifted.length),
      String(o.heldAgain + o.derivedHeld),
      `${o.mistake.differently} ${requests(o.differentUntil)}`,
      requests(o.otherUntil),
      requests(o.afterUntil),
    ]),
  );
}

function wordsOf(receipt: UndoReceipt): string {
  const { cleared, restarted, cannot_be_removed: rest, grace } = receipt;
  const list = (items: readonly string[]): string => items.join(', ') || 'nothing';
  const kept = rest.map((r) => `${r.what} (${r.share_percent} %)`);
  return (
    `cleared ${list(cleared)}; restarted ${list(restarted)}; cannot be removed ${list(kept)}; ` +
    `grace for ${list(grace.detectors)}; entry ${receipt.ledger}`
  );
}

function figuresOf(outcomes: readonly Outcome[]): Figure[] {
  const n = outcomes.length;
  const of = (metric: string, held: (o: Outcome) => boolean): Figure => {
    const failed = outcomes.filter((o) => !held(o)).map((o) => o.mistake.name);
    const note = failed.length > 0 ? `not: ${failed.join('; ')}` : undefined;
    return { suite: SUITE, metric, value: n - failed.length, target: atLeast(n), note };
  };
  const sum = (value: (o: Outcome) => number): number => outcomes.reduce((total, o) => total + value(o), 0);
  const slowest = Math.max(...outcomes.map((o) => o.differentUntil));
  return [
    of('mitigated', (o) => o.until >= 0 && o.undone !== null),
    { suite: SUITE, metric: 'held_within_grace', value: sum((o) => o.heldAgain), target: exactly(0) },
    { suite: SUITE, metric: 'derived_held_within_grace', value: sum((o) => o.derivedHeld), target: exactly(0) },
    { suite: SUITE, metric: 'mitigations_left', value: sum((o) => o.left), target: exactly(0) },
    of('different_attack_caught', (o) => o.differentUntil >= 0),
    { suite: SUITE, metric: 'different_attack_requests_most', value: slowest, target: atMost(MOST_ATTACK) },
    of('same_attack_by_others_caught', (o) => o.otherUntil >= 0),
    of('caught_after_grace', (o) => o.afterUntil >= 0),
    of(
      'receipt_complete',
      ({ receipt }) => receipt !== null && receipt.cleared.length > 0 && receipt.grace.detectors.length > 0,
    ),
    of('on_record', (o) => o.onRecord),
  ];
}
