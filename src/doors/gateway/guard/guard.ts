/**
 * The guard: whether there is room for a request, whoever asks. It looks at how much is under way and how late the event
 * loop runs, not at abuse; docs/overload.md is its description for operators.
 */
import type { Config } from '../../../config/schema.ts';
import type { Guard, Priority, Refusal, RouteSettings, Ticket } from '../contract.ts';
import { Degradation, type DegradationLevel, type StepListener } from './degrade.ts';
import type { GradientOptions } from './gradient.ts';
import { LagWindow } from './lag.ts';
import { type LoadSample, type LoadSource, memoryBound, processLoad } from './load.ts';
import { RouteLimit } from './route-limit.ts';
import { Shedder } from './shedder.ts';
import { Thinning } from './thinning.ts';

export type OverloadConfig = Config['gateway']['overload'];

export interface GuardOptions {
  readonly overload: OverloadConfig;
  /** Where the load comes from; this process when left out. */
  readonly source?: LoadSource;
  /** Memory that this process may hold, in bytes; found out when left out, 0: memory does not count. */
  readonly memoryBytes?: number;
  /** Scoring has gone a step up or down: for the journal and the metrics. */
  readonly onStep?: StepListener;
}

export const REFUSAL_CODES = ['SP7301', 'SP7302', 'SP7303'] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];
export const PRIORITIES = ['critical', 'normal', 'bulk'] as const satisfies readonly Priority[];

export interface RouteStatistics {
  readonly name: string;
  readonly adaptive: boolean;
  readonly limit: number;
  readonly inFlight: number;
  readonly admitted: number;
  readonly refused: number;
  /** Latency of the last window and the usual one, in ms; 0 while unknown. */
  readonly shortMs: number;
  readonly longMs: number;
}

export interface GuardStatistics {
  readonly inFlight: number;
  readonly maxInFlight: number;
  readonly admitted: number;
  readonly refused: readonly { readonly code: RefusalCode; readonly priority: Priority; readonly count: number }[];
  /** Delay of the event loop: its peaks, smoothed, and the least over the last interval, which tells whether it stands. */
  readonly peakLagMs: number;
  readonly standingLagMs: number;
  readonly rssBytes: number;
  readonly memoryBytes: number;
  /** 0 to 1. */
  readonly pressure: number;
  readonly degradation: DegradationLevel;
  readonly degradationSteps: number;
  readonly routes: readonly RouteStatistics[];
}

export interface OverloadGuard extends Guard {
  /** `risk` (0 to 1), where it is known, lets the riskier of two requests of one priority go first. */
  enter(route: RouteSettings, priority: Priority, nowMs: number, risk?: number): Ticket | Refusal;
  /** A new configuration counts from now on; what was learned about routes of the same name stays. */
  update(overload: OverloadConfig): void;
  statistics(): GuardStatistics;
}

/** Whether `enter` said no. */
export function isRefusal(answer: Ticket | Refusal): answer is Refusal {
  return 'status' in answer;
}

/** Share of all requests at once that each priority may fill: what is left above it is kept for the more important. */
const SHARE: Readonly<Record<Priority, number>> = { critical: 1, normal: 0.8, bulk: 0.6 };
/** Risk from which a request goes before others of its priority, and the share of any limit that it may fill. */
const RISKY = 0.5;
const RISKY_SHARE = 0.8;
const RISKY_HASTE = 4;
/** Some always get in, so that the most important traffic is thinned but never stopped. */
const SHED_MAX = 0.95;
/** The standing delay that is too long, as a share of the peaks that are: both begin the same. */
const STANDING_SHARE = 0.2;
const LEAST_LIMIT = 16;
/** Wide at first: too much is found out within seconds, too little would turn away who could have been served. */
const INITIAL_LIMIT = 1024;
/** Routes with a limit of their own; those beyond it share one. */
const MAX_ROUTES = 1024;
const OTHERS = '(others)';
/** Retry-After in seconds: from the first, spread over so many, by a counter. */
const RETRY_FIRST_SEC = 1;
const RETRY_SPREAD_SEC: Readonly<Record<RefusalCode, number>> = { SP7301: 5, SP7302: 3, SP7303: 8 };

