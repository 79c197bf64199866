/** Content inspection: what the texts of a request say about its intent. */
export { type ContentHit, inspect, newHit, resetHit } from './inspect.ts';
export { type ContentRule, contentRule, LANGUAGES, type Language, RULES } from './rules.ts';
export { probeRule } from './probe.ts';
export { PROBE_MILLINATS, PROBE_RULES, type ProbeRule, probeRuleOf } from './probe-rules.ts';
export { DecoySet, decoyOf, MAX_DECOYS, NO_DECOYS } from './decoys.ts';
