/** The order of things, as only the operator knows it: steps of a process, and what must hold between them. */
import { z } from 'zod';
import type { Workflow, WorkflowRule, WorkflowStep } from '../engine/workflow.ts';
import { METHODS } from '../enrich/facts.ts';
import { BUSINESS_NAMES } from '../event/events.ts';

/** So much may be declared: every step is asked about in every request of its route. */
const MAX_WORKFLOWS = 32;
const MAX_STEPS = 16;
const MAX_RULES = 32;
/** Longest time that a rule looks back, in seconds. */
const MAX_SPAN_S = 24 * 86_400;

const BONDS = ['session', 'principal', 'credential', 'object'] as const;

const name = z.string().regex(/^[a-z][a-z0-9 -]{0,59}$/, 'a name of small letters, digits, blanks and dashes');
const span = z.number().min(1).max(MAX_SPAN_S);

const step = z.strictObject({
  route: z.string().startsWith('/').optional().describe('Template of the route: /orders/{id}/confirm.'),
  methods: z
    .array(z.enum(METHODS.slice(1)))
    .default([])
    .describe('Any when empty. A step counts when it was answered below 400.'),
  event: z.enum(BUSINESS_NAMES).optional().describe('A business event instead of a route.'),
});

const rule = z.strictObject({
  name: name.describe('What findings call it.'),
  step: z.string().describe('The step that may break it.'),
  same: z
    .array(z.enum(BONDS))
    .min(1)
    .max(2)
    .default(['session'])
    .describe('What earlier steps must have in common with it: who did them, which object they were about.'),
  requires: z.array(z.string()).min(1).optional().describe('Steps that must have been done before.'),
  within_s: span.default(3600).describe('How long ago at most.'),
  at_most: z.int().min(1).optional().describe('So often in a window at most.'),
  window_s: span.default(86_400).describe('Windows are fixed: 86,400 is a day of UTC.'),
  amount_of: z.string().optional().describe('The amount must be that of the last such step.'),
  tolerance_minor: z.int().min(0).default(0).describe('In hundredths of the currency, or its smallest unit.'),
});

const workflow = z
  .strictObject({
    name,
    steps: z.record(name, step),
    rules: z.array(rule).min(1).max(MAX_RULES),
  })
  .superRefine((flow, context) => {
    const complain = (path: (string | number)[], code: string, message: string): void =>
      context.addIssue({ code: 'custom', path, message, params: { code } });
    const steps = Object.keys(flow.steps);
    if (steps.length > MAX_STEPS) complain(['steps'], 'SP1005', `more than ${MAX_STEPS} steps`);
    for (const [key, s] of Object.entries(flow.steps))
      if ((s.route === undefined) === (s.event === undefined))
        complain(['steps', key], 'SP8102', 'a step is either a route or an event');
    const seen = new Set<string>();
    flow.rules.forEach((r, i) => {
      if (seen.has(r.name)) complain(['rules', i, 'name'], 'SP8103', `"${r.name}" stands there twice`);
      seen.add(r.name);
      if ([r.requires, r.at_most, r.amount_of].filter((said) => said !== undefined).length !== 1)
        complain(['rules', i], 'SP8102', 'a rule has one of requires, at_most and amount_of');
      const named = (at: (string | number)[], key: string): void => {
        if (steps.includes(key)) return;
        complain(['rules', i, ...at], 'SP8101', `there is no step "${key}"; steps are ${steps.join(', ')}`);
      };
      named(['step'], r.step);
      r.requires?.forEach((key, k) => {
        named(['requires', k], key);
      });
      if (r.amount_of !== undefined) named(['amount_of'], r.amount_of);
    });
  });

export const workflows = z
  .array(workflow)
  .max(MAX_WORKFLOWS)
  .superRefine((flows, context) => {
    flows.forEach(({ name: flow }, i) => {
      if (flows.findIndex((other) => other.name === flow) === i) return;
      const message = `"${flow}" stands there twice`;
      context.addIssue({ code: 'custom', path: [i, 'name'], message, params: { code: 'SP8103' } });
    });
  })
  .default([])
  .describe('Orders of steps that must be kept: what breaks them is a finding (docs/workflows.md).');

export type WorkflowConfig = z.output<typeof workflows>;

/** The workflows as detectors read them. */
export function workflowsOf(config: WorkflowConfig): Workflow[] {
  return config.map(({ name: flow, steps, rules }) => {
    const stepOf = (key: string): WorkflowStep => {
      const { route = '', methods, event } = steps[key];
      const business = event === undefined ? 0 : BUSINESS_NAMES.indexOf(event) + 1;
      return { name: key, template: route, methods: methods.map((m) => METHODS.indexOf(m)), business };
    };
    return {
      name: flow,
      rules: rules.map((r): WorkflowRule => {
        const base = { name: r.name, step: stepOf(r.step), same: [...new Set(r.same)] };
        if (r.requires !== undefined)
          return { ...base, kind: 'requires', requires: r.requires.map(stepOf), withinMs: r.within_s * 1000 };
        if (r.amount_of !== undefined)
          return { ...base, kind: 'amount', as: stepOf(r.amount_of), toleranceMinor: r.tolerance_minor };
        return { ...base, kind: 'at-most', most: r.at_most ?? 1, windowMs: r.window_s * 1000 };
      }),
    };
  });
}

/** Templates that workflows name: routes that are known before anything is learned. */
export function workflowTemplates(config: WorkflowConfig): string[] {
  const templates = config.flatMap(({ steps }) => Object.values(steps).map(({ route }) => route ?? ''));
  return [...new Set(templates)].filter((template) => template !== '');
}
