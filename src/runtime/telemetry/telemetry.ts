/** What a gateway tells about itself, in one place: metrics, traces, decision events, and whom it hears from. */
import type { Config } from '../../config/schema.ts';
import { CLASSES } from '../../engine/detector.ts';
import { ACTIONS } from '../../engine/policy.ts';
import type { Live } from '../live/service.ts';
import type { Verdict } from '../live/verdict.ts';
import { decisionLine, isDecided } from './decision-events.ts';
import { EventWriter } from './event-writer.ts';
import { CONTENT_TYPE, negotiate, render } from './exposition.ts';
import { type GatewayMetrics, gatewayMetrics, statusClass } from './gateway-metrics.ts';
import type { MetricRegistry } from './metrics.ts';
import { watchProcess } from './process-metrics.ts';
import { ProxyTrust, type ProxyTrustReport } from './proxy-trust.ts';
import { TraceExport } from './trace-export.ts';
import { Tracer } from './tracing.ts';

/** How an exchange ended, as far as metrics care. */
export interface Ended {
  readonly status: number;
  readonly ended: '' | 'client' | 'upstream' | 'limit' | 'deadline';
  readonly code: string;
  readonly server: string;
  readonly retries: number;
}

/** The request that has ended. */
export interface EndedRequest {
  readonly method: string;
  readonly route: { readonly name: string; readonly upstream: string };
}

const SHED_REASON: Readonly<Record<string, string>> = {
  SP7301: 'in_flight',
  SP7302: 'concurrency',
  SP7303: 'priority',
  SP7304: 'upstream',
};
const REASON_OF_CODE: Readonly<Record<string, string>> = { SP7201: 'connect', SP7203: 'timeout', SP7204: 'reset' };
const FORWARDING = /^(?:x-forwarded-for|forwarded|x-real-ip)$/i;

export interface TelemetryOptions {
  readonly config: Config;
  readonly version: string;
  readonly detectors: readonly string[];
  readonly clock: () => number;
  readonly onDefect: (error: unknown) => void;
}

export class Telemetry {
  readonly metrics: GatewayMetrics;
  readonly tracer: Tracer | null;
  policy = '';
  /** Defects of our own that cost a decision: each is a bug. */
  defects = 0;
  private readonly spans: TraceExport | null;
  private readonly events: EventWriter | null;
  private readonly onlyDecided: boolean;
  private readonly trust: ProxyTrust;
  private readonly options: TelemetryOptions;
  private readonly stopWatching: () => void;
  private number = 0;

  constructor(options: TelemetryOptions) {
    const { config, version } = options;
    this.options = options;
    this.metrics = gatewayMetrics({
      version,
      routes: ['default', ...config.gateway.routes.map((r) => r.match.path)],
      upstreams: ['default', ...config.upstreams.map((u) => u.name)],
      limits: config.limits.map((l) => l.name),
      detectors: options.detectors,
      outputs: config.outputs.map((o) => o.name),
    });
    const { traces, events } = config.telemetry;
    const { endpoint } = traces;
    this.spans =
      endpoint === undefined ? null : new TraceExport({ endpoint, serviceName: traces.service_name, version });
    this.tracer = this.spans === null ? null : new Tracer({ sample: traces.sample, sink: this.spans });
    this.events = events.path === undefined ? null : new EventWriter({ path: events.path });
    this.onlyDecided = events.only_decided;
    this.trust = new ProxyTrust(options.clock());
    this.stopWatching = watchProcess(this.metrics.registry, this.metrics.process);
  }

  /** A request has passed the first checks. */
  seen(peer: string, headers: readonly string[], trusted: boolean, nowMs: number): void {
    let forwarded = false;
    for (let i = 0; i < headers.length; i += 2) {
      const { length } = headers[i];
      if ((length === 15 || length === 9) && FORWARDING.test(headers[i])) forwarded = true;
    }
    this.trust.record(peer, forwarded, trusted, false, peer.includes(':'), nowMs);
  }

  /** A request is under way. */
  began(): void {
    this.metrics.inFlight.add(0);
  }

  /** Something was refused before it was a request. */
  refused(_code: string): void {
    this.metrics.requests.add(0, 0);
  }

  /** A request departs from what is declared or usual: bits of SCHEMA. */
  departed(bits: number): void {
    // The label has its values in the order of the bits.
    for (let kind = 0; bits >>> kind !== 0; kind++) if (((bits >>> kind) & 1) !== 0) this.metrics.departures.add(kind);
  }

  shed(code: string): void {
    const { shed } = this.metrics;
    shed.add(shed.labels[0].index(SHED_REASON[code] ?? 'in_flight'));
  }

