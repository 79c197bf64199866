/**
 * nginx lines written as JSON by a `log_format … escape=json '{…}'`. Keys are the operator's choice: guessed from
 * nginx's variable names and their common shortenings, or given as a mapping (generic-json.ts, {@link mappedJson}).
 */
import type { LogFormat } from '../format.ts';
import type { JsonName } from './json.ts';
import { jsonParser, names, UNIT } from './json-format.ts';

const NAMES: readonly JsonName[] = [
  ...names('address', ['remote_addr'], { mark: true }),
  ...names('address', ['client_ip', 'clientip', 'remote_ip', 'client', 'ip', 'realip_remote_addr'], { rank: 1 }),
  ...names('forwarded', ['http_x_forwarded_for'], { mark: true }),
  ...names('forwarded', ['x_forwarded_for', 'xff'], { rank: 1 }),
  ...names('host', ['http_host', 'host', 'server_name', 'vhost', 'domain']),
  ...names('method', ['request_method', 'method', 'verb']),
  ...names('target', ['request_uri'], { mark: true }),
  ...names('target', ['uri', 'path'], { rank: 1 }),
  ...names('url', ['url', 'request_url']),
  ...names('query', ['args', 'query_string', 'query']),
  ...names('protocol', ['server_protocol', 'protocol', 'http_version']),
  ...names('referrer', ['http_referer', 'http_referrer'], { mark: true }),
  ...names('referrer', ['referer', 'referrer'], { rank: 2 }),
  ...names('agent', ['http_user_agent'], { mark: true }),
  ...names('agent', ['user_agent', 'agent', 'ua'], { rank: 1 }),
  ...names('principal', ['remote_user'], { mark: true }),
  ...names('principal', ['user', 'user_id', 'username'], { rank: 1 }),
  ...names('session', ['session', 'session_id', 'sid', 'cookie_session', 'cookie_sessionid', 'cookie_sid']),
  ...names('session', ['cookie_phpsessid', 'cookie_jsessionid'], { rank: 6 }),
  ...names('credential', ['http_authorization', 'http_x_api_key', 'authorization', 'api_key', 'x_api_key']),
  ...names('request', ['request'], { mark: true }),
  ...names('request', ['request_line'], { rank: 1 }),
  ...names('time', ['msec', 'time_iso8601', 'time_local'], { mark: true }),
  ...names('time', ['timestamp', '@timestamp', 'time', 'ts', 'date', 'datetime'], { rank: 3 }),
  ...names('status', ['status', 'status_code', 'response_status', 'code']),
  ...names('bytes', ['body_bytes_sent', 'bytes_sent'], { mark: true }),
  ...names('bytes', ['bytes', 'size', 'response_bytes', 'body_bytes'], { rank: 2 }),
  ...names('duration', ['request_time'], { mark: true, tag: UNIT.s }),
  ...names('duration', ['rt', 'req_time'], { rank: 1, tag: UNIT.s }),
  ...names('duration', ['duration', 'response_time'], { rank: 3, tag: UNIT.auto }),
  ...names('mark', ['upstream_response_time', 'upstream_addr', 'upstream_status', 'request_length', 'request_id'], {
    mark: true,
  }),
  ...names('mark', ['time_local_iso', 'connection_requests', 'upstream_connect_time', 'ssl_protocol'], { mark: true }),
];

export const NGINX_JSON: LogFormat = {
  id: 'nginx-json',
  title: 'nginx, JSON log_format',
  timeMeaning: 'end',
  resolutionMs: 1000,
  parser: () => jsonParser({ names: NAMES, timeMeaning: 'end', marks: 2 }),
};
