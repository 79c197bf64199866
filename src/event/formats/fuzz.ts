/**
 * Test support: throws mutated and random lines at every parser, and checks what all of them promise. Seeded, so that a
 * failure can be run again; `bench/` runs it for longer.
 */
import { FIELDS, RawExchange } from '../exchange.ts';
import { BAD_LINE } from '../format.ts';
import { FORMATS } from './index.ts';
import { PREFIXES } from './prefix.ts';
import { type FormatSpec, formatOf, lineParser } from './spec.ts';

export interface FuzzReport {
  readonly lines: number;
  readonly accepted: number;
}

/** Lines from which mutants are made. Documentation addresses only. */
const SEEDS: readonly string[] = [
  '198.51.100.7 - maria [12/Mar/2024:08:15:02 +0000] "GET /a?b=\\x22 HTTP/1.1" 200 5120 "https://shop.example/" "Mozilla/5.0"',
  'shop.example:443 198.51.100.8 - - [12/Mar/2024:08:15:05 +0100] "GET / HTTP/1.1" 200 10 "-" sess19ab77 "curl" 0.1 "203.0.113.9, 10.0.0.1"',
  '- - [12/Mar/2024:08:15:07 +0000] "\\x16\\x03\\x01" 400 157 "-" "-" "-"',
  '{"time_local":"12/Mar/2024:08:15:06 +0000","remote_addr":"198.51.100.7","request":"GET /c\\u00fc HTTP/1.1","status":200}',
  '{"msec":1710231304.250,"remote_addr":"::1","request_method":"GET","uri":"/find","args":"q=1","status":"200","request_time":0.1}',
  '{"level":"info","ts":1710231302.5,"logger":"http.log.access","request":{"remote_ip":"198.51.100.7","method":"GET","uri":"/","headers":{"User-Agent":["a\\n"]}},"status":200}',
  '{"ClientHost":"198.51.100.7","RequestMethod":"GET","RequestPath":"/a","DownstreamStatus":404,"Duration":21556,"StartUTC":"2024-03-12T07:15:02.4Z"}',
  '{"start_time":"2024-03-12T08:15:02.479Z","method":"GET","path":"/","response_code":404,"downstream_remote_address":"198.51.100.12:59292"}',
  '[2024-03-12T08:15:02.310Z] "POST /a HTTP/2" 204 - 154 0 226 100 "203.0.113.9" "App/3" "id" "shop.example" "tcp://10.1.0.2:80"',
  '198.51.100.7:33317 [12/Mar/2024:08:15:02.655] in st/s1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {a|b} {} "GET /#22 HTTP/1.1"',
  'http 2024-03-12T08:15:02.186641Z app/lb/5 198.51.100.7:2817 10.0.0.1:80 0.000 0.001 0.000 200 200 34 366 "GET http://a.example:80/ HTTP/1.1" "curl" - -',
  '[12/Mar/2024:08:15:02 +0000] - 404 404 - GET https shop.example "/a" [Client 198.51.100.7] [Length 150] [Gzip -] [Sent-to x] "M" "-"',
  '2024-03-12 08:15:02 10.1.0.2 GET /a b=1 443 - 198.51.100.7 Mozilla/5.0+(X) - 200 0 0 15',
  '198.51.100.7 - - [12/Mar/2024:08:15:02 +0000] "GET /a HTTP/1.1" 200 19 "-" "curl/8.5.0" 17 "shop@docker" "http://10.1.0.3:80" 12ms',
  '{"type":"exchange","time_ms":1710231302123,"exchange":"x","address":"198.51.100.7","method":"GET","target":"/","status":401}',
  '{"type":"business","time_ms":1710231302123,"name":"login.failed","principal":"maria","amount_minor":5}',
  '<190>Mar 12 08:15:02 web-1 nginx: 198.51.100.7 - - [12/Mar/2024:08:15:02 +0000] "GET /a HTTP/1.1" 200 12 "-" "c"',
  '<190>1 2024-03-12T08:15:02.003Z web-1 nginx 412 - [m x="]"] 198.51.100.7 - - [12/Mar/2024:08:15:02 +0000] "GET / HTTP/1.1" 200 1',
  '2024-03-12T08:15:02.493035218+01:00 stdout F {"start_time":"2024-03-12T08:15:02Z","path":"/","response_code":404}',
  '{"log":"198.51.100.7 - - [12/Mar/2024:08:15:02 +0000] \\"GET / HTTP/1.1\\" 200 1\\n","stream":"stdout","time":"2024-03-12T08:15:02.1Z"}',
];

const PATTERNS: readonly string[] = [
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"',
  '$remote_addr|$time_iso8601|$request_method|$uri|$args|$status|$request_time|$http_x_forwarded_for',
  '%{%Y-%m-%d %H:%M:%S}t.%{msec_frac}t %h "%r" %>s %B',
  '{"t":"$msec","r":"$request","s":$status}',
];
const W3C_COLUMNS =
  'date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status x y time-taken';

/** Bytes that mean something to some parser. */
const SHARP = [...new TextEncoder().encode('"\\[]{}:,- \t/|=#.0129+TZGx'), 0, 0x0d, 0x0a, 0x16, 0x7f, 0xc3, 0xef, 0xff];

