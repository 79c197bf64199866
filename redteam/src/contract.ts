/**
 * What the rooms of the red team agree on. Traffic is made by visitors: each says when it acts next, what it then sends, and
 * is told what came back. The same visitor runs against a simulated site in simulated time and against a real server
 * in real time; it cannot tell the difference.
 *
 *     scenario → populations and campaigns → visitors → requests → site → answers → log, truth
 */
import type { Random } from './core/random.ts';

/** Evasion levels: naive · rotates · residential and coherent · mimics journeys, aged accounts · adapts. */
export const LEVELS = ['E0', 'E1', 'E2', 'E3', 'E4'] as const;
export type Level = (typeof LEVELS)[number];

/** What attackers come for. */
export const FAMILIES = [
  'stuffing',
  'spraying',
  'takeover',
  'code-guessing',
  'signup-abuse',
  'object-enumeration',
  'account-enumeration',
  'scraping',
  'key-leak',
  'partner-misuse',
  'device-storm',
  'probing',
  'injection',
  'resource-cost',
  'workflow-manipulation',
  'billing-spike',
] as const;
export type Family = (typeof FAMILIES)[number];

/** The truth about a visitor. Nothing of it can be seen in a request. */
export interface Label {
  /** Group of the benign world ('people', 'monitors' …), or 'attack'. */
  readonly cohort: string;
  /** Name of the campaign in the scenario; '' for the benign. */
  readonly campaign: string;
  readonly family: Family | '';
  readonly level: Level | '';
}

