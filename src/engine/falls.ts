/**
 * What an action that stands about an actor comes to for one request: nothing where it is not the request's business, and
 * something else where the request carries the evidence itself.
 */
import type { Batch } from './batch.ts';
import type { CompiledPolicy } from './decide.ts';
import { CLASSES } from './detector.ts';
import type { Facts } from './facts.ts';
import { type Homes, isAtHome, isKnown } from './known.ts';
import { ACTION } from './policy.ts';
import { KEY_VALUES, type Program } from './program.ts';
import { RISK } from './risk.ts';
import { carriedClass, isCrowd, isOfKind } from './scope.ts';

const LEAKED_KEY = CLASSES.indexOf('leaked-key');

/** Of the engine what is asked here. */
interface InWork {
  readonly batch: Batch;
  readonly facts: Facts;
  readonly program: Program;
  readonly homes: Homes | undefined;
  /** Places of the keys that prove who somebody is; −1 for none. */
  readonly sessionKey: number;
  readonly credentialKey: number;
  readonly principalKey: number;
  readonly falling: Falling;
}

/** An action (a place in ACTIONS) and the class it is for. */
export interface Falling {
  action: number;
  classIndex: number;
}

/**
 * Does an action that stands about the key fall on the request in work? `falling` then says as what. `whatIf`: as if every
 * policy were in force.
 */
export function fallsOn(
  engine: InWork,
  policy: CompiledPolicy,
  k: number,
  stands: number,
  limit: number,
  whatIf: boolean,
): boolean {
  const { batch, facts, falling } = engine;
  const at = k * RISK.size;
  falling.action = stands;
  falling.classIndex = batch.risk[at + RISK.class];
  if (isCrowd(limit) && stands >= ACTION.throttle) {
    if (isEstablished(engine)) return false;
    const carried = carriedClass(policy, batch.risk, at, facts, batch.hi[k], batch.lo[k], whatIf);
    if (carried >= 0) {
      falling.action = ACTION.block;
      falling.classIndex = carried;
    } else if (!isOfKind(falling.classIndex, facts)) return false;
  }
  return k !== engine.credentialKey || falling.classIndex !== LEAKED_KEY || !isOwners(engine, at);
}

/**
 * A leaked key is in two hands, of which only one is the thief's: what was climbed to by evidence falls on requests from
 * places where the key is not at home. What an operator has put on it falls on all.
 */
function isOwners({ batch, homes }: InWork, at: number): boolean {
  return homes !== undefined && batch.risk[at + RISK.rung] > 0 && isAtHome(batch.values, homes);
}

/** Does the request carry an identity that was proven, has been known for long and has nothing standing against it? */
export function isEstablished(engine: InWork): boolean {
  // A session or a key proves itself. A name does not: anybody can write it.
  return (
    isKnownKey(engine, engine.sessionKey) ||
    isKnownKey(engine, engine.credentialKey) ||
    (engine.batch.authenticated && isKnownKey(engine, engine.principalKey))
  );
}

function isKnownKey({ batch, program }: InWork, k: number): boolean {
  if (k < 0 || (batch.lo[k] === 0 && batch.hi[k] === 0)) return false;
  const { values } = batch;
  const at = program.keys[k].value;
  const blameless = batch.hasRisk[k] === 0 || batch.risk[k * RISK.size + RISK.action] < ACTION.throttle;
  if (!blameless || values[at + KEY_VALUES.established] === 0) return false;
  return isKnown(
    values[at + KEY_VALUES.ageSec],
    values[at + KEY_VALUES.requests],
    Math.max(0, batch.nowSec - batch.bornSec),
  );
}
