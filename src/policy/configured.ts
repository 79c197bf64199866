/** The default policy with an operator's own costs. */
import { CLASSES, type FindingClass } from '../engine/detector.ts';
import type { ActionName, ClassPolicy, Policy } from '../engine/policy.ts';
import { hashString } from '../lib/hash.ts';
import { DEFAULT_POLICY } from './default.ts';

/** Costs as a configuration names them, in hundredths of a currency; what is left out keeps its default. */
export interface ConfiguredCosts {
  readonly miss_cents: Readonly<Partial<Record<FindingClass, number>>>;
  readonly false_cents: Readonly<Partial<Record<ActionName, number>>>;
}

/** The policy that a configuration's costs make; the default one where it names none. */
export function policyOf(configured: ConfiguredCosts): Policy {
  const { miss_cents: miss, false_cents: hurt } = configured;
  if (Object.keys(miss).length === 0 && Object.keys(hurt).length === 0) return DEFAULT_POLICY;
  const classes = Object.fromEntries(
    CLASSES.map((name): [string, ClassPolicy] => {
      const standard = DEFAULT_POLICY.classes[name];
      return [name, { ...standard, missCents: miss[name] ?? standard.missCents }];
    }),
  ) as Policy['classes'];
  const falseCents = { ...DEFAULT_POLICY.falseCents, ...hurt };
  // Other costs are another policy: the manifest must tell them apart.
  const { hi, lo } = hashString(JSON.stringify([Object.values(classes), falseCents]), 0);
  const version = `configured-${(hi >>> 0).toString(16).padStart(8, '0')}${(lo >>> 0).toString(16).padStart(8, '0')}`;
  return { ...DEFAULT_POLICY, version, classes, falseCents };
}
