/**
 * Decide: from risk to the least expensive action, and from there to what really stands (design, invariant 8 and 9).
 * Integer arithmetic only.
 */
import { BOT_STATUS, FLAG, NETWORK_CLASS } from '../enrich/facts.ts';
import { ROLE, SENSITIVITY } from '../enrich/kinds.ts';
import { combine, hashString, lanes } from '../lib/hash.ts';
import { CAP, CLASSES } from './detector.ts';
import type { Facts } from './facts.ts';
import { type ActorDimension, isPopulation } from './keys.ts';
import { ACTION, ACTIONS, type ClassPolicy, type Policy } from './policy.ts';
import { logOdds, PRIOR_MILLINATS, probabilityMillionths, RISK } from './risk.ts';

/** Policy in arrays: cents and permille by class and action. */
export interface CompiledPolicy {
  readonly policy: Policy;
  readonly miss: Int32Array;
  /** allowed[class × actions + action] */
  readonly allowed: Uint8Array;
  /** The same of those that are the cheapest somewhere: what is dominated by others is no rung of a ladder. */
  readonly rungs: Uint8Array;
  /** By class: 1 where the ladder is skipped. */
  readonly atOnce: Uint8Array;
  /** falseCost[class × actions + action] */
  readonly falseCost: Int32Array;
  readonly stops: Int32Array;
  /** By class: TTL in seconds by rung. */
  readonly ttl: readonly (readonly number[])[];
  /** By class: share of actors that are acted on, in permille: 0 in shadow, 1000 where enforced. */
  readonly enforced: Int32Array;
  /** By class: what places actors in the canary. */
  readonly salt: Int32Array;
  /** What is at stake: permille by SENSITIVITY and by ROLE, and by class whether it, or the amount, counts. */
  readonly sensitivity: Int32Array;
  readonly role: Int32Array;
  readonly staked: Uint8Array;
  readonly amount: Uint8Array;
}

export function compilePolicy(policy: Policy): CompiledPolicy {
  const cells = CLASSES.length * ACTIONS.length;
  const allowed = new Uint8Array(cells);
  const falseCost = new Int32Array(cells);
  CLASSES.forEach((name, c) => {
    const document = policy.classes[name];
    for (const action of ['allow', ...document.actions] as const) allowed[c * ACTIONS.length + ACTION[action]] = 1;
    ACTIONS.forEach((action, a) => {
      falseCost[c * ACTIONS.length + a] = document.falseCents?.[action] ?? policy.falseCents[action];
    });
  });
  const compiled = {
    policy,
    miss: Int32Array.from(CLASSES, (name) => policy.classes[name].missCents),
    allowed,
    rungs: new Uint8Array(cells),
    atOnce: Uint8Array.from(CLASSES, (name) => (policy.classes[name].atOnce === true ? 1 : 0)),
    falseCost,
    stops: Int32Array.from(ACTIONS, (name) => policy.stopsPermille[name]),
    ttl: CLASSES.map((name) => policy.classes[name].ttlSec ?? policy.ttlSec),
    enforced: Int32Array.from(CLASSES, (name) => enforcedPermille(policy, policy.classes[name])),
    salt: Int32Array.from(CLASSES, (name) => hashString(policy.classes[name].document ?? policy.version, 0).lo),
    ...compileStakes(policy),
  };
  CLASSES.forEach((_, c) => {
    for (let m = -12_000; m <= 12_000; m += 50)
      compiled.rungs[c * ACTIONS.length + cheapest(compiled, c, m, ACTION.revoke)] = 1;
  });
  return compiled;
}

type CompiledStakes = Pick<CompiledPolicy, 'sensitivity' | 'role' | 'staked' | 'amount'>;

function compileStakes({ stakes }: Policy): CompiledStakes {
  const permille = <K extends string>(words: Readonly<Record<K, number>>, given?: Readonly<Record<K, number>>) => {
    const table = new Int32Array(Object.keys(words).length).fill(1000);
    for (const [name, value] of Object.entries<number>(given ?? {})) table[words[name as K]] = Math.max(1000, value);
    return table;
  };
  return {
    sensitivity: permille(SENSITIVITY, stakes?.sensitivityPermille),
    role: permille(ROLE, stakes?.rolePermille),
    staked: Uint8Array.from(CLASSES, (name) => (stakes?.classes.includes(name) === true ? 1 : 0)),
    amount: Uint8Array.from(CLASSES, (name) => (stakes?.amountClasses.includes(name) === true ? 1 : 0)),
  };
}

/** What is at stake in an event, beyond what the class says: a factor in permille, and an amount in cents, 0 for none. */
export interface Stake {
  permille: number;
  cents: number;
}
const NOTHING: Stake = { permille: 1000, cents: 0 };
const stake: Stake = { permille: 1000, cents: 0 };

/** No event costs more than this if it is missed, in cents: wrong amounts must not decide everything. */
export const MOST_AT_STAKE_CENTS = 1_000_000;

