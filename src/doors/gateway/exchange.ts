/**
 * One request on its way through the gateway, and its answer on the way back:
 *
 *     receive → observe → inspect → verdict → act or forward → observe → response event
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ROUTE_CLASS } from '../../enrich/facts.ts';
import type { InspectedRequest } from '../../inspect/inspection.ts';
import { ALLOW, LASTS_MS, type Verdict } from '../../runtime/live/verdict.ts';
import type { AnswerLook } from './answer/index.ts';
import { askGate, unscored } from './asking.ts';
import type { NotGathered } from './body/collect.ts';
import type { CaptureDraft } from './capture.ts';
import type { ForwardHooks, HeaderList, HeadNotes, Outcome, Refusal, Ticket } from './contract.ts';
import { THROTTLED } from './guard/client-throttle.ts';
import { isRefusal } from './guard/guard.ts';
import type { Admitted } from './http/admit.ts';
import { dressed, upstreamHeaders } from './http/forwarded.ts';
import { isEventStream } from './http/names.ts';
import { sendProblem } from './http/problem.ts';
import { UNLOOKED } from './lessons.ts';
import { isReceived, type Received, type Reception } from './reception.ts';
import { tellRefusal } from './refusal.ts';
import { condemnedBy } from './revoking/revoking.ts';
import type { Rooms } from './rooms.ts';
import type { Slot } from './rows.ts';
import { type Signal, takeSignals } from './signals.ts';
import { hasFailed, NOTHING, tellEnd, tellOwner } from './telling.ts';
import { ExchangeTrace } from './trace.ts';
import type { Underway } from './underway.ts';
import { cut } from './upstream/answer.ts';

/** What an upgraded connection brings besides its request. */
export interface Upgraded {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly res: ServerResponse;
}

/** Seconds after which a client may ask again that was kept from an upstream which turns much away. */
const THROTTLED_RETRY_SEC = 5;

export class Exchange implements ForwardHooks, Underway {
  readonly inbound: Admitted;
  verdict: Verdict = ALLOW;
  slot: Slot | null = null;
  place = -1;
  private readonly rooms: Rooms;
  private ticket: Ticket;
  private readonly upgraded: Upgraded | null;
  private trace: ExchangeTrace | null = null;
  private received: Received | null = null;
  private insight: InspectedRequest | null = null;
  /** Bits of FLAG that only the answer has shown. */
  private lateFlags = 0;
  private signal: Signal | null = null;
  private capture: CaptureDraft | null = null;
  private answer: AnswerLook | null = null;
  private admitted = false;
  /** Unix ms at which it was last said that the exchange goes on; 0: nothing was told of it yet. */
  private toldMs = 0;
  private over = false;
  private status = 0;
  private forwardedAt = 0;

  constructor(rooms: Rooms, inbound: Admitted, ticket: Ticket, upgraded: Upgraded | null) {
    this.rooms = rooms;
    this.inbound = inbound;
    this.ticket = ticket;
    this.upgraded = upgraded;
  }

  begin(): void {
    try {
      this.observe();
    } catch (error) {
      this.broken(error);
    }
  }

  /** A mistake of ours costs this exchange and nothing else: the client's connection ends, and all it held is given back. */
  private broken(error: unknown): void {
    this.upgraded?.socket.destroy();
    cut(this.inbound.res, true);
    this.done({ ...NOTHING, code: 'SP9001' });
    this.rooms.defect(error);
  }

  private observe(): void {
    const { rooms, inbound } = this;
    if (inbound.route.capture !== null) this.capture = rooms.capturing.begin(inbound);
    if (rooms.tracer !== null) this.trace = new ExchangeTrace(rooms.tracer, inbound);
    const received = rooms.reception.receive(inbound);
    if (received instanceof Promise) received.then(this.take, (error) => this.broken(error));
    else this.take(received);
  }

  /** It is known who is calling, or that the body will not come. */
  private readonly take = (received: Received | NotGathered): void => {
    // The client went away while somebody was asked about it.
    if (this.over) return;
    try {
      if (isReceived(received)) this.look(received);
      else this.gone(received);
    } catch (error) {
      this.broken(error);
    }
  };

  private gone({ ended, code, problem }: NotGathered): void {
    if (problem !== null) sendProblem(this.inbound.res, problem);
    this.done({ ...NOTHING, status: problem?.status ?? 0, ended, code });
  }

