/** A campaign: workers of one family and level on one budget. */
import type { Campaign, CampaignPlan, Label, Spend, Visitor, World } from '../contract.ts';
import type { Random } from '../core/random.ts';
import { countriesOf } from '../net/addresses.ts';
import { countryOf } from '../net/countries.ts';
import { parametersOf } from '../world/parameters.ts';
import { AdaptiveSender, Mind } from './adaptive.ts';
import { AddressBook } from './addresses.ts';
import { Roads } from './journey.ts';
import { Kit } from './kit.ts';
import { inHours, Pace, type Tempo, tempo } from './pace.ts';
import { Purse } from './purse.ts';
import {
  dress,
  type Means,
  MimicSender,
  NaiveSender,
  ResidentialSender,
  RotatingSender,
  type Sender,
} from './senders.ts';
import { diversions } from './tactics.ts';
import type { Identity, Machine, Play, Rules } from './types.ts';
import { type Staff, Worker } from './worker.ts';

const NETWORKS = [
  ['residential', 78],
  ['mobile', 22],
] as const;

/** A worker that is not there yet. */
export interface Post {
  readonly startMs: number;
  readonly staff: () => Staff;
}

export class AttackCampaign implements Campaign {
  readonly plan: CampaignPlan;
  readonly unit: string;
  /** What an adaptive campaign has learned; undefined below E4. */
  readonly mind: Mind | undefined;
  private readonly purse: Purse;
  private readonly kit: Kit;
  private readonly rules: Rules;
  private readonly play: Play;

  /** @throws Error if the site lacks a role that the family needs, or the budget what it cannot do without. */
  constructor(plan: CampaignPlan, world: World, rules: Rules) {
    if (!(plan.endMs > plan.startMs)) throw new RangeError(`${plan.name}: ends at or before its start`);
    this.plan = plan;
    this.unit = rules.unit;
    this.rules = rules;
    this.purse = new Purse(plan.budget);
    this.kit = new Kit(plan, world, this.purse);
    this.play = rules.plan(this.kit);
    this.mind = plan.level === 'E4' ? new Mind() : undefined;
  }

  get name(): string {
    return this.plan.name;
  }

  get spend(): Readonly<Spend> {
    return this.purse.spend;
  }

  /** Workers by their start. What they have in common is made here, so that a second call begins the work anew on one budget. */
  *arrivals(): Iterator<Visitor> {
    const posts = this.posts().sort((a, b) => a.startMs - b.startMs);
    for (const { startMs, staff } of posts) {
      const worker = new Worker(staff(), startMs);
      if (Number.isFinite(worker.nextAt)) yield worker;
    }
  }

  private posts(): Post[] {
    const { plan, kit, rules, play } = this;
    const { world, options } = kit;
    const label: Label = Object.freeze({
      cohort: 'attack',
      campaign: plan.name,
      family: plan.family,
      level: plan.level,
    });
    const endMs = Math.min(plan.endMs, world.endMs);
    const means = this.means();
    const roads = new Roads(world, kit.surface, rules.machines === undefined);
    const base = { label, roads, level: kit.level, endMs, clock: kit };
    const side = this.mind === undefined ? undefined : diversions(kit, means, base, play);
    const { perSecond, manual = false, machines } = rules;
    const times = tempo(
      plan,
      options,
      { perSecond, manual, machines, rate: rules.rate?.(kit), zone: homeZone(kit) },
      kit.random.fork('hours'),
    );
    const hire = senders(means, this.mind);
    const starts = startTimes(
      Math.max(plan.startMs, world.startMs) + (side?.leadMs ?? 0),
      endMs,
      times,
      plan,
      kit.random,
    );
    const posts = starts.map((startMs, index): Post => {
      const staff = () => {
        const random = kit.random.fork(`worker/${index}`);
        const moves = play.moves(index, random.fork('moves'));
        const sender = hire(random.fork('sender'));
        return { ...base, purse: this.purse, sender, pace: new Pace(times, random.fork('pace')), moves, random };
      };
      return { startMs, staff };
    });
    return side === undefined ? posts : [...posts, ...side.posts];
  }

  private means(): Means {
    const { kit, rules } = this;
    const neighbours = kit.options.list('neighbours') ?? kit.world.sharedAddresses;
    const book = new AddressBook(kit.random.fork('addresses'), this.purse, neighbours);
    const own = rules.machine;
    const tool = rules.toolOf?.(kit.random.fork('tool')) ?? rules.tool;
    const machine = (random: Random, country: string): Machine =>
      own === undefined ? dress(tool, rules.apps ?? 0.15, kit, random, country) : own(random, kit, country);
    return { kit, book, networks: rules.networks ?? NETWORKS, countries: countries(kit), dress: machine };
  }
}

/**
 * Countries to draw lines from, as often as they stand here: option `countries` (codes, separated by commas), else at E2 where
 * proxies are cheap, and from E3 on where the site's customers are.
 */
function countries(kit: Kit): readonly string[] {
  const given = kit.options.list('countries');
  if (given !== undefined && given.length > 0) return given;
  const random = kit.random.fork('countries');
  const cheap = random.shuffled(countriesOf('residential')).slice(0, 2 + random.below(4));
  const { market } = parametersOf(kit.world);
  const customers = Array.from({ length: 30 }, () => random.weighted(market));
  return kit.level >= 3 ? customers : [...cheap, ...customers.slice(0, cheap.length)];
}

/** Senders of the campaign's level; what all its workers share is made once. */
function senders(means: Means, mind: Mind | undefined): (random: Random) => Sender {
  const { kit } = means;
  switch (kit.plan.level) {
    case 'E0': {
      const shared: { identity?: Identity } = {};
      return (random) => new NaiveSender(means, shared, random);
    }
    case 'E1': {
      const random = kit.random.fork('agents');
      const agents = Array.from({ length: 4 + random.below(40) }, () => means.dress(random, ''));
      return (own) => new RotatingSender(means, agents, own);
    }
    case 'E2':
      return (random) => new ResidentialSender(means, random);
    case 'E3':
      return (random) => new MimicSender(means, random);
    case 'E4':
      return (random) => new AdaptiveSender(means, mind as Mind, random);
  }
}

/** Hours that the clocks of most customers are ahead of UTC. */
function homeZone(kit: Kit): number {
  return countryOf(parametersOf(kit.world).market[0][0]).utcOffset;
}

/** When the workers start: a tool's threads together, scripts within minutes, people over the time that they take for a visit. */
function startTimes(startMs: number, endMs: number, times: Tempo, plan: CampaignPlan, random: Random): number[] {
  const draws = random.fork('starts');
  const window = endMs - startMs;
  // Nobody starts on the minute.
  const first = startMs + draws.between(0, Math.min(300_000, 0.02 * window));
  const spread = { E0: 1500, E1: 90_000, E2: 3 * times.cycleMs, E3: 8 * times.cycleMs, E4: 5 * times.cycleMs }[
    plan.level
  ];
  const within = Math.min(spread, 0.15 * window);
  return Array.from({ length: times.workers }, () => inHours(first, draws.uniform() * within, times.hours));
}
