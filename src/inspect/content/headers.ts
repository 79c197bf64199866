/**
 * Headers and cookies. Headers with a grammar of their own (lists, dates, types) are passed by at once where they have only
 * its marks; anything else in them was put there. The target, the agent and the referrer belong to enrichment.
 */
import { FIELD_KIND, inspectField } from '../../enrich/content/index.ts';
import { RULE } from '../../enrich/content/rules.ts';
import { CONTENT_FIELD } from '../../enrich/facts.ts';
import type { Found } from './found.ts';
import { isScriptName } from './names.ts';
import { leavesOf } from './nested.ts';

/** Most of the headers of a request that is inspected, in bytes; servers take little more. */
const MAX_HEADER_BYTES = 65_536;
/** Cookies of a request that are inspected. */
const MAX_COOKIES = 256;

/** Read elsewhere, or nothing but a credential that somebody else verifies. */
const PASSED = new Set([
  'user-agent',
  'referer',
  'content-length',
  'signature',
  'signature-input',
  'digest',
  'content-digest',
  'sec-websocket-key',
  'dpop',
  'x-amz-content-sha256',
]);

/** Headers whose values are made of words, numbers and the marks of lists, and how the names of others of them begin. */
const STRUCTURED = new Set(
  `accept baggage cache-control connection content-encoding content-language content-type date device-memory dnt dpr
  downlink ect expect forwarded from host keep-alive origin pragma priority proxy-connection purpose range rtt save-data te
  traceparent tracestate trailer transfer-encoding upgrade upgrade-insecure-requests via viewport-width width
  x-amzn-trace-id x-client-ip x-correlation-id x-forwarded-for x-forwarded-port x-forwarded-proto x-forwarded-host
  x-forwarded-server x-real-ip x-request-id x-requested-with`.split(/\s+/),
);
const STRUCTURED_FAMILIES = ['accept-', 'access-control-', 'if-', 'sec-', 'x-b3-'];

const isStructured = (name: string): boolean =>
  STRUCTURED.has(name) || STRUCTURED_FAMILIES.some((family) => name.startsWith(family));

/** Marks that such values have no use for. */
const ODD = /[^\w \t,;=/*.+":()?@~!&[\]%-]|%[^0-9a-fA-F]|\.\.\/|=\s*\(|\(\)|:\/\/(?:127|169|localhost)/;

/** Headers in which clients name the file that they upload. */
const FILE_NAME = /^x[-_.]?file[-_.]?name$/;

/** What a header is to this room, by its name. */
const KIND = { other: 0, passed: 1, structured: 2, cookie: 3, credential: 4, fileName: 5 } as const;

interface Name {
  /** In small letters. */
  readonly text: string;
  readonly path: string;
  readonly kind: number;
}

/** Names as they were sent: clients have few, and send them with every request. */
const NAMES = new Map<string, Name>();
const MAX_NAMES = 1024;
/** Longer ones are nobody's usual name. */
const MAX_NAME = 64;

function nameOf(sent: string): Name {
  const known = NAMES.get(sent);
  if (known !== undefined) return known;
  const text = sent.toLowerCase();
  const name = { text, path: `header.${text}`, kind: kindOf(text) };
  if (sent.length > MAX_NAME) return name;
  if (NAMES.size >= MAX_NAMES) NAMES.clear();
  NAMES.set(sent, name);
  return name;
}

function kindOf(name: string): number {
  if (PASSED.has(name)) return KIND.passed;
  if (name === 'cookie') return KIND.cookie;
  if (name === 'authorization' || name === 'proxy-authorization') return KIND.credential;
  if (FILE_NAME.test(name)) return KIND.fileName;
  return isStructured(name) ? KIND.structured : KIND.other;
}

/** Inspects headers: names and values in turn. Returns the bytes that were read. */
export function inspectHeaders(headers: readonly string[], found: Found): number {
  let bytes = 0;
  for (let i = 0; i + 1 < headers.length && bytes < MAX_HEADER_BYTES; i += 2) {
    const value = headers[i + 1];
    bytes += value.length;
    if (value.length < 4) continue;
    const { text, path, kind } = nameOf(headers[i]);
    if (kind === KIND.passed) continue;
    if (kind === KIND.fileName && isScriptName(value))
      found.certain(RULE.fileScript, path, value, CONTENT_FIELD.header);
    if (kind === KIND.cookie) inspectCookies(value, found);
    else if (kind === KIND.credential) credential(text, value, found);
    else if (kind !== KIND.structured || ODD.test(value)) one(path, text, value, found);
  }
  return bytes;
}

/** Only `Basic` holds texts of a person; the others are opaque. */
function credential(name: string, value: string, found: Found): void {
  const at = value.indexOf(' ');
  if (/^basic /i.test(value)) one(`header.${name}`, name, value.slice(at + 1), found);
  else if (ODD.test(value)) one(`header.${name}`, name, value, found);
}

function inspectCookies(text: string, found: Found): void {
  let from = 0;
  for (let n = 0; n < MAX_COOKIES && from < text.length; n++) {
    let end = text.indexOf(';', from);
    if (end < 0) end = text.length;
    const equals = text.indexOf('=', from);
    const named = equals >= 0 && equals < end;
    const name = named ? text.slice(from, equals).trim() : '';
    const value = text.slice(named ? equals + 1 : from, end).trim();
    if (value.length >= 4 || name.length > 32) one(`cookie.${name}`, name, value, found);
    from = end + 1;
  }
}

function one(path: string, name: string, value: string, found: Found): void {
  const leaves = leavesOf({ path, name, type: 'string', text: value });
  if (leaves !== null) for (const leaf of leaves) text(leaf.path, leaf.name, leaf.text, found);
  else text(path, name, value, found);
}

function text(path: string, name: string, value: string, found: Found): void {
  found.begin();
  inspectField(name, value, FIELD_KIND.value, CONTENT_FIELD.header, found.hit);
  found.end(path, name, value, CONTENT_FIELD.header);
}
