/**
 * Compiles detectors' declarations into a program (program.ts). Equal declarations share cells, whoever made them.
 */
import type { Baselines, RouteTemplate } from '../enrich/model.ts';
import { hashString } from '../lib/hash.ts';
import type { Aggregate, Needs, Phase } from './aggregates.ts';
import { CLASSES, type Detector, GROUPS, type Judgement, NOTHING } from './detector.ts';
import type { ActorDimension } from './keys.ts';
import { Layout, signature } from './layout.ts';
import type { Instance, JudgeOrder, KeyProgram, Operation, PhasePlan, Program } from './program.ts';
import { HANDLES, SHAPE } from './shapes.ts';
import type { Workflow } from './workflow.ts';

export interface CompileOptions {
  readonly baselines: Baselines;
  /** The installation's seed: jitters thresholds by up to ±20 %; 0 leaves them as they are. */
  readonly seed: number;
  /** Overrides by `detector.threshold`, from configuration; not jittered. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** Aggregates kept for the engine's own use, by name. */
  readonly builtin?: Needs;
  /** The same, but read only about actors that have a risk record. */
  readonly risky?: Needs;
  /** What detectors may ask for besides: see {@link BuildContext}. */
  readonly routes?: readonly RouteTemplate[];
  readonly workflows?: readonly Workflow[];
  readonly plans?: readonly number[];
}

const JITTER_PERMILLE = 200;

/** A deterministic factor in [0.8, 1.2] from seed and name; 1 for seed 0. */
export function jitter(seed: number, name: string): number {
  if (seed === 0) return 1;
  const { lo } = hashString(name, seed);
  return (1000 - JITTER_PERMILLE + ((lo >>> 0) % (2 * JITTER_PERMILLE + 1))) / 1000;
}

/** Conditions that a phase asks about, each followed by those within it, and where those end. */
function conditionsOf(
  layout: Layout,
  keys: readonly KeyProgram[],
  instances: readonly Instance[],
  phase: Phase,
): Pick<PhasePlan, 'conditions' | 'after'> {
  const used = new Set<number>();
  for (const key of keys) for (const o of key[phase]) used.add(o.when).add(o.hit);
  for (const instance of instances) if (instance.detector.on === phase) used.add(instance.when);
  used.delete(-1);
  for (const index of [...used]) for (const wider of layout.widerOf(index)) used.add(wider);
  const conditions: number[] = [];
  const after: number[] = [];
  const add = (parent: number): void => {
    for (const index of [...used].sort((a, b) => a - b)) {
      if ((layout.widerOf(index)[0] ?? -1) !== parent) continue;
      const place = conditions.push(index) - 1;
      add(index);
      after[place] = conditions.length;
    }
  };
  add(-1);
  return { conditions: Int32Array.from(conditions), after: Int32Array.from(after) };
}

/** Keys that can take part in a phase's events, with their gates as sets of bits. */
function keysOf(keys: readonly KeyProgram[], phase: Phase, words: number): Omit<PhasePlan, 'conditions' | 'after'> {
  const gatesOf = (key: KeyProgram): readonly number[] | null =>
    phase === 'request' ? key.requestGates : key.responseGates;
  // A key with gates of which there are none has nothing to do in this phase.
  const places = keys.map((_, k) => k).filter((k) => gatesOf(keys[k])?.length !== 0);
  const gates = new Int32Array(places.length * words);
  places.forEach((k, place) => {
    for (const index of gatesOf(keys[k]) ?? []) gates[place * words + (index >>> 5)] |= 1 << (index & 31);
  });
  return {
    keys: Int32Array.from(places),
    first: Int32Array.from(places, (k) => keys[k].first),
    second: Int32Array.from(places, (k) => keys[k].second),
    gates,
  };
}

const wordsOf = (layout: Layout): number => Math.ceil(layout.conditions.length / 32);

function planOf(layout: Layout, keys: readonly KeyProgram[], instances: readonly Instance[], phase: Phase): PhasePlan {
  return { ...conditionsOf(layout, keys, instances, phase), ...keysOf(keys, phase, wordsOf(layout)) };
}

function judgeOrder(instances: readonly Instance[]): JudgeOrder {
  const next = new Int32Array(instances.length);
  for (let i = instances.length - 1; i >= 0; i--)
    next[i] = instances[i + 1]?.when === instances[i].when ? next[i + 1] : i + 1;
  return { when: Int32Array.from(instances, (i) => i.when), key: Int32Array.from(instances, (i) => i.key), next };
}

interface Draft {
  readonly detector: Detector;
  readonly actor: ActorDimension;
  readonly judgement: Judgement<Needs>;
  readonly basis: Instance['basis'];
  readonly when: number;
}