  private look(received: Received): void {
    const { rooms, inbound } = this;
    this.received = received;
    const slot = rooms.observer.request(inbound, received.caller);
    // Texts beyond any row: the http room lets no such request through unless its limits were raised that far.
    if (slot === null) {
      this.decided(unscored(inbound.route));
      return;
    }
    this.slot = slot;
    rooms.observer.add(slot, rooms.reception.extras(inbound, received));
    const { batch, row } = slot;
    const routeClass = batch.routeClass[row];
    let insight: ReturnType<Reception['refusing']>;
    // The first thing that scoring leaves out when it has too little time.
    if (rooms.guard.degradation() > 0) {
      rooms.observer.add(slot, UNLOOKED);
      insight = rooms.reception.refusing(inbound, routeClass, received);
    } else insight = rooms.reception.inspect(inbound, routeClass, received, rooms.lessons.wants(batch, row));
    if (insight instanceof Promise) insight.then(this.known, (error) => this.broken(error));
    else this.ask(slot, insight);
  }

  private readonly known = (insight: InspectedRequest): void => {
    if (this.over || this.slot === null) return;
    try {
      this.ask(this.slot, insight);
    } catch (error) {
      this.broken(error);
    }
  };

  private ask(slot: Slot, insight: InspectedRequest | null): void {
    const { rooms, inbound } = this;
    if (insight !== null) {
      this.insight = insight;
      rooms.observer.add(slot, insight.extras);
      rooms.telemetry.departed(insight.extras.schema ?? 0);
      if (insight.hit !== null) rooms.observer.hit(slot, insight.hit);
    }
    askGate(rooms, inbound, slot, this.decided);
  }

  private readonly decided = (verdict: Verdict): void => {
    if (this.over) return;
    try {
      this.carryOut(verdict);
    } catch (error) {
      this.broken(error);
    }
  };

  private carryOut(verdict: Verdict): void {
    this.verdict = verdict;
    this.trace?.decision(this.inbound.startedMs, this.rooms.clock(), verdict, this.rooms.policy());
    if (verdict.action === 'allow' && verdict.limit?.exceeded !== true) {
      this.forward(null);
      return;
    }
    this.condemn(verdict);
    // Whom we hold back ourselves takes no room from others, and our own delay is not the upstream's.
    this.ticket.leave('dropped', 0);
    this.rooms.responder.carryOut(
      this.inbound,
      verdict,
      (added) => this.resume(added),
      (outcome) => this.done(outcome),
    );
  }

  /** What a verdict takes out of use counts no more with the next request, wherever it comes in. */
  private condemn(verdict: Verdict): void {
    const what = this.received === null ? null : condemnedBy(verdict, this.received.caller);
    if (what !== null) this.rooms.lasting?.revoking.condemned(what);
  }

  /** It was held back, and may go on: out of a timer, or out of another event of its connection. */
  private resume(added: HeaderList): void {
    try {
      this.forward(added);
    } catch (error) {
      this.broken(error);
    }
  }

  private forward(added: HeaderList | null): void {
    const { rooms, inbound } = this;
    if (this.over || (added !== null && !this.enterAgain())) return;
    if (this.isRefused() || !this.isWelcome()) return;
    this.admitted = true;
    this.forwardedAt = rooms.now();
    let headers = upstreamHeaders(inbound);
    if (this.received !== null) headers = dressed(headers, this.received.caller);
    if (added !== null) headers.push(...added);
    this.trace?.upstream(headers, rooms.clock());
    if (this.upgraded !== null) {
      const { socket, head, res } = this.upgraded;
      // From here on the upstream room answers on the socket.
      res.detachSocket(socket as Socket);
      rooms.forwarder.upgrade(inbound, socket, head, headers, this);
    } else {
      if (this.slot !== null) this.answer = rooms.lookAtAnswer(inbound.route, this.slot);
      inbound.answerTap = this.answer;
      rooms.forwarder.forward(inbound, headers, this);
    }
  }

  /** The route asks for a caller whom this request does not prove, or for another request. */
  private isRefused(): boolean {
    const refusal = this.received?.refusal ?? this.insight?.refusal ?? null;
    if (refusal === null) return false;
    this.rooms.telemetry.refused(refusal.code);
    tellRefusal(this.inbound.res, refusal);
    this.done({ ...NOTHING, status: refusal.status, code: refusal.code });
    return true;
  }

  /** An upstream that turns much away is sent less, so that it need not spend its strength on saying no. */
  private isWelcome(): boolean {
    const { rooms, inbound } = this;
    if (rooms.throttleOf(inbound.route.upstream).admit(rooms.now())) return true;
    this.turnAway({ status: 503, code: THROTTLED, retryAfterSec: THROTTLED_RETRY_SEC });
    return false;
  }

