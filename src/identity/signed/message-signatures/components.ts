/** Components of a request that a message signature covers, and the text it is made over (RFC 9421, 2). */
import type { Presented } from '../../contract.ts';
import {
  type InnerList,
  type Item,
  parseDictionary,
  parseItem,
  parseList,
  serializeDictionary,
  serializeItem,
  serializeList,
  serializeMember,
} from './structured.ts';

/** Most components that one signature may cover. */
const MAX_COMPONENTS = 64;
/** Longest text that is signed, in characters. */
const MAX_BASE = 65_536;
/** Most parameters of a query that are searched for one name. */
const MAX_PARAMETERS = 1000;

/** Structured type of fields that are known, which `sf` needs (RFC 9421, 2.1.1). */
const FIELD_TYPES: Readonly<Record<string, 'dictionary' | 'list' | 'item'>> = {
  accept: 'list',
  'accept-encoding': 'list',
  'accept-language': 'list',
  'cache-control': 'dictionary',
  'client-cert': 'item',
  'client-cert-chain': 'list',
  'content-digest': 'dictionary',
  'content-length': 'item',
  'content-type': 'item',
  'idempotency-key': 'item',
  prefer: 'dictionary',
  priority: 'dictionary',
  'repr-digest': 'dictionary',
  signature: 'dictionary',
  'signature-input': 'dictionary',
  'want-content-digest': 'dictionary',
};

/** The text that was signed, or what is wrong with what the signature says it covers. */
export type Base = { readonly text: string } | { readonly problem: string };

/** Builds the signature base of a request for the covered components (RFC 9421, 2.5). */
export function signatureBase(presented: Presented, covered: InnerList): Base {
  if (covered.items.length > MAX_COMPONENTS) return { problem: 'The signature covers too many components.' };
  const lines: string[] = [];
  const seen = new Set<string>();
  let length = 0;
  for (const item of covered.items) {
    if (item.bare.kind !== 'string') return { problem: 'A component has no name.' };
    const id = serializeItem(item);
    if (seen.has(id)) return { problem: `The component ${id} is covered twice.` };
    seen.add(id);
    const value = componentValue(presented, item.bare.value, item);
    if (value === null) return { problem: `The component ${id} is not there or not supported.` };
    // No field has line ends in it; a derived value with one could pass for another line.
    if (/[\r\n]/.test(value)) return { problem: `The component ${id} has a line end in it.` };
    const line = `${id}: ${value}\n`;
    length += line.length;
    if (length > MAX_BASE) return { problem: 'The covered components are too long.' };
    lines.push(line);
  }
  return { text: `${lines.join('')}"@signature-params": ${serializeMember(covered)}` };
}

/** Value of one component; null where it is not there, or where a parameter is not understood. */
function componentValue(presented: Presented, name: string, item: Item): string | null {
  return name.startsWith('@') ? derived(presented, name, item) : field(presented, name, item);
}

function derived(presented: Presented, name: string, item: Item): string | null {
  const { target } = presented;
  const query = target.indexOf('?');
  if (name === '@query-param') return query < 0 ? null : queryParameter(target.slice(query + 1), item);
  // `req` is for answers, `tr` for trailers, and derived components have no form of a field.
  if (item.parameters.size > 0) return null;
  switch (name) {
    case '@method':
      return presented.method;
    case '@target-uri':
      return `${presented.scheme}://${authority(presented)}${target === '*' ? '' : target}`;
    case '@authority':
      return authority(presented);
    case '@scheme':
      return presented.scheme;
    case '@request-target':
      return target;
    case '@path':
      return (query < 0 ? target : target.slice(0, query)) || '/';
    case '@query':
      return query < 0 ? '?' : target.slice(query);
    default:
      return null;
  }
}

/** The host in small letters, without the port that its scheme has anyway (RFC 9421, 2.2.3). */
function authority({ host, scheme }: Presented): string {
  const usual = scheme === 'https' ? ':443' : ':80';
  const lower = host.toLowerCase();
  return lower.endsWith(usual) ? lower.slice(0, -usual.length) : lower;
}

/** Percent-encodes as the form encoding does, but a space as %20 (RFC 9421, 2.2.8). */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function queryParameter(query: string, item: Item): string | null {
  const wanted = item.parameters.get('name');
  if (wanted?.kind !== 'string' || item.parameters.size !== 1) return null;
  const parts = query.split('&', MAX_PARAMETERS + 1);
  if (parts.length > MAX_PARAMETERS) return null;
  let value: string | null = null;
  for (const [name, text] of new URLSearchParams(query)) {
    if (encode(name) !== wanted.value) continue;
    // Which of two counts is up to the application: a signature over one of them says nothing.
    if (value !== null) return null;
    value = encode(text);
  }
  return value;
}

/** Every value of a field, trimmed; line folding has been refused before. */
function valuesOf(presented: Presented, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < presented.headers.length; i += 2) {
    const at = presented.headers[i];
    if (at.length === name.length && at.toLowerCase() === name) values.push(presented.headers[i + 1].trim());
  }
  // HTTP/2 puts the host into :authority, which some doors do not repeat as a header.
  return values.length === 0 && name === 'host' ? [presented.host] : values;
}

function field(presented: Presented, name: string, item: Item): string | null {
  if (name !== name.toLowerCase()) return null;
  const values = valuesOf(presented, name);
  if (values.length === 0) return null;
  const { parameters } = item;
  if (parameters.size === 0) return values.join(', ');
  if (parameters.size > 1) return null;
  const isTrue = (key: string) => parameters.get(key)?.value === true;
  if (isTrue('bs')) {
    return values.map((value) => `:${Buffer.from(value, 'latin1').toString('base64')}:`).join(', ');
  }
  if (isTrue('sf')) return strictly(name, values.join(', '));
  const key = parameters.get('key');
  if (key?.kind !== 'string') return null;
  const member = parseDictionary(values.join(', '))?.get(key.value);
  return member === undefined ? null : serializeMember(member);
}

/** A structured field, serialised anew. */
function strictly(name: string, text: string): string | null {
  const type = FIELD_TYPES[name];
  if (type === 'dictionary') {
    const members = parseDictionary(text);
    return members && serializeDictionary(members);
  }
  if (type === 'list') {
    const members = parseList(text);
    return members && serializeList(members);
  }
  const item = type === 'item' ? parseItem(text) : null;
  return item && serializeItem(item);
}

/** What covers a component as well as it does itself. */
const EQUIVALENT: Readonly<Record<string, readonly (readonly string[])[]>> = {
  '@target-uri': [
    ['@authority', '@request-target'],
    ['@authority', '@path', '@query'],
  ],
  '@request-target': [['@target-uri'], ['@path', '@query']],
  '@path': [['@target-uri'], ['@request-target']],
  '@query': [['@target-uri'], ['@request-target']],
  '@authority': [['@target-uri'], ['host']],
  '@scheme': [['@target-uri']],
};

/** The first of `required` that the signature does not cover; '' where it covers all. */
export function uncovered(covered: InnerList, required: readonly string[]): string {
  const whole = new Set<string>();
  for (const { bare, parameters } of covered.items) {
    // One member of a dictionary, or one parameter of a query, is not the whole of it.
    if (bare.kind === 'string' && !parameters.has('key') && !parameters.has('name')) whole.add(bare.value);
  }
  for (const name of required) {
    if (whole.has(name)) continue;
    const ways = Object.hasOwn(EQUIVALENT, name) ? EQUIVALENT[name] : [];
    if (!ways.some((way) => way.every((part) => whole.has(part)))) return name;
  }
  return '';
}