/** What is at stake in an event: one object, reused; nearly always nothing out of the ordinary. */
export function stakeOf(p: CompiledPolicy, facts: Facts): Stake {
  const { sensitivity, amountMinor, role } = facts;
  if (sensitivity === SENSITIVITY.normal && amountMinor <= 0 && p.role[role] === 1000) return NOTHING;
  stake.permille = Math.trunc((p.sensitivity[sensitivity] * p.role[role]) / 1000);
  stake.cents = Math.min(MOST_AT_STAKE_CENTS, Math.max(0, Math.trunc(amountMinor)));
  return stake;
}

/** What it costs to miss a class in such an event, in cents. */
export function missCents(p: CompiledPolicy, classIndex: number, at: Stake): number {
  const usual = p.miss[classIndex];
  if (at === NOTHING) return usual;
  const scaled = p.staked[classIndex] === 0 ? usual : Math.trunc((usual * at.permille) / 1000);
  const miss = p.amount[classIndex] === 0 ? scaled : Math.max(scaled, at.cents);
  return Math.max(usual, Math.min(miss, MOST_AT_STAKE_CENTS));
}

function enforcedPermille(policy: Policy, document: ClassPolicy): number {
  const mode = document.mode ?? policy.mode;
  if (mode === 'canary') return document.canaryPermille ?? 10;
  return mode === 'enforce' ? 1000 : 0;
}

/** Is what stands about this actor really done? In a canary by the actor, so that no client is now in and now out. */
export function isEnforced(p: CompiledPolicy, classIndex: number, hi: number, lo: number): boolean {
  const permille = p.enforced[classIndex];
  if (permille === 0 || permille === 1000) return permille !== 0;
  combine(hi, lo, p.salt[classIndex], classIndex);
  return (lanes.hi >>> 0) % 1000 < permille;
}

/** The cheapest action for a class at given log-odds, not harsher than `ceiling`; `miss`: what missing it costs, in cents. */
export function cheapest(
  p: CompiledPolicy,
  classIndex: number,
  millinats: number,
  ceiling: number,
  miss: number = p.miss[classIndex],
): number {
  const abusive = probabilityMillionths(millinats);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let action = 0; action <= ceiling; action++) {
    if (p.allowed[classIndex * ACTIONS.length + action] === 0) continue;
    const missed = abusive * miss * (1000 - p.stops[action]);
    const hurt = (1_000_000 - abusive) * p.falseCost[classIndex * ACTIONS.length + action] * 1000;
    if (missed + hurt < least) {
      least = missed + hurt;
      best = action;
    }
  }
  return best;
}

/** Log-odds from which `action` is the cheapest for a class, in millinats; NaN where it never is. For explanations. */
export function entryOf(p: CompiledPolicy, classIndex: number, action: number, ceiling: number): number {
  for (let m = -12_000; m <= 12_000; m += 50) if (cheapest(p, classIndex, m, ceiling) >= action) return m;
  return Number.NaN;
}

/** Why an actor gets no more than it gets; the report repeats it in words. */
export const LIMIT = {
  none: 0,
  shared: 1,
  population: 2,
  verified: 3,
  allowlisted: 4,
  internal: 5,
  collapsed: 6,
} as const;

/** What the last {@link ceilingOf} found, next to the harshest permitted action. */
export const ceiling = { action: 0, limit: LIMIT.none as number };

/** Established principals behind an address from which it counts as shared. */
export const SHARED_PRINCIPALS = 2;

/**
 * The harshest action that may fall on an actor of this dimension, whatever its risk. `principals` is the number of
 * established principals seen behind an address; `level` whether its record had been collapsed.
 */
export function ceilingOf(dimension: ActorDimension, facts: Facts, principals: number, level: number): void {
  ceiling.action = dimension === 'credential' ? ACTION.revoke : ACTION.block;
  ceiling.limit = LIMIT.none;
  if (facts.has(FLAG.ALLOWLISTED)) limitTo(ACTION.allow, LIMIT.allowlisted);
  else if (facts.botStatus === BOT_STATUS.verified) limitTo(ACTION.tag, LIMIT.verified);
  else if (dimension === 'ip') {
    if (level > 0) limitTo(ACTION.throttle, LIMIT.collapsed);
    else if (facts.networkClass === NETWORK_CLASS.internal) limitTo(ACTION.throttle, LIMIT.internal);
    else if (
      principals >= SHARED_PRINCIPALS ||
      facts.networkClass === NETWORK_CLASS.mobile ||
      facts.networkClass === NETWORK_CLASS.education
    )
      limitTo(ACTION.throttle, LIMIT.shared);
  } else if (dimension === 'route' || dimension === 'tenant') limitTo(ACTION.tag, LIMIT.population);
  else if (isPopulation(dimension)) limitTo(ACTION.throttle, LIMIT.population);
}

function limitTo(action: number, limit: number): void {
  ceiling.action = action;
  ceiling.limit = limit;
}

/** The worst class of a risk record and what would be cheapest against it. One object, reused. */
export const proposal = { action: 0, classIndex: 0, logOdds: 0 };

/** Log-odds that a lone outlier score can reach: however much is at stake, it has no right to hold anybody up. */
const OUTLIER_ODDS = PRIOR_MILLINATS + CAP.outlier;

