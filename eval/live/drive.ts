/**
 * The red team's visitors through the gateway in front of the shop, in one process and in faster than real time: the clock of
 * the gateway runs as much faster as the visitors do. What became of every request is counted by who sent it.
 */
import { readFileSync } from 'node:fs';
import { startShop } from '../../examples/shop/src/shop.ts';
import type { Answer, Label, Source, Visitor } from '../../redteam/src/contract.ts';
import { type LiveSummary, runLive } from '../../redteam/src/live/index.ts';
import { composeWorld, type Scenario } from '../../redteam/src/simulate/index.ts';
import { parseOpenApi } from '../../src/config/openapi.ts';
import { type House, openHouse } from '../../src/doors/gateway/testing.ts';
import type { Mitigation } from '../../src/runtime/live/operator.ts';

export interface DriveOptions {
  readonly scenario: Scenario;
  readonly seed: string;
  readonly mode: 'observe' | 'enforce';
  /** World time in real time. */
  readonly factor: number;
  /** Real seconds, and requests a real second, at most. */
  readonly seconds: number;
  readonly requestsPerSecond: number;
}

/** What became of a campaign. Times are world seconds after its first request. */
export interface CampaignRun {
  readonly label: Label;
  sent: number;
  served: number;
  held: number;
  gain: number;
  firstMs: number;
  /** NaN where nothing was held. */
  firstHeldMs: number;
  servedBefore: number;
  sentAfter: number;
  heldAfter: number;
}

export interface CohortRun {
  readonly cohort: string;
  visitors: number;
  /** Visitors of whom a request was held. */
  hurt: number;
  sent: number;
  held: number;
  /** Requests held, by status. */
  readonly statuses: Map<number, number>;
}

export interface Driven {
  readonly campaigns: ReadonlyMap<string, CampaignRun>;
  readonly cohorts: ReadonlyMap<string, CohortRun>;
  readonly mitigations: readonly Mitigation[];
  readonly summary: LiveSummary;
  /** Requests that the gateway let through unscored or turned away for want of room. */
  readonly defects: readonly string[];
}

/** Runs the scenario once. */
export async function drive(options: DriveOptions): Promise<Driven> {
  const { scenario, seed, factor } = options;
  const { world, sources, campaigns } = composeWorld(scenario, seed);
  const letters = new Map<string, string>();
  const shop = await startShop({
    data: world.site.inventory,
    signals: true,
    mail: ({ account, text }) => letters.set(account.toLowerCase(), /\b\d{4,8}\b/.exec(text)?.[0] ?? ''),
  });
  const defects: string[] = [];
  const house = await openFast(shop.url, options, defects);
  const book = new Book();
  try {
    const { seconds, requestsPerSecond } = options;
    const summary = await runLive({
      url: house.url,
      world,
      sources: [...sources, ...campaigns].map((source) => book.watch(source)),
      factor,
      limits: { seconds, requestsPerSecond, inFlight: 64, requests: 100_000 },
      mailbox: (name) => letters.get(name.toLowerCase()),
    });
    for (const { campaign, gain } of summary.labels) {
      const run = book.campaigns.get(campaign);
      if (run !== undefined) run.gain = gain;
    }
    const mitigations = house.live.operator.mitigations({ limit: 2000 });
    return { campaigns: book.campaigns, cohorts: book.cohorts, mitigations, summary, defects };
  } finally {
    await house.close();
    await shop.close();
  }
}

/** The gateway, with a clock that runs as fast as the visitors do. */
function openFast(upstream: string, { scenario, mode, factor }: DriveOptions, defects: string[]): Promise<House> {
  const startedMs = Date.now();
  return openHouse({
    upstream,
    openapi: parseOpenApi(readFileSync(scenario.world.openapi, 'utf8'), scenario.world.openapi),
    clock: () => startedMs + (Date.now() - startedMs) * factor,
    settings: {
      mode,
      gateway: {
        // A delay is waited for in real time.
        throttle: { max_delay_ms: Math.round(2000 / factor) },
        // Visitors, gateway and shop share one thread: that it is late says nothing about abuse.
        overload: { enabled: false },
      },
    },
    onDefect: (error) => defects.push(String(error)),
  });
}

/** Counts who was served and who was held. */
class Book {
  readonly campaigns = new Map<string, CampaignRun>();
  readonly cohorts = new Map<string, CohortRun>();

  watch(source: Source): Source {
    const follow = (visitor: Visitor): Visitor => this.follow(visitor);
    return {
      name: source.name,
      *arrivals() {
        const visitors = source.arrivals();
        for (let next = visitors.next(); next.done !== true; next = visitors.next()) yield follow(next.value);
      },
    };
  }

  private follow(visitor: Visitor): Visitor {
    const tell = visitor.label.campaign === '' ? this.person(visitor.label) : this.attacker(visitor.label);
    return {
      label: visitor.label,
      get nextAt() {
        return visitor.nextAt;
      },
      send: () => visitor.send(),
      receive: (answer, nowMs) => {
        // A status of 0 is no answer at all: a bound of the run, or a broken connection.
        if (answer.status !== 0) tell(answer, nowMs);
        visitor.receive(answer, nowMs);
      },
    };
  }

  private attacker(label: Label): (answer: Answer, nowMs: number) => void {
    let run = this.campaigns.get(label.campaign);
    if (run === undefined) {
      const none = { sent: 0, served: 0, held: 0, gain: 0, servedBefore: 0, sentAfter: 0, heldAfter: 0 };
      run = { label, ...none, firstMs: Number.NaN, firstHeldMs: Number.NaN };
      this.campaigns.set(label.campaign, run);
    }
    return (answer, nowMs) => note(run, isHeld(answer), nowMs);
  }

  private person({ cohort }: Label): (answer: Answer, nowMs: number) => void {
    let run = this.cohorts.get(cohort);
    if (run === undefined) {
      run = { cohort, visitors: 0, hurt: 0, sent: 0, held: 0, statuses: new Map() };
      this.cohorts.set(cohort, run);
    }
    const counts = run;
    let came = false;
    let hurt = false;
    return (answer) => {
      counts.sent++;
      if (!came) counts.visitors++;
      came = true;
      if (!isHeld(answer)) return;
      counts.held++;
      counts.statuses.set(answer.status, (counts.statuses.get(answer.status) ?? 0) + 1);
      if (!hurt) counts.hurt++;
      hurt = true;
    };
  }
}

/** Refused or challenged: a live visitor solves no challenge. What was delayed was served. */
const isHeld = ({ handling }: Answer): boolean => handling === 'refused' || handling === 'challenged';

function note(run: CampaignRun, held: boolean, nowMs: number): void {
  if (Number.isNaN(run.firstMs)) run.firstMs = nowMs;
  run.sent++;
  if (held) {
    run.held++;
    if (Number.isNaN(run.firstHeldMs)) run.firstHeldMs = nowMs;
  } else run.served++;
  if (Number.isNaN(run.firstHeldMs)) run.servedBefore++;
  else {
    run.sentAfter++;
    if (held) run.heldAfter++;
  }
}
