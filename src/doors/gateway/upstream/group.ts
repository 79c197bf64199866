/** A group of servers: who gets the next request, and what is held against whom. */
import { Breaker } from './breaker.ts';
import { RetryBudget } from './budget.ts';
import { dispatchName } from './connector.ts';
import { HealthCheck, probe } from './health.ts';
import { Lane } from './lane.ts';
import { mayEject, Outlier } from './outlier.ts';
import type { GroupSettings, ServerSettings } from './settings.ts';

export class Server {
  readonly url: string;
  /** See {@link dispatchName}. */
  readonly dispatchName: string;
  readonly weight: number;
  readonly lane: Lane;
  readonly outlier: Outlier;
  readonly check: HealthCheck | null;
  /** Requests that have not ended. */
  outstanding = 0;
  /** Running balance of the weighted round robin. */
  balance = 0;

  constructor(server: ServerSettings, settings: GroupSettings) {
    this.url = server.url;
    this.dispatchName = dispatchName(server.url);
    this.weight = server.weight;
    this.lane = new Lane(server.url, settings);
    this.outlier = new Outlier(settings.outlier);
    const { health, tls } = settings;
    const connect = { timeoutMs: settings.connectTimeoutMs, ...tls };
    this.check = health ? new HealthCheck(health, () => probe(server.url, health, connect)) : null;
  }

  /** False where the health check fails. */
  get up(): boolean {
    return this.check === null || this.check.state.up;
  }
}

export class Group {
  readonly settings: GroupSettings;
  readonly servers: readonly Server[];
  readonly breaker: Breaker;
  readonly budget: RetryBudget;
  private readonly random: () => number;

  /** `random` gives numbers in [0, 1). */
  constructor(settings: GroupSettings, random: () => number) {
    this.settings = settings;
    this.random = random;
    this.servers = settings.servers.map((server) => new Server(server, settings));
    this.breaker = new Breaker(settings.breaker);
    this.budget = new RetryBudget(settings.retries);
  }

  start(): void {
    for (const server of this.servers) server.check?.start();
  }

  /** Ends checks and closes connections as their requests end. */
  async close(): Promise<void> {
    for (const server of this.servers) server.check?.stop();
    await Promise.all(this.servers.map((server) => server.lane.close()));
  }

  /**
   * The server for a request at `now`, null where none is up. `avoid` has just failed and is taken only where there is
   * no other. Ejected servers are taken only where nothing else is up: a guess is better than no answer.
   */
  pick(now: number, avoid: Server | null): Server | null {
    if (this.servers.length === 1) return this.servers[0].up ? this.servers[0] : null;
    const well = this.servers.filter((server) => server.up && server !== avoid && !server.outlier.ejected(now));
    if (well.length > 0) return this.choose(well);
    const rest = this.servers.filter((server) => server.up);
    return rest.length > 0 ? this.choose(rest) : null;
  }

  /**
   * Smooth weighted round robin names one server, a drawn one stands against it, and the one with fewer requests under
   * way for its weight wins (power of two choices, Mitzenmacher 2001). With little to do that is exactly round robin;
   * when a server is slow, requests go to the others.
   */
  private choose(from: readonly Server[]): Server {
    let first = from[0];
    let total = 0;
    for (const server of from) {
      server.balance += server.weight;
      total += server.weight;
      if (server.balance > first.balance) first = server;
    }
    first.balance -= total;
    const second = from[Math.floor(this.random() * from.length)];
    return (second.outstanding + 1) * first.weight < (first.outstanding + 1) * second.weight ? second : first;
  }

  /** A try has ended at `now`, well or by a fault of the server. */
  record(server: Server, now: number, failed: boolean): void {
    this.breaker.record(now, failed);
    if (!failed) {
      server.outlier.good();
      return;
    }
    if (!server.outlier.bad(now)) return;
    const ejected = this.servers.reduce((count, each) => count + (each.outlier.ejected(now) ? 1 : 0), 0);
    if (mayEject(ejected, this.servers.length, this.settings.outlier.maxEjectedPercent)) server.outlier.eject(now);
  }

  /** How a server stands at `now`, in words for operators. */
  stateOf(server: Server, now: number): string {
    if (!server.up) return 'down (health)';
    if (server.outlier.ejected(now)) return 'ejected';
    const breaker = this.breaker.stateAt(now);
    return breaker === 'closed' ? 'up' : `breaker ${breaker}`;
  }
}
