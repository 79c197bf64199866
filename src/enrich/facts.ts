/**
 * Facts: what enrichment found out about an exchange, in columns.
 *
 * A batch is one ArrayBuffer of typed columns plus the bytes its texts point into. The same batch is what the engine
 * reads, what a second core hands over without copying, and what the journal stores. Rows are addressed by number;
 * {@link Facts} is the reader that detectors see.
 *
 * Keys are pairs of signed 32-bit lanes (lib/hash.ts); (0, 0) means absent. Addresses keep their exact bits: an IPv4
 * address is (0, address), an IPv6 one is its /64, the smallest unit that one subscriber controls.
 */

type ColumnType = 'u8' | 'u16' | 'i32' | 'f64';
interface Column {
  readonly type: ColumnType;
  readonly doc: string;
}
const col = (type: ColumnType, doc: string): Column => ({ type, doc });

/** Every column, in layout order: 8-byte columns first, so that all stay aligned. */
export const COLUMNS = {
  timeMs: col('f64', 'start of the exchange, Unix time in ms'),
  bytes: col('f64', 'response bytes, −1 unknown'),
  objectNumber: col('f64', 'numeric value of the last route parameter, −1 where it is not a number'),
  amountMinor: col('f64', 'amount of money in minor units of its currency, −1 none'),
  durationMs: col('i32', 'duration in ms, assumed where flag ASSUMED_DURATION stands'),
  ipHi: col('i32', 'client address (IPv4 /32, IPv6 /64)'),
  ipLo: col('i32', ''),
  networkHi: col('i32', 'its network (IPv4 /24, IPv6 /48)'),
  networkLo: col('i32', ''),
  asn: col('i32', 'autonomous system number, 0 unknown'),
  tenantHi: col('i32', 'host the request was for'),
  tenantLo: col('i32', ''),
  principalHi: col('i32', 'authenticated or claimed user, keyed hash'),
  principalLo: col('i32', ''),
  sessionHi: col('i32', 'session, keyed hash'),
  sessionLo: col('i32', ''),
  credentialHi: col('i32', 'API key or token, keyed hash'),
  credentialLo: col('i32', ''),
  agentHi: col('i32', 'User-Agent string, hashed'),
  agentLo: col('i32', ''),
  fingerprintHi: col('i32', 'what the client software looks like: agent, protocol; more where the door sees more'),
  fingerprintLo: col('i32', ''),
  pathHi: col('i32', 'decoded path without query, hashed'),
  pathLo: col('i32', ''),
  objectHi: col('i32', 'values of the route parameters, hashed'),
  objectLo: col('i32', ''),
  route: col('i32', 'route template id in the route model'),
  page: col('i32', 'pagination depth asked for, −1 none'),
  flags: col('i32', 'bit set FLAG'),
  contentMillinats: col('i32', 'evidence of the injection rules, 0 none'),
  partnerHi: col('i32', 'partner that the credential belongs to, hashed'),
  partnerLo: col('i32', ''),
  deviceHi: col('i32', 'device that sent the request, keyed hash of its id'),
  deviceLo: col('i32', ''),
  handshakeHi: col('i32', 'how the client begins TLS (JA4) and HTTP/2, hashed'),
  handshakeLo: col('i32', ''),
  subjectHi: col('i32', 'whom the request says it acts for or logs in as, hashed'),
  subjectLo: col('i32', ''),
  ownerHi: col('i32', 'owner of the object, as the application or its answer told, hashed'),
  ownerLo: col('i32', ''),
  mailHi: col('i32', 'pattern that an e-mail address was made by, hashed'),
  mailLo: col('i32', ''),
  password: col('i32', 'password that was tried: truncated hash under a key that lives a day in memory only, 0 none'),
  cost: col('i32', 'cost units that the request may take, 0 unknown'),
  objects: col('i32', 'objects in the answer, −1 unknown'),
  schema: col('i32', 'bit set SCHEMA: how the request departs from what is declared or usual'),
  leaks: col('i32', 'bit set LEAK: kinds of secrets and personal data in the answer'),
  leaked: col('i32', 'values of those kinds'),
  order: col('i32', 'hash over the row’s facts: breaks ties of time independent of line order'),
  targetAt: col('i32', 'where the target starts in text'),
  agentAt: col('i32', ''),
  referrerAt: col('i32', ''),
  principalAt: col('i32', ''),
  sessionAt: col('i32', ''),
  credentialAt: col('i32', ''),
  hostAt: col('i32', ''),
  contentAt: col('i32', 'where the injection evidence stands in text'),
  targetLength: col('u16', 'bytes, cut at 65,535'),
  agentLength: col('u16', ''),
  referrerLength: col('u16', ''),
  principalLength: col('u16', ''),
  sessionLength: col('u16', ''),
  credentialLength: col('u16', ''),
  hostLength: col('u16', ''),
  contentLength: col('u16', ''),
  status: col('u16', 'HTTP status, 0 unknown'),
  country: col('u16', 'ISO 3166 code, two bytes, 0 unknown'),
  software: col('u16', 'client software family id (enrich/software)'),
  bot: col('u16', 'declared bot id, 0 none'),
  contentRule: col('u16', 'injection rule id, 0 none'),
  probeRule: col('u16', 'rule id of a path that only probing asks for, 0 none'),
  decoy: col('u16', 'decoy id touched, 0 none'),
  business: col('u16', 'index + 1 in BUSINESS_NAMES, 0 none'),
  source: col('u16', 'which input the row came from'),
  plan: col('u16', 'usage plan of the credential: its place in the configuration + 1, 0 none'),
  operation: col(
    'u16',
    'operation of the API documents that was recognised: its place in them + 1, 0 none, NOT_LOOKED',
  ),
  kind: col('u8', 'EXCHANGE or BUSINESS'),
  method: col('u8', 'index in METHODS'),
  routeClass: col('u8', 'ROUTE_CLASS'),
  networkClass: col('u8', 'NETWORK_CLASS'),
  softwareClass: col('u8', 'SOFTWARE_CLASS'),
  botStatus: col('u8', 'BOT_STATUS'),
  contentField: col('u8', 'CONTENT_FIELD in which the injection evidence stands'),
  authScheme: col('u8', 'AUTH_SCHEME by which the caller said who it is'),
  authOutcome: col('u8', 'AUTH_OUTCOME: what we found about it ourselves'),
  role: col('u8', 'ROLE of the caller'),
  sensitivity: col('u8', 'SENSITIVITY of the route'),
  handshakeClass: col('u8', 'HANDSHAKE_CLASS: which kind of software shakes hands like this'),
  bodyKind: col('u8', 'BODY_KIND of the request body'),
} as const satisfies Record<string, Column>;
export type ColumnName = keyof typeof COLUMNS;