/** The cheapest action, given what is at stake. An outlier becomes a question of it at most. */
function dueAt(p: CompiledPolicy, classIndex: number, millinats: number, maximum: number, at: Stake): number {
  const usual = cheapest(p, classIndex, millinats, maximum);
  if (at === NOTHING) return usual;
  const isOutlier = millinats <= OUTLIER_ODDS;
  const top = isOutlier ? Math.min(maximum, ACTION['step-up']) : maximum;
  const dear = cheapest(p, classIndex, millinats, top, missCents(p, classIndex, at));
  const holds = dear > ACTION.tag && dear !== ACTION['step-up'];
  return isOutlier && holds ? usual : Math.max(usual, dear);
}

/**
 * The cheapest action that may fall. A block that may not becomes a throttle, whether the class has one or not: where a
 * block is due, not to do anything because others share the actor would be the dearest of all.
 */
function permitted(p: CompiledPolicy, classIndex: number, millinats: number, maximum: number, at: Stake): number {
  const action = dueAt(p, classIndex, millinats, maximum, at);
  const kept = maximum === ACTION.throttle && action < maximum;
  return kept && dueAt(p, classIndex, millinats, ACTION.block, at) === ACTION.block ? maximum : action;
}

/** Fills {@link proposal}: the harshest of the classes' cheapest actions; among equals the likeliest class. */
export function propose(
  p: CompiledPolicy,
  risk: Int32Array,
  at: number,
  maximum: number,
  atStake: Stake = NOTHING,
): void {
  proposal.action = 0;
  proposal.classIndex = 0;
  proposal.logOdds = -0x7fffffff;
  for (let c = 0; c < CLASSES.length; c++) {
    const odds = logOdds(risk, at, c);
    const action = permitted(p, c, odds, maximum, atStake);
    if (action > proposal.action || (action === proposal.action && odds > proposal.logOdds)) {
      proposal.action = action;
      proposal.classIndex = c;
      proposal.logOdds = odds;
    }
  }
}

/**
 * Moves the standing mitigation of a risk record towards the proposal: up one action per `stepSec`, or per `stepEvents` that
 * brought evidence (`fresh`: this one did), at once where the evidence is deterministic or the class is acted on at once;
 * down only when its time is over and the risk has fallen a nat below where it was entered. Returns the action that
 * stands now.
 */
export function climb(
  p: CompiledPolicy,
  risk: Int32Array,
  at: number,
  nowSec: number,
  maximum: number,
  deterministic: boolean,
  fresh: boolean,
  atStake: Stake = NOTHING,
): number {
  const { policy } = p;
  let standing = risk[at + RISK.action];
  if (fresh && standing > 0 && risk[at + RISK.pressed] < policy.stepEvents) risk[at + RISK.pressed]++;
  const expired = standing > 0 && risk[at + RISK.untilSec] >>> 0 <= nowSec;
  if (expired) {
    const classIndex = risk[at + RISK.class];
    const odds = logOdds(risk, at, classIndex) + policy.hysteresisMillinats;
    const held = permitted(p, classIndex, odds, maximum, atStake);
    if (held < standing) standing = Math.max(held, 0);
  }
  const atOnce = deterministic || p.atOnce[proposal.classIndex] !== 0;
  const next = atOnce ? proposal.action : nextRung(p, proposal.classIndex, standing, proposal.action);
  const waited =
    nowSec - (risk[at + RISK.sinceSec] >>> 0) >= policy.stepSec || risk[at + RISK.pressed] >= policy.stepEvents;
  const mayClimb = atOnce || waited || standing === 0 || (standing === ACTION.tag && next < ACTION.block);
  if (proposal.action > standing && mayClimb) {
    standing = next;
    risk[at + RISK.class] = proposal.classIndex;
    stand(p, risk, at, standing, nowSec);
  } else if (expired) {
    if (standing > 0) stand(p, risk, at, standing, nowSec);
    else risk[at + RISK.action] = 0;
  }
  return Math.min(standing, maximum);
}

/** A tag holds nobody, so it is no rung to wait on: only a block has to be announced by one. */
function nextRung(p: CompiledPolicy, classIndex: number, from: number, to: number): number {
  const next = nextCheapest(p, classIndex, Math.max(from, ACTION.tag), to);
  return from === 0 && next === ACTION.block ? nextCheapest(p, classIndex, 0, to) : next;
}

function nextCheapest(p: CompiledPolicy, classIndex: number, from: number, to: number): number {
  for (let a = from + 1; a < to; a++) if (p.rungs[classIndex * ACTIONS.length + a] !== 0) return a;
  return to;
}

function stand(p: CompiledPolicy, risk: Int32Array, at: number, action: number, nowSec: number): void {
  const ttl = p.ttl[risk[at + RISK.class]];
  const rung = Math.min(risk[at + RISK.rung], ttl.length - 1);
  risk[at + RISK.action] = action;
  risk[at + RISK.sinceSec] = nowSec;
  risk[at + RISK.pressed] = 0;
  risk[at + RISK.untilSec] = nowSec + ttl[rung];
  if (action > ACTION.tag) risk[at + RISK.rung] = rung + 1;
}
