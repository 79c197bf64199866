/** Taking a decision back: records to nothing, population sums anew, and a grace that is bounded in time and volume. */

import { combine, lanes } from '../lib/hash.ts';
import type { Condition } from './aggregates.ts';
import type { Batch } from './batch.ts';
import type { KeyRef, UndoEffect, UndoOrder } from './control.ts';
import { type ActorDimension, DIMENSIONS, isPopulation } from './keys.ts';
import { type Instance, type KeyProgram, OP, type Program } from './program.ts';
import type { StatePort } from './state.ts';

/** Graces at once; beyond it the oldest goes. */
export const MAX_GRACES = 1000;

const ALL = DIMENSIONS.indexOf('all');

/** Kinds that keep a sum which can start anew without harm to anything else; the others remember members. */
const SUMS: ReadonlySet<number> = new Set([OP.cusum, OP.sprt]);
const KIND_NAMES = Object.fromEntries(Object.entries(OP).map(([name, kind]) => [kind, name]));

interface Grace {
  readonly detectors: ReadonlySet<string>;
  readonly untilSec: number;
  /** A population's grace is about the population: whoever else uses the same software is judged as always. */
  readonly population: boolean;
  left: number;
}

/** Actors whose mitigation was taken back: the same evidence is not held against them again for a while. */
export class Graces {
  private readonly byActor = new Map<string, Grace>();
  /** Of the event in work. */
  private readonly present: Grace[] = [];
  private readonly used = new Set<Grace>();

  get size(): number {
    return this.byActor.size;
  }

  grant(actor: KeyRef, order: Pick<UndoOrder, 'detectors' | 'untilSec' | 'events'>): void {
    const key = graceKey(DIMENSIONS.indexOf(actor.dimension), actor.hi, actor.lo);
    // What was granted before for other detectors stays granted.
    const before = this.byActor.get(key)?.detectors ?? [];
    this.byActor.delete(key);
    this.byActor.set(key, {
      detectors: new Set([...before, ...order.detectors]),
      untilSec: order.untilSec,
      population: isPopulation(actor.dimension),
      left: order.events,
    });
    if (this.byActor.size > MAX_GRACES) this.byActor.delete(this.byActor.keys().next().value as string);
  }

  /** Looks up the graces that actors of this event have; false where none has one. */
  find(batch: Batch): boolean {
    this.present.length = 0;
    for (let i = 0; i < batch.presentCount; i++) {
      const k = batch.present[i];
      const key = batch.program.keys[k];
      if (key.second >= 0) continue;
      const id = graceKey(key.first, batch.hi[k], batch.lo[k]);
      const grace = this.byActor.get(id);
      if (grace === undefined) continue;
      if (grace.untilSec > batch.nowSec && grace.left > 0) this.present.push(grace);
      else this.byActor.delete(id);
    }
    return this.present.length > 0;
  }

  /** Is this detector's evidence about an actor of the event forgiven? */
  forgives(detector: string, actor: ActorDimension): boolean {
    for (const grace of this.present) {
      if (!grace.detectors.has(detector) || (grace.population && !isPopulation(actor))) continue;
      this.used.add(grace);
      return true;
    }
    return false;
  }

  /** The event is judged: what has forgiven something has one event less left. */
  spend(): void {
    for (const grace of this.used) grace.left--;
    this.used.clear();
  }
}

const graceKey = (dimension: number, hi: number, lo: number): string => `${dimension}:${hi}:${lo}`;

/**
 * Detectors that the same requests are evidence to, sorted: the given ones, and those of their class that count requests
 * under one of the same conditions, or under one that lies within it or around it. Who forgives failed logins to one of them has to forgive them to all: else the next
 * one says the same of the same requests a minute later.
 */
export function concernedBy(program: Program, detectors: readonly string[]): string[] {
  const concerned = new Set(detectors);
  for (const given of program.instances) {
    if (!detectors.includes(given.detector.id)) continue;
    const counted = conditionsOf(given);
    for (const other of program.instances)
      if (other.detector.class === given.detector.class && isAbout(program, conditionsOf(other), counted))
        concerned.add(other.detector.id);
  }
  return [...concerned].sort();
}

/** Is there a pair of conditions of which one holds wherever the other does? */
function isAbout(program: Program, some: readonly number[], others: readonly number[]): boolean {
  const holds = (narrow: number, wide: number): boolean => {
    const wanted = program.conditions[wide];
    for (let at: Condition | undefined = program.conditions[narrow]; at !== undefined; at = at.within)
      if (at.name === wanted.name) return true;
    return false;
  };
  return some.some((a) => others.some((b) => holds(a, b) || holds(b, a)));
}

/** Conditions under which the requests come that an instance reads about. */
function conditionsOf({ when, reads }: Instance): number[] {
  return [when, ...reads.flatMap(({ operation }) => [operation.when, operation.hit])].filter((c) => c >= 0);
}

/** Carries out what {@link UndoOrder} says about records. The grace is the engine's to grant. */
export function takeBack(order: UndoOrder, program: Program, state: StatePort): UndoEffect {
  const cleared = new Set<string>();
  const restarted = new Set<string>();
  const remaining: { what: string; permille: number }[] = [];
  const first = order.actors[0];
  const own = program.keys.findIndex((k) => k.second < 0 && k.first === DIMENSIONS.indexOf(first.dimension));
  const requests = own < 0 ? 0 : state.requests(own, first.hi, first.lo);
  for (const actor of order.actors) for (const name of clearActor(actor, program, state)) cleared.add(name);
  const read = program.instances.filter((i) => order.detectors.includes(i.detector.id));
  for (const population of order.populations) {
    const base = DIMENSIONS.indexOf(population.dimension);
    program.keys.forEach((key, k) => {
      if (key.second >= 0 || key.first !== base) return;
      const kinds = kindsRead(key, read);
      if (kinds.size === 0) return;
      if ([...kinds].some((kind) => SUMS.has(kind)) && state.restart(k, population.hi, population.lo))
        restarted.add(key.name);
      const all = state.requests(k, population.hi, population.lo);
      const permille = all <= 0 ? 0 : Math.min(1000, Math.round((requests * 1000) / all));
      for (const kind of kinds)
        if (!SUMS.has(kind)) remaining.push({ what: `${key.name} ${KIND_NAMES[kind]}`, permille });
    });
  }
  return { cleared: [...cleared], restarted: [...restarted], remaining };
}

/** Kinds of operations on this key that the instances read. */
function kindsRead(key: KeyProgram, instances: readonly Instance[]): Set<number> {
  const kinds = new Set<number>();
  for (const instance of instances)
    for (const { operation } of instance.reads)
      if (operation.value >= key.value && operation.value < key.valueEnd) kinds.add(operation.kind);
  return kinds;
}

function clearActor(actor: KeyRef, program: Program, state: StatePort): string[] {
  const base = DIMENSIONS.indexOf(actor.dimension);
  const names: string[] = [];
  program.keys.forEach((key, k) => {
    const alone = key.second < 0 && key.first === base;
    // Rare attempts of an actor stand under all × actor.
    const attempts = key.first === ALL && key.second === base;
    if (!alone && !attempts) return;
    let { hi, lo } = actor;
    if (attempts) {
      combine(0, 1, hi, lo);
      hi = lanes.hi;
      lo = lanes.lo;
    }
    if (state.clear(k, hi, lo)) names.push(key.name);
  });
  return names;
}
