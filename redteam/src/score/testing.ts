/** Truth and decisions by hand, for tests. */
import type { Label } from '../contract.ts';
import { type Decision, rankOf } from './actions.ts';
import type { TEXTS, TruthColumns, TruthRow } from './truth.ts';

/** Columns of rows given as objects, in the order of their time. */
export function truthOf(given: readonly TruthRow[]): TruthColumns {
  const rows = [...given].sort((a, b) => a.timeMs - b.timeMs);
  const labels: Label[] = [];
  const texts = { address: [''], session: [''], principal: [''], credential: [''], agent: [''] };
  const known = new Map<string, number>();
  const indexOf = (kind: (typeof TEXTS)[number], text: string | undefined): number => {
    if (!text) return 0;
    const key = `${kind}\n${text}`;
    const index = known.get(key) ?? texts[kind].push(text) - 1;
    known.set(key, index);
    return index;
  };
  const labelOf = (label: Label): number => {
    const at = labels.indexOf(label);
    return at >= 0 ? at : labels.push(label) - 1;
  };
  const column = (kind: (typeof TEXTS)[number]): Uint32Array => Uint32Array.from(rows, (r) => indexOf(kind, r[kind]));
  return {
    rows: rows.length,
    timeMs: Float64Array.from(rows, (r) => r.timeMs),
    loggedMs: Float64Array.from(rows, (r) => r.loggedMs ?? r.timeMs),
    label: Uint16Array.from(rows, (r) => labelOf(r.label)),
    labels,
    address: column('address'),
    session: column('session'),
    principal: column('principal'),
    credential: column('credential'),
    agent: column('agent'),
    gain: Float32Array.from(rows, (r) => r.gain ?? 0),
    status: Uint16Array.from(rows, (r) => r.status ?? 200),
    texts,
  };
}

/** A label of the benign. */
export function benign(cohort: string): Label {
  return { cohort, campaign: '', family: '', level: '' };
}

/** A label of a campaign. */
export function attack(campaign: string, family: Label['family'], level: Label['level']): Label {
  return { cohort: 'attack', campaign, family, level };
}

/** A decision; times in seconds. */
export function decision(
  timeS: number,
  dimension: string,
  key: string,
  action: string,
  ttlS: number,
  className = 'scraping',
): Decision {
  return {
    timeMs: timeS * 1000,
    actor: { dimension, key },
    rank: rankOf(action),
    ttlMs: ttlS * 1000,
    class: className,
    risk: 0.9,
  };
}
