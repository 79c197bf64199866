/**
 * Usage plans: how much whoever is on a plan may use, how fast, for how much money, and who keeps going when there is
 * little room. docs/plans.md says what each of it does.
 */
import { z } from 'zod';
import { checked, methods, shortName } from './checks.ts';

/** Tiers, the most important first. */
export const TIERS = ['critical', 'normal', 'bulk'] as const;
export type Tier = (typeof TIERS)[number];

/** Largest amounts, so that sums in millionths stay exact. */
const MAX_AMOUNT_MINOR = 1_000_000_000;
const MAX_PRICE_MINOR = 1_000_000;
const MAX_COUNT = 1_000_000_000_000;
const MAX_PLANS = 1000;

function zoneProblem(text: string): string | null {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: text });
    return null;
  } catch {
    return `"${text}" is no time zone such as Europe/Berlin or UTC`;
  }
}

const by = z
  .enum(['credential', 'partner', 'principal', 'plan'])
  .optional()
  .describe('What is counted apart; as the plan says when left out. plan: all who are on it together.');
const mode = z.enum(['shadow', 'enforce']).default('enforce').describe('shadow: counted and reported, never refused.');
const per = z.enum(['day', 'month']).describe('A day or month of the calendar, in the time zone of the plan.');
const count = z.int().min(1).max(MAX_COUNT).optional();
const alertPercent = z
  .array(z.int().min(1).max(1000))
  .max(8)
  .default([80, 100])
  .describe('Shares of it at which operators are told, once each.');

const quota = z
  .strictObject({
    name: shortName.optional().describe('As clients are told; made of the plan and the period when left out.'),
    per,
    requests: count,
    units: count.describe('Cost units, as routes and bodies are weighed; a request of unknown cost takes one.'),
    bytes: count.describe('Bytes of answers.'),
    alert_percent: alertPercent,
    by,
    mode,
  })
  .refine(
    ({ requests, units, bytes }) => requests !== undefined || units !== undefined || bytes !== undefined,
    'a quota says how many requests, units or bytes',
  );

const rate = z.strictObject({
  name: shortName.optional(),
  unit: z.enum(['requests', 'cost']).default('requests').describe('What is counted. cost: units, as for quotas.'),
  limit: z.int().min(1).max(MAX_COUNT).describe('Requests, or units, in a window.'),
  window_s: z.number().positive().max(86_400),
  burst: z.int().min(1).max(MAX_COUNT).optional().describe('How many may come at once; the limit when left out.'),
  by,
  mode,
});

const concurrency = z
  .union([z.int().min(1), z.strictObject({ limit: z.int().min(1), by, mode })])
  .optional()
  .describe('Requests under way at once.');

const price = z.number().min(0).max(MAX_PRICE_MINOR).default(0);
const percent = z.number().min(1).max(100);

const budget = z
  .strictObject({
    name: shortName.optional(),
    per,
    amount_minor: z.int().min(1).max(MAX_AMOUNT_MINOR).describe('In the smallest unit of any one currency.'),
    request_minor: price.describe('Price of a request; up to six decimals.'),
    unit_minor: price.describe('Price of a cost unit.'),
    kb_minor: price.describe('Price of 1,024 bytes of answers.'),
    throttle_at_percent: percent.default(80).describe('From here on a growing share of requests is put off.'),
    hard_at_percent: percent.default(100).describe('From here on all are refused until the period is over.'),
    alert_percent: alertPercent,
    by,
    mode,
  })
  .refine(
    ({ request_minor, unit_minor, kb_minor }) => request_minor + unit_minor + kb_minor > 0,
    'a budget says what a request, a unit or a KB costs',
  )
  .refine((b) => b.throttle_at_percent <= b.hard_at_percent, 'throttle_at_percent must not be above hard_at_percent')
  .optional()
  .describe('What may be spent, and what things cost.');

const plan = z.strictObject({
  name: shortName.describe('As keys, certificates and claims name it.'),
  tier: z.enum(TIERS).default('normal').describe('Who keeps going when there is little room: see reserve.'),
  default: z.boolean().default(false).describe('The plan of callers who have none, and of anonymous ones.'),
  by: z
    .enum(['credential', 'partner', 'principal', 'plan'])
    .default('credential')
    .describe('What is counted apart. Who has not proven to be anybody is counted by address.'),
  time_zone: checked(zoneProblem, 'Time zone of its days and months, such as Europe/Berlin.').default('UTC'),
  routes: z
    .array(
      z.strictObject({
        path: z.string().startsWith('/').default('/**'),
        methods,
      }),
    )
    .max(100)
    .default([])
    .describe('Requests that count; all when empty.'),
  quotas: z.array(quota).max(8).default([]),
  rates: z.array(rate).max(8).default([]),
  concurrency,
  budget,
});

export const plans = z.array(plan).max(MAX_PLANS).default([]).describe('Usage plans: quotas, rates, budgets, tiers.');

const share = z.number().min(0).max(90).default(0);

export const reserve = z
  .strictObject({
    critical_percent: share.describe('Of gateway.overload.max_in_flight: kept for callers of tier critical.'),
    normal_percent: share.describe('The same for tier normal, against tier bulk.'),
  })
  .refine((r) => r.critical_percent + r.normal_percent <= 90, 'more than 90 percent cannot be kept')
  .prefault({})
  .describe('Room that is kept for the plans of a tier.');

export type Plan = z.output<typeof plans>[number];

/** Place of the plan of that name in the configuration + 1: what column `plan` of a row holds. 0: there is none. */
export function planNumber(config: { readonly plans: readonly Pick<Plan, 'name'>[] }, name: string): number {
  return config.plans.findIndex((one) => one.name === name) + 1;
}

/**
 * Requests a day that each plan allows a key or a partner, in the order of the configuration, as detectors are told: the smallest
 * of its daily quotas; 0 where it has none. What all on a plan have together says nothing of one of them. Empty where no plan
 * has any: then plans are nothing to the engine.
 */
export function requestsPerDay(plans: readonly Plan[]): number[] {
  const all = plans.map((plan) => {
    const daily = plan.quotas.filter(
      ({ per, by = plan.by }) => per === 'day' && (by === 'credential' || by === 'partner'),
    );
    const limits = daily.flatMap(({ requests }) => requests ?? []);
    return limits.length === 0 ? 0 : Math.min(...limits);
  });
  return all.some((limit) => limit > 0) ? all : [];
}
