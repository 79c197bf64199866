/**
 * A report as a run over a busy small shop's API would give, invented for the tests of its renderings. Addresses, names
 * and AS numbers are those reserved for documentation (RFC 5737, RFC 3849, RFC 5398). Some texts are hostile on
 * purpose: what comes from a log can carry markup and terminal control.
 */
import type { Action, ActorReport, Finding, NetworkFacts, Report, TimeBucket } from '../../src/runtime/report.ts';

/** Markup and terminal control as an attacker would send it in a User-Agent or a path. */
export const HOSTILE_AGENT =
  '"><script>alert(1)</script><img src=x onerror=alert(2)>\u001b[2J\u001b]0;owned\u0007\u202egnp.exe';
export const HOSTILE_PATH = "GET /search?q='-alert(1)-'</script><svg/onload=alert(3)> HTTP/1.1";

const START = Date.parse('2025-03-10T00:00:00Z');
const at = (hours: number): string => new Date(START + hours * 3_600_000).toISOString();

const HOSTING: NetworkFacts = { asn: 64500, name: 'Example Hosting', country: 'NL', class: 'hosting' };
const ACCESS: NetworkFacts = { asn: 64501, name: 'Example Broadband', country: 'DE', class: 'access' };
const MOBILE: NetworkFacts = { asn: 64502, name: 'Example Mobile', country: 'IN', class: 'mobile' };

type FindingSeed = Pick<
  Finding,
  'id' | 'class' | 'detector' | 'actor' | 'owasp' | 'nats' | 'why' | 'recommended' | 'sample'
> & {
  readonly hours: readonly [number, number, number];
  readonly leaked: number;
  readonly after: number;
  readonly basis?: Finding['basis'];
};

function finding(seed: FindingSeed): Finding {
  const { hours, leaked, after, basis = 'prior', ...rest } = seed;
  return {
    ...rest,
    basis,
    first_seen: at(hours[0]),
    detected_at: at(hours[1]),
    last_seen: at(hours[2]),
    requests_before_detection: leaked,
    requests_after_detection: after,
  };
}

const ip = (key: string) => ({ dimension: 'ip', key });
const STUFFER = ip('203.0.113.77');
const SCANNER = ip('198.51.100.23');
const SCRAPER = ip('2001:db8:4:12::/64');
const SHARED = ip('192.0.2.200');
const HOSTILE = ip('198.51.100.99');
const CRAWLER = ip('192.0.2.66');
const IMPOSTOR = ip('203.0.113.8');
const SESSION = { dimension: 'session', key: 's-9f31c2ab' };
const USER = { dimension: 'principal', key: 'mallory@example.com' };
const SOFTWARE = { dimension: 'fingerprint', key: 'ExampleScanner/1.7' };

