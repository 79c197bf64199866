/**
 * What an answer was worth to the family that got it: each thing once. What a site counts as gain of an answer by itself
 * (a login, a record) is no gain of somebody who came for something else.
 */
import type { Answer, Family, Request, Role } from '../contract.ts';
import type { SimulatedSite } from '../site/index.ts';

/** Who asks, what was asked and answered. */
interface Asked {
  readonly role: Role | undefined;
  /** It stands in the site's document. */
  readonly known: boolean;
  readonly documents: (status: number) => boolean;
  readonly request: Request;
  readonly answer: Answer;
  /** True the first time that this thing is got. */
  readonly fresh: (thing: string | number) => boolean;
}

type Worth = (asked: Asked) => number;

/** Cents that a request costs its site outside: a text message, a mail, a payment provider's fee, an answer computed elsewhere. */
const FEES: Partial<Record<Role, number>> = { reset: 5, signup: 1, checkout: 30, graphql: 0.2, export: 1, redeem: 0.5 };

const accounts: Worth = ({ role, request, answer, fresh }) => {
  if (answer.gain === 0 || (role !== 'login' && role !== 'reset')) return 0;
  return once(fresh(`account ${nameIn(request)}`));
};

/** Orders and profiles of others. */
const records: Worth = ({ role, request, answer, fresh }) => {
  if (answer.gain === 0 || (role !== 'order' && role !== 'profile')) return 0;
  return once(fresh(pathOf(request)));
};

/** What says whether an account exists: a reset that answers known and unknown names differently, a name that is taken. */
const names: Worth = ({ role, request, answer: { status }, documents, fresh }) => {
  const known =
    (role === 'reset' && status < 300 && documents(404)) ||
    (role === 'signup' && status === 409) ||
    (role === 'profile' && status === 403);
  if (!known) return 0;
  return once(fresh(role === 'profile' ? pathOf(request) : `account ${nameIn(request)}`));
};

/** Products, from pages of one or of many. */
const products: Worth = ({ answer, role, fresh }) => {
  if (role !== 'detail' && role !== 'list' && role !== 'search') return 0;
  const { id, ids } = answer.body;
  if (typeof id === 'number') return once(fresh(id));
  let sum = 0;
  if (Array.isArray(ids)) for (const one of ids as number[]) sum += once(fresh(one));
  return sum;
};

const codes: Worth = ({ role, request, answer, fresh }) => {
  if (answer.gain === 0 || (role !== 'redeem' && role !== 'reset')) return 0;
  return once(
    fresh(role === 'redeem' ? JSON.stringify(request.body ?? pathOf(request)) : `account ${nameIn(request)}`),
  );
};

/** Records of exports, each call anew, and products besides. */
const bulk: Worth = (asked) => (asked.role === 'export' ? asked.answer.gain : products(asked));

const seconds: Worth = ({ answer }) => (answer.handling === 'served' ? answer.durationMs / 1000 : 0);

/** Paths that answered and stand in no document, and those that say how the site is doing. */
const finds: Worth = ({ role, known, request, answer: { status }, fresh }) => {
  const tells = status < 400 && status !== 301 && (!known || role === 'other' || role === 'health');
  return tells ? once(fresh(pathOf(request))) : 0;
};

/** Parameters that reach something that breaks. */
const breaks: Worth = ({ role, request, answer: { status }, fresh }) =>
  role !== undefined && status === 500 ? once(fresh(pathOf(request))) : 0;

const WORTH: Readonly<Record<Family, Worth>> = {
  stuffing: accounts,
  spraying: accounts,
  takeover: accounts,
  'code-guessing': codes,
  'signup-abuse': ({ role, answer }) => (role === 'signup' ? answer.gain : 0),
  'object-enumeration': records,
  'account-enumeration': names,
  scraping: bulk,
  'key-leak': bulk,
  'partner-misuse': bulk,
  'device-storm': seconds,
  probing: finds,
  injection: breaks,
  'resource-cost': seconds,
  'workflow-manipulation': ({ role, answer }) => (role === 'checkout' ? answer.gain : 0),
  'billing-spike': ({ role, answer }) => (role !== undefined && answer.status < 300 ? (FEES[role] ?? 0) : 0),
};

/** What one campaign has got so far. */
export class Loot {
  private readonly worth: Worth;
  private readonly got = new Set<string | number>();
  private readonly site: Pick<SimulatedSite, 'operationOf'>;

  constructor(family: Family, site: Pick<SimulatedSite, 'operationOf'>) {
    this.worth = WORTH[family];
    this.site = site;
  }

  /** The gain of an answer to the campaign, in the family's unit; nothing that was refused is worth anything. */
  take(request: Request, answer: Answer): number {
    if (answer.handling === 'refused' || answer.handling === 'challenged') return 0;
    const operation = this.site.operationOf(request);
    return this.worth({
      role: operation?.role,
      known: operation !== undefined && operation.undocumented !== true,
      documents: (status) => operation?.statuses.includes(status) ?? false,
      request,
      answer,
      fresh: this.fresh,
    });
  }

  private readonly fresh = (thing: string | number): boolean => {
    if (this.got.has(thing)) return false;
    this.got.add(thing);
    return true;
  };
}

function once(fresh: boolean): number {
  return fresh ? 1 : 0;
}

function nameIn({ body }: Request): string {
  for (const [key, value] of Object.entries(body ?? {})) if (!/pass|code|pwd/i.test(key)) return String(value);
  return '';
}

function pathOf({ target }: Request): string {
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}
