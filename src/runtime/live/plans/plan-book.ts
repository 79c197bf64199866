/**
 * Usage plans in force: what each caller may use, and has used. It is asked for every request before it is scored, and told of
 * every end. Time comes with the events. Nothing in it is seen by the engine: decisions do not depend on plans.
 */
import { TIERS } from '../../../config/plans.ts';
import type { Config } from '../../../config/schema.ts';
import type { FactBatch } from '../../../enrich/facts.ts';
import { dearestOf, unitsOf } from '../units.ts';
import type { LimitState } from '../verdict.ts';
import type { Account } from './account.ts';
import { Accounts } from './accounts.ts';
import { Alerts } from './alerts.ts';
import { type CompiledPlan, compilePlan, isCounted, type Scope } from './compiled.ts';
import { accountId, exchangeNumber, keyOf, labelOf } from './keys.ts';
import { type Lease, Leases } from './leases.ts';
import { type Asked, complete, giveBack, judge, take } from './rules.ts';
import { Tiers } from './tiers.ts';
import { Tightest } from './tightest.ts';

/** Tier of callers without a plan. */
const USUAL_TIER = TIERS.indexOf('normal');
/** What may pass beside the time-out of a route before a request has ended for sure, in ms: waiting, challenges, bodies. */
const LEASE_EXTRA_MS = 90_000;
/** A client that finds no room may try again after so many seconds. */
const NO_ROOM_RETRY_SEC = 2;

/** What became of the requests of a plan since the start. */
export interface PlanCounts {
  admitted: number;
  refused: number;
  /** Let through, though a rule in shadow mode would have refused them. */
  wouldRefuse: number;
}

export class PlanBook {
  readonly accounts = new Accounts();
  readonly alerts = new Alerts();
  readonly tiers: Tiers;
  readonly leases = new Leases((lease) => this.release(lease));
  /** In the order of the configuration. */
  plans: readonly CompiledPlan[] = [];
  /** Accounts that have changed since they were last written. */
  readonly changed = new Set<Account>();
  private counts = new Map<string, PlanCounts>();
  private usual: CompiledPlan | null = null;
  private leaseMs = 0;
  private dearest = 0;
  private readonly seed: number;

  constructor(config: Config, seed: number) {
    this.seed = seed;
    this.tiers = new Tiers(config);
    this.update(config);
  }

  /** Takes over another configuration. What was used stays: accounts belong to plans by name. */
  update(config: Config): void {
    this.plans = config.plans.map(compilePlan);
    this.usual = this.plans.find((plan) => plan.isDefault) ?? null;
    this.tiers.update(config);
    this.dearest = dearestOf(config);
    const { gateway } = config;
    const longestSec = Math.max(gateway.timeout_s, ...gateway.routes.map(({ timeout_s = 0 }) => timeout_s));
    this.leaseMs = longestSec * 1000 + gateway.throttle.max_delay_ms + LEASE_EXTRA_MS;
    const before = this.counts;
    const none = (): PlanCounts => ({ admitted: 0, refused: 0, wouldRefuse: 0 });
    this.counts = new Map(this.plans.map(({ name }) => [name, before.get(name) ?? none()]));
  }

  countsOf(plan: string): PlanCounts | undefined {
    return this.counts.get(plan);
  }

  /**
   * How a request stands against the plan of its caller; null where nothing limits it. One that is refused takes nothing;
   * any other is under way from now on, until {@link settle} or {@link withdraw}.
   */
  admit(rows: FactBatch, row: number, nowMs: number, from = 0): LimitState | null {
    if (this.plans.length === 0 && !this.tiers.isOn) return null;
    this.leases.sweep(nowMs);
    const plan = this.planOf(rows, row);
    const tier = plan?.tier ?? USUAL_TIER;
    if (!this.tiers.hasRoom(tier)) return noRoom(this.tiers.capacity);
    const scopes = plan !== null && isCounted(plan, rows, row) ? plan.scopes : NONE;
    const units = unitsOf(rows.cost[row], this.dearest);
    const tightest = new Tightest();
    const all: Asked[] = [];
    for (const scope of scopes) {
      const { calendar, name } = plan as CompiledPlan;
      const account = this.accountOf(name, scope, rows, row);
      this.accounts.touch(account, nowMs);
      const asked = { scope, account, calendar, nowMs, units };
      all.push(asked);
      judge(asked, tightest, this.alerts);
    }
    const counts = plan === null || scopes.length === 0 ? undefined : this.counts.get(plan.name);
    this.note(all, tightest, counts);
    if (tightest.exceeded) return tightest.result;
    if (counts !== undefined) counts.admitted++;
    // Nothing to be given back.
    if (all.length === 0 && !this.tiers.isOn) return null;
    const charges = all.map((asked) => take(asked, this.alerts));
    this.tiers.inFlight[tier]++;
    const untilMs = nowMs + this.leaseMs;
    const holds = { holdsRoom: true, holdsPlaces: true };
    this.leases.add(exchangeNumber(rows, row), { tier, charges, units, untilMs, from, ...holds, next: null });
    return tightest.result;
  }

