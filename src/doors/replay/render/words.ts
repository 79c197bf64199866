/** How the report speaks: figures, times, risks and verdicts as one sentence each, the same in every rendering. */
import { humanDuration } from '../../../lib/units.ts';
import type { Action, Actor, ActorReport, Finding, Report } from '../../../runtime/report.ts';

/** Actions from mildest to hardest. */
export const ACTIONS: readonly Action[] = ['allow', 'tag', 'throttle', 'challenge', 'step-up', 'block'];

/** Position of an action on the ladder. */
export const severity = (action: Action): number => ACTIONS.indexOf(action);

/** True for what a client would notice. A tag only marks. */
export const acts = (action: Action): boolean => severity(action) > severity('tag');

/** 1234567 → "1,234,567". */
export function count(n: number): string {
  return Math.round(n)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** "1 request", "1,204 requests". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${Math.round(n) === 1 ? one : many}`;
}

/** "1.5 GB": bytes in decimal units. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1000;
    i++;
  }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(1).replace(/\.0$/, '')} ${units[i]}`;
}

/** A share of 0 to 1: "12 %", "0.4 %", "< 0.1 %". */
export function percent(share: number): string {
  if (share <= 0) return '0 %';
  if (share < 0.001) return '< 0.1 %';
  if (share < 0.1) return `${trimmed(share * 100, 1)} %`;
  if (share > 0.999 && share < 1) return '> 99.9 %';
  return `${trimmed(share * 100, share > 0.99 ? 1 : 0)} %`;
}

/** A risk is an estimate: it never reads 0 % or 100 %. */
export const riskPercent = (risk: number): string =>
  risk > 0.999 ? '> 99.9 %' : risk < 0.001 ? '< 0.1 %' : percent(risk);

function trimmed(n: number, digits: number): string {
  return n.toFixed(digits).replace(/\.0$/, '');
}

/** How sure, in words. The bounds stand in docs/report.md. */
export const RISK_WORDS: readonly (readonly [number, string])[] = [
  [0.99, 'near certain'],
  [0.9, 'very likely'],
  [0.7, 'likely'],
  [0.5, 'more likely than not'],
  [0.2, 'possible'],
  [0, 'weak'],
];

