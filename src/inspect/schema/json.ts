/** Small readers of values whose shape nobody vouches for. */

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const textOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** An own property: names come from documents and strangers, and `constructor` is one that every object has. */
export const own = (object: Json, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);
