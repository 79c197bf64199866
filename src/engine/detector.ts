/** The contract of a detector: what it is, what it needs to know, and how it judges. */
import type { Baselines, RouteTemplate } from '../enrich/model.ts';
import type { Condition, Needs, Phase, ValuesOf } from './aggregates.ts';
import type { Facts } from './facts.ts';
import type { ActorDimension } from './keys.ts';
import type { Workflow } from './workflow.ts';

/** Classes of findings: docs/detectors.md says what each means and what an operator does about it. */
export const CLASSES = [
  'probing',
  'injection',
  'credential-attack',
  'enumeration',
  'scraping',
  'code-guessing',
  'resource-exhaustion',
  'declared-tool',
  'rotation',
  'automation',
  'decoy',
  'take-over',
  'object-access',
  'sign-up',
  'workflow',
  'leaked-key',
  'misuse',
  'device-storm',
  'cost',
] as const;
export type FindingClass = (typeof CLASSES)[number];

/** Detectors of one group see the same thing from several sides: fusion takes their maximum, not their sum. */
export const GROUPS = ['rate', 'identity', 'failure', 'content', 'sequence', 'population', 'decoy'] as const;
export type Group = (typeof GROUPS)[number];

/** The most that one detector may say, in millinats (catalogue, Fusion 1). */
export const CAP = { outlier: 4000, sequential: 9200, certain: 12_000 } as const;

export interface BuildContext {
  /** The dimension this instance judges. */
  readonly actor: ActorDimension;
  readonly baselines: Baselines;
  /**
   * A default threshold with this installation's jitter of ±20 % (none with seed 0), so that knowing the source does
   * not tell an attacker the figure. `name` must be unique in the detector.
   */
  readonly tune: (name: string, value: number) => number;
  /** Routes of the model: the one of id n stands at place n − 1. */
  readonly routes?: readonly RouteTemplate[];
  /** What the configuration says about the order of things. */
  readonly workflows?: readonly Workflow[];
  /** Requests a day that a usage plan allows, by the plan's place in the configuration; 0 where it does not say. */
  readonly plans?: readonly number[];
}

export interface Judgement<N extends Needs> {
  readonly needs: N;
  /** Judged only when this holds, where it is not known before the detector is built; in place of {@link Detector.when}. */
  readonly when?: Condition;
  /**
   * Evidence of this event in millinats: > 0 speaks for abuse, < 0 against, 0 says nothing. Pure: a function of the
   * values and the facts alone. The engine caps it.
   */
  judge(values: ValuesOf<N>, facts: Facts): number;
  /** One sentence for people, with figures and units, of the same values and facts. */
  say(values: ValuesOf<N>, facts: Facts): string;
}

/** The judgement of a detector that has nothing to do for this actor under this configuration. */
export const NOTHING: Judgement<Needs> = { needs: {}, judge: () => 0, say: () => '' };

export interface Detector {
  /** Folder name under src/detectors. */
  readonly id: string;
  /** Number in the catalogue. */
  readonly number: number;
  readonly title: string;
  readonly class: FindingClass;
  readonly group: Group;
  /** OWASP API Security Top 10 2023 (API1 …) and Automated Threats (OAT-001 …). */
  readonly owasp: readonly string[];
  readonly actors: readonly ActorDimension[];
  /** Phase in which it judges; its aggregates are updated in this phase unless they say otherwise. */
  readonly on: Phase;
  /** Judged only when this holds. */
  readonly when?: Condition;
  readonly cap: number;
  /** Evidence at or above this, in millinats, is a finding. */
  readonly findingAt: number;
  /** True for evidence so specific that one event may be acted on without waiting for the ladder. */
  readonly deterministic: boolean;
  /** {@link NOTHING} where there is nothing to judge: it then takes no part at all. */
  readonly build: (context: BuildContext) => Judgement<Needs>;
}

/** Declares a detector; the type parameter ties `judge` and `say` to what `needs` asks for. */
export function defineDetector<N extends Needs>(
  spec: Omit<Detector, 'build' | 'findingAt' | 'deterministic'> & {
    readonly findingAt?: number;
    readonly deterministic?: boolean;
    readonly build: (context: BuildContext) => Judgement<N>;
  },
): Detector {
  return { findingAt: 4600, deterministic: false, ...spec } as unknown as Detector;
}
