/**
 * What a query says that matters to detectors: page, object, credential, session, search. Keys are compared by a 32-bit
 * hash of their lower-cased bytes, so that a query costs one pass over it.
 */

import { numberAt } from './matcher.ts';
import { MAX_PAGE } from './resolver.ts';

/** Pairs read; what follows is left alone. */
export const MAX_PAIRS = 64;
/** Page size where an offset comes without a limit. */
const USUAL_LIMIT = 20;
/** A plain `key=` is taken for a credential from this length on, in bytes: short ones are dictionary keys. */
const KEY_LENGTH = 16;

const PAGE = 1;
const OFFSET = 2;
const LIMIT = 3;
const CREDENTIAL = 4;
const SESSION = 5;
const OBJECT = 6;
const SEARCH = 7;
const PRINCIPAL = 8;
const KEY = 9;
const LOOSE_PAGE = 10;
/** `p=` is a page in some software and the number of an article in other: deeper than this it is no page. */
const MAX_LOOSE_PAGE = 200;

const NAMES: readonly (readonly [number, string])[] = [
  [LOOSE_PAGE, 'p'],
  [PAGE, 'page pg paged pageno page_no pagenum page_number pagenumber page[number] pageindex currentpage'],
  [OFFSET, 'offset start skip from startindex start_index page[offset]'],
  [LIMIT, 'limit per_page perpage pagesize page_size size count rows take page[size] page[limit] maxresults'],
  [CREDENTIAL, 'api_key apikey api-key x-api-key access_token accesstoken auth_token authtoken token appkey app_key'],
  [SESSION, 'phpsessid jsessionid sessionid session_id aspsessionid cfid'],
  [
    OBJECT,
    `id uuid guid uid pid user_id userid account_id accountid order_id orderid customer_id customerid product_id
     productid item_id itemid article_id post_id page_id file_id document_id doc_id invoice_id invoiceid ticket_id
     account_number order_number code coupon coupon_code promo promo_code voucher otp pin username email phone sku isbn`,
  ],
  [SEARCH, 'q query search keyword keywords searchterm search_query s'],
  [KEY, 'key'],
];

/** Parameter names beyond the built-in ones. */
export interface QueryNames {
  readonly credential?: readonly string[];
  readonly session?: readonly string[];
  readonly object?: readonly string[];
  /** Claimed user names, such as the `login` of a form sent by GET. None unless configured: they are not proven. */
  readonly principal?: readonly string[];
}

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
const TABLE = 1024;
const EQUALS = 0x3d;
const AMPERSAND = 0x26;

export class QueryReader {
  /** Pagination depth: page number, or offset / limit + 1; −1 none. */
  page = -1;
  /** True where the query carries a search term. */
  search = false;
  /** Start and end of the first value of each kind; equal where absent. */
  objectStart = 0;
  objectEnd = 0;
  credentialStart = 0;
  credentialEnd = 0;
  sessionStart = 0;
  sessionEnd = 0;
  principalStart = 0;
  principalEnd = 0;

  private readonly keys = new Int32Array(TABLE);
  private readonly kinds = new Uint8Array(TABLE);
  private offset = -1;
  private limit = -1;

  constructor(names: QueryNames = {}) {
    for (const [kind, list] of NAMES) for (const name of list.split(/\s+/)) this.name(name, kind);
    for (const name of names.credential ?? []) this.name(name, CREDENTIAL);
    for (const name of names.session ?? []) this.name(name, SESSION);
    for (const name of names.object ?? []) this.name(name, OBJECT);
    for (const name of names.principal ?? []) this.name(name, PRINCIPAL);
  }

  /** Forgets the last query. */
  clear(): void {
    this.page = -1;
    this.search = false;
    this.objectStart = 0;
    this.objectEnd = 0;
    this.credentialStart = 0;
    this.credentialEnd = 0;
    this.sessionStart = 0;
    this.sessionEnd = 0;
    this.principalStart = 0;
    this.principalEnd = 0;
    this.offset = -1;
    this.limit = -1;
  }

  /** Reads the query `buf[start, end)`, without "?", after {@link clear}. */
  read(buf: Uint8Array, start: number, end: number): void {
    let at = start;
    for (let pairs = 0; at < end && pairs < MAX_PAIRS; pairs++) {
      let hash = BASIS;
      let c = 0;
      for (; at < end; at++) {
        c = buf[at];
        if (c === EQUALS || c === AMPERSAND) break;
        if (c === 0x25 && at + 2 < end && buf[at + 1] === 0x35) {
          // "page%5Bnumber%5D": brackets are the one thing that clients encode in names.
          const bracket = buf[at + 2] | 32;
          if (bracket === 0x62 || bracket === 0x64) {
            c = bracket === 0x62 ? 0x5b : 0x5d;
            at += 2;
          }
        }
        hash = Math.imul(hash ^ (c >= 0x41 && c <= 0x5a ? c | 32 : c), PRIME);
      }
      if (c !== EQUALS || at >= end) {
        at++;
        continue;
      }
      const valueStart = ++at;
      while (at < end && buf[at] !== AMPERSAND) at++;
      if (at > valueStart) {
        const kind = this.kindOf(hash | 0);
        if (kind !== 0) this.take(kind, buf, valueStart, at);
      }
      at++;
    }
    if (this.page < 0 && this.offset >= 0) {
      this.page = Math.floor(this.offset / (this.limit > 0 ? this.limit : USUAL_LIMIT)) + 1;
    }
  }

  private take(kind: number, buf: Uint8Array, start: number, end: number): void {
    if (kind === PAGE || kind === OFFSET || kind === LIMIT || kind === LOOSE_PAGE) {
      const value = numberAt(buf, start, end);
      if (value < 0 || value > (kind === LOOSE_PAGE ? MAX_LOOSE_PAGE : MAX_PAGE)) return;
      if (kind === PAGE || kind === LOOSE_PAGE) this.page = value;
      else if (kind === OFFSET) this.offset = value;
      else this.limit = value;
    } else if (kind === OBJECT) {
      if (this.objectEnd !== 0) return;
      this.objectStart = start;
      this.objectEnd = end;
    } else if (kind === CREDENTIAL || kind === KEY) {
      if (this.credentialEnd !== 0 || (kind === KEY && end - start < KEY_LENGTH)) return;
      this.credentialStart = start;
      this.credentialEnd = end;
    } else if (kind === SESSION) {
      this.sessionStart = start;
      this.sessionEnd = end;
    } else if (kind === PRINCIPAL) {
      this.principalStart = start;
      this.principalEnd = end;
    } else {
      this.search = true;
    }
  }

  private kindOf(hash: number): number {
    let slot = hash & (TABLE - 1);
    while (this.kinds[slot] !== 0) {
      if (this.keys[slot] === hash) return this.kinds[slot];
      slot = (slot + 1) & (TABLE - 1);
    }
    return 0;
  }

  private name(name: string, kind: number): void {
    let hash = BASIS;
    for (const byte of new TextEncoder().encode(name.toLowerCase())) hash = Math.imul(hash ^ byte, PRIME);
    hash |= 0;
    let slot = hash & (TABLE - 1);
    let used = 0;
    while (this.kinds[slot] !== 0 && this.keys[slot] !== hash) {
      // Half full is where probing stays short: configuration beyond it is refused, not slowed down by.
      if (++used > TABLE / 2) throw new RangeError('too many query parameter names are configured');
      slot = (slot + 1) & (TABLE - 1);
    }
    this.keys[slot] = hash;
    this.kinds[slot] = kind;
  }
}
