/** Values that a scenario leaves open, so that every seed is a world of its own: `{ between: [2, 5] }`, `{ oneOf: [a, b] }`. */
import { z } from 'zod';
import type { Random } from '../core/random.ts';
import { duration, span } from './times.ts';

export type Drawn<T> = T | { readonly between: readonly [T, T] } | { readonly oneOf: readonly T[] };

/** A value, or how it is drawn. `what` is what the value must be, in words. */
export function drawn<T>(is: (value: unknown) => value is T, what: string): z.ZodType<Drawn<T>> {
  return z.custom<Drawn<T>>((value) => {
    if (is(value)) return true;
    if (typeof value !== 'object' || value === null || Object.keys(value).length !== 1) return false;
    const { between, oneOf } = value as { between?: unknown; oneOf?: unknown };
    if (between !== undefined) return Array.isArray(between) && between.length === 2 && between.every(is);
    return Array.isArray(oneOf) && oneOf.length > 0 && oneOf.every(is);
  }, `must be ${what}, or { between: [from, to] }, or { oneOf: [..] } of such`);
}

export const amount = drawn(
  (value): value is number => typeof value === 'number' && value >= 0,
  'a number of 0 or more',
);

export const time = drawn(
  (value): value is string => typeof value === 'string' && span(value, 1) !== undefined,
  "a duration such as '90s', '2h 30m', '1.5d' or '40%' of the world",
);

/** A setting of a population or campaign; what it may be is known there. */
export const setting = drawn(
  (value): value is number | string | boolean => ['number', 'string', 'boolean'].includes(typeof value),
  'a number, a text, true or false',
);

export function drawNumber(value: Drawn<number>, random: Random): number {
  if (typeof value === 'number') return value;
  if ('oneOf' in value) return random.pick(value.oneOf);
  return random.between(value.between[0], value.between[1]);
}

/** Milliseconds; percentages are of `worldMs`. */
export function drawSpan(value: Drawn<string>, random: Random, worldMs: number): number {
  const ms = (text: string) => span(text, worldMs) ?? 0;
  if (typeof value === 'string') return ms(value);
  if ('oneOf' in value) return ms(random.pick(value.oneOf));
  return random.between(ms(value.between[0]), ms(value.between[1]));
}

/** Of two numbers one between them; of two texts that are durations a number of ms; of anything else one of the two. */
export function drawSetting(value: Drawn<number | string | boolean>, random: Random): number | string | boolean {
  if (typeof value !== 'object') return value;
  if ('oneOf' in value) return random.pick(value.oneOf);
  const [from, to] = value.between;
  if (typeof from === 'number' && typeof to === 'number') {
    const whole = Number.isInteger(from) && Number.isInteger(to);
    return whole ? from + random.below(to - from + 1) : random.between(from, to);
  }
  const [low, high] = [duration(String(from)), duration(String(to))];
  if (low !== undefined && high !== undefined) return Math.round(random.between(low, high));
  return random.pick([from, to]);
}
