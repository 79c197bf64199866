/** A small world of its own for tests of this room: nothing here depends on the populations and campaigns of others. */
import type {
  Answer,
  Campaign,
  CampaignPlan,
  Client,
  Label,
  PopulationPlan,
  Request,
  Source,
  Visitor,
  World,
} from '../contract.ts';
import type { Random } from '../core/random.ts';
import { target } from '../site/index.ts';
import type { Registry } from './compose.ts';
import { parseScenario, type Scenario } from './scenario.ts';

/** Path of the sample document that tests read. */
export const SMALL_SITE = new URL('../site/fixtures/small.yaml', import.meta.url).pathname;

class Walker implements Visitor {
  nextAt: number;
  readonly label: Label;
  private readonly world: World;
  private readonly random: Random;
  private readonly client: Client;
  private session: string | undefined;
  private left: number;

  constructor(label: Label, world: World, random: Random, startMs: number) {
    this.label = label;
    this.world = world;
    this.random = random;
    this.nextAt = startMs;
    this.left = 2 + random.below(8);
    const address = `198.51.100.${random.below(200)}`;
    this.client = { address, agent: `Walker "${random.below(9)}" é`, protocol: 'HTTP/1.1', headers: {} };
  }

  send(): Request {
    const { random, client, session } = this;
    const { operations, inventory } = this.world.site;
    const operation = random.pick(operations);
    const account = random.pick(inventory.accounts);
    const { name, password } = account;
    const values = {
      name,
      password,
      id: 1 + random.below(300),
      query: 'shoes',
      code: 'XXXXX',
      product: 3,
      quantity: 1,
    };
    const names = operation.bodyProperties;
    const body =
      operation.method === 'GET' ? undefined : Object.fromEntries(names.map((key) => [key, bodyValue(key, values)]));
    return { client, method: operation.method, target: target(operation, values), body, session };
  }

  receive(answer: Answer, nowMs: number): void {
    if (typeof answer.body.session === 'string') this.session = answer.body.session;
    this.nextAt = --this.left > 0 ? nowMs + this.random.exponential(20_000) : Number.POSITIVE_INFINITY;
  }
}

function bodyValue(key: string, values: Readonly<Record<string, unknown>>): unknown {
  return values[key] ?? values.name;
}

function source(name: string, label: Label, world: World, startMs: number, endMs: number, visits: number): Source {
  const random = world.random(name);
  return {
    name,
    *arrivals() {
      const gapMs = (endMs - startMs) / Math.max(1, visits);
      for (let at = startMs + random.exponential(gapMs); at < endMs; at += random.exponential(gapMs)) {
        yield new Walker(label, world, random.fork(String(at)), at);
      }
    },
  };
}

/** Population and disturbance 'walkers', and campaigns that walk too. */
export const testRegistry: Registry = {
  populations: { walkers: (plan, world) => walkers(plan, world, world.startMs, world.endMs) },
  disturbances: {
    crowd: (plan, world) => {
      const endMs = plan.startMs + Number(plan.options.minutes) * 60_000;
      return walkers(plan, world, plan.startMs, endMs, (world.endMs - world.startMs) / (endMs - plan.startMs));
    },
  },
  createCampaign(plan: CampaignPlan, world: World): Campaign {
    const label: Label = { cohort: 'attack', campaign: plan.name, family: plan.family, level: plan.level };
    const visits = plan.budget.requests / 5;
    const spend = { requests: 0, addresses: 0, accounts: 0, solves: 0 };
    return { ...source(plan.name, label, world, plan.startMs, plan.endMs, visits), plan, spend, unit: 'things' };
  },
};

function walkers(plan: PopulationPlan, world: World, startMs: number, endMs: number, dense = 1): Source {
  const label: Label = { cohort: plan.cohort || plan.name, campaign: '', family: '', level: '' };
  const visits = (dense * plan.requestsPerDay * (endMs - startMs)) / 86_400_000 / 5;
  return source(plan.name, label, world, startMs, endMs, visits);
}

export const SMALL_SCENARIO = `
name: small
world:
  start: 2025-03-03
  duration: 6h
  openapi: ${SMALL_SITE}
site: { accounts: 200, products: 100, codes: 20, devices: 5, partners: 2 }
exchanges: 4000
share: 0.05
populations:
  - { name: walkers, part: 3 }
  - { name: more, kind: walkers, cohort: others, part: { between: [1, 2] } }
disturbances:
  - { kind: crowd, start: 1h 30m, total: 300, options: { minutes: 30 } }
  - { kind: outage, start: '50%', duration: 90s }
  - { kind: clock-skew, start: 4h, duration: 1h, options: { server: 1, by: 30s } }
  - { kind: lost-events, start: 2h, duration: 1h, options: { share: 0.5, server: all } }
campaigns:
  - { family: stuffing, levels: [E0, E2], start: { between: [1h, 3h] }, duration: 2h, budget: { requests: 100 } }
  - { family: scraping, levels: [E1], name: scraper, start: 10%, duration: 40%, budget: { requests: 300, addresses: 10 } }
`;

export function smallScenario(): Scenario {
  return parseScenario(SMALL_SCENARIO, 'small.yaml');
}
