/**
 * Traefik's access log with `format: json`. Times are those of the request's start, durations whole nanoseconds. Request
 * headers, where they are kept, stand under `request_` and the header's name, which a client may have made up: those
 * keys must match letter for letter.
 */
import type { LogFormat } from '../format.ts';
import type { JsonName } from './json.ts';
import { jsonParser, names, TIME_START, UNIT } from './json-format.ts';

const NAMES: readonly JsonName[] = [
  ...names('address', ['ClientHost', 'ClientAddr']),
  ...names('forwarded', ['request_X-Forwarded-For'], { literal: true }),
  ...names('host', ['RequestHost', 'RequestAddr']),
  ...names('method', ['RequestMethod'], { mark: true }),
  ...names('target', ['RequestPath'], { mark: true }),
  ...names('request', ['RequestLine']),
  ...names('protocol', ['RequestProtocol']),
  ...names('referrer', ['request_Referer'], { literal: true }),
  ...names('agent', ['request_User-Agent'], { literal: true }),
  ...names('principal', ['ClientUsername']),
  ...names('credential', ['request_Authorization', 'request_X-Api-Key'], { literal: true }),
  ...names('time', ['StartUTC', 'StartLocal'], { tag: TIME_START, mark: true }),
  ...names('status', ['DownstreamStatus'], { mark: true }),
  ...names('status', ['OriginStatus'], { rank: 1 }),
  ...names('bytes', ['DownstreamContentSize', 'OriginContentSize']),
  ...names('duration', ['Duration'], { tag: UNIT.ns }),
  ...names('mark', ['RouterName', 'ServiceName', 'entryPointName', 'RequestCount'], { mark: true }),
];

export const TRAEFIK_JSON: LogFormat = {
  id: 'traefik-json',
  title: 'Traefik access log (JSON)',
  timeMeaning: 'start',
  resolutionMs: 1,
  parser: () => jsonParser({ names: NAMES, timeMeaning: 'start', marks: 3 }),
};
