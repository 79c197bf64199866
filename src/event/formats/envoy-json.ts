/**
 * Envoy (and Istio, Contour, Emissary) with a JSON access log. Operators choose the keys; they mostly follow the command
 * operators' and headers' names. Envoy's own reading of the client is `downstream_remote_address`, a port behind it.
 */
import type { LogFormat } from '../format.ts';
import type { JsonName } from './json.ts';
import { jsonParser, names, TIME_START, UNIT } from './json-format.ts';

const NAMES: readonly JsonName[] = [
  ...names('address', ['downstream_remote_address', 'downstream_remote_address_without_port'], { mark: true }),
  ...names('address', ['downstream_direct_remote_address', 'downstream_direct_remote_address_without_port'], {
    mark: true,
    rank: 2,
  }),
  ...names('address', ['client_ip', 'remote_address', 'source_address', 'client_address', 'x_envoy_external_address'], {
    rank: 4,
  }),
  ...names('forwarded', ['x-forwarded-for', 'forwarded_for', 'xff']),
  ...names('host', [':authority', 'host', 'request_authority', 'requested_server_name']),
  ...names('method', [':method', 'request_method']),
  // The path as the client sent it stands in the original-path headers, where a route rewrote it.
  ...names('target', ['x-envoy-original-path', 'x-envoy-origin-path'], { mark: true }),
  ...names('target', ['original_path', ':path', 'request_path', 'uri'], { rank: 2 }),
  ...names('query', ['query', 'query_string']),
  ...names('protocol', ['protocol', 'request_protocol']),
  ...names('referrer', ['referer', 'referrer']),
  ...names('agent', ['user-agent', 'agent']),
  ...names('principal', ['jwt_sub', 'user_id', 'principal']),
  ...names('credential', ['authorization', 'x-api-key']),
  ...names('time', ['start_time'], { tag: TIME_START, mark: true }),
  ...names('time', ['timestamp', 'time', '@timestamp'], { tag: TIME_START, rank: 1 }),
  ...names('status', ['response_code'], { mark: true }),
  ...names('status', ['status', 'status_code', 'code'], { rank: 1 }),
  ...names('bytes', ['bytes_sent'], { mark: true }),
  ...names('bytes', ['response_bytes'], { rank: 1 }),
  ...names('duration', ['duration', 'duration_ms', 'total_time'], { tag: UNIT.ms }),
  ...names('mark', ['response_flags', 'response_code_details', 'upstream_cluster', 'upstream_host', 'route_name'], {
    mark: true,
  }),
  ...names('mark', ['bytes_received', 'upstream_service_time', 'downstream_local_address', 'upstream_local_address'], {
    mark: true,
  }),
  ...names('mark', ['x-envoy-upstream-service-time', 'upstream_transport_failure_reason'], { mark: true }),
];

export const ENVOY_JSON: LogFormat = {
  id: 'envoy-json',
  title: 'Envoy or Istio access log (JSON)',
  timeMeaning: 'start',
  resolutionMs: 1,
  parser: () => jsonParser({ names: NAMES, timeMeaning: 'start', marks: 2 }),
};
