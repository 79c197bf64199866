/**
 * A made-up access log in combined format, for measuring speed and memory. It is realistic where speed depends on it:
 * how often actors, paths, agents and referrers repeat, how long lines are, how many addresses come once and never
 * again, and that a small share of the traffic is hostile, so that detectors have something to say. It is NOT evidence of how well
 * anything is detected: whoever writes both traffic and detectors measures agreement with himself.
 */
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Prng } from './prng.ts';

export interface LogPlan {
  readonly lines: number;
  /** Distinct client addresses; every one of them is in the log. */
  readonly addresses: number;
  readonly seed: number;
  /** Share of the lines that come from addresses seen more than once. The other addresses come exactly once. */
  readonly returningShare: number;
  /** Share of the lines that are hostile. */
  readonly hostileShare: number;
  readonly hours: number;
}

export const DEFAULT_PLAN: LogPlan = {
  lines: 2_000_000,
  addresses: 1_000_000,
  seed: 7,
  returningShare: 0.6,
  hostileShare: 0.02,
  hours: 4,
};

/** Raise when the generated text changes, so that nobody compares figures of two different logs. */
const GENERATOR_VERSION = 1;
const START_MS = Date.UTC(2026, 2, 3, 6, 0, 0);
const CHUNK_BYTES = 1 << 20;
const AGENTS = 2000;
const PATHS = 4000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Where the log of a plan is kept between runs. */
export function logPath(plan: LogPlan): string {
  const name = `v${GENERATOR_VERSION}-${plan.lines}-${plan.addresses}-${plan.seed}-${plan.returningShare}-${plan.hostileShare}-${plan.hours}`;
  return join(tmpdir(), 'sallyport-bench', `${name}.log`);
}