export const METHODS = [
  '?',
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'PATCH',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'OTHER',
] as const;

/** What a route is for: recognised by name and by configuration. */
export const ROUTE_CLASS = {
  page: 0,
  asset: 1, // style sheets, scripts, images, fonts, media
  api: 2,
  login: 3,
  reset: 4,
  signup: 5,
  search: 6,
  code: 7, // promo, gift, voucher, one-time codes
  lookup: 8, // tells whether an account, address or number exists
  feed: 9, // feeds, robots.txt, sitemaps, well-known, health checks: polled by design
} as const;

export const NETWORK_CLASS = { unknown: 0, hosting: 1, access: 2, mobile: 3, education: 4, internal: 5 } as const;

export const SOFTWARE_CLASS = {
  unknown: 0,
  browser: 1,
  app: 2, // native application or device
  library: 3, // HTTP client library or command-line client
  bot: 4, // declares itself a crawler, monitor or fetcher
  tool: 5, // declares itself a scanner or attack tool
  none: 6, // no User-Agent at all
} as const;

export const BOT_STATUS = { none: 0, declared: 1, verified: 2, impostor: 3 } as const;

export const CONTENT_FIELD = { none: 0, path: 1, query: 2, agent: 3, referrer: 4, body: 5, header: 6 } as const;

export const FLAG = {
  ASSUMED_DURATION: 1 << 0,
  MALFORMED: 1 << 1, // the request line is not HTTP
  PROXY_ATTEMPT: 1 << 2, // CONNECT, or a target in absolute form for a host that is not ours
  KNOWN_ROUTE: 1 << 3, // matches a template that was configured, or learned from answered requests
  AUTHENTICATED: 1 << 4, // principal or credential accepted: logged as user on an exchange that was not refused
  NO_REFERRER: 1 << 5,
  SAME_SITE_REFERRER: 1 << 6,
  NO_AGENT: 1 << 7,
  QUERY: 1 << 8, // has a query
  STALE_AGENT: 1 << 9, // a browser version years older than the event
  ODD_AGENT: 1 << 10, // the agent string contradicts itself
  COARSE_TIME: 1 << 11, // the log tells whole seconds only
  END_TIME: 1 << 12, // the logged time was the end; start = end − duration
  ALLOWLISTED: 1 << 13, // scored and alerted, never acted on
  OLD_PROTOCOL: 1 << 14, // HTTP/1.0
  NOT_ADMITTED: 1 << 16, // we answered it ourselves: what the application would have said is unknown
  BOUND_ELSEWHERE: 1 << 17, // a token came without the key or certificate that it is bound to
  SESSION_FIXED: 1 << 18, // a session id was the same before and after a login
  REFRESH_REUSED: 1 << 19, // a refresh token was used again
  REPLAYED: 1 << 20, // a nonce, jti or signature was seen before
  SUBJECT_MISMATCH: 1 << 21, // the request names another subject than its token
  DUPLICATE_ID: 1 << 22, // one identifier stands more than once, with different values
  DECOY_LEFT: 1 << 23, // the answer carries a value that only decoys have
  BODY_CUT: 1 << 24, // of the body only the beginning was looked at
  UNLIKE_AGENT: 1 << 25, // headers that are not those of the browser which the agent names
  NO_ACCOUNT: 1 << 26, // a business event about an object that says what it is, and is no account
  REPEATED: 1 << 15, // a business event that repeats what the status of an exchange tells: it must not count twice
} as const;