const FINDINGS: readonly Finding[] = [
  finding({
    id: 'F-0a1b2c3d4e',
    class: 'credential-attack',
    detector: 'failure-test',
    actor: STUFFER,
    owasp: ['API2', 'OAT-008'],
    hours: [31.2, 31.21, 34.9],
    leaked: 9,
    after: 4102,
    nats: 9.2,
    why: '4,087 of 4,111 logins failed (99.4 %), where 20 % is usual',
    recommended: 'block',
    sample: 'POST /api/v2/login HTTP/1.1',
  }),
  finding({
    id: 'F-1b2c3d4e5f',
    class: 'credential-attack',
    detector: 'fan-out',
    actor: STUFFER,
    owasp: ['OAT-008'],
    hours: [31.2, 31.3, 34.9],
    leaked: 37,
    after: 4074,
    nats: 8.1,
    why: '2,911 different users tried from one address within an hour; 99.9 % of addresses stay within 6',
    recommended: 'block',
    basis: 'learned',
    sample: 'POST /api/v2/login HTTP/1.1',
  }),
  finding({
    id: 'F-2c3d4e5f60',
    class: 'probing',
    detector: 'probing',
    actor: SCANNER,
    owasp: ['OAT-014', 'OAT-018', 'API9'],
    hours: [12, 12.01, 13.4],
    leaked: 6,
    after: 512,
    nats: 9.2,
    why: '498 of 518 requests asked for what this API never had, among them /.env, /backup.zip and /admin.php',
    recommended: 'block',
    sample: 'GET /.env HTTP/1.1',
  }),
  finding({
    id: 'F-3d4e5f6071',
    class: 'injection',
    detector: 'injection',
    actor: SCANNER,
    owasp: ['API8', 'OAT-014'],
    hours: [12, 12.6, 13.3],
    leaked: 118,
    after: 44,
    nats: 9.2,
    why: 'SQL in the parameter "id": a quote, UNION SELECT and a comment to the end of the line',
    recommended: 'block',
    basis: 'fixed',
    sample: "GET /api/v2/items?id=1'%20UNION%20SELECT%201,2,3--%20 HTTP/1.1",
  }),
  finding({
    id: 'F-4e5f607182',
    class: 'scraping',
    detector: 'coverage',
    actor: SCRAPER,
    owasp: ['OAT-011', 'API6'],
    hours: [2, 3.5, 71],
    leaked: 802,
    after: 17_440,
    nats: 5.6,
    why: 'read 18 % of the catalogue in a day and came back to 0.4 % of it',
    recommended: 'throttle',
    basis: 'learned',
    sample: 'GET /api/v2/items/48213 HTTP/1.1',
  }),
  finding({
    id: 'F-5f60718293',
    class: 'credential-attack',
    detector: 'failure-test',
    actor: SHARED,
    owasp: ['API2', 'OAT-008'],
    hours: [40, 44, 46],
    leaked: 31,
    after: 88,
    nats: 6.9,
    why: '103 of 119 logins failed (87 %), where 20 % is usual',
    recommended: 'throttle',
    sample: 'POST /api/v2/login HTTP/1.1',
  }),
  finding({
    id: 'F-6071829304',
    class: 'injection',
    detector: 'injection',
    actor: HOSTILE,
    owasp: ['API8', 'OAT-014'],
    hours: [50, 50, 50.1],
    leaked: 0,
    after: 7,
    nats: 9.2,
    why: `JavaScript in the User-Agent: ${HOSTILE_AGENT}`,
    recommended: 'block',
    basis: 'fixed',
    sample: HOSTILE_PATH,
  }),
  finding({
    id: 'F-7182930415',
    class: 'rotation',
    detector: 'rotation',
    actor: SESSION,
    owasp: ['OAT-006'],
    hours: [20, 21, 26],
    leaked: 64,
    after: 210,
    nats: 5.1,
    why: 'one session came from 41 addresses in 22 networks within 30 min',
    recommended: 'challenge',
    sample: 'GET /api/v2/cart HTTP/1.1',
  }),
  finding({
    id: 'F-8293041526',
    class: 'enumeration',
    detector: 'object-enumeration',
    actor: USER,
    owasp: ['API1'],
    hours: [60, 60.4, 62],
    leaked: 22,
    after: 590,
    nats: 7.4,
    why: '612 different orders in an hour where 99.9 % stay within 9; 94 % of steps are +1; 71 % refused',
    recommended: 'step-up',
    basis: 'learned',
    sample: 'GET /api/v2/orders/100482 HTTP/1.1',
  }),
  finding({
    id: 'F-9304152637',
    class: 'declared-tool',
    detector: 'declared-tool',
    actor: SOFTWARE,
    owasp: ['OAT-014'],
    hours: [12, 12, 13.4],
    leaked: 0,
    after: 518,
    nats: 6,
    why: 'names itself a vulnerability scanner',
    recommended: 'throttle',
    basis: 'fixed',
    sample: 'GET / HTTP/1.1',
  }),
  finding({
    id: 'F-a415263748',
    class: 'automation',
    detector: 'timing',
    actor: CRAWLER,
    owasp: ['OAT-011'],
    hours: [0.5, 9, 71.5],
    leaked: 300,
    after: 1800,
    nats: 4.7,
    why: 'requests come at a steady beat: 30 s apart, deviation 0.03 over 80 gaps',
    recommended: 'tag',
    sample: 'GET /robots.txt HTTP/1.1',
  }),
  finding({
    id: 'F-b526374859',
    class: 'automation',
    detector: 'inconsistent-client',
    actor: IMPOSTOR,
    owasp: ['OAT-004'],
    hours: [15, 15.2, 16],
    leaked: 4,
    after: 19,
    nats: 4.9,
    why: 'calls itself a search engine, but its network is not that operator’s',
    recommended: 'tag',
    basis: 'fixed',
    sample: 'GET /api/v2/items HTTP/1.1',
  }),
];

