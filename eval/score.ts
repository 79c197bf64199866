/**
 * How suites are scored: pure functions of reports and expectations, so that a test can check the arithmetic with made-up
 * inputs. Nothing here knows a file.
 */
import type { Action, Actor, ActorReport, Finding, Report } from '../src/runtime/report.ts';

/** Severity of actions: what is further right hurts more. */
export const ACTIONS: readonly Action[] = ['allow', 'tag', 'throttle', 'challenge', 'step-up', 'block'];

/** Whether `action` is at least as severe as `floor`. An action this list does not know counts as the most severe. */
export function atLeastAction(action: Action, floor: Action): boolean {
  const at = ACTIONS.indexOf(action);
  return (at < 0 ? ACTIONS.length : at) >= ACTIONS.indexOf(floor);
}

/**
 * The address that an actor is or belongs to: the key itself for dimension `ip`; for an actor under an address (such as
 * `session` keys that name one), the address before a separator. '' where the key names no address.
 */
export function addressOfActor(actor: Actor): string {
  if (actor.dimension === 'ip') return normalAddress(actor.key);
  const dotted = /(?:^|[^0-9.])(\d{1,3}(?:\.\d{1,3}){3})(?![0-9.]|\/\d)/.exec(actor.key);
  return dotted ? dotted[1] : '';
}

/** Without brackets, port, IPv4-mapped prefix, and without /32, /64 or /128, which name one subscriber. */
export function normalAddress(text: string): string {
  let address = text.trim().toLowerCase();
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address);
  if (bracketed) address = bracketed[1];
  address = address.replace(/\/(?:32|64|128)$/, '').replace(/^::ffff:(?=\d+\.)/, '');
  return address.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
}

export interface HubCase {
  readonly name: string;
  readonly classes: readonly string[];
  /** One entry per alert and source, as the peer raised them: a source can stand here more than once. */
  readonly expected: readonly string[];
}

export interface HubScore {
  readonly name: string;
  /** Entries of `expected` (with repeats) that were found, and all of them. */
  readonly foundAlerts: number;
  readonly alerts: number;
  /** The same for different sources. */
  readonly foundSources: number;
  readonly sources: number;
  readonly missed: readonly string[];
  /** Sources that nobody expected. */
  readonly extra: readonly ExtraSource[];
  /** Expected sources that have findings, but of other classes only. */
  readonly otherClass: readonly string[];
  readonly exchanges: number;
  readonly badLines: number;
  readonly badReasons: string;
}

export interface ExtraSource {
  readonly address: string;
  readonly classes: readonly string[];
  readonly recommended: Action;
}

/** Scores one log against the alerts that a peer's scenarios raised on it. */
export function scoreHubCase(hubCase: HubCase, report: Report): HubScore {
  const classesOf = new Map<string, Set<string>>();
  const worst = new Map<string, Action>();
  for (const finding of report.findings) {
    const address = addressOfActor(finding.actor);
    if (address === '') continue;
    if (!classesOf.has(address)) classesOf.set(address, new Set());
    classesOf.get(address)!.add(finding.class);
    const before = worst.get(address) ?? 'allow';
    if (atLeastAction(finding.recommended, before)) worst.set(address, finding.recommended);
  }
  const found = (source: string): boolean =>
    hubCase.classes.some((c) => classesOf.get(normalAddress(source))?.has(c) ?? false);
  const sources = [...new Set(hubCase.expected.map(normalAddress))];
  const missed = sources.filter((s) => !found(s));
  const extra = [...classesOf]
    .filter(([address]) => !sources.includes(address))
    .map(([address, classes]) => ({ address, classes: [...classes], recommended: worst.get(address) ?? 'allow' }));
  const bad = Object.entries(report.bad_lines).filter(
    ([reason, n]) => n > 0 && reason !== 'comment' && reason !== 'empty',
  );
  return {
    name: hubCase.name,
    foundAlerts: hubCase.expected.filter(found).length,
    alerts: hubCase.expected.length,
    foundSources: sources.length - missed.length,
    sources: sources.length,
    missed,
    extra,
    otherClass: missed.filter((s) => classesOf.has(s)),
    exchanges: report.exchanges,
    badLines: bad.reduce((sum, [, n]) => sum + n, 0),
    badReasons: bad.map(([reason, n]) => `${reason} ${n}`).join(', '),
  };
}

