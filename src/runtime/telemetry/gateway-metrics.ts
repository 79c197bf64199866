/** The metrics of the gateway: names, labels and helpers for the few that count on the way of every request. */
import { CLASSES, type FindingClass } from '../../engine/detector.ts';
import { ACTIONS } from '../../engine/policy.ts';
import { SCHEMA } from '../../enrich/kinds.ts';
import type { Verdict } from '../live/verdict.ts';
import { Label, MetricRegistry } from './metrics.ts';
import { processMetrics } from './process-metrics.ts';

/** Names that a reload of the configuration may add to those of the start, a label. */
const SPARE_NAMES = 32;

/** Seconds. From a cache's answer to the longest time-out that is usual. */
const REQUEST_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
/** Seconds. Scoring takes microseconds in this process, and up to the budget of a route over a socket. */
const DECISION_BOUNDS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25];
/** Seconds. A group commit waits for the disk. */
const COMMIT_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'];
const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];
const MODES = ['shadow', 'canary', 'enforce'];

export interface GatewayMetricsOptions {
  readonly version: string;
  /** Names of the routes (RouteSettings.name), groups of servers, limits and detectors. */
  readonly routes: readonly string[];
  readonly upstreams: readonly string[];
  readonly limits: readonly string[];
  readonly detectors: readonly string[];
  /** Names of the outputs. */
  readonly outputs?: readonly string[];
}

/** Index of a status in the label `status_class`; 0 ("none") where the client got no answer. */
export function statusClass(status: number): number {
  const first = (status / 100) | 0;
  return first >= 1 && first <= 5 ? first : 0;
}

export type GatewayMetrics = ReturnType<typeof gatewayMetrics>;

/** Declares every metric of the gateway in a new registry. Nothing is measured yet: watchProcess sees to the process's own. */
export function gatewayMetrics(options: GatewayMetricsOptions) {
  const registry = new MetricRegistry();
  registry.info('sallyport_build_info', 'Version of Sallyport and of Node.', {
    version: options.version,
    node: process.versions.node,
  });
  return {
    registry,
    ...traffic(registry, options),
    ...decisions(registry, options),
    ...upstreamMetrics(registry, options),
    ...overload(registry),
    ...records(registry),
    ...outputs(registry, options),
    process: processMetrics(registry),
  };
}

function traffic(registry: MetricRegistry, { routes }: GatewayMetricsOptions) {
  const method = new Label('method', METHODS);
  const status = new Label('status_class', STATUS_CLASSES);
  const route = new Label('route', routes, SPARE_NAMES);
  const action = new Label('action', ACTIONS);
  const mode = new Label('mode', MODES);
  const requests = registry.counter('sallyport_requests_total', 'Requests that have ended.', [
    method,
    status,
    route,
    action,
    mode,
  ]);
  const duration = registry.histogram(
    'sallyport_request_duration_seconds',
    'From the request to the last byte of its answer.',
    REQUEST_BOUNDS,
    [route],
  );
  const inFlight = registry.gauge('sallyport_requests_in_flight', 'Requests under way.');
  inFlight.set(0, 0);
  const connections = registry.gauge('sallyport_connections', 'Connections of clients that are open.');
  connections.set(0, 0);
  /** Counts a request that has ended. `routeIndex` is `route.index(name)`, best kept with the route. */
  const ended = (methodName: string, code: number, routeIndex: number, verdict: Verdict, seconds: number): void => {
    const m = method.index(methodName);
    requests.add(
      requests.slot(m, statusClass(code), routeIndex, action.index(verdict.action), mode.index(verdict.mode)),
    );
    duration.observe(routeIndex, seconds);
  };
  return { route, requests, duration, inFlight, connections, ended };
}