  /**
   * An exchange goes on, and was heard of. It keeps its places among those under way, which it takes again where they were given
   * back meanwhile. The room of its tier it gives back: what goes on for hours takes none from others.
   */
  lasts(rows: FactBatch, row: number, nowMs: number, from = -1): void {
    if (this.leases.size === 0) return;
    const lease = this.leases.renew(exchangeNumber(rows, row), nowMs + this.leaseMs);
    if (lease === null) return;
    this.leaveRoom(lease);
    if (from >= 0) lease.from = from;
    if (lease.holdsPlaces) return;
    lease.holdsPlaces = true;
    for (const { account } of lease.charges) account.inFlight++;
  }

  /** A process has ended, or cannot be heard: what it has under way takes no places. What it has used was used. */
  gone(from: number): void {
    for (const lease of this.leases.all()) if (lease.from === from) this.release(lease);
  }

  /** Something else refused the request at once: it gives back all it took. */
  withdraw(rows: FactBatch, row: number): void {
    const lease = this.leases.take(exchangeNumber(rows, row));
    if (lease === null) return;
    this.release(lease);
    for (const charge of lease.charges) giveBack(charge, lease.units, true);
    this.mark(lease);
  }

  /** An exchange has ended. Where we kept it from the upstream, it costs nothing. */
  settle(rows: FactBatch, row: number, nowMs: number, admitted: boolean): void {
    if (this.leases.size === 0) return;
    const lease = this.leases.take(exchangeNumber(rows, row));
    if (lease === null) return;
    this.release(lease);
    const bytes = Math.max(0, rows.bytes[row]);
    const moreUnits = Math.max(1, rows.cost[row]) - lease.units;
    for (const charge of lease.charges) {
      if (admitted) complete(charge, bytes, moreUnits, nowMs, this.alerts);
      else giveBack(charge, lease.units, false);
    }
    this.mark(lease);
  }

  /** Has the caller's plan a rate in cost units that counts for this request? */
  ratesCost(rows: FactBatch, row: number): boolean {
    const plan = this.plans.length === 0 ? null : this.planOf(rows, row);
    return plan?.ratesCost === true && isCounted(plan, rows, row);
  }

  /** The plan that a row is under: its caller's, or that of callers without one. */
  private planOf(rows: FactBatch, row: number): CompiledPlan | null {
    const number = rows.plan[row];
    return number === 0 || number > this.plans.length ? this.usual : this.plans[number - 1];
  }

  private accountOf(plan: string, scope: Scope, rows: FactBatch, row: number): Account {
    const key = keyOf(scope.by, rows, row);
    const id = accountId(plan, scope.by, key);
    return this.accounts.of(id, plan, key.dimension === 'address', () => labelOf(key, rows, row, this.seed));
  }

  private note(all: readonly Asked[], tightest: Tightest, counts: PlanCounts | undefined): void {
    const { exceeded, wouldRefuse } = tightest;
    for (const { account } of all) {
      if (exceeded) account.refused++;
      else if (wouldRefuse) account.wouldRefuse++;
      if (!exceeded || account.changed) this.changed.add(account);
    }
    if (counts === undefined) return;
    if (exceeded) counts.refused++;
    else if (wouldRefuse) counts.wouldRefuse++;
  }

  private release(lease: Lease): void {
    this.leaveRoom(lease);
    if (!lease.holdsPlaces) return;
    lease.holdsPlaces = false;
    for (const { account } of lease.charges) account.inFlight--;
  }

  private leaveRoom(lease: Lease): void {
    if (!lease.holdsRoom) return;
    lease.holdsRoom = false;
    this.tiers.inFlight[lease.tier]--;
  }

  private mark({ charges }: Lease): void {
    for (const { account } of charges) this.changed.add(account);
  }
}

const NONE: readonly Scope[] = [];

/** The plan has nothing to do with it, so that its client is told no numbers. */
const noRoom = (limit: number): LimitState => ({
  kind: 'capacity',
  name: 'capacity',
  limit,
  windowSec: 1,
  remaining: 0,
  resetSec: NO_ROOM_RETRY_SEC,
  exceeded: true,
});
