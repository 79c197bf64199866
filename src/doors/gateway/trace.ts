/** The traces of one exchange: a span for the request, one for what is asked of the upstream. */
import type { Verdict } from '../../runtime/live/verdict.ts';
import { readTraceHeaders, traceHeaders, writeTraceHeaders } from '../../runtime/telemetry/trace-context.ts';
import { CONTEXT_INVALID, type RequestSpan, type Tracer, type UpstreamSpan } from '../../runtime/telemetry/tracing.ts';
import type { HeaderList, Inbound, Outcome } from './contract.ts';

/** Most exchanges are not traced: then it holds nothing. */
export class ExchangeTrace {
  private readonly span: RequestSpan | null = null;
  private readonly invalidContext: boolean = false;
  private upstreamSpan: UpstreamSpan | null = null;

  constructor(tracer: Tracer, inbound: Inbound) {
    readTraceHeaders(inbound.headers);
    const begun = tracer.begin(traceHeaders.traceparent, traceHeaders.tracestate, inbound.startedMs);
    if (typeof begun !== 'number') this.span = begun;
    else this.invalidContext = begun === CONTEXT_INVALID;
  }

  /** Id of the trace that this request is part of; '' where it is not traced. */
  get id(): string {
    return this.span?.traceId ?? '';
  }

  decision(startedMs: number, nowMs: number, verdict: Verdict, policy: string): void {
    this.span?.decision(startedMs, nowMs, verdict, policy);
  }

  /** Passes the context on to the upstream. */
  upstream(headers: HeaderList, nowMs: number): void {
    if (this.span !== null) {
      this.upstreamSpan = this.span.upstream(nowMs);
      writeTraceHeaders(headers, this.upstreamSpan.traceparent, this.span.tracestate);
    } else if (this.invalidContext) writeTraceHeaders(headers, '', '');
  }

  end(inbound: Inbound, outcome: Outcome, nowMs: number): void {
    if (this.span === null) return;
    const { method, scheme, host, protocol, route } = inbound;
    const error = outcome.code !== '' ? outcome.code : outcome.ended;
    const { status, server, retries } = outcome;
    this.upstreamSpan?.end(nowMs, { method, route: route.name, server, status, error, resend: retries });
    this.span.end(nowMs, { method, scheme, route: route.name, host, protocol, status, error });
  }
}
