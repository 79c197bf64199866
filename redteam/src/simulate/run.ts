/** Simulated time: takes the visitor who acts next, asks the site, tells the visitor, goes on. */
import type { Answer, Campaign, CampaignPlan, Exchange, Request, Spend, Visitor } from '../contract.ts';
import { Heap } from '../core/heap.ts';
import type { SimulatedSite } from '../site/index.ts';
import { type Composed, compose, type Registry, simulatedSite } from './compose.ts';
import { Loot } from './gain.ts';
import { delayed, type Interference, ownAnswer } from './interference.ts';
import type { Plan, Sizing } from './plan.ts';
import type { Scenario } from './scenario.ts';

export interface LoopOptions {
  /** Nothing in between: everything is served. */
  readonly interference?: Interference;
  /** Told now and then how far the world is. */
  readonly progress?: (timeMs: number, exchanges: number) => void;
}

export interface RunOptions extends LoopOptions, Sizing {
  readonly registry: Registry;
}

export interface CampaignResult {
  readonly plan: CampaignPlan;
  readonly unit: string;
  readonly spend: Readonly<Spend>;
  readonly exchanges: number;
  readonly gain: number;
  /** 0 where it sent nothing. */
  readonly firstMs: number;
  readonly lastMs: number;
}

export interface RunResult {
  readonly scenario: string;
  readonly seed: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly exchanges: number;
  readonly attackExchanges: number;
  /** Exchanges by cohort. */
  readonly cohorts: Readonly<Record<string, number>>;
  readonly campaigns: readonly CampaignResult[];
  readonly plan: Plan;
}

/** Called for every exchange, in order of the times at which the requests arrived. */
export type Sink = (exchange: Exchange) => void;

/**
 * Runs a world from its first to its last moment. The same scenario, seed and sizing give the same exchanges.
 * @throws ScenarioError as `compose` does; Error naming the source whose visitor went back in time
 */
export function run(scenario: Scenario, seed: string | number, sink: Sink, options: RunOptions): RunResult {
  return runComposed(scenario, seed, compose(scenario, seed, options.registry, options), sink, options);
}

/** {@link run} for a world that is composed already; a composed world runs once. */
export function runComposed(
  scenario: Scenario,
  seed: string | number,
  composed: Composed,
  sink: Sink,
  options: LoopOptions = {},
): RunResult {
  const site = simulatedSite(scenario, seed, composed);
  const loop = new Loop(site, composed.campaigns, sink, options);
  for (const source of [...composed.sources, ...composed.campaigns]) loop.welcome(source.name, source.arrivals());
  loop.run(composed.plan.endMs);
  const { startMs, endMs } = composed.plan;
  const counted = loop.counted();
  return { scenario: scenario.name, seed: String(seed), startMs, endMs, plan: composed.plan, ...counted };
}

/** A source with the visitor who comes next. */
interface Queue {
  readonly name: string;
  readonly arrivals: Iterator<Visitor>;
  next: Visitor;
}

interface Tally {
  readonly campaign: Campaign;
  readonly loot: Loot;
  exchanges: number;
  gain: number;
  firstMs: number;
  lastMs: number;
}

const PROGRESS_EVERY = 8192;

class Loop {
  private readonly site: SimulatedSite;
  private readonly sink: Sink;
  private readonly options: LoopOptions;
  private readonly visitors = new Heap<Visitor>();
  private readonly queues = new Heap<Queue>();
  private readonly tallies: ReadonlyMap<string, Tally>;
  private readonly cohorts = new Map<string, number>();
  private exchanges = 0;
  private attacks = 0;
  private nowMs = Number.NEGATIVE_INFINITY;

  constructor(site: SimulatedSite, campaigns: readonly Campaign[], sink: Sink, options: LoopOptions) {
    this.site = site;
    this.sink = sink;
    this.options = options;
    this.tallies = new Map(
      campaigns.map((campaign) => [
        campaign.plan.name,
        { campaign, loot: new Loot(campaign.plan.family, site), exchanges: 0, gain: 0, firstMs: 0, lastMs: 0 },
      ]),
    );
  }

