/** What the variables of an nginx `log_format` and the directives of an Apache `LogFormat` stand for. */
import { F, type TimeMeaning } from '../exchange.ts';
import { FormatError } from './errors.ts';

/** What is done with the text that a variable stands for. */
export type Meaning =
  | { readonly kind: 'field'; readonly field: number; readonly rank: number }
  | { readonly kind: 'duration'; readonly scale: number; readonly rank: number }
  | { readonly kind: 'time'; readonly meaning: TimeMeaning; readonly notation: string; readonly rank: number }
  | { readonly kind: 'request' | 'status' | 'bytes' | 'query'; readonly rank: number }
  | { readonly kind: 'skip'; readonly rank: number };

const SKIP: Meaning = { kind: 'skip', rank: 0 };
const field = (f: number, rank = 0): Meaning => ({ kind: 'field', field: f, rank });
const time = (meaning: TimeMeaning, notation: string): Meaning => ({ kind: 'time', meaning, notation, rank: 0 });
const duration = (scale: number): Meaning => ({ kind: 'duration', scale, rank: 0 });

/** Lower ranks win where a pattern names a thing twice. */
const NGINX: Readonly<Record<string, Meaning>> = {
  remote_addr: field(F.address),
  realip_remote_addr: field(F.address, 1),
  binary_remote_addr: SKIP,
  http_x_forwarded_for: field(F.forwarded),
  proxy_add_x_forwarded_for: field(F.forwarded, 1),
  http_forwarded: field(F.forwarded, 2),
  http_x_real_ip: field(F.forwarded, 3),
  http_cf_connecting_ip: field(F.forwarded, 3),
  http_true_client_ip: field(F.forwarded, 3),
  http_host: field(F.host),
  host: field(F.host, 1),
  ssl_server_name: field(F.host, 2),
  server_name: field(F.host, 3),
  request_method: field(F.method),
  request_uri: field(F.target),
  uri: field(F.target, 1),
  document_uri: field(F.target, 2),
  args: { kind: 'query', rank: 0 },
  query_string: { kind: 'query', rank: 1 },
  server_protocol: field(F.protocol),
  request: { kind: 'request', rank: 0 },
  status: { kind: 'status', rank: 0 },
  body_bytes_sent: { kind: 'bytes', rank: 0 },
  bytes_sent: { kind: 'bytes', rank: 1 },
  request_time: duration(1000),
  time_local: time('end', 'clf'),
  time_iso8601: time('end', 'iso'),
  msec: time('end', 'epoch'),
  http_referer: field(F.referrer),
  http_user_agent: field(F.agent),
  remote_user: field(F.principal),
  jwt_claim_sub: field(F.principal, 1),
  http_authorization: field(F.credential, 1),
  http_x_api_key: field(F.credential),
  http_apikey: field(F.credential),
  http_x_auth_token: field(F.credential, 2),
  arg_api_key: field(F.credential, 3),
  arg_apikey: field(F.credential, 3),
};

/** An nginx variable. One that is not known here is the operator's own (map, set): its text is passed over. */
export function nginxMeaning(name: string): Meaning {
  if (Object.hasOwn(NGINX, name)) return NGINX[name];
  if (name.startsWith('cookie_')) return field(F.session, /sess|sid/i.test(name) ? 0 : 1);
  return SKIP;
}

const REQUEST_HEADERS: Readonly<Record<string, Meaning>> = {
  referer: field(F.referrer),
  'user-agent': field(F.agent),
  'x-forwarded-for': field(F.forwarded),
  forwarded: field(F.forwarded, 2),
  'x-real-ip': field(F.forwarded, 3),
  'cf-connecting-ip': field(F.forwarded, 3),
  'true-client-ip': field(F.forwarded, 3),
  host: field(F.host),
  'x-api-key': field(F.credential),
  authorization: field(F.credential, 1),
  'x-auth-token': field(F.credential, 2),
};

/** Apache's directives that take no part in an exchange. */
const APACHE_SKIPPED = 'AefIklLmnopPRSXi';

const APACHE: Readonly<Record<string, Meaning>> = {
  a: field(F.address),
  h: field(F.address, 1),
  b: { kind: 'bytes', rank: 0 },
  B: { kind: 'bytes', rank: 0 },
  O: { kind: 'bytes', rank: 1 },
  D: duration(0.001),
  H: field(F.protocol),
  m: field(F.method),
  q: { kind: 'query', rank: 0 },
  r: { kind: 'request', rank: 0 },
  s: { kind: 'status', rank: 0 },
  T: duration(1000),
  u: field(F.principal),
  U: field(F.target),
  v: field(F.host, 2),
  V: field(F.host, 1),
};

/** An Apache directive: its letter and what stands in braces. FormatError `pattern.unknown` where Apache has none. */
export function apacheMeaning(letter: string, argument: string): Meaning {
  if (letter === 'i') return REQUEST_HEADERS[argument.toLowerCase()] ?? SKIP;
  if (letter === 'C') return field(F.session, /sess|sid/i.test(argument) ? 0 : 1);
  if (letter === 'a' && argument === 'c') return field(F.address, 2);
  if (letter === 'T' && argument !== '') return duration(argument === 'us' ? 0.001 : argument === 'ms' ? 1 : 1000);
  if (letter === 't') return apacheTime(argument);
  if (Object.hasOwn(APACHE, letter)) return APACHE[letter];
  if (APACHE_SKIPPED.includes(letter) || letter.startsWith('^')) return SKIP;
  throw new FormatError(
    'pattern.unknown',
    `Apache has no log directive %${letter}. Check the LogFormat line; write %% for a plain percent sign.`,
  );
}

function apacheTime(argument: string): Meaning {
  if (argument === '') return time('start', 'clf-bracketed');
  const [, when = 'begin', rest = ''] = /^(?:(begin|end):)?(.*)$/s.exec(argument) ?? [];
  return time(when === 'end' ? 'end' : 'start', rest === '' ? 'clf-bracketed' : rest);
}