function specs(): FormatSpec[] {
  return [
    ...FORMATS.map(({ id }): FormatSpec => ({ id, prefix: 'none', ...(id === 'w3c' ? { columns: W3C_COLUMNS } : {}) })),
    ...PREFIXES.map((prefix): FormatSpec => ({ id: 'combined', prefix })),
    ...PATTERNS.map((pattern): FormatSpec => ({ id: 'pattern', prefix: 'none', pattern })),
  ];
}

/** A stream of 32-bit numbers from a seed (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

function mutate(line: Uint8Array, random: (below: number) => number): Uint8Array {
  let bytes = Array.from(line);
  for (let n = random(6); n >= 0; n--) {
    const at = random(bytes.length + 1);
    switch (random(6)) {
      case 0:
        bytes.splice(at, 1 + random(4));
        break;
      case 1:
        bytes.splice(at, 0, SHARP[random(SHARP.length)]);
        break;
      case 2:
        bytes[Math.min(at, bytes.length)] = random(2) === 0 ? random(256) : SHARP[random(SHARP.length)];
        break;
      case 3:
        bytes = bytes.slice(0, at);
        break;
      case 4:
        bytes = bytes.slice(at);
        break;
      default: {
        const from = random(bytes.length + 1);
        bytes.splice(at, 0, ...bytes.slice(from, from + random(40)));
      }
    }
  }
  return Uint8Array.from(bytes);
}

/** What stands around the line in the buffer: a parser must neither read nor change it. */
const MARGIN = 8;

/**
 * Runs `iterations` lines, each through one parser with its fallbacks and one bare format. Throws an Error that names seed
 * and line where a parser throws, hands out a span outside its line, changes a byte outside it, changes a line it refuses
 * (a bare format only), or answers differently the second time.
 */
export function fuzzParsers(seed: number, iterations: number): FuzzReport {
  const random = numbers(seed);
  const all = specs();
  const mixed = all.map((spec) => lineParser(spec));
  const bare = all.map((spec) => formatOf(spec).parser());
  const seeds = SEEDS.map((line) => new TextEncoder().encode(line));
  const out = new RawExchange();
  let accepted = 0;
  for (let i = 0; i < iterations; i++) {
    const line =
      random(20) === 0
        ? Uint8Array.from({ length: random(200) }, () => random(256))
        : mutate(seeds[random(seeds.length)], random);
    const which = random(all.length);
    const fail = (what: string): never => {
      throw new Error(
        `${what}: seed ${seed}, line ${i}, ${JSON.stringify(all[which])}: ${JSON.stringify(String.fromCharCode(...line))}`,
      );
    };
    for (const parser of [mixed[which], bare[which]]) {
      const first = run(parser, line, out, fail);
      const values = snapshot(out);
      const second = run(parser, line, out, fail);
      if (first.reason !== second.reason || values !== snapshot(out)) fail('answers differently the second time');
      if (first.reason === BAD_LINE.ok) accepted++;
      else if (parser === bare[which] && first.changed) fail('changes a line it refuses');
    }
  }
  return { lines: iterations, accepted };
}

function run(
  parser: ReturnType<typeof lineParser>,
  line: Uint8Array,
  out: RawExchange,
  fail: (what: string) => never,
): { reason: number; changed: boolean } {
  const buf = new Uint8Array(line.length + 2 * MARGIN).fill(0x22);
  buf.set(line, MARGIN);
  const end = MARGIN + line.length;
  out.reset(buf);
  let reason = 0;
  try {
    reason = parser(buf, MARGIN, end, out);
  } catch (error) {
    fail(`throws ${error instanceof Error ? error.stack : String(error)}`);
  }
  for (let i = 0; i < MARGIN; i++) if (buf[i] !== 0x22 || buf[end + i] !== 0x22) fail('writes outside the line');
  if (reason === BAD_LINE.ok) checkExchange(out, MARGIN, end, fail);
  const changed = line.some((byte, i) => buf[MARGIN + i] !== byte);
  return { reason, changed };
}

function checkExchange(out: RawExchange, start: number, end: number, fail: (what: string) => never): void {
  for (let f = 0; f < FIELDS.length; f++) {
    const from = out.spans[f * 2];
    const to = out.spans[f * 2 + 1];
    if (from === to) continue;
    if (from > to || from < start || to > end) fail(`${FIELDS[f]} is out of range (${from}–${to} of ${start}–${end})`);
  }
  if (!Number.isInteger(out.status) || out.status < 0 || out.status > 999) fail(`status ${out.status}`);
  if (!Number.isInteger(out.bytes) || out.bytes < -1) fail(`bytes ${out.bytes}`);
  if (!Number.isInteger(out.durationMs) || out.durationMs < -1) fail(`duration ${out.durationMs}`);
  if (!Number.isNaN(out.timeMs) && !Number.isInteger(out.timeMs)) fail(`time ${out.timeMs}`);
}

function snapshot(out: RawExchange): string {
  return `${out.spans.join()} ${out.timeMs} ${out.status} ${out.bytes} ${out.durationMs} ${out.kind} ${out.business}`;
}
