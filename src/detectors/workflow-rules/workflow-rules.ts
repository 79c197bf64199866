/** Catalogue 16: a declared process is not kept: a step is left out, repeated, or done at another price. */

import { type Aggregate, type Condition, condition, mark, type Needs, type Values } from '../../engine/aggregates.ts';
import { type BuildContext, CAP, defineDetector, type Judgement, NOTHING } from '../../engine/detector.ts';
import type { Facts } from '../../engine/facts.ts';
import type { ActorDimension, Dimension, Key } from '../../engine/keys.ts';
import type { Bond, Workflow, WorkflowRule, WorkflowStep } from '../../engine/workflow.ts';
import { METHODS } from '../../enrich/facts.ts';
import type { RouteTemplate } from '../../enrich/model.ts';
import { BUSINESS } from '../../event/exchange.ts';
import { days, humanDuration } from '../../lib/units.ts';

/** How long steps have been watched before one that is missing is held against anybody, in seconds. */
const WARM_UP_S = 1800;

type Mark = Values['mark'];
type Test = (facts: Facts) => boolean;

/** An exchange that went well: what was refused was no step. */
const wentWell: Test = (f) => f.status >= 200 && f.status < 400;

/** Who or what earlier steps are kept under. An object goes by its id: other steps have routes of their own. */
const DIMENSION: Readonly<Record<Bond, Dimension>> = {
  session: 'session',
  principal: 'principal',
  credential: 'credential',
  object: 'item',
};

/** Who has one of these answers for it, and not the address. */
const WHO = ['session', 'principal', 'credential'] as const;

const isThere: Readonly<Record<Bond, Test>> = {
  session: ({ batch, row }) => batch.sessionLo[row] !== 0,
  principal: (f) => f.hasPrincipal,
  credential: ({ batch, row }) => batch.credentialLo[row] !== 0,
  object: (f) => f.hasObject,
};

/** Predicates of the steps under the routes of a model. */
class Steps {
  private readonly routes: readonly RouteTemplate[];
  private readonly any: Condition;

  constructor(workflows: readonly Workflow[], routes: readonly RouteTemplate[]) {
    this.routes = routes;
    const marked = new Uint8Array(routes.length + 1);
    for (const { rules } of workflows)
      for (const rule of rules) for (const step of stepsOf(rule)) if (step.business === 0) marked[this.idOf(step)] = 1;
    // Paths without a template of their own are no step.
    marked[0] = 0;
    this.any = condition('step of a workflow', (f) => marked[f.route] === 1 || f.business !== 0);
  }

  get all(): Condition {
    return this.any;
  }

  private idOf({ template }: WorkflowStep): number {
    return this.routes.findIndex((route) => route.template === template && route.retired !== true) + 1;
  }

  testOf(step: WorkflowStep): Test {
    const { business, methods } = step;
    if (business !== 0) return (f) => f.business === business;
    const id = this.idOf(step);
    if (id === 0) return () => false;
    return (f) =>
      f.route === id && f.kind !== BUSINESS && wentWell(f) && (methods.length === 0 || methods.includes(f.method));
  }

  conditionOf(step: WorkflowStep): Condition {
    return condition(`step ${textOf(step)}`, this.testOf(step), this.any);
  }
}

const stepsOf = (rule: WorkflowRule): WorkflowStep[] =>
  rule.kind === 'requires'
    ? [rule.step, ...rule.requires]
    : rule.kind === 'amount'
      ? [rule.step, rule.as]
      : [rule.step];

const textOf = ({ template, business, methods }: WorkflowStep): string =>
  business === 0 ? `${methods.join()} ${template}` : `event ${business}`;

const keyOf = ({ same }: WorkflowRule): Key => {
  const [first, second] = same.map((bond) => DIMENSION[bond]);
  return second === undefined ? first : [first, second];
};

/** Is the rule about this actor? One about an object alone is about whoever does the step. */
function concerns(rule: WorkflowRule, actor: ActorDimension): boolean {
  const who: readonly string[] = rule.same.filter((bond) => bond !== 'object');
  return who.length === 0 || who.includes(actor);
}

/** A rule, compiled: what it needs, and whether the event at hand breaks it. */
interface Check {
  readonly needs: Readonly<Record<string, Aggregate>>;
  readonly test: Test;
  readonly isBroken: (values: Readonly<Record<string, Mark>>, facts: Facts) => boolean;
  readonly say: (values: Readonly<Record<string, Mark>>) => string;
}

/** What a rule is called, whom it is about, and where its marks are kept. */
interface Draft {
  readonly title: string;
  readonly same: string;
  readonly key: Key;
  readonly id: number;
  readonly test: Test;
}

function checkOf(flow: string, rule: WorkflowRule, id: number, steps: Steps, warmUpMs: number): Check {
  const stepTest = steps.testOf(rule.step);
  const draft: Draft = {
    title: `"${rule.name}" of ${flow}`,
    same: `the same ${rule.same.join(' and ')}`,
    key: keyOf(rule),
    id,
    test: (f) => stepTest(f) && rule.same.every((bond) => isThere[bond](f)),
  };
  if (rule.kind === 'at-most') return atMost(draft, rule, steps);
  return rule.kind === 'amount' ? amountOf(draft, rule, steps) : requires(draft, rule, steps, warmUpMs);
}

