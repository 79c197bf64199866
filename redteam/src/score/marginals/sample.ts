/**
 * The distributions that one dimension of traffic shows by itself. Real logs and simulated worlds are sampled by the same code,
 * so that a difference is one of the traffic.
 */
import type { Exchange } from '../../contract.ts';
import { oneIn } from '../sampling.ts';
import type { LogLine } from './combined.ts';

/** What was seen, ready to be compared. */
export interface Sample {
  readonly requests: number;
  readonly days: number;
  readonly status: ReadonlyMap<string, number>;
  readonly methods: ReadonlyMap<string, number>;
  /** Of answers with status 200 and a body. */
  readonly bytes: readonly number[];
  readonly requestsPerAddress: readonly number[];
  readonly agentsPerAddress: readonly number[];
  /** A client is an address with an agent. */
  readonly pathsPerClient: readonly number[];
  /** Share of answers 400 and above, of clients with at least five requests. */
  readonly failuresPerClient: readonly number[];
  readonly requestsPerSession: readonly number[];
  readonly pathsPerSession: readonly number[];
  /** Seconds between one request of a session and the next, whole ones as logs have them. */
  readonly gaps: readonly number[];
}

interface Group {
  requests: number;
  failures: number;
  lastMs: number;
  readonly paths: Set<string>;
  readonly agents: Set<string>;
}

/** Requests from which on a client's share of failures says something. */
const ENOUGH = 5;
/** A pause after which a session id that is used again counts as another visit. */
const VISIT_GAP_S = 1800;

/** Collects a sample. Addresses and sessions are kept whole or left out, so that what is counted by them stays right. */
export class Sampler {
  private readonly everyNth: number;
  private readonly untilMs: number;
  private readonly addresses = new Map<string, Group>();
  private readonly clients = new Map<string, Group>();
  private readonly sessions = new Map<string, Group>();
  private readonly status = new Map<string, number>();
  private readonly methods = new Map<string, number>();
  private readonly bytes: number[] = [];
  private readonly gaps: number[] = [];
  private requests = 0;
  private firstMs = Number.POSITIVE_INFINITY;
  private lastMs = Number.NEGATIVE_INFINITY;

  /**
   * @param everyNth keeps one in so many addresses, and one in so many sessions
   * @param untilMs leaves out what comes later: counts by address grow with the length of a log
   */
  constructor(everyNth = 1, untilMs = Number.POSITIVE_INFINITY) {
    this.everyNth = everyNth;
    this.untilMs = untilMs;
  }

  add(line: LogLine): void {
    if (line.timeMs >= this.untilMs) return;
    const failed = line.status >= 400;
    if (line.session !== '' && oneIn(this.everyNth, line.session)) this.addToSession(line, failed);
    if (!oneIn(this.everyNth, line.address)) return;
    this.requests++;
    this.firstMs = Math.min(this.firstMs, line.timeMs);
    this.lastMs = Math.max(this.lastMs, line.timeMs);
    count(this.status, String(line.status));
    count(this.methods, line.method);
    if (line.status === 200 && line.bytes > 0) this.bytes.push(line.bytes);
    if (line.address === '') return;
    const address = groupOf(this.addresses, line.address);
    address.requests++;
    address.agents.add(line.agent);
    const client = groupOf(this.clients, `${line.address}\n${line.agent}`);
    client.requests++;
    client.paths.add(line.path);
    if (failed) client.failures++;
  }

  /** {@link add} for an exchange of a world. */
  addExchange({ timeMs, request, answer }: Exchange): void {
    const query = request.target.indexOf('?');
    this.add({
      timeMs,
      address: request.client.address,
      session: answer.session,
      method: request.method,
      path: query < 0 ? request.target : request.target.slice(0, query),
      status: answer.status,
      bytes: answer.bytes,
      agent: request.client.agent,
    });
  }

  sample(): Sample {
    const of = (groups: Map<string, Group>, value: (group: Group) => number): number[] =>
      [...groups.values()].map(value);
    const busy = [...this.clients.values()].filter((c) => c.requests >= ENOUGH);
    return {
      requests: this.requests,
      days: this.requests === 0 ? 0 : (this.lastMs - this.firstMs) / 86_400_000,
      status: this.status,
      methods: this.methods,
      bytes: this.bytes,
      requestsPerAddress: of(this.addresses, (g) => g.requests),
      agentsPerAddress: of(this.addresses, (g) => g.agents.size),
      pathsPerClient: of(this.clients, (g) => g.paths.size),
      failuresPerClient: busy.map((c) => c.failures / c.requests),
      requestsPerSession: of(this.sessions, (g) => g.requests),
      pathsPerSession: of(this.sessions, (g) => g.paths.size),
      gaps: this.gaps,
    };
  }

  private addToSession(line: LogLine, failed: boolean): void {
    const session = groupOf(this.sessions, line.session);
    if (session.requests > 0) {
      const gap = Math.floor(line.timeMs / 1000) - Math.floor(session.lastMs / 1000);
      if (gap >= 0 && gap < VISIT_GAP_S) this.gaps.push(gap);
    }
    session.requests++;
    session.lastMs = line.timeMs;
    session.paths.add(line.path);
    if (failed) session.failures++;
  }
}

function groupOf(groups: Map<string, Group>, key: string): Group {
  let group = groups.get(key);
  if (!group) {
    group = { requests: 0, failures: 0, lastMs: 0, paths: new Set(), agents: new Set() };
    groups.set(key, group);
  }
  return group;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
