/**
 * The configuration, `sallyport.yaml`. Everything has a default: a file says only what differs. Keys are snake_case with
 * their unit at the end. docs/sallyport.schema.json is written from this schema, so descriptions here are what editors show.
 */
import { z } from 'zod';
import { CLASSES } from '../engine/detector.ts';
import { ACTIONS } from '../engine/policy.ts';
import { parseCidr } from '../lib/cidr.ts';
import { checked, cidr, cidrProblem, dateProblem, plainHeader } from './checks.ts';
import { identity } from './identity.ts';
import { inspection } from './inspection.ts';
import { admin, learning, records, telemetry } from './keep.ts';
import { ROUTE_CLASS_NAMES } from './names.ts';
import { outputs } from './outputs.ts';
import { plans, reserve } from './plans.ts';
import { mode, policies } from './policies.ts';
import { answers, challenge, gateway, limits, listen, upstream, upstreams } from './serve.ts';
import { workflows } from './workflows.ts';

/** Longest pattern accepted: a longer one is a list that should be written as a list. */
const MAX_PATTERN_LENGTH = 500;

function trustedProxyProblem(text: string): string | null {
  if (/\/0$/.test(text) && parseCidr(text)) {
    return `"${text}" trusts everyone: any client could then claim any address; name your proxies' networks`;
  }
  return cidrProblem(text);
}

