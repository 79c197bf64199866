/** What kind of answer a request expects, by its method and path: what an application of that shape would say. */

export type Shape = 'login' | 'code' | 'settings' | 'options' | 'list' | 'object' | 'created' | 'changed' | 'removed';

export interface Asked {
  readonly shape: Shape;
  /** Path of the collection, without the id: items of a list and single objects agree by it. */
  readonly collection: string;
  /** Last word of the collection in small letters: "orders". */
  readonly noun: string;
  /** Id in the path; '' for none. */
  readonly id: string;
}

const LOGIN = /^(?:log-?in|sign-?in|sessions?|auth|authenticate|token|oauth2?|password)$/;
const CODE = /^(?:otp|mfa|2fa|coupons?|promos?|promo-codes?|vouchers?|gift-?cards?|codes?|redeem|verify)$/;
const SETTINGS =
  /(?:^\.(?:env|git|aws|ssh|npmrc|htpasswd)|\.(?:env|ini|conf|cfg|ya?ml|properties|bak|old|sql)$|^config$)/;
const ID =
  /^(?:\d{1,20}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,64}|[A-Za-z]+[-_]?\d+)$/i;
const VERSION = /^v\d+$/i;
/** Longest part of a path that is looked at, in characters. */
const LONGEST = 512;

/** Reads method and target; never throws. */
export function shapeOf(method: string, target: string): Asked {
  const path = target.slice(0, LONGEST).split('?', 1)[0];
  const parts = path.split('/').filter((part) => part !== '');
  const last = parts.at(-1) ?? '';
  const id = ID.test(last) && !VERSION.test(last) ? last : '';
  const collection = `/${(id === '' ? parts : parts.slice(0, -1)).join('/')}`;
  const noun = (id === '' ? last : (parts.at(-2) ?? '')).toLowerCase();
  return { shape: pick(method, parts, noun, id), collection, noun, id };
}

function pick(method: string, parts: readonly string[], noun: string, id: string): Shape {
  if (method === 'OPTIONS') return 'options';
  const words = parts.slice(-2).map((part) => part.toLowerCase());
  if (parts.some((part) => SETTINGS.test(part.toLowerCase()))) return 'settings';
  if (words.some((word) => LOGIN.test(word))) return 'login';
  if (words.some((word) => CODE.test(word)) || CODE.test(noun)) return 'code';
  if (method === 'POST') return 'created';
  if (method === 'PUT' || method === 'PATCH') return 'changed';
  if (method === 'DELETE') return 'removed';
  return id === '' ? 'list' : 'object';
}