type ActorSeed = Pick<ActorReport, 'actor' | 'network' | 'agent' | 'risk' | 'risk_class' | 'reason' | 'requests'> &
  Partial<Pick<ActorReport, 'bot' | 'collateral' | 'sharing'>> & { readonly action: Action; readonly ttl: number };

const ONE = { low: 1, high: 1, basis: 'hosting address, one agent' };

function actor(seed: ActorSeed): ActorReport {
  const mine = FINDINGS.filter((f) => f.actor.key === seed.actor.key);
  const { action, ttl, ...rest } = seed;
  const leaked = Math.min(...mine.map((f) => f.requests_before_detection));
  return {
    bot: null,
    sharing: ONE,
    collateral: 0,
    ...rest,
    classes: [...new Set(mine.map((f) => f.class))],
    findings: mine.map((f) => f.id),
    recommended: action,
    recommended_at: mine[0].detected_at,
    ttl_s: ttl,
    first_seen: mine[0].first_seen,
    last_seen: mine[0].last_seen,
    requests_before_action: leaked,
    requests_stopped: action === 'tag' ? 0 : seed.requests - leaked,
  };
}

const ACTORS: readonly ActorReport[] = [
  actor({
    actor: STUFFER,
    network: HOSTING,
    agent: 'python-requests/2.31.0',
    risk: 0.9994,
    risk_class: 'credential-attack',
    reason: 'risk above the blocking threshold of 75 %; one identity behind the address',
    requests: 4111,
    action: 'block',
    ttl: 300,
  }),
  actor({
    actor: SCANNER,
    network: HOSTING,
    agent: 'ExampleScanner/1.7',
    risk: 0.9991,
    risk_class: 'probing',
    reason: 'risk above the blocking threshold of 75 %; the evidence is deterministic',
    requests: 518,
    action: 'block',
    ttl: 7200,
  }),
  actor({
    actor: HOSTILE,
    network: null,
    agent: HOSTILE_AGENT,
    risk: 0.993,
    risk_class: 'injection',
    reason: 'risk above the blocking threshold of 75 %; the evidence is deterministic',
    requests: 7,
    action: 'block',
    ttl: 300,
  }),
  actor({
    actor: USER,
    network: ACCESS,
    agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:136.0) Gecko/20100101 Firefox/136.0',
    risk: 0.94,
    risk_class: 'enumeration',
    reason: 'a signed-in user: asking for a second factor costs less than a wrong block',
    requests: 612,
    action: 'step-up',
    ttl: 1800,
    sharing: { low: 1, high: 1, basis: 'an authenticated user' },
  }),
  actor({
    actor: SESSION,
    network: null,
    agent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/133.0.0.0 Safari/537.36',
    risk: 0.81,
    risk_class: 'rotation',
    reason: 'risk above the challenge threshold of 7 %, below what identity evidence alone may block',
    requests: 274,
    action: 'challenge',
    ttl: 300,
    sharing: { low: 1, high: 1, basis: 'a session' },
  }),
  actor({
    actor: SHARED,
    network: MOBILE,
    agent: 'Dalvik/2.1.0 (Linux; U; Android 14)',
    risk: 0.97,
    risk_class: 'credential-attack',
    reason: 'would be a block, but a shared address never gets more than a throttle',
    requests: 2210,
    action: 'throttle',
    ttl: 60,
    sharing: { low: 40, high: 400, basis: 'mobile network behind carrier NAT' },
    collateral: 12,
  }),
  actor({
    actor: SCRAPER,
    network: ACCESS,
    agent: 'Mozilla/5.0 (compatible)',
    risk: 0.78,
    risk_class: 'scraping',
    reason: 'reading in bulk is slowed down, not refused',
    requests: 18_242,
    action: 'throttle',
    ttl: 1800,
    sharing: { low: 1, high: 4, basis: 'a household' },
  }),
  actor({
    actor: SOFTWARE,
    network: null,
    agent: 'ExampleScanner/1.7',
    risk: 0.72,
    risk_class: 'declared-tool',
    reason: 'anyone may call themselves this: software alone is never blocked',
    requests: 518,
    action: 'throttle',
    ttl: 300,
    sharing: { low: 1, high: 30, basis: 'anyone with this software' },
  }),
  actor({
    actor: IMPOSTOR,
    network: HOSTING,
    bot: { name: 'ExampleBot', status: 'impostor' },
    agent: 'Mozilla/5.0 (compatible; ExampleBot/2.1)',
    risk: 0.12,
    risk_class: 'automation',
    reason: 'inconsistent, but nothing it did was abuse',
    requests: 23,
    action: 'tag',
    ttl: 0,
  }),
  actor({
    actor: CRAWLER,
    network: { asn: 64503, name: 'Example Search', country: 'US', class: 'hosting' },
    bot: { name: 'ExampleCrawler', status: 'verified' },
    agent: 'Mozilla/5.0 (compatible; ExampleCrawler/1.0; +https://example.com/bot)',
    risk: 0.02,
    risk_class: 'automation',
    reason: 'a verified crawler is never acted on',
    requests: 2100,
    action: 'tag',
    ttl: 0,
  }),
];

