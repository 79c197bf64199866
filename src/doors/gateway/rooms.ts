/** The rooms of a gateway, as an exchange finds them. */
import type { ErrorCode } from '../../lib/errors.ts';
import type { Gate } from '../../runtime/live/verdict.ts';
import type { Telemetry } from '../../runtime/telemetry/telemetry.ts';
import type { Tracer } from '../../runtime/telemetry/tracing.ts';
import type { ActResponder } from './act/responder.ts';
import type { AnswerLook, AnswerRoom } from './answer/index.ts';
import type { Capturing } from './capture.ts';
import type { Outcome, Refusal, RouteSettings } from './contract.ts';
import { type ClientThrottle, createClientThrottle } from './guard/client-throttle.ts';
import type { OverloadGuard } from './guard/guard.ts';
import type { AdmitSettings, Admitted } from './http/admit.ts';
import { sendProblem } from './http/problem.ts';
import type { Lasting } from './lasting.ts';
import type { Lessons } from './lessons.ts';
import type { Observer } from './observe.ts';
import type { Reception } from './reception.ts';
import { RowPool, type Slot } from './rows.ts';
import { type Underway, UnderwayList } from './underway.ts';
import type { UpdatableForwarder } from './upstream/index.ts';

/** What an exchange needs of the gateway. */
export class Rooms {
  readonly gate: Gate;
  readonly pool = new RowPool();
  readonly clock: () => number;
  readonly now: () => number;
  readonly telemetry: Telemetry;
  readonly active = new UnderwayList();
  observer!: Observer;
  responder!: ActResponder;
  forwarder!: UpdatableForwarder;
  guard!: OverloadGuard;
  admission!: AdmitSettings;
  capturing!: Capturing;
  /** Who is calling, and what it says. */
  reception!: Reception;
  /** Of it, what a reload leaves as it is. */
  lasting: Lasting | null = null;
  /** What answered exchanges teach. */
  lessons!: Lessons;
  answers!: AnswerRoom;
  private readonly throttles = new Map<string, ClientThrottle>();
  readsSignals = true;
  principalHeader = '';

  constructor(gate: Gate, telemetry: Telemetry, clock?: () => number, now?: () => number) {
    this.gate = gate;
    this.telemetry = telemetry;
    this.clock = clock ?? Date.now;
    this.now = now ?? (() => performance.now());
  }

  /** Answers are looked at unless there is too little time; those that may have to be withheld always. */
  lookAtAnswer(route: RouteSettings, { batch, row }: Slot): AnswerLook | null {
    if (this.guard.degradation() > 0 && route.answer.withhold === 0) return null;
    return this.answers.look(route, batch.routeClass[row]);
  }

  get tracer(): Tracer | null {
    return this.telemetry.tracer;
  }

  policy(): string {
    return this.telemetry.policy;
  }

  /** A request was decided by its route's fail mode. */
  unscored(fail: 'open' | 'closed'): void {
    this.telemetry.unscored(fail);
  }

  /** A mistake of ours must cost a decision, not a request. */
  defect(error: unknown): void {
    this.telemetry.defect(error);
  }

  /** What is still sent to a group of servers that turns requests away. Groups come from the configuration: they are few. */
  throttleOf(upstream: string): ClientThrottle {
    let throttle = this.throttles.get(upstream);
    if (throttle === undefined) {
      throttle = createClientThrottle();
      this.throttles.set(upstream, throttle);
    }
    return throttle;
  }

  /** There is no room for a request. */
  turnAway(inbound: Admitted, refusal: Refusal): void {
    this.telemetry.shed(refusal.code);
    sendProblem(inbound.res, {
      status: refusal.status,
      code: refusal.code as ErrorCode,
      title: refusal.status === 429 ? 'Too many requests' : 'Service temporarily overloaded',
      retryAfterSec: refusal.retryAfterSec,
    });
  }

  ended(exchange: Underway, outcome: Outcome, elapsedMs: number): void {
    this.active.remove(exchange);
    const { inbound, verdict } = exchange;
    this.telemetry.ended(inbound, verdict, outcome, elapsedMs, exchange.traceId, this.clock);
  }
}