function decisions(registry: MetricRegistry, { limits, detectors }: GatewayMetricsOptions) {
  const classOf = new Label('class', CLASSES satisfies readonly FindingClass[]);
  const action = new Label('action', ACTIONS);
  const mode = new Label('mode', MODES);
  const decision = registry.histogram(
    'sallyport_decision_duration_seconds',
    'From the facts of a request to its verdict.',
    DECISION_BOUNDS,
  );
  const active = registry.gauge('sallyport_mitigations_active', 'Mitigations that stand.', [classOf, action], 'own');
  const made = registry.counter('sallyport_mitigations_total', 'Mitigations made.', [classOf, action, mode]);
  const undone = registry.counter('sallyport_mitigations_undone_total', 'Mitigations taken back by somebody.');
  const findings = registry.counter('sallyport_findings_total', 'Findings by detector.', [
    new Label('detector', detectors),
  ]);
  const exceeded = registry.counter('sallyport_limit_exceeded_total', 'Requests over a rate limit.', [
    new Label('limit', limits, SPARE_NAMES),
    mode,
  ]);
  const challenges = registry.counter('sallyport_challenges_total', 'Challenges by how they went.', [
    new Label('result', ['shown', 'solved', 'failed', 'replayed', 'expired']),
  ]);
  const unscored = registry.counter('sallyport_unscored_total', 'Requests that were decided by the fail mode alone.', [
    new Label('fail', ['open', 'closed']),
  ]);
  const departures = registry.counter(
    'sallyport_schema_departures_total',
    'Requests that depart from what is declared or usual, by how.',
    [new Label('kind', Object.keys(SCHEMA).map(snake))],
  );
  return { decision, active, made, undone, findings, exceeded, challenges, unscored, departures };
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function upstreamMetrics(registry: MetricRegistry, { upstreams }: GatewayMetricsOptions) {
  const upstream = new Label('upstream', upstreams, SPARE_NAMES);
  const upstreamRequests = registry.counter('sallyport_upstream_requests_total', 'Tries sent to an upstream.', [
    upstream,
    new Label('status_class', STATUS_CLASSES),
  ]);
  const upstreamDuration = registry.histogram(
    'sallyport_upstream_duration_seconds',
    'From sending the request on to the head of the answer.',
    REQUEST_BOUNDS,
    [upstream],
  );
  const upstreamErrors = registry.counter('sallyport_upstream_errors_total', 'Tries that gave no answer.', [
    upstream,
    new Label('reason', ['connect', 'timeout', 'reset', 'protocol', 'tls', 'breaker', 'no_server']),
  ]);
  const upstreamRetries = registry.counter('sallyport_upstream_retries_total', 'Further tries of a request.', [
    upstream,
  ]);
  const upstreamHealthy = registry.gauge(
    'sallyport_upstream_servers',
    'Servers of an upstream by state.',
    [upstream, new Label('state', ['healthy', 'unhealthy', 'ejected', 'unknown'])],
    'own',
  );
  return { upstream, upstreamRequests, upstreamDuration, upstreamErrors, upstreamRetries, upstreamHealthy };
}

function overload(registry: MetricRegistry) {
  const shed = registry.counter('sallyport_shed_total', 'Requests refused for want of room.', [
    new Label('reason', ['in_flight', 'concurrency', 'priority', 'upstream', 'breaker', 'deadline', 'connections']),
  ]);
  const degradation = registry.gauge(
    'sallyport_degradation_level',
    'What scoring leaves out: 0 nothing, 1 bodies, 2 statistics, 3 counters.',
    [],
    'max',
  );
  degradation.set(0, 0);
  return { shed, degradation };
}

function records(registry: MetricRegistry) {
  const journalRecords = registry.counter('sallyport_journal_records_total', 'Events written to the journal.');
  const journalBytes = registry.counter('sallyport_journal_bytes_total', 'Bytes written to the journal.');
  const journalDropped = registry.counter('sallyport_journal_dropped_total', 'Events the journal had no room for.');
  const journalSize = registry.gauge('sallyport_journal_size_bytes', 'Bytes of all segments on disk.', [], 'own');
  const ledgerEntries = registry.counter('sallyport_ledger_entries_total', 'Entries appended to the ledger.');
  const ledgerErrors = registry.counter('sallyport_ledger_errors_total', 'Commits of the ledger that failed.');
  const ledgerPending = registry.gauge('sallyport_ledger_pending', 'Entries that wait to be durable.', [], 'own');
  const ledgerCommit = registry.histogram(
    'sallyport_ledger_commit_duration_seconds',
    'How long a group commit of the ledger took.',
    COMMIT_BOUNDS,
  );
  const stateRecords = registry.gauge(
    'sallyport_state_records',
    'Records that the state holds, by dimension.',
    [new Label('dimension', [], SPARE_NAMES)],
    'own',
  );
  return {
    journalRecords,
    journalBytes,
    journalDropped,
    journalSize,
    ledgerEntries,
    ledgerErrors,
    ledgerPending,
    ledgerCommit,
    stateRecords,
  };
}

function outputs(registry: MetricRegistry, { outputs: names = [] }: GatewayMetricsOptions) {
  const output = new Label('output', names, SPARE_NAMES);
  const outputSent = registry.counter('sallyport_output_sent_total', 'Events that an output has delivered.', [output]);
  const outputDropped = registry.counter(
    'sallyport_output_dropped_total',
    'Events that an output has lost: no room, refused for good, or left over at the end.',
    [output],
  );
  const outputFailed = registry.counter(
    'sallyport_output_failed_total',
    'Tries of an output to deliver a batch that failed.',
    [output],
  );
  const outputWaiting = registry.gauge('sallyport_output_waiting', 'Events that wait in an output.', [output], 'own');
  const spansDropped = registry.counter('sallyport_spans_dropped_total', 'Spans that never reached the collector.');
  const eventsWritten = registry.counter('sallyport_events_written_total', 'Decision events written.');
  const eventsDropped = registry.counter(
    'sallyport_events_dropped_total',
    'Decision events lost to a slow or full disk.',
  );
  const reloads = registry.counter('sallyport_config_reloads_total', 'Reloads of the configuration.', [
    new Label('result', ['ok', 'refused']),
  ]);
  return {
    output,
    outputSent,
    outputDropped,
    outputFailed,
    outputWaiting,
    spansDropped,
    eventsWritten,
    eventsDropped,
    reloads,
  };
}
