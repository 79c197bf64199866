/** The names under which requests usually carry business fields, and on which routes they mean that. */
import { ROUTE_CLASS } from '../../enrich/facts.ts';

/** Longest name that is looked up, in characters. */
const MAX_NAME = 64;

/** What a field can be. */
export type Meaning = 'code' | 'subject' | 'mail' | 'password' | 'amount' | 'minor' | 'currency' | 'device';

/** Names in small letters without dashes, underscores and dots. */
const NAMES: Readonly<Record<Meaning, string>> = {
  code: `code coupon couponcode couponid promo promocode promotioncode discountcode voucher vouchercode giftcode giftcard
    giftcardcode giftcardnumber referralcode invitecode otp otpcode totp pin pincode onetimecode verificationcode smscode
    redeemcode`,
  subject: `email emailaddress mail username user login loginid loginname userid useremail phone phonenumber mobile account
    accountname accountid identifier identity customeremail j_username uname`,
  mail: 'email emailaddress mail useremail customeremail username login identifier',
  password: 'password passwd pass pwd passphrase userpassword loginpassword j_password currentpassword',
  amount: 'amount total totalamount price totalprice grandtotal sum value amountvalue',
  minor: 'amountminor amountcents amountincents totalcents pricecents totalminor priceminor unitamount minorunits',
  currency: 'currency currencycode ccy currencyid',
  device:
    'deviceid deviceuuid deviceudid udid installationid installid hardwareid imei androidid idfv deviceidentifier',
};

const MEANINGS: ReadonlyMap<string, readonly Meaning[]> = invert();

function invert(): ReadonlyMap<string, readonly Meaning[]> {
  const out = new Map<string, Meaning[]>();
  for (const [meaning, names] of Object.entries(NAMES) as [Meaning, string][])
    for (const name of names.split(/\s+/)) {
      const folded = fold(name);
      out.set(folded, [...(out.get(folded) ?? []), meaning]);
    }
  return out;
}

/** Small letters without marks: `promo_code`, `promoCode` and `promo-code` are one name. */
export function fold(name: string): string {
  return name
    .slice(0, MAX_NAME)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

const NONE: readonly Meaning[] = [];
/** Names that were looked up, with what they mean: requests of one API have the same ones. */
const LOOKED_UP = new Map<string, readonly Meaning[]>();
const MAX_LOOKED_UP = 4096;

/** What a field of this name may be; of `user[email]` the last name counts. */
export function meaningsOf(name: string): readonly Meaning[] {
  const known = LOOKED_UP.get(name);
  if (known !== undefined) return known;
  const meanings = lookUp(name);
  if (name.length <= MAX_NAME) {
    if (LOOKED_UP.size >= MAX_LOOKED_UP) LOOKED_UP.clear();
    LOOKED_UP.set(name, meanings);
  }
  return meanings;
}

function lookUp(name: string): readonly Meaning[] {
  const bracket = name.endsWith(']') ? name.lastIndexOf('[') : -1;
  const last = bracket >= 0 ? name.slice(bracket + 1, -1) : name;
  return MEANINGS.get(fold(last)) ?? NONE;
}

const { login, reset, signup, code, lookup, api } = ROUTE_CLASS;
const KNOWING: readonly number[] = [login, reset, signup, lookup];
const CLASSES: Readonly<Record<Meaning, readonly number[]>> = {
  code: [code],
  subject: KNOWING,
  mail: KNOWING,
  password: [login, signup],
  amount: [api, code],
  minor: [api, code],
  currency: [api, code],
  device: [...KNOWING, api],
};

/** Does a field of this meaning say something on a route of this class? */
export function fits(meaning: Meaning, routeClass: number): boolean {
  return CLASSES[meaning].includes(routeClass);
}
