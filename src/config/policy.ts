/** Lays a configuration's costs over a policy. */
import type { Policy } from '../engine/policy.ts';
import type { Config } from './schema.ts';

/** `base` with the costs that the configuration names; its version says that it was changed, and to what. */
export function configuredPolicy(base: Policy, config: Config): Policy {
  const { miss_cents, false_cents } = config.policy;
  if (Object.keys(miss_cents).length + Object.keys(false_cents).length === 0) return base;
  const misses = Object.entries(miss_cents) as [keyof Policy['classes'], number][];
  const classes = misses.map(([name, missCents]) => [name, { ...base.classes[name], missCents }] as const);
  return {
    ...base,
    version: `${base.version}+${JSON.stringify([miss_cents, false_cents])}`,
    classes: { ...base.classes, ...Object.fromEntries(classes) },
    falseCents: { ...base.falseCents, ...false_cents },
  };
}