function templateProblem(text: string): string | null {
  if (!text.startsWith('/')) return `"${text}" must begin with "/"`;
  if (/[?#]/.test(text)) return `"${text}" must be a path without query or fragment`;
  const open = text.replace(/\{[A-Za-z][\w-]*\}/g, '');
  return /[{}]/.test(open) ? `"${text}" has a parameter that is not a name in braces, such as {id}` : null;
}

/**
 * A pattern runs over every stored text, so it may not be able to take more than linear time: no back-references, no
 * look-around, no repetition of what itself repeats.
 */
function patternProblem(text: string): string | null {
  if (text.length > MAX_PATTERN_LENGTH) return `the pattern is longer than ${MAX_PATTERN_LENGTH} characters`;
  try {
    new RegExp(text, 'u');
  } catch (error) {
    return `not a regular expression: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`;
  }
  if (/\\[1-9k]|\(\?[=!<]/.test(text))
    return 'the pattern uses a back-reference or look-around, which can take forever';
  if (/[*+}]\s*\)[*+{]/.test(text)) return 'the pattern repeats a repetition, which can take forever';
  return null;
}

const template = checked(templateProblem, 'A path with parameters in braces: /users/{id}.');
const filePath = z.string().min(1).describe('A path relative to this file.');
const templates = (what: string) => z.array(template).default([]).describe(what);

const inputs = z
  .strictObject({
    paths: z
      .array(z.string().min(1))
      .default([])
      .describe('Files, patterns with * or folders to read when none is named.'),
    format: z
      .string()
      .min(1)
      .optional()
      .describe('Id of a log format (sallyport formats); found by sampling when left out.'),
    pattern: z.string().min(1).optional().describe('The string of nginx log_format or Apache LogFormat.'),
    fields: z
      .record(z.string(), z.string().min(1))
      .default({})
      .describe('For JSON logs: field of an exchange → key in the log, with dots for nested keys.'),
    time_meaning: z
      .enum(['start', 'end'])
      .optional()
      .describe('What the logged time is, where the format leaves it open.'),
  })
  .prefault({})
  .describe('What to read.');

const clients = z
  .strictObject({
    trusted_proxies: z
      .array(checked(trustedProxyProblem, 'A network your own proxies are in.'))
      .default([])
      .describe('The client is the rightmost address of the forwarding chain that is not in one of these.'),
    ja4_header: plainHeader
      .optional()
      .describe('Header in which a trusted proxy that ends TLS passes on the client’s JA4.'),
    internal: z.array(cidr).default([]).describe('Networks of your own besides the private ones.'),
    hosts: z
      .array(z.string().regex(/^[a-z0-9.*-]+(:\d+)?$/i, 'a host name such as shop.example or *.shop.example'))
      .default([])
      .describe('Names you serve. Requests in absolute form for others are attempts to use you as a proxy.'),
  })
  .prefault({})
  .describe('Who is who.');

const networks = z
  .strictObject({
    asn: filePath.optional().describe('MaxMind DB file that gives autonomous systems, instead of the shipped table.'),
    country: filePath.optional().describe('MaxMind DB file that gives countries.'),
  })
  .prefault({})
  .describe('Tables of networks.');

const routes = z
  .strictObject({
    templates: z
      .array(
        z.strictObject({
          template,
          class: z
            .enum(ROUTE_CLASS_NAMES)
            .optional()
            .describe('What the route is for; recognised by name when left out.'),
        }),
      )
      .default([])
      .describe('Route templates that are known. Others are learned.'),
    openapi: filePath.optional().describe('OpenAPI or Swagger document, JSON or YAML, whose paths are known routes.'),
    login: templates('Routes that check a password or the like.'),
    reset: templates('Routes that start a password reset.'),
    signup: templates('Routes that create accounts.'),
    search: templates('Search routes.'),
    code: templates('Routes that take promo, gift or one-time codes.'),
    lookup: templates('Routes that tell whether an account, address or number exists.'),
  })
  .prefault({})
  .describe('The API.');

const allowlistEntry = z
  .strictObject({
    address: cidr.optional(),
    agent: z
      .string()
      .min(3)
      .optional()
      .describe('A text the User-Agent contains. Anybody can send it: prefer the others.'),
    principal: z.string().min(1).optional().describe('An authenticated user.'),
    credential: z.string().min(1).optional().describe('The id of an API key or token, as logged.'),
    owner: z.string().min(1).describe('Who answers for this entry.'),
    reason: z.string().min(1).describe('Why it is there.'),
    expires: checked(dateProblem, 'Date from which the entry counts no more.'),
  })
  .superRefine((entry, context) => {
    const kinds = [entry.address, entry.agent, entry.principal, entry.credential].filter(
      (value) => value !== undefined,
    );
    if (kinds.length === 1) return;
    const message = 'an entry names exactly one of address, agent, principal, credential';
    context.addIssue({ code: 'custom', message, params: { code: 'SP1007' } });
  });

const cents = z.int().min(0);

const policy = z
  .strictObject({
    miss_cents: z
      .partialRecord(z.enum(CLASSES), cents)
      .default({})
      .describe('Finding class → what it costs to let one abusive actor go on, in hundredths of any one currency.'),
    false_cents: z
      .partialRecord(z.enum(ACTIONS), cents)
      .default({})
      .describe(
        'Action → what it costs where it falls on somebody who did nothing. The action of least expected cost is taken.',
      ),
  })
  .prefault({})
  .describe('What a wrong decision costs; src/policy/default.ts holds the defaults.');

const detectors = z
  .strictObject({
    disabled: z.array(z.string()).default([]).describe('Ids of detectors that are not to run (sallyport detectors).'),
    thresholds: z
      .record(z.string(), z.record(z.string(), z.number()))
      .default({})
      .describe("Detector id → threshold name → value; names stand in each detector's README."),
  })
  .prefault({})
  .describe('Detectors.');

const privacy = z
  .strictObject({
    redact_parameters: z
      .array(z.string().min(1))
      .default([])
      .describe('Names of query parameters whose values never leave, besides the built-in ones.'),
    redact_patterns: z
      .array(checked(patternProblem, 'A regular expression in linear time.'))
      .default([])
      .describe('What matches is replaced in every text that is stored or shown.'),
  })
  .prefault({})
  .describe('What must not be shown.');

/** Largest lateness bound: everything younger is kept in memory. */
export const MAX_LATENESS_S = 3600;

export const configSchema = z
  .strictObject({
    mode,
    listen,
    upstream,
    upstreams,
    gateway,
    identity,
    inspection,
    policies,
    limits,
    plans,
    reserve,
    challenge,
    answers,
    records,
    learning,
    telemetry,
    outputs,
    admin,
    inputs,
    clients,
    networks,
    routes,
    decoys: z
      .array(template)
      .default([])
      .describe('Paths that nothing links to and nobody has a reason to ask for: one touch is evidence.'),
    allowlist: z.array(allowlistEntry).default([]).describe('Traffic that is scored and reported, never acted on.'),
    detectors,
    workflows,
    policy,
    privacy,
    seed: z
      .int()
      .min(0)
      .max(0xffffffff)
      .default(0)
      .describe(
        'Secret number of this installation: keys its hashes and shifts its thresholds by up to 20 %. 0: none.',
      ),
    lateness_s: z
      .number()
      .min(0)
      .max(MAX_LATENESS_S)
      .default(60)
      .describe('How many seconds late a line may come and still be put in order.'),
  })
  .describe('Configuration of Sallyport. Every key may be left out.');

export type Config = z.output<typeof configSchema>;
export type AllowlistEntry = Config['allowlist'][number];

/** The JSON Schema that editors use, as docs/sallyport.schema.json holds it. */
export function configJsonSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' }), title: 'sallyport.yaml' };
}
