/** `sallyport/engine`: what a detector is written against, and the engine for those who bring their own events. */
export {
  type Aggregate,
  type Condition,
  condition,
  count,
  cusum,
  distinct,
  habit,
  last,
  mark,
  mix,
  type Needs,
  type Phase,
  pace,
  path,
  phase,
  rate,
  spread,
  sprt,
  steps,
  top,
  type Values,
  type ValuesOf,
} from './aggregates.ts';
export { compile } from './compile.ts';
export {
  type BuildContext,
  CAP,
  CLASSES,
  type Detector,
  defineDetector,
  type FindingClass,
  GROUPS,
  type Group,
  type Judgement,
  NOTHING,
} from './detector.ts';
export { type Decision, Engine, type EngineListener, type EngineOptions } from './engine.ts';
export type { Facts } from './facts.ts';
export { type ActorDimension, DIMENSIONS, type Dimension, type Key } from './keys.ts';
export { ACTIONS, type ActionName, type ClassPolicy, type Policy } from './policy.ts';
export type { Program } from './program.ts';
export type { StatePort } from './state.ts';