/** Writes the log of a plan, or finds it from an earlier run. Returns its path. */
export async function ensureLog(plan: LogPlan): Promise<string> {
  const path = logPath(plan);
  if (existsSync(path) && statSync(path).size > 0) return path;
  mkdirSync(join(tmpdir(), 'sallyport-bench'), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  const file = await open(part, 'w');
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let used = 0;
  for (const line of logLines(plan)) {
    if (used + line.length + 1 > CHUNK_BYTES) {
      await file.write(chunk, 0, used);
      used = 0;
    }
    used += chunk.write(line, used, 'latin1');
    chunk[used++] = 10;
  }
  await file.write(chunk, 0, used);
  await file.close();
  renameSync(part, path);
  return path;
}

/** The lines of a plan, one at a time, without line ends. */
export function* logLines(plan: LogPlan): Generator<string> {
  const random = new Prng(plan.seed);
  const agents = makeAgents(random);
  const site = makeSite(random);
  const visits = new Visits(plan, random);
  const stepMs = (plan.hours * 3_600_000) / plan.lines;
  let second = -1;
  let stamp = '';
  for (let i = 0; i < plan.lines; i++) {
    const ms = START_MS + i * stepMs;
    if (Math.floor(ms / 1000) !== second) {
      second = Math.floor(ms / 1000);
      stamp = commonLogTime(second);
    }
    const visitor = visits.next();
    const address = addressOf(visitor, plan.seed);
    const hostile = visits.hostile(visitor);
    const agent = agents[hostile ? visitor % 40 : skewedBy(visitor, AGENTS)];
    const exchange = hostile ? attack(visitor, random) : visit(site, random);
    yield `${address} - - [${stamp}] "${exchange.method} ${exchange.target} HTTP/1.1" ${exchange.status} ${exchange.bytes} "${exchange.referrer}" "${agent}"`;
  }
}

interface MadeExchange {
  method: string;
  target: string;
  status: number;
  bytes: number;
  referrer: string;
}

/** Decides who comes next, so that the plan's counts are met exactly. Visitors are numbers from 0 on. */
class Visits {
  private readonly plan: LogPlan;
  private readonly random: Prng;
  private linesLeft: number;
  private onceLeft: number;
  private returningLinesLeft: number;
  private returningSeen = 0;
  private onceSeen = 0;
  private readonly returning: number;
  private readonly hostileVisitors: number;

  constructor(plan: LogPlan, random: Prng) {
    this.plan = plan;
    this.random = random;
    this.linesLeft = plan.lines;
    const onceLines = plan.lines - Math.round(plan.lines * plan.returningShare);
    this.onceLeft = Math.min(onceLines, plan.addresses - 1);
    this.returningLinesLeft = plan.lines - this.onceLeft;
    this.returning = plan.addresses - this.onceLeft;
    if (this.returning > this.returningLinesLeft) {
      throw new RangeError('More addresses than lines to show them: raise lines or lower returningShare.');
    }
    // About 40 requests for each hostile visitor: enough for sequential tests, few enough to be many actors.
    this.hostileVisitors = Math.max(1, Math.floor((plan.lines * plan.hostileShare) / 40));
  }

  next(): number {
    const once = this.random.next() * this.linesLeft < this.onceLeft;
    this.linesLeft--;
    if (once) {
      this.onceLeft--;
      return this.returning + this.onceSeen++;
    }
    const unseen = this.returning - this.returningSeen;
    const first = this.random.next() * this.returningLinesLeft < unseen;
    this.returningLinesLeft--;
    if (first || this.returningSeen === 0) return this.returningSeen++;
    if (this.random.next() < this.plan.hostileShare / this.plan.returningShare) {
      return this.random.below(Math.min(this.hostileVisitors, this.returningSeen));
    }
    const peaceful = this.returningSeen - this.hostileVisitors;
    if (peaceful <= 0) return this.random.below(this.returningSeen);
    // The square of a uniform: the busiest client has a few thousand requests, the median one a handful.
    const u = this.random.next();
    return this.hostileVisitors + Math.floor(u * u * peaceful);
  }

  hostile(visitor: number): boolean {
    return visitor < this.hostileVisitors;
  }
}

interface Site {
  readonly paths: readonly string[];
  readonly referrers: readonly string[];
}

const SECTIONS = ['products', 'articles', 'guides', 'questions', 'collections', 'authors', 'events', 'manuals'];
const WORDS = [
  'amber',
  'basin',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'heron',
  'inlet',
  'juniper',
  'kelp',
  'larch',
];

function makeSite(random: Prng): Site {
  const paths: string[] = ['/', '/login', '/search', '/cart', '/feed.xml', '/robots.txt', '/api/v1/me', '/api/v1/cart'];
  while (paths.length < PATHS) {
    const n = paths.length;
    const slug = `${random.pick(WORDS)}-${random.pick(WORDS)}-${n}`;
    const kind = n % 10;
    if (kind < 3) paths.push(`/static/build/${slug}.${['js', 'css', 'png', 'woff2'][n % 4]}`);
    else if (kind < 6) paths.push(`/${random.pick(SECTIONS)}/${slug}`);
    else if (kind < 8) paths.push(`/api/v1/${random.pick(SECTIONS)}/${1000 + n * 7}`);
    else if (kind < 9) paths.push(`/images/${random.pick(SECTIONS)}/${n}/large.jpg`);
    else paths.push(`/${random.pick(SECTIONS)}?page=${1 + (n % 30)}&sort=${random.pick(WORDS)}`);
  }
  const referrers = ['-', '-', '-', 'https://www.google.com/', 'https://www.bing.com/', 'https://duckduckgo.com/'];
  for (let i = 0; i < 500; i++) referrers.push(`https://shop.example${paths[random.below(PATHS)]}`);
  return { paths, referrers };
}

/** One exchange of somebody with no ill intent. */
function visit(site: Site, random: Prng): MadeExchange {
  const roll = random.next();
  let target = site.paths[random.skewed(PATHS)];
  let method = 'GET';
  let status = 200;
  if (roll < 0.02) status = 404;
  else if (roll < 0.05) status = 304;
  else if (roll < 0.07) status = 302;
  else if (roll < 0.073) status = 500;
  else if (roll < 0.1) {
    method = 'POST';
    target = random.next() < 0.3 ? '/login' : '/api/v1/cart';
    status = target === '/login' ? (random.next() < 0.15 ? 401 : 302) : 201;
  } else if (roll < 0.13) target = `/search?q=${random.pick(WORDS)}+${random.pick(WORDS)}&lang=en`;
  if (status === 404) target = `/archive/${random.pick(WORDS)}-${random.below(1e6)}`;
  const bytes = status === 304 ? 0 : 200 + random.skewed(90_000);
  return { method, target, status, bytes, referrer: site.referrers[random.skewed(site.referrers.length)] };
}

const PROBED = [
  '/.env',
  '/.git/config',
  '/backup.zip',
  '/admin/config.php',
  '/wp-login.php',
  '/phpmyadmin/',
  '/old/dump.sql',
];
const INJECTED = [
  '/search?q=1%27%20OR%20%271%27=%271',
  '/search?q=%3Cscript%3Ealert(1)%3C/script%3E',
  '/download?file=../../../../etc/passwd',
  '/search?q=1%20UNION%20SELECT%20name,pass%20FROM%20users',
];

/** One exchange of a hostile visitor; what he is after depends on his number. */
function attack(visitor: number, random: Prng): MadeExchange {
  const made: MadeExchange = { method: 'GET', target: '/', status: 404, bytes: 162, referrer: '-' };
  switch (visitor % 5) {
    case 0:
      made.target = random.pick(PROBED);
      break;
    case 1:
      made.target = random.pick(INJECTED);
      made.status = 400;
      break;
    case 2:
      made.method = 'POST';
      made.target = '/login';
      made.status = random.next() < 0.02 ? 302 : 401;
      break;
    case 3:
      made.target = `/api/v1/products/${10_000 + random.below(400_000)}`;
      made.status = random.next() < 0.7 ? 200 : 404;
      break;
    default:
      made.target = `/articles?page=${random.below(3000)}`;
      made.status = 200;
      made.bytes = 20_000 + random.below(9000);
  }
  return made;
}

const SYSTEMS = [
  'Windows NT 10.0; Win64; x64',
  'Macintosh; Intel Mac OS X 10_15_7',
  'X11; Linux x86_64',
  'Linux; Android 14; Pixel 8',
  'iPhone; CPU iPhone OS 17_5 like Mac OS X',
];

function makeAgents(random: Prng): string[] {
  const agents: string[] = [];
  while (agents.length < AGENTS) {
    const n = agents.length;
    const system = SYSTEMS[n % SYSTEMS.length];
    const version = 100 + random.below(46);
    const build = `${random.below(7000)}.${random.below(200)}`;
    if (n % 20 === 19) agents.push(`example-client/${n}.${random.below(9)} (linux)`);
    else if (n % 20 === 18)
      agents.push(`Mozilla/5.0 (compatible; ExampleFetcher/${n}.0; +https://fetcher.example/about)`);
    else if (n % 3 === 0) agents.push(`Mozilla/5.0 (${system}; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`);
    else
      agents.push(
        `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.${build} Safari/537.36`,
      );
  }
  return agents;
}

/** A visitor keeps his agent: the same skewed choice every time, from his number alone. */
function skewedBy(visitor: number, n: number): number {
  const u = (scramble(visitor) >>> 0) / 4294967296;
  return Math.floor(u * u * u * n);
}

/** A one-to-one mixing of 32-bit integers, so that different visitors get different addresses. */
function scramble(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

/**
 * The visitor's address, distinct for each: one in twenty IPv6 (own /64), the others IPv4 outside 0/8, 10/8, 127/8 and
 * 224/3. Where the mixed number falls there, the visitor's number is carried into 16/4 space that mixing left out.
 */
export function addressOf(visitor: number, seed: number): string {
  const bits = scramble(visitor ^ (seed << 24)) >>> 0;
  const first = bits >>> 24;
  const reserved = first === 0 || first === 10 || first === 127 || first >= 224;
  if (reserved || visitor % 20 === 0) {
    const high = (bits >>> 16).toString(16);
    const low = (bits & 0xffff).toString(16);
    return `2a01:${high}:${low}:1::${1 + (visitor % 9)}`;
  }
  return `${first}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** "03/Mar/2026:06:00:00 +0000" for a Unix time in seconds. */
function commonLogTime(second: number): string {
  const t = new Date(second * 1000);
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${two(t.getUTCDate())}/${MONTHS[t.getUTCMonth()]}/${t.getUTCFullYear()}`;
  return `${date}:${two(t.getUTCHours())}:${two(t.getUTCMinutes())}:${two(t.getUTCSeconds())} +0000`;
}
