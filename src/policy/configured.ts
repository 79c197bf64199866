/** The default policy with an operator's own costs, and the documents that stand before it. */
import { CLASSES, type FindingClass } from '../engine/detector.ts';
import type { ActionName, ClassPolicy, Mode, Policy } from '../engine/policy.ts';
import { ROUTE_CLASS } from '../enrich/facts.ts';
import { hashString } from '../lib/hash.ts';
import { DEFAULT_POLICY } from './default.ts';
import type { PolicyRule, PolicySource } from './source.ts';

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

/** A policy document as a configuration holds it; the schema stands in src/config/policies.ts. */
export interface ConfiguredRule {
  readonly name: string;
  readonly match: {
    readonly paths: readonly string[];
    readonly methods: readonly string[];
    readonly hosts: readonly string[];
    readonly route_classes: readonly (keyof typeof ROUTE_CLASS)[];
  };
  readonly class: FindingClass | readonly FindingClass[];
  readonly costs: {
    readonly miss_cents?: number;
    readonly false_cents: Readonly<Partial<Record<ActionName, number>>>;
  };
  readonly ladder?: readonly ActionName[];
  readonly at_once?: boolean;
  readonly ttl_s?: readonly number[];
  readonly mode: Mode;
  readonly canary_percent: number;
  readonly exemptions: readonly {
    readonly address?: string;
    readonly principal?: string;
    readonly credential?: string;
    readonly owner: string;
    readonly reason: string;
    readonly expires: string;
  }[];
}

export interface ConfiguredPolicies {
  readonly mode: 'observe' | 'enforce';
  readonly policy: ConfiguredCosts;
  readonly policies: readonly ConfiguredRule[];
  /** The application knows what to do when it is asked for a second factor. */
  readonly stepUp: boolean;
}

/** What a configuration puts in force. In observe mode everything is in shadow, whatever a document says. */
export function sourceOf(configured: ConfiguredPolicies): PolicySource {
  const observing = configured.mode === 'observe';
  const costs = policyOf(configured.policy);
  const withoutStepUp = (actions: readonly ActionName[]) =>
    configured.stepUp ? actions : actions.filter((action) => action !== 'step-up');
  const classes = Object.fromEntries(
    CLASSES.map((name): [string, ClassPolicy] => [
      name,
      { ...costs.classes[name], actions: withoutStepUp(costs.classes[name].actions) },
    ]),
  ) as Policy['classes'];
  const base: Policy = { ...costs, classes, mode: observing ? 'shadow' : 'enforce' };
  const rules = configured.policies.map((document) => ({
    ...ruleOf(document),
    mode: observing ? ('shadow' as const) : document.mode,
  }));
  if (rules.length === 0 && configured.stepUp) return { version: base.version, base, rules };
  const { hi, lo } = hashString(JSON.stringify([base.classes, base.falseCents, configured.policies]), 0);
  const hex = (x: number): string => (x >>> 0).toString(16).padStart(8, '0');
  return { version: `${base.version}+${hex(hi)}${hex(lo)}`.slice(0, 40), base, rules };
}

function ruleOf(document: ConfiguredRule): PolicyRule {
  const { match } = document;
  return {
    name: document.name,
    match: {
      paths: match.paths,
      methods: match.methods,
      hosts: match.hosts.map((host) => host.toLowerCase()),
      routeClasses: match.route_classes.map((name) => ROUTE_CLASS[name]),
    },
    classes: typeof document.class === 'string' ? [document.class] : document.class,
    missCents: document.costs.miss_cents,
    falseCents: document.costs.false_cents,
    ladder: document.ladder,
    atOnce: document.at_once,
    ttlSec: document.ttl_s,
    mode: document.mode,
    canaryPermille: Math.round(document.canary_percent * 10),
    exemptions: document.exemptions.map(({ expires, ...e }) => ({ ...e, untilMs: Date.parse(expires) })),
  };
}
