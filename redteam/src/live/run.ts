/** The run itself: whose turn it is, and when; what came back, and to whom it is told. */
import type { Answer, Exchange, Operation, Request, Source, Visitor } from '../contract.ts';
import { Heap } from '../core/heap.ts';
import type { SiteOperation } from '../site/openapi.ts';
import { Router } from '../site/router.ts';
import { Connections, type Holder } from './connections.ts';
import { type Delivered, deliver, type Undelivered, Underway } from './deliver.ts';
import { Judge } from './handling.ts';
import { headersOf } from './headers.ts';
import { Identities, NameMarks, type Sender } from './identities.ts';
import type { Plan } from './options.ts';
import { InOrder } from './order.ts';
import { Pace, WorldClock } from './pace.ts';
import { fieldsOf, jsonOf } from './read.ts';
import { type Ending, type LiveSummary, Tally } from './summary.ts';
import { eventsOf, gainOf, Loots, nameIn, Prices, type Seen } from './worth.ts';

/** What is still under way when a bound is reached may end by itself for so long, in ms. */
const GRACE_MS = 2000;
/** Timers go no further than this; a longer wait is taken up again. */
const NAP_MS = 60_000;
const LONGEST_MS = 2 ** 31 - 1;

interface Driven extends Holder {
  readonly visitor: Visitor;
}

/** A source and its next visitor, who is known but not yet there. */
interface Arrival {
  readonly rest: Iterator<Visitor>;
  readonly visitor: Visitor;
}

export class Run {
  private readonly plan: Plan;
  private readonly clock: WorldClock;
  private readonly pace: Pace;
  private readonly connections: Connections;
  private readonly identities: Identities;
  private readonly names: NameMarks;
  private readonly judge: Judge;
  private readonly prices = new Prices();
  private readonly tally = new Tally();
  private readonly loot: Loots;
  private readonly router: Router;
  private readonly order: InOrder<Exchange>;
  private readonly arrivals = new Heap<Arrival>();
  private readonly waiting = new Heap<Driven>();
  private readonly underway = new Underway();
  private readonly startedMs = Date.now();
  private inFlight = 0;
  private pumping = false;
  private timer: NodeJS.Timeout | undefined;
  private bound: NodeJS.Timeout | undefined;
  private ending: Ending | undefined;
  private finish: (summary: LiveSummary) => void = () => {};

  constructor(plan: Plan) {
    const { world, limits } = plan;
    this.plan = plan;
    this.clock = new WorldClock(this.startedMs, world.startMs, plan.factor);
    this.pace = new Pace(limits.requestsPerSecond, this.startedMs);
    this.connections = new Connections(limits.connections, plan.spread);
    this.identities = new Identities(world.site.inventory.keys);
    this.names = new NameMarks(plan.namePrefix);
    this.judge = new Judge(plan.delayMs);
    // The router looks at method and template alone, which every operation has.
    this.router = new Router(world.site.operations as readonly SiteOperation[]);
    this.loot = new Loots(this.router);
    this.order = new InOrder((exchange) => this.tell(exchange));
  }

  /** Resolves when nothing is under way any more. Never rejects. */
  start(): Promise<LiveSummary> {
    const { plan } = this;
    return new Promise((resolve) => {
      this.finish = resolve;
      for (const source of plan.sources) this.invite(source);
      this.bound = setTimeout(() => this.stop('seconds', GRACE_MS), Math.min(LONGEST_MS, plan.limits.seconds * 1000));
      plan.signal?.addEventListener('abort', this.abort, { once: true });
      if (plan.signal?.aborted) this.abort();
      this.pump();
    });
  }

  private readonly abort = (): void => this.stop('aborted', 0);

  /** No more is sent; what is under way has `graceMs` to end. */
  private stop(ending: Ending, graceMs: number): void {
    if (this.ending !== undefined && graceMs > 0) return;
    this.ending ??= ending;
    clearTimeout(this.timer);
    clearTimeout(this.bound);
    if (graceMs === 0) this.underway.cut();
    else this.bound = setTimeout(() => this.underway.cut(), graceMs);
    if (this.inFlight === 0) this.end();
  }

  private end(): void {
    clearTimeout(this.timer);
    clearTimeout(this.bound);
    this.plan.signal?.removeEventListener('abort', this.abort);
    this.connections.closeAll();
    this.finish(this.summary());
    this.finish = () => {};
  }

