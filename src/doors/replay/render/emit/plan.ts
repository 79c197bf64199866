/**
 * What of a report may become a mitigation that someone pastes into a running system, whatever the target speaks.
 *
 * This is the last gate: it never lets a block through for an actor behind which more than one household may stand, nor
 * for a crawler whose network proves who it is, even if the report recommends one.
 */
import { isIP } from 'node:net';
import { hashString } from '../../../../lib/hash.ts';
import { hours, humanDuration } from '../../../../lib/units.ts';
import type { Action, ActorReport, Report } from '../../../../runtime/report.ts';
import { printable } from '../text.ts';
import { actorName, acts, collateralWords, counted, ranked, riskPercent, riskWord } from '../words.ts';

export interface EmitOptions {
  /** Unix time in ms at which the mitigation is made: it expires from here. */
  readonly nowMs: number;
  /** How long every mitigation stands, in ms. Left out: what was recommended, but at least {@link SHORTEST_TTL_MS}. */
  readonly ttlMs?: number;
  /** Name of the cookie that carries the session, so that sessions can be named in a server's configuration. */
  readonly sessionCookie?: string;
}

/** The first step of the ladder stands for a minute; what a person reviews and pastes must outlive the pasting. */
export const SHORTEST_TTL_MS = hours(1);
/** What a throttled actor keeps: requests a minute, and how many may come at once. */
export const THROTTLE_PER_MINUTE = 30;
export const THROTTLE_BURST = 10;
/** As many identities behind one actor are taken as one household; where more may stand, nobody is blocked. */
export const LARGEST_HOUSEHOLD = 4;
/** Longer texts are not matched on: a header of this size is no identity. */
const LONGEST_TEXT = 512;

/** What the mitigation is keyed by, checked and safe to write down. */
export type Target =
  | { readonly kind: 'address'; readonly cidr: string; readonly family: 4 | 6 }
  | { readonly kind: 'session' | 'user' | 'agent'; readonly text: string };

export interface Mitigation {
  /** M- and 10 hex digits: the same for the same actor, action and decision hash. */
  readonly id: string;
  readonly actor: ActorReport;
  readonly action: Exclude<Action, 'allow' | 'tag'>;
  readonly target: Target;
  readonly ttlS: number;
  /** Unix time in seconds. */
  readonly expiresAt: number;
  /** Comment lines: who, why, whom it hurts. Free of line ends and control characters. */
  readonly comments: readonly string[];
}

export interface Plan {
  readonly mitigations: readonly Mitigation[];
  /** Actors with an action that is not emitted, and why. */
  readonly left: readonly { readonly actor: ActorReport; readonly why: string }[];
  /** Comment lines for the head of the document. */
  readonly head: readonly string[];
}

/** Sorts out what may be emitted. Deterministic for the same report, options and time. */
export function planMitigations(report: Report, options: EmitOptions): Plan {
  const mitigations: Mitigation[] = [];
  const left: { actor: ActorReport; why: string }[] = [];
  for (const actor of ranked(report.actors)) {
    if (!acts(actor.recommended)) continue;
    const target = targetOf(actor);
    const refused = typeof target === 'string' ? target : refusal(actor);
    if (refused !== '') left.push({ actor, why: refused });
    else mitigations.push(mitigation(report, actor, target as Target, options));
  }
  return { mitigations, left, head: head(report, options, mitigations) };
}

function refusal(actor: ActorReport): string {
  if (actor.bot?.status === 'verified' && actor.recommended !== 'throttle') {
    return `${actor.bot.name} is verified by its network and never blocked`;
  }
  return '';
}

/** The address, text or name to act on, or why there is none. */
function targetOf(actor: ActorReport): Target | string {
  const { dimension, key } = actor.actor;
  switch (dimension) {
    case 'ip':
    case 'network':
      return parseCidr(key) ?? 'its key is not an address';
    case 'session':
      return textTarget('session', key);
    case 'principal':
      return textTarget('user', key);
    case 'fingerprint':
      return textTarget('agent', actor.agent || key);
    case 'credential':
      return 'only its keyed hash is known: revoke it where it was issued';
    default:
      return `a ${dimension} is no client: look at the actors inside it`;
  }
}

function textTarget(kind: 'session' | 'user' | 'agent', text: string): Target | string {
  if (text.length > LONGEST_TEXT) return `its ${kind} is longer than ${LONGEST_TEXT} characters`;
  return text === '' ? `its ${kind} is empty` : { kind, text };
}

