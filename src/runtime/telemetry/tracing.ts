/**
 * Traces: one span for the request, one for the decision, one for each try at the upstream. Whether a request is traced is
 * decided before anything is made for it; where it is not, its own trace context simply passes through.
 *
 * Attributes follow the stable HTTP semantic conventions of OpenTelemetry. Nothing that identifies people goes into a
 * span: paths appear as their route, addresses, agents and queries not at all.
 */
import { randomFillSync } from 'node:crypto';
import type { Verdict } from '../live/verdict.ts';
import {
  cleanTracestate,
  INVALID,
  parentIdOf,
  RANDOM,
  SAMPLED,
  traceIdOf,
  traceparentFlags,
  traceparentOf,
} from './trace-context.ts';

/** {@link Tracer.begin}: not traced, the request's headers go on as they are. */
export const CONTEXT_KEPT = 0;
/** {@link Tracer.begin}: not traced, and its traceparent is none: it must not be passed on (section 3.2.2). */
export const CONTEXT_INVALID = 1;

/** Requests a second that are traced because their callers say so: a stranger can set that flag, too. */
const SAMPLED_BY_CALLER_PER_SEC = 100;

export type SpanKindName = 'internal' | 'server' | 'client';
export type SpanAttributes = Record<string, string | number | boolean>;

/** A span that has ended. Times in Unix ms. */
export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** '' for the first span of a trace. */
  readonly parentId: string;
  /** Whether the parent is a span of another service. */
  readonly parentRemote: boolean;
  readonly flags: number;
  readonly tracestate: string;
  readonly name: string;
  readonly kind: SpanKindName;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: SpanAttributes;
  readonly failed: boolean;
}

/** Takes spans that have ended. Must not throw and must not wait. */
export interface SpanSink {
  add(span: SpanRecord): void;
}

/** What is said of a request when it is over. */
export interface RequestFacts {
  readonly method: string;
  readonly scheme: string;
  /** Route template: stands for the path, which may hold names and secrets. */
  readonly route: string;
  readonly host: string;
  /** `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  /** 0 where the client got no answer. */
  readonly status: number;
  /** Code of the error registry, or who ended it; '' for none. */
  readonly error: string;
}

/** What is said of one try at the upstream. */
export interface TryFacts {
  readonly method: string;
  readonly route: string;
  /** `http://host:port` of the server. */
  readonly server: string;
  readonly status: number;
  readonly error: string;
  /** 0 for the first try. */
  readonly resend: number;
}

const CONNECT_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE']);

export interface TracerOptions {
  /** Share of requests without a sampling decision of their caller that is traced, 0 to 1. */
  readonly sample: number;
  readonly sink: SpanSink;
  /** Fills bytes with randomness; for tests. */
  readonly random?: (bytes: Uint8Array) => void;
  readonly sampledByCallerPerSec?: number;
}

export class Tracer {
  readonly #sink: SpanSink;
  readonly #ids: Ids;
  /** A trace is sampled where the last 56 bits of its id are at or above this: its upper 24 and lower 32 bits. */
  readonly #leastHigh: number;
  readonly #leastLow: number;
  readonly #perSecond: number;
  #second = 0;
  #bySampledCallers = 0;

  constructor({ sample, sink, random, sampledByCallerPerSec }: TracerOptions) {
    this.#sink = sink;
    this.#ids = new Ids(random ?? randomFillSync);
    // 2^56 does not fit a number without loss; its two halves do.
    const least = (1 - Math.min(1, Math.max(0, sample))) * 2 ** 24;
    this.#leastHigh = sample > 0 ? Math.floor(least) : 2 ** 24;
    this.#leastLow = sample > 0 ? Math.floor((least % 1) * 2 ** 32) : 0;
    this.#perSecond = sampledByCallerPerSec ?? SAMPLED_BY_CALLER_PER_SEC;
  }