function timeline(): TimeBucket[] {
  return Array.from({ length: 72 }, (_, hour) => {
    // A day's rhythm without calling Math.sin: a triangle with its top at 15:00 UTC.
    const benign = 900 + 130 * (12 - Math.abs((hour % 24) - 15 + (hour % 24 < 3 ? 24 : 0)));
    const abusive: Record<string, number> = {};
    if (hour >= 2) abusive.scraping = 240 + ((hour * 37) % 60);
    if (hour >= 31 && hour < 35) abusive['credential-attack'] = [620, 1480, 1390, 621][hour - 31];
    if (hour >= 12 && hour < 14) abusive.probing = [344, 174][hour - 12];
    if (hour >= 60 && hour < 62) abusive.enumeration = [340, 272][hour - 60];
    const bad = Object.values(abusive).reduce((sum, n) => sum + n, 0);
    return {
      start: at(hour),
      requests: benign + bad,
      errors: Math.round(benign * 0.02 + (bad > 500 ? bad * 0.8 : 4)),
      abusive,
    };
  });
}

/** Whom acting from a risk on would have met: few hurt at the top, more as the threshold falls. */
const THRESHOLDS = [
  [0.05, 10, 25_700, 143],
  [0.1, 9, 25_650, 61],
  [0.2, 8, 25_600, 33],
  [0.3, 8, 25_600, 24],
  [0.5, 8, 25_580, 16],
  [0.7, 8, 25_560, 12],
  [0.75, 7, 25_060, 12],
  [0.8, 6, 7620, 12],
  [0.9, 5, 7410, 12],
  [0.95, 4, 6830, 12],
  [0.99, 3, 4620, 0],
  [0.999, 2, 4600, 0],
].map(([risk, actors, requests_stopped, identities_hurt]) => ({ risk, actors, requests_stopped, identities_hurt }));

const TIMELINE = timeline();
const REQUESTS = TIMELINE.reduce((sum, b) => sum + b.requests, 0);

