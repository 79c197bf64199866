/**
 * What the object of a business event says it is: `order:17`, `user:u5`. Applications look up much besides accounts, and only
 * they know what it was.
 */
import { ACCOUNT_KINDS } from '../event/events.ts';
import { F, type RawExchange } from '../event/exchange.ts';
import { FLAG } from './facts.ts';

/** Longest kind, in bytes: what stands before a later colon is part of an id. */
const MAX_KIND = 32;

const COLON = 0x3a;
const SLASH = 0x2f;

/** FLAG.NO_ACCOUNT where the object of a business event names its kind and that is no account, else 0: it may be one. */
export function kindFlag(raw: RawExchange): number {
  return isNoAccount(raw) ? FLAG.NO_ACCOUNT : 0;
}

/** Allocates a short string where a kind stands: few rows are such events. */
function isNoAccount({ buf, spans }: RawExchange): boolean {
  const start = spans[F.target];
  const end = Math.min(spans[F.target + 1], start + MAX_KIND + 1);
  let kind = '';
  for (let at = start; at < end; at++) {
    const c = buf[at];
    if (c === COLON) {
      // An address of the web is no kind of object.
      if (kind === '' || (buf[at + 1] === SLASH && buf[at + 2] === SLASH)) return false;
      return !isAccountKind(kind);
    }
    const lower = c >= 0x41 && c <= 0x5a ? c | 0x20 : c;
    const isLetter = lower >= 0x61 && lower <= 0x7a;
    const isOther = (c >= 0x30 && c <= 0x39) || c === 0x2d || c === 0x2e || c === 0x5f;
    if (!isLetter && !(isOther && kind !== '')) return false;
    kind += String.fromCharCode(lower);
  }
  return false;
}

/** The last word counts (`billing.customer`, `shop_user`), in the singular or with an s. */
function isAccountKind(kind: string): boolean {
  const word = kind.slice(Math.max(kind.lastIndexOf('.'), kind.lastIndexOf('_')) + 1);
  return ACCOUNT_KINDS.has(word) || (word.endsWith('s') && ACCOUNT_KINDS.has(word.slice(0, -1)));
}
