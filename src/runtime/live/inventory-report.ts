/** The inventory as people and programs read it: what each endpoint is, how it is used, and what speaks against it. */
import { AUTH_SCHEME, LEAK, SCHEMA, SENSITIVITY } from '../../enrich/kinds.ts';
import { type Endpoint, estimate } from './inventory-endpoint.ts';

const DAY_MS = 86_400_000;

/** `documented`; `shadow`: called, in no document; `zombie`: should be gone and is called, or is there and nobody calls it. */
export const ENDPOINT_KINDS = ['documented', 'shadow', 'zombie'] as const;
export type EndpointKind = (typeof ENDPOINT_KINDS)[number];

export interface EndpointReport {
  readonly method: string;
  readonly template: string;
  readonly operation: string;
  readonly kind: EndpointKind;
  /** Why it is a zombie: `deprecated`, `removed`, `unused`; '' else. */
  readonly reason: '' | 'deprecated' | 'removed' | 'unused';
  /** RFC 3339; '' for never. */
  readonly first_seen: string;
  readonly last_seen: string;
  readonly requests: number;
  /** Mean of the whole days that were seen, or what came today so far. */
  readonly requests_per_day: number;
  /** About how many different callers there were, and on the busier one of the last two days. */
  readonly callers: number;
  readonly callers_day: number;
  readonly authentication: {
    /** Share of successful exchanges with accepted credentials, in percent; −1 where there was none. */
    readonly accepted_percent: number;
    readonly schemes: readonly string[];
    /** The document asks for credentials. */
    readonly declared: boolean;
  };
  readonly sensitivity: { readonly level: string; readonly because: string };
  /** `internet`: asked for from outside of our own networks. */
  readonly exposure: 'internet' | 'internal' | 'none';
  readonly undeclared_parameters: readonly string[];
  readonly departures: readonly string[];
  readonly statuses: Readonly<Record<string, number>>;
  /** The same endpoint under other versions: `/v2/users` of `/v1/users`. */
  readonly versions: readonly string[];
}

export interface InventoryReport {
  readonly enabled: boolean;
  readonly now: string;
  readonly counts: Readonly<Record<EndpointKind, number>>;
  readonly endpoints: readonly EndpointReport[];
}

/** What operators ask the inventory. */
export interface InventoryPort {
  report(filter?: InventoryFilter): InventoryReport;
}

export interface InventoryFilter {
  readonly kind?: EndpointKind;
  readonly limit?: number;
}

/** An inventory that is not kept. */
export const NO_INVENTORY: InventoryReport = {
  enabled: false,
  now: '',
  counts: { documented: 0, shadow: 0, zombie: 0 },
  endpoints: [],
};

/** Since when somebody looks without a gap (Unix ms), and how long without a call a documented endpoint may be, in ms. */
export interface Watch {
  readonly watchedMs: number;
  readonly unusedMs: number;
}

/** The report over some endpoints, those with the most requests first. */
export function inventoryReport(
  endpoints: readonly Endpoint[],
  nowMs: number,
  watch: Watch,
  { kind, limit = 1000 }: InventoryFilter = {},
): InventoryReport {
  const siblings = versionsOf(endpoints);
  const all = endpoints
    // What is no longer documented and was not called since is gone.
    .filter(({ operation, documentedUntilMs, lastMs }) => operation >= 0 || lastMs > documentedUntilMs)
    .map((endpoint) => endpointReport(endpoint, nowMs, watch, siblings))
    .sort((a, b) => b.requests - a.requests || (a.template < b.template ? -1 : 1));
  const count = (wanted: EndpointKind): number => all.filter((one) => one.kind === wanted).length;
  return {
    enabled: true,
    now: new Date(nowMs).toISOString(),
    counts: { documented: count('documented'), shadow: count('shadow'), zombie: count('zombie') },
    endpoints: all.filter((one) => kind === undefined || one.kind === kind).slice(0, limit),
  };
}

function endpointReport(
  endpoint: Endpoint,
  nowMs: number,
  watch: Watch,
  siblings: ReadonlyMap<string, readonly string[]>,
): EndpointReport {
  const { method, template, operationId, requests, succeeded, authenticated, internal, firstMs, lastMs } = endpoint;
  endpoint.turn(Math.floor(nowMs / DAY_MS));
  const { kind, reason } = kindOf(endpoint, nowMs, watch);
  return {
    method,
    template,
    operation: operationId,
    kind,
    reason,
    first_seen: timeText(firstMs),
    last_seen: timeText(lastMs),
    requests,
    requests_per_day: perDay(endpoint, nowMs),
    callers: estimate(endpoint.callers),
    callers_day: Math.max(endpoint.callersBefore, estimate(endpoint.callersToday)),
    authentication: {
      accepted_percent: succeeded === 0 ? -1 : Math.round((authenticated * 1000) / succeeded) / 10,
      schemes: namesOf(AUTH_SCHEME, endpoint.schemes, (value) => 1 << value).filter((name) => name !== 'none'),
      declared: endpoint.secured,
    },
    sensitivity: sensitivityOf(endpoint),
    exposure: requests === 0 ? 'none' : internal < requests ? 'internet' : 'internal',
    undeclared_parameters: [...endpoint.undeclared].sort((a, b) => b[1] - a[1]).map(([name]) => name),
    departures: namesOf(SCHEMA, endpoint.schema, (value) => value),
    statuses: Object.fromEntries(endpoint.statuses().map(([code, count]) => [code === 0 ? 'none' : code, count])),
    versions: (siblings.get(versionless(method, template)) ?? []).filter((other) => other !== template),
  };
}

