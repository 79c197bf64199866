/** What parameters and properties of a documented operation mean, guessed from their names as a reader of it would. */
import type { Operation } from '../contract.ts';

/** Meanings in the order in which they are tried: 'promoCode' is a code before it is a product. */
const MEANINGS = [
  ['password', /pass(word|wd|phrase)?$|^pwd$|^pass/i],
  ['email', /e-?mail/i],
  ['code', /code|coupon|promo|voucher|gift_?card|otp|^pin$/i],
  ['quote', /quote|offer_?id/i],
  ['quantity', /quantity|qty|pieces|^count$|^number$/i],
  ['price', /price|amount|total/i],
  ['product', /product|item|sku|article/i],
  ['order', /^order(_?id)?$/i],
  ['query', /^(q|query|search|term|keywords?|text)$/i],
  ['page', /^(page|offset|cursor|skip|start)/i],
  ['size', /^(limit|per_?page|page_?size|size|top|take)$/i],
  ['name', /^(user(_?(name|id))?|login|account(_?(name|id))?|customer(_?id)?|name|handle|identifier)$/i],
  ['device', /device|serial/i],
] as const;

/** A meaning that a site or a visitor fills in by itself. */
export type Meaning = (typeof MEANINGS)[number][0];

/** What a name stands for; undefined where nobody could say. */
export function meaningOf(name: string): Meaning | undefined {
  return MEANINGS.find(([, pattern]) => pattern.test(name))?.[0];
}

/** The first of the names for each meaning. */
export function byMeaning(names: readonly string[]): Partial<Record<Meaning, string>> {
  const found: Partial<Record<Meaning, string>> = {};
  for (const name of names) {
    const meaning = meaningOf(name);
    if (meaning !== undefined && found[meaning] === undefined) found[meaning] = name;
  }
  return found;
}

export type Values = Readonly<Record<string, unknown>>;

/**
 * Path and query of a request to an operation. Values go by the parameter's name, or by its meaning; path parameters fall
 * back on `id`. Query parameters without a value are left out.
 * @throws Error naming a path parameter that nothing was given for.
 */
export function target(operation: Operation, values: Values = {}): string {
  let path = operation.template;
  for (const name of operation.pathParameters) {
    const value = given(name, values) ?? values.id;
    if (value === undefined) throw new Error(`${operation.id}: nothing was given for the path parameter ${name}`);
    path = path.replace(`{${name}}`, () => encodeURIComponent(String(value)));
  }
  let separator = '?';
  for (const name of operation.queryParameters) {
    const value = given(name, values);
    if (value === undefined) continue;
    path += `${separator}${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`;
    separator = '&';
  }
  return path;
}

/** The JSON body of a request to an operation: its documented properties that something was given for. */
export function bodyFor(operation: Operation, values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const name of operation.bodyProperties) {
    const value = given(name, values);
    if (value !== undefined) body[name] = value;
  }
  return body;
}

function given(name: string, values: Values): unknown {
  if (values[name] !== undefined) return values[name];
  const meaning = meaningOf(name);
  return meaning === undefined ? undefined : values[meaning];
}
