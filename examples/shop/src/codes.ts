/** Gift and promo codes: short, and nobody counts wrong ones. */
import type { Account } from './accounts.ts';
import { type Call, customerOf, json, objectOf, Problem, type Reply, type Route, textOf } from './http.ts';
import { drawn } from './inventory.ts';

/** One in so many codes is a promo code: any account may use it, each once. The others are gift cards, spent at once. */
const PROMO_EVERY = 8;
const PROMO_CENTS = 500;

interface Code {
  readonly code: string;
  readonly kind: 'gift' | 'promo';
  /** Cents; 0 for a gift card that is spent. */
  value: number;
  readonly usedBy: Set<number>;
}

export class Codes {
  private readonly byText: ReadonlyMap<string, Code>;

  constructor(codes: readonly string[]) {
    this.byText = new Map(codes.map((code) => [code.toUpperCase(), codeOf(code)]));
  }

  find(text: string): Code | undefined {
    return this.byText.get(text.trim().toUpperCase());
  }

  /** Cents credited. @throws Problem 404 for no such code, 409 for a used one. */
  redeem(text: string, account: Account): { readonly code: Code; readonly value: number } {
    const code = this.find(text);
    if (!code) throw new Problem(404, 'Not found', 'There is no such code.');
    if (code.value === 0 || code.usedBy.has(account.id)) throw new Problem(409, 'Conflict', 'This code has been used.');
    const { value } = code;
    code.usedBy.add(account.id);
    if (code.kind === 'gift') code.value = 0;
    account.credit += value;
    return { code, value };
  }
}

function codeOf(code: string): Code {
  const promo = drawn(`code/${code}`, PROMO_EVERY) === 0;
  const value = promo ? PROMO_CENTS : 1000 + 500 * drawn(`value/${code}`, 19);
  return { code, kind: promo ? 'promo' : 'gift', value, usedBy: new Set() };
}

export function codeRoutes(codes: Codes): Route[] {
  return [
    { method: 'POST', template: '/api/codes/redeem', handle: (call) => redeem(call, codes) },
    { method: 'GET', template: '/api/gift-cards/{code}', handle: (call) => balance(call, codes) },
  ];
}

function redeem(call: Call, codes: Codes): Reply {
  const customer = customerOf(call);
  const text = textOf(objectOf(call), 'code', 1, 64);
  const about = { principal: customer.name, object: text };
  try {
    const { code, value } = codes.redeem(text, customer);
    call.note('code.accepted', about);
    if (code.kind === 'promo') call.note('promo.redeemed', { ...about, amount: value });
    return json(200, { kind: code.kind, value, credit: customer.credit });
  } catch (error) {
    call.note('code.rejected', about);
    throw error;
  }
}

/** Tells everybody which codes are worth something: a weakness. */
function balance(call: Call, codes: Codes): Reply {
  const code = codes.find(call.params.code);
  const found = code !== undefined && code.kind === 'gift';
  call.note(found ? 'code.accepted' : 'code.rejected', { object: call.params.code });
  if (!found) throw new Problem(404, 'Not found', 'There is no such gift card.');
  return json(200, { code: code.code, value: code.value });
}