/** The machine and connection a request comes from. A visitor may change it between requests. */
export interface Client {
  /** Address as the server sees it: IPv4 dotted, IPv6 compressed (RFC 5952). */
  readonly address: string;
  /** User-Agent; '' for none. */
  readonly agent: string;
  /** Protocol as logged: 'HTTP/1.1', 'HTTP/2.0'. */
  readonly protocol: string;
  /** Further headers, in the order in which they are sent live; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One request, as its sender makes it. */
export interface Request {
  readonly client: Client;
  readonly method: string;
  /** Path and query, as they stand in the request line. */
  readonly target: string;
  /** Sent as JSON; the simulated site reads it too. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly referrer?: string;
  /** Value of the session cookie it holds. */
  readonly session?: string;
  /** Bearer token or API key that it holds. */
  readonly token?: string;
  /** It was challenged when it sent this before, and has bought the solution; who sends it live answers the challenge. */
  readonly solved?: boolean;
}

/** Whether the answer came from the site, or something in between had its own idea. */
export type Handling = 'served' | 'delayed' | 'challenged' | 'refused';

/** What came back. */
export interface Answer {
  readonly status: number;
  /** Body bytes, as logged. */
  readonly bytes: number;
  readonly durationMs: number;
  readonly handling: Handling;
  /** What a client would read out of the body: ids, tokens, counts, prices. See {@link Site}. */
  readonly body: Readonly<Record<string, unknown>>;
  /** What the server's log says of the sender: user, session id, id of the key (never its secret); '' for none. */
  readonly principal: string;
  readonly session: string;
  readonly credential: string;
  /** Business events that the application would report, by the names of its log. */
  readonly events: readonly { readonly name: string; readonly principal: string; readonly object?: string }[];
  /** What this answer was worth to an attacker: accounts, records, codes, money's worth; 0 for nothing. Truth, not traffic. */
  readonly gain: number;
}

/** Somebody who sends requests one after the other: a person's visit, an app, a device, a bot's worker. */
export interface Visitor {
  readonly label: Label;
  /** World time in Unix ms of what it does next; Infinity once it is gone. */
  readonly nextAt: number;
  /** What it sends at {@link nextAt}. */
  send(): Request;
  /** The answer to what it sent, and when that answer was there. Sets {@link nextAt} at or after `nowMs`. */
  receive(answer: Answer, nowMs: number): void;
}

/** Something that brings visitors: a benign population, or a campaign. */
export interface Source {
  readonly name: string;
  /** Visitors in the order in which they come (`nextAt` never falls). Drawn lazily, while the world runs. */
  arrivals(): Iterator<Visitor>;
}

/** What an operation of a site is for; attackers and journeys look for these, never for paths. */
export const ROLES = [
  'page',
  'asset',
  'search',
  'list',
  'detail',
  'login',
  'signup',
  'reset',
  'profile',
  'order-list',
  'order',
  'quote',
  'checkout',
  'redeem',
  'graphql',
  'webhook',
  'export',
  'telemetry',
  'health',
  'other',
] as const;
export type Role = (typeof ROLES)[number];

/** One operation of a site, read from its OpenAPI document. */
export interface Operation {
  readonly id: string;
  readonly role: Role;
  readonly method: string;
  /** Path template with its parameters in braces: /products/{id}. */
  readonly template: string;
  readonly pathParameters: readonly string[];
  readonly queryParameters: readonly string[];
  /** Properties of a JSON body, if it takes one. */
  readonly bodyProperties: readonly string[];
  readonly authenticated: boolean;
}

export interface Account {
  readonly name: string;
  readonly password: string;
  /** Ids of its orders. */
  readonly orders: readonly number[];
}

/** A partner's or a device fleet's key. */
export interface ApiKey {
  /** As the server's log calls it. */
  readonly id: string;
  readonly secret: string;
  readonly owner: string;
  readonly kind: 'partner' | 'device';
}

/** What there is on a site. Made from a seed, and the same for a simulated and for a live one. */
export interface Inventory {
  readonly accounts: readonly Account[];
  readonly keys: readonly ApiKey[];
  /** Products have the ids 1 to this. */
  readonly products: number;
  /** Codes that can be redeemed, and how they look: an alphabet and a length. */
  readonly codes: readonly string[];
  readonly codeAlphabet: string;
  readonly codeLength: number;
  /** Search words, the most frequent first. */
  readonly words: readonly string[];
}

/**
 * The target. Its answers' `body` holds, as far as the operation has it: `session` and `token` (login, signup), `ids` (list,
 * search, order-list: ids on this page), `next` (number of the next page, absent on the last), `id`, `owner` (detail,
 * profile, order), `price` and `quote` (quote), `order` (checkout), `value` (redeem), `records` (export: how many).
 */
export interface Site {
  readonly operations: readonly Operation[];
  readonly inventory: Inventory;
  /** Host name of the site, as in referrers and the Host header. */
  readonly host: string;
  answer(request: Request, nowMs: number): Answer | Promise<Answer>;
}

/** What a population or campaign is made with. */
export interface World {
  readonly site: Pick<Site, 'operations' | 'inventory' | 'host'>;
  /** First and last moment, Unix ms. */
  readonly startMs: number;
  readonly endMs: number;
  /** A stream of random numbers of its own for every name; the same seed and name give the same stream. */
  random(name: string): Random;
  /** Addresses that many benign people share: populations add theirs as they appear, attackers who frame them look here. */
  readonly sharedAddresses?: string[];
}

/** What an attacker may spend, and has spent. 0 for a maximum means none of it. */
export interface Budget {
  readonly requests: number;
  readonly addresses: number;
  readonly accounts: number;
  /** Challenges solved by a service. */
  readonly solves: number;
}

/** Prices of a campaign's means, in cents: so that the score is what a gain cost. */
export interface Spend {
  requests: number;
  addresses: number;
  accounts: number;
  solves: number;
}

/** A campaign as the scenario asks for it. */
export interface CampaignPlan {
  readonly name: string;
  readonly family: Family;
  readonly level: Level;
  readonly startMs: number;
  readonly endMs: number;
  readonly budget: Budget;
  /** Further settings of the family, by name. */
  readonly options: Readonly<Record<string, number | string | boolean>>;
}

export interface Campaign extends Source {
  readonly plan: CampaignPlan;
  readonly spend: Readonly<Spend>;
  /** Unit of {@link Answer.gain} for this family: 'accounts', 'records', 'codes', 'cents' … */
  readonly unit: string;
}

/** A benign population as the scenario asks for it. */
export interface PopulationPlan {
  readonly name: string;
  readonly cohort: string;
  /** Mean requests a day that it makes. */
  readonly requestsPerDay: number;
  readonly options: Readonly<Record<string, number | string | boolean>>;
}

/** An exchange that happened: what a log is written from, and the truth beside it. */
export interface Exchange {
  /** When the request arrived, Unix ms. */
  readonly timeMs: number;
  readonly request: Request;
  readonly answer: Answer;
  readonly label: Label;
}
