/**
 * Policy documents: which requests, which class of abuse, what a wrong decision costs, which actions in which order, for
 * how long, in which mode, and who is exempt. The first document that matches a request and a class counts; the shipped
 * default stands behind them all.
 */
import { z } from 'zod';
import { CLASSES } from '../engine/detector.ts';
import { ACTIONS } from '../engine/policy.ts';
import { checked, cidr, dateProblem, methods } from './checks.ts';
import { ROUTE_CLASS_NAMES } from './names.ts';

const cents = z.int().min(0);
const exemption = z
  .strictObject({
    address: cidr.optional(),
    principal: z.string().min(1).optional(),
    credential: z.string().min(1).optional(),
    owner: z.string().min(1).describe('Who answers for this exemption.'),
    reason: z.string().min(1).describe('Why it is there.'),
    expires: checked(dateProblem, 'Date from which it counts no more.'),
  })
  .refine(
    (e) => [e.address, e.principal, e.credential].filter((v) => v !== undefined).length === 1,
    'an exemption names exactly one of address, principal, credential',
  );

const policyDocument = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,59}$/, 'a short name of small letters, digits and dashes'),
  description: z.string().default(''),
  match: z
    .strictObject({
      paths: z
        .array(z.string().startsWith('/'))
        .default([])
        .describe('Globs: * within a segment, ** over several. None: all.'),
      methods,
      hosts: z.array(z.string()).default([]),
      route_classes: z.array(z.enum(ROUTE_CLASS_NAMES)).default([]),
    })
    .prefault({}),
  class: z.union([z.enum(CLASSES), z.array(z.enum(CLASSES)).min(1)]).describe('Class or classes of abuse it is about.'),
  costs: z
    .strictObject({
      miss_cents: cents.optional().describe('What it costs to let one abusive actor go on.'),
      false_cents: z.partialRecord(z.enum(ACTIONS), cents).default({}),
    })
    .prefault({}),
  ladder: z
    .array(z.enum(ACTIONS))
    .optional()
    .describe('Actions that make sense, mildest first. Without it: the default.'),
  at_once: z.boolean().optional().describe('Goes to the cheapest action without the rungs between.'),
  ttl_s: z.array(z.int().min(1).max(2_592_000)).min(1).max(10).optional().describe('How long by repetition.'),
  mode: z.enum(['shadow', 'canary', 'enforce']).default('shadow'),
  canary_percent: z.number().min(0).max(100).default(1).describe('Share of actors acted on in canary mode.'),
  exemptions: z.array(exemption).default([]),
});

export const policies = z
  .array(policyDocument)
  .max(25)
  .default([])
  .describe('Policy documents; the first that matches counts.');

/** The one line that turns the shipped pack on. */
export const mode = z
  .enum(['observe', 'enforce'])
  .default('observe')
  .describe('observe: everything is scored and reported, nothing is acted on. enforce: the shipped policies act.');