export function riskWord(risk: number): string {
  for (const [from, word] of RISK_WORDS) if (risk >= from) return word;
  return 'weak';
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => n.toString().padStart(2, '0');

/** "17 May 2015 10:05:03", in UTC. '' where the time cannot be read: a log without a single event has none. */
export function when(rfc3339: string, detail: 'full' | 'short' = 'full'): string {
  const t = new Date(rfc3339);
  if (Number.isNaN(t.getTime())) return '';
  const day = `${t.getUTCDate()} ${MONTHS[t.getUTCMonth()]}`;
  const clock = `${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
  return detail === 'short' ? `${day} ${clock}` : `${day} ${t.getUTCFullYear()} ${clock}:${two(t.getUTCSeconds())}`;
}

/** Milliseconds between two RFC 3339 times, 0 where one cannot be read. */
export function between(from: string, to: string): number {
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) && ms > 0 ? ms : 0;
}

/** "17 May 2015 10:05 – 20 May 2015 21:05 UTC (3.5 d)". */
export function span(from: string, to: string): string {
  const [a, b] = [when(from), when(to)];
  if (a === '' || b === '') return 'no time could be read';
  return `${a.slice(0, -3)} – ${b.slice(0, -3)} UTC (${humanDuration(between(from, to))})`;
}

/** "block for 1 h". */
export function actionFor(actor: ActorReport): string {
  return acts(actor.recommended) && actor.ttl_s > 0
    ? `${actor.recommended} for ${humanDuration(actor.ttl_s * 1000)}`
    : actor.recommended;
}

const DIMENSION_WORDS: Record<string, string> = {
  asn: 'network AS',
  ip: '',
  network: '',
  route: 'route ',
  tenant: 'host ',
  fingerprint: 'software ',
  session: 'session ',
  credential: 'credential ',
  principal: 'user ',
};

/** An actor as people name it: an address stands alone, anything else says what it is. */
export function actorName(actor: Actor): string {
  const word = DIMENSION_WORDS[actor.dimension] ?? `${actor.dimension} `;
  if (actor.dimension === 'asn') return /^AS/i.test(actor.key) ? `network ${actor.key}` : `${word}${actor.key}`;
  return `${word}${actor.key}`;
}

/** "ExampleNet (AS64500, DE, hosting)"; '' where nothing is known. */
export function networkName(actor: ActorReport): string {
  const n = actor.network;
  if (!n) return '';
  const parts = [n.asn > 0 ? `AS${n.asn}` : '', n.country, n.class === 'unknown' ? '' : n.class].filter(Boolean);
  const name = n.name || 'unnamed network';
  return parts.length > 0 ? `${name} (${parts.join(', ')})` : name;
}

/** What the client says it is, and whether that holds. */
export function botName(actor: ActorReport): string {
  if (!actor.bot) return '';
  const { name, status } = actor.bot;
  if (status === 'verified') return `${name}, verified by its network`;
  if (status === 'impostor') return `pretends to be ${name}: its network says otherwise`;
  return `calls itself ${name} (unproven)`;
}

/** "1 identity", "2 to 40 identities", with the basis. */
export function sharingWords(actor: ActorReport): string {
  const { low, high, basis } = actor.sharing;
  const who = high <= 1 ? 'one identity' : `${low === high ? '' : `${count(low)} to `}${count(high)} identities`;
  return basis ? `${who} (${basis})` : who;
}

/** Whom the recommended action would hurt. */
export function collateralWords(actor: ActorReport): string {
  if (!acts(actor.recommended)) return 'nobody: nothing would be done';
  const shared = `behind it: ${sharingWords(actor)}`;
  if (actor.collateral === 0) return `nobody we can see; ${shared}`;
  return `${counted(actor.collateral, 'identity', 'identities')} that did nothing; ${shared}`;
}

/** Why this action and not more. What the strongest evidence already said is not said again. */
export function reasonWords(actor: ActorReport, findings: readonly Finding[]): string {
  for (const { why } of findings) {
    if (actor.reason.startsWith(`${why}; `)) return actor.reason.slice(why.length + 2);
  }
  return actor.reason;
}

/** Actors in the order in which they matter: hardest action, then risk, then requests, then name. */
export function ranked(actors: readonly ActorReport[]): ActorReport[] {
  return [...actors].sort(
    (a, b) =>
      severity(b.recommended) - severity(a.recommended) ||
      b.risk - a.risk ||
      b.requests - a.requests ||
      (a.actor.key < b.actor.key ? -1 : a.actor.key > b.actor.key ? 1 : 0),
  );
}

const are = (n: number): string => (n === 1 ? 'is' : 'are');

/** The verdict of a run. */
export interface Verdict {
  readonly level: 'abuse' | 'watch' | 'clear' | 'unread';
  readonly headline: string;
  readonly detail: string;
}

export function verdict(report: Report): Verdict {
  const acted = report.actors.filter((a) => acts(a.recommended));
  const watched = report.actors.length - acted.length;
  const t = report.totals;
  if (report.exchanges === 0) {
    return {
      level: 'unread',
      headline: 'Nothing could be read as an exchange.',
      detail: 'See the bad lines below; name the format with --format or give its pattern with --pattern.',
    };
  }
  if (acted.length === 0) {
    const seen = `${counted(t.requests, 'request')} of ${span(report.started_at, report.ended_at)}`;
    return watched > 0
      ? {
          level: 'watch',
          headline: `Nothing here needs an action; ${counted(watched, 'actor')} ${are(watched)} worth a look.`,
          detail: `In ${seen}.`,
        }
      : {
          level: 'clear',
          headline: 'No abuse found.',
          detail: `In ${seen}. That is as far as this log can show.`,
        };
  }
  const abusive = counted(t.requests_abusive, 'request');
  const share = t.requests > 0 ? ` (${percent(t.requests_abusive / t.requests)} of all)` : '';
  const hurt =
    t.identities_hurt === 0
      ? 'hurt nobody we can see'
      : `hurt ${counted(t.identities_hurt, 'identity that did nothing', 'identities that did nothing')}`;
  const more = watched > 0 ? ` ${counted(watched, 'more actor')} ${are(watched)} worth watching.` : '';
  return {
    level: 'abuse',
    headline: `${counted(acted.length, 'actor')} abused this API with ${abusive}${share}.`,
    detail: `Acting as recommended would have met ${counted(t.requests_stoppable, 'request')} and ${hurt}.${more}`,
  };
}

/** What the reasons of src/event/format.ts mean to someone who has never read them. */
const BAD_LINE_WORDS: Record<string, string> = {
  empty: 'nothing but white space',
  no_match: 'not in this format',
  bad_time: 'the time cannot be read',
  bad_status: 'the status cannot be read',
  bad_json: 'not valid JSON',
  too_long: 'too long',
  truncated: 'cut off inside a field',
  binary: 'binary data',
  no_request: 'no request in it',
};

/** A reason for which a line was refused, in words. */
export const badLineWords = (reason: string): string => BAD_LINE_WORDS[reason] ?? reason;

const DIMENSION_PLURALS: Record<string, string> = {
  ip: 'addresses',
  network: 'networks',
  asn: 'operators',
  session: 'sessions',
  principal: 'users',
  credential: 'credentials',
  fingerprint: 'kinds of software',
  route: 'routes',
  tenant: 'hosts',
};

/** "3,120 addresses, 811 users": what was looked at. Combinations of dimensions are the engine's own affair. */
export function seenWords(report: Report): string {
  return Object.entries(report.actors_seen)
    .filter(([dimension, n]) => n > 0 && dimension in DIMENSION_PLURALS)
    .map(([dimension, n]) => `${count(n)} ${DIMENSION_PLURALS[dimension]}`)
    .join(', ');
}
