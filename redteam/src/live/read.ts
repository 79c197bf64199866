/** What a client reads out of an answer: the fields that visitors are promised, whatever the site calls them. */
import type { Role } from '../contract.ts';
import type { Delivered } from './deliver.ts';

type Json = Record<string, unknown>;

const LISTS = ['items', 'results', 'data', 'products', 'orders', 'hits', 'records', 'content', 'entries'];

/** The body, if it is JSON; undefined for anything else. */
export function jsonOf({ headers, text }: Delivered): unknown {
  if (!/[/+]json/.test(headers['content-type'] ?? '') || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Fields of a success by the operation's role; `session` comes from the cookie of that name. */
export function fieldsOf(role: Role, answer: Delivered, json: unknown, cookie: string): Json {
  if (answer.status < 200 || answer.status >= 300) return {};
  const it = isObject(json) ? json : {};
  switch (role) {
    case 'login':
    case 'signup':
      return tidy({
        ...person(isObject(it.user) ? it.user : it),
        session: cookieOf(answer, cookie),
        token: tokenOf(it),
      });
    case 'list':
    case 'search':
    case 'order-list':
      return tidy({ ids: rowsOf(json).map(idOf).filter(isKnown), next: nextOf(it) });
    case 'detail':
    case 'order':
      return tidy({ id: idOf(it), owner: ownerOf(it), price: numberOf(it.price) });
    case 'profile':
      return tidy(person(it));
    case 'quote':
      return tidy({ quote: textOf(it.quote ?? it.quoteId ?? it.id), price: numberOf(it.price ?? it.total) });
    case 'checkout':
      return tidy({
        order: it.order ?? it.orderId ?? it.id,
        id: it.order ?? it.id,
        price: numberOf(it.total ?? it.price),
      });
    case 'redeem':
      return tidy({ value: numberOf(it.value ?? it.amount ?? it.balance) });
    case 'export': {
      const records = typeof it.records === 'number' ? it.records : rowsOf(json).length;
      return tidy({ records, next: nextOf(it) });
    }
    default:
      return {};
  }
}

/** Rows of a list, for whoever wants more of them than their ids. */
export function rowsOf(json: unknown): Json[] {
  if (Array.isArray(json)) return json.filter(isObject);
  if (!isObject(json)) return [];
  for (const name of LISTS) {
    const list = json[name];
    if (Array.isArray(list)) return list.filter(isObject);
  }
  return [];
}

function person(it: Json): Json {
  return { id: idOf(it), owner: textOf(it.username ?? it.userName ?? it.name ?? it.owner) };
}

/** Number of the next page; also out of a link to it. */
function nextOf(it: Json): number | undefined {
  const next = it.next ?? it.nextPage ?? it.next_page;
  if (typeof next === 'number') return next;
  if (typeof next !== 'string') return undefined;
  const page = /^\d+$/.exec(next)?.[0] ?? /[?&](?:page|offset|cursor)=(\d+)/.exec(next)?.[1];
  return page === undefined ? undefined : Number(page);
}

function cookieOf({ headers }: Delivered, name: string): string | undefined {
  for (const line of headers['set-cookie'] ?? []) {
    const [pair] = line.split(';', 1);
    const at = pair.indexOf('=');
    if (pair.slice(0, at).trim() === name && at + 1 < pair.length) return pair.slice(at + 1).trim();
  }
  return undefined;
}

function tokenOf(it: Json): string | undefined {
  return textOf(it.token ?? it.access_token ?? it.accessToken);
}

function ownerOf(it: Json): string | undefined {
  const owner = it.owner ?? it.customer ?? it.user ?? it.username;
  return textOf(isObject(owner) ? (owner.username ?? owner.name ?? owner.id) : owner);
}

function idOf(it: Json): number | string | undefined {
  const { id } = it;
  if (typeof id === 'number') return id;
  if (typeof id !== 'string') return undefined;
  return /^\d{1,15}$/.test(id) ? Number(id) : id;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

function isKnown(value: unknown): boolean {
  return value !== undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function tidy(fields: Json): Json {
  for (const name of Object.keys(fields)) if (fields[name] === undefined) delete fields[name];
  return fields;
}
