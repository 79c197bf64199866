/** Content inspection: what the texts of a request say about its intent. */

export { textOfBase64 } from './base64.ts';
export { FIELD_KIND, fieldKind } from './context.ts';
export { DecoySet, decoyOf, NO_DECOYS } from './decoys.ts';
export { inspectField } from './field.ts';
export { inspect, newHit, resetHit } from './inspect.ts';
export { probeRule } from './probe.ts';
export { PROBE_MILLINATS, PROBE_RULES, probeRuleOf } from './probe-rules.ts';
export { contentRule, LANGUAGES, RULES } from './rules.ts';
export type { ContentHit } from './tokens.ts';
