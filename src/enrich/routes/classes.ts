/**
 * What a route is for, by name. The words are those that frameworks and applications use; a configured glob overrides
 * them. Deliberately narrow: a page that is taken for a login is worse than a login that has to be configured.
 */
import { METHODS, ROUTE_CLASS } from '../facts.ts';
import { type Glob, matchGlob } from './glob.ts';
import { extensionDot } from './shape.ts';

/** Longest segment that is looked at for its name, in bytes. */
const MAX_NAME = 40;
const POST = METHODS.indexOf('POST');
const PUT = METHODS.indexOf('PUT');

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** File extensions of what pages pull in by themselves. */
export const ASSET_EXTENSIONS: ReadonlySet<string> = new Set(
  words(`css js mjs cjs map png jpg jpeg jpe gif svg svgz ico cur webp avif bmp apng jxl woff woff2 ttf otf eot
    mp3 m4a ogg oga wav flac mp4 m4v webm ogv mov avi mkv m3u8 ts swf wasm webmanifest`),
);

/** Extensions of programs behind pages: part of a name, dropped before it is compared. */
export const SCRIPT_EXTENSIONS: ReadonlySet<string> = new Set(
  words('php php5 phtml asp aspx ashx asmx jsp jspx jsf do action cgi pl cfm html htm shtml xhtml json xml'),
);

/**
 * Names, compared in lower case without hyphens, underscores and a script's extension.
 * `anyMethod` holds for every method, `post` only where something is sent.
 */
const NAMES: readonly { routeClass: number; anyMethod: string; post?: string }[] = [
  {
    routeClass: ROUTE_CLASS.login,
    anyMethod: `login logon signin dologin dosignin wplogin userlogin adminlogin memberlogin loginuser logincheck
      loginaction loginsubmit loginform loginprocess processlogin authlogin jsecuritycheck jspringsecuritycheck
      authenticate xmlrpc obtaintoken createtoken`,
    post: 'session sessions auth token signon loginsignup',
  },
  {
    routeClass: ROUTE_CLASS.reset,
    anyMethod: `forgot forgotpassword forgotpasswd forgottenpassword forgetpassword passwordforgot resetpassword
      passwordreset passwordresets resetpwd pwdreset recover recovery recoverpassword passwordrecovery recoveraccount
      accountrecovery lostpassword passwordlost requestpasswordreset`,
  },
  {
    routeClass: ROUTE_CLASS.signup,
    anyMethod: 'signup register registration registrations registeruser userregister createaccount newaccount dosignup',
  },
  {
    routeClass: ROUTE_CLASS.code,
    anyMethod: `promo promos promocode promocodes promotioncode coupon coupons couponcode couponcodes applycoupon
      voucher vouchers vouchercode giftcard giftcards giftcode giftcodes redeem redeemcode redemption otp otps
      onetimepassword 2fa mfa totp twofactor verifycode verifyotp validateotp checkotp verificationcode confirmcode
      smscode activationcode accesscode invitecode applypromo applyvoucher redeemcoupon redeemvoucher`,
    post: 'gift gifts',
  },
  {
    routeClass: ROUTE_CLASS.lookup,
    anyMethod: `lookup exists exist userexists emailexists usernameexists accountexists checkemail checkusername
      checkuser checkaccount checkphone emailcheck usernamecheck emailavailable usernameavailable isavailable available
      isregistered validateemail validateusername verifyemailexists`,
  },
  {
    routeClass: ROUTE_CLASS.search,
    anyMethod: 'search searches find autocomplete typeahead suggest suggestions searchresults msearch livesearch',
  },
  {
    routeClass: ROUTE_CLASS.feed,
    anyMethod: `feed feeds rss rss2 atom robots.txt humans.txt security.txt ads.txt appads.txt llms.txt health healthz
      healthcheck livez readyz liveness readiness heartbeat ping opensearch`,
  },
];

/** Names that say it only together with what stands before them. */
const PAIRS: readonly { routeClass: number; before: string; name: string }[] = [
  { routeClass: ROUTE_CLASS.login, before: 'oauth oauth2 connect openidconnect auth jwt v1 v2', name: 'token' },
  {
    routeClass: ROUTE_CLASS.reset,
    before: 'password passwd account accounts auth user users credentials',
    name: 'reset edit forgotten lost',
  },
  { routeClass: ROUTE_CLASS.signup, before: 'account accounts user users members', name: 'create signup join' },
  { routeClass: ROUTE_CLASS.code, before: 'gift code codes promo', name: 'card cards verify apply check validate' },
];

const API_FIRST = new Set(words('api apis rest graphql rpc jsonrpc odata wpjson grpc v1 v2 v3 v4 v5 v6 v7 v8 v9'));

