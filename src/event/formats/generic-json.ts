/**
 * Any other JSON: fields guessed from the names that gateways, frameworks and log pipelines use (Elastic Common Schema,
 * Cloudflare Logpush, Google's httpRequest, Kong, pino-http and plain words), or mapped by the user.
 */
import { FIELDS, type TimeMeaning } from '../exchange.ts';
import type { LogFormat } from '../format.ts';
import { FormatError } from './errors.ts';
import type { JsonName } from './json.ts';
import { jsonParser, names, type Slot, TIME_END, TIME_START, UNIT } from './json-format.ts';

const NAMES: readonly JsonName[] = [
  ...names('address', [
    ...['client_ip', 'remote_addr', 'remote_ip', 'remote_address', 'client_address', 'client_addr', 'source.ip'],
    ...['client.ip', 'source.address', 'client.address', 'ClientIP', 'httpRequest.remoteIp', 'req.remoteAddress'],
    ...['http.client_ip', 'network.client.ip', 'source_ip', 'src_ip', 'client_host', 'client', 'peer', 'ip', 'address'],
    ...['addr', 'remote', 'req.ip', 'request.client_ip', 'request.remote_ip', 'request.ip', 'identity.sourceIp'],
  ]),
  ...names('forwarded', [
    ...['x_forwarded_for', 'http_x_forwarded_for', 'forwarded_for', 'xff', 'req.headers.x-forwarded-for'],
    ...['request.headers.x-forwarded-for', 'headers.x-forwarded-for', 'http.request.headers.x-forwarded-for'],
  ]),
  ...names('host', [
    ...['host', 'http_host', 'vhost', 'virtual_host', 'authority', 'url.domain', 'ClientRequestHost', 'domain'],
    ...['req.headers.host', 'request.headers.host', 'request.host', 'headers.host', 'server_name', 'http.host'],
  ]),
  ...names('method', [
    ...['method', 'request_method', 'http_method', 'verb', 'http.request.method', 'ClientRequestMethod', 'http.method'],
    ...['httpRequest.requestMethod', 'req.method', 'request.method', 'requestMethod', 'httpMethod'],
  ]),
  ...names('target', [
    ...['request_uri', 'request_target', 'target', 'ClientRequestURI', 'request.uri', 'uri', 'request_path', 'path'],
    ...['req.originalUrl', 'url.path', 'http.target', 'http.path', 'request.path', 'req.path', 'resource', 'endpoint'],
    ...['resourcePath', 'ClientRequestPath'],
  ]),
  ...names('url', [
    ...[
      'url.original',
      'url.full',
      'httpRequest.requestUrl',
      'req.url',
      'request.url',
      'request_url',
      'http.url',
      'url',
    ],
  ]),
  ...names('query', ['query_string', 'url.query', 'args', 'query', 'request.query_string']),
  ...names('protocol', [
    ...['server_protocol', 'protocol', 'http_version', 'http.version', 'ClientRequestProtocol', 'httpRequest.protocol'],
    ...['request.proto', 'proto'],
  ]),
  ...names('referrer', [
    ...['http_referer', 'http_referrer', 'referer', 'referrer', 'http.request.referrer', 'ClientRequestReferer'],
    ...['httpRequest.referer', 'req.headers.referer', 'request.headers.referer', 'headers.referer'],
  ]),
  ...names('agent', [
    ...['http_user_agent', 'user_agent', 'user_agent.original', 'ClientRequestUserAgent', 'httpRequest.userAgent'],
    ...['req.headers.user-agent', 'request.headers.user-agent', 'headers.user-agent', 'http.useragent', 'agent', 'ua'],
    ...['request.user_agent', 'identity.userAgent'],
  ]),
  ...names('principal', [
    ...[
      'remote_user',
      'user.id',
      'user.name',
      'user_id',
      'username',
      'user',
      'principal',
      'sub',
      'req.user',
      'account_id',
    ],
    ...['consumer.username', 'authenticated_entity.consumer_id'],
  ]),
  ...names('session', ['session_id', 'session', 'sid', 'session.id', 'req.session', 'cookie_session']),
  ...names('credential', [
    ...['api_key', 'apikey', 'api_key_id', 'key_id', 'token_id', 'credential', 'authorization', 'http_authorization'],
    ...['req.headers.authorization', 'request.headers.authorization', 'req.headers.x-api-key', 'headers.authorization'],
    ...['request.headers.x-api-key', 'headers.x-api-key', 'request.headers.apikey'],
  ]),
  ...names('request', ['request', 'request_line', 'http_request', 'req']),
  ...names('time', ['start_time', 'started_at', 'startTime', 'EdgeStartTimestamp', 'event.start'], {
    tag: TIME_START,
  }),
  ...names(
    'time',
    [
      ...[
        '@timestamp',
        'timestamp',
        'time',
        'ts',
        'time_iso8601',
        'time_local',
        'msec',
        'datetime',
        'date',
        'event_time',
      ],
      ...[
        'end_time',
        'logged_at',
        'requestTime',
        'EdgeEndTimestamp',
        'time_ms',
        'timestamp_ms',
        'event.end',
        'asctime',
      ],
    ],
    { tag: TIME_END, rank: 6 },
  ),
  ...names('status', [
    ...['status', 'status_code', 'response_code', 'http.response.status_code', 'EdgeResponseStatus', 'code'],
    ...[
      'httpRequest.status',
      'res.statusCode',
      'response.status',
      'response_status',
      'http.status_code',
      'http_status',
    ],
    ...['sc_status', 'response.status_code', 'http.status'],
  ]),
  ...names('bytes', [
    ...['body_bytes_sent', 'bytes_sent', 'response_bytes', 'http.response.body.bytes', 'http.response.bytes', 'bytes'],
    ...['EdgeResponseBytes', 'httpRequest.responseSize', 'response.size', 'size', 'response_size', 'content_length'],
    ...['res.headers.content-length', 'response.headers.content-length', 'bytes_out', 'responseLength', 'body_bytes'],
  ]),
  ...names('duration', ['duration_s', 'request_time', 'elapsed_s', 'latency_s', 'rt'], { tag: UNIT.s }),
  ...names(
    'duration',
    [
      ...[
        'duration_ms',
        'responseTime',
        'elapsed_ms',
        'latency_ms',
        'latencies.request',
        'response_time_ms',
        'took_ms',
      ],
      ...['request_time_ms', 'elapsed_time_ms', 'time_taken_ms', 'responseLatency'],
    ],
    { tag: UNIT.ms, rank: 5 },
  ),
  ...names('duration', ['duration_us', 'latency_us', 'time_us', 'elapsed_us'], { tag: UNIT.us, rank: 20 }),
  ...names('duration', ['event.duration', 'duration_ns', 'latency_ns', 'elapsed_ns'], { tag: UNIT.ns, rank: 24 }),
  ...names(
    'duration',
    ['httpRequest.latency', 'duration', 'latency', 'elapsed', 'took', 'response_time', 'time_taken'],
    {
      tag: UNIT.auto,
      rank: 30,
    },
  ),
];

