/**
 * Caddy's access log (JSON, logger `http.log.access`): one object a request, written when it was answered. Headers stand
 * in an object of arrays; Caddy redacts Authorization and Cookie itself unless told otherwise.
 */
import type { LogFormat } from '../format.ts';
import type { JsonName } from './json.ts';
import { jsonParser, names, UNIT } from './json-format.ts';

const NAMES: readonly JsonName[] = [
  // client_ip is Caddy's own reading of its trusted_proxies; older versions have remote_addr with a port only.
  ...names('address', ['request.client_ip', 'request.remote_ip', 'request.remote_addr']),
  ...names('forwarded', ['request.headers.X-Forwarded-For']),
  ...names('host', ['request.host']),
  ...names('method', ['request.method'], { mark: true }),
  ...names('target', ['request.uri'], { mark: true }),
  ...names('protocol', ['request.proto'], { mark: true }),
  ...names('referrer', ['request.headers.Referer']),
  ...names('agent', ['request.headers.User-Agent']),
  ...names('principal', ['user_id']),
  ...names('credential', ['request.headers.Authorization', 'request.headers.X-Api-Key']),
  ...names('time', ['ts']),
  ...names('status', ['status']),
  ...names('bytes', ['size', 'bytes_written']),
  ...names('duration', ['duration'], { tag: UNIT.s }),
  ...names('mark', ['logger', 'resp_headers', 'bytes_read', 'request.tls.resumed'], { mark: true }),
];

export const CADDY: LogFormat = {
  id: 'caddy',
  title: 'Caddy access log (JSON)',
  timeMeaning: 'end',
  resolutionMs: 1,
  parser: () => jsonParser({ names: NAMES, timeMeaning: 'end', marks: 3 }),
};
