/** The upstream room: groups of servers behind one call. */
import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import type { Forwarder, ForwardHooks, HeaderList, Inbound, Outcome } from '../contract.ts';
import { sendProblem, sendRawProblem } from '../http/problem.ts';
import { writeHead } from './answer.ts';
import type { Surroundings } from './attempts.ts';
import { Deadlines } from './deadlines.ts';
import { Exchange } from './exchange.ts';
import { FAILURES, type Failure } from './failure.ts';
import { Group } from './group.ts';
import { dropHeader } from './head.ts';
import { readGroups, type UpstreamConfig } from './settings.ts';
import { Upgrade } from './upgrade.ts';

export type { UpstreamConfig } from './settings.ts';

export interface ForwarderOptions {
  readonly config: UpstreamConfig;
  /** What relative paths of the configuration begin at; the working directory when left out. */
  readonly baseDir?: string;
  /** ms that never go back: must be the clock of `Inbound.startedAt`. `performance.now` when left out. */
  readonly now?: () => number;
  /** Unix ms; `Date.now` when left out. */
  readonly wallNow?: () => number;
  /** Numbers in [0, 1) for the choice of servers; a fixed sequence when left out. */
  readonly random?: () => number;
  /** Pause after which an upgraded connection is closed, in ms; an hour when left out. */
  readonly tunnelIdleMs?: number;
}

/** A forwarder whose groups can be changed while requests are under way. */
export interface UpdatableForwarder extends Forwarder {
  /**
   * Takes a new configuration into force for requests that begin from now on. Groups that did not change keep their
   * connections and their standing; others are replaced, and the old ones end what they have begun. Throws a
   * SallyportError, and changes nothing, where the configuration cannot be used.
   */
  update(config: UpstreamConfig): void;
}

/** Marsaglia's xorshift: which server is drawn matters to nobody, but tests want the same one every time. */
function fixedSequence(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4_294_967_296;
  };
}

class UpstreamForwarder implements UpdatableForwarder {
  private readonly around: Surroundings;
  private readonly options: ForwarderOptions;
  private readonly random: () => number;
  private groups = new Map<string, Group>();
  /** Groups on their way out. */
  private readonly closing = new Set<Promise<void>>();

  constructor(options: ForwarderOptions) {
    const { now = () => performance.now(), wallNow = Date.now } = options;
    this.options = options;
    this.random = options.random ?? fixedSequence();
    this.around = { deadlines: new Deadlines(now), now, wallNow, bodyIdleMs: 0, active: 0, onIdle: null };
    this.update(options.config);
  }

  update(config: UpstreamConfig): void {
    const wanted = readGroups(config, this.options.baseDir ?? process.cwd());
    const before = this.groups;
    const groups = new Map<string, Group>();
    for (const [name, settings] of wanted) {
      const old = before.get(name);
      if (old && JSON.stringify(old.settings) === JSON.stringify(settings)) {
        groups.set(name, old);
        continue;
      }
      const group = new Group(settings, this.random);
      group.start();
      groups.set(name, group);
    }
    this.groups = groups;
    this.around.bodyIdleMs = config.gateway.body_idle_timeout_s * 1000;
    for (const [name, group] of before) if (groups.get(name) !== group) this.retire(group);
  }

  forward(inbound: Inbound, headers: HeaderList, hooks: ForwardHooks): void {
    const group = this.groups.get(inbound.route.upstream);
    if (!group || inbound.method === 'CONNECT') {
      refuse(inbound, group ? FAILURES.noSwitch : FAILURES.noGroup, hooks);
      return;
    }
    if (inbound.target === '*') {
      answerForServer(inbound, hooks);
      return;
    }
    new Exchange(this.around, group, inbound, withoutExpect(inbound, headers), hooks).start();
  }

  upgrade(inbound: Inbound, socket: Duplex, head: Buffer, headers: HeaderList, hooks: ForwardHooks): void {
    const group = this.groups.get(inbound.route.upstream);
    if (!group) {
      const { status, code, title } = FAILURES.noGroup;
      sendRawProblem(socket, { status, code, title });
      hooks.done(outcomeHere(status, FAILURES.noGroup));
      return;
    }
    new Upgrade(this.around, group, inbound, socket, head, hooks, this.options.tunnelIdleMs).start(headers);
  }

  servers(): readonly { readonly name: string; readonly url: string; readonly state: string }[] {
    const now = this.around.now();
    return [...this.groups.values()].flatMap((group) =>
      group.servers.map((server) => ({
        name: group.settings.name,
        url: server.url,
        state: group.stateOf(server, now),
      })),
    );
  }

  async close(): Promise<void> {
    for (const group of this.groups.values()) this.retire(group);
    if (this.around.active > 0) {
      await new Promise<void>((resolve) => {
        this.around.onIdle = resolve;
      });
    }
    await Promise.all(this.closing);
  }

  private retire(group: Group): void {
    const closed: Promise<void> = group.close().then(() => void this.closing.delete(closed));
    this.closing.add(closed);
  }
}

/** Expect is answered here, when the body is first read; passed on, it would be answered twice. */
function withoutExpect(inbound: Inbound, headers: HeaderList): HeaderList {
  if (!inbound.expectsContinue) return headers;
  const copy = headers.slice();
  dropHeader(copy, 'expect');
  return copy;
}

/** Outcome of an exchange that no server saw. */
function outcomeHere(status: number, failure: Failure | null): Outcome {
  const { ended, code } = failure ?? ({ ended: '', code: '' } as const);
  return { status, bytes: 0, bodyBytes: 0, ended, code, server: '', retries: 0, firstByteMs: 0 };
}

function refuse(inbound: Inbound, failure: Failure, hooks: ForwardHooks): void {
  const { status, code, title } = failure;
  const told = sendProblem(inbound.res, { status, code, title }) !== '';
  hooks.done(outcomeHere(told ? status : 0, failure));
}

/** OPTIONS * asks about the server that it is sent to (RFC 9110, 9.3.7), and that is the gateway. */
function answerForServer(inbound: Inbound, hooks: ForwardHooks): void {
  const headers: HeaderList = ['Content-Length', '0'];
  hooks.head(200, headers);
  writeHead(inbound.res, 200, 'OK', headers);
  inbound.res.end();
  hooks.done(outcomeHere(200, null));
}

/**
 * Makes the forwarder and starts health checks. Throws a SallyportError where the configuration cannot be used (SP1008). `close` must be called at the end.
 */
export function createForwarder(options: ForwarderOptions): UpdatableForwarder {
  return new UpstreamForwarder(options);
}
