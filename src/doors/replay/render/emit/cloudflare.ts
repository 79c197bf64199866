/**
 * Mitigations for Cloudflare: custom rules and rate limiting rules as a shell script around its Rulesets API, with the
 * expressions readable for those who paste them into the dashboard. A rule does not expire by itself there, so the end
 * stands inside the expression: after it the rule matches nothing, and its name says that it can be deleted.
 */
import type { Report } from '../../../../runtime/report.ts';
import {
  commented,
  type EmitOptions,
  leftLines,
  type Mitigation,
  planMitigations,
  rfc3339,
  THROTTLE_PER_MINUTE,
} from './plan.ts';

/** The longest expression that a rule takes, in characters. */
const LONGEST_EXPRESSION = 4096;

interface Group {
  readonly action: 'block' | 'managed_challenge' | 'throttle';
  readonly expiresAt: number;
  readonly terms: string[];
  readonly mitigations: Mitigation[];
}

/** A shell script that adds the rules. Secrets come from the environment: none is ever written into it. */
export function emitCloudflare(report: Report, options: EmitOptions): string {
  const plan = planMitigations(report, options);
  const left = leftLines(plan);
  const groups: Group[] = [];
  for (const mitigation of plan.mitigations) {
    const term = termOf(mitigation, options.sessionCookie);
    if (term === '') left.push(...unseen(mitigation));
    else addTo(groups, mitigation, term);
  }
  const lines = ['#!/bin/sh', ...commented([...plan.head, '', ...HOW_TO]), ''];
  if (left.length > 0) lines.push(...commented(left), '');
  if (groups.length === 0) lines.push('# Nothing to do.');
  else lines.push('set -eu', 'api="https://api.cloudflare.com/client/v4/zones/$ZONE_ID/rulesets"', '');
  for (const group of groups) lines.push(...groupLines(group), '');
  return `${lines.join('\n').trimEnd()}\n`;
}

const HOW_TO = [
  'Use: set CLOUDFLARE_API_TOKEN (Zone WAF: edit), ZONE_ID, and CUSTOM_RULESET_ID or RATELIMIT_RULESET_ID, the entry',
  'points of http_request_firewall_custom and http_ratelimit; or paste an expression into the dashboard.',
  'Undo: delete the rule whose name carries the id. Past its end a rule matches nothing and can be deleted.',
  'Rate limiting by address and time needs a plan whose rate limiting rules may use these fields.',
];

function unseen(mitigation: Mitigation): string[] {
  const why =
    mitigation.target.kind === 'session'
      ? 'Name the session cookie with --session-cookie NAME to emit this:'
      : 'Cloudflare cannot see this; it is left to the application:';
  return [why, ...mitigation.comments.map((text) => `  ${text}`)];
}

/** What the expression tests for this mitigation; '' where it cannot. Addresses are gathered into one list later. */
function termOf(mitigation: Mitigation, cookie: string | undefined): string {
  const { target } = mitigation;
  if (target.kind === 'address') return target.cidr;
  // Only plain ASCII is quoted: anything else would depend on how two parsers read escapes.
  if (target.kind === 'user' || !/^[\x20-\x7e]+$/.test(target.text)) return '';
  if (target.kind === 'agent') return `http.user_agent eq ${quoted(target.text)}`;
  return cookie === undefined ? '' : `http.cookie contains ${quoted(`${cookie}=${target.text}`)}`;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

function addTo(groups: Group[], mitigation: Mitigation, term: string): void {
  const action =
    mitigation.action === 'block' ? 'block' : mitigation.action === 'throttle' ? 'throttle' : 'managed_challenge';
  let group = groups.find((g) => g.action === action && g.expiresAt === mitigation.expiresAt && fits(g, term));
  if (!group) {
    group = { action, expiresAt: mitigation.expiresAt, terms: [], mitigations: [] };
    groups.push(group);
  }
  group.terms.push(term);
  group.mitigations.push(mitigation);
}

const fits = (group: Group, term: string): boolean =>
  expression({ ...group, terms: [...group.terms, term] }).length <= LONGEST_EXPRESSION;

/** The group's expression in Cloudflare's Rules language. */
function expression(group: Group): string {
  const addresses = group.terms.filter((term) => !term.includes(' '));
  const others = group.terms.filter((term) => term.includes(' '));
  const alternatives = [...(addresses.length > 0 ? [`ip.src in {${addresses.join(' ')}}`] : []), ...others];
  const who = alternatives.length === 1 ? alternatives[0] : `(${alternatives.join(' or ')})`;
  return `${who} and http.request.timestamp.sec lt ${group.expiresAt}`;
}

function groupLines(group: Group): string[] {
  const text = expression(group);
  const ids = group.mitigations.map((m) => m.id);
  const named = ids.length > 3 ? `${ids.slice(0, 3).join(' ')} and ${ids.length - 3} more` : ids.join(' ');
  const rule = {
    description: `Sallyport ${named}: ends ${rfc3339(group.expiresAt)}, then delete`,
    expression: text,
    action: group.action === 'throttle' ? 'block' : group.action,
    enabled: true,
    ...(group.action === 'throttle' ? { ratelimit: RATE_LIMIT } : {}),
  };
  const comments = group.mitigations.flatMap((m) => [...m.comments, ...challengeNote(m)]);
  const ruleset = group.action === 'throttle' ? 'RATELIMIT_RULESET_ID' : 'CUSTOM_RULESET_ID';
  return [
    ...commented([...comments, `Expression: ${text}`]),
    `curl --fail --silent --show-error "$api/$${ruleset}/rules" \\`,
    '  --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" --header "Content-Type: application/json" \\',
    "  --data @- <<'JSON'",
    JSON.stringify(rule, null, 2),
    'JSON',
  ];
}

function challengeNote(mitigation: Mitigation): string[] {
  return mitigation.action === 'step-up' ? ['Cloudflare cannot ask for a step-up: a challenge instead.'] : [];
}

const RATE_LIMIT = {
  characteristics: ['cf.colo.id', 'ip.src'],
  period: 60,
  requests_per_period: THROTTLE_PER_MINUTE,
  mitigation_timeout: 60,
};