  private invite(source: Source): void {
    try {
      this.next(source.arrivals());
    } catch (error) {
      this.tally.breakage(error);
    }
  }

  private next(rest: Iterator<Visitor>): void {
    try {
      const { done, value } = rest.next();
      if (!done && value.nextAt < this.plan.world.endMs) this.arrivals.push(value.nextAt, { rest, visitor: value });
    } catch (error) {
      this.tally.breakage(error);
    }
  }

  /** Sends whatever is due and allowed, and comes back when something else will be. */
  private pump(): void {
    // A visitor that breaks at once ends its turn, and so calls this again, before the loop has gone on.
    if (this.pumping) return;
    clearTimeout(this.timer);
    this.pumping = true;
    while (this.ending === undefined && this.inFlight < this.plan.limits.inFlight && this.turn());
    this.pumping = false;
  }

  /** Serves one visitor, if one is due and may go. False if there is nothing to do for now. */
  private turn(): boolean {
    const { limits } = this.plan;
    const nowMs = Date.now();
    this.admit(this.clock.world(nowMs));
    const dueMs = Math.min(this.waiting.minimum, this.arrivals.minimum);
    if (dueMs === Number.POSITIVE_INFINITY) {
      if (this.inFlight === 0) this.stop('done', 0);
      return false;
    }
    const early = this.clock.real(dueMs) - nowMs;
    if (early <= 0 && this.tally.sent >= limits.requests) {
      this.stop('requests', GRACE_MS);
      return false;
    }
    const pause = early > 0 ? early : this.pace.take(nowMs);
    if (pause > 0) {
      this.timer = setTimeout(() => this.pump(), Math.min(NAP_MS, Math.ceil(pause)));
      return false;
    }
    void this.serve(this.waiting.pop()!, -early);
    return true;
  }

  /** Lets in whose time has come. */
  private admit(worldMs: number): void {
    while (this.arrivals.minimum <= worldMs) {
      const { visitor, rest } = this.arrivals.pop()!;
      this.tally.visitor(visitor.label);
      this.waiting.push(visitor.nextAt, { visitor, connections: new Map() });
      this.next(rest);
    }
  }

  /** One request and its answer; then its visitor waits for the next turn, or is gone. */
  private async serve(driven: Driven, lateMs: number): Promise<void> {
    const number = this.order.begin();
    this.inFlight++;
    let exchange: Exchange | undefined;
    try {
      const { visitor } = driven;
      const wanted = visitor.send();
      const operation = this.operationOf(wanted);
      const request = sendable(this.names.mark(wanted, operation));
      const { label } = visitor;
      const timeMs = Date.now();
      this.tally.send(label, request.client.address, lateMs, this.inFlight);
      const outcome = await this.carry(driven, request);
      const answer = this.understand(request, operation, outcome);
      const gain = label.family === '' ? 0 : this.loot.take(label, request, answer);
      if ('failure' in outcome) this.tally.fail(label, outcome.failure);
      else this.tally.answer(label, answer.handling, answer.status, gain);
      // What was never sent stands in nobody's log.
      if (!('failure' in outcome) || SENT.has(outcome.failure)) {
        exchange = { timeMs, request, answer: label.family === '' ? answer : { ...answer, gain }, label };
      }

      visitor.receive(answer, this.clock.world(Date.now()));
      this.await(driven);
    } catch (error) {
      // Visitors are made elsewhere; one that breaks must not end the others.
      this.tally.breakage(error);
      this.connections.leave(driven);
    }
    this.inFlight--;
    this.order.end(number, exchange);
    if (this.ending === undefined) this.pump();
    else if (this.inFlight === 0) this.end();
  }

  private await(driven: Driven): void {
    const { nextAt } = driven.visitor;
    if (nextAt < this.plan.world.endMs) this.waiting.push(nextAt, driven);
    else this.connections.leave(driven);
  }

