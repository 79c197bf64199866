/**
 * From what happened to the order in which a log has it: servers with clocks of their own write a line when an answer is
 * out, somebody collects the lines, some of them late and some never.
 */
import type { Exchange } from '../contract.ts';
import { Heap } from '../core/heap.ts';
import type { Random } from '../core/random.ts';
import { hashText } from '../site/state.ts';
import type { DisturbancePlan } from './plan.ts';
import type { Scenario } from './scenario.ts';
import { duration } from './times.ts';

/** Takes a line: an exchange, and what its server's clock was off by, in ms. */
export type Emit = (exchange: Exchange, skewMs: number) => void;

/** How the log suffers for a while. */
interface Trouble {
  readonly kind: string;
  readonly startMs: number;
  readonly endMs: number;
  /** The server it happens to; −1 for all. */
  readonly server: number;
  readonly share: number;
  readonly byMs: number;
}

export class Shipping {
  private readonly emit: Emit;
  private readonly random: Random;
  private readonly skews: readonly number[];
  private readonly lost: number;
  private readonly late: number;
  private readonly lateByMs: number;
  private readonly troubles: readonly Trouble[];
  private readonly pending = new Heap<Exchange>();

  /** `random` is used by the log alone, so that the same world can be logged in other ways. */
  constructor(log: Scenario['log'], disturbances: readonly DisturbancePlan[], random: Random, emit: Emit) {
    const skewMs = duration(log.skew) as number;
    this.emit = emit;
    this.random = random.fork('lines');
    this.skews = Array.from({ length: log.servers }, () => Math.round(random.normal() * skewMs));
    this.lost = log.lost;
    this.late = log.late;
    this.lateByMs = duration(log.lateBy) as number;
    this.troubles = disturbances
      .map((plan) => troubleOf(plan, random.fork(plan.name), log.servers))
      .filter((trouble) => trouble !== undefined);
  }

  /** Takes exchanges in the order of their start. Gives back the start as the log will have it, in Unix ms; NaN if it loses the line. */
  offer(exchange: Exchange): number {
    const { pending, random } = this;
    const { timeMs, answer } = exchange;
    while (pending.minimum <= timeMs) this.release();
    const server = this.troubles.length === 0 ? 0 : this.serverOf(exchange);
    let [lost, late, byMs] = [this.lost, this.late, this.lateByMs];
    for (const trouble of this.troubles) {
      if (trouble.kind === 'clock-skew' || !strikes(trouble, server, timeMs)) continue;
      if (trouble.kind === 'lost-events') lost = Math.max(lost, trouble.share);
      else [late, byMs] = [Math.max(late, trouble.share), trouble.byMs];
    }
    if (random.chance(lost)) return Number.NaN;
    const heldMs = random.chance(late) ? random.exponential(byMs) : 0;
    pending.push(timeMs + answer.durationMs + heldMs, exchange);
    return timeMs + this.skewOf(exchange);
  }

  /** What is still on its way arrives. */
  close(): void {
    while (this.pending.size > 0) this.release();
  }

  private release(): void {
    const exchange = this.pending.pop() as Exchange;
    this.emit(exchange, this.skewOf(exchange));
  }

  /** What the clock of its server is off by, in ms. */
  private skewOf(exchange: Exchange): number {
    const server = this.serverOf(exchange);
    let skewMs = this.skews[server];
    for (const trouble of this.troubles) {
      if (trouble.kind === 'clock-skew' && strikes(trouble, server, exchange.timeMs)) skewMs += trouble.byMs;
    }
    return skewMs;
  }

  /** Balancers keep a client on one server. */
  private serverOf(exchange: Exchange): number {
    return hashText(exchange.request.client.address) % this.skews.length;
  }
}

function strikes({ startMs, endMs, server }: Trouble, on: number, timeMs: number): boolean {
  return timeMs >= startMs && timeMs < endMs && (server < 0 || server === on);
}

/**
 * What a disturbance does to the log. Options: `share` of the lines, `by` (a duration), `server` (its number, `all`; without
 * it one is drawn).
 */
function troubleOf(plan: DisturbancePlan, random: Random, servers: number): Trouble | undefined {
  const { kind, startMs, endMs, options } = plan;
  const usual = { 'clock-skew': [1, 40_000], 'lost-events': [0.5, 0], 'late-events': [0.3, 20_000] }[kind];
  if (usual === undefined) return undefined;
  const sign = kind === 'clock-skew' && random.chance(0.5) ? -1 : 1;
  const by = typeof options.by === 'string' ? duration(options.by) : options.by;
  return {
    kind,
    startMs,
    endMs,
    server: serverOf(options.server, random, servers),
    share: typeof options.share === 'number' ? options.share : usual[0],
    byMs: sign * (typeof by === 'number' ? by : usual[1]),
  };
}

function serverOf(option: unknown, random: Random, servers: number): number {
  const one = random.below(servers);
  if (option === 'all') return -1;
  return typeof option === 'number' ? option % servers : one;
}