export const SAMPLE_REPORT: Report = {
  sallyport: '0.1.0',
  report_version: 1,
  generated_input: false,
  inputs: [
    {
      name: 'access.log',
      format: 'combined',
      time_meaning: 'end',
      lines: REQUESTS - 41_000,
      bytes: 31_415_926,
      truncated: false,
    },
    {
      name: 'access.log.1.gz',
      format: 'combined',
      time_meaning: 'end',
      lines: 41_038,
      bytes: 8_201_114,
      truncated: true,
    },
  ],
  events: REQUESTS * 2,
  exchanges: REQUESTS,
  lines: REQUESTS + 38,
  bad_lines: { no_match: 21, binary: 12, too_long: 5 },
  bad_line_samples: [
    { reason: 'no_match', input: 'access.log', line: 4017, text: 'nginx: [warn] something that is no exchange' },
    {
      reason: 'binary',
      input: 'access.log',
      line: 9001,
      text: '\u0016\u0003\u0001\u0000\u00ee\u0001\u0000\u001b]0;owned\u0007<b>x</b>',
    },
    { reason: 'too_long', input: 'access.log.1.gz', line: 77, text: `GET /${'A'.repeat(190)}` },
  ],
  late_events: 2,
  notes: [
    'The log carries no durations: 50 ms were assumed for every exchange.',
    'access.log.1.gz ends inside a block; what came before it was read.',
  ],
  started_at: at(0),
  ended_at: at(71.98),
  elapsed_s: 0.84,
  actors_seen: { ip: 3120, network: 1822, session: 2954, principal: 811, fingerprint: 96, route: 41 },
  decision_hash: '6f1c2a9be04d7733',
  manifest: {
    code: '0.1.0',
    detectors: '14',
    policy: 'default-1',
    model: 'learned-5d1f',
    tables: 'asn-2026061719',
    seed: '0',
  },
  findings: FINDINGS,
  actors: ACTORS,
  incidents: [
    {
      id: 'I-01d2e3f405',
      class: 'credential-attack',
      title: 'Credential stuffing against /api/v2/login',
      started_at: at(31.2),
      ended_at: at(46),
      actors: [STUFFER, SHARED],
      findings: ['F-0a1b2c3d4e', 'F-1b2c3d4e5f', 'F-5f60718293'],
      requests: 6321,
      shared: ['route /api/v2/login', 'software python-requests'],
      campaign: true,
    },
    {
      id: 'I-12e3f40516',
      class: 'probing',
      title: 'A vulnerability scan',
      started_at: at(12),
      ended_at: at(13.4),
      actors: [SCANNER, SOFTWARE],
      findings: ['F-2c3d4e5f60', 'F-3d4e5f6071', 'F-9304152637'],
      requests: 518,
      shared: ['software ExampleScanner/1.7', 'network AS64500'],
      campaign: false,
    },
  ],
  timeline: TIMELINE,
  thresholds: THRESHOLDS,
  totals: { requests: REQUESTS, requests_abusive: 25_764, requests_stoppable: 24_900, identities_hurt: 12 },
};

/** The same log without anything in it. */
export const CLEAR_REPORT: Report = {
  ...SAMPLE_REPORT,
  inputs: [SAMPLE_REPORT.inputs[0]],
  bad_lines: {},
  bad_line_samples: [],
  late_events: 0,
  notes: [],
  findings: [],
  actors: [],
  incidents: [],
  timeline: TIMELINE.map((b) => ({ ...b, abusive: {} })),
  thresholds: [],
  totals: { requests: REQUESTS, requests_abusive: 0, requests_stoppable: 0, identities_hurt: 0 },
};

/** A file that is no log. */
export const UNREAD_REPORT: Report = {
  ...CLEAR_REPORT,
  events: 0,
  exchanges: 0,
  lines: 312,
  bad_lines: { no_match: 312 },
  bad_line_samples: [{ reason: 'no_match', input: 'notes.txt', line: 1, text: 'Dear diary' }],
  inputs: [{ name: 'notes.txt', format: 'combined', time_meaning: 'end', lines: 312, bytes: 9120, truncated: false }],
  started_at: '',
  ended_at: '',
  timeline: [],
  totals: { requests: 0, requests_abusive: 0, requests_stoppable: 0, identities_hurt: 0 },
};