/** What one session got out of a run. */
export interface SessionOutcome {
  readonly session: string;
  /** A finding, or a recommendation of at least a tag. */
  readonly flagged: boolean;
  readonly worst: Action;
  /** Fewest requests before a finding of this session reached its threshold; −1 where there is none. */
  readonly requestsUntil: number;
  readonly classes: readonly string[];
}

/** Collects what findings and actors of dimension `session` say about each of `sessions`. */
export function sessionOutcomes(
  sessions: Iterable<string>,
  report: { readonly findings: readonly Finding[]; readonly actors: readonly ActorReport[] },
): Map<string, SessionOutcome> {
  const outcomes = new Map<string, SessionOutcome>();
  for (const session of sessions) {
    const mine = (actor: Actor): boolean => actor.dimension === 'session' && actor.key === session;
    const findings = report.findings.filter((f) => mine(f.actor));
    const actors = report.actors.filter((a) => mine(a.actor));
    const actions = [...findings.map((f) => f.recommended), ...actors.map((a) => a.recommended)];
    const worst = actions.reduce<Action>((a, b) => (atLeastAction(b, a) ? b : a), 'allow');
    const requests = findings.map((f) => f.requests_before_detection);
    outcomes.set(session, {
      session,
      flagged: findings.length > 0 || atLeastAction(worst, 'tag'),
      worst,
      requestsUntil: requests.length === 0 ? -1 : Math.min(...requests),
      classes: [...new Set(findings.map((f) => f.class))],
    });
  }
  return outcomes;
}

/** Mean of the share of bots that were flagged and the share of people who were not; NaN where either is empty. */
export function balancedAccuracy(bots: readonly SessionOutcome[], people: readonly SessionOutcome[]): number {
  const recall = bots.filter((o) => o.flagged).length / bots.length;
  const specificity = people.filter((o) => !o.flagged).length / people.length;
  return (recall + specificity) / 2;
}

/** Tokens by which search engines' crawlers name themselves, and the networks that their operators announce (ASNs). */
export const SEARCH_ENGINES: readonly { readonly token: RegExp; readonly asns: readonly number[] }[] = [
  { token: /googlebot|adsbot-google|mediapartners-google|feedfetcher-google/i, asns: [15169, 396982] },
  { token: /bingbot|msnbot|bingpreview|adidxbot/i, asns: [8075, 8068] },
  { token: /yahoo! slurp|yahooseeker/i, asns: [10310, 36646, 36647, 26101, 14778, 17110] },
  { token: /yandex(?:bot|images|mobile|metrika)|yandex\.com\/bots/i, asns: [13238, 208722, 202611] },
  { token: /baiduspider/i, asns: [55967, 38365, 4134, 4808, 4837, 23724, 37963, 45076] },
  { token: /duckduckbot/i, asns: [8075, 42729] },
  { token: /applebot/i, asns: [714, 6185] },
  { token: /seznambot/i, asns: [43037] },
  { token: /sogou (?:web )?spider/i, asns: [4808, 23724, 45090, 132203] },
  { token: /exabot|petalbot|qwantify|qwantbot|mojeekbot|naverbot|yeti\//i, asns: [] },
];

/** Whether an agent names itself as a search engine's crawler. */
export function namesSearchEngine(agent: string): boolean {
  return SEARCH_ENGINES.some((e) => e.token.test(agent));
}

/**
 * Whether an actor is a search engine's crawler: it names itself so, and either the product verified its network or its
 * network is announced by that engine. The second does not ask the product, so that calling a crawler an impostor does
 * not hide a wrong block.
 */
export function isSearchEngine(
  actor: Pick<ActorReport, 'agent' | 'bot' | 'network'>,
  agents: readonly string[],
): boolean {
  for (const agent of [actor.agent, ...agents]) {
    for (const engine of SEARCH_ENGINES) {
      if (!engine.token.test(agent)) continue;
      if (actor.bot?.status === 'verified') return true;
      if (actor.network && engine.asns.includes(actor.network.asn)) return true;
    }
  }
  return false;
}
