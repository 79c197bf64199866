/** What an operation is for, from what its document says about it: the guess of somebody who has read many of them. */
import { ROLES, type Role } from '../contract.ts';

/** What there is to guess from. */
export interface Clues {
  readonly id: string;
  readonly method: string;
  readonly template: string;
  readonly tags: readonly string[];
  readonly queryParameters: readonly string[];
  readonly bodyProperties: readonly string[];
  readonly authenticated: boolean;
  /** Media type of the answer to a success; '' where none is documented. */
  readonly media: string;
  /** The answer to a success holds a list. */
  readonly many: boolean;
}

interface Reading extends Clues {
  /** Words of id, path and tags in lower case, each between spaces: ' get order by id orders '. */
  readonly words: string;
  readonly reads: boolean;
  /** The path ends with a parameter. */
  readonly one: boolean;
  readonly body: string;
}

const ORDERS = /^(orders?|purchases?|invoices?|bookings?|transactions?|shipments?|statements?|reservations?)$/;
const PEOPLE = / (users?|accounts?|customers?|members?|profiles?|me) /;
const STATIC = /\.(css|m?js|map|svg|png|jpe?g|gif|webp|avif|ico|woff2?|ttf|txt|xml|webmanifest|pdf)$/;

/** The first that holds gives the role: what is peculiar comes before what is common. */
const RULES: readonly (readonly [Role, (it: Reading) => boolean])[] = [
  [
    'health',
    ({ template }) => /(^|\/)(health\w*|livez?|liveness|readyz?|readiness|ping|heartbeat|status)$/.test(template),
  ],
  ['graphql', ({ words }) => has(words, 'graphql|gql')],
  ['page', ({ template, reads }) => reads && /\/(robots\.txt|sitemap[\w.-]*\.xml|security\.txt)$/.test(template)],
  [
    'asset',
    ({ template, reads, authenticated }) =>
      reads && !authenticated && (STATIC.test(template) || /^\/(assets|static|media|fonts)\//.test(template)),
  ],
  ['other', ({ words }) => has(words, 'logout|signout|log out|sign out|admin|internal|debug|config|settings|report')],
  ['webhook', ({ words, reads }) => !reads && has(words, 'webhooks?|hooks?|callbacks?|ipn')],
  ['telemetry', isTelemetry],
  ['reset', ({ words, reads }) => !reads && has(words, 'reset|forgot|forgotten|recover|recovery')],
  ['login', isLogin],
  ['signup', isSignup],
  [
    'redeem',
    ({ words, template, body }) =>
      has(words, 'redeem|coupons?|vouchers?|gift|gifts|giftcards?|promos?|promotions?') &&
      (/\{\w*(code|coupon|voucher|card|id)\w*\}/i.test(template) || /code|coupon|voucher|card/i.test(body)),
  ],
  ['export', ({ words, reads }) => has(words, reads ? 'exports?|bulk|dump|feed|download' : 'exports?|dump')],
  ['quote', ({ words, reads }) => !reads && has(words, 'quotes?|estimates?|pricing|price|cart|basket')],
  [
    'checkout',
    ({ words, reads, one, template }) =>
      !reads &&
      (has(words, 'checkout|check out|purchases?|buy|pay|payments?') || (!one && ORDERS.test(lastNoun(template)))),
  ],
  [
    'order',
    ({ template, method }) => method === 'GET' && /\{/.test(template) && segments(template).some((s) => ORDERS.test(s)),
  ],
  ['order-list', ({ template, reads }) => reads && ORDERS.test(lastNoun(template))],
  [
    'profile',
    ({ words, template, method, one, authenticated }) =>
      (method === 'GET' || method === 'PATCH' || method === 'PUT') &&
      (has(words, 'profile|me') || (authenticated && one && PEOPLE.test(words))) &&
      !/avatar|image/.test(template),
  ],
  [
    'search',
    ({ words, queryParameters, reads, method }) =>
      (reads && queryParameters.some((name) => /^(q|query|search|term|keywords?)$/i.test(name))) ||
      ((reads || method === 'POST') && has(words, 'search|find|autocomplete|suggest|suggestions')),
  ],
  ['page', ({ media, reads, template }) => reads && (/html|^text\/plain/.test(media) || template === '/')],
  ['asset', ({ media, reads }) => reads && /^(image|font|video|audio)\/|css|javascript/.test(media)],
  ['detail', ({ reads, template }) => reads && template.includes('{')],
  [
    'list',
    ({ reads, many, queryParameters }) =>
      reads && (many || queryParameters.some((name) => /page|offset|cursor|limit/i.test(name))),
  ],
];

/** The role of an operation. */
export function roleOf(clues: Clues): Role {
  const words = ` ${split(clues.id)} ${split(clues.template.replace(/\{[^}]*\}/g, ' '))} ${clues.tags.map(split).join(' ')} `;
  const reading: Reading = {
    ...clues,
    words: words.replace(/ +/g, ' '),
    reads: clues.method === 'GET' || clues.method === 'HEAD',
    one: clues.template.endsWith('}'),
    body: clues.bodyProperties.join(' '),
  };
  return RULES.find(([, holds]) => holds(reading))?.[0] ?? 'other';
}

/**
 * The role that an override gives an operation, by its id or by 'GET /path/{id}'; undefined if none does.
 * @throws Error for a word that is no role.
 */
export function overridden(
  roles: Readonly<Record<string, string>>,
  id: string,
  method: string,
  template: string,
): Role | undefined {
  const word = roles[id] ?? roles[`${method} ${template}`];
  if (word === undefined) return undefined;
  const role = ROLES.find((known) => known === word);
  if (role === undefined)
    throw new Error(`"${word}" is no role of an operation (${id}); roles are ${ROLES.join(', ')}`);
  return role;
}

function isTelemetry({ words, reads }: Reading): boolean {
  return (
    !reads && has(words, 'telemetry|metrics|readings?|measurements?|ingest|heartbeats?|beacons?|sensors?|devices?')
  );
}

function isLogin({ words, body, reads }: Reading): boolean {
  if (reads) return false;
  if (has(words, 'login|log in|signin|sign in|logon|authenticate|authentication'))
    return !has(words, 'signup|register');
  return has(words, 'sessions?|tokens?|auth|oauth') && /pass|secret|pwd|grant/i.test(body);
}

function isSignup({ words, body, method }: Reading): boolean {
  if (method !== 'POST') return false;
  if (has(words, 'signup|sign up|register|registration|registrations|enroll')) return true;
  return / (users?|accounts?|customers?|members?) /.test(words) && /pass|pwd/i.test(body);
}

function has(words: string, alternatives: string): boolean {
  return new RegExp(` (${alternatives}) `).test(words);
}

function segments(template: string): string[] {
  return template.toLowerCase().split('/');
}

function lastNoun(template: string): string {
  return segments(template).findLast((segment) => segment !== '' && !segment.includes('{')) ?? '';
}

/** 'listOrders' and '/gift-cards' as words in lower case. */
function split(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .toLowerCase()
    .trim();
}