const timeText = (ms: number): string => (ms === 0 ? '' : new Date(ms).toISOString());

function namesOf(words: Readonly<Record<string, number>>, set: number, bitOf: (value: number) => number): string[] {
  return Object.entries(words).flatMap(([name, value]) => ((set & bitOf(value)) !== 0 ? [name] : []));
}

function kindOf(
  endpoint: Endpoint,
  nowMs: number,
  { watchedMs, unusedMs }: Watch,
): Pick<EndpointReport, 'kind' | 'reason'> {
  const { operation, deprecated, documentedFromMs, documentedUntilMs, lastMs, requests } = endpoint;
  // What stood in a document once, somebody thinks is gone.
  if (operation < 0)
    return documentedUntilMs > 0 ? { kind: 'zombie', reason: 'removed' } : { kind: 'shadow', reason: '' };
  if (deprecated && requests > 0) return { kind: 'zombie', reason: 'deprecated' };
  const since = Math.max(watchedMs, requests > 0 ? lastMs : documentedFromMs);
  return nowMs - since > unusedMs ? { kind: 'zombie', reason: 'unused' } : { kind: 'documented', reason: '' };
}

function perDay({ days, firstMs }: Endpoint, nowMs: number): number {
  const whole = Math.floor(nowMs / DAY_MS) - Math.floor(firstMs / DAY_MS);
  const counted = Math.min(days.length - 1, whole);
  if (firstMs === 0 || counted <= 0) return days[days.length - 1];
  const sum = days.slice(-1 - counted, -1).reduce((total, count) => total + count, 0);
  return Math.round((sum * 10) / counted) / 10;
}

const { secret, money, personal } = SENSITIVITY;

/** What answers gave away says how much an endpoint is worth, where nobody has said it. */
const BY_LEAK: readonly (readonly [number, number])[] = [
  [LEAK.privateKey | LEAK.accessKey | LEAK.token | LEAK.passwordHash, secret],
  [LEAK.card | LEAK.iban, money],
  [LEAK.email | LEAK.phone | LEAK.nationalId | LEAK.address, personal],
];
/** Names in paths, weaker than what was seen. */
const BY_NAME: readonly (readonly [RegExp, number])[] = [
  [/\b(?:admin|internal|root|backoffice|management)\b/i, SENSITIVITY.admin],
  [/\b(?:passwords?|secrets?|tokens?|api-?keys?|credentials?|oauth)\b/i, secret],
  [/\b(?:payments?|payouts?|checkout|invoices?|billing|cards?|refunds?|transfers?|wallets?|orders?)\b/i, money],
  [/\b(?:users?|customers?|accounts?|profiles?|me|patients?|employees?|contacts?|address(?:es)?)\b/i, personal],
];

function sensitivityOf({ sensitivity, leaks, template }: Endpoint): EndpointReport['sensitivity'] {
  const nameOf = (level: number): string => namesOf(SENSITIVITY, 1 << level, (value) => 1 << value)[0];
  if (sensitivity > 0) return { level: nameOf(sensitivity), because: 'configured' };
  const leak = BY_LEAK.find(([bits]) => (leaks & bits) !== 0);
  if (leak !== undefined) {
    const what = namesOf(LEAK, leaks & leak[0], (value) => value).join(', ');
    return { level: nameOf(leak[1]), because: `answers hold ${what}` };
  }
  const words = template.replaceAll('_', '-');
  const named = BY_NAME.find(([pattern]) => pattern.test(words));
  if (named !== undefined) return { level: nameOf(named[1]), because: 'its name' };
  return { level: nameOf(SENSITIVITY.normal), because: '' };
}

const VERSION = /\/v\d{1,3}(?:\.\d{1,3})?(?=\/|$)/i;

/** Method and template without version; '' where there is none in it. Parameters count by their place. */
function versionless(method: string, template: string): string {
  return VERSION.test(template) ? `${method} ${template.replace(VERSION, '/v').replace(/\{[^{}]*\}/g, '{}')}` : '';
}

function versionsOf(endpoints: readonly Endpoint[]): Map<string, string[]> {
  const siblings = new Map<string, string[]>();
  for (const { method, template } of endpoints) {
    const key = versionless(method, template);
    if (key === '') continue;
    const known = siblings.get(key);
    if (known === undefined) siblings.set(key, [template]);
    else known.push(template);
  }
  return siblings;
}