  /**
   * Decides whether a request is traced: as its caller has decided, within a bound a second; else by the share, from the
   * id of the new trace. `traceparent` and `tracestate` are '' where there are none. A number means "not traced":
   * {@link CONTEXT_KEPT} or {@link CONTEXT_INVALID}.
   */
  begin(traceparent: string, tracestate: string, nowMs: number): RequestSpan | number {
    const flags = traceparent === '' ? INVALID : traceparentFlags(traceparent);
    if (flags === INVALID) {
      const span = this.#root(nowMs);
      return span ?? (traceparent === '' && tracestate === '' ? CONTEXT_KEPT : CONTEXT_INVALID);
    }
    if ((flags & SAMPLED) === 0 || !this.#mayFollow(nowMs)) return CONTEXT_KEPT;
    const trace = {
      traceId: traceIdOf(traceparent),
      flags: flags & (SAMPLED | RANDOM),
      tracestate: cleanTracestate(tracestate),
    };
    return new RequestSpan(this.#sink, this.#ids, trace, parentIdOf(traceparent), nowMs);
  }

  #root(nowMs: number): RequestSpan | null {
    const ids = this.#ids;
    ids.draw();
    const high = ids.high & 0xffffff;
    if (high < this.#leastHigh || (high === this.#leastHigh && ids.low < this.#leastLow)) return null;
    const trace = { traceId: ids.traceId(), flags: SAMPLED | RANDOM, tracestate: '' };
    return new RequestSpan(this.#sink, ids, trace, '', nowMs);
  }

  #mayFollow(nowMs: number): boolean {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#bySampledCallers = 0;
    }
    return ++this.#bySampledCallers <= this.#perSecond;
  }
}

interface Trace {
  readonly traceId: string;
  readonly flags: number;
  readonly tracestate: string;
}

/** The span of a request that is traced. */
export class RequestSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly tracestate: string;
  readonly #trace: Trace;
  readonly #parentId: string;
  readonly #startMs: number;
  readonly #sink: SpanSink;
  readonly #ids: Ids;
  #ended = false;

  constructor(sink: SpanSink, ids: Ids, trace: Trace, parentId: string, startMs: number) {
    this.#sink = sink;
    this.#ids = ids;
    this.#trace = trace;
    this.#parentId = parentId;
    this.#startMs = startMs;
    this.traceId = trace.traceId;
    this.tracestate = trace.tracestate;
    this.spanId = ids.spanId();
  }

  /** The verdict was found: child span `sallyport.decision`. `policy` is name and version of what is in force. */
  decision(startMs: number, endMs: number, verdict: Verdict, policy: string): void {
    const attributes: SpanAttributes = {
      'sallyport.action': verdict.action,
      'sallyport.planned': verdict.planned,
      'sallyport.mode': verdict.mode,
      'sallyport.policy': policy,
    };
    if (verdict.class !== '') attributes['sallyport.class'] = verdict.class;
    if (verdict.risk > 0) attributes['sallyport.risk'] = verdict.risk;
    if (verdict.mitigation !== '') attributes['sallyport.mitigation'] = verdict.mitigation;
    this.#add(this.#ids.spanId(), this.spanId, 'sallyport.decision', 'internal', startMs, endMs, attributes, false);
  }

