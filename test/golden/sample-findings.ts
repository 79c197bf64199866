/** The findings of the sample report, and who they are about. */
import type { Finding } from '../../src/runtime/report.ts';

/** Markup and terminal control as an attacker would send it in a User-Agent or a path. */
export const HOSTILE_AGENT =
  '"><script>alert(1)</script><img src=x onerror=alert(2)>\u001b[2J\u001b]0;owned\u0007\u202egnp.exe';
export const HOSTILE_PATH = "GET /search?q='-alert(1)-'</script><svg/onload=alert(3)> HTTP/1.1";

const START = Date.parse('2025-03-10T00:00:00Z');
export const at = (hours: number): string => new Date(START + hours * 3_600_000).toISOString();

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
export const STUFFER = ip('203.0.113.77');
export const SCANNER = ip('198.51.100.23');
export const SCRAPER = ip('2001:db8:4:12::/64');
export const SHARED = ip('192.0.2.200');
export const HOSTILE = ip('198.51.100.99');
export const CRAWLER = ip('192.0.2.66');
export const IMPOSTOR = ip('203.0.113.8');
export const SESSION = { dimension: 'session', key: 's-9f31c2ab' };
export const USER = { dimension: 'principal', key: 'mallory@example.com' };
export const SOFTWARE = { dimension: 'fingerprint', key: 'ExampleScanner/1.7' };

export const FINDINGS: readonly Finding[] = [
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