/** "192.0.2.1", "2001:db8::/64", "192.0.2.0/24" as a network, or null for anything else. */
export function parseCidr(key: string): Target | null {
  const slash = key.indexOf('/');
  const address = slash < 0 ? key : key.slice(0, slash);
  const family = isIP(address);
  // A zone index ("fe80::1%eth0") passes isIP and means nothing to anyone else.
  if ((family !== 4 && family !== 6) || address.includes('%')) return null;
  const longest = family === 4 ? 32 : 128;
  const text = slash < 0 ? String(longest) : key.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : -1;
  // Wider than /16 and /32 is no actor but a part of the Internet.
  if (bits < (family === 4 ? 16 : 32) || bits > longest) return null;
  return { kind: 'address', cidr: bits === longest ? address : `${address}/${bits}`, family };
}

function mitigation(report: Report, actor: ActorReport, target: Target, options: EmitOptions): Mitigation {
  const wanted = actor.recommended as Mitigation['action'];
  const shared = actor.sharing.low > 1 || actor.sharing.high > LARGEST_HOUSEHOLD;
  const claimed = target.kind === 'agent';
  const action = wanted === 'block' && (shared || claimed) ? 'throttle' : wanted;
  const ttlMs = options.ttlMs ?? Math.max(SHORTEST_TTL_MS, actor.ttl_s * 1000);
  const expiresAt = Math.floor((options.nowMs + ttlMs) / 1000);
  const key = `${actor.actor.dimension} ${actor.actor.key} ${action} ${report.decision_hash}`;
  const { hi, lo } = hashString(key, 0);
  const id = `M-${(hex(hi) + hex(lo)).slice(0, 10)}`;
  const comments = [
    `${id}: ${action} ${actorName(actor.actor)} until ${rfc3339(expiresAt)} (${humanDuration(ttlMs)})`,
    `Why: ${actor.risk_class}, ${riskWord(actor.risk)} (${riskPercent(actor.risk)}). ${reasons(report, actor)}`,
    `Would hurt: ${collateralWords(actor)}`,
  ];
  if (action !== wanted) {
    const because = shared ? 'more than one household may stand behind it' : 'anyone may send the same User-Agent';
    comments.push(`Throttled instead of blocked: ${because}.`);
  }
  return { id, actor, action, target, ttlS: Math.round(ttlMs / 1000), expiresAt, comments: comments.map(comment) };
}

const hex = (n: number): string => (n >>> 0).toString(16).padStart(8, '0');

/** The strongest two findings in words, with their ids. */
export function reasons(report: Report, actor: ActorReport): string {
  return report.findings
    .filter((finding) => actor.findings.includes(finding.id))
    .sort((a, b) => b.nats - a.nats)
    .slice(0, 2)
    .map((finding) => `${finding.why} (${finding.id})`)
    .join('; ');
}

/** "2025-03-13T09:00:00Z" of Unix seconds. */
export const rfc3339 = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');

/** One line of comment: no line end, no control character, no end of a shell or YAML quotation, bounded. */
export function comment(text: string): string {
  const safe = printable(text);
  return safe.length > 300 ? `${safe.slice(0, 299)}…` : safe;
}

const DAY_S = 86_400;

function head(report: Report, options: EmitOptions, mitigations: readonly Mitigation[]): string[] {
  const now = Math.floor(options.nowMs / 1000);
  const inputs = report.inputs.map((input) => input.name);
  const from = inputs.length > 3 ? `${inputs.slice(0, 2).join(', ')} and ${inputs.length - 2} more` : inputs.join(', ');
  const lines = [
    `Sallyport ${report.sallyport}: ${counted(mitigations.length, 'mitigation')}, made ${rfc3339(now)} from ${from}`,
    `Decision hash ${report.decision_hash}. Each mitigation names its id, its reason, its end, and whom it would hurt.`,
  ];
  const age = now - Date.parse(report.ended_at) / 1000;
  if (age > DAY_S) {
    lines.push(`CAUTION: the log ends ${Math.floor(age / DAY_S)} days before this was made. Addresses change hands.`);
  }
  if (report.generated_input) lines.push('CAUTION: made from a generated sample log. Do not use it.');
  return lines.map(comment);
}

/** The actors that were left out, as comment lines. */
export function leftLines(plan: Plan): string[] {
  if (plan.left.length === 0) return [];
  return ['Not emitted:', ...plan.left.map(({ actor, why }) => comment(`  ${actorName(actor.actor)}: ${why}`))];
}

/** Comment lines with a prefix, in one string. */
export function commented(lines: readonly string[], prefix = '# ', indent = ''): string[] {
  return lines.map((line) => `${indent}${prefix}${line}`.trimEnd());
}