  welcome(name: string, arrivals: Iterator<Visitor>): void {
    const { done, value } = arrivals.next();
    if (!done) this.queues.push(value.nextAt, { name, arrivals, next: value });
  }

  run(endMs: number): void {
    const { visitors, queues } = this;
    for (;;) {
      if (queues.minimum <= visitors.minimum) {
        if (queues.minimum >= endMs) return;
        this.arrive(queues.peek() as Queue);
      } else {
        if (visitors.minimum >= endMs) return;
        this.step(visitors.peek() as Visitor, endMs);
      }
    }
  }

  private arrive(queue: Queue): void {
    const visitor = queue.next;
    this.check(visitor.nextAt, queue.name);
    this.visitors.push(visitor.nextAt, visitor);
    const { done, value } = queue.arrivals.next();
    if (done) {
      this.queues.pop();
      return;
    }
    queue.next = value;
    this.check(value.nextAt, queue.name);
    this.queues.rekeyTop(value.nextAt);
  }

  private step(visitor: Visitor, endMs: number): void {
    this.nowMs = this.visitors.minimum;
    const timeMs = Math.floor(this.nowMs);
    const request = visitor.send();
    const answer = this.answer(request, timeMs);
    this.count(visitor, request, answer, timeMs);
    visitor.receive(answer, this.nowMs + answer.durationMs);
    const next = visitor.nextAt;
    if (next >= endMs) {
      this.visitors.pop();
      return;
    }
    this.check(next, visitor.label.campaign || visitor.label.cohort);
    this.visitors.rekeyTop(next);
  }

  private answer(request: Request, timeMs: number): Answer {
    const { interference } = this.options;
    if (interference === undefined) return this.site.answer(request, timeMs);
    const verdict = interference.handle(request, timeMs);
    // Who bought the solution of a challenge passes it.
    if (verdict.handling === 'challenged' && request.solved === true) return this.site.answer(request, timeMs);
    return ownAnswer(verdict) ?? delayed(this.site.answer(request, timeMs), verdict);
  }

  private count(visitor: Visitor, request: Request, answer: Answer, timeMs: number): void {
    const { label } = visitor;
    const { options } = this;
    options.interference?.observe?.({ timeMs, request, answer });
    this.cohorts.set(label.cohort, (this.cohorts.get(label.cohort) ?? 0) + 1);
    if (++this.exchanges % PROGRESS_EVERY === 0) options.progress?.(timeMs, this.exchanges);
    const tally = label.campaign === '' ? undefined : this.tallies.get(label.campaign);
    if (tally === undefined) {
      this.sink({ timeMs, request, answer, label });
      return;
    }
    const gain = tally.loot.take(request, answer);
    this.attacks++;
    if (tally.exchanges++ === 0) tally.firstMs = timeMs;
    tally.lastMs = timeMs;
    tally.gain += gain;
    this.sink({ timeMs, request, answer: gain === answer.gain ? answer : { ...answer, gain }, label });
  }

  /** NaN fails here too. */
  private check(nextMs: number, who: string): void {
    if (nextMs >= this.nowMs) return;
    throw new Error(`${who}: a visitor goes back in time, from ${this.nowMs} to ${nextMs}`);
  }

  counted(): Pick<RunResult, 'exchanges' | 'attackExchanges' | 'cohorts' | 'campaigns'> {
    return {
      exchanges: this.exchanges,
      attackExchanges: this.attacks,
      cohorts: Object.fromEntries([...this.cohorts].sort()),
      campaigns: [...this.tallies.values()].map(({ campaign, exchanges, gain, firstMs, lastMs }) => {
        return {
          plan: campaign.plan,
          unit: campaign.unit,
          spend: { ...campaign.spend },
          exchanges,
          gain,
          firstMs,
          lastMs,
        };
      }),
    };
  }
}
