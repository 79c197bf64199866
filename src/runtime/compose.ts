/** The one place where concrete parts meet: detectors, state, policy and engine are put together here. */

import { acceptedPrincipal } from '../detectors/conditions.ts';
import { DETECTORS } from '../detectors/index.ts';
import { distinct } from '../engine/aggregates.ts';
import { compile } from '../engine/compile.ts';
import { compilePolicy } from '../engine/decide.ts';
import type { Detector } from '../engine/detector.ts';
import { Engine } from '../engine/engine.ts';
import type { Policy } from '../engine/policy.ts';
import type { Program } from '../engine/program.ts';
import type { LearnedModel } from '../enrich/model.ts';
import type { NetworkLookup } from '../enrich/network.ts';
import { days } from '../lib/units.ts';
import { DEFAULT_POLICY } from '../policy/default.ts';
import { MemoryState } from '../state/memory.ts';
import { Recorder } from './recorder.ts';

/** Aggregates of the engine itself: who shares an address, and how many addresses share a client. */
const BUILTIN = {
  principals: distinct({ key: 'ip', of: 'principal', windowMs: days(1), on: 'response', when: acceptedPrincipal }),
  addresses: distinct({ key: 'fingerprint', of: 'ip', windowMs: days(1), on: 'request' }),
};

export interface ComposeOptions {
  readonly model: LearnedModel;
  readonly networks: NetworkLookup;
  readonly seed: number;
  readonly detectors?: readonly Detector[];
  /** Ids of detectors left out. */
  readonly disabled?: readonly string[];
  /** Overrides by `detector.threshold`. */
  readonly thresholds?: Readonly<Record<string, number>>;
  readonly policy?: Policy;
  /** Scale of all quotas. */
  readonly scale?: number;
  readonly redact?: (text: string) => string;
}

export interface Composed {
  readonly program: Program;
  readonly state: MemoryState;
  readonly engine: Engine;
  readonly recorder: Recorder;
  readonly policy: Policy;
}

/** Puts an embedded engine together. */
export function compose(options: ComposeOptions): Composed {
  const { model, networks, seed, redact } = options;
  const detectors = (options.detectors ?? DETECTORS).filter((d) => !options.disabled?.includes(d.id));
  const program = compile(detectors, {
    baselines: model.baselines,
    seed,
    thresholds: options.thresholds,
    builtin: BUILTIN,
  });
  const state = new MemoryState(program, options.scale);
  const policy = options.policy ?? DEFAULT_POLICY;
  const { principals: principalsValue, addresses: addressesValue } = program.builtin;
  const recorder = new Recorder({ model, networks, principalsValue, addressesValue, redact });
  const engine = new Engine({ program, state, policy: compilePolicy(policy), listener: recorder, principalsValue });
  return { program, state, engine, recorder, policy };
}