/** A guard. It measures from now on until `close`. */
export function createGuard(options: GuardOptions): OverloadGuard {
  return new GatewayGuard(options);
}

/** One request's room. Its fields are all that a request costs here in memory. */
class GuardTicket implements Ticket {
  private guard: GatewayGuard | null;
  private readonly route: RouteLimit;
  private readonly startMs: number;

  constructor(guard: GatewayGuard, route: RouteLimit, startMs: number) {
    this.guard = guard;
    this.route = route;
    this.startMs = startMs;
  }

  leave(outcome: 'ok' | 'failed' | 'dropped', latencyMs: number): void {
    const { guard } = this;
    // A second call would give back room that somebody else has.
    if (guard === null) return;
    this.guard = null;
    guard.inFlight--;
    const { route } = this;
    // A quick failure tells nothing of how long answers take, a slow one (a deadline) does: it took at least so long.
    const sample = latencyMs >= 0 && (outcome === 'ok' || (outcome === 'failed' && latencyMs > route.longMs));
    route.leave(this.startMs, latencyMs >= 0 ? latencyMs : 0, sample);
  }
}

class GatewayGuard implements OverloadGuard {
  inFlight = 0;
  private admitted = 0;
  private cameBefore = 0;
  private readonly refusals = new Float64Array(REFUSAL_CODES.length * PRIORITIES.length);
  private refusalCount = 0;
  private overload: OverloadConfig;
  private readonly caps: Record<Priority, number> = { critical: 0, normal: 0, bulk: 0 };
  private readonly thinning = PRIORITIES.map(() => [new Thinning(), new Thinning()] as const);
  private readonly byKey = new Map<string, RouteLimit>();
  private byRoute = new Map<RouteSettings, RouteLimit>();
  private lastRoute: RouteSettings | null = null;
  private lastLimit: RouteLimit | null = null;
  private readonly lag = new LagWindow();
  private readonly shedder = new Shedder();
  private readonly degrading: Degradation;
  private readonly source: LoadSource;
  private readonly memoryBytes: number;
  private rssBytes = 0;

  constructor(options: GuardOptions) {
    this.overload = options.overload;
    this.memoryBytes = options.memoryBytes ?? memoryBound();
    this.degrading = new Degradation(options.onStep);
    this.source = options.source ?? processLoad(() => this.isIdle());
    this.configure();
    this.source.start((sample) => this.sampled(sample));
  }

  /** Has nobody come since the last time that this was asked, and is nobody here? */
  private isIdle(): boolean {
    const came = this.admitted + this.refusalCount;
    const idle = this.inFlight === 0 && came === this.cameBefore && this.degrading.level === 0;
    this.cameBefore = came;
    return idle;
  }

  enter(route: RouteSettings, priority: Priority, nowMs: number, risk = 0): Ticket | Refusal {
    const limit = route === this.lastRoute ? (this.lastLimit as RouteLimit) : this.limitOf(route);
    const share = risk >= RISKY ? RISKY_SHARE : 1;
    if (this.overload.enabled) {
      if (this.shedder.pressure > 0 && this.sheds(priority, share < 1)) return this.refuse('SP7303', priority, limit);
      if (this.inFlight >= this.caps[priority] * share) return this.refuse('SP7301', priority, limit);
    }
    if (limit.inFlight >= limit.limit * share && (this.overload.enabled || !limit.adaptive))
      return this.refuse('SP7302', priority, limit);
    this.inFlight++;
    this.admitted++;
    limit.enter();
    return new GuardTicket(this, limit, nowMs);
  }

  degradation(): DegradationLevel {
    return this.degrading.level;
  }

  update(overload: OverloadConfig): void {
    this.overload = overload;
    this.configure();
  }

  close(): void {
    this.source.stop();
  }

