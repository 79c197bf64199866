/** The actors of the sample report. */
import type { Action, ActorReport, NetworkFacts } from '../../src/runtime/report.ts';
import {
  CRAWLER,
  FINDINGS,
  HOSTILE,
  HOSTILE_AGENT,
  IMPOSTOR,
  SCANNER,
  SCRAPER,
  SESSION,
  SHARED,
  SOFTWARE,
  STUFFER,
  USER,
} from './sample-findings.ts';

const HOSTING: NetworkFacts = { asn: 64500, name: 'Example Hosting', country: 'NL', class: 'hosting' };
const ACCESS: NetworkFacts = { asn: 64501, name: 'Example Broadband', country: 'DE', class: 'access' };
const MOBILE: NetworkFacts = { asn: 64502, name: 'Example Mobile', country: 'IN', class: 'mobile' };

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

export const ACTORS: readonly ActorReport[] = [
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