type RuleOf<K extends WorkflowRule['kind']> = Extract<WorkflowRule, { kind: K }>;

function atMost({ title, same, key, id, test }: Draft, rule: RuleOf<'at-most'>, steps: Steps): Check {
  const name = `rule${id}`;
  const span = humanDuration(rule.windowMs);
  return {
    needs: { [name]: mark({ key, windowMs: rule.windowMs, when: steps.conditionOf(rule.step) }) },
    test,
    isBroken: (v) => v[name].n > rule.most,
    say: (v) => `${title}: ${rule.step.name} ${v[name].n} times within ${span} for ${same}, at most ${rule.most}`,
  };
}

/** Marks of earlier steps, and one of the step itself: a record takes part only in events that it has a condition for. */
function marksOf({ key, id }: Draft, rule: WorkflowRule, before: readonly WorkflowStep[], steps: Steps) {
  const markOf = (step: WorkflowStep) => mark({ key, windowMs: days(1), when: steps.conditionOf(step) });
  const names = before.map((_, i) => `rule${id}.${i}`);
  const marks = before.map((step, i): [string, Aggregate] => [names[i], markOf(step)]);
  return { names, needs: { [`rule${id}.own`]: markOf(rule.step), ...Object.fromEntries(marks) } };
}

function amountOf(draft: Draft, rule: RuleOf<'amount'>, steps: Steps): Check {
  const { names, needs } = marksOf(draft, rule, [rule.as], steps);
  const [name] = names;
  const { title, same, test } = draft;
  return {
    needs,
    test,
    isBroken: (v) => v[name].comparable === 1 && Math.abs(v[name].amountDelta) > rule.toleranceMinor,
    say: (v) =>
      `${title}: the amount of ${rule.step.name} is ${apart(v[name].amountDelta)} that of ${rule.as.name} for ${same}`,
  };
}

function requires(draft: Draft, rule: RuleOf<'requires'>, steps: Steps, warmUpMs: number): Check {
  const { names, needs } = marksOf(draft, rule, rule.requires, steps);
  const { title, same, test } = draft;
  const watchedMs = Math.min(warmUpMs, rule.withinMs);
  const isMissing = (m: Mark): boolean => m.known === 0 || m.gapMs > rule.withinMs;
  return {
    needs: { ...needs, watched: mark({ key: ['all', 'all'], windowMs: days(1), when: steps.all }) },
    test,
    isBroken: (v) => v.watched.sinceSec * 1000 >= watchedMs && names.some((name) => isMissing(v[name])),
    say(v) {
      const missing = rule.requires.filter((_, i) => isMissing(v[names[i]])).map((step) => step.name);
      const span = humanDuration(rule.withinMs);
      return `${title}: ${rule.step.name} without ${missing.join(' and ')} for ${same} in the ${span} before`;
    },
  };
}

function apart(delta: number): string {
  return `${(Math.abs(delta) / 100).toFixed(2)} ${delta < 0 ? 'below' : 'above'}`;
}

function build({ actor, workflows = [], routes = [], tune }: BuildContext): Judgement<Needs> {
  const warmUpMs = tune('warm_up_s', WARM_UP_S) * 1000;
  const flows = workflows.flatMap(({ name, rules }) => rules.map((rule) => ({ name, rule })));
  const mine = flows.filter(({ rule }) => concerns(rule, actor));
  if (mine.length === 0) return NOTHING;
  const steps = new Steps(workflows, routes);
  const checks = mine.map(({ name, rule }, i) => checkOf(name, rule, i, steps, warmUpMs));
  const broken = (values: unknown, facts: Facts): Check[] =>
    actor === 'ip' && WHO.some((bond) => isThere[bond](facts))
      ? []
      : checks.filter((check) => check.test(facts) && check.isBroken(values as Record<string, Mark>, facts));
  return {
    needs: Object.assign({}, ...checks.map((check) => check.needs)) as Needs,
    when: steps.all,
    judge: (values, facts) => (broken(values, facts).length > 0 ? CAP.certain : 0),
    say: (values, facts) => {
      const said = broken(values, facts).map((check) => check.say(values as unknown as Record<string, Mark>));
      return `${said.join('; ')} (${METHODS[facts.method]} ${example(facts)})`;
    },
  };
}

/** The path: at most 60 characters. */
function example(f: Facts): string {
  const path = f
    .text('target')
    .split('?', 1)[0]
    .replace(/[\p{Cc}\p{Cf}]/gu, '·');
  return path.length > 60 ? `${path.slice(0, 60)}…` : path;
}

export const workflowRules = defineDetector({
  id: 'workflow-rules',
  number: 16,
  title: 'Broken workflow rule',
  class: 'workflow',
  group: 'sequence',
  owasp: ['API6', 'API3'],
  actors: ['ip', 'session', 'credential', 'principal'],
  on: 'response',
  cap: CAP.certain,
  deterministic: true,
  build,
});
