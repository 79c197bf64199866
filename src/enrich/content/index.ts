/** Content inspection: what the texts of a request say about its intent. */

export { DecoySet, decoyOf, MAX_DECOYS, NO_DECOYS } from './decoys.ts';
export { type ContentHit, inspect, newHit, resetHit } from './inspect.ts';
export { probeRule } from './probe.ts';
export { PROBE_MILLINATS, PROBE_RULES, type ProbeRule, probeRuleOf } from './probe-rules.ts';
export { type ContentRule, contentRule, LANGUAGES, type Language, RULES } from './rules.ts';
