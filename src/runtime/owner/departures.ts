/**
 * What workers tell the owner for its inventory beside their rows. Requests that depart come by the thousand and say the same:
 * of each endpoint a worker tells every kind of departure and every name once.
 */

/** Name of the report on the wire. */
export const DEPARTED = 'departed';

/** Endpoints remembered, and names of each: as many as the inventory keeps. */
const MAX_ENDPOINTS = 16_384;
const MAX_NAMES = 32;
/** Longest name of a parameter and of an endpoint, in letters. */
const MAX_NAME = 64;
const MAX_ENDPOINT = 2048;

export interface Departed {
  readonly endpoint: string;
  /** Bits of SCHEMA. */
  readonly bits: number;
  readonly names: readonly string[];
}

export class Departures {
  private readonly told = new Map<string, { bits: number; readonly names: Set<string> }>();

  /** What of it was not told yet; null for nothing. */
  fresh(endpoint: string, bits: number, undeclared: readonly string[]): Departed | null {
    const told = this.told.get(endpoint);
    if (told === undefined) {
      const names = [...new Set(undeclared.map(short))].slice(0, MAX_NAMES);
      return bits === 0 && names.length === 0 ? null : { endpoint, bits, names };
    }
    const room = MAX_NAMES - told.names.size;
    const others = bits & ~told.bits;
    if (others === 0 && (room === 0 || undeclared.length === 0)) return null;
    const names = [...new Set(undeclared.map(short))].filter((name) => !told.names.has(name)).slice(0, room);
    return others === 0 && names.length === 0 ? null : { endpoint, bits: others, names };
  }

  /** It was told. */
  keep({ endpoint, bits, names }: Departed): void {
    let told = this.told.get(endpoint);
    if (told === undefined) {
      // Documents come and go with reloads; telling something twice does no harm.
      if (this.told.size >= MAX_ENDPOINTS) this.told.clear();
      told = { bits: 0, names: new Set() };
      this.told.set(endpoint, told);
    }
    told.bits |= bits;
    for (const name of names) told.names.add(name);
  }
}

const short = (name: string): string => name.slice(0, MAX_NAME);

/** What a worker told, where it is what a worker tells. */
export function departedOf(report: unknown): Departed | null {
  const { endpoint, bits, names } = (report ?? {}) as Partial<Departed>;
  const isText = (text: unknown, most: number): boolean => typeof text === 'string' && text.length <= most;
  const isSound =
    isText(endpoint, MAX_ENDPOINT) &&
    Number.isInteger(bits) &&
    Array.isArray(names) &&
    names.length <= MAX_NAMES &&
    names.every((name) => isText(name, MAX_NAME));
  return isSound ? (report as Departed) : null;
}
