/**
 * Plan: which keys this event touches, under which conditions. It looks at facts only, never at values, so the batch it
 * fills can go to any store in one piece.
 */
import { FLAG } from '../enrich/facts.ts';
import { combine, lanes } from '../lib/hash.ts';
import type { Batch } from './batch.ts';
import type { Facts } from './facts.ts';
import { DIMENSIONS, type Dimension } from './keys.ts';

const D = Object.fromEntries(DIMENSIONS.map((name, i) => [name, i])) as Record<Dimension, number>;

/** Fills `batch` for the event that `facts` looks at. Allocates nothing. */
export function plan(batch: Batch, facts: Facts, response: boolean): void {
  const { program } = batch;
  batch.nowMs = facts.now;
  // Second 0 marks an empty record, so time starts one second after the epoch.
  batch.nowSec = Math.max(1, Math.floor(facts.now / 1000));
  batch.response = response;
  batch.number = facts.objectNumber;
  batch.authenticated = facts.has(FLAG.AUTHENTICATED);
  readLanes(batch.lanes, facts);
  const { conditions, within } = program;
  const asked = response ? program.responseConditions : program.requestConditions;
  for (let i = 0; i < asked.length; i++) {
    const c = asked[i];
    const wider = within[c];
    batch.conditions[c] = (wider < 0 || batch.conditions[wider] !== 0) && conditions[c].test(facts) ? 1 : 0;
  }
  const { keys } = program;
  for (let k = 0; k < keys.length; k++) {
    const { first, second, requestGates, responseGates } = keys[k];
    const gates = response ? responseGates : requestGates;
    if (gates !== null && !anyHolds(batch.conditions, gates)) {
      batch.hi[k] = 0;
      batch.lo[k] = 0;
      continue;
    }
    const hi = batch.lanes[first * 2];
    const lo = batch.lanes[first * 2 + 1];
    if (second < 0) {
      batch.hi[k] = hi;
      batch.lo[k] = lo;
      continue;
    }
    const hi2 = batch.lanes[second * 2];
    const lo2 = batch.lanes[second * 2 + 1];
    if ((hi === 0 && lo === 0) || (hi2 === 0 && lo2 === 0)) {
      batch.hi[k] = 0;
      batch.lo[k] = 0;
      continue;
    }
    combine(hi, lo, hi2, lo2);
    batch.hi[k] = lanes.hi;
    batch.lo[k] = lanes.lo;
  }
}

function anyHolds(conditions: Uint8Array, gates: Int32Array): boolean {
  for (let i = 0; i < gates.length; i++) if (conditions[gates[i]] !== 0) return true;
  return false;
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
  if (facts.hasObject) {
    combine(b.objectHi[row], b.objectLo[row], 0, b.route[row]);
    out[D.object * 2] = lanes.hi;
    out[D.object * 2 + 1] = lanes.lo;
  } else {
    out[D.object * 2] = 0;
    out[D.object * 2 + 1] = 0;
  }
}