  /** A try at the upstream begins. Its `traceparent` goes with the request. */
  upstream(startMs: number): UpstreamSpan {
    const spanId = this.#ids.spanId();
    const { traceId, flags } = this.#trace;
    return {
      traceparent: traceparentOf(traceId, spanId, flags),
      end: (endMs, facts) =>
        this.#add(
          spanId,
          this.spanId,
          facts.method,
          'client',
          startMs,
          endMs,
          tryAttributes(facts),
          facts.error !== '',
        ),
    };
  }

  /** The exchange is over: span `sallyport.request`. Further calls do nothing. */
  end(endMs: number, facts: RequestFacts): void {
    if (this.#ended) return;
    this.#ended = true;
    const failed = facts.status >= 500;
    const attributes = requestAttributes(facts);
    this.#add(this.spanId, this.#parentId, 'sallyport.request', 'server', this.#startMs, endMs, attributes, failed);
  }

  #add(
    spanId: string,
    parentId: string,
    name: string,
    kind: SpanKindName,
    startMs: number,
    endMs: number,
    attributes: SpanAttributes,
    failed: boolean,
  ): void {
    const { traceId, flags, tracestate } = this.#trace;
    this.#sink.add({
      traceId,
      flags,
      tracestate,
      spanId,
      parentId,
      parentRemote: kind === 'server' && parentId !== '',
      name,
      kind,
      startMs,
      endMs: Math.max(startMs, endMs),
      attributes,
      failed,
    });
  }
}

/** One try at the upstream. */
export interface UpstreamSpan {
  readonly traceparent: string;
  end(endMs: number, facts: TryFacts): void;
}

function requestAttributes(facts: RequestFacts): SpanAttributes {
  const attributes = methodAttributes(facts.method);
  attributes['url.scheme'] = facts.scheme;
  attributes['url.path'] = facts.route;
  attributes['http.route'] = facts.route;
  attributes['server.address'] = facts.host;
  attributes['network.protocol.version'] = facts.protocol.replace(/^HTTP\//, '').replace(/^([23])\.0$/, '$1');
  return withOutcome(attributes, facts.status, facts.error, 500);
}

function tryAttributes(facts: TryFacts): SpanAttributes {
  const attributes = methodAttributes(facts.method);
  const at = /^(https?):\/\/(\[[^\]]*\]|[^:/]*)(?::(\d+))?/.exec(facts.server);
  attributes['server.address'] = at === null ? facts.server : at[2].replace(/^\[|\]$/g, '');
  attributes['server.port'] = Number(at?.[3] ?? (at?.[1] === 'https' ? 443 : 80));
  attributes['url.full'] = facts.server + facts.route;
  if (facts.resend > 0) attributes['http.request.resend_count'] = facts.resend;
  return withOutcome(attributes, facts.status, facts.error, 400);
}

/** Methods of one's own invention would make new values of an attribute that others count by. */
function methodAttributes(method: string): SpanAttributes {
  return { 'http.request.method': CONNECT_METHODS.has(method) ? method : '_OTHER' };
}

function withOutcome(attributes: SpanAttributes, status: number, error: string, failsFrom: number): SpanAttributes {
  if (status > 0) attributes['http.response.status_code'] = status;
  if (error !== '') attributes['error.type'] = error;
  else if (status >= failsFrom) attributes['error.type'] = String(status);
  return attributes;
}

/** Bytes of randomness drawn from the system at once. */
const POOL_BYTES = 4096;

/** Random ids, a pool at a time: a call to the system for each request would cost more than everything else here. */
class Ids {
  readonly #pool = new Uint32Array(POOL_BYTES / 4);
  readonly #fill: (bytes: Uint8Array) => void;
  #at = this.#pool.length;
  /** The last two words drawn: the right half of the next trace id. */
  high = 0;
  low = 0;

  constructor(fill: (bytes: Uint8Array) => void) {
    this.#fill = fill;
  }

  /** Draws the 64 random bits that a sampling decision looks at. */
  draw(): void {
    this.high = this.#word();
    this.low = this.#word();
  }

  /** A trace id whose right half is what was drawn last. */
  traceId(): string {
    return hex8(this.#word() | 1) + hex8(this.#word()) + hex8(this.high) + hex8(this.low);
  }

  spanId(): string {
    // An id of zeros alone would be none.
    return hex8(this.#word() | 1) + hex8(this.#word());
  }

  #word(): number {
    if (this.#at >= this.#pool.length) {
      this.#fill(new Uint8Array(this.#pool.buffer));
      this.#at = 0;
    }
    return this.#pool[this.#at++];
  }
}

const hex8 = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