  statistics(): GuardStatistics {
    const { shedder, degrading, lag } = this;
    return {
      inFlight: this.inFlight,
      maxInFlight: this.overload.max_in_flight,
      admitted: this.admitted,
      refused: REFUSAL_CODES.flatMap((code, c) =>
        PRIORITIES.map((priority, p) => ({ code, priority, count: this.refusals[c * PRIORITIES.length + p] })),
      ),
      peakLagMs: lag.peakMs,
      standingLagMs: lag.standingMs,
      rssBytes: this.rssBytes,
      memoryBytes: this.memoryBytes,
      pressure: shedder.pressure,
      degradation: degrading.level,
      degradationSteps: degrading.steps,
      routes: [...this.byKey.values()].map(
        ({ name, adaptive, limit, inFlight, admitted, refused, shortMs, longMs }) => ({
          name,
          adaptive,
          limit,
          inFlight,
          admitted,
          refused,
          shortMs,
          longMs,
        }),
      ),
    };
  }

  /** Scoring gives up its most expensive part before the first request is turned away. */
  private sampled(sample: LoadSample): void {
    this.rssBytes = sample.rssBytes;
    if (!this.lag.sample(sample.atMs, sample.lagMs)) return;
    const { lag_ms: bound } = this.overload;
    const standing = this.lag.standingMs / (bound * STANDING_SHARE);
    this.degrading.sample({
      atMs: sample.atMs,
      lag: Math.max(standing, this.lag.peakMs / bound),
      memory: this.memoryBytes > 0 ? sample.rssBytes / this.memoryBytes : 0,
    });
    this.shedder.interval(standing, this.degrading.level > 0);
  }

  /** Pressure goes through the priorities from the least: the first third empties bulk, the last thins what is critical. */
  private sheds(priority: Priority, risky: boolean): boolean {
    const rank = priority === 'bulk' ? 0 : priority === 'normal' ? 1 : 2;
    const own = this.shedder.pressure * PRIORITIES.length - rank;
    if (own <= 0) return false;
    return this.thinning[rank][risky ? 1 : 0].sheds(Math.min(SHED_MAX, risky ? own * RISKY_HASTE : own));
  }

  private refuse(code: RefusalCode, priority: Priority, limit: RouteLimit): Refusal {
    limit.refused++;
    this.refusals[REFUSAL_CODES.indexOf(code) * PRIORITIES.length + PRIORITIES.indexOf(priority)]++;
    // Clients that were refused together must not come back together.
    const retryAfterSec = RETRY_FIRST_SEC + (this.refusalCount++ % RETRY_SPREAD_SEC[code]);
    return { status: 503, code, retryAfterSec };
  }

  private limitOf(route: RouteSettings): RouteLimit {
    const limit = this.byRoute.get(route) ?? this.addRoute(route);
    this.lastRoute = route;
    this.lastLimit = limit;
    return limit;
  }

  /** What is alike after a reload is the same service, so it keeps its limit. */
  private addRoute(route: RouteSettings): RouteLimit {
    const own = `${route.name} ${route.upstream} ${route.concurrency}`;
    const full = this.byKey.size >= MAX_ROUTES && !this.byKey.has(own);
    const key = full ? OTHERS : own;
    let limit = this.byKey.get(key);
    if (limit === undefined) {
      limit = new RouteLimit(this.freeName(full ? OTHERS : route.name), full ? 0 : route.concurrency, this.bounds());
      this.byKey.set(key, limit);
    }
    if (this.byRoute.size < MAX_ROUTES) this.byRoute.set(route, limit);
    return limit;
  }

  /** Names are labels of metrics: two routes of one pattern must not have the same. */
  private freeName(name: string): string {
    const taken = new Set([...this.byKey.values()].map((limit) => limit.name));
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name} (${n})`;
    return free;
  }

  private configure(): void {
    for (const priority of PRIORITIES) {
      this.caps[priority] = Math.max(1, Math.floor(this.overload.max_in_flight * SHARE[priority]));
    }
    // Routes are new objects after a reload. Limits are found again by key; those nobody asked for since the last one go.
    const used = new Set(this.byRoute.values());
    for (const [key, limit] of this.byKey) {
      if (limit.inFlight === 0 && !used.has(limit)) this.byKey.delete(key);
      else limit.bound(this.bounds());
    }
    this.byRoute = new Map();
    this.lastRoute = null;
    this.lastLimit = null;
  }

  private bounds(): GradientOptions {
    const maxLimit = this.overload.max_in_flight;
    return { minLimit: Math.min(LEAST_LIMIT, maxLimit), initialLimit: INITIAL_LIMIT, maxLimit };
  }
}