  private async carry(driven: Driven, request: Request): Promise<Delivered | Undelivered> {
    const { plan } = this;
    const body = request.body === undefined ? undefined : Buffer.from(JSON.stringify(request.body));
    const headers = headersOf(request, body, driven.visitor.label, {
      ...plan,
      isKey: (token) => this.identities.isKey(token),
    });
    const { address, port } = plan;
    const { method, target } = request;
    const parcel = { address, port, method, target, headers, body, timeoutMs: plan.limits.timeoutMs };
    const held = this.connections.take(driven, request.client);
    const outcome = await deliver(parcel, held.agent, this.underway);
    this.connections.done(held);
    if (!('failure' in outcome)) return outcome;
    this.connections.drop(held);
    const again = outcome.code === 'EADDRNOTAVAIL' && this.connections.giveUpSpreading();
    return again && this.ending === undefined ? this.carry(driven, request) : outcome;
  }

  private operationOf({ method, target }: Request): Operation | undefined {
    const match = this.router.find(method, target.split('?', 1)[0]);
    return typeof match === 'string' ? undefined : match.operation;
  }

  /** The answer as its visitor sees it. Without one the visitor learns only that: status 0, refused. */
  private understand(request: Request, operation: Operation | undefined, outcome: Delivered | Undelivered): Answer {
    const { durationMs } = outcome;
    const sender = this.identities.of(request);
    const nothing = { body: {}, events: [], gain: 0, durationMs };
    if ('failure' in outcome) return { ...nothing, ...sender, status: 0, bytes: 0, handling: 'refused' };
    const { status, bytes } = outcome;
    const json = jsonOf(outcome);
    const handling = this.judge.judge(outcome, json, operation?.id ?? '', Date.now(), this.inFlight - 1);
    const answered = { ...nothing, status, bytes, handling };
    if (operation === undefined || handling === 'refused' || handling === 'challenged')
      return { ...answered, ...sender };
    const body = fieldsOf(operation.role, outcome, json, this.plan.cookie);
    const who = this.entered(operation, request, body, sender);
    const seen: Seen = { operation, request, status, fields: body, principal: who.principal };
    const gain = gainOf(seen, this.prices);
    this.prices.learn(seen, json);
    return { ...answered, ...who, body: this.withMail(seen), events: eventsOf(seen), gain };
  }

  /** Who has just logged in is known from this answer on, by name; logs say so too. */
  private entered(operation: Operation, request: Request, body: Answer['body'], sender: Sender): Sender {
    if (operation.role !== 'login' && operation.role !== 'signup') return sender;
    if (body.session === undefined && body.token === undefined) return sender;
    const principal = String(body.owner ?? nameIn(request));
    this.identities.learn(principal, [body.session, body.token]);
    const { session, token } = body as { session?: string; token?: string };
    return this.identities.of({ ...request, session, token });
  }

  /** The owner of an account reads the code out of the mailbox. */
  private withMail({ operation, request, status, fields }: Seen): Answer['body'] {
    const { mailbox } = this.plan;
    if (operation.role !== 'reset' || mailbox === undefined || status >= 300) return fields;
    const mail = mailbox(nameIn(request));
    return mail === undefined ? fields : { ...fields, mail };
  }

  private tell(exchange: Exchange): void {
    const { sink, times } = this.plan;
    if (sink === undefined) return;
    try {
      sink(times === 'real' ? exchange : { ...exchange, timeMs: this.clock.world(exchange.timeMs) });
    } catch (error) {
      this.tally.breakage(error);
    }
  }

  private summary(): LiveSummary {
    const { tally, startedMs, plan } = this;
    const nowMs = Date.now();
    const { sent, answered, failures, broken, addresses, peakInFlight, latestMs, labels } = tally;
    return {
      url: plan.url,
      ending: this.ending ?? 'done',
      startedMs,
      seconds: (nowMs - startedMs) / 1000,
      worldMs: this.clock.world(nowMs) - plan.world.startMs,
      sent,
      answered,
      failures,
      broken,
      addresses,
      peakInFlight,
      latestMs,
      labels,
    };
  }
}

/** The target as clients write it: what may not stand in a request line is percent-encoded. */
function sendable(request: Request): Request {
  const { target } = request;
  if (!/[^\x21-\x7e]/.test(target)) return request;
  const encode = (text: string) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);
  return { ...request, target: target.replace(/[^\x21-\x7e]+/g, (text) => encode(text).join('')) };
}

/** Failures after the request was on its way. */
const SENT: ReadonlySet<string> = new Set(['reset', 'timeout', 'aborted']);
