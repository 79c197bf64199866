/** What a route of the gateway can say, in `gateway.routes`. */
import { z } from 'zod';
import { AUTH_SCHEME, LEAK, ROLE, SENSITIVITY } from '../enrich/kinds.ts';
import { checked, dateProblem, methods } from './checks.ts';
import { jsonPath } from './json-path.ts';

const namesOf = <T extends string>(words: Readonly<Record<T, number>>, without: string): [T, ...T[]] =>
  Object.keys(words).filter((name) => name !== without) as [T, ...T[]];

const AUTH_SCHEME_NAMES = namesOf(AUTH_SCHEME, 'none');
const ROLE_NAMES = namesOf(ROLE, 'unknown');
const SENSITIVITY_NAMES = namesOf(SENSITIVITY, '');
const LEAK_NAMES = namesOf(LEAK, '');

/** What a route asks of the gateway. The first that matches counts; what it leaves out has the default. */
export const gatewayRoute = z.strictObject({
  match: z.strictObject({
    path: z.string().startsWith('/').default('/**').describe('* stands for anything but a slash, ** for anything.'),
    methods,
    host: z.string().optional(),
  }),
  upstream: z.string().optional().describe('Group; the first one when left out.'),
  timeout_s: z
    .number()
    .positive()
    .max(3600)
    .optional()
    .describe('From the request to the last byte of the answer; none for event streams.'),
  body_limit_bytes: z.int().min(0).optional(),
  response_limit_bytes: z.int().min(0).optional(),
  fail: z.enum(['open', 'closed']).default('open').describe('What happens when scoring fails or takes too long.'),
  scoring_budget_ms: z.number().positive().max(1000).default(50).describe('Longest wait for the owner of state.'),
  priority: z
    .enum(['critical', 'normal', 'bulk'])
    .default('normal')
    .describe('What is shed last and first under load.'),
  concurrency: z
    .int()
    .min(1)
    .optional()
    .describe('Fixed limit of requests at once; adaptive (Gradient2) when left out.'),
  capture: z
    .strictObject({
      until: checked(dateProblem, 'Date from which nothing is captured any more.'),
      reason: z.string().min(1),
      body_bytes: z.int().min(0).max(65_536).default(4096),
    })
    .optional()
    .describe('Keep raw requests of this route, encrypted, until a date. Every reading of them is audited.'),
  auth: z
    .strictObject({
      required: z.boolean().default(true).describe('Requests without an accepted credential are refused.'),
      schemes: z
        .array(z.enum(AUTH_SCHEME_NAMES))
        .default([])
        .describe('Which count here; all that are set up when empty.'),
      scopes: z.array(z.string().min(1)).default([]).describe('All of these are needed.'),
      roles: z.array(z.enum(ROLE_NAMES)).default([]).describe('One of these is needed.'),
    })
    .optional()
    .describe('Who may use this route.'),
  sensitivity: z
    .enum(SENSITIVITY_NAMES)
    .optional()
    .describe('What an answer is worth to somebody who should not have it: it scales what a miss costs.'),
  body: z
    .strictObject({
      inspect: z.boolean().default(true).describe('Look at request bodies.'),
      bytes: z.int().min(0).max(1_048_576).default(65_536).describe('Bytes held back to be looked at.'),
      beyond: z
        .enum(['prefix', 'refuse', 'spool'])
        .default('prefix')
        .describe('Larger bodies: look at the beginning, refuse them, or keep them on disk until they have come.'),
      spool_bytes: z.int().min(0).default(16_777_216).describe('Largest body kept on disk.'),
    })
    .optional()
    .describe('What happens to request bodies.'),
  answer: z
    .strictObject({
      inspect: z.boolean().default(true).describe('Look at the beginning of answers.'),
      bytes: z.int().min(0).max(1_048_576).default(65_536),
      objects: jsonPath().optional().describe('JSONPath of what counts as an object: $.items[*].'),
      owner: jsonPath().optional().describe('JSONPath of who the object belongs to: $.customer.id.'),
      withhold: z
        .array(z.enum(LEAK_NAMES))
        .default([])
        .describe('Answers that carry these are not sent, where that is seen before the head has gone.'),
      accepted: z
        .strictObject({
          status: z.array(z.int().min(100).max(599)).default([]),
          header: z.string().optional(),
          body: jsonPath().optional().describe('JSONPath that must give something true.'),
        })
        .optional()
        .describe('How an answer tells that the credentials were good, where the status does not.'),
    })
    .optional()
    .describe('What is looked at in answers.'),
  fields: z
    .strictObject({
      code: jsonPath().optional().describe('JSONPath of a promo, gift or one-time code in the body.'),
      object: jsonPath().optional().describe('JSONPath of the id of the object it is about.'),
      amount: jsonPath().optional().describe('JSONPath of an amount in whole units or with a point.'),
      subject: jsonPath().optional().describe('JSONPath of whom the request acts for or logs in as.'),
      password: jsonPath().optional().describe('JSONPath of a password: only a daily keyed hash is made of it.'),
      device: jsonPath().optional().describe('JSONPath of a device id.'),
    })
    .optional()
    .describe('Business fields of the request body; found by usual names when left out.'),
});