  private turnAway(refusal: Refusal): void {
    this.rooms.turnAway(this.inbound, refusal);
    this.done({ ...NOTHING, status: refusal.status, code: refusal.code });
  }

  /** Room for a request that was held back; where there is none now it is turned away. */
  private enterAgain(): boolean {
    const { rooms, inbound } = this;
    const room = rooms.guard.enter(inbound.route, inbound.route.priority, rooms.now(), this.verdict.risk);
    if (!isRefusal(room)) {
      this.ticket = room;
      return true;
    }
    this.turnAway(room);
    return false;
  }

  head(status: number, headers: HeaderList, notes?: HeadNotes): void {
    this.status = status;
    // What goes on for hours must not take up a route's room, and how long it goes on is no latency.
    if (status === 101 || (notes === undefined ? isEventStream(headers) : notes.eventStream))
      this.ticket.leave('ok', this.rooms.now() - this.forwardedAt);
    const { received, slot } = this;
    if (received !== null && slot !== null) {
      const loggedIn = status < 400 && slot.batch.routeClass[slot.row] === ROUTE_CLASS.login;
      const nowMs = this.rooms.clock();
      this.lateFlags = this.rooms.reception.answered(received, { status, headers, loggedIn, nowMs });
    }
    const { readsSignals, principalHeader } = this.rooms;
    if (readsSignals && (notes === undefined || notes.signals || principalHeader !== ''))
      this.signal = takeSignals(headers, principalHeader);
    if (received?.caller.tells !== undefined) headers.push(...received.caller.tells);
    if (this.verdict.limit !== null) headers.push(...this.rooms.responder.limitHeaders(this.verdict));
  }

  /** A long exchange tells how it stands, once, and then now and again that it still goes on. */
  partial(nowMs: number): void {
    const { slot, toldMs } = this;
    if (this.over || !this.admitted || this.status === 0) return;
    if (toldMs === 0) {
      this.toldMs = nowMs;
      this.tell({ ...NOTHING, status: this.status }, nowMs, true);
    } else if (slot !== null && nowMs - toldMs >= LASTS_MS) {
      this.toldMs = nowMs;
      this.attempt(() => this.rooms.gate.lasts(slot.batch, slot.row, nowMs, false));
    }
  }

  done(outcome: Outcome): void {
    if (this.over) return;
    this.over = true;
    const { rooms, inbound, slot } = this;
    const nowMs = rooms.clock();
    if (this.toldMs === 0) this.tell(outcome, nowMs, false);
    else if (slot !== null) this.attempt(() => tellEnd(rooms, slot, outcome, nowMs));
    if (slot !== null) {
      rooms.pool.give(slot);
      this.slot = null;
    }
    const elapsed = rooms.now() - inbound.startedAt;
    const answered = outcome.firstByteMs > 0 ? outcome.firstByteMs - inbound.startedMs : elapsed;
    const waited = answered - (this.forwardedAt - inbound.startedAt);
    this.ticket.leave(
      hasFailed(outcome) ? 'failed' : outcome.ended === 'client' || !this.admitted ? 'dropped' : 'ok',
      Math.max(0, waited),
    );
    if (this.admitted) {
      const refused = outcome.status === 503 && outcome.server !== '';
      rooms.throttleOf(inbound.route.upstream).ended(!refused, rooms.now());
    }
    if (this.capture !== null) this.attempt(() => rooms.capturing.end(this.capture as CaptureDraft, inbound, outcome));
    rooms.ended(this, outcome, elapsed);
    this.trace?.end(inbound, outcome, nowMs);
  }

  /** Id of the trace that this request is part of; '' where it is not traced. */
  get traceId(): string {
    return this.trace?.id ?? '';
  }

  /** The response event, and the business events that came with the answer. */
  private tell(outcome: Outcome, nowMs: number, goesOn: boolean): void {
    const { inbound, slot, signal, admitted, lateFlags, insight } = this;
    // Gives memory back, whatever comes of it.
    const told = this.answer?.finish() ?? null;
    if (slot === null) return;
    const known = { inbound, slot, signal, admitted, lateFlags, insight, told };
    this.attempt(() => tellOwner(this.rooms, known, outcome, nowMs, goesOn));
  }

  /** Something that must not keep the exchange from its end. */
  private attempt(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.rooms.defect(error);
    }
  }
}
