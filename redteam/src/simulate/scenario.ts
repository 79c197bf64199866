/** The scenario file: what stands in it, and how it is read. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { FAMILIES, LEVELS, ROLES } from '../contract.ts';
import { amount, setting, time } from './draws.ts';
import { duration, instant } from './times.ts';

const share = z.number().min(0).max(0.9);
const count = z.number().int().min(0);
const options = z.record(z.string(), setting).default({});
const span = z.string().refine((text) => (duration(text) ?? 0) > 0, "must be a duration such as '20m', '7d'");

const world = z.strictObject({
  start: z.string().refine((text) => instant(text) !== undefined, 'must be a date, or an RFC 3339 time'),
  duration: span,
  openapi: z.string(),
  host: z.string().optional(),
  roles: z.record(z.string(), z.enum(ROLES)).default({}),
  vary: z.number().min(0).max(2).default(0.2),
});

const site = z.strictObject({
  accounts: count.min(1).optional(),
  products: count.min(1).optional(),
  codes: count.optional(),
  partners: count.optional(),
  devices: count.optional(),
  codeLength: count.min(1).max(32).optional(),
  codeAlphabet: z.string().min(2).optional(),
  workers: z.number().positive().optional(),
  errorRate: z.number().min(0).max(1).optional(),
  forgetful: z.array(z.string()).optional(),
  undocumented: z
    .array(z.strictObject({ method: z.string(), path: z.string().startsWith('/'), role: z.enum(ROLES).optional() }))
    .optional(),
});

const log = z.strictObject({
  servers: count.min(1).default(3),
  skew: span.default('15ms'),
  lost: z.number().min(0).max(1).default(0.0001),
  late: z.number().min(0).max(1).default(0.0005),
  lateBy: span.default('3s'),
});

const population = z
  .strictObject({
    name: z.string().min(1),
    kind: z.string().optional(),
    cohort: z.string().min(1).optional(),
    perDay: amount.optional(),
    total: amount.optional(),
    part: amount.optional(),
    options,
  })
  .refine(
    (it) => [it.perDay, it.total, it.part].filter((value) => value !== undefined).length === 1,
    'needs one of perDay, total and part: how many requests it makes',
  );

const disturbance = z.strictObject({
  name: z.string().min(1).optional(),
  kind: z.string(),
  cohort: z.string().min(1).optional(),
  start: time,
  duration: time.optional(),
  perDay: amount.optional(),
  total: amount.optional(),
  part: amount.optional(),
  options,
});

const campaign = z.strictObject({
  name: z.string().min(1).optional(),
  family: z.enum(FAMILIES),
  levels: z.array(z.enum(LEVELS)).min(1),
  start: time,
  duration: time,
  budget: z.strictObject({
    requests: amount,
    addresses: amount.optional(),
    accounts: amount.optional(),
    solves: amount.optional(),
  }),
  options,
});

const scenario = z.strictObject({
  name: z.string().min(1),
  description: z.string().default(''),
  world,
  site: site.default({}),
  log: log.prefault({}),
  exchanges: z.number().positive().optional(),
  share: share.optional(),
  populations: z.array(population).default([]),
  disturbances: z.array(disturbance).default([]),
  campaigns: z.array(campaign).default([]),
});

/** A scenario as it stands in its file; `world.openapi` is an absolute path. */
export type Scenario = z.infer<typeof scenario>;

/** What is wrong with a scenario, where, in words. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
}

/**
 * Reads a scenario file. Paths in it are relative to the file.
 * @throws ScenarioError: cannot be read, is not YAML, or says something that cannot be; each with its line
 */
export function readScenario(path: string): Scenario {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ScenarioError(`${path}: cannot be read (${(error as Error).message})`);
  }
  return parseScenario(text, path);
}

/** @throws ScenarioError, as {@link readScenario} does; `path` is what the text is called there */
export function parseScenario(text: string, path: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [broken] = document.errors;
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new ScenarioError(`${path}:${line}:${col}: ${broken.message.split('\n')[0]}`);
  }
  const parsed = scenario.safeParse(document.toJS());
  if (!parsed.success) {
    const at = (where: readonly PropertyKey[]) => {
      const { line, col } = lines.linePos(offsetOf(document, where));
      return `${path}:${line}:${col}`;
    };
    throw new ScenarioError(parsed.error.issues.map((issue) => inWords(issue, at)).join('\n'));
  }
  const found = parsed.data;
  checkNames(found, path);
  return { ...found, world: { ...found.world, openapi: resolve(dirname(path), found.world.openapi) } };
}

type Document = ReturnType<typeof parseDocument>;

/** Where something stands in the file, or what it is missing from. */
function offsetOf(document: Document, where: readonly PropertyKey[]): number {
  for (let n = where.length; n >= 0; n--) {
    const node = n === 0 ? document.contents : document.getIn(where.slice(0, n), true);
    const range = (node as { range?: readonly number[] } | null | undefined)?.range;
    if (range) return range[0];
  }
  return 0;
}

function inWords(issue: z.core.$ZodIssue, at: (where: readonly PropertyKey[]) => string): string {
  const name = issue.path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
  const where = `${at(issue.path)}: ${name === '' ? 'the scenario' : name}`;
  if (issue.code === 'unrecognized_keys') {
    return `${at([...issue.path, issue.keys[0]])}: ${name === '' ? 'a scenario' : name} has no ${issue.keys.join(', ')}`;
  }
  if (issue.code === 'invalid_value') return `${where} must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) return `${where} is missing`;
  if (issue.code === 'invalid_type') return `${where} must be of type ${issue.expected}`;
  return `${where} ${issue.message.replace(/^[A-Z]/, (letter) => letter.toLowerCase())}`;
}

/** Names tell streams of random numbers and lines of the score apart. */
function checkNames(found: Scenario, path: string): void {
  const seen = new Set<string>();
  const names = [...found.populations.map(({ name }) => name), ...found.campaigns.flatMap(campaignNames)];
  for (const name of names) {
    if (seen.has(name)) throw new ScenarioError(`${path}: the name "${name}" is given twice`);
    seen.add(name);
  }
  if (found.exchanges === undefined && found.populations.some(({ part }) => part !== undefined)) {
    throw new ScenarioError(`${path}: a population has a part, but the scenario says no number of exchanges`);
  }
}

/** What the campaigns of an entry are called: one for each of its levels. */
export function campaignNames(entry: Scenario['campaigns'][number]): string[] {
  const base = entry.name ?? entry.family;
  const plain = entry.name !== undefined && entry.levels.length === 1;
  return entry.levels.map((level) => (plain ? base : `${base}-${level}`));
}