export const GENERIC_JSON: LogFormat = {
  id: 'json',
  title: 'Any JSON line with a request in it (names guessed or mapped)',
  timeMeaning: 'end',
  resolutionMs: 1,
  parser: () => jsonParser({ names: NAMES, timeMeaning: 'end', marks: 0 }),
};

/** What a mapping can name besides the fields of an exchange. */
const MAPPED: Readonly<Record<string, { slot: Slot; tag: number }>> = {
  time: { slot: 'time', tag: TIME_END },
  start_time: { slot: 'time', tag: TIME_START },
  status: { slot: 'status', tag: 0 },
  bytes: { slot: 'bytes', tag: 0 },
  duration: { slot: 'duration', tag: UNIT.auto },
  duration_s: { slot: 'duration', tag: UNIT.s },
  duration_ms: { slot: 'duration', tag: UNIT.ms },
  duration_us: { slot: 'duration', tag: UNIT.us },
  duration_ns: { slot: 'duration', tag: UNIT.ns },
  query: { slot: 'query', tag: 0 },
  url: { slot: 'url', tag: 0 },
};

/**
 * A JSON format with the user's own names: `{ address: 'peer.addr', target: 'q.path', start_time: 'when' }`. What the
 * mapping does not name is still guessed. FormatError `mapping.unknown` for a field that an exchange does not have.
 */
export function mappedJson(mapping: Readonly<Record<string, string>>, meaning: TimeMeaning = 'end'): LogFormat {
  const own: JsonName[] = [];
  for (const [field, path] of Object.entries(mapping)) {
    const known =
      MAPPED[field] ?? ((FIELDS as readonly string[]).includes(field) ? { slot: field as Slot, tag: 0 } : null);
    if (known === null) {
      const choice = [...FIELDS, ...Object.keys(MAPPED)].join(', ');
      throw new FormatError('mapping.unknown', `An exchange has no field "${field}". Map one of: ${choice}.`);
    }
    own.push(...names(known.slot, [path], { tag: known.tag, rank: -1 }));
  }
  const taken = new Set(own.map((n) => n.path.toLowerCase()));
  const all = [...own, ...NAMES.filter((n) => !taken.has(n.path.toLowerCase()))];
  return {
    id: 'json',
    title: 'JSON, names mapped by the user',
    timeMeaning: meaning,
    resolutionMs: 1,
    parser: () => jsonParser({ names: all, timeMeaning: meaning, marks: 0 }),
  };
}
