/**
 * Plan: which keys this event touches, under which conditions. It looks at facts only, never at values, so the batch it
 * fills can go to any store in one piece.
 */
import { FLAG, METHODS } from '../enrich/facts.ts';
import { combine, lanes } from '../lib/hash.ts';
import type { Batch } from './batch.ts';
import type { Facts } from './facts.ts';
import { STEP, stepOf } from './features/path.ts';
import { DIMENSIONS, type Dimension } from './keys.ts';
import { weighEvent } from './measures.ts';
import type { PhasePlan } from './program.ts';

const D = Object.fromEntries(DIMENSIONS.map((name, i) => [name, i])) as Record<Dimension, number>;

/** Methods that change something, by index in METHODS. */
const WRITING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const WRITES = Uint8Array.from(METHODS, (method) => (WRITING.has(method) ? 1 : 0));

/** Fills `batch` for the event that `facts` looks at. Allocates nothing. */
export function plan(batch: Batch, facts: Facts, response: boolean): void {
  batch.nowMs = facts.now;
  // Second 0 marks an empty record, so time starts one second after the epoch.
  batch.nowSec = Math.max(1, Math.floor(facts.now / 1000));
  batch.response = response;
  batch.number = facts.objectNumber;
  batch.amount = facts.amountMinor;
  batch.step = stepFrom(facts);
  weighEvent(batch.weights, facts);
  batch.authenticated = facts.has(FLAG.AUTHENTICATED);
  readLanes(batch.lanes, facts);
  const phase = response ? batch.program.responsePlan : batch.program.requestPlan;
  ask(batch, facts, phase);
  forget(batch);
  gather(batch, phase);
}

/** Which step of somebody's way it is: a known route, read or written. */
function stepFrom(facts: Facts): number {
  return facts.has(FLAG.KNOWN_ROUTE) ? stepOf(facts.route, WRITES[facts.method] !== 0) : STEP.elsewhere;
}

/** Finds out which conditions hold. Those within one that does not are not asked. */
function ask(batch: Batch, facts: Facts, phase: PhasePlan): void {
  const { conditions: outcomes, conditionBits, program } = batch;
  const { conditions, after } = phase;
  for (let word = 0; word < conditionBits.length; word++) conditionBits[word] = 0;
  for (let i = 0; i < conditions.length; ) {
    const index = conditions[i];
    if (program.conditions[index].test(facts)) {
      outcomes[index] = 1;
      conditionBits[index >>> 5] |= 1 << (index & 31);
      i++;
      continue;
    }
    const end = after[i];
    for (; i < end; i++) outcomes[conditions[i]] = 0;
  }
}

/** Takes the last event's keys out: only they can have left anything. */
function forget(batch: Batch): void {
  const { present, hi, lo, hasRisk } = batch;
  for (let i = 0; i < batch.presentCount; i++) {
    const k = present[i];
    hi[k] = 0;
    lo[k] = 0;
    hasRisk[k] = 0;
  }
  batch.presentCount = 0;
}

/** Brings in the keys that this event has and that a condition asks for. */
function gather(batch: Batch, phase: PhasePlan): void {
  const { lanes: base, present } = batch;
  const { keys, first, second } = phase;
  let count = 0;
  for (let place = 0; place < keys.length; place++) {
    if (!isAskedFor(batch.conditionBits, phase.gates, place)) continue;
    let hi = base[first[place] * 2];
    let lo = base[first[place] * 2 + 1];
    if (hi === 0 && lo === 0) continue;
    const other = second[place];
    if (other >= 0) {
      const otherHi = base[other * 2];
      const otherLo = base[other * 2 + 1];
      if (otherHi === 0 && otherLo === 0) continue;
      combine(hi, lo, otherHi, otherLo);
      hi = lanes.hi;
      lo = lanes.lo;
    }
    const k = keys[place];
    batch.hi[k] = hi;
    batch.lo[k] = lo;
    present[count++] = k;
  }
  batch.presentCount = count;
}

function isAskedFor(bits: Int32Array, gates: Int32Array, place: number): boolean {
  let any = 0;
  let asked = 0;
  for (let word = 0, at = place * bits.length; word < bits.length; word++, at++) {
    any |= gates[at];
    asked |= gates[at] & bits[word];
  }
  return any === 0 || asked !== 0;
}

function readLanes(out: Int32Array, facts: Facts): void {
  const { batch: b, row } = facts;
  out[D.all * 2 + 1] = 1;
  out[D.tenant * 2] = b.tenantHi[row];
  out[D.tenant * 2 + 1] = b.tenantLo[row];
  // Route 0 is "no template": it is not a route that anything could be usual for.
  out[D.route * 2 + 1] = b.route[row];
  out[D.path * 2] = b.pathHi[row];
  out[D.path * 2 + 1] = b.pathLo[row];
  out[D.asn * 2 + 1] = b.asn[row];
  out[D.network * 2] = b.networkHi[row];
  out[D.network * 2 + 1] = b.networkLo[row];
  out[D.fingerprint * 2] = b.fingerprintHi[row];
  out[D.fingerprint * 2 + 1] = b.fingerprintLo[row];
  out[D.agent * 2] = b.agentHi[row];
  out[D.agent * 2 + 1] = b.agentLo[row];
  out[D.ip * 2] = b.ipHi[row];
  out[D.ip * 2 + 1] = b.ipLo[row];
  out[D.session * 2] = b.sessionHi[row];
  out[D.session * 2 + 1] = b.sessionLo[row];
  out[D.credential * 2] = b.credentialHi[row];
  out[D.credential * 2 + 1] = b.credentialLo[row];
  out[D.principal * 2] = b.principalHi[row];
  out[D.principal * 2 + 1] = b.principalLo[row];
  readMore(out, facts);
  if (facts.hasObject) {
    combine(b.objectHi[row], b.objectLo[row], 0, b.route[row]);
    out[D.object * 2] = lanes.hi;
    out[D.object * 2 + 1] = lanes.lo;
  } else {
    out[D.object * 2] = 0;
    out[D.object * 2 + 1] = 0;
  }
}

/** What only some doors know. */
function readMore(out: Int32Array, facts: Facts): void {
  const { batch: b, row } = facts;
  out[D.country * 2 + 1] = b.country[row];
  out[D.software * 2 + 1] = b.software[row];
  out[D.handshake * 2] = b.handshakeHi[row];
  out[D.handshake * 2 + 1] = b.handshakeLo[row];
  out[D.mail * 2] = b.mailHi[row];
  out[D.mail * 2 + 1] = b.mailLo[row];
  out[D.password * 2 + 1] = b.password[row];
  out[D.partner * 2] = b.partnerHi[row];
  out[D.partner * 2 + 1] = b.partnerLo[row];
  out[D.device * 2] = b.deviceHi[row];
  out[D.device * 2 + 1] = b.deviceLo[row];
  out[D.subject * 2] = b.subjectHi[row];
  out[D.subject * 2 + 1] = b.subjectLo[row];
  out[D.owner * 2] = b.ownerHi[row];
  out[D.owner * 2 + 1] = b.ownerLo[row];
  out[D.item * 2] = b.objectHi[row];
  out[D.item * 2 + 1] = b.objectLo[row];
}