  unscored(fail: 'open' | 'closed'): void {
    this.metrics.unscored.add(fail === 'open' ? 0 : 1);
  }

  defect(error: unknown): void {
    this.defects++;
    this.options.onDefect(error);
  }

  ended(
    { method, route }: EndedRequest,
    verdict: Verdict,
    outcome: Ended,
    elapsedMs: number,
    trace: string,
    clock: () => number,
  ): void {
    const { metrics } = this;
    metrics.inFlight.add(0, -1);
    metrics.ended(method, outcome.status, metrics.route.index(route.name), verdict, elapsedMs / 1000);
    if (outcome.server !== '') this.upstream(route.upstream, outcome);
    if (verdict.limit?.exceeded) {
      const [limit, mode] = metrics.exceeded.labels;
      metrics.exceeded.add(metrics.exceeded.slot(limit.index(verdict.limit.name), mode.index('enforce')));
    }
    if (this.events === null || (this.onlyDecided && !isDecided(verdict))) return;
    this.events.add(
      decisionLine({
        timeMs: clock(),
        request: (++this.number).toString(36),
        trace,
        method,
        route: route.name,
        status: outcome.status,
        durationMs: elapsedMs,
        verdict,
        policy: this.policy,
        reasons: [],
      }),
    );
  }

  private upstream(name: string, outcome: Ended): void {
    const { upstreamRequests, upstreamErrors, upstreamRetries, upstream } = this.metrics;
    const group = upstream.index(name);
    upstreamRequests.add(upstreamRequests.slot(group, statusClass(outcome.status)));
    if (outcome.retries > 0) upstreamRetries.add(group, outcome.retries);
    if (outcome.ended === 'upstream' || outcome.ended === 'deadline') {
      const [, reason] = upstreamErrors.labels;
      upstreamErrors.add(upstreamErrors.slot(group, reason.index(REASON_OF_CODE[outcome.code] ?? 'reset')));
    }
  }

  /** Reads what the owner of state knows; called before a scrape. */
  observe(live: Live): void {
    const { metrics } = this;
    const { active } = metrics;
    const [classOf, action] = active.labels;
    for (const name of CLASSES)
      for (const a of ACTIONS) active.set(active.slot(classOf.index(name), action.index(a)), 0);
    for (const actor of live.runtime.parts.actors.active()) {
      if (actor.mitigation === null) continue;
      active.add(
        active.slot(
          classOf.index(CLASSES[actor.mitigation.classIndex]),
          action.index(ACTIONS[actor.mitigation.action]),
        ),
      );
    }
    metrics.degradation.set(0, live.runtime.degraded);
    for (const [detector, n] of live.operator.findings)
      metrics.findings.set(metrics.findings.labels[0].index(detector), n);
    for (const [dimension, n] of Object.entries(live.operator.status().actors))
      metrics.stateRecords.set(metrics.stateRecords.labels[0].index(dimension), n);
    const ledger = live.ledger.stats();
    metrics.ledgerEntries.set(0, ledger.seq);
    metrics.ledgerPending.set(0, ledger.queued);
    metrics.ledgerErrors.set(0, ledger.failedCommits);
    const journal = live.journalStatistics();
    if (journal !== null) {
      metrics.journalRecords.set(0, journal.events);
      metrics.journalDropped.set(0, journal.dropped);
      metrics.journalSize.set(0, journal.bytes);
    }
    if (this.events !== null) {
      metrics.eventsWritten.set(0, this.events.written);
      metrics.eventsDropped.set(0, this.events.dropped);
    }
    this.observeOutputs(live);
    if (this.spans !== null) metrics.spansDropped.set(0, this.spans.dropped);
  }

  private observeOutputs({ outputs }: Live): void {
    const { output, outputSent, outputDropped, outputFailed, outputWaiting } = this.metrics;
    outputWaiting.clear();
    for (const { name, sent, dropped, failed, waiting } of outputs.status()) {
      const slot = output.index(name);
      outputSent.set(slot, sent);
      outputDropped.set(slot, dropped);
      outputFailed.set(slot, failed);
      outputWaiting.set(slot, waiting);
    }
  }

  /** The metrics page in the form that was asked for. `registry` shows several processes as one. */
  page(accept: string | undefined, registry: MetricRegistry = this.metrics.registry): { type: string; body: string } {
    const form = negotiate(accept);
    return { type: CONTENT_TYPE[form], body: render(registry, form) };
  }

  trustReport(): ProxyTrustReport {
    return this.trust.report(this.options.clock());
  }

  /** Log rotation. */
  reopen(): void {
    this.events?.reopen();
  }

  async close(): Promise<void> {
    this.stopWatching();
    await Promise.all([this.events?.close(), this.spans?.close()]);
  }
}
