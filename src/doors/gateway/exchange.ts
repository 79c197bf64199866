/**
 * One request on its way through the gateway, and its answer on the way back:
 *
 *     observe → verdict → act or forward → observe → response event
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ALLOW, type Verdict } from '../../runtime/live/verdict.ts';
import { readTraceHeaders, traceHeaders, writeTraceHeaders } from '../../runtime/telemetry/trace-context.ts';
import { CONTEXT_INVALID, type RequestSpan, type UpstreamSpan } from '../../runtime/telemetry/tracing.ts';
import type { CaptureDraft } from './capture.ts';
import type { ForwardHooks, HeaderList, HeadNotes, Outcome, Refusal, Ticket } from './contract.ts';

import { THROTTLED } from './guard/client-throttle.ts';
import { isRefusal } from './guard/guard.ts';
import type { Admitted } from './http/admit.ts';
import { upstreamHeaders } from './http/forwarded.ts';
import type { Rooms } from './rooms.ts';
import type { Slot } from './rows.ts';
import { type Signal, takeSignals } from './signals.ts';
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

const UNSCORED_CLOSED: Verdict = { ...ALLOW, action: 'block', planned: 'block', retryAfterSec: 5 };

export class Exchange implements ForwardHooks, Underway {
  readonly inbound: Admitted;
  verdict: Verdict = ALLOW;
  slot: Slot | null = null;
  place = -1;
  private readonly rooms: Rooms;
  private ticket: Ticket;
  private readonly upgraded: Upgraded | null;
  private span: RequestSpan | null = null;
  private upstreamSpan: UpstreamSpan | null = null;
  private invalidContext = false;
  private signal: Signal | null = null;
  private capture: CaptureDraft | null = null;
  private admitted = false;
  /** The outcome was told while the exchange went on: it is not told again. */
  private told = false;
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
    this.startTrace();
    const slot = rooms.observer.request(inbound);
    // Texts beyond any row: the http room lets no such request through unless its limits were raised that far.
    if (slot === null) {
      this.decided(inbound.route.fail === 'open' ? ALLOW : UNSCORED_CLOSED);
      return;
    }
    this.slot = slot;
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = rooms.gate.request(slot.batch, slot.row, inbound.startedMs);
    } catch (error) {
      rooms.defect(error);
      this.unscored();
      return;
    }
    if (verdict instanceof Promise) this.await(verdict);
    else this.decided(verdict);
  }

  private await(verdict: Promise<Verdict>): void {
    // The owner of state is another process: it has the route's budget, then the route's fail mode decides.
    const timer = setTimeout(() => this.unscored(), this.inbound.route.scoringBudgetMs);
    const end = (decided: Verdict | null): void => {
      clearTimeout(timer);
      if (decided === null) this.unscored();
      else if (!this.over) this.decided(decided);
    };
    verdict.then(end, () => end(null));
  }

  private unscored(): void {
    if (this.admitted || this.over) return;
    const { fail } = this.inbound.route;
    this.rooms.unscored(fail);
    this.decided(fail === 'open' ? ALLOW : UNSCORED_CLOSED);
  }

  private decided(verdict: Verdict): void {
    if (this.verdict !== ALLOW || this.admitted) return;
    try {
      this.carryOut(verdict);
    } catch (error) {
      this.broken(error);
    }
  }

  private carryOut(verdict: Verdict): void {
    this.verdict = verdict;
    this.span?.decision(this.inbound.startedMs, this.rooms.clock(), verdict, this.rooms.policy());
    if (verdict.action === 'allow' && verdict.limit?.exceeded !== true) {
      this.forward(null);
      return;
    }
    // Whom we hold back ourselves takes no room from others, and our own delay is not the upstream's.
    this.ticket.leave('dropped', 0);
    this.rooms.responder.carryOut(
      this.inbound,
      verdict,
      (added) => this.resume(added),
      (outcome) => this.done(outcome),
    );
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
    if (!this.isWelcome()) return;
    this.admitted = true;
    this.forwardedAt = rooms.now();
    const headers = upstreamHeaders(inbound);
    if (added !== null) headers.push(...added);
    this.traceUpstream(headers);
    if (this.upgraded !== null) {
      const { socket, head, res } = this.upgraded;
      // From here on the upstream room answers on the socket.
      res.detachSocket(socket as Socket);
      rooms.forwarder.upgrade(inbound, socket, head, headers, this);
    } else rooms.forwarder.forward(inbound, headers, this);
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

  private startTrace(): void {
    const { tracer } = this.rooms;
    if (tracer === null) return;
    readTraceHeaders(this.inbound.headers);
    const begun = tracer.begin(traceHeaders.traceparent, traceHeaders.tracestate, this.inbound.startedMs);
    if (typeof begun !== 'number') this.span = begun;
    else this.invalidContext = begun === CONTEXT_INVALID;
  }

  private traceUpstream(headers: HeaderList): void {
    if (this.span !== null) {
      this.upstreamSpan = this.span.upstream(this.rooms.clock());
      writeTraceHeaders(headers, this.upstreamSpan.traceparent, this.span.tracestate);
    } else if (this.invalidContext) writeTraceHeaders(headers, '', '');
  }

  head(status: number, headers: HeaderList, notes?: HeadNotes): void {
    this.status = status;
    // What goes on for hours must not take up a route's room, and how long it goes on is no latency.
    if (status === 101 || (notes === undefined ? isEventStream(headers) : notes.eventStream))
      this.ticket.leave('ok', this.rooms.now() - this.forwardedAt);
    const { readsSignals, principalHeader } = this.rooms;
    if (readsSignals && (notes === undefined || notes.signals || principalHeader !== ''))
      this.signal = takeSignals(headers, principalHeader);
    if (this.verdict.limit !== null) headers.push(...this.rooms.responder.limitHeaders(this.verdict));
  }

  /** A long exchange tells how it stands, once. */
  partial(nowMs: number): void {
    if (this.told || this.over || !this.admitted || this.status === 0) return;
    this.tell({ ...NOTHING, status: this.status }, nowMs);
  }

  done(outcome: Outcome): void {
    if (this.over) return;
    this.over = true;
    const { rooms, inbound, slot } = this;
    const nowMs = rooms.clock();
    if (!this.told) this.tell(outcome, nowMs);
    if (slot !== null) {
      rooms.pool.give(slot);
      this.slot = null;
    }
    const elapsed = rooms.now() - inbound.startedAt;
    const answered = outcome.firstByteMs > 0 ? outcome.firstByteMs - inbound.startedMs : elapsed;
    const waited = answered - (this.forwardedAt - inbound.startedAt);
    const failed = outcome.ended === 'upstream' || outcome.ended === 'deadline' || outcome.status >= 500;
    this.ticket.leave(
      failed ? 'failed' : outcome.ended === 'client' || !this.admitted ? 'dropped' : 'ok',
      Math.max(0, waited),
    );
    if (this.admitted) {
      const refused = outcome.status === 503 && outcome.server !== '';
      rooms.throttleOf(inbound.route.upstream).ended(!refused, rooms.now());
    }
    if (this.capture !== null) this.endCapture(this.capture, outcome);
    rooms.ended(this, outcome, elapsed);
    if (this.span !== null) this.endTrace(this.span, outcome, nowMs);
  }

  private endCapture(capture: CaptureDraft, outcome: Outcome): void {
    this.capture = null;
    try {
      this.rooms.capturing.end(capture, this.inbound, outcome);
    } catch (error) {
      this.rooms.defect(error);
    }
  }

  private endTrace(span: RequestSpan, outcome: Outcome, nowMs: number): void {
    const { method, scheme, host, protocol, route } = this.inbound;
    const error = outcome.code !== '' ? outcome.code : outcome.ended;
    const { status, server, retries } = outcome;
    this.upstreamSpan?.end(nowMs, { method, route: route.name, server, status, error, resend: retries });
    span.end(nowMs, { method, scheme, route: route.name, host, protocol, status, error });
  }

  /** Id of the trace that this request is part of; '' where it is not traced. */
  get traceId(): string {
    return this.span?.traceId ?? '';
  }

  /** The response event, and the business events that came with the answer. */
  private tell(outcome: Outcome, nowMs: number): void {
    this.told = true;
    const { rooms, inbound, slot, signal } = this;
    if (slot === null) return;
    try {
      rooms.observer.response(slot, inbound, outcome, signal, this.admitted, nowMs);
      rooms.gate.response(slot.batch, slot.row, nowMs, this.admitted);
      if (signal === null || !this.admitted) return;
      for (const event of signal.events) {
        const row = rooms.observer.business(slot, inbound, event, nowMs);
        if (row === null) continue;
        rooms.gate.business(row.batch, row.row, nowMs);
        rooms.pool.give(row);
      }
    } catch (error) {
      rooms.defect(error);
    }
  }
}

function isEventStream(headers: HeaderList): boolean {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i].length === 12 && headers[i].toLowerCase() === 'content-type')
      return headers[i + 1].startsWith('text/event-stream');
  return false;
}

const NOTHING: Outcome = {
  status: 0,
  bytes: -1,
  bodyBytes: 0,
  ended: '',
  code: '',
  server: '',
  retries: 0,
  firstByteMs: 0,
};
