/** The one place where concrete parts meet: detectors, state, policy and engine are put together here. */

import { acceptedPrincipal } from '../detectors/conditions.ts';
import { DETECTORS } from '../detectors/index.ts';
import { HOMES } from '../detectors/leaked-key/leaked-key.ts';
import { distinct } from '../engine/aggregates.ts';
import { compile } from '../engine/compile.ts';
import type { Detector } from '../engine/detector.ts';
import { Engine, type EngineListener } from '../engine/engine.ts';
import type { Program } from '../engine/program.ts';
import type { Workflow } from '../engine/workflow.ts';
import type { LearnedModel } from '../enrich/model.ts';
import type { NetworkLookup } from '../enrich/network.ts';
import { days } from '../lib/units.ts';
import { compileBook } from '../policy/book.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import type { PolicySource } from '../policy/source.ts';
import { MemoryState } from '../state/memory.ts';
import { Recorder } from './recorder.ts';

/** Aggregates of the engine itself: who shares an address, and how many addresses share a client. */
const BUILTIN = {
  principals: distinct({ key: 'ip', of: 'principal', windowMs: days(1), on: 'response', when: acceptedPrincipal }),
  addresses: distinct({ key: 'fingerprint', of: 'ip', windowMs: days(1), on: 'request' }),
};

export interface EngineSetup {
  readonly model: LearnedModel;
  readonly seed: number;
  readonly detectors?: readonly Detector[];
  /** Ids of detectors left out. */
  readonly disabled?: readonly string[];
  /** Overrides by `detector.threshold`. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** Declared orders of steps, and requests a day by usage plan. */
  readonly workflows?: readonly Workflow[];
  readonly plans?: readonly number[];
  /** The policies in force; the default one in shadow without it. */
  readonly policies?: PolicySource;
  /** Scale of all quotas. */
  readonly scale?: number;
  /** Tell of every event what would be done about it if all policies were in force. */
  readonly whatIf?: boolean;
}

export interface ComposedEngine {
  readonly program: Program;
  readonly state: MemoryState;
  readonly engine: Engine;
  readonly policies: PolicySource;
  /** The same detectors and thresholds, measured against another model. */
  recompile(model: LearnedModel): Program;
}

/** Puts an embedded engine together. `listen` is given the program, because what is listened for is named there. */
export function composeEngine(setup: EngineSetup, listen: (program: Program) => EngineListener): ComposedEngine {
  const detectors = (setup.detectors ?? DETECTORS).filter((d) => !setup.disabled?.includes(d.id));
  const { seed, thresholds, workflows, plans } = setup;
  // Nothing else says that a key is in two hands.
  const homes = detectors.some((d) => d.id === 'leaked-key') ? HOMES : undefined;
  const recompile = ({ baselines, routes }: LearnedModel): Program =>
    compile(detectors, { baselines, routes, seed, thresholds, workflows, plans, builtin: BUILTIN, risky: homes });
  const program = recompile(setup.model);
  const state = new MemoryState(program, setup.scale);
  const policies = setup.policies ?? { version: DEFAULT_POLICY.version, base: DEFAULT_POLICY, rules: [] };
  const { base, book } = compileBook(policies, setup.seed);
  const engine = new Engine({
    program,
    state,
    policy: base,
    policies: book,
    listener: listen(program),
    principalsValue: program.builtin.principals,
    whatIf: setup.whatIf,
    homes: homes && { system: program.builtin.system, network: program.builtin.network },
  });
  return { program, state, engine, policies, recompile };
}

export interface ComposeOptions extends EngineSetup {
  readonly networks: NetworkLookup;
  readonly redact?: (text: string) => string;
}

export interface Composed extends ComposedEngine {
  readonly recorder: Recorder;
}

/** The engine with the recorder that reports are made from. */
export function compose(options: ComposeOptions): Composed {
  const { model, networks, redact } = options;
  let recorder!: Recorder;
  const composed = composeEngine(options, ({ builtin }) => {
    const { principals: principalsValue, addresses: addressesValue } = builtin;
    recorder = new Recorder({ model, networks, principalsValue, addressesValue, redact });
    return recorder;
  });
  return { ...composed, recorder };
}