interface Name {
  any: number;
  post: number;
}
const TABLE = new Map<string, Name>();
for (const { routeClass, anyMethod, post } of NAMES) {
  for (const word of words(anyMethod)) TABLE.set(word, { any: routeClass, post: routeClass });
  for (const word of words(post ?? '')) TABLE.set(word, { any: -1, post: routeClass });
}
const PAIR_TABLE = new Map<string, number>();
for (const { routeClass, before, name } of PAIRS) {
  for (const first of words(before)) for (const second of words(name)) PAIR_TABLE.set(`${first}/${second}`, routeClass);
}
// "account/edit" is a settings page; only a password's edit page is part of a reset.
for (const first of words('account accounts auth user users credentials')) PAIR_TABLE.delete(`${first}/edit`);

/** A configured class for the paths that a glob matches, and for one method where it says so. */
export interface ClassOverride {
  readonly glob: Glob;
  readonly routeClass: number;
  /** Index in METHODS; 0 for all. */
  readonly method: number;
}

/** True for the name of a class (login, search …): such a segment is never merged into a parameter. */
export function isClassName(segment: string): boolean {
  return TABLE.has(bareName(segment));
}

/** True for "api", "rest", "v1" …: what stands behind such a segment are resources. */
export function isApiName(segment: string): boolean {
  return API_FIRST.has(bareName(segment)) || /^v\d[\d.]*$/i.test(segment);
}

function bareName(segment: string): string {
  let name = segment.toLowerCase();
  const dot = name.lastIndexOf('.');
  if (dot > 0 && SCRIPT_EXTENSIONS.has(name.slice(dot + 1))) name = name.slice(0, dot);
  return name.replaceAll('-', '').replaceAll('_', '');
}

/** The configured class of a path, −1 where no glob matches. */
export function overriddenClass(
  overrides: readonly ClassOverride[],
  buf: Uint8Array,
  start: number,
  end: number,
  method: number,
): number {
  for (const override of overrides) {
    if (override.method !== 0 && override.method !== method) continue;
    if (matchGlob(override.glob, buf, start, end)) return override.routeClass;
  }
  return -1;
}

/**
 * The class of the path `buf[start, end)` by its names. `method` is an index in METHODS. Runs once per distinct path
 * (the resolver remembers), so it may allocate.
 */
export function classByName(buf: Uint8Array, start: number, end: number, method: number): number {
  const lastStart = segmentStart(buf, start, end);
  const dot = extensionDot(buf, lastStart, end);
  const extension = dot < 0 ? '' : ascii(buf, dot + 1, end).toLowerCase();
  if (ASSET_EXTENSIONS.has(extension)) return ROUTE_CLASS.asset;
  const last = nameAt(buf, lastStart, end);
  if (isFeed(buf, start, end, last, extension)) return ROUTE_CLASS.feed;
  const sends = method === POST || method === PUT;
  const beforeStart = lastStart - 1 > start ? segmentStart(buf, start, lastStart - 1) : lastStart;
  const before = beforeStart < lastStart ? nameAt(buf, beforeStart, lastStart - 1) : '';
  const pair = PAIR_TABLE.get(`${before}/${last}`);
  if (pair !== undefined) return pair;
  const own = byWord(last, sends);
  if (own >= 0) return own;
  // "/login/callback", "/coupons/{code}", "/search/{term}": the name before the last segment still tells.
  const outer = byWord(before, false);
  if (outer >= 0 && outer !== ROUTE_CLASS.feed && outer !== ROUTE_CLASS.lookup) return outer;
  return isApi(buf, start, end, extension) ? ROUTE_CLASS.api : ROUTE_CLASS.page;
}

function byWord(name: string, sends: boolean): number {
  const entry = TABLE.get(name);
  if (entry !== undefined) return sends ? entry.post : entry.any;
  return name.length > 6 && (name.endsWith('login') || name.endsWith('signin')) && !name.startsWith('last')
    ? ROUTE_CLASS.login
    : -1;
}

function isFeed(buf: Uint8Array, start: number, end: number, last: string, extension: string): boolean {
  if (TABLE.get(last)?.any === ROUTE_CLASS.feed) return true;
  if (extension === 'rss' || extension === 'atom') return true;
  if (last.startsWith('sitemap') && (extension === 'xml' || extension === 'txt' || extension === 'gz')) return true;
  const first = nameAt(buf, start + 1, nextSlash(buf, start + 1, end));
  return first === '.wellknown' || last === 'rss.xml' || last === 'index.rdf';
}

function isApi(buf: Uint8Array, start: number, end: number, extension: string): boolean {
  if (extension === 'json') return true;
  const firstEnd = nextSlash(buf, start + 1, end);
  if (API_FIRST.has(nameAt(buf, start + 1, firstEnd))) return true;
  if (firstEnd >= end) return false;
  const second = nameAt(buf, firstEnd + 1, nextSlash(buf, firstEnd + 1, end));
  return second === 'api' || second === 'graphql';
}

function segmentStart(buf: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && buf[at - 1] !== 0x2f) at--;
  return at;
}

function nextSlash(buf: Uint8Array, at: number, end: number): number {
  while (at < end && buf[at] !== 0x2f) at++;
  return at;
}

function nameAt(buf: Uint8Array, start: number, end: number): string {
  return end - start > MAX_NAME || end <= start ? '' : bareName(ascii(buf, start, end));
}

function ascii(buf: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(buf[i]);
  return text;
}