function instanceOf(
  draft: Draft,
  index: number,
  layout: Layout,
  keys: readonly KeyProgram[],
  values: Int32Array,
): Instance {
  const { detector } = draft;
  const reads = Object.entries(draft.judgement.needs).map(([name, aggregate]: [string, Aggregate]) => ({
    name,
    kind: aggregate.kind,
    operation: layout.operations.get(signature(aggregate, detector.on)) as Operation,
    fields: SHAPE[aggregate.kind].values,
  }));
  return {
    index,
    ...draft,
    classIndex: CLASSES.indexOf(detector.class),
    groupIndex: GROUPS.indexOf(detector.group),
    key: keys.findIndex((k) => k.name === draft.actor),
    handles: Object.fromEntries(reads.map((r) => [r.name, new HANDLES[r.kind](values, r.operation.value)])),
    reads,
  };
}

function builtinValues(builtin: Needs, layout: Layout): Record<string, number> {
  const first = (a: Aggregate): number => layout.operations.get(signature(a, a.on ?? 'request'))?.value ?? -1;
  return Object.fromEntries(Object.entries(builtin).map(([name, aggregate]) => [name, first(aggregate)]));
}

/** The engine reads its own aggregates in both phases. */
function readBuiltin(layout: Layout, builtin: readonly Aggregate[], risky: readonly Aggregate[]): void {
  for (const aggregate of builtin)
    for (const phase of ['request', 'response'] as const) {
      layout.readIn(phase, aggregate, aggregate.on ?? 'request');
      layout.ask(layout.operations.get(signature(aggregate, aggregate.on ?? 'request')), -1);
    }
  for (const aggregate of risky) layout.askRisky(aggregate);
}

/** Builds a detector for an actor and sees whether it asks for baselines while it is built. */
function build(
  detector: Detector,
  actor: ActorDimension,
  options: CompileOptions,
  tune: (name: string, value: number) => number,
): Pick<Draft, 'judgement' | 'basis'> | null {
  let asked = false;
  const { routes, workflows, plans } = options;
  const context = {
    actor,
    tune,
    routes,
    workflows,
    plans,
    get baselines(): Baselines {
      asked = true;
      return options.baselines;
    },
  };
  const judgement = detector.build(context);
  return judgement === NOTHING ? null : { judgement, basis: asked ? options.baselines.origin : 'fixed' };
}

/** Thresholds of a detector as they are in force, noted in the layout. */
function tuner(detector: Detector, options: CompileOptions, layout: Layout): (name: string, value: number) => number {
  return (name, value) => {
    const id = `${detector.id}.${name}`;
    const tuned = options.thresholds?.[id] ?? value * jitter(options.seed, id);
    layout.tuned.push([id, tuned]);
    return tuned;
  };
}

/** What is declared besides detectors, for the digest: nothing where nothing is. */
function declared({ workflows = [], plans = [] }: CompileOptions): unknown[] {
  return workflows.length + plans.length === 0 ? [] : [workflows, plans];
}

/** Compiles `detectors` into a program. Throws where an aggregate's guard cannot be ordered before it. */
export function compile(detectors: readonly Detector[], options: CompileOptions): Program {
  const layout = new Layout();
  const builtin = Object.values(options.builtin ?? {});
  const risky = Object.values(options.risky ?? {});
  for (const aggregate of [...builtin, ...risky]) layout.want(aggregate, aggregate.on ?? 'request');
  const drafts = detectors.flatMap((detector) =>
    detector.actors.flatMap((actor) => {
      const tune = tuner(detector, options, layout);
      const built = build(detector, actor, options, tune);
      if (built === null) return [];
      const { judgement, basis } = built;
      layout.ensureKey(actor);
      for (const aggregate of Object.values(judgement.needs)) layout.want(aggregate, detector.on);
      const when = layout.condition(judgement.when ?? detector.when);
      layout.judged.push({ actor, phase: detector.on, when });
      return [{ detector, actor, judgement, basis, when }];
    }),
  );
  layout.layOut();
  for (const { detector, judgement, when } of drafts)
    for (const aggregate of Object.values(judgement.needs)) {
      layout.readIn(detector.on, aggregate, detector.on);
      layout.ask(layout.operations.get(signature(aggregate, detector.on)), when);
    }
  readBuiltin(layout, builtin, risky);
  const keys = layout.keyPrograms();
  const values = new Int32Array(layout.values);
  const instances = drafts.map((draft, index) => instanceOf(draft, index, layout, keys, values));
  const [request, response] = (['request', 'response'] as const).map((p) =>
    instances.filter((i) => i.detector.on === p),
  );
  return {
    keys,
    conditions: layout.conditions,
    conditionWords: wordsOf(layout),
    requestPlan: planOf(layout, keys, instances, 'request'),
    responsePlan: planOf(layout, keys, instances, 'response'),
    values,
    request,
    response,
    requestOrder: judgeOrder(request),
    responseOrder: judgeOrder(response),
    instances,
    builtin: builtinValues({ ...options.builtin, ...options.risky }, layout),
    digest: JSON.stringify([
      keys.map((k) => [k.name, [...k.request, ...k.response].map((o) => [o.source, o.a, o.b, o.c, o.d])]),
      detectors.map((d) => [d.id, d.cap, d.findingAt, d.class, d.group, d.on, d.deterministic]),
      layout.tuned,
      ...declared(options),
    ]),
  };
}