const SIZE: Record<ColumnType, number> = { f64: 8, i32: 4, u16: 2, u8: 1 };
/** Bytes one row takes in the columns. */
export const ROW_BYTES = Object.values(COLUMNS).reduce((sum, c) => sum + SIZE[c.type], 0);

type ArrayOf<T extends ColumnType> = T extends 'f64'
  ? Float64Array
  : T extends 'i32'
    ? Int32Array
    : T extends 'u16'
      ? Uint16Array
      : Uint8Array;
type ColumnArrays = { readonly [K in ColumnName]: ArrayOf<(typeof COLUMNS)[K]['type']> };

/** Where each column begins, in bytes for each row of capacity, and the bytes of its values. */
const PLACES = Int32Array.from(
  Object.values(COLUMNS).flatMap((c, i, all) => [
    all.slice(0, i).reduce((sum, b) => sum + SIZE[b.type], 0),
    SIZE[c.type],
  ]),
);
/** Rows whose values lie in one cache line of a column of 32-bit values. */
export const ROWS_PER_LINE = 16;

/** Rows of facts. Build with {@link createBatch} or, around a buffer another thread filled, {@link wrapBatch}. */
export type FactBatch = ColumnArrays & {
  readonly buffer: ArrayBuffer;
  /** The whole buffer as 32-bit words. */
  readonly words: Int32Array;
  readonly capacity: number;
  /** Rows in use. */
  count: number;
  /** The bytes that texts point into. */
  text: Uint8Array;
};

/** An empty batch for `capacity` rows (rounded up to a multiple of 8, for alignment). */
export function createBatch(capacity: number, text: Uint8Array = new Uint8Array(0)): FactBatch {
  const rows = Math.ceil(capacity / 8) * 8;
  return wrapBatch(new ArrayBuffer(rows * ROW_BYTES), rows, 0, text);
}

/** The batch whose columns lie in `buffer`. `capacity` must be what {@link createBatch} rounded to. */
export function wrapBatch(buffer: ArrayBuffer, capacity: number, count: number, text: Uint8Array): FactBatch {
  const batch: Record<string, unknown> = { buffer, words: new Int32Array(buffer), capacity, count, text };
  let offset = 0;
  for (const [name, { type }] of Object.entries(COLUMNS)) {
    batch[name] =
      type === 'f64'
        ? new Float64Array(buffer, offset, capacity)
        : type === 'i32'
          ? new Int32Array(buffer, offset, capacity)
          : type === 'u16'
            ? new Uint16Array(buffer, offset, capacity)
            : new Uint8Array(buffer, offset, capacity);
    offset += capacity * SIZE[type];
  }
  // Building it by computed names leaves V8 with a dictionary; a copy has fast properties, and every column read needs them.
  return { ...batch } as unknown as FactBatch;
}

/**
 * Reads one value of every column in a row's cache lines, and returns their sum so that the reads are not dropped. Lines
 * that nothing depends on come from memory side by side; one after the other, as a detector asks for them, they would be
 * waited for each.
 */
export function prefetch(batch: FactBatch, row: number): number {
  const { words, capacity } = batch;
  let sum = 0;
  for (let c = 0; c < PLACES.length; c += 2) sum += words[(PLACES[c] * capacity + PLACES[c + 1] * row) >>> 2];
  return sum | 0;
}

/** Texts a row can give back, as long as its batch is alive. */
export type TextName = 'target' | 'agent' | 'referrer' | 'principal' | 'session' | 'credential' | 'host' | 'content';

const utf8 = new TextDecoder('utf-8', { fatal: false });

/** A text of a row: allocates, so it is read only when a finding is written. */
export function textOf(batch: FactBatch, row: number, name: TextName): string {
  const at = batch[`${name}At`][row];
  return utf8.decode(batch.text.subarray(at, at + batch[`${name}Length`][row]));
}
